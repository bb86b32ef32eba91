package parser

import "strconv"

// Format writes the tree back as text, piece by piece: every opener from where the
// expression begins to where its body does, the pieces of the body, the closer, and
// what was dropped before an else. The result is the source, byte for byte; that it
// is shows that the pieces tile the text and that nothing is lost.
func (t *Tree) Format() string {
	return string(t.append(make([]byte, 0, len(t.Source)), t.Nodes[0].Child))
}

func (t *Tree) append(dst []byte, i int32) []byte {
	for ; i != 0; i = t.Nodes[i].Next {
		for at := i; at != 0; {
			dst = t.appendNode(dst, at)
			after := t.Nodes[at].Else
			if after != 0 {
				dst = append(dst, t.Source[t.Nodes[at].End:t.Nodes[after].Start]...)
			}
			at = after
		}
	}
	return dst
}

func (t *Tree) appendNode(dst []byte, i int32) []byte {
	n := &t.Nodes[i]
	if n.Kind == Text || n.Kind == Computed || n.Kind == Variable && !n.HasFallback {
		return append(dst, t.Source[n.Start:n.End]...)
	}
	dst = append(dst, t.Source[n.Start:n.Body]...)
	dst = t.append(dst, n.Child)
	return append(dst, t.Source[n.BodyEnd:n.End]...)
}

// String shows the tree in one line, for tests and for those who learn the
// language: text in quotes (as it reads), expressions with their parts.
func (t *Tree) String() string { return string(t.show(nil, t.Nodes[0].Child)) }

func (t *Tree) show(dst []byte, i int32) []byte {
	for first := true; i != 0; i, first = t.Nodes[i].Next, false {
		if !first {
			dst = append(dst, ' ')
		}
		for at := i; at != 0; at = t.Nodes[at].Else {
			if at != i {
				dst = append(dst, " else "...)
			}
			dst = t.showNode(dst, at)
		}
	}
	return dst
}

func (t *Tree) showNode(dst []byte, i int32) []byte {
	n := &t.Nodes[i]
	switch n.Kind {
	case Text:
		return appendQuote(dst, t.Body(i))
	case Variable:
		dst = append(append(dst, '$'), t.Name(i)...)
		if !n.HasFallback {
			return dst
		}
	case Computed:
		return appendQuote(append(dst, '='), t.Name(i))
	default:
		dst = append(append(dst, "[({("[n.Kind-Operation]), t.Name(i)...)
		if n.HasArg {
			dst = append(appendQuote(append(dst, '('), t.Arg(i)), ')')
		}
	}
	return append(t.show(append(dst, '<'), n.Child), '>')
}

func appendQuote(dst []byte, s string) []byte { return strconv.AppendQuote(dst, s) }
