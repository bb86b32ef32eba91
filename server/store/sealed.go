package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zhida-kb/zhida/server/seal"
)

// sealedColumn is a column whose values are sealed under the master key. A test holds the
// list against the schema: a column of bytes stands here, or in the test as one that is
// not sealed.
type sealedColumn struct {
	table, column string
	bot, field    string // SQL expressions over the row: what it is sealed for
}

// sealedColumns lists them all; rotating the master key goes through them.
func sealedColumns() []sealedColumn {
	bot := func(column, field string) sealedColumn {
		return sealedColumn{"bots", column, "bot", `'` + secretColumn(field) + `'`}
	}
	return []sealedColumn{
		{"master_check", "sealed", `''`, `'` + checkField + `'`},
		{"secrets", "sealed", `''`, `'` + secretsField + `' || name`},
		{"idempotency", "reply", `''`, `'` + replyField + `' || key_id || '/' || key`},
		{"handoff_bots", "pepper", "bot", `'` + pepperField + `'`},
		{"handoff_accounts", "sealed", "bot", `'` + accountField + `' || kind`},
		{"handoff_account_states", "sealed", "bot", `'` + stateField + `' || kind`},
		{"handoff_conversations", "data_key", "bot", `'` + seal.DataKeyField("") + `' || id`},
		bot("data_token", "dataToken"), bot("identity_secret", "identitySecret"),
		bot("webhook_secret", "webhookSecret"), bot("brain_secret", "brainSecret"),
	}
}

// Reseal seals everything anew with another master key, in one transaction: its error
// leaves all as it was. The DB seals with the old key still, so it is to be closed after
// this.
func (db *DB) Reseal(ctx context.Context, to *seal.Sealer) (rows int, err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, backupTime)
		defer cancel()
	}
	err = db.Write(ctx, func(tx *Tx) error {
		rows = 0
		tables, err := tx.tables()
		if err != nil {
			return err
		}
		for _, c := range sealedColumns() {
			n, err := tx.reseal(c, tables, db.cfg.Sealer, to)
			if err != nil {
				return fmt.Errorf("store: %s.%s: %w", c.table, c.column, err)
			}
			rows += n
		}
		return nil
	})
	return rows, err
}

// resealBatch is how many rows are held in memory at a time.
const resealBatch = 1000

// reseal seals one column anew, in batches in the order of the primary key.
func (tx *Tx) reseal(c sealedColumn, tables []tableInfo, from, to *seal.Sealer) (int, error) {
	var key []string
	for _, t := range tables {
		if t.Name == c.table {
			key = t.key()
		}
	}
	if len(key) == 0 {
		return 0, errors.New("the table has no primary key")
	}
	keys := strings.Join(key, ", ")
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(key)), ", ")
	first := `SELECT ` + keys + `, ` + c.column + `, ` + c.bot + `, ` + c.field + ` FROM ` + c.table + ` WHERE ` + c.column + ` IS NOT NULL`
	order := fmt.Sprintf(` ORDER BY %s LIMIT %d`, keys, resealBatch)
	next := first + ` AND (` + keys + `) > (` + marks + `)` + order
	set := `UPDATE ` + c.table + ` SET ` + c.column + ` = ? WHERE (` + keys + `) = (` + marks + `)`
	query, args, total := first+order, []any(nil), 0
	for {
		batch, err := tx.sealedRows(len(key), query, args...)
		if err != nil || len(batch) == 0 {
			return total, err
		}
		for _, r := range batch {
			plain, err := from.Open(r.sealed, r.bot, r.field)
			if err != nil {
				return total, err
			}
			sealed, err := to.Seal(plain, r.bot, r.field)
			if err != nil {
				return total, err
			}
			if _, err := tx.Exec(set, append([]any{sealed}, r.key...)...); err != nil {
				return total, err
			}
		}
		total += len(batch)
		query, args = next, batch[len(batch)-1].key
	}
}

// sealedRow is a sealed value, the key of its row and what it is sealed for.
type sealedRow struct {
	key        []any
	sealed     []byte
	bot, field string
}

func (tx *Tx) sealedRows(keys int, query string, args ...any) ([]sealedRow, error) {
	var found []sealedRow
	err := tx.Each(func(row Row) error {
		r := sealedRow{key: make([]any, keys)}
		to := make([]any, 0, keys+3)
		for i := range r.key {
			to = append(to, &r.key[i])
		}
		if err := row.Scan(append(to, &r.sealed, &r.bot, &r.field)...); err != nil {
			return err
		}
		found = append(found, r)
		return nil
	}, query, args...)
	return found, err
}
