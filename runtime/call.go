package runtime

import (
	"context"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
)

// mostURL is how many bytes of values go into one URL: no server takes more, and
// nobody shall make us build a gigabyte.
const mostURL = 64 << 10

// request is one URL that calls of the answer ask.
type request struct {
	url   string
	reply Reply
	made  bool // it was sent out
	done  bool
	first int // the call that stands first in the text
	began time.Time

	parsed bool // doc and value are there
	doc    *document
	value  any // for exprs: a *condition.Document or the text
}

// flight is what goes on while calls are under way.
type flight struct {
	parent  context.Context
	ctx     context.Context // with the deadline, from the first call on
	cancel  context.CancelFunc
	replies chan arrival // of this run only: who comes late writes into it and harms nobody
	flying  int
	expired bool
}

// arrival is a reply that came in.
type arrival struct {
	request  int
	reply    Reply
	panicked any
}

// walkCall looks at the call k, whose opCall is at pc.
func (r *Render) walkCall(pc, k int) int {
	c := &r.p.heavy.calls[k]
	if r.callAt[k] < 0 {
		r.begin(pc, k)
	}
	if c.name >= 0 {
		r.bound[c.name] = int32(k)
	}
	if at := r.callAt[k]; at >= 0 && r.requests[at].done && !r.succeeded(k) && r.p.ops[pc].flags&hasFallback != 0 {
		return int(c.after) + 1
	}
	return int(c.after)
}

// succeeded reports whether the call k, which has ended, yielded something for its
// place.
func (r *Render) succeeded(k int) bool {
	at := r.callAt[k]
	if at < 0 {
		return false
	}
	reply := &r.requests[at].reply
	return reply.Outcome == OK && (!reply.JSON || r.p.heavy.calls[k].name >= 0)
}

// callText returns what the call k yields in its place.
func (r *Render) callText(k int) (text string, ok bool) {
	if !r.succeeded(k) {
		return "", false
	}
	return r.requests[r.callAt[k]].reply.Content, true
}

// begin makes the request of the call k, as soon as all is there that its URL needs.
func (r *Render) begin(pc, k int) {
	c := &r.p.heavy.calls[k]
	ready, lost := r.urlNeeds(pc+1, int(c.after))
	if !ready {
		return
	}
	url, fine := r.urlOf(c)
	why := OK
	switch {
	case c.url.Refused():
		why = RefusedAddress
	case lost:
		why = NotMade
	case !fine:
		why = RefusedAddress
	case r.in.Fetcher == nil:
		why = NoToken
	case r.expired:
		why = Timeout
	}
	for i := range r.requests {
		q := &r.requests[i]
		if q.url == url && (q.made && why == OK || !q.made && q.reply.Outcome == why) {
			r.callAt[k] = int32(i)
			q.first = min(q.first, k)
			return
		}
	}
	r.callAt[k] = int32(len(r.requests))
	r.requests = append(r.requests, request{url: url, first: k, reply: Reply{Outcome: why}, done: why != OK, made: why == OK})
	if why == OK {
		r.send(len(r.requests) - 1)
	}
}

// urlNeeds looks at the values of a URL, ops[from:to]. ready is false while one
// waits for data; lost tells that one needs the data of a call that failed.
func (r *Render) urlNeeds(from, to int) (ready, lost bool) {
	h := r.p.heavy
	for pc := from; pc < to; {
		o := &r.p.ops[pc]
		switch o.code {
		case opJump:
			pc = int(o.arg)
		case opData:
			call := r.bound[h.paths[o.arg].name]
			if !r.settled(call) {
				return false, false
			}
			lost = lost || o.flags&hasFallback == 0 && r.hasFailed(call)
			pc = r.walkData(pc, o)
		case opComputed:
			if !r.compute(int(o.arg)) {
				return false, false
			}
			e := &h.computed[o.arg]
			for _, name := range h.deps[e.deps : e.deps+e.nDeps] {
				lost = lost || r.hasFailed(r.bound[name])
			}
			pc++
		default:
			pc = r.walkFallback(pc, o)
		}
	}
	return true, lost
}

// hasFailed reports whether a call that a name is bound to failed. One that was not
// shown did not.
func (r *Render) hasFailed(call int32) bool { return call >= 0 && !r.succeeded(int(call)) }

// urlOf builds the URL of a call. ok is false when it may not be asked.
func (r *Render) urlOf(c *call) (url string, ok bool) {
	parts := r.p.heavy.parts[c.parts : c.parts+c.nParts]
	size := 0
	r.tail, ok = c.url.Append(r.tail[:0], func(i int) string {
		if size > mostURL {
			return ""
		}
		r.label = r.appendRange(r.label[:0], int(parts[i].from), int(parts[i].to))
		size += len(r.label)
		return view(r.label)
	})
	return string(r.tail), ok && size <= mostURL
}

// send lets the request i go out. The goroutine shares nothing with r but a channel
// that has room for it, so that a render which is over need not wait for it.
func (r *Render) send(i int) {
	if r.ctx == nil {
		budget := r.in.CallBudget
		if budget <= 0 {
			budget = DefaultCallBudget
		}
		r.ctx, r.cancel = context.WithTimeout(r.parent, budget)
		r.replies = make(chan arrival, len(r.p.heavy.calls))
	}
	q := &r.requests[i]
	q.began = time.Now()
	r.flying++
	go fetch(r.ctx, r.in.Fetcher, q.url, i, r.replies)
}

func fetch(ctx context.Context, f Fetcher, url string, i int, to chan<- arrival) {
	a := arrival{request: i}
	defer func() {
		if v := recover(); v != nil {
			a.panicked = v // for the render's goroutine, where somebody may catch it
		}
		to <- a
	}()
	a.reply = f.Fetch(ctx, url)
}

// wait returns when a call has ended, or the time of all is over.
func (r *Render) wait() {
	select {
	case a := <-r.replies:
		r.land(a)
		return
	case <-r.ctx.Done():
	}
	for len(r.replies) > 0 { // what came in time all the same
		r.land(<-r.replies)
	}
	r.expired, r.flying = true, 0
	for i := range r.requests {
		if q := &r.requests[i]; !q.done {
			q.done = true
			q.reply = Reply{Outcome: Timeout, Elapsed: time.Since(q.began)}
		}
	}
}

// land takes a reply.
func (r *Render) land(a arrival) {
	r.flying--
	if a.panicked != nil {
		r.cancel()
		panic(a.panicked)
	}
	q := &r.requests[a.request]
	q.reply, q.done = a.reply, true
}

// endCalls lists the calls and says which failed.
func (r *Render) endCalls() {
	if r.cancel != nil {
		r.cancel()
	}
	h := r.p.heavy
	for i := range r.requests {
		if q := &r.requests[i]; q.reply.JSON && q.reply.Outcome == OK && !r.isNamed(i) {
			q.reply = Reply{Outcome: BadReply, Cached: q.reply.Cached, Elapsed: q.reply.Elapsed}
		}
	}
	for k, at := range r.callAt {
		if at < 0 {
			continue
		}
		q := &r.requests[at]
		if q.first == k {
			r.calls = append(r.calls, Call{q.url, q.reply.Outcome, q.reply.Cached, q.reply.Elapsed})
		}
		if outcome := q.reply.Outcome; !r.succeeded(k) && (q.first == k || outcome == OK) {
			if outcome == OK {
				outcome = BadReply
			}
			line, column := r.p.position(h.calls[k].start)
			why := outcome.Text()
			r.warnings = append(r.warnings, Warning{diag.CallFailed, diag.Text{
				Zh: diag.MsgCallFailed.Text(line, column, why.Zh, outcome.String()).Zh,
				En: diag.MsgCallFailed.Text(line, column, why.En, outcome.String()).En,
			}})
		}
	}
}

// isNamed reports whether a call with a name asked the request i.
func (r *Render) isNamed(i int) bool {
	return slices.ContainsFunc(r.p.heavy.calls, func(c call) bool {
		return c.name >= 0 && r.callAt[r.p.ops[c.op].arg] == int32(i)
	})
}

// parse reads the content of a reply as JSON, where it is that.
func (q *request) parse() {
	if q.parsed {
		return
	}
	q.parsed = true
	q.doc = parseDocument(q.reply.Content)
	q.value = q.reply.Content
	if d, ok := condition.ParseDocument(q.reply.Content); ok {
		q.value = d
	}
}

// dataOf returns what exprs read under a name, at the place of the walk.
func (r *Render) dataOf(name string) (any, bool) {
	i := slices.Index(r.p.heavy.names, name)
	if i < 0 {
		return nil, false
	}
	call := r.bound[i]
	if call < 0 || !r.succeeded(int(call)) {
		return nil, false
	}
	q := &r.requests[r.callAt[call]]
	q.parse()
	return q.value, true
}

// dataText returns what ${data.…}, the path k, says.
func (r *Render) dataText(k int) string {
	call := r.pathAt[k]
	if call < 0 || !r.succeeded(int(call)) {
		return ""
	}
	q := &r.requests[r.callAt[call]]
	if !q.done {
		return ""
	}
	q.parse()
	p := &r.p.heavy.paths[k]
	keys := r.p.src[p.keys:p.end]
	if q.doc != nil {
		return q.doc.text(keys)
	}
	if keys == "" {
		return q.reply.Content
	}
	return ""
}
