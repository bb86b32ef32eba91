package connectortest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func inboundBehaviours() []Behaviour {
	return []Behaviour{
		{"an agent's message is one event", (*rig).agentSays},
		{"unicode of agents arrives as it is", (*rig).agentUnicode},
		{"a long text of an agent arrives whole", (*rig).agentLong},
		{"agents' html becomes text", (*rig).agentHTML},
		{"agents' files become links", (*rig).agentFiles},
		{"a repeated delivery has the same id, another message another", (*rig).ids},
		{"disorder can be put right", (*rig).disorder},
		{"the agent's close, with and without last words", (*rig).agentCloses},
		{"echoes, bots and notes are no messages", (*rig).noise},
		{"our own close comes back as a close and nothing else", (*rig).closeEcho},
		{"unknown members are ignored", (*rig).unknownMembers},
		{"broken deliveries are refused and harm nothing", (*rig).malformed},
		{"checks of the address and wrong methods", (*rig).methods},
		{"answers have a status that steers the vendor", (*rig).answers},
	}
}

// known demands that an event names the session.
func (r *rig) known(v *visit, e handoff.VendorEvent) {
	r.Helper()
	if e.Ref != v.id && !slices.Contains(v.refs, e.Ref) || e.Ref == "" || e.ID == "" {
		r.Errorf("the event %q is about %q, we know %q", e.ID, e.Ref, v.refs)
	}
	if e.Author != "" && slices.Contains(v.refs, e.Author) {
		r.Errorf("an agent's event counts as ours: %q", e.Author)
	}
}

func (r *rig) agentSays() {
	v := r.open(r.newVisit(1))
	at := r.clock.Now().Add(time.Minute).Truncate(time.Second)
	e := r.one(r.desk.Say(r.session().Ref, vendor.Words{Text: "Hello, Ana here", At: at}))
	r.known(v, e)
	if e.Message == nil || e.Message.Text != "Hello, Ana here" || e.Closed || !e.At.Equal(at) {
		r.Errorf("%+v", e)
	}
}

func (r *rig) agentUnicode() {
	r.open(r.newVisit(1))
	for _, text := range scripts {
		if strings.TrimSpace(text) != text {
			continue // whether the ends count is the vendor's affair
		}
		e := r.one(r.desk.Say(r.session().Ref, vendor.Words{Text: text}))
		if e.Message == nil {
			r.Fatalf("%q is no message", text)
		}
		got := e.Message.Text
		if r.s.HTML { // white space is not kept there
			got, text = strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(text), " ")
		}
		if got != text {
			r.Errorf("%q arrives as %q", text, got)
		}
	}
}

func (r *rig) agentLong() {
	r.open(r.newVisit(1))
	text := strings.Repeat("长文 long ", 10_000) + "end"
	if e := r.one(r.desk.Say(r.session().Ref, vendor.Words{Text: text})); e.Message.Text != text {
		r.Errorf("%d bytes arrive as %d", len(text), len(e.Message.Text))
	}
}

func (r *rig) agentHTML() {
	r.open(r.newVisit(1))
	if !r.s.HTML {
		// Where agents write plain text, markup is text.
		if e := r.one(r.desk.Say(r.session().Ref, vendor.Words{Text: "<b>a</b> &amp; b"})); e.Message.Text != "<b>a</b> &amp; b" {
			r.Errorf("%q", e.Message.Text)
		}
		return
	}
	html := `<p>Hi &amp; welcome,<br>see <a href="https://example.com/x?a=1&amp;b=2">the page</a></p><ul><li>one</li><li>two</li></ul><script>alert(1)</script><p>bye<img src="https://example.com/i.png" alt="pic"></p>`
	e := r.one(r.desk.Say(r.session().Ref, vendor.Words{HTML: html}))
	if want := "Hi & welcome,\nsee the page (https://example.com/x?a=1&b=2)\n- one\n- two\nbye"; e.Message.Text != want {
		r.Errorf("%q", e.Message.Text)
	}
	if len(e.Message.Attachments) != 1 || e.Message.Attachments[0].URL != "https://example.com/i.png" {
		r.Errorf("%+v", e.Message.Attachments)
	}
}

func (r *rig) agentFiles() {
	r.open(r.newVisit(1))
	f := handoff.Attachment{Name: "说明.pdf", URL: "https://files.example.com/1.pdf?x=1&y=2", ContentType: "application/pdf"}
	e := r.one(r.desk.Say(r.session().Ref, vendor.Words{Files: []handoff.Attachment{f}}))
	if r.s.Files && (e.Message == nil || !slices.Equal(e.Message.Attachments, []handoff.Attachment{f})) {
		r.Errorf("%+v", e.Message)
	}
	if !r.s.Files && (e.Message == nil || !strings.Contains(e.Message.Text, f.URL)) {
		r.Errorf("%+v", e.Message)
	}
}

func (r *rig) ids() {
	r.open(r.newVisit(1))
	ref := r.session().Ref
	first, second := r.desk.Say(ref, vendor.Words{Text: "same"}), r.desk.Say(ref, vendor.Words{Text: "same"})
	a, again, b := r.one(first), r.one(first.Clone()), r.one(second)
	if a.ID != again.ID || a.ID == b.ID {
		r.Errorf("ids %q, %q again, %q of another", a.ID, again.ID, b.ID)
	}
	ends := r.desk.End(ref, "")
	c, d := r.one(ends[0]), r.one(ends[0].Clone())
	if c.ID != d.ID || c.ID == a.ID {
		r.Errorf("ids of the close: %q, %q", c.ID, d.ID)
	}
}

func (r *rig) disorder() {
	r.open(r.newVisit(1))
	ref := r.session().Ref
	var deliveries []vendor.Delivery
	var want []string
	for i := range 24 { // within one second: ids have to help, also where they get longer
		text := strings.Repeat("x", i+1)
		want = append(want, text)
		deliveries = append(deliveries, r.desk.Say(ref, vendor.Words{Text: text}))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	var events []handoff.VendorEvent
	for _, d := range deliveries {
		events = append(events, r.one(d))
	}
	slices.SortFunc(events, func(a, b handoff.VendorEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Order, b.Order))
	})
	var got []string
	for _, e := range events {
		got = append(got, e.Message.Text)
	}
	if !slices.Equal(got, want) {
		r.Errorf("in order of time and Order: %q", got)
	}
}

func (r *rig) agentCloses() {
	for n, text := range []string{"", "bye, and thanks"} {
		v := r.open(r.newVisit(n))
		ref := r.desk.Sessions()[n].Ref
		var events []handoff.VendorEvent
		for _, d := range r.desk.End(ref, text) {
			got := r.receive(d)
			if got.err != nil {
				r.Fatal(got.err)
			}
			events = append(events, got.events...)
		}
		for _, e := range events {
			r.known(v, e)
		}
		words, closed := "", 0
		for i, e := range events {
			if e.Message != nil {
				words += e.Message.Text
			}
			if e.Closed {
				closed++
				if i != len(events)-1 {
					r.Error("something follows the close")
				}
			}
		}
		if words != text || closed != 1 {
			r.Errorf("%q and %d closes: %+v", words, closed, events)
		}
	}
}

func (r *rig) noise() {
	v := r.open(r.newVisit(1))
	r.send(v, "of the visitor")
	for _, d := range r.desk.Noise(r.session().Ref) {
		got := r.receive(d)
		if got.err != nil {
			r.Errorf("%v: %s", got.err, d.Body)
			continue
		}
		for _, e := range got.events {
			if e.Author == "" || !slices.Contains(v.refs, e.Author) {
				r.Errorf("an event %+v of %s", e, d.Body)
			}
		}
		if reply := r.connector().Answer(make([]handoff.Result, len(got.events)), nil); reply.Status != http.StatusOK {
			r.Errorf("answered with %d: the vendor would deliver it again", reply.Status)
		}
	}
}

func (r *rig) closeEcho() {
	v := r.open(r.newVisit(1))
	if err := last(r.closeTimes(1, v, handoff.UserClosed)); err != nil {
		r.Fatal(err)
	}
	for _, d := range r.desk.End(r.session().Ref, "") {
		for _, e := range r.receive(d).events {
			if e.Message != nil || !e.Closed {
				r.Errorf("%+v", e)
			}
		}
	}
}

func (r *rig) unknownMembers() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	before := r.one(d)
	var body any
	if err := json.Unmarshal(d.Body, &body); err != nil {
		r.Fatal(err)
	}
	d.Body = r.marshal(decorate(body))
	r.desk.Sign(&d, r.clock.Now())
	after := r.one(d)
	if after.ID != before.ID || after.Message.Text != "hello" || after.Ref != before.Ref || !after.At.Equal(before.At) {
		r.Errorf("%+v, want %+v", after, before)
	}
}

// decorate adds a member to every object.
func decorate(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = decorate(value)
		}
		v["zz_new_in_2027"] = map[string]any{"a": []any{1, nil, "x"}}
	case []any:
		for i := range v {
			v[i] = decorate(v[i])
		}
	}
	return v
}

func (r *rig) marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		r.Fatal(err)
	}
	return b
}

func (r *rig) malformed() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	whole := d.Body
	try := func(body []byte) received {
		d.Body = body
		r.desk.Sign(&d, r.clock.Now())
		return r.receive(d)
	}
	for n := range len(whole) {
		if got := try(whole[:n]); got.err == nil || len(got.events) > 0 {
			r.Errorf("accepted: %s", whole[:n])
		}
	}
	for _, body := range []string{"", "null", "[]", `"x"`, "1", "{}", "{", "\xff\xfe", strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 50_000)} {
		if got := try([]byte(body)); len(got.events) > 0 {
			r.Errorf("%d events of %.40q", len(got.events), body)
		}
	}
	// Two messages of which the same value is missing are not one.
	other := r.desk.Say(r.session().Ref, vendor.Words{Text: "another"})
	if twins := r.emptied(whole, try); len(twins) > 0 {
		for id, value := range r.emptied(other.Body, try) {
			if twins[id] != "" {
				r.Errorf("without %s two messages have the id %q", value, id)
			}
		}
	}
	// Every value of a good one in turn becomes something else.
	for _, wrong := range []any{nil, 7, -1.5, true, "", "\x00", []any{}, map[string]any{}} {
		var body any
		if err := json.Unmarshal(whole, &body); err != nil {
			r.Fatal(err)
		}
		for _, set := range leaves(&body) {
			restore := set(wrong)
			for _, e := range try(r.marshal(body)).events {
				all := e.ID + e.Ref + e.Author + e.Order
				if e.Message != nil {
					all += fmt.Sprintf("%+v", *e.Message)
				}
				if strings.ContainsRune(all, 0) {
					r.Errorf("U+0000, which no store takes, in %+v", e)
				}
				if e.Message != nil && e.Message.Text == "" && len(e.Message.Attachments) == 0 || e.ID == "" || e.Ref == "" {
					r.Errorf("%v: %+v of %s", wrong, e, d.Body)
				}
			}
			restore()
		}
	}
}

// emptied gives the ids of the messages that are accepted where a value of a delivery is
// emptied, with the value.
func (r *rig) emptied(whole []byte, try func([]byte) received) map[string]string {
	var body any
	if err := json.Unmarshal(whole, &body); err != nil {
		r.Fatal(err)
	}
	ids := map[string]string{}
	for n, set := range leaves(&body) {
		restore := set("")
		for _, e := range try(r.marshal(body)).events {
			ids[e.ID] = fmt.Sprintf("value %d, %s", n, r.marshal(body))
		}
		restore()
	}
	return ids
}

// leaves gives for every value in v a function that replaces it and gives one that puts
// it back.
func leaves(v *any) (out []func(any) func()) {
	switch at := (*v).(type) {
	case map[string]any:
		for name, value := range at {
			out = append(out, func(w any) func() { at[name] = w; return func() { at[name] = value } })
			out = append(out, leaves(&value)...)
		}
	case []any:
		for i, value := range at {
			out = append(out, func(w any) func() { at[i] = w; return func() { at[i] = value } })
			out = append(out, leaves(&value)...)
		}
	}
	return out
}

func (r *rig) methods() {
	for _, path := range r.connector().Describe().SubPaths {
		head := r.receive(vendor.Delivery{Method: http.MethodHead, SubPath: path, Header: http.Header{}})
		if head.err != nil || head.reply == nil || head.reply.Status != http.StatusOK {
			r.Errorf("HEAD %q: %+v", path, head)
		}
		get := r.receive(vendor.Delivery{Method: http.MethodGet, SubPath: path, Header: http.Header{}})
		if get.err == nil || get.reply.Status != http.StatusMethodNotAllowed {
			r.Errorf("GET %q: %+v", path, get)
		}
	}
	elsewhere := r.receive(vendor.Delivery{SubPath: "/no/such/path", Header: http.Header{}, Body: []byte("{}")})
	if elsewhere.err == nil || elsewhere.reply.Status != http.StatusNotFound {
		r.Errorf("another path: %+v", elsewhere)
	}
}

func (r *rig) answers() {
	k := r.connector()
	status := func(err error, results ...handoff.Result) int {
		reply := k.Answer(results, err)
		if reply.ContentType == "" || !json.Valid(reply.Body) {
			r.Errorf("%v, %v: %+v", err, results, reply)
		}
		return reply.Status
	}
	if status(nil) != 200 || status(nil, handoff.Applied) != 200 || status(nil, handoff.Duplicate) != 200 || status(nil, handoff.Applied, handoff.Duplicate) != 200 {
		r.Error("what was stored is not answered with 200")
	}
	if status(nil, handoff.TryLater) < 500 || status(nil, handoff.Applied, handoff.TryLater) < 500 {
		r.Error("what is to be delivered again is answered as if it were done")
	}
	for code, want := range map[handoff.InboundCode]int{
		handoff.InboundTooLarge: 413, handoff.InboundUnauthorized: 401, handoff.InboundBadSignature: 401, handoff.InboundBad: 400,
		handoff.InboundUnavailable: 503, handoff.InboundMethod: 405, handoff.InboundNotFound: 404,
	} {
		if got := status(&handoff.InboundError{Code: code, Message: "no"}); got != want {
			r.Errorf("code %d: %d, want %d", code, got, want)
		}
	}
	if got := status(&handoff.InboundError{Code: handoff.InboundTooMany, Message: "no"}); got != 429 && got != 503 {
		r.Errorf("too many: %d", got)
	}
	if status(http.ErrAbortHandler) != 503 {
		r.Error("an unknown error is ours: 503")
	}
}
