package corpus

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

//go:embed slips.jsonl
var slipLines string

// Slip is a mistake that editors make, and what they meant.
type Slip struct {
	Name   string
	Format string
	Bot    Bot
	Slip   string   // the answer as it was typed
	Meant  string   // the answer as it should have been
	Codes  []string // the codes of which one has to be found at the place
	// Start and End are the place: a diagnostic is there when its range shares a
	// byte with [Start, End) or touches it.
	Start, End int
	// NoFix is true where a machine cannot know what was meant, so that no fix is
	// asked for; Meant then is what the editor makes of it.
	NoFix bool
}

// At reports whether the range [start, end) is at the place of the slip.
func (s Slip) At(start, end int) bool { return start <= s.End && s.Start <= end }

// Slips returns the list of slips.jsonl. In the file the place stands between ⟦ and
// ⟧ in the slip itself.
func Slips() ([]Slip, error) {
	var (
		out    []Slip
		faults []error
	)
	lines := bufio.NewScanner(strings.NewReader(slipLines))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		s, err := parseSlip(lines.Text())
		if err != nil {
			faults = append(faults, fmt.Errorf("slips.jsonl:%d: %w", n, err))
			continue
		}
		out = append(out, s)
	}
	return out, errors.Join(append(faults, lines.Err())...)
}

func parseSlip(line string) (Slip, error) {
	var v struct {
		Name, Format, Slip, Meant string
		Bot                       Bot
		Codes                     []string
		NoFix                     bool
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return Slip{}, err
	}
	before, rest, ok := strings.Cut(v.Slip, "⟦")
	place, after, ok2 := strings.Cut(rest, "⟧")
	if !ok || !ok2 || strings.ContainsAny(after, "⟦⟧") {
		return Slip{}, errors.New("the place is not marked by one ⟦…⟧")
	}
	if v.Name == "" || len(v.Codes) == 0 || v.Meant == "" || slices.Contains(v.Codes, "") {
		return Slip{}, errors.New("name, codes or meant is missing")
	}
	if v.Format == "" {
		v.Format = "text"
	}
	return Slip{
		Name: v.Name, Format: v.Format, Bot: v.Bot, Meant: v.Meant, Codes: v.Codes, NoFix: v.NoFix,
		Slip: before + place + after, Start: len(before), End: len(before) + len(place),
	}, nil
}
