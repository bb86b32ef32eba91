package markup

import "testing"

// FuzzHTMLPlaces is A7 on arbitrary html: no value changes the elements,
// attributes and comments that an html parser sees, or what it executes.
func FuzzHTMLPlaces(f *testing.F) {
	for _, c := range like {
		a := compileAt(c.text)
		f.Add(a.constants[0], a.constants[1], "", "\"'><script>")
	}
	for _, v := range []string{"<", "</", "<svg><style><a title=\"</style>", "<noscript><p title='</noscript>", "<script><!--<script></script>", "<select><title><"} {
		f.Add(v, "", "</a>", "x")
		f.Add("<p>", v, "-->", "=x ")
	}
	f.Fuzz(func(t *testing.T, before, between, after, value string) {
		if len(before)+len(between)+len(after)+len(value) > 400 {
			return // the judge takes quadratic time on deep trees
		}
		a := compile(before, between, after)
		checkStructure(t, a, "x"+value, "x")

		h := HTML{}.Feed(before)
		if h != Join(h, h) || h != (HTML{}).Feed(before) {
			t.Fatalf("%q: Feed or Join is not stable", before)
		}
	})
}
