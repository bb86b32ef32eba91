package parser

// Dissolve says that the expression i turned out to be none: an unknown name, an
// expr that does not compile, an empty label. Node i becomes a Text of its opener
// up to the colon; behind it (Next) follow the pieces of its body, read as the text
// of an answer; its closer as a Text; and its Else, if it had one, as an orphan
// behind the white space that had been dropped. A Variable or Computed becomes one
// Text of its whole source, its fallback read like any text.
//
// Pointers into t.Nodes are stale afterwards. Where reading the body anew passes a
// limit the whole tree becomes one Text and Over is set.
func (t *Tree) Dissolve(i int32) {
	t.Detach(i)
	n := t.Nodes[i]
	next := n.Next
	if n.Kind == Computed || n.Kind == Variable && !n.HasFallback {
		t.Nodes[i] = Node{Kind: Text, Start: n.Start, End: n.End, Body: n.Start, BodyEnd: n.End, Next: next, depth: n.depth}
		return
	}
	t.live -= t.size(n.Child)
	t.Nodes[i] = Node{Kind: Text, Start: n.Start, End: n.Body, Body: n.Start, BodyEnd: n.Body, depth: n.depth}
	nodes, over, spent := read(t.Source[n.Body:n.BodyEnd], t.opt, int(n.depth), t.spent)
	if over != nil {
		over.Offset += int(n.Body)
		t.whole(over)
		return
	}
	if t.spent = spent + int(n.BodyEnd-n.Body); t.spent > mostWork*len(t.Source)+minWork {
		t.whole(&Over{OverUnclosed, mostWork, int(n.Start)})
		return
	}
	last := i
	if len(nodes) > 1 {
		last = t.adopt(nodes, i, n.Body)
	}
	t.Nodes[last].Next = t.add(Node{Kind: Text, Start: n.BodyEnd, End: n.End, Body: n.BodyEnd, BodyEnd: n.End, Next: next, depth: n.depth})
	if t.live += len(nodes); t.live > t.opt.Limits.Nodes {
		t.whole(&Over{OverNodes, t.opt.Limits.Nodes, int(n.Start)})
	}
}

// Detach says that the Else of i belongs to nothing: it goes back into the list of
// siblings behind i, an orphan, with the white space before it as a Text. An else
// that was attached to the orphan stays attached to it.
func (t *Tree) Detach(i int32) {
	n := &t.Nodes[i]
	orphan := n.Else
	if orphan == 0 {
		return
	}
	n.Else = 0
	next, end, start := n.Next, n.End, t.Nodes[orphan].Start
	t.Nodes[orphan].Next = next
	if end < start {
		orphan = t.add(Node{Kind: Text, Start: end, End: start, Body: end, BodyEnd: start, Next: orphan, depth: n.depth})
	}
	t.Nodes[i].Next = orphan
}

// add appends a node and returns its index.
func (t *Tree) add(n Node) int32 {
	t.Nodes = append(t.Nodes, n)
	return int32(len(t.Nodes) - 1)
}

// adopt appends nodes, the result of a read of the source from offset on, behind
// the sibling i and returns the last of the new siblings.
func (t *Tree) adopt(nodes []Node, i, offset int32) int32 {
	base := int32(len(t.Nodes)) - 1
	shift := func(link *int32) {
		if *link != 0 {
			*link += base
		}
	}
	depth := t.Nodes[i].depth
	t.Nodes[i].Next = nodes[0].Child + base
	for _, n := range nodes[1:] {
		shift(&n.Child)
		shift(&n.Next)
		shift(&n.Else)
		for _, at := range []*int32{&n.Start, &n.End, &n.Name, &n.NameEnd, &n.Arg, &n.ArgEnd, &n.Body, &n.BodyEnd} {
			*at += offset
		}
		n.depth = uint8(min(int(n.depth)+int(depth), 255))
		t.Nodes = append(t.Nodes, n)
	}
	last := t.Nodes[i].Next
	for t.Nodes[last].Next != 0 {
		last = t.Nodes[last].Next
	}
	return last
}

// size counts the nodes of a list of siblings and what hangs on them.
func (t *Tree) size(i int32) int {
	count := 0
	for ; i != 0; i = t.Nodes[i].Next {
		count += 1 + t.size(t.Nodes[i].Child) + t.size(t.Nodes[i].Else)
	}
	return count
}
