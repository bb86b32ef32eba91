package runtime

import (
	"strings"
	"unicode"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// mostReports is how many remarks are made of one answer.
const mostReports = 1000

// reporter collects what the compiler finds.
type reporter struct {
	found []diag.Diagnostic
	over  bool           // a Dissolve passed a limit
	mute  map[int32]bool // elses whose chain is at fault, not they
	fork  forkState
}

// say notes a diagnostic.
func (c *compiler) say(d diag.Diagnostic) {
	if c.report != nil && len(c.report.found) < mostReports {
		c.report.found = append(c.report.found, d)
	}
}

// silent reports that nobody wants diagnostics, so that their making can be spared.
func (c *compiler) silent() bool { return c.report == nil }

// replaceFix returns d with a fix that puts text in the place of src[start:end].
func replaceFix(d diag.Diagnostic, start, end int32, text string) diag.Diagnostic {
	return d.WithFix(diag.FixName, []string{text}, diag.Edit{Span: diag.Span{Start: int(start), End: int(end)}, NewText: text})
}

// quiet keeps an else, and those that are attached to it, from being called an
// orphan: what it belonged to is at fault, and that was said.
func (c *compiler) quiet(e int32) {
	if c.silent() {
		return
	}
	if c.report.mute == nil {
		c.report.mute = map[int32]bool{}
	}
	for ; e != 0; e = c.tree.Nodes[e].Else {
		c.report.mute[e] = true
	}
}

// quietElse is quiet for the else of node i.
func (c *compiler) quietElse(i int32) { c.quiet(c.tree.Nodes[i].Else) }

// orphan says that an else belongs to nothing.
func (c *compiler) orphan(i int32) {
	if c.silent() || c.report.mute[i] {
		return
	}
	n := &c.tree.Nodes[i]
	m := diag.MsgOrphanElse
	if n.Kind == parser.DataElse {
		m = diag.MsgOrphanDataElse
	}
	d := diag.New(m, int(n.Start), int(n.End), c.tree.Name(i))
	switch {
	case n.Kind == parser.DataElse && c.before == parser.Logic:
		d = c.formFix(d, *n, parser.Logic)
	case n.Kind == parser.Logic && c.before == parser.Data && c.tree.Name(i) == "else":
		d = c.formFix(d, *n, parser.Data)
	}
	c.say(d)
}

// unsafeValue says that the value op at stands where no value is safe; where it is
// quotable, quotes are the fix. It does not for a variable that nobody declared: what
// looks like one in a script is the script's own as a rule, and stays.
func (c *compiler) unsafeValue(at int, span diag.Span, quotable bool) {
	o := &c.ops[at]
	if c.silent() || !o.place.Refused() || o.code == opOther && o.flags&isDeclared == 0 {
		return
	}
	d := diag.New(diag.MsgUnsafeValue, span.Start, span.End)
	if quotable && !strings.Contains(span.Of(c.src), `"`) {
		d = d.WithFix(diag.FixQuotes, nil, diag.Edit{Span: diag.Span{Start: span.Start, End: span.Start}, NewText: `"`},
			diag.Edit{Span: diag.Span{Start: span.End, End: span.End}, NewText: `"`})
	}
	c.say(d)
}

// unsafe says that something stands where it cannot be shown.
func (c *compiler) unsafe(m diag.Message, span diag.Span) {
	if !c.silent() {
		c.say(diag.New(m, span.Start, span.End))
	}
}

// brackets are the openers and closers of expressions.
var brackets = map[parser.Kind][2]string{
	parser.Operation: {"[[", "]]"}, parser.Data: {"((", "))"}, parser.Logic: {"{{", "}}"},
}

// formFix is a fix that writes n with the brackets of another kind.
func (c *compiler) formFix(d diag.Diagnostic, n parser.Node, k parser.Kind) diag.Diagnostic {
	b := brackets[k]
	return d.WithFix(diag.FixForm, []string{b[0] + "#" + c.src[n.Name:n.NameEnd] + ":…" + b[1]},
		diag.Edit{Span: diag.Span{Start: int(n.Start), End: int(n.Start) + 2}, NewText: b[0]},
		diag.Edit{Span: diag.Span{Start: int(n.BodyEnd), End: int(n.End)}, NewText: b[1]})
}

// listed names the words that there are, the first of very many.
func listed(words []string) string {
	const most = 12
	if len(words) > most {
		return strings.Join(words[:most], ", ") + " …"
	}
	return strings.Join(words, ", ")
}

// unknownFunction says that no operation or data has the name of n.
func (c *compiler) unknownFunction(n parser.Node) {
	if c.silent() {
		return
	}
	name := c.src[n.Name:n.NameEnd]
	at := func(m diag.Message) diag.Diagnostic { return diag.New(m, int(n.Name), int(n.NameEnd), name) }
	isData := n.Kind == parser.Data
	other, isOther := findFunction(name, !isData)
	_, isFlag := findCondition(name)
	switch {
	case isOther && functions[other].Data:
		c.say(c.formFix(at(diag.MsgFunctionIsData), n, parser.Data))
		return
	case isOther:
		c.say(c.formFix(at(diag.MsgFunctionIsOperation), n, parser.Operation))
		return
	case isFlag || c.v.named[name]:
		c.say(c.formFix(at(diag.MsgFunctionIsLogic), n, parser.Logic))
		return
	}
	candidates := c.v.words.operations
	if isData {
		candidates = c.v.words.data
	}
	d := diag.New(diag.MsgUnknownFunction, int(n.Name), int(n.NameEnd), name, listed(candidates))
	if near, ok := diag.Nearest(name, candidates); ok {
		d = replaceFix(diag.New(diag.MsgUnknownFunctionNear, int(n.Name), int(n.NameEnd), name, near), n.Name, n.NameEnd, near)
	}
	c.say(d)
}

// unknownCondition says that no condition has the name of n.
func (c *compiler) unknownCondition(n parser.Node) {
	if c.silent() {
		return
	}
	name := c.src[n.Name:n.NameEnd]
	at := func(m diag.Message) diag.Diagnostic { return diag.New(m, int(n.Name), int(n.NameEnd), name) }
	if _, ok := findFunction(name, false); ok {
		c.say(c.formFix(at(diag.MsgConditionIsOperation), n, parser.Operation))
		return
	}
	if _, ok := findFunction(name, true); ok {
		c.say(c.formFix(at(diag.MsgConditionIsData), n, parser.Data))
		return
	}
	d := diag.New(diag.MsgUnknownCondition, int(n.Name), int(n.NameEnd), name, listed(c.v.words.conditions))
	if near, ok := c.nearestCondition(name); ok {
		d = replaceFix(diag.New(diag.MsgUnknownConditionNear, int(n.Name), int(n.NameEnd), name, near), n.Name, n.NameEnd, near)
	}
	c.say(d)
}

// otherWords are names that editors give the four conditions.
var otherWords = map[string]string{
	"online": "staffOnline", "stafonline": "staffOnline", "isonline": "staffOnline", "agentonline": "staffOnline",
	"offline": "staffOffline", "isoffline": "staffOffline", "agentoffline": "staffOffline",
	"vip": "vipUser", "member": "vipUser", "memberuser": "vipUser", "vipmember": "vipUser",
	"anonymous": "anonymityUser", "anonymoususer": "anonymityUser", "anonymity": "anonymityUser", "guest": "anonymityUser",
}

// nearestCondition returns the condition that name was meant to be.
func (c *compiler) nearestCondition(name string) (string, bool) {
	if near, ok := diag.Nearest(name, c.v.words.conditions); ok {
		return near, true
	}
	near, ok := otherWords[strings.ToLower(name)]
	return near, ok
}

// badArgument says that what stands between the parentheses of n cannot stand there.
func (c *compiler) badArgument(m diag.Message, n parser.Node) {
	if c.silent() {
		return
	}
	start, end := int(n.Arg)-1, int(n.ArgEnd)+1
	d := diag.New(m, start, end, c.src[n.Name:n.NameEnd])
	if m == diag.MsgNoArgument {
		d = d.WithFix(diag.FixArgument, nil, diag.Edit{Span: diag.Span{Start: start, End: end}})
	}
	c.say(d)
}

// ifWithoutExpr says that an if has no condition.
func (c *compiler) ifWithoutExpr(n parser.Node) {
	if !c.silent() {
		c.say(diag.New(diag.MsgIfWithoutExpr, int(n.Name), int(n.NameEnd), c.src[n.Name:n.NameEnd]))
	}
}

// emptyLabel says that an operation has no label; its own name would be one.
func (c *compiler) emptyLabel(n parser.Node) {
	if c.silent() {
		return
	}
	d := diag.New(diag.MsgEmptyLabel, int(n.Start), int(n.End))
	f, ok := findFunction(c.src[n.Name:n.NameEnd], false)
	if !ok {
		return
	}
	title := functions[f].Title.Zh
	if c.isEnglish() {
		title = functions[f].Title.En
	}
	c.say(replaceFix(d, n.Body, n.BodyEnd, title))
}

// isEnglish reports whether the text of the answer has letters, and none of Chinese.
func (c *compiler) isEnglish() bool {
	letters := false
	for i := c.tree.Nodes[0].Child; i != 0; i = c.tree.Nodes[i].Next {
		if c.tree.Nodes[i].Kind != parser.Text {
			continue
		}
		for _, r := range c.tree.Body(i) {
			if r >= 0x2E80 {
				return false
			}
			letters = letters || unicode.IsLetter(r)
		}
	}
	return letters
}

// emptyURL says that a data expression has no URL.
func (c *compiler) emptyURL(n parser.Node) {
	if !c.silent() {
		c.say(diag.New(diag.MsgEmptyURL, int(n.Start), int(n.End)))
	}
}

// labelTags says that a label loses its tags.
func (c *compiler) labelTags(n parser.Node) {
	if c.silent() {
		return
	}
	d := diag.New(diag.MsgLabelTags, int(n.Body), int(n.BodyEnd))
	if k := n.Child; c.tree.Nodes[k].Kind == parser.Text && c.tree.Nodes[k].Next == 0 {
		text, _ := markup.LabelText(c.tree.Body(k))
		text = string(markup.HTMLText.Append(nil, text))
		d = d.WithFix(diag.FixTakeTags, nil, diag.Edit{Span: d.Span, NewText: text})
	}
	c.say(d)
}

// dataInElse says that data stands in an else of data.
func (c *compiler) dataInElse(n parser.Node) {
	if !c.silent() {
		c.say(diag.New(diag.MsgDataInElse, int(n.Start), int(n.Body)))
	}
}

// exprOffsets maps the offsets of an expr to those of the answer.
type exprOffsets struct {
	start, end int
	origin     func(int) int // nil: the expr stands there as it was compiled
}

// decode returns an expr of an html answer as it was meant: references decoded,
// U+00A0 a space, unless it stands in a string.
func (e *exprOffsets) decode(src string) string {
	decoded, origin := markup.DecodeRefs(src)
	e.origin = origin
	if !strings.Contains(decoded, "\u00a0") {
		return decoded
	}
	b := []byte(decoded)
	quote := byte(0)
	for i := 0; i < len(b); i++ {
		switch ch := b[i]; {
		case quote != 0 && ch == '\\' && quote != '`':
			i++
		case quote != 0 && ch == quote:
			quote = 0
		case quote == 0 && (ch == '"' || ch == '\'' || ch == '`'):
			quote = ch
		case quote == 0 && ch == 0xC2 && i+1 < len(b) && b[i+1] == 0xA0:
			b[i], b[i+1] = ' ', ' '
			i++
		}
	}
	return string(b)
}

// at returns where the byte i of the expr stands in the answer.
func (e *exprOffsets) at(i int) int {
	if e.origin != nil {
		i = e.origin(i)
	}
	return min(e.start+i, e.end)
}

// invalidExpr says what is wrong with an expr.
func (c *compiler) invalidExpr(err *condition.Error, at exprOffsets) {
	if c.silent() {
		return
	}
	start, end := at.at(err.Start), at.at(err.End)
	if err.Kind == condition.Nesting {
		d := diag.Diagnostic{Code: diag.Limit, Severity: diag.Limit.Severity(), Message: err.Message}
		d.Span = diag.Span{Start: start, End: end}
		c.say(d)
		return
	}
	d := diag.Diagnostic{
		Code: diag.InvalidExpr, Severity: diag.InvalidExpr.Severity(), Message: err.Message,
		Span: diag.Span{Start: start, End: end},
	}
	if err.Fix != nil {
		fix := diag.Fix{Title: err.Fix.Title}
		for _, e := range err.Fix.Edits {
			text := e.NewText
			if at.origin != nil {
				text = strings.ReplaceAll(text, "<", "&lt;")
			}
			fix.Edits = append(fix.Edits, diag.Edit{
				Span: diag.Span{Start: at.at(e.Span.Start), End: at.at(e.Span.End)}, NewText: text,
			})
		}
		d.Fix = &fix
	}
	c.say(d)
}
