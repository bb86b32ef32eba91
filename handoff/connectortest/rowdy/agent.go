package rowdy

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// agent puts calls into a session's line and sees that somebody makes them.
func (d *Desk) agent(ref string, l *line, calls ...vendor.Delivery) {
	d.mu.Lock()
	ended, ctx := d.ended, d.context
	d.mu.Unlock()
	if ended {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wait = append(l.wait, calls...)
	if !l.running {
		l.running = true
		d.work.Go(func() { d.deliver(ctx, ref, l) })
	}
}

// deliver makes a session's calls one after the other, badly.
func (d *Desk) deliver(ctx context.Context, ref string, l *line) {
	for {
		d.pause(ctx)
		l.mu.Lock()
		if len(l.wait) == 0 {
			l.running = false
			l.mu.Unlock()
			return
		}
		if len(l.wait) > 1 && !closes(l.wait[1]) && d.chance(d.config.Reorder, "reordered") {
			l.wait[0], l.wait[1] = l.wait[1], l.wait[0]
		}
		call := l.wait[0]
		l.wait = l.wait[1:]
		l.mu.Unlock()
		if !d.deliverOne(ctx, ref, call) {
			d.mu.Lock()
			d.report.Lost++
			d.mu.Unlock()
		} else if d.chance(d.config.Repeat, "repeated") {
			d.deliverOne(ctx, ref, call)
		}
		if closes(call) {
			d.over(l)
		}
	}
}

// closes reports whether a call is the agent's close, which stays behind the words.
func closes(c vendor.Delivery) bool { return strings.HasSuffix(c.SubPath, "/close") }

// attempts is how often a call is made before it counts as lost.
const attempts = 8

// deliverOne makes a call until it is taken or refused for good. A refusal of a message
// to a session that has ended is the contract's, not a loss.
func (d *Desk) deliverOne(ctx context.Context, ref string, call vendor.Delivery) bool {
	wait := 100 * time.Millisecond
	last := ""
	for range attempts {
		call := call.Clone()
		d.desk.Sign(&call, d.config.Desk.Now())
		if d.config.Key != "" {
			call.Header.Set("Authorization", "Bearer "+d.config.Key)
		}
		status, body, err := call.Post(ctx, d.config.Client, strings.TrimRight(d.config.Hook, "/"))
		d.mu.Lock()
		d.report.Answers[status]++
		d.mu.Unlock()
		last = strconv.Itoa(status) + " " + strings.TrimSpace(string(body[:min(len(body), 200)]))
		var cause *url.Error // whose text has the address, and with it a secret
		if errors.As(err, &cause) {
			last = cause.Err.Error()
		}
		switch {
		case err == nil && status == http.StatusOK:
			d.mu.Lock()
			d.report.Delivered++
			d.mu.Unlock()
			return true
		case err == nil && status == http.StatusConflict:
			return true
		case ctx.Err() != nil:
			return true // the run is over
		case err == nil && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests && status < 500:
			d.never(ref, last)
			return false
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return true
		case <-timer.C:
		}
		wait = min(2*wait, 5*time.Second)
	}
	d.never(ref, last)
	return false
}

// never says that a call was not taken, and what the platform said to it.
func (d *Desk) never(ref, said string) {
	d.say(ref+" 的一次回传始终未被接受："+said, "never taken: a call for "+ref+": "+said)
}

// pause waits as long as the desk feels like.
func (d *Desk) pause(ctx context.Context) {
	if d.config.Delay <= 0 {
		return
	}
	d.mu.Lock()
	wait := time.Duration(d.random.Int64N(int64(d.config.Delay)))
	d.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
