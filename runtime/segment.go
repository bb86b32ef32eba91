package runtime

// Segments returns the segments. Neighbouring text is one segment, no text is none.
// Texts are views: they count until the next Run, and as long as the bytes that
// AppendContent appended, if it was called, stay as they are.
func (r *Render) Segments() []Segment {
	p := r.p
	out := r.segments[:0]
	if p.plain {
		r.measure()
		if p.src != "" && r.fit.state != fitCut {
			out = append(out, Segment{Text: p.src})
		}
		r.segments = out
		return out
	}
	if r.out == nil {
		r.own = r.AppendContent(r.own[:0])
	}
	text, from := view(r.out), 0
	for i := range r.marks {
		m := &r.marks[i]
		if int(m.from) > from {
			out = append(out, Segment{Text: text[from:m.from]})
		}
		k := int(m.action)
		label := r.labelOf(k)
		a := &p.actions[k]
		out = append(out, Segment{
			Action: true, Function: functions[a.function].Name, Argument: a.argument, Label: label, Token: r.token(k, label),
		})
		from = int(m.to)
	}
	if from < len(text) {
		out = append(out, Segment{Text: text[from:]})
	}
	r.segments = out
	return out
}
