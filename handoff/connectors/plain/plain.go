package plain

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Split cuts text into pieces of at most max bytes, at rune borders, where it can behind
// the last line break or space of a piece. Joined they are the text again. max is at
// least utf8.UTFMax.
func Split(text string, max int) []string {
	var pieces []string
	for len(text) > max {
		cut := max
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		if i := strings.LastIndexAny(text[:cut], "\n "); i >= cut*3/4 {
			cut = i + 1
		}
		pieces, text = append(pieces, text[:cut]), text[cut:]
	}
	return append(pieces, text)
}

// SplitRunes is Split for a limit in characters.
func SplitRunes(text string, max int) []string {
	var pieces []string
	for len(text) > max { // no text has more characters than bytes
		cut, n := len(text), 0
		for i := range text {
			if n == max {
				cut = i
				break
			}
			n++
		}
		if cut == len(text) {
			break
		}
		if i := strings.LastIndexAny(text[:cut], "\n "); i >= cut*3/4 {
			cut = i + 1
		}
		pieces, text = append(pieces, text[:cut]), text[cut:]
	}
	return append(pieces, text)
}

// Link is a picture or file that stands inside of html.
type Link struct{ Name, URL string }

// FromHTML gives the text of html, with line breaks where blocks end, and the pictures in
// it. A link shows its address where that is not its text. Scripts and styles are
// dropped. Its work grows linearly with the input.
func FromHTML(s string) (text string, images []Link) {
	w := &writer{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.done(), w.images
		case html.TextToken:
			if w.skip == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			w.end(z.Token())
		}
	}
}

// writer collects text between tags.
type writer struct {
	b      strings.Builder
	images []Link
	skip   int    // depth of elements that are not text
	pre    int    // depth of elements whose white space counts
	breaks int    // line breaks that are due before the next text
	space  bool   // a space is due before the next text
	href   string // of the link that is open
	from   int    // where its text began
}

func (w *writer) text(s string) {
	if w.pre > 0 {
		w.flush()
		w.b.WriteString(s)
		return
	}
	for i, word := range strings.FieldsFunc(s, isSpace) {
		if i > 0 || s != "" && isSpace(rune(s[0])) {
			w.space = true
		}
		w.flush()
		w.b.WriteString(word)
	}
	if s != "" && isSpace(rune(s[len(s)-1])) {
		w.space = true
	}
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }

// flush writes the white space that is due.
func (w *writer) flush() {
	switch {
	case w.b.Len() == 0:
	case w.breaks > 0:
		w.b.WriteString(strings.Repeat("\n", min(w.breaks, 2)))
	case w.space:
		w.b.WriteByte(' ')
	}
	w.breaks, w.space = 0, false
}

func (w *writer) block(n int) { w.breaks = max(w.breaks, n) }

func (w *writer) start(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		if t.Type == html.StartTagToken {
			w.skip++
		}
	case atom.Br:
		w.breaks++
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Blockquote, atom.Table, atom.Tr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr:
		w.block(1)
	case atom.Pre:
		w.block(1)
		w.pre++
	case atom.Li:
		w.block(1)
		w.flush()
		w.b.WriteString("- ")
	case atom.Td, atom.Th:
		w.space = true
	case atom.A:
		w.href, w.from = attr(t, "href"), w.b.Len()
	case atom.Img:
		if src := attr(t, "src"); isLink(src) && w.skip == 0 {
			w.images = append(w.images, Link{attr(t, "alt"), src})
		}
	}
}

func (w *writer) end(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		w.skip = max(w.skip-1, 0)
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Table, atom.Tr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(1)
	case atom.Pre:
		w.block(1)
		w.pre = max(w.pre-1, 0)
	case atom.A:
		if label := strings.TrimSpace(w.b.String()[min(w.from, w.b.Len()):]); isLink(w.href) && label != w.href {
			w.b.WriteString(" (" + w.href + ")")
		}
		w.href = ""
	}
}

func (w *writer) done() string { return strings.TrimSpace(w.b.String()) }

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func isLink(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// LooksLikeHTML reports whether an agent's editor wrote s: it begins with an element of
// a block. A plain text that begins so is rare enough.
func LooksLikeHTML(s string) bool {
	z := html.NewTokenizer(strings.NewReader(s))
	if !strings.HasPrefix(strings.TrimSpace(s), "<") {
		return false
	}
	for {
		switch z.Next() {
		case html.TextToken:
			if strings.TrimSpace(string(z.Text())) != "" {
				return false
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch z.Token().DataAtom {
			case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Pre, atom.Blockquote, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Img, atom.Figure, atom.Br, atom.Span, atom.B, atom.I, atom.A, atom.Strong, atom.Em:
				return true
			}
			return false
		default:
			return false
		}
	}
}

// Clean drops what no store takes: U+0000, and bytes that are not UTF-8.
func Clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
