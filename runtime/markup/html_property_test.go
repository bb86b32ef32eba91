package markup

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// fragments are pieces of html that are thrown together at random: mostly
// nonsense, which is where parsers disagree.
var fragments = []string{
	"<", ">", "/", "!", "-", "--", "?", "=", `"`, "'", "`", " ", "\n", "&", "#", ";", "[", "]", ":",
	"x", "a", "b c", "中", "1", "</", "<!", "<!--", "-->", "--!>", "<!doctype html>", "<![CDATA[", "]]>", "<?x",
	"<p>", "</p>", "<p", "<b>", "</b>", "<a", "<br>", "<br/>", "<p ", "<img ", "<input ", "<div>", "</div>",
	" title=", " href=", " src=", " onclick=", " style=", " srcdoc=", " data-x=", " srcset=", ` title="`, ` href='`, ` alt="`,
	"javascript:", "http://x.cn/", "data:", "/u/", "?a=", "&amp;", "&lt", "&#", "&#x", "&colon;", "java", "script",
	"<script>", "</script>", "<script ", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>",
	"<iframe>", "</iframe>", "<xmp>", "</xmp>", "<noembed>", "</noembed>", "<noframes>", "</noframes>", "<plaintext>",
	"<noscript>", "</noscript>", "<template>", "</template>", "<select>", "</select>", "<option>", "<pre>", "</pre>",
	"<svg>", "</svg>", "<svg ", "<math>", "</math>", "<svg/>", "<mtext>", "<foreignObject>", "</foreignObject>", "<desc>", "</desc>",
	"<table>", "</table>", "<tr>", "<td>", "<form>", "<button>", "<meta ", "<animate ", "<listing>",
	"</scr", "ipt>", "</tit", "le>", "</styl", "e ", "<TITLE>", "</TITLE>", "<SCRIPT>", "HREF=",
}

var randomHTML = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 12).Draw(t, "html"), "")
})

// randomTree is html as an editor writes it: elements that are closed,
// attributes of every kind. § marks a value.
func randomTree(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(t, "siblings") {
		switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case kind == 0 || depth == 0:
			b.WriteString(rapid.SampledFrom([]string{"§", "您好,§!", "a &lt; §", "x", "a § b §", "&§", "1 < 2"}).Draw(t, "text"))
		case kind == 1:
			b.WriteString(rapid.SampledFrom([]string{
				"<!-- § -->", "<script>var a = '§'</script>", "<style>a { color: § }</style>", "<br>", "<hr/>",
				"<textarea>§</textarea>", "<pre>§</pre>", "<select><option>§</option></select>", "<title>§</title>",
				"<svg><title>§</title><text x='§'>§</text></svg>", "<iframe>§</iframe>", "<noscript>§</noscript>",
				"<ul><li>§</li></ul>", "<table><tbody><tr><td title='§'>§</td></tr></tbody></table>", "<math><mi>§</mi></math>",
			}).Draw(t, "special"))
		default:
			name := rapid.SampledFrom([]string{"div", "span", "section", "em", "label"}).Draw(t, "element")
			b.WriteString("<" + name)
			for range rapid.IntRange(0, 3).Draw(t, "attributes") {
				quote := rapid.SampledFrom([]string{`"`, `'`, ""}).Draw(t, "quote")
				attr := rapid.SampledFrom([]string{"title", "href", "src", "onclick", "style", "srcset", "data-x", "class", "xlink:href", "formaction"}).Draw(t, "attribute")
				value := rapid.SampledFrom([]string{"§", "/u/§", "?a=§&amp;b=§", "https://x.cn/§", "#§", "x", "java§", "§:§", "javascript:§", "a§b"}).Draw(t, "value")
				fmt.Fprintf(&b, " %s=%s%s%s", attr, quote, value, quote)
			}
			b.WriteString(">" + randomTree(t, depth-1) + "</" + name + ">")
		}
	}
	return b.String()
}

var hostileValue = func(list []string) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(list),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 6), func(l []string) string { return strings.Join(l, "") }),
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

// TestHTMLStructureOfTrees is A7 on html as editors write it: any value,
// the empty one included, leaves elements and attributes as they are. The
// answer stands in an element, as on a page: before <body> a comment's place
// in the document depends on whether there was text.
func TestHTMLStructureOfTrees(t *testing.T) {
	list := hostile(t)
	rapid.Check(t, func(rt *rapid.T) {
		a := compileAt("<div>" + randomTree(rt, 3) + "</div>")
		checkStructure(rt, a, hostileValue(list).Draw(rt, "value"), "x")
	})
}

// TestHTMLStructureOfNonsense is A7 on pieces of markup thrown together.
// Values begin with a letter here: an empty one, or white space, is no text
// to a parser where tables and open formatting elements are concerned.
func TestHTMLStructureOfNonsense(t *testing.T) {
	list := hostile(t)
	rapid.Check(t, func(rt *rapid.T) {
		constants := rapid.SliceOfN(randomHTML, 2, 4).Draw(rt, "constants")
		a := compile(constants...)
		checkStructure(rt, a, "x"+hostileValue(list).Draw(rt, "value"), "x")
	})
}

// TestHTMLStructureHostile is A7 with every hostile string at every kind of
// place.
func TestHTMLStructureHostile(t *testing.T) {
	texts := []string{
		"<p>§</p>", "§", "<b>§<i>§</i></b>", `<a title="§" href="§" alt='§'>§</a>`, `<a href="/§?§=§#§">x</a>`,
		`<a href='java§'>x</a>`, `<a href="§:§">x</a>`, `<a href="d§§">x</a>`, "<pre>§</pre>", "<title>§</title>§", "<textarea>§</textarea>§",
		"<svg><a xlink:href='§'><text>§</text></a><title>§</title></svg>§", "<noscript>§</noscript>§", "<select><option value='§'>§</select>§",
		"<script>§</script>§", "<style>§</style>§", "<!--§-->§", "<p §>§", "<p §='x'>§", "<p x=§>§", "<p x=§ title='§' y=§\n>§", "<§>§", "</§>§", "<p onclick='§'>§",
		"<img srcset='§' src=\"§\">", "<template>§</template>§", "<math><mi title='§'>§</mi></math>§", "<iframe>§</iframe>§", "<&§", "&§;", "&#§;",
	}
	for _, text := range texts {
		a := compileAt(text)
		for _, v := range hostile(t) {
			checkStructure(t, a, v, "x")
		}
	}
}

// TestHTMLStateIsTheTokenizers compares the state behind random html with
// where x/net/html's parser sees a marker that is put there.
func TestHTMLStateIsTheTokenizers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := randomHTML.Draw(rt, "html")
		h := HTML{}.Feed(text)
		p, _ := h.Value()
		// What makes the marker visible in a quoted value: the tag's end, and
		// an attribute that can be no duplicate.
		closers := map[state]string{inDouble: `" zz8=1>`, inSingle: `' zz8=1>`}
		for _, r := range readings {
			root, err := r.parse(text + "zz9" + closers[h.state])
			if err != nil {
				rt.Fatal(err)
			}
			where := find(root, "zz9")
			inValue := closers[h.state] != "" && h.flags&flagNoscript == 0
			wrong := false
			switch {
			case where == "": // the tree builder dropped it
			case inValue:
				wrong = !strings.HasPrefix(where, "attribute")
			case h.state == inText:
				wrong = !strings.HasPrefix(where, "text")
			case h.state == inRaw:
				wrong = where == "text" && h.flags&flagLoose == 0 && h.foreign == foreignNo
			case h.state != inTagOpen && h.state != inBroken:
				wrong = where == "text"
			}
			if inValue && h.flags&(flagEnd|flagLoose) == 0 {
				wrong = wrong || find(root, "zz8") != "name of an attribute"
			}
			if wrong {
				rt.Errorf("%s: %q: %v in state %d, but the marker is in %q", r.name, text, p, h.state, where)
			}
		}
	})
}

// find says where the marker stands in the tree.
func find(root *html.Node, marker string) string {
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			if strings.Contains(n.Data, marker) {
				switch n.Parent.Data {
				case "script", "style", "iframe", "xmp", "noembed", "noframes", "plaintext", "title", "textarea", "noscript":
					return "text of " + n.Parent.Data
				}
				return "text"
			}
		case html.ElementNode:
			if strings.Contains(n.Data, marker) {
				return "tag name"
			}
			for _, a := range n.Attr {
				if strings.Contains(a.Val, marker) {
					return "attribute " + a.Key
				}
				if strings.Contains(a.Key, marker) {
					return "name of an attribute"
				}
			}
		case html.CommentNode, html.DoctypeNode:
			if strings.Contains(n.Data, marker) {
				return "comment"
			}
		}
	}
	return ""
}

// TestHTMLFeedInPieces: it does not matter where the constant text is cut.
// References inside URLs are the exception, and there it errs to the safe side.
func TestHTMLFeedInPieces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := randomHTML.Draw(rt, "html")
		cut := rapid.IntRange(0, len(text)).Draw(rt, "cut")
		whole, pieces := HTML{}.Feed(text), HTML{}.Feed(text[:cut]).Feed(text[cut:])
		if whole == pieces {
			return
		}
		p, _ := whole.Value()
		q, _ := pieces.Value()
		if p.isURL() && (q.isURL() || q == Unsafe) && strings.Contains(text, "&") {
			return
		}
		rt.Errorf("%q + %q: %+v, in one piece %+v", text[:cut], text[cut:], pieces, whole)
	})
}

func (p Place) isURL() bool {
	p &^= guardRef
	return HTMLURLStart <= p && p <= HTMLURLQuery
}

// TestHTMLJoinLaws: Join is a least upper bound, and what is safe behind it
// is safe behind each branch.
func TestHTMLJoinLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		start := HTML{}.Feed(randomHTML.Draw(rt, "before"))
		branch := func(name string) HTML {
			h := start
			for range rapid.IntRange(0, 2).Draw(rt, name+" pieces") {
				h = h.Feed(rapid.SampledFrom(fragments).Draw(rt, name))
				if rapid.Bool().Draw(rt, name+" value") {
					_, h = h.Value()
				}
			}
			return h
		}
		a, b, c := branch("a"), branch("b"), branch("c")
		ab := Join(a, b)
		switch {
		case Join(a, a) != a:
			rt.Errorf("Join(a, a) != a for %+v", a)
		case ab != Join(b, a):
			rt.Errorf("not commutative: %+v, %+v", a, b)
		case Join(ab, c) != Join(a, Join(b, c)):
			rt.Errorf("not associative: %+v, %+v, %+v", a, b, c)
		case Join(ab, a) != ab:
			rt.Errorf("not above its branch: %+v, %+v", a, b)
		}
		after := randomHTML.Draw(rt, "after")
		a, b, ab = a.Feed(after), b.Feed(after), ab.Feed(after)
		p, _ := ab.Value()
		pa, _ := a.Value()
		pb, _ := b.Value()
		flags := guardRef | guardBreak
		if p != Unsafe && (p&^flags != pa&^flags || p&^flags != pb&^flags || p&guardRef < (pa|pb)&guardRef) {
			rt.Errorf("%v behind the branches %v and %v, state %+v from %+v and %+v", p, pa, pb, ab, a, b)
		}
	})
}
