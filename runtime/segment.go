package runtime

import "slices"

// Segments returns the segments. Neighbouring text is one segment, no text is none.
// The strings are views: they count until the next Run, and as long as the bytes that
// AppendContent appended, if it was called, stay as they are.
func (r *Render) Segments() []Segment {
	p := r.p
	if p.plain {
		r.measure()
		r.segments = r.segments[:0]
		if p.src != "" && r.fit.state != fitCut {
			r.segments = append(r.segments, Segment{Text: p.src})
		}
		return r.segments
	}
	if !r.fit.written {
		r.own = r.AppendContent(r.own[:0])
	}
	// Elements are used again, so that most of their fields need not be written.
	most := 2*len(r.marks) + 1
	all := r.segments[:cap(r.segments)]
	if len(all) < most {
		all = slices.Grow(all, most-len(all))
		all = all[:cap(all)]
	}
	text, from, n := view(r.out), 0, 0
	for i := range r.marks {
		m := &r.marks[i]
		if int(m.from) > from {
			all[n].set(text[from:m.from])
			n++
		}
		a := &p.actions[m.action]
		label, token := a.label, ""
		if r.acting {
			label = r.labelOf(int(m.action))
			token = r.token(int(m.action), label)
		}
		s, name, argument := &all[n], a.function.name(), a.argument
		n++
		s.Action, s.Text, s.Function, s.Argument, s.Label, s.Token = true, "", name, argument, label, token
		from = int(m.to)
	}
	if from < len(text) {
		all[n].set(text[from:])
		n++
	}
	r.segments = all[:n]
	return r.segments
}

// set makes s a text.
func (s *Segment) set(text string) {
	if s.Action {
		*s = Segment{}
	}
	s.Text = text
}
