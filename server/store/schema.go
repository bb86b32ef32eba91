package store

import (
	"fmt"
	"slices"
	"strings"
)

// tableInfo is what the database says of one of our tables.
type tableInfo struct {
	Name    string
	Columns []columnInfo
	refs    []string // tables that it refers to
}

// columnInfo is a column that values can be written to.
type columnInfo struct {
	Name string
	Kind string // int, text, bytes, bool or float
	pk   int    // place in the primary key, from 1; 0: not in it
}

// key lists the columns of the primary key in their order.
func (t *tableInfo) key() []string {
	var in []columnInfo
	for _, c := range t.Columns {
		if c.pk > 0 {
			in = append(in, c)
		}
	}
	slices.SortFunc(in, func(a, b columnInfo) int { return a.pk - b.pk })
	names := make([]string, len(in))
	for i, c := range in {
		names[i] = c.Name
	}
	return names
}

// searchTable is made of other tables; reindex does it.
const searchTable = "answer_search"

// tables lists the tables, each behind those that it refers to. Generated columns, tables
// that an index of the database itself made, and what is made of other tables are left out.
func (tx *Tx) tables() ([]tableInfo, error) {
	list := `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if tx.Postgres() {
		list = `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`
	}
	var found []tableInfo
	err := tx.Each(func(r Row) error {
		var t tableInfo
		err := r.Scan(&t.Name)
		if t.Name != "goose_db_version" && t.Name != searchTable {
			found = append(found, t)
		}
		return err
	}, list)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := tx.columns(&found[i]); err != nil {
			return nil, err
		}
	}
	return sorted(found)
}

// columns fills in the columns and the references of a table.
func (tx *Tx) columns(t *tableInfo) error {
	columns := `SELECT name, lower(type), pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid`
	refs := `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`
	if tx.Postgres() {
		columns = `SELECT a.attname::text, format_type(a.atttypid, NULL), COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)
			FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
			WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`
		refs = `SELECT DISTINCT c.relname::text FROM pg_constraint r JOIN pg_class c ON c.oid = r.confrelid
			WHERE r.contype = 'f' AND r.conrelid = to_regclass(?)`
	}
	err := tx.Each(func(r Row) error {
		var c columnInfo
		var typ string
		if err := r.Scan(&c.Name, &typ, &c.pk); err != nil {
			return err
		}
		c.Kind = kindOf(typ)
		if c.Kind == "" {
			return fmt.Errorf("store: %s.%s is of type %s, which a backup does not know", t.Name, c.Name, typ)
		}
		t.Columns = append(t.Columns, c)
		return nil
	}, columns, t.Name)
	if err != nil {
		return err
	}
	return tx.Each(func(r Row) error {
		var name string
		err := r.Scan(&name)
		if name != t.Name {
			t.refs = append(t.refs, name)
		}
		return err
	}, refs, t.Name)
}

// kindOf is the kind of values of a declared type; "" when it is not one of ours.
func kindOf(typ string) string {
	switch typ {
	case "integer", "bigint", "smallint", "int":
		return "int"
	case "text", "character varying", "json", "jsonb":
		return "text"
	case "blob", "bytea":
		return "bytes"
	case "boolean":
		return "bool"
	case "real", "double precision":
		return "float"
	}
	return ""
}

// sorted puts each table behind those that it refers to.
func sorted(tables []tableInfo) ([]tableInfo, error) {
	var out []tableInfo
	placed := map[string]bool{}
	for len(tables) > 0 {
		rest := tables[:0:0]
		for _, t := range tables {
			if slices.ContainsFunc(t.refs, func(to string) bool { return !placed[to] }) {
				rest = append(rest, t)
				continue
			}
			out, placed[t.Name] = append(out, t), true
		}
		if len(rest) == len(tables) {
			names := make([]string, len(rest))
			for i, t := range rest {
				names[i] = t.Name
			}
			return nil, fmt.Errorf("store: the tables %s refer to each other", strings.Join(names, ", "))
		}
		tables = rest
	}
	return out, nil
}
