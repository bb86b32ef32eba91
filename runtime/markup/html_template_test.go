package markup

import (
	"html/template"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// like are places at which html/template and we do the same. § stands for
// the value.
var like = []struct {
	text  string
	place Place
}{
	{"§", HTMLText},
	{"<p>您好,§!</p>", HTMLText},
	{"<p>a < b & c §</p>", HTMLText},
	{"<td>§</td>", HTMLText},
	{"<title>§</title>", HTMLText},
	{"<textarea>x§</textarea>", HTMLText},
	{`<!-- a > b -->§`, HTMLText},
	{`<!doctype html>§`, HTMLText},
	{`<script>if (a<b) "</p>"</script>§`, HTMLText},
	{`<style>a > b {}</style>§`, HTMLText},
	{`<p title="§">`, HTMLAttr},
	{`<p title='§'>`, HTMLAttr},
	{`<p title = "a §">`, HTMLAttr},
	{`<P TITLE="§">`, HTMLAttr},
	{`<p title=x class='§'>`, HTMLAttr},
	{`<input value="§" checked>`, HTMLAttr},
	{`<input type="checkbox" checked id="§">`, HTMLAttr},
	{`<p data-name="§">`, HTMLAttr},
	{`<a srclang="§">`, HTMLAttr},
	{`<svg viewBox="§">`, HTMLAttr},
	{`<a href="§">`, HTMLURLStart},
	{`<a href='§'>`, HTMLURLStart},
	{`<a href=" §">`, HTMLURLStart},
	{`<a HREF="§">`, HTMLURLStart},
	{`<img src="§">`, HTMLURLStart},
	{`<form action="§">`, HTMLURLStart},
	{`<button formaction="§">`, HTMLURLStart},
	{`<object data="§">`, HTMLURLStart},
	{`<video poster="§">`, HTMLURLStart},
	{`<svg><a xlink:href="§">`, HTMLURLStart},
	{`<p data-href="§">`, HTMLURLStart},
	{`<p data-my-url="§">`, HTMLURLStart},
	{`<p g:tweeturl="§">`, HTMLURLStart},
	{`<p xmlns:x="§">`, HTMLURLStart},
	{`<a href="/§">`, HTMLURLPath},
	{`<a href='/u/§/x'>`, HTMLURLPath},
	{`<a href="https://x.cn/§?a=b">`, HTMLURLPath},
	{`<a href="https:§">`, HTMLURLPath},
	{`<a href="tel:§">`, HTMLURLPath},
	{`<a href="&#47;§">`, HTMLURLPath},
	{`<a href="?§">`, HTMLURLQuery},
	{`<a href="?q=§">`, HTMLURLQuery},
	{`<a href='https://x.cn/a?b=c&amp;d=§&amp;e=f'>`, HTMLURLQuery},
	{`<a href="https://x.cn/a?b=c&d=§">`, HTMLURLQuery},
	{`<a href="#§">`, HTMLURLQuery},
	{`<a href="/a#§">`, HTMLURLQuery},
	{`<a href="/a&quest;§">`, HTMLURLQuery},
	{`<a href="/a&#39;§">`, HTMLURLPath},
	{`<img srcset="§">`, HTMLSrcset},
	{`<img srcset='§'>`, HTMLSrcset},
	{`<img data-srcset="a.png 1x, §">`, HTMLSrcset},
}

// TestHTMLLikeTemplate compares, for every hostile string, what a parser
// reads of our output with what it reads of html/template's.
func TestHTMLLikeTemplate(t *testing.T) {
	values := hostile(t)
	for _, c := range like {
		a := compileAt(c.text)
		if a.places[0] != c.place {
			t.Errorf("%s: place %v, want %v", c.text, a.places[0], c.place)
		}
		tmpl, err := template.New("").Parse(strings.ReplaceAll(c.text, "§", "{{.}}"))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			var b strings.Builder
			// The end of the answer closes what the case leaves open: html/template wants it so.
			if err := tmpl.Execute(&b, v); err != nil {
				t.Fatalf("%s: %v", c.text, err)
			}
			want := everything(t, strings.ReplaceAll(b.String(), "#ZgotmplZ", "#"))
			if got := everything(t, a.render(v)); got != want {
				t.Errorf("%s with %q\n got %s\nwant %s", c.text, v, got, want)
			}
		}
	}
}

// everything writes all that a parser reads: elements, attributes with their
// values, text. html/template removes comments, so they are left out.
func everything(t testing.TB, s string) string {
	t.Helper()
	root, err := parseIn(s, true)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			b.WriteString("\n" + n.Namespace + "<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString("\n  " + a.Namespace + ":" + a.Key + "=" + a.Val)
			}
			b.WriteString("\n")
		case html.TextNode:
			b.WriteString(n.Data)
		}
	}
	return b.String()
}
