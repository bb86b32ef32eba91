package markup

// Join returns the state behind branches that end in a and b. It is
// commutative, associative and idempotent. Where a and b do not agree, the
// result is one that is safe for both: a tag may hold an attribute in one
// branch only, a URL may have got longer in one, and otherwise every value
// is Unsafe from there on.
func Join(a, b HTML) HTML {
	if a == b {
		return a
	}
	s, ok := joinState(a.state, b.state)
	if !ok || a.elem != b.elem || (a.flags^b.flags)&flagEnd != 0 {
		return HTML{state: inBroken}
	}
	m := a
	m.state = s
	m.flags = (a.flags|b.flags)&^flagBreak | a.flags&b.flags&flagBreak
	if a.foreign != b.foreign || a.depth != b.depth {
		m.foreign, m.depth = foreignAny, 0
	}
	switch s {
	case inRaw:
		if a.part != b.part {
			return HTML{state: inBroken}
		}
	case inTagName:
		if a.n != b.n || a.name != b.name {
			return HTML{state: inBroken}
		}
	case inAttrName:
		if a.state != b.state || a.n != b.n || a.name != b.name {
			m.kind, m.n, m.name = attrPlain, longName, [maxName]byte{}
		}
	case inNameOrTag, inAfterOrTag, inTag:
		m.kind, m.part, m.n, m.name = attrPlain, 0, 0, [maxName]byte{}
	default: // the attribute values, inAfterName and inBeforeValue
		if a.kind != b.kind {
			m.kind, m.part = attrUnsafe, 0
		} else {
			m.part = joinPart(a.part, b.part)
		}
	}
	return m
}

// joinState returns a state that does all that a and b do, or false.
func joinState(a, b state) (state, bool) {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == b:
		return a, a != inBroken
	case a.inAnyComment() && b.inAnyComment():
		return inCommentAny, true
	case a < inTag || b > inAfterOrTag:
		return 0, false
	}
	// Both are between the attributes of a tag: inTag, inSlash, inAttrName,
	// inAfterName, inNameOrTag, inAfterOrTag, in this order.
	names := func(s state) bool { return s == inAttrName || s == inNameOrTag }
	tags := func(s state) bool { return s == inTag || s == inSlash || s > inAfterName }
	switch name, tag := names(a) || names(b), tags(a) || tags(b); {
	case !tag:
		return inAttrName, true
	case name:
		return inNameOrTag, true
	case b == inSlash:
		return inTag, true
	default:
		return inAfterOrTag, true
	}
}
