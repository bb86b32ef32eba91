package access

import (
	"bytes"
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSecrets: keys have the form that doc.go promises to scanners, and one wrong
// character shows.
func TestSecrets(t *testing.T) {
	form := regexp.MustCompile(`^zhida_(relay|render|edit|operate|admin)_[0-9A-Za-z]{24}_[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	for _, scope := range ScopeNames() {
		for range 200 {
			s, err := NewSecret(rand.Reader, scope)
			if err != nil || !form.MatchString(s) || !Genuine(s) || seen[s] {
				t.Fatalf("%q: %v", s, err)
			}
			seen[s] = true
			at := len(s) - 1 - len(seen)%30
			wrong := []byte(s)
			if wrong[at]++; Genuine(string(wrong)) {
				t.Errorf("%s counts as genuine", wrong)
			}
		}
	}
	for _, s := range []string{"", "zhida_", "zhida_admin_x_y", "zhida_root_" + strings.Repeat("a", 24) + "_000000", "gho_" + strings.Repeat("a", 36)} {
		if Genuine(s) {
			t.Errorf("%q counts as genuine", s)
		}
	}
	if _, err := NewSecret(bytes.NewReader(make([]byte, 10)), "admin"); err == nil {
		t.Error("a key without randomness")
	}
	// A known one, so that the form cannot change unseen: zeros are the first character.
	s, err := NewSecret(bytes.NewReader(make([]byte, 48)), "edit")
	if err != nil || s != "zhida_edit_000000000000000000000000_"+checksum("zhida_edit_000000000000000000000000") {
		t.Errorf("%s %v", s, err)
	}
}

// TestValidate: what is wrong with a key is told with its place.
func TestValidate(t *testing.T) {
	good := func(id string) bool { return id != "a b" }
	for pointer, k := range map[string]Key{
		"":               {Name: "李", Scope: "edit", Bot: "a"},
		"/name":          {Name: " ", Scope: "edit"},
		"/scope":         {Name: "x", Scope: "root"},
		"/bot":           {Name: "x", Scope: "edit", Bot: "a b"},
		"/ratePerSecond": {Name: "x", Scope: "edit", Rate: -1},
	} {
		err := k.Validate(good)
		var told *Error
		at := ""
		if errors.As(err, &told) {
			told.Each(func(pointer, zh, en string) { at = pointer })
		}
		if at != pointer || (err == nil) != (pointer == "") {
			t.Errorf("%+v: %v at %q", k, err, at)
		}
	}
	if (Key{Name: strings.Repeat("数", 101), Scope: "edit"}).Validate(good) == nil || (Key{Name: "a\nb", Scope: "edit"}).Validate(good) == nil {
		t.Error("a bad name passes")
	}
}

// TestSessions: a cookie holds until its end, and not one bit of it can be changed.
func TestSessions(t *testing.T) {
	s, err := NewSessions(bytes.Repeat([]byte{1}, SessionSecretSize))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewSessions(bytes.Repeat([]byte{2}, SessionSecretSize))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1733965200, 0)
	cookie := s.Issue("k1", now.Add(SessionTime))
	if id, end, ok := s.Read(cookie, now); !ok || id != "k1" || !end.Equal(now.Add(SessionTime)) {
		t.Errorf("%q %v %v", id, end, ok)
	}
	if _, _, ok := s.Read(cookie, now.Add(SessionTime)); ok {
		t.Error("it holds after its end")
	}
	if _, _, ok := other.Read(cookie, now); ok {
		t.Error("it holds under another secret")
	}
	for i := range cookie {
		wrong := []byte(cookie)
		wrong[i] ^= 4 // not the bits that base64 leaves out at the end
		if _, _, ok := s.Read(string(wrong), now); ok {
			t.Errorf("it holds with character %d changed", i)
		}
	}
	token := s.CSRF(cookie)
	if !s.SameCSRF(cookie, token) || s.SameCSRF(cookie, token+"x") || s.SameCSRF(cookie, "") || other.SameCSRF(cookie, token) || s.SameCSRF(s.Issue("k2", now), token) {
		t.Error("the CSRF token")
	}
	if _, err := NewSessions(nil); err == nil {
		t.Error("sessions without a secret")
	}
}

// TestLimiter: a second's worth at once, then the rate, under any number of callers.
func TestLimiter(t *testing.T) {
	now := time.Unix(1733965200, 0)
	l := NewLimiter(10)
	passed := func(at time.Time) (n int) {
		var all sync.WaitGroup
		var mu sync.Mutex
		for range 8 {
			all.Go(func() {
				for range 10 {
					if l.Take(at) == 0 {
						mu.Lock()
						n++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		return n
	}
	if n := passed(now); n != 10 {
		t.Errorf("%d at once", n)
	}
	if wait := l.Take(now); wait != 100*time.Millisecond {
		t.Errorf("wait %v", wait)
	}
	if n := passed(now.Add(350 * time.Millisecond)); n != 3 {
		t.Errorf("%d after 350 ms", n)
	}
	if n := passed(now.Add(time.Hour)); n != 10 {
		t.Errorf("%d an hour later", n)
	}
	if (*Limiter)(nil).Take(now) != 0 || NewLimiter(0) != nil {
		t.Error("no limit limits")
	}
	if n := testing.AllocsPerRun(100, func() { l.Take(now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	slow := NewLimiter(1)
	if slow.Take(now) != 0 || slow.Take(now) == 0 || slow.Take(now.Add(time.Second)) != 0 {
		t.Error("one a second")
	}
}

// TestNewRequest: the header in quotes or without, and what makes two requests the same.
func TestNewRequest(t *testing.T) {
	a, err := NewRequest("k", `"abc"`, "s", "POST", "/v1/keys", []byte("{}"))
	if err != nil || a.Key != "abc" {
		t.Fatal(a, err)
	}
	for _, b := range [][3]string{{"PUT", "/v1/keys", "{}"}, {"POST", "/v1/key", "s{}"}, {"POST", "/v1/keys", "{ }"}} {
		r, err := NewRequest("k", "abc", "s", b[0], b[1], []byte(b[2]))
		if err != nil || r.Fingerprint == a.Fingerprint {
			t.Errorf("%v: the same request, %v", b, err)
		}
	}
	for _, bad := range []string{"", `""`, strings.Repeat("x", 256), "a\x01", "键"} {
		if _, err := NewRequest("k", bad, "s", "POST", "/", nil); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}
