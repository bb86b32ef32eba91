package brain

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normal is a text without what does not matter when questions are compared: full-width
// forms are their usual ones (NFKC), letters are folded, punctuation is gone, and white
// space is left only where it parts two words that are written with letters, as one
// space.
func Normal(text string) string {
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
	var b strings.Builder
	b.Grow(len(folded))
	last, gap := rune(-1), false
	for _, r := range folded {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '~' {
			gap = true
			continue
		}
		if gap && last >= 0 && !standsAlone(last) && !standsAlone(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last, gap = r, false
	}
	return b.String()
}

// standsAlone reports whether a character is a word by itself, as Chinese and Japanese
// are written: no space goes before or behind it.
func standsAlone(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// words splits a normal text: each character that stands alone, and each run of others.
func words(normal string) []string {
	var list []string
	start := 0
	for i, r := range normal {
		alone := standsAlone(r)
		if start < i && (alone || r == ' ') {
			list = append(list, normal[start:i])
			start = i
		}
		switch {
		case r == ' ':
			start = i + 1
		case alone:
			list = append(list, string(r))
			start = i + len(string(r))
		}
	}
	if start < len(normal) {
		list = append(list, normal[start:])
	}
	return list
}

// Similarity is how alike two normal texts are, from 0 to 1: the Sørensen–Dice
// coefficient of their words and pairs of neighbouring words, each counted as often as
// it occurs. A word is a Chinese character or what is written between spaces, so that
// the order counts, and a word put in between does not spoil all.
func Similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	x, n := features(a)
	y, m := features(b)
	if n+m == 0 {
		return 0
	}
	shared := 0
	for f, k := range y {
		shared += min(k, x[f])
	}
	return 2 * float64(shared) / float64(n+m)
}

// features counts the words and the pairs of a text, and says how many there are.
func features(normal string) (map[[2]string]int, int) {
	list := words(normal)
	found := make(map[[2]string]int, 2*len(list))
	for i, w := range list {
		found[[2]string{w}]++
		if i > 0 {
			found[[2]string{list[i-1], w}]++
		}
	}
	return found, max(2*len(list)-1, 0)
}
