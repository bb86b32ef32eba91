package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
)

func TestStorageOf(t *testing.T) {
	for _, c := range []struct {
		headers      string
		fresh, stale int // seconds
	}{
		{"", 0, 0},
		{"Expires: Thu, 01 Dec 2994 16:00:00 GMT", 0, 0},
		{"Pragma: cache", 0, 0},
		{"Cache-Control: public", 0, 0},
		{"Cache-Control: max-age=60", 60, 0},
		{"Cache-Control: public, max-age=60", 60, 0},
		{"Cache-Control: MAX-AGE=60", 60, 0},
		{`Cache-Control: max-age="60"`, 60, 0},
		{"cache-control:max-age=60 ,", 60, 0},
		{"Cache-Control: , ,max-age=60", 60, 0},
		{"Cache-Control: max-age=60, s-maxage=10", 10, 0},
		{"Cache-Control: s-maxage=10, max-age=60", 10, 0},
		{"Cache-Control: s-maxage=10", 10, 0},
		{"Cache-Control: max-age=60, s-maxage=0", 0, 0},
		{"Cache-Control: max-age=0", 0, 0},
		{"Cache-Control: max-age=-1", 0, 0},
		{"Cache-Control: max-age=1.5", 0, 0},
		{"Cache-Control: max-age", 0, 0},
		{"Cache-Control: max-age=", 0, 0},
		{"Cache-Control: max-age=x", 0, 0},
		{"Cache-Control: max-age=60, max-age=60", 0, 0},
		{"Cache-Control: max-age=60\nCache-Control: max-age=10", 0, 0},
		{"Cache-Control: max-age=99999999999999999999", maxSeconds, 0},
		{"Cache-Control: max-age=3000000000", maxSeconds, 0},
		{"Cache-Control: no-store, max-age=60", 0, 0},
		{"Cache-Control: max-age=60, No-Store", 0, 0},
		{"Cache-Control: max-age=60\nCache-Control: no-store", 0, 0},
		{"Cache-Control: max-age=60, no-cache", 0, 0},
		{`Cache-Control: max-age=60, no-cache="Set-Cookie"`, 0, 0},
		{"Cache-Control: max-age=60, private", 0, 0},
		{`Cache-Control: private="x, max-age=60"`, 0, 0},
		{`Cache-Control: x="no-store, \"private", max-age=60`, 60, 0},
		{"Cache-Control: no-storex, max-age=60, must-understand", 60, 0},
		{"Cache-Control: max-age=60, must-revalidate", 60, 0},
		{"Cache-Control: max-age=60\nAge: 20", 40, 0},
		{"Cache-Control: max-age=60\nAge: 60", 0, 0},
		{"Cache-Control: max-age=60\nAge: 99999999999999999999", 0, 0},
		{"Cache-Control: max-age=60\nAge: x", 0, 0},
		{"Cache-Control: max-age=60\nVary: *", 0, 0},
		{"Cache-Control: max-age=60\nVary: Accept-Encoding, Origin", 60, 0},
		{"Cache-Control: max-age=60\nVary: Accept, Webhook-Id", 0, 0},
		{"Cache-Control: max-age=60\nVary: Accept\nVary: *", 0, 0},
		{"Cache-Control: max-age=60, stale-if-error=600", 60, 600},
		{"Cache-Control: stale-if-error=600", 0, 0},
		{"Cache-Control: max-age=0, stale-if-error=600", 0, 0},
		{"Cache-Control: max-age=60, stale-if-error=x", 0, 0},
		{"Cache-Control: max-age=60, stale-if-error=600, must-revalidate", 60, 0},
		{"Cache-Control: max-age=60, stale-if-error=600, proxy-revalidate", 60, 0},
		{"Cache-Control: s-maxage=60, stale-if-error=600", 60, 0},
		{"Cache-Control: max-age=60, stale-while-revalidate=600", 60, 0},
	} {
		var h fasthttp.ResponseHeader
		for line := range strings.SplitSeq(c.headers, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				h.Add(name, strings.TrimSpace(value))
			}
		}
		want := storage{time.Duration(c.fresh) * time.Second, time.Duration(c.stale) * time.Second}
		if got := storageOf(&h); got != want {
			t.Errorf("%q: %+v, want %+v", c.headers, got, want)
		}
	}
}

// TestCachedCalls walks one URL through the life of a stored reply.
func TestCachedCalls(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, client *Client, u *fake) {
		f := client.For(theBot())
		want := func(what string, url string, outcome runtime.Outcome, cached bool, sent int32) {
			t.Helper()
			before := u.asked.Load()
			r := fetch(t, f, url)
			if r.Outcome != outcome || r.Cached != cached || u.asked.Load()-before != sent || outcome == runtime.OK && r.Content != "ok" {
				t.Errorf("%s: %+v with %d requests", what, r, u.asked.Load()-before)
			}
		}
		u.say("Cache-Control: max-age=60, stale-if-error=100\r\n")
		want("first", "http://x.cn/a?b", runtime.OK, false, 1)
		want("second", "http://x.cn/a?b", runtime.OK, true, 0)
		want("another URL", "http://x.cn/a?c", runtime.OK, false, 1)
		u.status.Store(503)
		wait(59 * time.Second)
		want("still fresh", "http://x.cn/a?b", runtime.OK, true, 0)
		wait(time.Second)
		want("stale, 503", "http://x.cn/a?b", runtime.OK, true, 1)
		u.status.Store(501)
		want("stale, 501 is no such error", "http://x.cn/a?b", runtime.BadStatus, false, 1)
		u.status.Store(0)
		want("stale, silent", "http://x.cn/a?b", runtime.OK, true, 1)
		u.status.Store(404)
		want("stale, 404", "http://x.cn/a?b", runtime.BadStatus, false, 1)
		u.status.Store(200)
		broken := "<html>"
		u.body.Store(&broken)
		want("stale, no JSON", "http://x.cn/a?b", runtime.BadReply, false, 1)
		u.status.Store(503)
		wait(100 * time.Second)
		want("beyond", "http://x.cn/a?b", runtime.BadStatus, false, 1)

		u.status.Store(200)
		u.body.Store(new(string))
		*u.body.Load() = okJSON
		want("again", "http://x.cn/a?b", runtime.OK, false, 1)
		wait(61 * time.Second)
		u.say("Cache-Control: no-store\r\n")
		want("now forbidden", "http://x.cn/a?b", runtime.OK, false, 1)
		u.status.Store(503)
		want("so nothing is left", "http://x.cn/a?b", runtime.BadStatus, false, 1)
	})
}

// TestCacheAndGate: an open circuit is an error that a stale reply may stand in for.
func TestCacheAndGate(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, client *Client, u *fake) {
		f := client.For(theBot())
		u.say("Cache-Control: max-age=1, stale-if-error=1000\r\n")
		fetch(t, f, "http://x.cn/a")
		u.status.Store(500)
		for range 10 {
			fetch(t, f, "http://x.cn/b")
		}
		wait(time.Second)
		before := u.asked.Load()
		if r := fetch(t, f, "http://x.cn/a"); r.Outcome != runtime.OK || !r.Cached || u.asked.Load() != before {
			t.Errorf("%+v", r)
		}
	})
}

// TestCacheIsTheBots: not shared between bots, not for preview, not past a change of the lists.
func TestCacheIsTheBots(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, client *Client, u *fake) {
		u.say("Cache-Control: max-age=60\r\n")
		preview, other, elsewhere, noToken := theBot(), theBot(), theBot(), theBot()
		preview.NoCache, other.ID, elsewhere.AllowedHosts, noToken.Token = true, "other", []string{"crm.example.com"}, ""
		for i, c := range []struct {
			bot    Bot
			want   runtime.Outcome
			cached bool
		}{
			{preview, runtime.OK, false},
			{theBot(), runtime.OK, false}, // preview stored nothing
			{theBot(), runtime.OK, true},
			{preview, runtime.OK, false},
			{other, runtime.OK, false},
			{elsewhere, runtime.RefusedAddress, false},
			{noToken, runtime.NoToken, false},
		} {
			if r := fetch(t, client.For(c.bot), "http://x.cn/"); r.Outcome != c.want || r.Cached != c.cached {
				t.Errorf("%d: %+v", i, r)
			}
		}
	})
	bubble(t, Config{CacheBytes: -1}, func(t *testing.T, client *Client, u *fake) {
		u.say("Cache-Control: max-age=60\r\n")
		for range 2 {
			if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Cached {
				t.Error("cached without a cache")
			}
		}
	})
}

// TestCacheIsBounded in bytes, the least recently used first.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(10_000)
	now := time.Unix(0, 0)
	s := storage{fresh: time.Minute}
	reply := runtime.Reply{Content: strings.Repeat("x", 744)} // with its overhead 1,000 and the key
	for i := range 100 {
		c.put(fmt.Appendf(nil, "%06d", i), reply, now, s)
		c.get([]byte("000000"), now, false)
		if c.bytes > 10_000 || c.bytes != int64(len(c.items))*1006 {
			t.Fatalf("%d bytes in %d items", c.bytes, len(c.items))
		}
	}
	for key, want := range map[string]bool{"000000": true, "000001": false, "000091": false, "000092": true, "000099": true} {
		if _, ok := c.get([]byte(key), now, false); ok != want {
			t.Errorf("%s is kept: %v", key, ok)
		}
	}
	c.put([]byte("000099"), runtime.Reply{Content: strings.Repeat("x", 20_000)}, now, s)
	if _, ok := c.get([]byte("000099"), now, false); ok {
		t.Error("kept what is larger than the cache, or the old reply")
	}
	c.put([]byte("000000"), reply, now, storage{})
	if _, ok := c.get([]byte("000000"), now, false); ok {
		t.Error("kept what is no longer allowed")
	}
	exact := newCache(1000)
	exact.put([]byte("k"), runtime.Reply{Content: strings.Repeat("x", 1000-itemOverhead-1)}, now, s)
	if _, ok := exact.get([]byte("k"), now, false); !ok {
		t.Error("what just fits is not kept")
	}
	for range 20 { // expired ones go when they are met
		c.get(fmt.Appendf(nil, "%06d", 92), now.Add(time.Hour), false)
	}
	if _, ok := c.items["000092"]; ok {
		t.Error("an expired reply is kept")
	}
}
