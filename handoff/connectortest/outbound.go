package connectortest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/handoff"
)

func outboundBehaviours() []Behaviour {
	return []Behaviour{
		{"open brings visitor, history and question", (*rig).opens},
		{"open without a question asks for a human, in the language", (*rig).defaultQuestion},
		{"open of an anonymous visitor without an address", (*rig).anonymous},
		{"the reason of the model reaches the agent", (*rig).reason},
		{"messages arrive in order", (*rig).order},
		{"the same text twice is two messages", (*rig).twice},
		{"unicode arrives as it is", (*rig).unicode},
		{"markup of a visitor stays text", (*rig).markup},
		{"a long text arrives whole, cut at rune borders", (*rig).long},
		{"a long history does not hinder the open", (*rig).longHistory},
		{"close by the visitor and by time, twice", (*rig).closes},
		{"close of what was never opened is no error", (*rig).closesNothing},
		{"a second session of the conversation is its own", (*rig).again},
		{"two sessions at once do not mix", (*rig).apart},
	}
}

func (r *rig) opens() {
	v := r.open(r.newVisit(1))
	s := r.session()
	if s.Question != "要人工，谢谢" || s.Email != "li1@example.com" || s.VisitorID != "u-1" {
		r.Errorf("the desk has %+v", s)
	}
	first, second := strings.Index(s.History, "我的包裹呢？"), strings.Index(s.History, "请问订单号")
	if first < 0 || second < first || strings.Contains(s.History, "要人工") {
		r.Errorf("the history is %q", s.History)
	}
	if s.Ref != v.id && !slices.Contains(v.refs, s.Ref) {
		r.Errorf("the desk calls the session %s, we know %s", s.Ref, v.refs)
	}
	if len(s.Messages) != 0 || s.Closed {
		r.Errorf("the desk has %+v", s)
	}
}

func (r *rig) defaultQuestion() {
	for n, language := range []string{"zh", "en"} {
		v := r.newVisit(n)
		v.open.Question, v.open.Rounds, v.open.Language = "", nil, language
		r.open(v)
		if s := r.desk.Sessions()[n]; s.Question != handoff.DefaultQuestion(language) {
			r.Errorf("%s: %q", language, s.Question)
		}
	}
}

func (r *rig) anonymous() {
	v := r.newVisit(1)
	v.visitor = handoff.Visitor{Anonymous: "anon-1"}
	r.open(v)
	if s := r.session(); s.VisitorID != "anon-1" || s.Email != "" {
		r.Errorf("the desk has %+v", s)
	}
}

func (r *rig) reason() {
	v := r.newVisit(1)
	v.open.Note = "<angry> & wants a refund"
	r.open(v)
	history := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(r.session().History)
	if !strings.Contains(history, v.open.Note) {
		r.Errorf("the history is %q", history)
	}
}

func (r *rig) order() {
	v := r.open(r.newVisit(1))
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprintf("message %d", i))
		r.send(v, want[i])
	}
	if got := r.session().Messages; !slices.Equal(got, want) {
		r.Errorf("the desk has %q", got)
	}
}

func (r *rig) twice() {
	v := r.open(r.newVisit(1))
	for range 3 {
		r.send(v, "ok")
	}
	if got := r.session().Messages; len(got) != 3 {
		r.Errorf("the desk has %q", got)
	}
}

// scripts are texts that something on the way may not like.
var scripts = []string{
	"您好，我要退货。", "👨‍👩‍👧‍👦 e\u0301 é ﷽", "مرحبا \u202e abc", "line one\nline two\r\n\tline three", `"quotes" \ back\\slash \u0041 \n`, "a\u2028b\u2029c", "null", "{}", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", " . ",
}

func (r *rig) unicode() {
	v := r.open(r.newVisit(1))
	for _, text := range scripts {
		r.send(v, text)
	}
	if got := r.session().Messages; !slices.Equal(got, scripts) {
		r.Errorf("the desk has %q", got)
	}
}

func (r *rig) markup() {
	texts := []string{"<b>bold</b> & <script>alert(1)</script>", "<p>hello</p>", "&lt;p&gt;", "a < b > c"}
	v := r.newVisit(1)
	v.open.Question = texts[1]
	v.open.Rounds = []handoff.Turn{{Role: "user", Text: "<img src=x onerror=alert(1)>"}}
	r.open(v)
	for _, text := range texts {
		r.send(v, text)
	}
	s := r.session()
	if !slices.Equal(s.Messages, texts) || s.Question != texts[1] {
		r.Errorf("the desk has %q and %q", s.Question, s.Messages)
	}
	if r.s.HTML && strings.Contains(s.History, "<img") {
		r.Errorf("a value is markup in the note: %s", s.History)
	}
}

func (r *rig) long() {
	v := r.open(r.newVisit(1))
	for _, text := range []string{
		strings.Repeat("a", 16_384), strings.Repeat("长", 16_384/3), strings.Repeat("😀", 16_384/4), strings.Repeat("word ", 3_276) + "end", "x" + strings.Repeat("é", 8_191),
	} {
		before := len(r.session().Messages)
		r.send(v, text)
		pieces := r.session().Messages[before:]
		if strings.Join(pieces, "") != text {
			r.Errorf("%d bytes arrive as %d in %d pieces", len(text), len(strings.Join(pieces, "")), len(pieces))
		}
		for _, p := range pieces {
			if !utf8.ValidString(p) || p == "" {
				r.Errorf("a piece of %d bytes is no text", len(p))
			}
		}
	}
}

func (r *rig) longHistory() {
	v := r.newVisit(1)
	v.open.Rounds = nil
	for range 100 {
		v.open.Rounds = append(v.open.Rounds, handoff.Turn{Role: "user", Text: strings.Repeat("问", 2000)}, handoff.Turn{Role: "assistant", Text: strings.Repeat("答", 2000)})
	}
	v.open.Rounds = append(v.open.Rounds, handoff.Turn{Role: "assistant", Text: "the newest words"})
	r.open(v)
	if s := r.session(); !strings.Contains(s.History, "the newest words") || s.Question != v.open.Question {
		r.Errorf("the newest words are missing, or the question is %q", s.Question)
	}
}

func (r *rig) closes() {
	for n, kind := range []handoff.CloseType{handoff.UserClosed, handoff.TimedOut} {
		v := r.open(r.newVisit(n))
		for range 2 {
			if err := last(r.closeTimes(1, v, kind)); err != nil {
				r.Errorf("close: %v", err)
			}
		}
		s := r.desk.Sessions()[n]
		if want := []string{"USER_CLOSED", "TIMEOUT"}[n]; !s.Closed || s.Reason != "" && s.Reason != want {
			r.Errorf("the desk was told %v %q, want %s", s.Closed, s.Reason, want)
		}
	}
}

func (r *rig) closesNothing() {
	if err := last(r.closeTimes(1, r.newVisit(1), handoff.TimedOut)); err != nil {
		r.Error(err)
	}
	if n := len(r.desk.Sessions()); n != 0 {
		r.Errorf("the desk has %d sessions", n)
	}
}

func (r *rig) again() {
	v := r.open(r.newVisit(1))
	if err := last(r.closeTimes(1, v, handoff.UserClosed)); err != nil {
		r.Fatal(err)
	}
	next := r.newVisit(2)
	next.visitor, next.memory = v.visitor, append(json.RawMessage(nil), v.memory...)
	r.open(next)
	r.send(next, "second")
	all := r.desk.Sessions()
	if len(all) != 2 || all[1].Ref == all[0].Ref || !slices.Equal(all[1].Messages, []string{"second"}) || all[1].VisitorID != all[0].VisitorID || all[1].Closed {
		r.Errorf("the desk has %+v", all)
	}
	if all[1].Ref != next.id && !slices.Contains(next.refs, all[1].Ref) {
		r.Errorf("the desk calls it %s, we know %s", all[1].Ref, next.refs)
	}
}

func (r *rig) apart() {
	one, two := r.open(r.newVisit(1)), r.open(r.newVisit(2))
	for range 3 {
		r.send(one, "one")
		r.send(two, "two")
	}
	for i, s := range r.desk.Sessions() {
		if want := []string{"one", "two"}[i]; strings.Join(s.Messages, "") != strings.Repeat(want, 3) {
			r.Errorf("session %d has %q", i, s.Messages)
		}
	}
}
