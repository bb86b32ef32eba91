package markup

import (
	_ "embed"
	"sort"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

//go:embed testdata/html_hostile.txt
var hostileFile string

// hostile returns the strings of testdata/html_hostile.txt, one Go-quoted
// string per line.
func hostile(t testing.TB) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(hostileFile) {
		s, err := strconv.Unquote(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("html_hostile.txt: %q: %v", line, err)
		}
		list = append(list, s)
	}
	if len(list) < 300 {
		t.Fatalf("html_hostile.txt has %d strings, want 300 at least", len(list))
	}
	return list
}

// answer is author's html with values between its constants.
type answer struct {
	constants []string // one more than there are values
	places    []Place
	guards    int // how many places are not refused
}

// compile decides the places of the values between the constants.
func compile(constants ...string) answer {
	a := answer{constants: constants}
	h := HTML{}.Feed(constants[0])
	for _, c := range constants[1:] {
		var p Place
		p, h = h.ValueBefore(c)
		a.places = append(a.places, p)
		if !p.Refused() {
			a.guards++
		}
		h = h.Feed(c)
	}
	return a
}

// compileAt is compile of one text in which each § is a value.
func compileAt(text string) answer { return compile(strings.Split(text, "§")...) }

// render puts value at every place.
func (a answer) render(value string) string {
	dst := []byte(a.constants[0])
	for i, p := range a.places {
		dst = p.Append(dst, value)
		dst = append(dst, a.constants[i+1]...)
	}
	return string(dst)
}

// reading is a way in which a consumer parses an answer.
type reading struct {
	name  string
	parse func(s string) (*html.Node, error)
}

// readings are the ways that are checked: as a document of its own and as
// the content of an element, with and without scripting.
var readings = []reading{
	{"document", func(s string) (*html.Node, error) { return html.Parse(strings.NewReader(s)) }},
	{"document without scripting", func(s string) (*html.Node, error) {
		return html.ParseWithOptions(strings.NewReader(s), html.ParseOptionEnableScripting(false))
	}},
	{"div", func(s string) (*html.Node, error) { return parseIn(s, true) }},
	{"div without scripting", func(s string) (*html.Node, error) { return parseIn(s, false) }},
}

func parseIn(s string, scripting bool) (*html.Node, error) {
	div := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(s), div, html.ParseOptionEnableScripting(scripting))
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		div.AppendChild(n)
	}
	return div, nil
}

// skeleton writes the elements and comments of a tree with the names of
// their attributes, in document order, one per line: the author's structure.
// The comments' text is part of it, for no value may stand there.
func skeleton(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			b.WriteString(n.Namespace + "<" + n.Data)
			names := make([]string, 0, len(n.Attr))
			for _, a := range n.Attr {
				names = append(names, a.Namespace+":"+a.Key)
			}
			sort.Strings(names)
			b.WriteString(" " + strings.Join(names, " ") + ">\n")
		case html.CommentNode, html.DoctypeNode:
			b.WriteString("<!" + strconv.Quote(n.Data) + "\n")
		}
	}
	return b.String()
}

// dangerous returns what a visitor's browser would execute: the content of
// scripts and styles, event handlers, srcdoc, and URLs with a scheme that
// executes. No value may change any of it.
func dangerous(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent != nil && (n.Parent.Data == "script" || n.Parent.Data == "style") {
			b.WriteString(n.Parent.Data + ": " + n.Data + "\n")
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", urlKeys[a.Key] && executes(a.Val):
				b.WriteString(n.Data + " " + a.Key + ": " + a.Val + "\n")
			}
		}
	}
	return b.String()
}

// urlKeys are the attributes that a browser takes for a URL to load.
var urlKeys = map[string]bool{
	"href": true, "src": true, "action": true, "formaction": true, "data": true, "poster": true,
	"background": true, "codebase": true, "ping": true, "manifest": true,
}

// executes reports whether a browser would execute the URL s (URL 4.4: it
// trims and removes controls, and folds case).
func executes(s string) bool {
	s = strings.TrimLeft(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	s = strings.ToLower(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s))
	return strings.HasPrefix(s, "javascript:") || strings.HasPrefix(s, "vbscript:") || strings.HasPrefix(s, "data:")
}

// failer is what testing.T, testing.F and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkStructure compares the structure that value gives with the one that x
// gives, in every reading.
func checkStructure(t failer, a answer, value, x string) {
	t.Helper()
	got, want := a.render(value), a.render(x)
	for _, r := range readings {
		g, err := r.parse(got)
		if err != nil {
			t.Fatalf("%s: %q: %v", r.name, got, err)
		}
		w, err := r.parse(want)
		if err != nil {
			t.Fatalf("%s: %q: %v", r.name, want, err)
		}
		if s, t0 := skeleton(g), skeleton(w); s != t0 {
			t.Fatalf("%s: value %q changes the structure at %v\nanswer %q\nhtml %q\n got %s\nwant %s", r.name, value, a.places, a.constants, got, s, t0)
		}
		if s, t0 := dangerous(g), dangerous(w); s != t0 {
			t.Fatalf("%s: value %q gets executed at %v\nanswer %q\nhtml %q\n got %s\nwant %s", r.name, value, a.places, a.constants, got, s, t0)
		}
	}
}
