package runtime

import (
	"strings"

	"github.com/zhida-kb/zhida/runtime/markup"
	"github.com/zhida-kb/zhida/vars"
)

// labelOf returns the label of action k as plain text. It counts until the next Run.
func (r *Render) labelOf(k int) string {
	if a := &r.p.actions[k]; a.from == a.to {
		return a.label
	}
	return r.variedLabel(k)
}

// variedLabel is labelOf for a label with values.
func (r *Render) variedLabel(k int) string {
	a := &r.p.actions[k]
	act := &r.acts[k]
	if !act.hasLabel {
		from := len(r.labels)
		r.labels = r.appendRange(r.labels, int(a.from), int(a.to))
		if isBlank(view(r.labels[from:])) {
			r.labels = append(r.labels[:from], r.title(a.function)...)
		}
		act.label, act.hasLabel = textRange{int32(from), int32(len(r.labels))}, true
	}
	return view(r.labels[act.label.from:act.label.to])
}

// title returns the function's own name.
func (r *Render) title(f function) string {
	if r.chinese() {
		return functions[f].Title.Zh
	}
	return functions[f].Title.En
}

// chinese reports whether names are to be in Chinese: the visitor's language
// decides where there are names in it, else the bot's, where it has one.
func (r *Render) chinese() bool {
	for _, lan := range []string{r.facts.Text(vars.ChatInfoLan), r.in.Language} {
		lan = strings.ToLower(lan)
		switch {
		case strings.HasPrefix(lan, "zh"):
			return true
		case strings.HasPrefix(lan, "en"):
			return false
		}
	}
	return r.in.Language == ""
}

// token returns the token of action k, empty where there are none. It counts until
// the next Run.
func (r *Render) token(k int, label string) string {
	if r.newToken == nil {
		return ""
	}
	act := &r.acts[k]
	if !act.hasToken {
		a := &r.p.actions[k]
		from := len(r.tokens)
		r.tokens = r.newToken(r.tokens, Action{a.function.name(), a.argument, label})
		act.token, act.hasToken = textRange{int32(from), int32(len(r.tokens))}, true
	}
	return view(r.tokens[act.token.from:act.token.to])
}

// appendAction appends an action as a part of the content.
func (r *Render) appendAction(dst []byte, o *op) []byte {
	k := int(o.arg)
	label := r.labelOf(k)
	a := &r.p.actions[k]
	switch {
	case o.flags&labelOnly != 0:
		return o.place.Append(dst, label)
	case r.p.format == HTML:
		return r.appendButton(dst, k, label)
	case r.p.format == Markdown:
		return markup.AppendMarkdownAction(dst, o.place, label, a.function.name(), a.argument, r.token(k, label))
	}
	return append(dst, label...)
}

// appendButton appends action k as html has it.
func (r *Render) appendButton(dst []byte, k int, label string) []byte {
	a := &r.p.actions[k]
	dst = append(dst, buttons[a.function]...)
	if r.newToken != nil {
		dst = append(dst, ` data-token="`...)
		dst = markup.HTMLAttr.Append(dst, r.token(k, label))
		dst = append(dst, '"')
	}
	if r.p.format == HTML && a.content != "" {
		return append(dst, a.content[len(buttons[a.function]):]...)
	}
	return a.appendButtonEnd(dst, label)
}

// appendButtonEnd appends what of a button is behind its token.
func (a *action) appendButtonEnd(dst []byte, label string) []byte {
	if a.argument != "" {
		dst = append(dst, ` data-argument="`...)
		dst = markup.HTMLAttr.Append(dst, a.argument)
		dst = append(dst, '"')
	}
	dst = append(dst, '>')
	for more := true; more; {
		// U+00A0 as html is written back (WHATWG HTML 13.3, escaping a string).
		var text string
		text, label, more = strings.Cut(label, "\u00a0")
		if dst = markup.HTMLText.Append(dst, text); more {
			dst = append(dst, "&nbsp;"...)
		}
	}
	return append(dst, `</button>`...)
}

// buttons are the beginnings of buttons, by function.
var buttons = func() (begins [numFunctions]string) {
	for f := range functions {
		begins[f] = `<button type="button" class="zhida-action" data-function="` + functions[f].Name + `"`
	}
	return begins
}()
