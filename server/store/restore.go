package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/server/seal"
)

// The errors of a restore, besides ErrInUse, ErrNewer and ErrWrongKey. In all cases what
// was there is as it was.
var (
	// ErrNotEmpty: there is a database already where the backup should go.
	ErrNotEmpty = errors.New("store: there is data already; restore into a new data dir or an empty database " +
		"(目标中已有数据，请恢复到新的数据目录或空数据库)")
	// ErrNoBackup: the file is not a whole backup.
	ErrNoBackup = errors.New("store: this is not a whole backup of zhida (不是完整的 zhida 备份文件)")
)

// restoreMark is a table that exists while a restore is under way.
const restoreMark = "zhida_restoring"

// maxBackupLine bounds a line of a backup: the largest row.
const maxBackupLine = 256 << 20

// Restore fills a new data dir, or an empty database of PostgreSQL, from a backup. It
// first reads the whole of it to see that it is sound and that cfg's master key opens it.
// After an error nothing is there. Progress is told how many rows are written.
func Restore(ctx context.Context, cfg Config, from io.ReadSeeker, progress func(rows int64)) (int64, error) {
	if err := cfg.validate(); err != nil {
		return 0, err
	}
	cfg = cfg.withDefaults()
	header, end, err := checkBackup(from, cfg.Sealer, cfg.URL != "")
	if err != nil {
		return 0, err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if cfg.URL != "" {
		err = restorePostgres(ctx, cfg, header, from, progress)
	} else {
		err = restoreSQLite(ctx, cfg, header, from, progress)
	}
	if err != nil {
		return 0, clearError(err)
	}
	return end.Rows, nil
}

// backupReader reads the lines of a backup.
type backupReader struct {
	lines *bufio.Scanner
}

func newBackupReader(r io.Reader) (*backupReader, error) {
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	lines := bufio.NewScanner(zip)
	lines.Buffer(make([]byte, 0, 1<<20), maxBackupLine)
	return &backupReader{lines}, nil
}

// next returns the next line; the reader keeps its memory. After the last io.EOF.
func (r *backupReader) next() ([]byte, error) {
	if r.lines.Scan() {
		return r.lines.Bytes(), nil
	}
	if err := r.lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	return nil, io.EOF
}

// header reads the first line.
func (r *backupReader) header() (h backupHeader, line []byte, err error) {
	line, err = r.next()
	if err != nil {
		return h, nil, fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	if err := json.Unmarshal(line, &h); err != nil || h.Format == 0 {
		return h, nil, ErrNoBackup
	}
	if h.Format != backupFormat {
		return h, nil, fmt.Errorf("%w: the backup's format is %d", ErrNewer, h.Format)
	}
	return h, line, nil
}

// checkBackup reads a whole backup and changes nothing.
func checkBackup(from io.Reader, sealer *seal.Sealer, postgres bool) (h backupHeader, end backupEnd, err error) {
	r, err := newBackupReader(from)
	if err != nil {
		return h, end, err
	}
	h, line, err := r.header()
	if err != nil {
		return h, end, err
	}
	known, err := versions(postgres)
	if err != nil {
		return h, end, err
	}
	for _, v := range h.Schema {
		if !slices.Contains(known, v) {
			return h, end, fmt.Errorf("%w: migration %d", ErrNewer, v)
		}
	}
	sum := sha256.New()
	rows, opened := int64(0), false
	var table backupTable
	for {
		sum.Write(line)
		sum.Write([]byte{'\n'})
		if line, err = r.next(); err != nil {
			return h, end, fmt.Errorf("%w: it ends too early", ErrNoBackup)
		}
		switch {
		case bytes.HasPrefix(line, []byte(`{"table":`)):
			table = backupTable{}
			if err := json.Unmarshal(line, &table); err != nil {
				return h, end, ErrNoBackup
			}
		case bytes.HasPrefix(line, []byte(`{"end":`)):
			if err := json.Unmarshal(line, &end); err != nil || end.Rows != rows || end.Sum != fmt.Sprintf("%x", sum.Sum(nil)) {
				return h, end, fmt.Errorf("%w: its checksum does not fit", ErrNoBackup)
			}
			if !opened {
				return h, end, fmt.Errorf("%w: it does not say which master key it needs", ErrNoBackup)
			}
			return h, end, nil
		default:
			rows++
			if table.Table != "master_check" {
				continue
			}
			if opened = opensCheck(line, table, sealer); !opened {
				return h, end, ErrWrongKey
			}
		}
	}
}

// opensCheck reports whether a row of master_check opens with the key.
func opensCheck(line []byte, t backupTable, sealer *seal.Sealer) bool {
	i := slices.Index(t.Columns, "sealed")
	var row []any
	if err := json.Unmarshal(line, &row); err != nil || i < 0 || len(row) <= i {
		return false
	}
	text, _ := row[i].(string)
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	_, err = sealer.Open(sealed, "", checkField)
	return err == nil
}

// loadTime is how long one transaction of a restore may take.
const loadTime = 10 * time.Minute

// How many rows go into one transaction of a restore, and into one statement, which may
// have so many values.
const (
	loadBatch  = 2000
	loadRows   = 100
	loadValues = 30000
)

// load writes the rows of a backup whose form has been checked.
func (db *DB) load(ctx context.Context, from io.Reader, progress func(int64)) error {
	r, err := newBackupReader(from)
	if err != nil {
		return err
	}
	if _, _, err := r.header(); err != nil {
		return err
	}
	l := &loader{db: db, progress: progress}
	if err := l.clear(ctx); err != nil {
		return err
	}
	for {
		line, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(line, []byte(`{"end":`)):
			return l.flush(ctx)
		case bytes.HasPrefix(line, []byte(`{"table":`)):
			err = l.begin(ctx, line)
		default:
			err = l.add(ctx, line)
		}
		if err != nil {
			return err
		}
	}
}

// loader collects rows of a table and writes them in batches.
type loader struct {
	db       *DB
	table    backupTable
	insert   string // one row
	bulk     string // as many as size
	size     int
	batch    [][]any
	rows     int64
	progress func(int64)
}

// clear drops the rows that the migrations made.
func (l *loader) clear(ctx context.Context) error {
	return l.db.Write(ctx, func(tx *Tx) error {
		tables, err := tx.tables()
		if err != nil {
			return err
		}
		for _, t := range slices.Backward(tables) {
			if notBackedUp(t.Name) {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM ` + quoteName(t.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *loader) begin(ctx context.Context, line []byte) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	l.table = backupTable{}
	if err := json.Unmarshal(line, &l.table); err != nil {
		return ErrNoBackup
	}
	names := make([]string, len(l.table.Columns))
	for i, c := range l.table.Columns {
		names[i] = quoteName(c)
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	l.insert = `INSERT INTO ` + quoteName(l.table.Table) + ` (` + strings.Join(names, ", ") + `) VALUES (` + marks + `)`
	l.size = min(loadRows, loadValues/max(len(names), 1))
	l.bulk = l.insert + strings.Repeat(`, (`+marks+`)`, l.size-1)
	return nil
}

func (l *loader) add(ctx context.Context, line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var row []any
	if err := d.Decode(&row); err != nil || len(row) != len(l.table.Kinds) {
		return fmt.Errorf("%w: a row of %s", ErrNoBackup, l.table.Table)
	}
	for i, kind := range l.table.Kinds {
		v, err := restored(row[i], kind)
		if err != nil {
			return fmt.Errorf("%w: %s.%s: %w", ErrNoBackup, l.table.Table, l.table.Columns[i], err)
		}
		row[i] = v
	}
	l.batch = append(l.batch, row)
	if len(l.batch) >= loadBatch {
		return l.flush(ctx)
	}
	return nil
}

// restored is a value of a backup as it is stored.
func restored(v any, kind string) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case bool:
		if kind == "int" {
			return map[bool]int64{true: 1}[v], nil
		}
		return v, nil
	case json.Number:
		if kind == "float" {
			return v.Float64()
		}
		return v.Int64()
	case string:
		if kind == "bytes" {
			return base64.StdEncoding.DecodeString(v)
		}
		return v, nil
	}
	return nil, errors.New("a value that is none")
}

func (l *loader) flush(ctx context.Context) error {
	if len(l.batch) == 0 {
		return nil
	}
	err := l.db.Write(ctx, func(tx *Tx) error {
		rest := l.batch
		for ; len(rest) >= l.size; rest = rest[l.size:] {
			if _, err := tx.Exec(l.bulk, slices.Concat(rest[:l.size]...)...); err != nil {
				return err
			}
		}
		for _, row := range rest {
			if _, err := tx.Exec(l.insert, row...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: restore of %s: %w", l.table.Table, err)
	}
	l.rows += int64(len(l.batch))
	l.batch = l.batch[:0]
	if l.progress != nil {
		l.progress(l.rows)
	}
	return nil
}
