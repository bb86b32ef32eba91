package store

import "strconv"

// rewrite turns ? into $1, $2 … for PostgreSQL. Quoted texts and names stay as they are;
// a statement with a literal ? as an operator is not written here.
func (db *DB) rewrite(query string) string {
	if db.postgres == nil {
		return query
	}
	return numbered(query)
}

func numbered(query string) string {
	n := 0
	var b []byte
	from := 0
	for i := 0; i < len(query); i++ {
		switch c := query[i]; c {
		case '\'', '"':
			for i++; i < len(query) && query[i] != c; i++ {
			}
		case '?':
			n++
			b = append(b, query[from:i]...)
			b = append(b, '$')
			b = strconv.AppendInt(b, int64(n), 10)
			from = i + 1
		}
	}
	if n == 0 {
		return query
	}
	return string(append(b, query[from:]...))
}
