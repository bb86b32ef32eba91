package parser

// tokenKind names a token of an answer.
type tokenKind uint8

const (
	tokText         tokenKind = iota + 1
	tokEscape                 // a run of backslashes before an opener or closer: pairs
	tokVariable               // ${scope.name}
	tokVariableOpen           // ${scope.name|
	tokComputed               // ${= expr }
	tokOperation              // [[#name(arg):
	tokData                   // ((#name(arg):
	tokDataElse               // ((#else:
	tokLogic                  // {{#name(arg):
	tokClose                  // ]] )) }} or }
)

// token is the piece [start, end) of the source. The tokens of an answer tile it.
type token struct {
	kind       tokenKind
	start, end int32
}

// opens reports whether a body and a tokClose follow the token.
func (k tokenKind) opens() bool {
	switch k {
	case tokVariableOpen, tokOperation, tokData, tokDataElse, tokLogic:
		return true
	}
	return false
}

// body says how the text of a frame is read: what ends it, what stands in it.
type body uint8

const (
	bodyAnswer   body = iota // the answer itself, ended by the end of the text
	bodyBrace                // the content of logic, ended by }}
	bodyParen                // the content of an else of data, ended by ))
	bodyLabel                // text and variables, ended by ]]
	bodyURL                  // text and variables, ended by )) outside its parentheses
	bodyFallback             // text and variables, ended by }
)

// holds reports whether all expressions may stand in the body, or variables only.
func (b body) holds() bool { return b <= bodyParen }

// shape is what closes a body and which single brackets are counted in it.
type shape struct {
	open, shut byte
	closer     string
}

var shapes = [...]shape{
	bodyAnswer:   {0, 0, ""},
	bodyBrace:    {'{', '}', "}}"},
	bodyParen:    {'(', ')', "))"},
	bodyLabel:    {'[', ']', "]]"},
	bodyURL:      {'(', ')', "))"},
	bodyFallback: {0, '}', "}"},
}

// stops marks, per body, the bytes at which reading has to look closer.
var stops = func() (t [len(shapes)][256]bool) {
	for b := range shapes {
		for _, c := range []byte("$[({") {
			t[b][c] = true
		}
		if c := shapes[b].shut; c != 0 {
			t[b][c] = true
		}
	}
	return t
}()

// frame is one body that is being read.
type frame struct {
	body  body
	tok   int32 // index of the token that opened it
	open  int32 // single brackets of the body's kind that are open in it
	first int32 // where the body begins
}

// mostPending is how many openers may wait for their closer at once. Far more
// than may nest: until the end of the text nobody knows whether an opener has a
// closer at all, and one that has none does not nest.
const mostPending = 1024

// lexer cuts an answer into tokens whose brackets match. It is one pass with a
// stack of frames as long as every opener finds its closer; unclosed.go has what
// happens when one does not.
type lexer struct {
	src   string
	html  bool
	limit Limits
	pos   int // where reading stands
	text  int // where the text that is not yet a token begins
	// frames[0] is the answer; the last one is being read.
	frames []frame
	tokens []token
	dead   []uint8          // see unclosed.go; nil until an opener turned out unclosed
	last   [len(shapes)]int // where the last closer of each body stands, -1 for nowhere
	depth  int              // how many expressions the text stands in
	work   int              // bytes that were read again
	over   *Over
	next   int // the token that Next hands over, 0 for Begin

	tokenBuf [32]token
	frameBuf [4]frame
}

// lex reads src as the text of an answer.
func (l *lexer) lex() {
	l.tokens = l.tokenBuf[:0]
	l.frames = append(l.frameBuf[:0], frame{})
	for l.over == nil {
		l.read()
		if len(l.frames) == 1 {
			break
		}
		l.unclosed()
	}
	l.flush(len(l.src))
	if l.over == nil {
		l.measure()
	}
}

// read goes on until the end of the text, or until the body that is being read is
// known to have no closer.
func (l *lexer) read() {
	src := l.src
	for l.over == nil {
		f := &l.frames[len(l.frames)-1]
		stop := &stops[f.body]
		i := l.pos
		for i < len(src) && !stop[src[i]] {
			i++
		}
		if l.dead != nil && l.isDead(f.body, l.pos, i) {
			return
		}
		l.pos = i
		if i >= len(src) {
			return
		}
		c := src[i]
		switch {
		case c == shapes[f.body].shut:
			l.closer(f, i)
		case c == '$' && i+1 < len(src) && src[i+1] == '{':
			l.opener(f, i)
		case c != '$' && i+2 < len(src) && src[i+1] == c && src[i+2] == '#':
			l.opener(f, i)
		default:
			l.plain(f, i)
		}
	}
}

// plain takes the byte at i as text.
func (l *lexer) plain(f *frame, i int) {
	if s := &shapes[f.body]; s.open == l.src[i] {
		f.open++
	}
	l.pos = i + 1
}

// flush makes the text before end a token.
func (l *lexer) flush(end int) {
	if l.text < end {
		l.tokens = append(l.tokens, token{tokText, int32(l.text), int32(end)})
	}
	l.text = end
}

// emit appends the token [start, end) behind the text before it.
func (l *lexer) emit(k tokenKind, start, end int) {
	l.flush(start)
	l.tokens = append(l.tokens, token{k, int32(start), int32(end)})
	l.pos, l.text = end, end
}

// escape reads the run of backslashes directly before i in pairs and reports
// whether an odd one is left over, which makes what stands at i text.
func (l *lexer) escape(i int) bool {
	k := 0
	for i-k > l.text && l.src[i-k-1] == '\\' {
		k++
	}
	if k > 0 {
		l.emit(tokEscape, i-k, i)
	}
	return k%2 == 1
}

// opener reads what may be an opener at i.
func (l *lexer) opener(f *frame, i int) {
	h := l.form(i)
	if !h.begins {
		l.plain(f, i)
		return
	}
	if l.escape(i) {
		l.pos = i + 2 // both brackets are text and count as none
		return
	}
	if l.over != nil || h.end == 0 || !f.body.holds() && h.kind != tokVariable && h.kind != tokVariableOpen && h.kind != tokComputed {
		l.plain(f, i)
		return
	}
	if !h.kind.opens() {
		l.emit(h.kind, i, h.end)
		return
	}
	if l.dead != nil && (l.dead[h.end]&(1<<h.body) != 0 || h.end > l.last[h.body]) {
		l.plain(f, i)
		return
	}
	if len(l.frames) > mostPending {
		l.over = &Over{OverDepth, l.limit.Depth, i}
		return
	}
	l.emit(h.kind, i, h.end)
	l.frames = append(l.frames, frame{body: h.body, tok: int32(len(l.tokens) - 1), first: int32(h.end)})
}

// closer reads the closing bracket at i of the body f.
func (l *lexer) closer(f *frame, i int) {
	s := &shapes[f.body]
	run := 1
	for i+run < len(l.src) && l.src[i+run] == s.shut && (run < 2 || f.body != bodyURL) {
		run++ // a URL asks for every one of its brackets: the whole run each time would be quadratic
	}
	switch f.body {
	case bodyFallback:
		if l.escape(i) {
			l.pos = i + 1
			return
		}
		end := i
		for end > l.text && (l.src[end-1] == ' ' || l.src[end-1] == '\t') {
			end--
		}
		l.shut(end, i+1)
		return
	case bodyURL:
		if f.open > 0 || run == 1 {
			f.open = max(0, f.open-1)
			l.pos = i + 1
			return
		}
	default:
		if run == 1 {
			f.open = max(0, f.open-1)
			l.pos = i + 1
			return
		}
	}
	if l.escape(i) {
		l.pos = i + 2
		return
	}
	if f.body != bodyURL {
		i += min(int(f.open), run-2)
	}
	l.shut(i, i+2)
}

// shut ends the body that is being read with the closer [start, end).
func (l *lexer) shut(start, end int) {
	l.emit(tokClose, start, end)
	l.frames = l.frames[:len(l.frames)-1]
}

// measure holds the tokens, whose brackets match now, against the limits.
func (l *lexer) measure() {
	depth, pieces := l.depth, 0
	for _, t := range l.tokens {
		switch {
		case t.kind == tokClose:
			depth--
			continue
		case t.kind > tokEscape && depth >= l.limit.Depth:
			l.over = &Over{OverDepth, l.limit.Depth, int(t.start)}
			return
		case t.kind.opens():
			depth++
		}
		if pieces++; pieces > l.limit.Nodes {
			l.over = &Over{OverNodes, l.limit.Nodes, int(t.start)}
			return
		}
	}
}
