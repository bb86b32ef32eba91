package handoff

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/handoff")

// TestCorpus plays the sessions of testdata/handoff, whose manual stands beside them.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../testdata/handoff/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	cases := 0
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for i, f := range ar.Files {
			name, field, _ := strings.Cut(f.Name, "/")
			switch {
			case field == "why" && len(strings.TrimSpace(string(f.Data))) > 0 && !names[name]:
				names[name] = true
				continue
			case field != "script" || !names[name]:
				t.Errorf("%s: %s: a case is a why, then a script", file, f.Name)
				continue
			}
			cases++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				got := playScript(t, string(f.Data))
				if got != string(f.Data) && !*update {
					t.Errorf("got\n%s\nwant\n%s", got, f.Data)
				}
				ar.Files[i].Data = []byte(got)
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cases < 60 {
		t.Errorf("%d cases, want at least 60", cases)
	}
}

// player plays a script.
type player struct {
	t        *testing.T
	s        Session
	env      Env
	settings Settings
	began    time.Time
	requests int
	started  [timerKinds]uint32
}

// playScript returns the script with the expectations that came true.
func playScript(t *testing.T, script string) string {
	p := &player{t: t, settings: Defaults(), began: time.Date(2024, 12, 12, 1, 0, 0, 0, time.UTC)}
	p.env = Env{Now: p.began, Settings: &p.settings, Status: Available, Open: true}
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "  ") {
			continue // an expectation
		}
		out.WriteString(line + "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		for _, l := range p.play(line) {
			out.WriteString("  " + l + "\n")
		}
	}
	return out.String()
}

// play plays one line and returns what came of it.
func (p *player) play(line string) []string {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "set":
		for field := range strings.FieldsSeq(rest) {
			p.set(strings.Cut(field, "="))
		}
		return nil
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		p.env.Now = p.env.Now.Add(d)
		return nil
	case "session":
		return p.show()
	}
	e := p.event(word, rest)
	if e == nil {
		p.t.Fatalf("no such line: %s", line)
	}
	before := fmt.Sprintf("%+v", p.s)
	next, effects := Step(p.s, e, p.env)
	if fmt.Sprintf("%+v", p.s) != before {
		p.t.Errorf("%s changed the session that it was given", line)
	}
	p.s = next
	var lines []string
	for _, e := range effects {
		lines = append(lines, effectLine(next, e))
		if start, ok := e.(StartTimer); ok {
			p.started[start.Timer] = start.Generation
		}
	}
	return lines
}

// set changes what Step knows beside the session.
func (p *player) set(key, value string, _ bool) {
	switch key {
	case "status":
		p.env.Status = map[string]Status{"not_configured": NotConfigured, "available": Available, "unavailable": Unavailable}[value]
	case "open":
		p.env.Open = value == "true"
	case "email":
		p.env.Email = value
	default:
		d := json.NewDecoder(strings.NewReader(`{"` + key + `":` + value + `}`))
		d.DisallowUnknownFields()
		if err := d.Decode(&p.settings); err != nil {
			p.t.Fatalf("set %s=%s: %v", key, value, err)
		}
	}
}

// event reads a line that is an event.
func (p *player) event(word, rest string) Event {
	first, more, _ := strings.Cut(rest, " ")
	switch word {
	case "request":
		p.requests++
		return Request{SessionID: fmt.Sprintf("s%d", p.requests), Connector: "webhook", Email: rest}
	case "visitor":
		return VisitorMessage{ID: first, Text: more}
	case "email":
		return EmailGiven{Address: rest}
	case "continue":
		return VisitorContinues{}
	case "end":
		return VisitorCloses{}
	case "open":
		return p.open(first, more == "uncertain")
	case "agent":
		if first == "closes" {
			return AgentCloses{At: p.sent(more)}
		}
		sent := time.Time{}
		if at, ok := strings.CutPrefix(more, "sent "); ok {
			sent = p.sent("sent " + at)
		}
		return AgentMessage{ID: first, SentAt: sent, Message: AgentText{Text: "hello"}}
	case "timer":
		return p.timer(first, more)
	case "delivery":
		return DeliveryExpired{}
	case "connector":
		return ConnectorRemoved{}
	case "erased":
		return Erased{}
	}
	return nil
}

func (p *player) open(outcome string, uncertain bool) Event {
	switch outcome {
	case "started":
		return OpenStarted{}
	case "accepted":
		return OpenAccepted{}
	case "refused":
		return OpenFailed{Kind: Refused, Uncertain: uncertain}
	case "misconfigured":
		return OpenFailed{Kind: Misconfigured, Uncertain: uncertain}
	case "unreachable":
		return OpenFailed{Kind: Unreachable, Uncertain: uncertain}
	}
	return nil
}

// sent reads "sent 30s": so long after the beginning of the script, by the vendor's clock.
func (p *player) sent(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	d, err := time.ParseDuration(strings.TrimPrefix(s, "sent "))
	if err != nil {
		p.t.Fatal(err)
	}
	return p.began.Add(d)
}

// timer is a timer as it was started last, or, with "old", as it was started before.
func (p *player) timer(name, more string) Event {
	for t := range timerKinds {
		if t.String() == name {
			e := TimerFires{Timer: t, Generation: p.started[t]}
			if more == "old" {
				e.Generation--
			}
			return e
		}
	}
	return nil
}

// show writes what can be seen of the session.
func (p *player) show() []string {
	s := p.s
	lines := []string{strings.TrimSpace(s.ID + " " + s.String())}
	add := func(name string, at time.Time) {
		if !at.IsZero() {
			lines = append(lines, name+" "+short0(at.Sub(p.began)))
		}
	}
	add("requested", s.RequestedAt)
	add("accepted", s.AcceptedAt)
	add("active", s.ActiveAt)
	add("closed", s.ClosedAt)
	if len(s.Held) > 0 {
		lines = append(lines, "held "+strings.Join(s.Held, " "))
	}
	rec := SessionRecord{Session: s}
	for t, at := range s.Deadlines {
		add("timer "+Timer(t).String(), at)
		if !at.IsZero() {
			rec.Due[t] = at.UnixMilli()
		}
	}
	if v := rec.View(s.RequestedAt, s.RequestedAt.UnixMilli()); v != nil {
		add("deadline", v.Deadline)
	}
	return lines
}

// TestUnknownTimer: a timer of a newer version's has no effect.
func TestUnknownTimer(t *testing.T) {
	settings := Defaults()
	s := Session{ID: "s", State: Active}
	if next, effects := Step(s, TimerFires{Timer: timerKinds}, Env{Settings: &settings}); len(effects) > 0 || next.State != Active {
		t.Errorf("%v %v", next, effects)
	}
}
