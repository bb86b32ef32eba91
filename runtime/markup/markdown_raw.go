package markup

import (
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/text"
)

// inHTML reports whether what stands here is part of an html construct that
// began in raw html before, so that a browser reads it as an attribute, a
// comment, a script.
func (s *scanner) inHTML() bool {
	p, _ := s.html.Value()
	return p&^(guardRef|guardBreak) != HTMLText
}

// raw follows the raw html of a segment and sets the places of its marks.
// local is the state in the element that goldmark sees: a value must fit
// there, and where a browser sees it. The state behind it is returned.
func (s *scanner) raw(seg text.Segment, local HTML, block bool) HTML {
	from := seg.Start
	feed := func(to int) {
		author := string(s.src[from:to])
		s.html, local = s.html.Feed(author), local.Feed(author)
		from = to + 1
	}
	marks := s.within(seg.Start, seg.Stop)
	for i := range marks {
		m := &marks[i]
		feed(m.off)
		var p, q Place
		next := string(s.src[from:min(from+1, seg.Stop)])
		p, s.html = s.html.ValueBefore(next)
		q, local = local.ValueBefore(next)
		const flags = guardRef | guardBreak
		if p&^flags != q&^flags {
			p = Unsafe
		}
		m.set(s.rawPlace(m, p, seg, block))
	}
	feed(seg.Stop)
	return local
}

// endRaw ends a piece of raw html. Where it ends within a tag or a comment,
// that takes in some of the tags that goldmark writes, so nothing is known of
// the rest.
func (s *scanner) endRaw() {
	if s.html.state != inText && s.html.state != inRaw {
		s.html = HTML{state: inBroken}
	}
}

// rawPlace returns the place in raw html for the html place p.
func (s *scanner) rawPlace(m *mark, p Place, seg text.Segment, block bool) Place {
	switch {
	case p == Unsafe:
		return Unsafe
	case p == HTMLNoValue:
		return markdownHTML | p
	case s.blankBut(seg.Start, seg.Stop, ""), p&guardRef != 0,
		!block && (!m.letter || s.open || s.src[s.start] == '[' || s.beforeDelimiterRow(m.off) || !s.plainAround(m)):
		// Nothing in its place would end a line, or begin a block with it, or
		// go on with a reference, or complete what is no element yet.
		switch base := p &^ (guardRef | guardBreak); {
		case base == HTMLText || base == HTMLAttr:
			return markdownHTML | p&guardRef | rawTextNotBlank
		case p&guardRef == 0:
			return markdownRefused
		}
	case p&guardBreak != 0:
		return markdownHTML | rawTextBreak
	}
	return markdownHTML | p&^guardBreak
}

// plainAround reports whether the characters before and behind m in an html
// attribute are its quotes or nothing special.
func (s *scanner) plainAround(m *mark) bool {
	plain := func(c byte) bool {
		return c >= utf8.RuneSelf || isAlnum(c) || strings.IndexByte(` "',./:=?&%`, c) >= 0
	}
	return m.chainL > 0 && m.chainR < len(s.src) && plain(s.src[m.chainL-1]) && plain(s.src[m.chainR])
}
