package handoff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestBackoff: 1 s, doubling to 30 s, more or less a fifth, never less than asked for.
func TestBackoff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 30, 7: 30, 1000: 30} {
		low, high := want*time.Second*8/10, want*time.Second*12/10
		seen := map[time.Duration]bool{}
		for range 200 {
			d := backoff(attempt, 0)
			if seen[d] = true; d < low || d > high {
				t.Errorf("attempt %d waits %v, not %v to %v", attempt, d, low, high)
			}
		}
		if len(seen) < 10 {
			t.Errorf("attempt %d waits the same each time", attempt)
		}
		if d := backoff(attempt, time.Hour); d != time.Hour {
			t.Errorf("attempt %d waits %v where an hour was asked for", attempt, d)
		}
	}
}

// TestJudge: what calls say of an account.
func TestJudge(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	unreachableErr := &CallError{Kind: Unreachable}
	ok := Health{Status: Available, CheckedAt: now}
	for _, row := range []struct {
		name   string
		before Health
		call   error
		verify bool
		status Status
		code   string
		since  time.Time
	}{
		{"a call that works", ok, nil, false, Available, "", time.Time{}},
		{"a first failure", ok, unreachableErr, false, Available, "", now},
		{"an error of no known kind", ok, errors.New("x"), false, Available, "", now},
		{"failing for 29 s", Health{Status: Available, FailingSince: now.Add(-29 * time.Second)}, unreachableErr, false, Available, "", now.Add(-29 * time.Second)},
		{"failing for 30 s", Health{Status: Available, FailingSince: now.Add(-30 * time.Second)}, unreachableErr, false, Unavailable, "unreachable", now.Add(-30 * time.Second)},
		{"a verification that fails", ok, unreachableErr, true, Unavailable, "unreachable", now},
		{"credentials", ok, &CallError{Kind: Misconfigured, Status: 401}, false, Unavailable, "credentials", now},
		{"another address", ok, &CallError{Kind: Misconfigured, Status: 404}, false, Unavailable, "misconfigured", now},
		{"a refusal is an answer", Health{Status: Available, FailingSince: now.Add(-time.Minute)}, &CallError{Kind: Refused}, false, Available, "", time.Time{}},
		{"a verification that is refused", ok, &CallError{Kind: Refused}, true, Unavailable, "misconfigured", now},
		{"the first success", Health{Status: Unavailable, Problem: unreachable(nil), FailingSince: now}, nil, false, Available, "", time.Time{}},
		{"wrong credentials, and gone", Health{Status: Unavailable, Problem: &Problem{Code: credentialsCode}}, unreachableErr, true, Unavailable, "credentials", time.Time{}},
	} {
		got := row.before.judge(row.call, now, row.verify)
		code := ""
		if got.Problem != nil {
			code = got.Problem.Code
		}
		if got.Status != row.status || code != row.code || !got.FailingSince.Equal(row.since) {
			t.Errorf("%s: %+v (%s)", row.name, got, code)
		}
	}
}

// TestInOrder: agents' messages stand in the vendor's order, each in the place of one of
// their session.
func TestInOrder(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	agent := func(session string, second int, order string) *Entry {
		return &Entry{Message: &Message{Role: RoleAgent, SessionID: session, SentAt: at.Add(time.Duration(second) * time.Second), Order: order, Text: fmt.Sprint(session, second, order)}}
	}
	visitor := &Entry{Message: &Message{Role: RoleVisitor, Text: "v"}}
	told := &Entry{Handoff: &HandoffEntry{Text: "t"}}
	entries := []*Entry{agent("a", 2, "x"), visitor, agent("a", 1, "y"), agent("a", 1, "x"), told, agent("b", 0, ""), agent("a", 0, "")}
	inOrder(entries)
	var got []string
	for _, e := range entries {
		if e.Message != nil {
			got = append(got, e.Message.Text)
		} else {
			got = append(got, e.Handoff.Text)
		}
	}
	if want := "a0 v a1x a1y t b0 a2x"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestConfig: every fault is listed at once.
func TestConfig(t *testing.T) {
	_, err := New(Config{Workers: -1})
	if err == nil {
		t.Fatal("no store, no bots, -1 workers")
	}
	for _, want := range []string{"no store", "knows the bots", "not negative"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %q", want, err)
		}
	}
}

// TestIDs: ids rise, whatever the clock does.
func TestIDs(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	g := IDs{Now: func() time.Time { return now }, Random: bytes.NewReader(make([]byte, 8*1000))}
	last := ""
	for i := range 1000 {
		if i == 500 {
			now = now.Add(-time.Hour)
		}
		id, err := g.Next()
		if err != nil || len(id) != 36 || id[14] != '7' || id <= last {
			t.Fatalf("%q after %q: %v", id, last, err)
		}
		last = id
	}
	if _, err := g.Next(); err == nil {
		t.Error("an id without randomness")
	}
}

// TestTransient: only the database's state is waited for.
func TestTransient(t *testing.T) {
	for err, want := range map[error]bool{
		nil: false, ErrUnavailable: true, fmt.Errorf("x: %w", ErrUnavailable): true, ErrNotFound: false,
		trouble(ErrUnavailable, noConversation): true, trouble(ErrNotFound, noConversation): false, context.DeadlineExceeded: true,
	} {
		if transient(err) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
}

// TestDeadlineStays: a session's deadline is the same each time that it is looked at, also
// when the two clocks are not read at once; it follows the time of day when that steps.
func TestDeadlineStays(t *testing.T) {
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	rec := &SessionRecord{Session: Session{ID: "s", State: Waiting}}
	rec.Deadlines[WaitTimer], rec.Due[WaitTimer] = start.Add(time.Minute), 60_000
	rec.Deadlines[IdleTimer], rec.Due[IdleTimer] = start.Add(time.Hour), 3_600_000
	for now := start; now.Before(start.Add(time.Minute)); now = now.Add(1234567 * time.Microsecond) {
		for _, apart := range []int64{-2, 0, 3} {
			if got := rec.View(now, now.Sub(start).Milliseconds()+apart).Deadline; !got.Equal(start.Add(time.Minute)) {
				t.Fatalf("at %v: %v", now, got)
			}
		}
	}
	if got, want := rec.View(start.Add(time.Hour), 0).Deadline, start.Add(time.Hour+time.Minute); !got.Equal(want) {
		t.Errorf("after a step: %v, want %v", got, want)
	}
	rec.Due = [timerKinds]int64{}
	if got := rec.View(start, 0).Deadline; !got.IsZero() {
		t.Errorf("without a timer: %v", got)
	}
}

// claimsOf is a store that knows of this node's claims alone.
type claimsOf struct {
	Store
	claims, back []string
}

func (c *claimsOf) Claims(context.Context) ([]string, error) { return c.claims, nil }

func (c *claimsOf) PutBack(_ context.Context, id string) error {
	c.back = append(c.back, id)
	return nil
}

// TestClaimsPutBack: a claim is put back when nobody has worked on it for several looks in
// a row; one that waits for a processor meanwhile is not lost.
func TestClaimsPutBack(t *testing.T) {
	store := &claimsOf{claims: []string{"lost", "slow"}}
	s := &Service{cfg: Config{}.withDefaults(), store: store}
	s.outbox.init(s.cfg)
	look := func() {
		if err := s.checkClaims(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range claimsLooks {
		if len(store.back) > 0 {
			t.Fatalf("after %d looks: %v", i, store.back)
		}
		s.outbox.hold("slow", i == claimsLooks-2)
		look()
	}
	if fmt.Sprint(store.back) != "[lost]" {
		t.Errorf("put back: %v", store.back)
	}
	for range claimsLooks - 2 {
		look()
	}
	if len(store.back) > 1 {
		t.Errorf("what was worked on is counted anew: %v", store.back)
	}
}

// oldOnes is a store that has conversations to take away, two at a time.
type oldOnes struct {
	Store
	stale           [][]string
	before, erased  time.Time
	removed, scrubs int
}

func (o *oldOnes) ConfiguredBots(context.Context) ([]string, error) {
	return []string{"b", "gone"}, nil
}

func (o *oldOnes) BotConfig(context.Context, string) (*BotConfig, error) {
	return &BotConfig{Settings: []byte(`{"retentionDays":30}`)}, nil
}

func (o *oldOnes) Stale(_ context.Context, _ string, before, erased time.Time, _ int) (ids []string, err error) {
	o.before, o.erased = before, erased
	if len(o.stale) > 0 {
		ids, o.stale = o.stale[0], o.stale[1:]
	}
	return ids, nil
}

func (o *oldOnes) Remove(context.Context, string, string) error { o.removed++; return nil }
func (o *oldOnes) Scrub(context.Context)                        { o.scrubs++ }

// TestRetain: what is older than the retention goes, what is left of those that were erased
// after seven days, and the log is emptied once behind it.
func TestRetain(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	store := &oldOnes{stale: [][]string{{"1", "2"}, {"3"}}}
	bots := func(_ context.Context, id string) (Bot, bool) { return Bot{ID: id}, id == "b" }
	s := &Service{cfg: Config{Now: func() time.Time { return now }, Bots: bots}.withDefaults(), store: store}
	s.configs.bots = map[string]*botConfig{}
	for range 2 {
		if err := s.retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if store.removed != 3 || store.scrubs != 1 || !store.before.Equal(now.AddDate(0, 0, -30)) || !store.erased.Equal(now.AddDate(0, 0, -7)) {
			t.Errorf("%+v", store)
		}
	}
}
