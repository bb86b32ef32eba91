package connectortest

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func failureBehaviours() []Behaviour {
	return []Behaviour{
		{"no agent refuses the open", (*rig).noAgent},
		{"statuses mean what they mean", (*rig).statuses},
		{"Retry-After is heeded", (*rig).retryAfter},
		{"a redirect is not followed", (*rig).redirects},
		{"a silent vendor costs the timeout and no more", (*rig).silent},
		{"a dripping vendor costs the timeout and no more", (*rig).dripping},
		{"a huge reply is not read to its end", (*rig).huge},
		{"a broken connection leaves the outcome uncertain", (*rig).broken},
		{"nobody listening leaves nothing uncertain", (*rig).down},
		{"replies that are no JSON harm nothing", (*rig).nonsense},
		{"secrets are not repeated when the vendor repeats them", (*rig).repeatedSecrets},
	}
}

func (r *rig) noAgent() {
	r.desk.RefuseOpens(true)
	r.demand("open", last(r.openTimes(3, r.newVisit(1))), handoff.Refused)
	if n := len(r.desk.Sessions()); n != 0 {
		r.Errorf("the desk has %d sessions", n)
	}
	r.desk.RefuseOpens(false)
	r.open(r.newVisit(2))
}

func (r *rig) statuses() {
	v := r.open(r.newVisit(1))
	for _, c := range []struct {
		kind     handoff.ErrorKind
		statuses []int
	}{
		{handoff.Unreachable, []int{408, 425, 429, 500, 502, 503, 504, 599}},
		{handoff.Misconfigured, []int{301, 302, 303, 307, 308, 401, 403}},
		{handoff.Refused, []int{400, 402, 413, 422}},
	} {
		for _, status := range c.statuses {
			r.desk.Server().Fail(vendor.Fault{Status: status})
			e := r.demand("send answered with "+http.StatusText(status), last(r.sendTimes(1, v, "x")), c.kind)
			r.desk.Server().Heal()
			if e.Status != status {
				r.Errorf("status %d is told as %d", status, e.Status)
			}
			if uncertain := status >= 500 || status == 408; e.Uncertain != uncertain {
				r.Errorf("status %d: uncertain %v", status, e.Uncertain)
			}
		}
	}
	if got := r.session().Messages; len(got) > 0 {
		r.Errorf("the desk has %q", got)
	}
}

func (r *rig) retryAfter() {
	v := r.open(r.newVisit(1))
	for value, want := range map[string]time.Duration{"7": 7 * time.Second, "0": 0, "": 0, "soon": 0, "-5": 0, "999999999": time.Hour, "1e3": 0} {
		r.desk.Server().Fail(vendor.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {value}}, Times: 1})
		if e := r.demand("send", last(r.sendTimes(1, v, "x")), handoff.Unreachable); e.RetryAfter != want {
			r.Errorf("Retry-After %q: %v, want %v", value, e.RetryAfter, want)
		}
	}
	date := http.Header{"Date": {"Fri, 20 Nov 2026 09:00:00 GMT"}, "Retry-After": {"Fri, 20 Nov 2026 09:00:30 GMT"}}
	r.desk.Server().Fail(vendor.Fault{Status: http.StatusServiceUnavailable, Header: date, Times: 1})
	if e := r.demand("send", last(r.sendTimes(1, v, "x")), handoff.Unreachable); e.RetryAfter != 30*time.Second {
		r.Errorf("a date: %v", e.RetryAfter)
	}
}

func (r *rig) redirects() {
	hits := 0
	elsewhere, err := vendor.Start(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	if err != nil {
		r.Fatal(err)
	}
	v := r.open(r.newVisit(1))
	r.desk.Server().Fail(vendor.Fault{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {elsewhere.URL() + "/x"}}})
	r.demand("send", last(r.sendTimes(1, v, "x")), handoff.Misconfigured)
	r.demand("open", last(r.openTimes(1, r.newVisit(2))), handoff.Misconfigured)
	if err := elsewhere.Down(); err != nil {
		r.Fatal(err)
	}
	if hits > 0 {
		r.Errorf("%d requests went where the redirect points", hits)
	}
}

// patience is when a call that should have ended counts as one that does not end.
const patience = 30 * time.Second

// ends demands that a call against a fault ends after one request, and uncertain.
func (r *rig) ends(f vendor.Fault) {
	v := r.open(r.newVisit(1))
	r.timeout = 500 * time.Millisecond // enough for the call to leave, on any machine
	r.desk.Server().Fail(f)
	before := len(r.desk.Server().Requests())
	giveUp := time.AfterFunc(patience, r.desk.Server().Hush)
	e := r.demand("send", last(r.sendTimes(1, v, "x")), handoff.Unreachable)
	if !giveUp.Stop() {
		r.Errorf("it has not ended within %v", patience)
	}
	if n := len(r.desk.Server().Requests()) - before; n != 1 {
		r.Errorf("%d requests for one attempt", n)
	}
	if !e.Uncertain {
		r.Error("the call may have had its effect, and that is not told")
	}
	r.desk.Server().Heal()
	r.timeout = enough
	r.send(v, "y")
}

func (r *rig) silent()   { r.ends(vendor.Fault{Kind: vendor.Hang}) }
func (r *rig) dripping() { r.ends(vendor.Fault{Kind: vendor.Drip}) }
func (r *rig) broken()   { r.ends(vendor.Fault{Kind: vendor.Cut}) }

func (r *rig) huge() {
	v := r.open(r.newVisit(1))
	r.desk.Server().Fail(vendor.Fault{Kind: vendor.Huge})
	err := last(r.sendTimes(1, v, "x"))
	var e *handoff.CallError
	if err != nil && !errors.As(err, &e) {
		r.Errorf("%v is no CallError", err)
	}
	if r.desk.Server().Poured() {
		r.Error("all of it was read")
	}
}

func (r *rig) down() {
	v := r.open(r.newVisit(1))
	if err := r.desk.Server().Down(); err != nil {
		r.Fatal(err)
	}
	e := r.demand("send", last(r.sendTimes(1, v, "x")), handoff.Unreachable)
	if e.Uncertain {
		r.Error("it cannot have arrived, and counts as uncertain")
	}
	if err := r.desk.Server().Up(); err != nil {
		r.Fatal(err)
	}
	r.send(v, "y")
	if got := strings.Join(r.session().Messages, ","); got != "y" {
		r.Errorf("the desk has %q", got)
	}
}

func (r *rig) nonsense() {
	v := r.open(r.newVisit(1))
	for _, status := range []int{200, 400, 401, 409, 410, 429, 500} {
		for _, body := range []string{"", "<html>", "null", "[]", "{}", `{"errors":[]}`, `{"errors":null,"error":null}`, `{"error":{"type":7}}`, `{"code":[]}`, "\x00\xff", strings.Repeat("[", 20_000)} {
			for _, call := range []func(){
				func() { r.sendTimes(1, v, "x") }, func() { r.openTimes(1, r.newVisit(9)) }, func() { r.closeTimes(1, v, handoff.UserClosed) },
				func() {
					if err := r.verify(); err == nil && status != 200 && status != 400 && status != 409 && status != 410 && status != 429 {
						r.Errorf("verify is content with status %d", status)
					}
				},
			} {
				r.desk.Server().Fail(vendor.Fault{Status: status, Body: body})
				call()
				r.desk.Server().Heal()
			}
		}
	}
}

func (r *rig) repeatedSecrets() {
	v := r.open(r.newVisit(1))
	all := strings.Join(r.s.Secrets, " ") + " {{bearer}}"
	for _, body := range []string{
		all, `{"code":5,"message":"` + all + `"}`, `{"code":"` + all + `"}`, `{"errors":[{"code":"` + all + `","message":"` + all + `"}]}`,
		`{"error":{"type":"` + all + `","message":"` + all + `"}}`, `{"oauth_exception":"` + all + `","exception_description":"` + all + `"}`,
	} {
		for _, status := range []int{200, 400, 401, 403, 404, 500} {
			r.desk.Server().Fail(vendor.Fault{Status: status, Body: body})
			r.sendTimes(1, v, "x")
			r.openTimes(1, r.newVisit(9))
			if err := r.verify(); err == nil && status == 401 {
				r.Error("verify is content with 401")
			}
			r.desk.Server().Heal()
		}
	}
	if len(r.said) == 0 {
		r.Error("nothing was said at all")
	}
}
