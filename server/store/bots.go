package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/zhida-kb/zhida/server/knowledge"
)

const botColumns = `bot, settings, data_token, identity_secret, webhook_secret, brain_secret, version, created_at, updated_at`

// secretColumn is where a secret of a bot is kept, which it is sealed for.
func secretColumn(field string) string {
	switch field {
	case "dataToken":
		return "bots.data_token"
	case "identitySecret":
		return "bots.identity_secret"
	case "webhookSecret":
		return "bots.webhook_secret"
	default:
		return "bots.brain_secret"
	}
}

func (b *bookTx) scanBot(r Row) (*knowledge.Bot, error) {
	var id, settings string
	var sealed [4][]byte
	var version, created, updated int64
	if err := r.Scan(&id, &settings, &sealed[0], &sealed[1], &sealed[2], &sealed[3], &version, &created, &updated); err != nil {
		return nil, err
	}
	var bot knowledge.Bot
	if err := json.Unmarshal([]byte(settings), &bot); err != nil {
		return nil, fmt.Errorf("store: the settings of the bot %s: %w", id, err)
	}
	for i, f := range bot.Secrets.Fields() {
		if sealed[i] == nil {
			continue
		}
		plain, err := b.tx.db.cfg.Sealer.Open(sealed[i], id, secretColumn(f.Name))
		if err != nil {
			return nil, err
		}
		*f.Value = string(plain)
	}
	bot.ID, bot.Version, bot.Created, bot.Updated = id, version, moment(created), moment(updated)
	return &bot, nil
}

// Bot returns a bot, nil when there is none.
func (b *bookTx) Bot(id string) (*knowledge.Bot, error) {
	bot, err := b.scanBot(b.tx.QueryRow(`SELECT `+botColumns+` FROM bots WHERE bot = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return bot, err
}

// Bots lists bots.
func (b *bookTx) Bots(after string, limit int) ([]*knowledge.Bot, error) {
	var list []*knowledge.Bot
	err := b.tx.Each(func(r Row) error {
		bot, err := b.scanBot(r)
		list = append(list, bot)
		return err
	}, `SELECT `+botColumns+` FROM bots WHERE bot > ? ORDER BY bot LIMIT ?`, after, limit)
	return list, err
}

// PutBot stores a bot.
func (b *bookTx) PutBot(bot *knowledge.Bot) error {
	settings, err := json.Marshal(bot)
	if err != nil {
		return err
	}
	args := []any{bot.ID, string(settings)}
	for _, f := range bot.Secrets.Fields() {
		var sealed []byte
		if *f.Value != "" {
			if sealed, err = b.tx.db.cfg.Sealer.Seal([]byte(*f.Value), bot.ID, secretColumn(f.Name)); err != nil {
				return err
			}
		}
		args = append(args, sealed)
	}
	args = append(args, bot.Version, stored(bot.Created), stored(bot.Updated))
	_, err = b.tx.Exec(`INSERT INTO bots (`+botColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (bot) DO UPDATE SET settings = excluded.settings, data_token = excluded.data_token,
			identity_secret = excluded.identity_secret, webhook_secret = excluded.webhook_secret, brain_secret = excluded.brain_secret,
			version = excluded.version, created_at = excluded.created_at, updated_at = excluded.updated_at`, args...)
	return err
}

// DeleteBot removes a bot from every table whose primary key begins with the bot, which
// all tables do that belong to one, and revokes the keys that are bound to it.
func (b *bookTx) DeleteBot(id string) error {
	tables, err := b.tx.botTables()
	if err == nil && !b.tx.Postgres() { // whose search table has a key of its own
		if _, err = b.tx.Exec(`DELETE FROM answer_grams WHERE rowid IN (SELECT n FROM answer_search WHERE bot = ?)`, id); err == nil {
			_, err = b.tx.Exec(`DELETE FROM answer_search WHERE bot = ?`, id)
		}
	}
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := b.tx.Exec(`DELETE FROM `+table+` WHERE bot = ?`, id); err != nil {
			return err
		}
	}
	return b.tx.RevokeKeysOf(id)
}

// botTables lists the tables that belong to bots: those whose primary key begins with the
// column bot. The audit is not among them: it outlives what it tells of.
func (tx *Tx) botTables() ([]string, error) {
	query := `SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'bot' AND c.pk = 1 ORDER BY m.name`
	if tx.Postgres() {
		query = `SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
			WHERE i.indisprimary AND c.relnamespace = current_schema()::regnamespace AND a.attname = 'bot' ORDER BY 1`
	}
	var tables []string
	err := tx.Each(func(r Row) error {
		var name string
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	}, query)
	return tables, err
}
