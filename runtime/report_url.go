package runtime

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// urlMessages say what a fault of a URL means.
var urlMessages = map[dataurl.Kind]diag.Message{
	dataurl.Relative: diag.MsgURLRelative, dataurl.Scheme: diag.MsgURLScheme, dataurl.UserInfo: diag.MsgURLUserInfo,
	dataurl.Host: diag.MsgURLHost, dataurl.Port: diag.MsgURLPort, dataurl.VariableInHost: diag.MsgVariableInHost,
	dataurl.ReservedParameter: diag.MsgReservedParameter, dataurl.PlainHTTP: diag.MsgPlainHTTP,
}

// urlFaults says what is wrong with the URL of n.
func (c *compiler) urlFaults(n parser.Node, parts []dataurl.Part, where []urlPart, faults []dataurl.Fault) {
	if c.silent() {
		return
	}
	broken := slices.ContainsFunc(faults, func(f dataurl.Fault) bool { return !f.Kind.Warning() })
	for _, f := range faults {
		start, end := int(n.Body), int(n.BodyEnd)
		if f.Part < len(where) {
			w := where[f.Part]
			start, end = w.at(f.Start), w.at(f.End)
			if parts[f.Part].Value {
				start, end = int(w.start), int(w.end)
			}
		}
		m, ok := urlMessages[f.Kind]
		if !ok {
			m = diag.MsgURLHost
		}
		d := diag.New(m, start, end, c.src[start:end])
		switch f.Kind {
		case dataurl.PlainHTTP:
			if broken {
				break // its fix may write the scheme anew
			}
			d = d.WithFix(diag.FixHTTPS, nil, diag.Edit{Span: diag.Span{Start: start, End: end}, NewText: "https"})
		case dataurl.Relative:
			if d = c.relativeFix(d, start); d.Fix == nil {
				d = c.unquoteFix(d, int(n.Body), int(n.BodyEnd))
			}
		case dataurl.Scheme, dataurl.Host, dataurl.Port:
			d = c.schemeFix(d, int(n.Body), int(n.BodyEnd))
		case dataurl.UserInfo:
			d = d.WithFix(diag.FixParameter, []string{c.src[start:end]}, diag.Edit{Span: diag.Span{Start: start, End: end}})
		case dataurl.VariableInHost:
			d = slashFix(d, parts, f.Part, start)
		case dataurl.ReservedParameter:
			d = parameterFix(d, parts, where, f)
		}
		c.say(d)
	}
}

// at returns where the byte i of the part stands in the answer.
func (w urlPart) at(i int) int {
	if w.origin != nil {
		i = w.origin(i)
	}
	return min(int(w.start)+i, int(w.end))
}

// relativeFix puts https:// before what looks like a host.
func (c *compiler) relativeFix(d diag.Diagnostic, start int) diag.Diagnostic {
	rest := c.src[start:]
	slashes := len(rest) - len(strings.TrimLeft(rest, "/"))
	host := rest[slashes:]
	if i := strings.IndexAny(host, "/?) "); i >= 0 {
		host = host[:i]
	}
	if slashes == 1 || !strings.Contains(host, ".") {
		return d
	}
	return d.WithFix(diag.FixHTTPS, nil, diag.Edit{Span: diag.Span{Start: start, End: start + slashes}, NewText: "https://"})
}

// unquoteFix takes the quotes away in which a whole URL was put.
func (c *compiler) unquoteFix(d diag.Diagnostic, start, end int) diag.Diagnostic {
	m := quotedURL.FindStringSubmatchIndex(c.src[start:end])
	if m == nil {
		return d
	}
	return d.WithFix(diag.FixUnquote, nil, diag.Edit{Span: diag.Span{Start: start + m[2], End: start + m[3]}},
		diag.Edit{Span: diag.Span{Start: start + m[4], End: start + m[5]}})
}

// quotedURL is a URL in quotes or angle brackets.
var quotedURL = regexp.MustCompile(`^\s*(["'<“‘《「])https?://[^"'<>“”‘’《》「」]+(["'>”’》」])\s*$`)

// schemes are what stands before the host of a URL, and what editors make of it.
var schemes = regexp.MustCompile(`^\s*([A-Za-z]{2,8})([:;]/{0,3}|//)[\pL\pN]`)

// schemeTwice is a URL pasted behind a scheme that stood there already.
var schemeTwice = regexp.MustCompile(`^\s*((?:https?:/{0,3}){2,})[\pL\pN]`)

// schemeFix writes the scheme of a URL anew, where what follows looks like a host.
func (c *compiler) schemeFix(d diag.Diagnostic, start, end int) diag.Diagnostic {
	if m := schemeTwice.FindStringSubmatchIndex(c.src[start:end]); m != nil {
		return d.WithFix(diag.FixHTTPS, nil, diag.Edit{Span: diag.Span{Start: start + m[2], End: start + m[3]}, NewText: "https://"})
	}
	m := schemes.FindStringSubmatchIndex(c.src[start:end])
	if m == nil {
		return d
	}
	switch scheme := strings.ToLower(c.src[start+m[2] : start+m[3]]); scheme {
	case "javascript", "data", "file", "mailto", "tel", "about", "blob":
		return d
	case "http", "https":
	default:
		if m[5]-m[4] < len("//") {
			return d // a host and its port
		}
	}
	if c.src[start+m[2]:start+m[5]] == "https://" {
		return d
	}
	return d.WithFix(diag.FixHTTPS, nil, diag.Edit{Span: diag.Span{Start: start + m[2], End: start + m[5]}, NewText: "https://"})
}

// slashFix puts a slash between a host and a variable right behind it.
func slashFix(d diag.Diagnostic, parts []dataurl.Part, k, start int) diag.Diagnostic {
	if k != 1 || parts[0].Value {
		return d
	}
	_, host, ok := strings.Cut(strings.TrimSpace(parts[0].Text), "://")
	name := strings.TrimRight(host, "0123456789:")
	if !ok || strings.ContainsAny(host, "/?#@") || !strings.Contains(name, ".") || strings.HasSuffix(name, ".") || name[0] == '.' {
		return d
	}
	return d.WithFix(diag.FixForm, []string{"/${…}"}, diag.Edit{Span: diag.Span{Start: start, End: start}, NewText: "/"})
}

// parameterFix takes a parameter away that lies in one piece of text.
func parameterFix(d diag.Diagnostic, parts []dataurl.Part, where []urlPart, f dataurl.Fault) diag.Diagnostic {
	text := parts[f.Part].Text
	start, end := f.Start, strings.IndexByte(text[f.Start:], '&')
	switch {
	case end >= 0:
		end += f.Start + 1
	case f.Part == len(parts)-1 && start > 0:
		start, end = start-1, len(strings.TrimRight(text, " \t\r\n"))
	default:
		return d
	}
	w := where[f.Part]
	return d.WithFix(diag.FixParameter, []string{text[f.Start:f.End]},
		diag.Edit{Span: diag.Span{Start: w.at(start), End: w.at(end)}})
}

// tooMuchData says that the limit of data expressions is passed, and passes it.
func (c *compiler) tooMuchData(n parser.Node) {
	c.over = true
	if !c.silent() {
		c.say(diag.New(diag.MsgLimitData, int(n.Start), int(n.Body), strconv.Itoa(c.limits.Data)))
	}
}
