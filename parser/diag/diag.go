package diag

import (
	"slices"
	"strings"
)

// Severity says what follows from a diagnostic.
type Severity uint8

// The severities. Publishing an answer with an Error is refused.
const (
	Error Severity = iota + 1
	Warning
	Hint
)

// String returns the name that the API uses: error, warning or hint.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Hint:
		return "hint"
	}
	return "unknown"
}

// MarshalText makes a Severity its API name in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Text is one text in the two languages of the house.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// In returns the text in lang: Chinese for zh and zh-*, English for all else.
func (t Text) In(lang string) string {
	if strings.HasPrefix(strings.ToLower(lang), "zh") {
		return t.Zh
	}
	return t.En
}

// Span is the half-open range [Start, End) of byte offsets into an answer.
type Span struct{ Start, End int }

// Of returns the piece of src that s covers.
func (s Span) Of(src string) string { return src[s.Start:s.End] }

// Edit replaces what Span covers by NewText.
type Edit struct {
	Span    Span
	NewText string
}

// Fix is one way to mend what a diagnostic complains of. Its edits do not overlap
// and stand in the order of their spans.
type Fix struct {
	Title Text
	Edits []Edit
}

// Diagnostic is one remark about an answer.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Message  Text
	Span     Span
	Fix      *Fix // nil: there is no mend that a machine could make
}

// New returns the diagnostic that the message m describes, for the bytes [start,
// end) of the answer, with the code and severity that belong to m. args fill the
// places {0}, {1} … of the message in both languages.
func New(m Message, start, end int, args ...string) Diagnostic {
	row := m.row()
	return Diagnostic{
		Code:     row.code,
		Severity: row.code.Severity(),
		Message:  Text{Zh: Fill(row.zh, args), En: Fill(row.en, args)},
		Span:     Span{Start: start, End: end},
	}
}

// WithFix returns d with a fix of the given title and edits.
func (d Diagnostic) WithFix(title Message, args []string, edits ...Edit) Diagnostic {
	row := title.row()
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Span.Start - b.Span.Start })
	d.Fix = &Fix{Title: Text{Zh: Fill(row.zh, args), En: Fill(row.en, args)}, Edits: edits}
	return d
}

// WithSeverity returns d with another severity than its code's own.
func (d Diagnostic) WithSeverity(s Severity) Diagnostic {
	d.Severity = s
	return d
}

// Sort orders diagnostics by where they start, then by where they end, then by
// code; equal ones keep their order.
func Sort(ds []Diagnostic) {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		if c := a.Span.Start - b.Span.Start; c != 0 {
			return c
		}
		if c := a.Span.End - b.Span.End; c != 0 {
			return c
		}
		return int(a.Code) - int(b.Code)
	})
}

// HasErrors reports whether one of ds has the severity Error.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Apply returns src with the edits made. Edits whose span lies outside of src or
// overlaps an earlier one are left out, so that a fix which was made for another
// text can do no harm.
func Apply(src string, edits []Edit) string {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Span.Start - b.Span.Start })
	var b strings.Builder
	at := 0
	for _, e := range sorted {
		if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(src) {
			continue
		}
		b.WriteString(src[at:e.Span.Start])
		b.WriteString(e.NewText)
		at = e.Span.End
	}
	b.WriteString(src[at:])
	return b.String()
}

// Fill puts args into the places {0} to {9} of a message; it does not read them.
func Fill(s string, args []string) string {
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '{' && i+2 < len(s) && s[i+2] == '}' && s[i+1] >= '0' && int(s[i+1]-'0') < len(args) {
			b.WriteString(args[s[i+1]-'0'])
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
