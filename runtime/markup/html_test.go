package markup

import (
	"strings"
	"testing"
)

// TestHTMLPlaces is the table of places: § stands for the value in question,
// ¤ for another one before it.
func TestHTMLPlaces(t *testing.T) {
	tests := []struct {
		text string
		want string // of Place.String
	}{
		{"", "HTMLText"},
		{"5 < ", "HTMLText"},
		{"<5", "HTMLText"},
		{"</>", "HTMLText"},
		{"<p>", "HTMLText"},
		{"<p/>", "HTMLText"},
		{"<p a=/>", "HTMLText"},
		{`<p a=">">`, "HTMLText"},
		{`<p a=b">">`, "HTMLText"},
		{"<noscript>", "HTMLText"},
		{`<noscript><img alt="`, "HTMLAttr"},
		{`<noscript><iframe src="//x.cn"></iframe></noscript>`, "HTMLText"},
		{"<template>", "HTMLText"},
		{"<select><option>", "HTMLText"},
		{"<svg><text>", "HTMLText"},
		{"<svg><title>", "HTMLText"},
		{"<svg><title>x</title>", "HTMLText"},
		{"<svg><style>a{}</style><path/></svg>", "HTMLText"},
		{"<table>", "HTMLText"},

		// Unfinished references: the value must not go on with them.
		{"&", "HTMLText+ref"},
		{"&am", "HTMLText+ref"},
		{"&#x1", "HTMLText+ref"},
		{"&amp;", "HTMLText"},
		{"& ", "HTMLText"},
		{"&¤", "HTMLText+ref"},
		{`<a title="&`, "HTMLAttr+ref"},
		{`<a href="/?&lt`, "HTMLURLQuery+ref"},
		{`<a href="/x&lt`, "HTMLURLPath+ref"},
		{"<textarea>&", "HTMLText+ref"},

		// A first line break that a parser drops.
		{"<pre>", "HTMLText+break"},
		{"<PRE class=x>", "HTMLText+break"},
		{"<listing>", "HTMLText+break"},
		{"<textarea>", "HTMLText+break"},
		{"<pre>x", "HTMLText"},
		{"<pre>¤", "HTMLText"},
		{"<pre><b>", "HTMLText"},
		{"</pre>", "HTMLText"},

		// Tags.
		{"<", "Unsafe"}, {"</", "Unsafe"}, {"<a", "Unsafe"}, {"</a", "Unsafe"},
		{"<a ", "Unsafe"}, {"<a/", "Unsafe"}, {"<a b", "Unsafe"}, {"<a b ", "Unsafe"},
		{"<a =", "Unsafe"}, {"<a b=", "Unsafe"}, {"<a b= ", "Unsafe"}, {"<a b=c", "Unsafe"},
		{"<a b=c ", "Unsafe"}, {`<a b="c"`, "Unsafe"}, {`<a b=c"`, "Unsafe"}, {`<a "`, "Unsafe"},
		{"<a href=", "Unsafe"}, {"<a href=/", "Unsafe"}, {`</a title="`, "HTMLAttr"},

		// What is no tag.
		{"<!", "Unsafe"}, {"<!-", "Unsafe"}, {"<!--", "Unsafe"}, {"<!-- x --", "Unsafe"},
		{"<!-- x --!", "Unsafe"}, {"<!---", "Unsafe"}, {"<!-->", "HTMLText"}, {"<!--->", "HTMLText"},
		{"<!---!>", "Unsafe"}, {"<!-- > ", "Unsafe"}, {"<!-- x --!>", "HTMLText"},
		{"<!----!->", "Unsafe"}, {"<!----!-->", "HTMLText"}, {"<!-- -->", "HTMLText"}, {"<!---->", "HTMLText"},
		{"<!doctype ", "Unsafe"}, {`<!doctype html "`, "Unsafe"}, {`<!doctype html ">`, "HTMLText"},
		{"<?php ", "Unsafe"}, {"<?php ?>", "HTMLText"}, {"</1", "Unsafe"}, {"</1>", "HTMLText"},
		{"<![CDATA[", "Unsafe"}, {"<![CDATA[>", "HTMLText"}, {"<svg><![CDATA[>", "Unsafe"},

		// Raw text.
		{"<script>", "Unsafe"}, {"<script/>", "Unsafe"}, {"<style>", "Unsafe"}, {"<iframe>", "Unsafe"},
		{"<xmp>", "Unsafe"}, {"<noembed>", "Unsafe"}, {"<noframes>", "Unsafe"},
		{"<plaintext>", "Unsafe"}, {"<plaintext></plaintext>", "Unsafe"},
		{"<script></scrip>", "Unsafe"}, {"<script></SCRIPT >", "HTMLText"}, {"<script></script x", "Unsafe"},
		{"<script><!--<script></script>", "Unsafe"}, {"<script><!-- x --></script>", "HTMLText"},
		{"<title><", "Unsafe"}, {"<title></", "Unsafe"}, {"<title></titl", "Unsafe"},
		{"<title></titles", "HTMLText"}, {"<title><b>", "HTMLText"}, {"<title></title>", "HTMLText"},

		// Where a parser's tree decides how the text is read.
		{`<svg><style><a title="</style>`, "Unsafe"},
		{`<svg><title><a title="</title>`, "Unsafe"},
		{`<select><title><a title="</title>`, "Unsafe"},
		{`<template><col><textarea><a title="</textarea>`, "Unsafe"},
		{`<noscript><p title="</noscript>`, "Unsafe"},
		{`<noscript><style></noscript>`, "Unsafe"},
		{`<noscript><!--</noscript>`, "Unsafe"},
		{`<noscript><style></noscript><a href="</style>`, "Unsafe"},
		{`<svg><title></1 "</title>`, "Unsafe"},
		{`<svg><math></svg><style><a title="</style>`, "Unsafe"},
		{`<style><</style>`, "HTMLText"},
		{`<svg></svg><style><a title="</style>`, "HTMLText"},
		{`<svg><desc></desc></svg><style><a title="</style>`, "Unsafe"},

		// Attributes that hold more than text.
		{`<a onclick="`, "Unsafe"}, {`<a ONCLICK='`, "Unsafe"}, {`<a data-onclick="`, "Unsafe"},
		{`<a x:onclick="`, "Unsafe"}, {`<a style="`, "Unsafe"}, {`<a data-style="`, "Unsafe"},
		{`<iframe srcdoc="`, "Unsafe"}, {`<meta content="`, "Unsafe"}, {`<meta http-equiv="`, "Unsafe"},
		{`<meta name="`, "HTMLAttr"}, {`<p content="`, "HTMLAttr"}, {`<script src="`, "Unsafe"},
		{`<script src="/a?`, "Unsafe"}, {`<animate values="`, "Unsafe"}, {`<set to="`, "Unsafe"},
		{`<a ` + strings.Repeat("x", maxName) + `="`, "HTMLAttr"},
		{`<a ` + strings.Repeat("x", maxName+1) + `="`, "Unsafe"},
		{`<a x=y/title="`, "Unsafe"}, {`<a title="`, "HTMLAttr"}, {`<a title="'`, "HTMLAttr"}, {`<a title='"`, "HTMLAttr"},
		{`<a title="x" alt="`, "HTMLAttr"}, {`<a title="x"alt="`, "HTMLAttr"},
		{`<a title/alt="`, "HTMLAttr"}, {`<a ping="`, "HTMLURLStart"}, {`<link imagesrcset="`, "HTMLSrcset"},

		// URLs.
		{`<a href="¤`, "HTMLURLStart"}, {`<a href="¤ `, "HTMLURLStart"}, {`<a href="¤/`, "HTMLURLPath"},
		{`<a href="¤?`, "HTMLURLQuery"}, {`<a href="¤x`, "HTMLURLHead"}, {`<a href="¤x/`, "HTMLURLPath"},
		{`<a href="¤:`, "Unsafe"}, {`<a href="¤x:`, "Unsafe"}, {`<a href="java¤:`, "Unsafe"},
		{`<a href="x¤:`, "HTMLURLPath"}, {`<a href="x`, "HTMLURLHead"}, {`<a href="java`, "HTMLURLHead"},
		{`<a href="javascript`, "HTMLURLHead"}, {`<a href="javascript:`, "Unsafe"},
		{`<a href=" JavaScript:alert('`, "Unsafe"}, {`<a href="java` + "\n" + `script:x?`, "Unsafe"},
		{`<a href="&#106;avascript:`, "Unsafe"}, {`<a href="javascript&colon;`, "Unsafe"},
		{`<a href="javascript&#58`, "Unsafe"}, {`<a href="&Tab;javascript&#x3a;`, "Unsafe"},
		{`<a href="javascripts:`, "HTMLURLPath"}, {`<a href="vbscript:`, "Unsafe"},
		{`<a href="data:image/png,`, "Unsafe"}, {`<a href="data`, "HTMLURLHead"}, {`<a href="database/`, "HTMLURLPath"},
		{`<a href="data?`, "HTMLURLQuery"}, {`<a href=":`, "HTMLURLPath"}, {`<a href="/x&y#`, "HTMLURLQuery+ref"},
		{`<a href="&sol;`, "HTMLURLPath"}, {`<a href="&num;`, "HTMLURLQuery"}, {`<a href="&NewLine;javascript:`, "Unsafe"},
		{`<a href="&#x4e2d;`, "HTMLURLHead"}, {`<a href="&#x4e2d;javascript:`, "HTMLURLPath"}, {`<a href="&#z`, "HTMLURLQuery+ref"},
		{`<a href="&lowbar;`, "HTMLURLHead"}, {`<a href="&`, "Unsafe"}, {`<a href="x&`, "Unsafe"}, {`<a href="/&x/`, "HTMLURLPath"},
		{`<a href="/&?`, "HTMLURLQuery"}, {`<a href="/x&#`, "HTMLURLPath+ref"}, {`<a href="/x" title="`, "HTMLAttr"},
	}
	for _, test := range tests {
		parts := strings.Split(test.text, "¤")
		a := compile(append(parts, "")...)
		if got := a.places[len(parts)-1].String(); got != test.want {
			t.Errorf("%s§: %v, want %v", test.text, got, test.want)
		}
	}
}

func TestHTMLInText(t *testing.T) {
	for text, want := range map[string]bool{
		"":                           true,
		"<p>x":                       true,
		"<pre>":                      true,
		"&":                          true,
		"<a href=x>":                 true,
		"<svg></svg>":                true,
		"<svg/>":                     true,
		"<svg a=b />":                true,
		"<svg / >":                   false,
		"<svg a=/>":                  false,
		"<svg><math></svg>":          false,
		strings.Repeat("<svg>", 255): false,
		// Not followed any further: a button may be tried.
		strings.Repeat("<svg>", 256):     true,
		"<svg><foreignObject>":           true,
		"<select></select>":              true,
		"<noscript></noscript>":          true,
		"<":                              false,
		"<p":                             false,
		"<p ":                            false,
		`<p title="`:                     false,
		"<!--":                           false,
		"<title>":                        false,
		"<textarea>":                     false,
		"<script>":                       false,
		"<noscript>":                     false,
		"<select>":                       false,
		"<select><option>":               false,
		"<svg>":                          false,
		"<svg><svg></svg>":               false,
		"<math>":                         false,
		"<svg/><math>":                   false,
		"<script><!--<script></script>x": false,
	} {
		if got := (HTML{}).Feed(text).InText(); got != want {
			t.Errorf("%s: InText %v, want %v", text, got, want)
		}
	}
}

func TestHTMLJoin(t *testing.T) {
	tests := []struct {
		before, a, b, after string
		want                string
	}{
		{"", "<b>x</b>", "y", "", "HTMLText"},
		{"", "<b>", "</b>", "", "HTMLText"},
		{"", "<b", "", ">", "Unsafe"},
		{"<pre>", "", "x", "", "HTMLText"},
		{"", "&", "", "", "HTMLText+ref"},
		{"", "<!-- ", "", "-->", "Unsafe"},
		{"<!--", "x", "", "-->", "HTMLText"},
		{"<!--", "x-", "--", ">", "Unsafe"},
		{"<input ", "checked", "", `value="`, "Unsafe"},
		{"<input ", "checked", "", ` value="`, "HTMLAttr"},
		{"<input ", "checked ", "", `value="`, "HTMLAttr"},
		{"<input ", `class="x"`, "", `value="`, "HTMLAttr"},
		{"<input ", "checked", "", `>`, "HTMLText"},
		{"<input ", "checked", "", `="`, "Unsafe"},
		{"<input ", "checked", "", `="x>`, "Unsafe"},
		{"<input ", "checked ", "", `="x>`, "Unsafe"},
		{"", "<p ", "<script ", ">", "Unsafe"},
		{"", "<p ", "</p ", ">", "Unsafe"},
		{"", "<p>", "<pre>", "", "HTMLText"},
		{"<!--", "x-", "--", `><a title="-->`, "Unsafe"},
		{"<input", " /", "", `>`, "Unsafe"},
		{"<p ", "title", "href", `="`, "Unsafe"},
		{"<p ", `title="`, `alt="`, "", "HTMLAttr"},
		{"<p ", `title="`, `href="`, "", "Unsafe"},
		{"<p ", `title="`, `href="`, `" id="`, "HTMLAttr"},
		{"<p ", `title="`, `alt='`, "", "Unsafe"},
		{`<p title="`, "a", "b", "", "HTMLAttr"},
		{`<a href="`, "http", "https", "://x.cn/", "HTMLURLPath"},
		{`<a href="`, "java", "j", "x/", "HTMLURLPath"},
		{`<a href="`, "java", "j", "script:", "Unsafe"},
		{`<a href="`, "https://x.cn", "", "/", "Unsafe"},
		{`<a href="`, "https://x.cn", "", "/?", "HTMLURLQuery"},
		{`<a href="`, "/a", "/b", "", "HTMLURLPath"},
		{`<a href="`, "/a?", "/b", "", "Unsafe"},
		{`<a href="`, "/a?", "/b", "#", "HTMLURLQuery"},
		{`<a href="`, "javascript:", "/b", "#", "Unsafe"},
		{`<a href="`, " ", "", "", "HTMLURLStart"},
		{`<a href="`, "java", "", "script:x?", "Unsafe"},
		{`<a href="`, "java", "", "script/x?", "HTMLURLQuery"},
		{"<svg>", "</svg>", "", `<style><b title="</style>`, "Unsafe"},
		{"<title>", "<", "", "", "Unsafe"},
	}
	for _, test := range tests {
		start := HTML{}.Feed(test.before)
		a, b := start.Feed(test.a), start.Feed(test.b)
		ab, ba := Join(a, b), Join(b, a)
		if ab != ba {
			t.Errorf("%s{%s|%s}: Join is not commutative", test.before, test.a, test.b)
		}
		if p, _ := ab.Feed(test.after).Value(); p.String() != test.want {
			t.Errorf("%s{%s|%s}%s: %v, want %v", test.before, test.a, test.b, test.after, p, test.want)
		}
	}
}

// TestHTMLSplitReference: a reference in a URL that is cut in two cannot be
// decoded any more, so it may be anything.
func TestHTMLSplitReference(t *testing.T) {
	for _, test := range []struct{ first, second, want string }{
		{`<a href="/x&#6`, "3;", "Unsafe"},
		{`<a href="/x&#6`, "/", "HTMLURLPath"},
		{`<a href="/x&ques`, "t;", "Unsafe"},
		{`<a href="/x&ques`, "t;?", "HTMLURLQuery"},
		{`<a href="java&#11`, "5;cript:", "Unsafe"},
		{`<a href="page&#5`, "8;", "Unsafe"},
		{`<a href="?x&#5`, "8;", "HTMLURLQuery"},
	} {
		if p, _ := (HTML{}).Feed(test.first).Feed(test.second).Value(); p.String() != test.want {
			t.Errorf("%s|%s: %v, want %v", test.first, test.second, p, test.want)
		}
	}
}

// TestPlaceAppend pins the bytes of each place.
func TestPlaceAppend(t *testing.T) {
	const all = "a<b>&\"'+ \x00\n中:/?#%20%zz"
	for _, test := range []struct {
		place       Place
		value, want string
	}{
		{Unsafe, all, ""},
		{PlainText, all, all},
		{HTMLText, all, "a&lt;b&gt;&amp;&#34;&#39;+ \uFFFD\n中:/?#%20%zz"},
		{HTMLAttr, all, "a&lt;b&gt;&amp;&#34;&#39;+ \uFFFD\n中:/?#%20%zz"},
		{HTMLURLPath, all, "a%3cb%3e&amp;%22%27+%20%00%0a%e4%b8%ad:/?#%20%25zz"},
		{HTMLURLQuery, all, "a%3cb%3e%26%22%27%2b%20%00%0a%e4%b8%ad%3a%2f%3f%23%2520%25zz"},
		{HTMLURLHead, "a:b:c/d:e", "a%3ab%3ac/d:e"},
		{HTMLURLHead, "a:b", "a%3ab"},
		{HTMLURLHead, "?a:b&c", "?a:b&amp;c"},
		{HTMLURLHead, "a#b:c", "a#b:c"},
		{HTMLURLPath, "%fF%g0%0G%", "%fF%25g0%250G%25"},
		{HTMLURLStart, "javascript:alert(1)", "#"},
		{HTMLURLStart, "https://x.cn/a?b=c&d", "https://x.cn/a?b=c&amp;d"},
		{HTMLSrcset, "a b.png 2x, javascript:x, c&d", "#,#, c&amp;d"},
		{HTMLText | guardRef, "lt;", "&#108;t;"},
		{HTMLText | guardRef, "z", "&#122;"},
		{HTMLText | guardRef, "\x30", "&#48;"},
		{HTMLText | guardRef, "9", "&#57;"},
		{HTMLText | guardRef, "#60;", "&#35;60;"},
		{HTMLText | guardRef, "中", "中"},
		{HTMLText | guardRef, "", ""},
		{HTMLText | guardRef, "<", "&lt;"},
		{HTMLText | guardBreak, "x", "x"},
		{HTMLText | guardBreak, "\nx", "\n\nx"},
		{HTMLText | guardBreak, "\r\nx", "\n\r\nx"},
		{HTMLURLQuery | guardRef, "lt;", "&#108;t%3b"},
		{HTMLNoValue, "x", `""`},
		{HTMLNoValue, "", `""`},
		{htmlPlaces, "x", ""},
	} {
		if got := string(test.place.Append([]byte("> "), test.value)); got != "> "+test.want {
			t.Errorf("%v %q: %q, want %q", test.place, test.value, got, "> "+test.want)
		}
	}
}

// TestHTMLReads checks that a parser reads the very value in text and
// attributes, the line breaks included, where html/template would lose some.
func TestHTMLReads(t *testing.T) {
	for _, text := range []string{
		"<p>§</p>", "<pre>§</pre>", "<textarea>§</textarea>", "<listing>§</listing>", "<pre>a§</pre>",
		`<p title="§">`, `<p title='§'>`, "<p>&§</p>", "<p>&lt§</p>", "<p>&#6§</p>", `<p title="&§">`, `<p title="&lt§">`,
	} {
		a := compileAt(text)
		before := everything(t, a.render("☃"))
		for _, v := range hostile(t) {
			if strings.ContainsAny(v, "\x00\r") {
				continue // replaced, and turned into line feeds, by every parser
			}
			want := strings.Replace(before, "☃", v, 1)
			if got := everything(t, a.render(v)); got != want {
				t.Errorf("%s with %q: reads %q, want %q", text, v, got, want)
			}
		}
	}
}
