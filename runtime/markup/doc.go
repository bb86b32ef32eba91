// Package markup decides where in an html or markdown answer a value stands,
// and writes the value for that place, so that the elements of the answer
// stay those of its author, whatever the value is.
//
// An answer is the author's text with values between: a visitor's name, the
// content that a data call brought. The values are hostile. What has to be
// escaped depends on the place: `<` in text, quotes in an attribute, a whole
// scheme at the begin of a URL, and in a script nothing helps. The place
// depends on the author's text alone, so it is found once, when the answer is
// compiled, and is a Place: one byte. Rendering calls Place.Append.
//
// # Html
//
// HTML follows the author's constants as a tokenizer would (HTML standard,
// 13.2.5). Feed reads a constant, Value asks for the place of a value, Join
// merges the ends of branches:
//
//	h := HTML{}.Feed(`<a href="/u/`)
//	place, h := h.Value() // HTMLURLPath
//	h = h.Feed(`">`)
//	dst = place.Append(dst, "a b") // a%20b
//
// Places are those of html/template: text, quoted attribute values, and in
// attributes that hold a URL its begin, path, and query or fragment. The
// author's constants are never altered. Where html/template fails to parse,
// or would need another language than html, the place is Unsafe: the value
// is left out and the editor is told. That is so
//
//   - in unquoted values, in the names of tags and attributes and wherever
//     one could begin, also right behind `<`, `</`, `<!`,
//   - in comments, <!doctype>, <?…?>, CDATA sections,
//   - in <script>, <style>, <iframe>, <noembed>, <noframes>, <xmp> and behind
//     <plaintext>, whose content a browser does not decode,
//   - in on… handlers, style, srcdoc, every attribute of <script> and of the
//     svg elements <set> and <animate…> (they set other attributes), content
//     and http-equiv of <meta>, whether it refreshes or not, for the other
//     half of that may come later,
//   - in a URL behind javascript:, vbscript: and data:, however it is spelt,
//     and behind a scheme that a value is part of,
//   - in a URL whose part differs between branches, up to the next `?` or
//     `#`, and in an attribute that differs, up to its end,
//   - behind branches that end in states of which no single one is safe, to
//     the end of the answer,
//   - in an attribute whose name is longer than 40 bytes.
//
// Attributes that hold URLs are those of html/template and ping; a data-
// prefix and a namespace (xlink:href) do not change an attribute, and names
// that contain src, uri or url count as URLs. srcset and imagesrcset are lists
// of them. A URL that brings a scheme other than http, https and mailto
// becomes `#`.
//
// We go further than html/template in four things. A value behind the begin
// of a scheme (`href="java${x}"`) has its colon encoded. A value behind an
// unfinished reference (`&${x}`) cannot finish it. A first line break of a
// value in <pre> or <textarea> is kept, though parsers drop one there. And the
// places are right where a tree builder does not read what a tokenizer alone
// would:
//
//   - In svg and math, <style>, <script>, <title> and the like are ordinary
//     elements, and CDATA sections exist.
//   - In <select>, <template> and <frameset> some start tags are ignored, so
//     that no raw text begins.
//   - <noscript> is raw text with scripting and markup without.
//
// A tree builder is not needed to be safe there: as long as both readings
// agree, the state goes on; where they could part (a `<` in a raw element
// that may be an ordinary one, in noscript a `<` outside text), all is Unsafe
// from there on. A <style> without a `<` in an svg icon, and an <img> in a
// <noscript>, are no such case.
//
// An operation's button may stand where InText says so.
//
// # References and labels
//
// A rich-text editor stores `a > b` as `a &gt; b`. DecodeRefs undoes that for
// what stands inside an expression, and keeps the way back to the offsets of
// the source, for diagnostics. LabelText turns an operation's label into the
// plain text that its action carries.
//
// # Markdown
//
// Markdown cannot be followed from left to right; see the comment at the
// begin of markdown.go.
package markup
