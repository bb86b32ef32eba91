package explore

import (
	"html"
	"strings"
	"unicode"

	"github.com/zhida-kb/zhida/runtime"
)

// Blank reports whether a rendered answer shows a reader nothing: it is empty or white
// space, and in html, what is left without its tags is, and there is no picture or the like.
func Blank(content string, f runtime.Format) bool {
	if f != runtime.HTML {
		return isBlank(content)
	}
	for content != "" {
		at := strings.IndexByte(content, '<')
		if at < 0 {
			at = len(content)
		}
		if !isBlank(html.UnescapeString(content[:at])) {
			return false
		}
		if content = content[at:]; content == "" {
			return true
		}
		name, rest, ok := cutTag(content)
		if !ok || shows(name) {
			return false
		}
		if (name == "script" || name == "style") && content[1] != '/' {
			rest = after(rest, "</")
		}
		content = rest
	}
	return true
}

// isBlank reports whether s is white space, of no width too.
func isBlank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && (r < '\u200b' || r > '\u200d') && r != '\u2060' && r != '\ufeff'
	}) < 0
}

// cutTag cuts a tag or comment off s, which begins with "<"; not ok where it is text.
func cutTag(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "<!--") {
		_, rest, _ = strings.Cut(s[4:], "-->")
		return "", rest, true
	}
	inner := strings.TrimPrefix(s[1:], "/")
	n := 0
	for n < len(inner) && (inner[n]|0x20-'a' < 26 || n > 0 && inner[n]-'0' < 10) {
		n++
	}
	if n == 0 {
		return "", "", false
	}
	name = strings.ToLower(inner[:n])
	quote := byte(0)
	for i := n; i < len(inner); i++ {
		switch c := inner[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return name, inner[i+1:], true
		}
	}
	return name, "", true
}

// after returns s from mark on, "" where there is none.
func after(s, mark string) string {
	if at := strings.Index(s, mark); at >= 0 {
		return s[at:]
	}
	return ""
}

// shows reports whether an element is something to see by itself.
func shows(name string) bool {
	switch name {
	case "img", "video", "audio", "picture", "svg", "canvas", "iframe", "object", "embed", "input", "button", "select",
		"textarea", "meter", "progress", "math":
		return true
	}
	return false
}
