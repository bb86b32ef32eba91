package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// Changes are new expectations: case name → field → value, a field as README.md
// names it without .quoted. Update writes them.
type Changes map[string]map[string]string

// Set notes the new value of a field.
func (c Changes) Set(name, field, value string) {
	if c[name] == nil {
		c[name] = map[string]string{}
	}
	c[name][field] = value
}

// Update rewrites the archive of topic in dir (the folder answers): the fields of
// changes get their new values, all else stays as it is, offsets given as ? apart,
// which are written out. A field that the case does not have is added as its last.
func Update(dir, topic string, changes Changes) error {
	file := filepath.Join(dir, topic+".txtar")
	ar, err := txtar.ParseFile(file)
	if err != nil {
		return err
	}
	cases, faults := parseArchive(topic, ar)
	if len(faults) > 0 {
		return fmt.Errorf("corpus: %s", strings.Join(faults, "\n\t"))
	}
	for _, c := range cases {
		fields := map[string]string{}
		if c.Diagnostics != nil {
			fields["diagnostics"] = diagnosticLines(c.Diagnostics)
		}
		for field, value := range changes[c.Name] {
			fields[field] = value
		}
		ar.Files = rewrite(ar.Files, c.Name, fields)
	}
	return os.WriteFile(file, txtar.Format(ar), 0o644)
}

// rewrite puts the fields of one case in their places, new ones behind its last.
func rewrite(in []txtar.File, name string, fields map[string]string) []txtar.File {
	last := -1
	out := make([]txtar.File, 0, len(in)+len(fields))
	for _, f := range in {
		caseName, field, _ := strings.Cut(f.Name, "/")
		if caseName == name {
			if value, ok := fields[strings.TrimSuffix(field, ".quoted")]; ok {
				field = strings.TrimSuffix(field, ".quoted")
				f = file(name, field, value)
				delete(fields, field)
			}
			last = len(out)
		}
		out = append(out, f)
	}
	for _, field := range fieldOrder {
		if value, ok := fields[field]; ok {
			last++
			out = append(out[:last], append([]txtar.File{file(name, field, value)}, out[last:]...)...)
		}
	}
	return out
}

// fieldOrder is the order in which new fields are added.
var fieldOrder = []string{"content", "goldmark", "segments.json", "calls.json", "conditions.json",
	"warnings", "refused", "diagnostics", "fixed"}

// file makes the archive's file for a value, quoted where the archive could not
// carry its bytes.
func file(name, field, value string) txtar.File {
	f := txtar.File{Name: name + "/" + field, Data: []byte(value + "\n")}
	if field == "diagnostics" && value == "" {
		f.Data = nil
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unseen) || txtar.NeedsQuote(f.Data) {
		f.Name += ".quoted"
		f.Data = []byte(strconv.Quote(value) + "\n")
	}
	return f
}

// unseen reports whether r cannot be told from another in an editor: controls other
// than the line break, and U+FEFF.
func unseen(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0xfeff }

func diagnosticLines(ds []Diagnostic) string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
