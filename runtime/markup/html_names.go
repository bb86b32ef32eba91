package markup

import "bytes"

// element is what matters of a tag's name.
type element uint8

const (
	elemOther element = iota
	// The elements whose content is raw.
	elemScript
	elemStyle
	elemTextarea
	elemTitle
	elemIframe
	elemNoembed
	elemNoframes
	elemXmp
	elemRawEnd
	// Elements that change how something is read.
	elemPlaintext   // raw up to the end of the document
	elemNoscript    // raw where scripting is on
	elemPre         // <pre>, <listing>: a first line break in it is dropped
	elemSelect      // tags in it may be ignored
	elemTemplate    // <template>, <frameset>: tags in it may be ignored
	elemSVG         // another language up to its end tag
	elemMath        // the same
	elemIntegration // brings html back inside svg or math
	// Elements with attributes of their own.
	elemMeta
	elemAnimate // sets another attribute, href among them
)

// elementOf returns what a tag name, in lower case, means.
func elementOf(name []byte) element {
	switch string(name) {
	case "script":
		return elemScript
	case "style":
		return elemStyle
	case "textarea":
		return elemTextarea
	case "title":
		return elemTitle
	case "iframe":
		return elemIframe
	case "noembed":
		return elemNoembed
	case "noframes":
		return elemNoframes
	case "xmp":
		return elemXmp
	case "plaintext":
		return elemPlaintext
	case "noscript":
		return elemNoscript
	case "pre", "listing":
		return elemPre
	case "select":
		return elemSelect
	case "template", "frameset":
		return elemTemplate
	case "svg":
		return elemSVG
	case "math":
		return elemMath
	case "foreignobject", "desc", "annotation-xml", "mi", "mo", "mn", "ms", "mtext":
		return elemIntegration
	case "meta":
		return elemMeta
	case "set", "animate", "animatetransform", "animatemotion", "animatecolor":
		return elemAnimate
	}
	return elemOther
}

// attrKind is what an attribute holds.
type attrKind uint8

const (
	attrPlain  attrKind = iota // text
	attrURL                    // one URL
	attrSrcset                 // URLs with sizes, between commas
	attrUnsafe                 // what is executed, or is a document of its own
)

// attrKindOf returns what the attribute called name, in lower case, holds in
// a tag of elem.
func attrKindOf(elem element, name []byte) attrKind {
	switch elem {
	case elemScript, elemAnimate:
		return attrUnsafe
	case elemMeta:
		if string(name) == "content" || string(name) == "http-equiv" {
			return attrUnsafe
		}
	}
	// Scripts that pages bring along read data-href as href, and a prefix
	// such as xlink: does not change the meaning.
	if bytes.HasPrefix(name, []byte("data-")) {
		name = name[len("data-"):]
	} else if k := bytes.IndexByte(name, ':'); k >= 0 {
		if string(name[:k]) == "xmlns" {
			return attrURL
		}
		name = name[k+1:]
	}
	switch string(name) {
	case "action", "archive", "background", "cite", "classid", "codebase", "data", "formaction",
		"href", "icon", "longdesc", "manifest", "ping", "poster", "profile", "src", "usemap", "xmlns":
		return attrURL
	case "srcset", "imagesrcset":
		return attrSrcset
	case "style", "srcdoc":
		return attrUnsafe
	case "srclang":
		return attrPlain
	}
	if bytes.HasPrefix(name, []byte("on")) {
		return attrUnsafe
	}
	for _, part := range [...]string{"src", "uri", "url"} {
		if bytes.Contains(name, []byte(part)) {
			return attrURL
		}
	}
	return attrPlain
}
