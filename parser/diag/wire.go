package diag

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Wire is a Diagnostic as the check and preview routes send it (api.md of the
// project: ranges with lines and UTF-16 columns, a fix with its edits).
type Wire struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Message  Text     `json:"message"`
	Range    Range    `json:"range"`
	Fix      *WireFix `json:"fix,omitempty"`
}

// WireFix is a Fix with ranges in place of spans.
type WireFix struct {
	Title Text       `json:"title"`
	Edits []WireEdit `json:"edits"`
}

// WireEdit is an Edit with a range in place of a span.
type WireEdit struct {
	Range   Range  `json:"range"`
	NewText string `json:"newText"`
}

// ToWire gives diagnostics of the text that ix was made of their wire form. The
// result is never nil, so that an empty list is [] in JSON.
func ToWire(ix *Index, ds []Diagnostic) []Wire {
	out := make([]Wire, len(ds))
	for i, d := range ds {
		out[i] = Wire{Code: d.Code, Severity: d.Severity, Message: d.Message, Range: ix.Range(d.Span)}
		if d.Fix == nil {
			continue
		}
		fix := &WireFix{Title: d.Fix.Title, Edits: make([]WireEdit, len(d.Fix.Edits))}
		for j, e := range d.Fix.Edits {
			fix.Edits[j] = WireEdit{Range: ix.Range(e.Span), NewText: e.NewText}
		}
		out[i].Fix = fix
	}
	return out
}

// mostShown is how many bytes of a line AppendText shows around the place.
const mostShown = 100

// AppendText appends diagnostics for a person at a terminal, in the language lang:
// path, line and column from 1 (columns count UTF-16 units, as editors do), the
// severity, the message, the line with the place underlined, and how to mend it.
func AppendText(dst []byte, path, src string, ds []Diagnostic, lang string) []byte {
	ix := NewIndex(src)
	for _, d := range ds {
		p := ix.Position(d.Span.Start)
		dst = append(dst, path...)
		dst = append(strconv.AppendInt(append(dst, ':'), int64(p.Line+1), 10), ':')
		dst = append(strconv.AppendInt(dst, int64(p.Character+1), 10), ": "...)
		dst = append(append(dst, severityIn(d.Severity, lang)...), ": "...)
		dst = append(append(append(append(dst, d.Message.In(lang)...), " ["...), d.Code.String()...), "]\n"...)
		dst = ix.appendPlace(dst, d.Span)
		if d.Fix != nil {
			dst = append(append(append(append(dst, "    "...), hintWord.In(lang)...), d.Fix.Title.In(lang)...), '\n')
		}
	}
	return dst
}

var hintWord = Text{Zh: "修改建议：", En: "fix: "}

func severityIn(s Severity, lang string) string {
	zh := map[Severity]string{Error: "错误", Warning: "警告", Hint: "提示"}
	return Text{Zh: zh[s], En: s.String()}.In(lang)
}

// appendPlace shows the line in which s begins, and ^^^ under it.
func (ix *Index) appendPlace(dst []byte, s Span) []byte {
	p := ix.Position(s.Start)
	line := ix.line(p.Line)
	col := min(s.Start-ix.starts[p.Line], len(line))
	from := 0
	if col > mostShown/2 {
		from = len(utf8Prefix(line, col-mostShown/2))
	}
	shown := utf8Prefix(line[from:], mostShown+col-from)
	under := line[col:min(len(line), max(col, s.End-ix.starts[p.Line]))]
	if len(under) > len(shown)-(col-from) {
		under = shown[col-from:]
	}
	dst = append(append(append(dst, "    "...), printable(shown)...), "\n    "...)
	dst = append(dst, strings.Repeat(" ", width(line[from:col]))...)
	return append(append(dst, strings.Repeat("^", max(1, width(under)))...), '\n')
}

// printable replaces what a terminal would act upon.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
}

// File is a text and what there is to say of it, for SARIF.
type File struct {
	Path        string
	Source      string
	Diagnostics []Diagnostic
}

// SARIF returns the diagnostics of files as a SARIF 2.1.0 log (OASIS standard), with
// the codes as rules and the fixes as replacements; messages are in the language
// lang. Columns count UTF-16 code units.
func SARIF(files []File, lang, version string) ([]byte, error) {
	type m = map[string]any
	rules := make([]any, 0, codeEnd)
	for _, r := range Codes() {
		if r.Example == "" {
			continue
		}
		rules = append(rules, m{
			"id":                   r.Name,
			"shortDescription":     m{"text": r.Summary.In(lang)},
			"defaultConfiguration": m{"level": sarifLevel(r.Severity)},
		})
	}
	results := []any{}
	for _, f := range files {
		ix := NewIndex(f.Source)
		uri := sarifURI(f.Path)
		for _, d := range f.Diagnostics {
			result := m{
				"ruleId": d.Code.String(), "level": sarifLevel(d.Severity), "message": m{"text": d.Message.In(lang)},
				"locations": []any{m{"physicalLocation": m{"artifactLocation": m{"uri": uri}, "region": sarifRegion(ix, d.Span)}}},
			}
			if d.Fix != nil {
				replacements := make([]any, len(d.Fix.Edits))
				for i, e := range d.Fix.Edits {
					replacements[i] = m{"deletedRegion": sarifRegion(ix, e.Span), "insertedContent": m{"text": e.NewText}}
				}
				result["fixes"] = []any{m{
					"description":     m{"text": d.Fix.Title.In(lang)},
					"artifactChanges": []any{m{"artifactLocation": m{"uri": uri}, "replacements": replacements}},
				}}
			}
			results = append(results, result)
		}
	}
	return json.MarshalIndent(m{
		"version": "2.1.0",
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		"runs": []any{m{
			"tool":       m{"driver": m{"name": "zhida", "version": version, "rules": rules}},
			"columnKind": "utf16CodeUnits",
			"results":    results,
		}},
	}, "", "  ")
}

func sarifLevel(s Severity) string {
	if s == Hint {
		return "note"
	}
	return s.String()
}

func sarifRegion(ix *Index, s Span) map[string]any {
	a, b := ix.Position(s.Start), ix.Position(s.End)
	return map[string]any{
		"startLine": a.Line + 1, "startColumn": a.Character + 1,
		"endLine": b.Line + 1, "endColumn": b.Character + 1,
	}
}

// sarifURI makes a path a relative URI reference (RFC 3986).
func sarifURI(path string) string {
	const keep = "-._~/!$&'()*+,;=@"
	var b strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case c == '\\':
			b.WriteByte('/')
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(c)+256, 16)[1:]))
		}
	}
	return b.String()
}
