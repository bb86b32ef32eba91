package corpus

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Diagnostic is a remark that a check of the answer must make.
type Diagnostic struct {
	Code       string
	Severity   string // error, warning or hint
	Start, End int    // byte offsets into the answer
	Text       string // what they cover
	// About: the range itself is left to the code that makes the remark; it has to
	// share a byte with [Start, End) or to touch it.
	About bool
}

// String returns d as a line of a diagnostics file.
func (d Diagnostic) String() string {
	about := ""
	if d.About {
		about = "~"
	}
	return fmt.Sprintf("%s %s %s%d-%d %s", d.Code, d.Severity, about, d.Start, d.End, strconv.Quote(d.Text))
}

// Met reports whether got is the remark that d asks for.
func (d Diagnostic) Met(got Diagnostic) bool {
	if got.Code != d.Code || got.Severity != d.Severity {
		return false
	}
	if d.About {
		return got.Start <= d.End && d.Start <= got.End
	}
	return got.Start == d.Start && got.End == d.End
}

// DiffDiagnostics compares what a check said with what it should have said and
// returns the difference in words, empty when there is none. Each remark wanted has
// to be met by one that was made, each one made has to meet a wanted one, and where
// all ranges are wanted exactly the number and the order count too.
func DiffDiagnostics(want, got []Diagnostic) string {
	var b strings.Builder
	exact := true
	for _, w := range want {
		exact = exact && !w.About
		if !slices.ContainsFunc(got, w.Met) {
			fmt.Fprintf(&b, "missing: %s\n", w)
		}
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w Diagnostic) bool { return w.Met(g) }) {
			fmt.Fprintf(&b, "unwanted: %s\n", g)
		}
	}
	if exact && b.Len() == 0 {
		same := slices.EqualFunc(want, got, func(w, g Diagnostic) bool { return w.Met(g) })
		if !same {
			fmt.Fprintf(&b, "order or number: want\n\t%s\ngot\n\t%s\n",
				strings.ReplaceAll(diagnosticLines(want), "\n", "\n\t"), strings.ReplaceAll(diagnosticLines(got), "\n", "\n\t"))
		}
	}
	return b.String()
}

// parseDiagnostic reads a line `code severity start-end "text"`. In the place of
// the offsets `?` stands for the first place of the text in the answer, `?2` for
// the second, and so on; ~ in front, or alone in the place of ?, sets About.
func parseDiagnostic(answer, line string) (Diagnostic, error) {
	parts := strings.SplitN(line, " ", 4)
	if len(parts) != 4 {
		return Diagnostic{}, fmt.Errorf("%q is not `code severity start-end \"text\"`", line)
	}
	d := Diagnostic{Code: parts[0], Severity: parts[1]}
	text, err := strconv.Unquote(strings.TrimSpace(parts[3]))
	if err != nil {
		return d, fmt.Errorf("%q: %w", line, err)
	}
	d.Text = text
	if at, ok := strings.CutPrefix(parts[2], "~"); ok {
		d.About = true
		parts[2] = at
		if !strings.ContainsAny(at, "-?") {
			parts[2] = "?" + at
		}
	}
	if nth, ok := strings.CutPrefix(parts[2], "?"); ok {
		n, err := strconv.Atoi(cmp.Or(nth, "1"))
		if err != nil {
			return d, fmt.Errorf("%q: %w", line, err)
		}
		d.Start = -1
		for from := 0; n > 0; n-- {
			at := strings.Index(answer[from:], text)
			if at < 0 {
				return d, fmt.Errorf("%q: the answer does not hold the text so often", line)
			}
			d.Start = from + at
			from = d.Start + max(len(text), 1)
			if from > len(answer) && n > 1 {
				return d, fmt.Errorf("%q: the answer does not hold the text so often", line)
			}
		}
		d.End = d.Start + len(text)
		return d, nil
	}
	if _, err := fmt.Sscanf(parts[2], "%d-%d", &d.Start, &d.End); err != nil {
		return d, fmt.Errorf("%q: %w", line, err)
	}
	if d.Start < 0 || d.End < d.Start || d.End > len(answer) {
		return d, fmt.Errorf("%q: outside of the answer", line)
	}
	if got := answer[d.Start:d.End]; got != text {
		return d, fmt.Errorf("%q covers %q", line, got)
	}
	return d, nil
}

// Edit replaces the bytes [Start, End) of an answer.
type Edit struct {
	Start, End int
	NewText    string
}

// ApplyFixes makes the edits of several fixes, each of which may have several. It
// takes the fixes in the order given; one that touches a byte which an earlier one
// has replaced is left out whole.
func ApplyFixes(answer string, fixes ...[]Edit) string {
	var taken []Edit
	for _, fix := range fixes {
		if !slices.ContainsFunc(fix, func(e Edit) bool {
			return e.Start < 0 || e.End < e.Start || e.End > len(answer) ||
				slices.ContainsFunc(taken, func(t Edit) bool { return e.Start < t.End && t.Start < e.End })
		}) {
			taken = append(taken, fix...)
		}
	}
	slices.SortStableFunc(taken, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var b strings.Builder
	at := 0
	for _, e := range taken {
		if e.Start < at {
			continue
		}
		b.WriteString(answer[at:e.Start])
		b.WriteString(e.NewText)
		at = e.End
	}
	b.WriteString(answer[at:])
	return b.String()
}
