package score

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
)

// Callback is the platform's side for a while: it takes the receiver's calls, answers the
// first message with 503, and keeps what came. Serve it where the receiver calls back.
type Callback struct {
	Key    string        // that the receiver sends as bearer; empty: not checked
	Secret string        // of signatures; empty: unsigned
	Wait   time.Duration // how long an agent has to write
	Now    func() time.Time
	// Ready is told of the conversation in which an agent has to write; nil: nobody is.
	Ready func(conversation string)

	mu    sync.Mutex
	calls []taken
	came  chan struct{} // closed and made anew with each call
}

// taken is one call of the receiver's.
type taken struct {
	path, authorization, kind string
	body                      string
	problem                   string // the connector's, "" for none
	ref                       string
}

// ServeHTTP takes a call.
func (c *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	path := r.URL.Path
	for _, known := range []string{webhook.ReceivePath, webhook.ClosePath} {
		if strings.HasSuffix(path, known) {
			path = known
		}
	}
	t := taken{path: path, authorization: r.Header.Get("Authorization"), kind: r.Header.Get("Content-Type"), body: string(body)}
	values := handoff.Values{}
	if c.Secret != "" {
		b, err := json.Marshal(c.Secret)
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		values["signingSecret"] = b
	}
	k := webhook.New(call.Config{Now: c.Now})
	got, err := k.Receive(&handoff.Account{Values: values}, &handoff.Inbound{
		Method: r.Method, SubPath: path, Header: r.Header.Get, Query: r.URL.Query().Get, Body: body, Now: c.Now(), ByKey: true,
	})
	reply := k.Answer([]handoff.Result{handoff.Applied}, err)
	if err != nil {
		t.problem = err.Error()
	} else if len(got.Events) > 0 {
		t.ref = got.Events[0].Ref
	}
	if c.first(t) {
		reply = k.Answer(nil, &handoff.InboundError{Code: handoff.InboundUnavailable, Message: "on purpose: call back again"})
	}
	w.Header().Set("Content-Type", reply.ContentType)
	w.WriteHeader(reply.Status)
	if _, err := w.Write(reply.Body); err != nil {
		return // the receiver has gone
	}
}

// first keeps a call and reports whether it is the first good message.
func (c *Callback) first(t taken) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := t.problem == "" && t.path == webhook.ReceivePath
	for _, before := range c.calls {
		first = first && (before.problem != "" || before.path != webhook.ReceivePath)
	}
	c.calls = append(c.calls, t)
	if c.came != nil {
		close(c.came)
		c.came = nil
	}
	return first
}

// until waits for a call that fits.
func (c *Callback) until(ctx context.Context, fits func([]taken) bool) ([]taken, bool) {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	for {
		c.mu.Lock()
		calls := append([]taken(nil), c.calls...)
		if c.came == nil {
			c.came = make(chan struct{})
		}
		came := c.came
		c.mu.Unlock()
		if fits(calls) {
			return calls, true
		}
		select {
		case <-ctx.Done():
			return calls, false
		case <-came:
		}
	}
}

func callback(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	if p.Callback == nil {
		return skip("没有给 --callback", "no --callback was given")
	}
	if p.Callback.Ready != nil {
		p.Callback.Ready(p.main)
	}
	calls, ok := p.Callback.until(p.ctx, func(all []taken) bool {
		for _, t := range all {
			if t.path == webhook.ReceivePath {
				return true
			}
		}
		return false
	})
	if !ok {
		if len(calls) > 0 {
			return fail("只来了 "+calls[0].path, "only "+calls[0].path+" came")
		}
		return fail("等待期内没有回传", "nothing was called back in time")
	}
	return pass()
}

func callbackForm(p *player) finding {
	if p.Callback == nil {
		return skip("没有给 --callback", "no --callback was given")
	}
	calls, _ := p.Callback.until(p.ctx, func(all []taken) bool { return true })
	if len(calls) == 0 {
		return skip("没有回传", "nothing was called back")
	}
	for _, t := range calls {
		switch {
		case t.problem != "":
			return fail(t.path+"："+t.problem, t.path+": "+t.problem)
		case p.Callback.Key != "" && t.authorization != "Bearer "+p.Callback.Key:
			return fail("Authorization 不是 Bearer 加密钥", "Authorization is not Bearer and the key")
		case !strings.HasPrefix(t.kind, "application/json"):
			return fail("Content-Type 是 "+t.kind, "Content-Type is "+t.kind)
		case !slices.Contains(p.open, t.ref):
			return fail("conversation_id 是 "+t.ref+"，没有这个会话；应为 "+p.main, "conversation_id is "+t.ref+", which is no conversation; it should be "+p.main)
		}
	}
	return pass()
}

func callbackRetry(p *player) finding {
	if p.Callback == nil {
		return skip("没有给 --callback", "no --callback was given")
	}
	same := func(all []taken) bool {
		seen := map[string]int{}
		for _, t := range all {
			if seen[t.body]++; seen[t.body] > 1 {
				return true
			}
		}
		return false
	}
	if calls, ok := p.Callback.until(p.ctx, same); !ok {
		if len(calls) == 0 {
			return skip("没有回传", "nothing was called back")
		}
		return fail("没有再次回传同样的内容", "the same call did not come again")
	}
	return pass()
}
