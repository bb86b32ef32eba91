package parser

import "strings"

// An opener whose closer never comes is text, and reading goes on right behind
// it, in the body it stands in. Done plainly that reads the rest of the text once
// per such opener, and twice as much per level. Two facts keep it linear:
//
// Whether the closer of a body comes depends on the place and the kind of the
// body only, never on what stands before. So when a body turned out to have none,
// no body of its kind that reaches one of its own places (those which it did not
// step over with a whole expression) has one either: such places are dead for the
// kind, one bit each. (A URL's closer also depends on its open parentheses: only
// the places where none was open are dead.)
//
// And what the bits do not cover (texts made for the purpose) is bounded: reading
// again may cost mostWork bytes for each byte of the text; beyond, the answer is
// over the limit.
const mostWork = 32

// minWork is what may be read again whatever the length.
const minWork = 64 << 10

// spend counts n bytes that were read for nothing.
func (l *lexer) spend(n int) {
	l.work += n
	if l.work > mostWork*len(l.src)+minWork && l.over == nil {
		l.over = &Over{OverUnclosed, mostWork, l.pos}
	}
}

// isDead reports whether one of the places [from, to] is dead for b, and moves
// reading there.
func (l *lexer) isDead(b body, from, to int) bool {
	if b == bodyAnswer || b == bodyURL && l.frames[len(l.frames)-1].open > 0 {
		return false
	}
	bit := uint8(1) << b
	for i := from; i <= to; i++ {
		if l.dead[i]&bit != 0 {
			l.pos = i
			return true
		}
	}
	return false
}

// unclosed takes back the innermost body, which has no closer: its opener is text.
func (l *lexer) unclosed() {
	f := l.frames[len(l.frames)-1]
	if l.dead == nil {
		l.dead = make([]uint8, len(l.src)+1)
		for b := range shapes {
			l.last[b] = strings.LastIndex(l.src, shapes[b].closer)
		}
	}
	l.flush(l.pos)
	l.bury(f)
	opener := l.tokens[f.tok]
	l.spend(l.pos - int(opener.start))
	l.tokens = l.tokens[:f.tok]
	l.frames = l.frames[:len(l.frames)-1]
	l.pos, l.text = int(opener.start), int(opener.start)
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind == tokText {
		l.text = int(l.tokens[n-1].start)
		l.tokens = l.tokens[:n-1]
	}
	l.plain(&l.frames[len(l.frames)-1], l.pos)
}

// bury marks the own places of the body f, from its beginning to where reading
// stands, dead for its kind.
func (l *lexer) bury(f frame) {
	bit := uint8(1) << f.body
	l.dead[f.first] |= bit
	depth, open := 0, 0
	for _, t := range l.tokens[f.tok+1:] {
		switch {
		case t.kind == tokClose:
			depth--
		case depth > 0:
			if t.kind.opens() {
				depth++
			}
		case t.kind == tokText && f.body == bodyURL:
			open = l.buryURL(t, open)
		case t.kind == tokText:
			for i := t.start; i <= t.end; i++ {
				l.dead[i] |= bit
			}
		default:
			if open == 0 {
				l.dead[t.start] |= bit
			}
			if t.kind.opens() {
				depth++
			}
		}
	}
}

// buryURL marks the places of a text in a URL at which no parenthesis is open. It
// returns how many are open behind it.
func (l *lexer) buryURL(t token, open int) int {
	for i := t.start; i < t.end; i++ {
		if open == 0 {
			l.dead[i] |= 1 << bodyURL
		}
		switch l.src[i] {
		case '(':
			open++
		case ')':
			open = max(0, open-1)
		}
	}
	return open
}
