package rowdy

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

// Config says how badly the desk behaves. A probability is from 0 to 1.
type Config struct {
	Desk    webhookdesk.Config // On is ours
	Hook    string             // base URL of the platform's receive and close paths
	Key     string             // the platform's key, sent as bearer; empty: none
	Client  *http.Client       // makes the calls back; required
	Seed    uint64
	Delay   time.Duration // the longest wait before an agent's call
	Repeat  float64       // an agent's call is made twice
	Reorder float64       // an agent's call is made after the next one
	Lose    float64       // an answer to the platform is lost after its effect
	Refuse  float64       // a call of the platform is answered with 503 at first
	Restart time.Duration // the desk goes away this often, for a tenth of it; zero: never
	// Messages is after how many of the visitor's messages the agent closes; zero: never.
	Messages int
	// Sessions ends the run after so many closed sessions; zero: it goes on. The desk stays
	// a little longer for the platform's repeats of calls whose answers it did not get.
	Sessions int
	// Told is called with what happens, in words for people; nil: nobody is.
	Told func(handoff.Text)
}

// Report is what was seen.
type Report struct {
	Sessions    int            `json:"sessions"`
	Closed      int            `json:"closed"`
	Taken       map[string]int `json:"taken"`      // calls of the platform by path
	Repeats     int            `json:"repeats"`    // of them, with a key that was there before
	Played      map[string]int `json:"played"`     // what the desk did on purpose
	Delivered   int            `json:"delivered"`  // agents' calls that were taken
	Answers     map[int]int    `json:"answers"`    // of the platform, by status
	Lost        int            `json:"lost"`       // agents' calls that were never taken
	Violations  []string       `json:"violations"` // of the contract, by the platform
	Restarts    int            `json:"restarts"`
	Interrupted bool           `json:"interrupted"` // the run was ended from outside
}

// Good reports whether the platform did everything right.
func (r *Report) Good() bool { return len(r.Violations) == 0 && r.Lost == 0 }

// Desk is a desk that runs.
type Desk struct {
	config Config
	desk   *webhookdesk.Desk

	mu      sync.Mutex
	random  *rand.Rand
	report  Report
	lines   map[string]*line
	owed    map[string]bool // keys of calls whose last answer did not leave
	paid    chan struct{}   // told when owed becomes empty
	done    chan struct{}
	ended   bool
	context context.Context
	work    sync.WaitGroup
}

// line is what an agent of a session has to call, in order.
type line struct {
	mu       sync.Mutex
	wait     []vendor.Delivery
	running  bool
	messages int
	closed   bool
}

// Start starts the desk; Run it until it is over, then Close.
func Start(c Config) (*Desk, error) {
	d := &Desk{config: c, lines: map[string]*line{}, owed: map[string]bool{},
		paid: make(chan struct{}, 1), done: make(chan struct{}), random: rand.New(rand.NewPCG(c.Seed, 1))} //nolint:gosec // choices that have to repeat
	d.report = Report{Taken: map[string]int{}, Played: map[string]int{}, Answers: map[int]int{}}
	d.context = context.Background()
	c.Desk.On, c.Desk.Lenient = d.heard, true
	desk, err := webhookdesk.Start(c.Desk)
	if err != nil {
		return nil, err
	}
	d.desk = desk
	desk.Server().Choose(d.choose, d.answered)
	return d, nil
}

// URL is the receiver's base URL.
func (d *Desk) URL() string { return d.desk.Server().URL() }

// Run lets the desk work until ctx ends or enough sessions are closed, and gives the
// report.
func (d *Desk) Run(ctx context.Context) (*Report, error) {
	calls, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.mu.Lock()
	d.context = calls
	d.mu.Unlock()
	var restarts <-chan time.Time
	if d.config.Restart > 0 {
		ticker := time.NewTicker(d.config.Restart)
		defer ticker.Stop()
		restarts = ticker.C
	}
	var err error
	for over := false; !over && err == nil; {
		select {
		case <-ctx.Done():
			d.mu.Lock()
			d.report.Interrupted, over = d.config.Sessions > 0, true
			d.mu.Unlock()
		case <-d.done:
			over = true
		case <-restarts:
			err = d.restart(ctx)
		}
	}
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	if d.config.Sessions == 0 {
		stop() // what is still to be called is not waited for
	}
	d.work.Wait()
	stop()
	d.settle(ctx)
	return d.summary(), errors.Join(err, d.desk.Server().Down())
}

// patience is how long the desk waits for the repeats of calls: the first comes within
// seconds, and for a conversation that has ended there may be none.
const patience = 5 * time.Second

// settle answers what the platform repeats because its answer was lost on purpose. From
// here on nothing is.
func (d *Desk) settle(ctx context.Context) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		d.mu.Lock()
		owed := len(d.owed)
		d.mu.Unlock()
		if owed == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-limit.C:
			return
		case <-d.paid:
		}
	}
}

func (d *Desk) summary() *Report {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.report
	r.Violations = d.desk.Server().Violations()
	return &r
}

// restart takes the desk away for a tenth of the time between restarts.
func (d *Desk) restart(ctx context.Context) error {
	d.say("客服台消失了", "the desk goes away")
	if err := d.desk.Server().Down(); err != nil {
		return err
	}
	gone := time.NewTimer(d.config.Restart / 10)
	defer gone.Stop()
	select {
	case <-ctx.Done():
	case <-gone.C:
	}
	d.mu.Lock()
	d.report.Restarts++
	d.mu.Unlock()
	d.say("客服台回来了", "the desk is back")
	return d.desk.Server().Up()
}

func (d *Desk) say(zh, en string) {
	if d.config.Told != nil {
		d.config.Told(handoff.Text{Zh: zh, En: en})
	}
}

// chance decides by a probability, and counts what is played.
func (d *Desk) chance(p float64, what string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.random.Float64() >= p {
		return false
	}
	d.report.Played[what]++
	return true
}

// choose decides about an answer to the platform.
func (d *Desk) choose(r *http.Request) *vendor.Fault {
	if r.Method != http.MethodPost {
		return nil
	}
	d.mu.Lock()
	d.owed[r.Header.Get("Idempotency-Key")] = true
	ended := d.ended
	d.mu.Unlock()
	switch {
	case ended:
	case d.chance(d.config.Lose, "lost answers"):
		return &vendor.Fault{Kind: vendor.Cut, After: true}
	case d.chance(d.config.Refuse, "refusals"):
		return &vendor.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}}, Body: `{"code":50300,"message":"on purpose"}`}
	}
	return nil
}

// answered is told of every call whose answer has left.
func (d *Desk) answered(r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.owed, r.Header.Get("Idempotency-Key"))
	if len(d.owed) == 0 {
		select {
		case d.paid <- struct{}{}:
		default:
		}
	}
}

// heard is told of every call that the desk took.
func (d *Desk) heard(e webhookdesk.Event) {
	d.mu.Lock()
	d.report.Taken[e.Path]++
	if e.Repeat {
		d.report.Repeats++
	}
	l := d.lines[e.Ref]
	fresh := l == nil && e.Path == "/conversation/establish"
	if fresh {
		l = &line{}
		d.lines[e.Ref] = l
		d.report.Sessions++
	}
	d.mu.Unlock()
	if e.Repeat || l == nil {
		return
	}
	line := strings.TrimPrefix(e.Path, "/conversation") + " " + e.Ref
	d.say(line, line)
	switch e.Path {
	case "/conversation/establish":
		d.agent(e.Ref, l, d.desk.Say(e.Ref, vendor.Words{Text: "您好，我是模拟客服。Hello, this is a simulated agent."}))
	case "/chat":
		d.chatted(e, l)
	case "/conversation/close":
		d.over(l)
	}
}

func (d *Desk) chatted(e webhookdesk.Event, l *line) {
	l.mu.Lock()
	l.messages++
	last := d.config.Messages > 0 && l.messages == d.config.Messages
	l.mu.Unlock()
	d.agent(e.Ref, l, d.desk.Say(e.Ref, vendor.Words{Text: "收到 received: " + e.Text}))
	if last {
		d.agent(e.Ref, l, d.desk.End(e.Ref, "")...)
	}
}

// over counts a session that has ended, once.
func (d *Desk) over(l *line) {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !first {
		return
	}
	d.report.Closed++
	if d.config.Sessions > 0 && d.report.Closed == d.config.Sessions {
		close(d.done)
	}
}
