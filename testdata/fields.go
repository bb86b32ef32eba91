package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseCase reads the fields of one case; given fills in what it does not have.
func parseCase(topic, name string, given, own map[string]string) (Case, error) {
	r := fieldReader{given: given, own: own, used: map[string]bool{}}
	c := Case{Topic: topic, Name: name, Format: "text", Context: json.RawMessage("{}")}

	why, _ := r.text("why")
	c.Why, c.Decision = strings.CutPrefix(why, "decision: ")
	answer, ok := r.text("answer")
	if !ok {
		r.fail(errors.New("no answer"))
	}
	c.Answer = answer
	if f, ok := r.text("format"); ok {
		c.Format = strings.TrimSpace(f)
	}
	if ctx, ok := r.text("context.json"); ok {
		c.Context = json.RawMessage(ctx)
	}
	now, ok := r.text("now")
	if !ok {
		now = defaultNow
	}
	var err error
	if c.Now, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(now)); err != nil {
		r.fail(err)
	}
	r.json("bot.json", &c.Bot)
	r.json("replies.json", &c.Replies)
	r.json("limits.json", &c.Limits)
	r.expectations(&c)
	for field := range own {
		if !r.used[field] {
			r.fail(fmt.Errorf("unknown file %q", field))
		}
	}
	return c, errors.Join(r.faults...)
}

// expectations reads what must come of the case.
func (r *fieldReader) expectations(c *Case) {
	c.Content = r.optional("content")
	c.Goldmark = r.optional("goldmark")
	c.Fixed = r.optional("fixed")
	r.json("segments.json", &c.Segments)
	r.json("calls.json", &c.Calls)
	r.json("conditions.json", &c.Conditions)
	c.Warnings = r.lines("warnings")
	c.Refused = r.lines("refused")
	if lines := r.lines("diagnostics"); lines != nil {
		c.Diagnostics = []Diagnostic{}
		for _, line := range lines {
			d, err := parseDiagnostic(c.Answer, line)
			if err != nil {
				r.fail(fmt.Errorf("diagnostics: %w", err))
			}
			c.Diagnostics = append(c.Diagnostics, d)
		}
	}
}

// fieldReader hands out the files of one case and collects what is wrong.
type fieldReader struct {
	given, own map[string]string
	used       map[string]bool
	faults     []error
}

func (r *fieldReader) fail(err error) { r.faults = append(r.faults, err) }

// text returns the file name, or name.quoted unquoted. What the case itself says
// goes before what is given to all.
func (r *fieldReader) text(name string) (string, bool) {
	for _, from := range []map[string]string{r.own, r.given} {
		plain, ok := from[name]
		quoted, okQuoted := from[name+".quoted"]
		r.used[name], r.used[name+".quoted"] = true, true
		if ok && okQuoted {
			r.fail(fmt.Errorf("both %s and %s.quoted", name, name))
		}
		if okQuoted {
			s, err := unquote(quoted)
			if err != nil {
				r.fail(fmt.Errorf("%s.quoted: %w", name, err))
			}
			return s, true
		}
		if ok {
			return plain, true
		}
	}
	return "", false
}

func (r *fieldReader) optional(name string) *string {
	if s, ok := r.text(name); ok {
		return &s
	}
	return nil
}

// lines returns the lines of a file that are not blank; not nil where there is one.
func (r *fieldReader) lines(name string) []string {
	s, ok := r.text(name)
	if !ok {
		return nil
	}
	out := []string{}
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (r *fieldReader) json(name string, into any) {
	s, ok := r.text(name)
	if !ok {
		return
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		r.fail(fmt.Errorf("%s: %w", name, err))
	}
}

// unquote reads a Go string literal, white space around it dropped.
func unquote(s string) (string, error) { return strconv.Unquote(strings.TrimSpace(s)) }
