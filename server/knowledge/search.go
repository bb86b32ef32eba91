package knowledge

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SearchText is the form in which texts are compared in a search: compatibility
// composition (full-width letters and digits are the usual ones), case folded, all white
// space single blanks. The store compares bytes, so that every database finds the same.
func SearchText(s string) string {
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	return strings.Join(strings.Fields(folded), " ")
}

// SearchText is the text in which an answer is found. Its parts stand in lines of their
// own, so that no term is found across two of them.
func (c *Content) SearchText() string {
	parts := make([]string, 0, 2+len(c.Questions)+len(c.Keywords))
	parts = append(parts, SearchText(c.Title))
	for _, list := range [][]string{c.Questions, c.Keywords} {
		for _, s := range list {
			parts = append(parts, SearchText(s))
		}
	}
	return strings.Join(append(parts, SearchText(c.Text)), "\n")
}

// SearchTerms returns what a query looks for: its words, which white space divides, each
// of which has to be found somewhere in an answer.
func SearchTerms(query string) []string { return strings.Fields(SearchText(query)) }
