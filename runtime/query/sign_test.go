package query

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestSignKnownAnswers(t *testing.T) {
	for _, c := range []struct{ token, timestamp, nonce, want string }{
		{"myToken", "myTimestamp", "myNonce", "81ceaac69a2f44be4f98d4adbea202d5792c62bb"},
		{"tk9", "1700000000", "42", "cebb996972c8d4cfc3303f0e75457585a619b691"},
	} {
		if got := string(Sign([]byte("x"), c.token, c.timestamp, c.nonce)); got != "x"+c.want {
			t.Errorf("%s %s %s: %s, want %s", c.token, c.timestamp, c.nonce, got[1:], c.want)
		}
	}
}

func TestSignIsTheSortedJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.String(), 3, 3).Draw(t, "three")
		got := string(Sign(nil, s[0], s[1], s[2]))
		slices.Sort(s)
		want := sha1.Sum([]byte(strings.Join(s, "")))
		if got != hex.EncodeToString(want[:]) {
			t.Errorf("%q: %s, want %x", s, got, want)
		}
	})
}

func TestSignAllocates(t *testing.T) {
	dst := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { Sign(dst, "token", "1700000000", "n0123456789abcdef0123456789abcdef") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNonce(t *testing.T) {
	var raw [16]byte
	seen := map[string]bool{}
	for range 1000 {
		b, err := appendNonce(nil, rand.Reader, &raw)
		if err != nil || len(b) != nonceLen || b[0] < 'a' || b[0] > 'z' || strings.Trim(string(b), "0123456789abcdefn") != "" || seen[string(b)] {
			t.Fatalf("%q, %v", b, err)
		}
		seen[string(b)] = true
	}
	b, err := appendNonce([]byte("x"), bytes.NewReader(bytes.Repeat([]byte{0xab}, 16)), &raw)
	if string(b) != "xn"+strings.Repeat("ab", 16) || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := appendNonce(nil, bytes.NewReader(make([]byte, 15)), &raw); err == nil {
		t.Error("15 bytes made a nonce")
	}
	if _, err := appendNonce(nil, iotest.ErrReader(errors.New("no entropy")), &raw); err == nil {
		t.Error("no bytes made a nonce")
	}
}

func TestAppendSigned(t *testing.T) {
	const tail = "nonce=42&timestamp=1700000000&signature=cebb996972c8d4cfc3303f0e75457585a619b691"
	for _, c := range []struct{ target, want string }{
		{"", "/?"},
		{"?", "/?"},
		{"?a", "/?a&"},
		{"/", "/?"},
		{"/u", "/u?"},
		{"/u?", "/u?"},
		{"/u?a=b", "/u?a=b&"},
		{"/u?a=b&", "/u?a=b&"},
		{"/u?a=b?", "/u?a=b?"},
		{"/u?a=b;", "/u?a=b;&"},
		{"/u&", "/u&?"},
		{"/a/../b//c", "/a/../b//c?"},
	} {
		if got := string(appendSigned(nil, c.target, "42", "1700000000", "tk9")); got != c.want+tail {
			t.Errorf("%q: %s", c.target, got)
		}
	}
}

func TestSignWebhook(t *testing.T) {
	key := []byte("0123456789abcdef01234567")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("msg_1.1700000000.GET https://x.cn/a?b"))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if got := string(SignWebhook(nil, key, "msg_1", "1700000000", "https://x.cn/a?b")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWebhookKey(t *testing.T) {
	raw := bytes.Repeat([]byte{7}, 64)
	enc := base64.StdEncoding.EncodeToString
	for _, good := range []string{"whsec_" + enc(raw[:24]), enc(raw[:24]), "whsec_" + enc(raw)} {
		if key, err := webhookKey(good); err != nil || !bytes.HasPrefix(raw, key) {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_" + enc(raw[:23]), enc(append(raw, 1)), "whsec_not base64", "WHSEC_" + enc(raw[:24])} {
		if _, err := webhookKey(bad); err == nil {
			t.Errorf("%s was taken", bad)
		} else if strings.Contains(err.Error(), enc(raw[:23])) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}
