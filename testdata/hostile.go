package corpus

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed hostile.txt
var hostileLines string

// Hostile returns values that a visitor or an upstream might send to be taken for
// an expression, markup or a piece of URL: the lines of hostile.txt, each a Go
// string literal, optionally with `* n` behind it for n repetitions. Lines that
// begin with # are headings.
func Hostile() ([]string, error) {
	var out []string
	n := 0
	for line := range strings.Lines(hostileLines) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		literal, err := strconv.QuotedPrefix(line)
		if err != nil {
			return out, fmt.Errorf("hostile.txt:%d: %w", n, err)
		}
		value, err := strconv.Unquote(literal)
		if err != nil {
			return out, fmt.Errorf("hostile.txt:%d: %w", n, err)
		}
		if rest := strings.TrimSpace(line[len(literal):]); rest != "" {
			times, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(rest, "*")))
			if err != nil || times < 1 || times > 1<<16 {
				return out, fmt.Errorf("hostile.txt:%d: %q is no number of repetitions", n, rest)
			}
			value = strings.Repeat(value, times)
		}
		out = append(out, value)
	}
	return out, nil
}
