package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// A backup is gzip'd lines of JSON, the same for both databases, so that it moves from
// one to the other:
//
//	{"zhida-backup":1,"schema":[1,10,20],"at":"…"}
//	{"table":"bots","columns":["bot","settings",…],"kinds":["text","text",…]}
//	["b1","{…}",null,…]                 a line for each row; bytes are in base64
//	…
//	{"end":true,"rows":123,"sha256":"…"}  of all lines above
//
// Secrets stay sealed in it: the master key is needed to use it, and is not in it.
type backupHeader struct {
	Format int     `json:"zhida-backup"`
	Schema []int64 `json:"schema"`
	At     string  `json:"at"`
	Kind   string  `json:"kind"`
}

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Kinds   []string `json:"kinds"`
}

type backupEnd struct {
	End  bool   `json:"end"`
	Rows int64  `json:"rows"`
	Sum  string `json:"sha256"`
}

// backupFormat is the number of the format above.
const backupFormat = 1

// backupTime is how long a backup may take, and keep its snapshot.
const backupTime = 24 * time.Hour

// notBackedUp reports whether a table's rows are not kept: the feed of changes begins
// anew, and the schema makes its own state.
func notBackedUp(table string) bool {
	return table == "changes" || table == "change_state" || table == restoreMark
}

// Backup writes everything to w, as it is at one moment, while others go on writing.
// Progress is told how many rows are written, now and then; nil: nobody. It returns how
// many there are.
func (db *DB) Backup(ctx context.Context, w io.Writer, progress func(rows int64)) (int64, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, backupTime)
		defer cancel()
	}
	var rows int64
	err := db.Read(ctx, func(tx *Tx) error {
		if rows > 0 {
			return fmt.Errorf("%w: the connection was lost during the backup", ErrUnavailable)
		}
		out := newBackupWriter(w, progress)
		err := tx.backup(out)
		rows = out.rows
		return err
	})
	return rows, err
}

// backupWriter writes lines and counts and sums them.
type backupWriter struct {
	zip      *gzip.Writer
	buf      *bufio.Writer
	sum      hash.Hash
	rows     int64
	progress func(int64)
}

func newBackupWriter(w io.Writer, progress func(int64)) *backupWriter {
	out := &backupWriter{sum: sha256.New(), progress: progress}
	out.zip, _ = gzip.NewWriterLevel(w, gzip.BestSpeed) // fails for a level that does not exist
	out.buf = bufio.NewWriterSize(out.zip, 1<<16)
	return out
}

func (w *backupWriter) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	w.sum.Write(b)
	_, err = w.buf.Write(b)
	return err
}

// backup writes the whole document.
func (tx *Tx) backup(out *backupWriter) error {
	schema, err := tx.schema()
	if err != nil {
		return err
	}
	err = out.line(backupHeader{backupFormat, schema, tx.Now().Format(time.RFC3339), tx.db.Kind()})
	if err != nil {
		return err
	}
	tables, err := tx.tables()
	if err != nil {
		return err
	}
	for _, t := range tables {
		if notBackedUp(t.Name) {
			continue
		}
		if err := tx.backupTable(t, out); err != nil {
			return fmt.Errorf("store: backup of %s: %w", t.Name, err)
		}
	}
	end := backupEnd{true, out.rows, fmt.Sprintf("%x", out.sum.Sum(nil))}
	if err := out.line(end); err != nil {
		return err
	}
	if err := out.buf.Flush(); err != nil {
		return err
	}
	return out.zip.Close()
}

// schema lists the migrations that the database has, rising.
func (tx *Tx) schema() ([]int64, error) {
	var found []int64
	err := tx.Each(func(r Row) error {
		var v int64
		err := r.Scan(&v)
		found = append(found, v)
		return err
	}, `SELECT DISTINCT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id`)
	return found, err
}

// backupTable writes a table's line and those of its rows.
func (tx *Tx) backupTable(t tableInfo, out *backupWriter) error {
	head := backupTable{Table: t.Name}
	var names []string
	for _, c := range t.Columns {
		head.Columns = append(head.Columns, c.Name)
		head.Kinds = append(head.Kinds, c.Kind)
		names = append(names, quoteName(c.Name))
	}
	if err := out.line(head); err != nil {
		return err
	}
	values := make([]any, len(names))
	to := make([]any, len(names))
	for i := range values {
		to[i] = &values[i]
	}
	return tx.Each(func(r Row) error {
		if err := r.Scan(to...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			v, err := portable(values[i], c.Kind)
			if err != nil {
				return fmt.Errorf("column %s: %w", c.Name, err)
			}
			values[i] = v
		}
		out.rows++
		if out.progress != nil && out.rows%1000 == 0 {
			out.progress(out.rows)
		}
		return out.line(values)
	}, `SELECT `+strings.Join(names, ", ")+` FROM `+quoteName(t.Name))
}

// portable is a value as the backup holds it.
func portable(v any, kind string) (any, error) {
	switch v := v.(type) {
	case int64:
		if kind == "bool" {
			return v != 0, nil
		}
		return v, nil
	case nil, float64, bool:
		return v, nil
	case []byte:
		if kind == "bytes" {
			return base64.StdEncoding.EncodeToString(v), nil
		}
		return string(v), nil
	case string:
		if kind == "bytes" {
			return base64.StdEncoding.EncodeToString([]byte(v)), nil
		}
		return v, nil
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

// quoteName quotes the name of a table or a column.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
