package zhida

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/vars"
)

// The documentation is held against the code. docs_tables_test.go makes the tables,
// docs_readme_test.go runs what the READMEs run, and this file renders the examples of
// the language reference. An example is a row of fenced blocks:
//
//	answer [text|html|markdown]   an answer
//	context                       what is known of the visitor, until the next heading
//	bot, replies                  the bot's settings, what the upstreams send: likewise
//	output                        what the visitor sees; in text ⟦…⟧ is an action's label
//	calls                         the calls that were made: outcome and URL
//	check                         what zhida check says; -update writes it anew
//	fixed                         the answer after the fixes
//
// `context default` is the visitor of all examples that name no other. Prose may stand
// between the blocks. Short examples are rows of a table between <!-- examples --> (an
// answer and its output) or <!-- expressions --> (an expr and its value) and <!-- end -->.
var update = flag.Bool("update", false, "write what the documentation takes from the code anew")

// docLangs has the pages of both languages.
var docLangs = map[string]string{"docs/language.md": "en", "docs/language.zh-CN.md": "zh", "README.md": "en", "README.zh-CN.md": "zh"}

// TestDocsExamples renders what the language reference claims.
func TestDocsExamples(t *testing.T) {
	for _, path := range []string{"docs/language.md", "docs/language.zh-CN.md"} {
		t.Run(path, func(t *testing.T) {
			e := &example{t: t, lang: docLangs[path], checks: map[int]string{}}
			for _, b := range readBlocks(t, path) {
				e.take(b)
			}
			e.settle()
			if e.held < 100 {
				t.Errorf("only %d claims are checked", e.held)
			}
			if *update {
				e.rewrite(path)
			}
		})
	}
}

// block is a piece of a page: a heading, a fenced block, or a row of a table of examples.
type block struct {
	line       int
	kind, args string // heading, row, or what stands behind the fence
	text       string
	cells      []string // of a row
}

var (
	fence   = regexp.MustCompile("^(`{3,})([a-z]*) ?(.*)$")
	marker  = regexp.MustCompile(`^<!-- (examples|expressions|signatures|table:[a-z]+|figures|metrics|settings|end) ?([a-z]*) -->$`)
	heading = regexp.MustCompile(`^#{1,6} `)
)

// readBlocks takes a page apart.
func readBlocks(t *testing.T, path string) []block {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []block
	var table block
	lines := strings.Split(string(src), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if m := fence.FindStringSubmatch(line); m != nil {
			start := i + 1
			for i++; i < len(lines) && lines[i] != m[1]; i++ {
			}
			if i == len(lines) {
				t.Fatalf("%s:%d: the block is not closed", path, start)
			}
			found = append(found, block{line: start, kind: m[2], args: m[3], text: strings.Join(lines[start:i], "\n")})
			continue
		}
		switch m := marker.FindStringSubmatch(line); {
		case m != nil && m[1] == "end":
			table = block{}
		case m != nil:
			table = block{kind: m[1], args: m[2]}
		case strings.HasPrefix(line, "<!--"):
			t.Errorf("%s:%d: an unknown marker", path, i+1)
		case heading.MatchString(line):
			found = append(found, block{line: i + 1, kind: "heading", text: line})
		case table.kind != "" && !strings.HasPrefix(table.kind, "table:") && strings.HasPrefix(line, "|"):
			if cells := splitRow(line); cells[1] != "---" && !strings.HasPrefix(lines[min(i+1, len(lines)-1)], "| ---") {
				found = append(found, block{line: i + 1, kind: table.kind, args: table.args, cells: cells})
			}
		}
	}
	return found
}

// splitRow returns the cells of a row of a GFM table, code spans taken out of their marks.
func splitRow(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(line, `\|`, bar)
	var cells []string
	for _, cell := range strings.Split(strings.Trim(line, "| "), "|") {
		cells = append(cells, codeSpan(strings.ReplaceAll(strings.TrimSpace(cell), bar, "|")))
	}
	return append(cells, "", "")
}

// codeSpan returns what a cell that is one code span holds, "" for "(empty)".
func codeSpan(cell string) string {
	marks := len(cell) - len(strings.TrimLeft(cell, "`"))
	switch {
	case cell == "(empty)" || cell == "（空）":
		return ""
	case marks == 0 || len(cell) <= 2*marks:
		return cell
	}
	inner := cell[marks : len(cell)-marks]
	if len(inner) > 2 && inner[0] == ' ' && inner[len(inner)-1] == ' ' && strings.TrimSpace(inner) != "" {
		inner = inner[1 : len(inner)-1] // CommonMark, section 6.1
	}
	return inner
}

// given is what an answer is rendered with.
type given struct {
	context string
	bot     struct {
		NickName, Language string
		Conditions         map[string]string
		Variables          []vars.Custom
		Online             bool
	}
	replies map[string]json.RawMessage
}

// example is the state of reading a page.
type example struct {
	t        *testing.T
	lang     string
	defaults string // context
	given    given
	line     int // of the answer
	answer   string
	format   runtime.Format
	waits    bool // the answer has no claim yet
	held     int  // how many claims were checked

	checks map[int]string // by the line of its fence, what a check says
}

// take reads the next block.
func (e *example) take(b block) {
	switch b.kind {
	case "heading":
		e.settle()
		e.given = given{context: e.defaults}
	case "answer":
		e.settle()
		e.line, e.answer, e.waits = b.line, b.text, true
		e.format, _ = runtime.ParseFormat(b.args)
	case "context":
		e.given.context = b.text
		if b.args == "default" {
			e.defaults = b.text
		}
	case "bot":
		e.given.bot = given{}.bot
		e.parse(b, &e.given.bot)
	case "replies":
		e.given.replies = nil
		e.parse(b, &e.given.replies)
	case "output":
		r := e.render()
		e.claim(b, shown(r, e.format), b.text)
	case "calls":
		r := e.render()
		var lines []string
		for _, c := range r.Calls() {
			lines = append(lines, c.Outcome.String()+" "+c.URL)
		}
		e.claim(b, strings.Join(lines, "\n"), b.text)
	case "check":
		found := runtime.Check(e.answer, e.format, e.vocabulary(), runtime.Limits{})
		name := map[string]string{"zh": "答案", "en": "answer"}[e.lang] + [...]string{".txt", ".html", ".md"}[e.format]
		got := strings.TrimSuffix(string(diag.AppendText(nil, name, e.answer, found, e.lang)), "\n")
		if *update {
			e.checks[b.line], b.text = got, got
		}
		e.claim(b, got, b.text)
	case "fixed":
		fixed := e.answer
		var edits []diag.Edit
		for _, d := range runtime.Check(e.answer, e.format, e.vocabulary(), runtime.Limits{}) {
			if d.Fix != nil {
				edits = append(edits, d.Fix.Edits...)
			}
		}
		e.claim(b, diag.Apply(fixed, edits), b.text)
	case "examples", "expressions":
		e.row(b)
	case "signatures":
		got := query.Sign(nil, b.cells[0], b.cells[1], b.cells[2])
		e.claim(b, string(got), b.cells[3])
	case "sh", "json", "text", "":
	default:
		e.t.Errorf("line %d: a block of an unknown kind: %q", b.line, b.kind)
	}
}

// row checks a row of a table of examples.
func (e *example) row(b block) {
	e.settle()
	e.line, e.answer, e.waits = b.line, b.cells[0], true
	e.format, _ = runtime.ParseFormat(b.args)
	if b.kind == "expressions" {
		e.answer = "${= " + b.cells[0] + " }"
		if found := runtime.Check(e.answer, runtime.Text, e.vocabulary(), runtime.Limits{}); diag.HasErrors(found) {
			e.t.Errorf("line %d: %s: %s", b.line, b.cells[0], found[0].Message.En)
		}
	}
	r := e.render()
	e.claim(b, shown(r, e.format), b.cells[1])
}

// rewrite writes the checks of a page anew.
func (e *example) rewrite(path string) {
	e.t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	var page []string
	lines := strings.Split(string(src), "\n")
	for i := 0; i < len(lines); i++ {
		page = append(page, lines[i])
		if check, ok := e.checks[i+1]; ok {
			page = append(page, check)
			for i+1 < len(lines) && !fence.MatchString(lines[i+1]) {
				i++
			}
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(page, "\n")), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

// settle complains of an answer of which nothing was claimed.
func (e *example) settle() {
	if e.waits {
		e.t.Errorf("line %d: nothing is said of what becomes of the answer", e.line)
	}
	e.waits = false
}

func (e *example) claim(b block, got, want string) {
	e.t.Helper()
	e.waits = false
	e.held++
	if got != want {
		e.t.Errorf("line %d: %s says %q, it is %q", b.line, b.kind, want, got)
	}
}

func (e *example) parse(b block, into any) {
	e.t.Helper()
	if err := json.Unmarshal([]byte(b.text), into); err != nil {
		e.t.Fatalf("line %d: %v", b.line, err)
	}
}

func (e *example) vocabulary() *runtime.Vocabulary {
	e.t.Helper()
	v, faults := runtime.NewVocabulary(runtime.Settings{Conditions: e.given.bot.Conditions, Variables: e.given.bot.Variables})
	if len(faults) > 0 {
		e.t.Fatalf("the bot above line %d: %v", e.line, faults)
	}
	return v
}

// docNow is the clock of all examples.
var docNow = time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC)

// render renders the answer.
func (e *example) render() *runtime.Render {
	e.t.Helper()
	var facts vars.Facts
	facts.Reset(docNow)
	if err := facts.Decode([]byte(e.given.context), "/context"); err != nil {
		e.t.Fatalf("the context above line %d: %v", e.line, err)
	}
	facts.DefaultOnline = e.given.bot.Online
	if e.given.bot.NickName != "" {
		facts.SetDefault(vars.RobotInfoNickName, e.given.bot.NickName)
	}
	p := runtime.Compile(e.answer, e.format, e.vocabulary(), runtime.Limits{})
	var r runtime.Render
	r.Run(context.Background(), p, runtime.Input{Facts: &facts, Fetcher: docUpstream(e.given.replies), Language: e.given.bot.Language})
	return &r
}

// shown writes a render down: in text with the labels of actions between ⟦ and ⟧.
func shown(r *runtime.Render, f runtime.Format) string {
	if f != runtime.Text {
		return string(r.AppendContent(nil))
	}
	var b strings.Builder
	for _, s := range r.Segments() {
		if s.Action {
			fmt.Fprintf(&b, "⟦%s⟧", s.Label)
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// docUpstream answers data calls from a list, as a preview does.
type docUpstream map[string]json.RawMessage

// Fetch returns the reply of the list; a URL that is not in it is unreachable.
func (u docUpstream) Fetch(_ context.Context, asked string) runtime.Reply {
	want, err := url.PathUnescape(asked)
	for key, reply := range u {
		var failure struct{ Outcome string }
		switch have, bad := url.PathUnescape(key); {
		case err != nil || bad != nil || have != want:
			continue
		case json.Unmarshal(reply, &failure) == nil && failure.Outcome != "":
			outcome, _ := runtime.ParseOutcome(failure.Outcome)
			return runtime.Reply{Outcome: outcome}
		}
		return query.DecodeReply(reply)
	}
	return runtime.Reply{Outcome: runtime.Unreachable}
}
