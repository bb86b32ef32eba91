package connectors

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/handoff"
)

// TestAll: kinds are there once, and every one has its page in both languages, which
// tells each of its settings and of a target's members as its description does.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range All(Config{}) {
		d := k.Describe()
		if seen[d.Kind] {
			t.Errorf("%s is there twice", d.Kind)
		}
		seen[d.Kind] = true
		for suffix, language := range map[string]func(handoff.Text) string{
			"":       func(t handoff.Text) string { return t.En },
			".zh-CN": func(t handoff.Text) string { return t.Zh },
		} {
			name := "../../docs/connectors/" + d.Kind + suffix + ".md"
			page, err := os.ReadFile(name)
			if err != nil {
				t.Error(err)
				continue
			}
			rows := map[string]bool{}
			for line := range strings.Lines(string(page)) {
				rows[strings.TrimSpace(line)] = true
			}
			fields := slices.Concat(d.Fields, d.Target)
			for _, f := range fields {
				if row := Row(f, language); !rows[row] {
					t.Errorf("%s: wants the row\n%s", name, row)
				}
			}
			if n := strings.Count(string(page), "\n| `"); n != len(fields) {
				t.Errorf("%s has %d rows of settings, want %d", name, n, len(fields))
			}
		}
	}
	if got := fmt.Sprint(len(seen)); got != "4" {
		t.Errorf("%s connectors", got)
	}
}

// Row is a setting's line of its page.
func Row(f handoff.Field, language func(handoff.Text) string) string {
	marks := []string{}
	for _, m := range []struct {
		on   bool
		text handoff.Text
	}{
		{f.Required, handoff.Text{Zh: "必填", En: "required"}}, {f.Secret, handoff.Text{Zh: "密钥", En: "secret"}}, {f.Default != nil && string(f.Default) != `""`, handoff.Text{Zh: "默认 `" + string(f.Default) + "`", En: "default `" + string(f.Default) + "`"}},
	} {
		if m.on {
			marks = append(marks, language(m.text))
		}
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", f.Name, f.Type, strings.Join(marks, ", "), language(f.About))
}
