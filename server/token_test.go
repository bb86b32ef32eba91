package server

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
)

func testTokens(t testing.TB, seed string) *TokenKey {
	t.Helper()
	k, err := NewTokenKey([]byte(strings.Repeat(seed, TokenKeySize/len(seed))))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestTokens: what was signed comes back, from the reused maker as from Sign; any other
// byte, another key and a later time are refused.
func TestTokens(t *testing.T) {
	k, other := testTokens(t, "a"), testTokens(t, "b")
	now := time.Date(2024, 12, 12, 1, 0, 0, 0, time.UTC)
	var maker tokenMaker
	maker.key = k
	rapid.Check(t, func(r *rapid.T) {
		id := rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)
		a := Action{Bot: id.Draw(r, "bot"), Conversation: id.Draw(r, "conversation"),
			Function: rapid.SampledFrom([]string{"toChat", "endChat"}).Draw(r, "function"),
			Argument: rapid.StringN(0, 64, -1).Draw(r, "argument")}
		token := k.Sign(a, now)
		maker.begin(a.Bot, a.Conversation, now)
		if got := string(maker.append([]byte("x"), runtime.Action{Function: a.Function, Argument: a.Argument, Label: "l"})); got != "x"+token {
			r.Fatalf("the maker wrote %q, Sign %q", got, token)
		}
		for _, at := range []time.Time{now, now.Add(TokenLife - time.Second)} {
			if got, err := k.Verify(token, at); err != nil || got != a {
				r.Fatalf("at %v: %v, %v", at, got, err)
			}
		}
		if _, err := k.Verify(token, now.Add(TokenLife)); !errors.Is(err, ErrTokenExpired) {
			r.Fatalf("after its time: %v", err)
		}
		if _, err := other.Verify(token, now); !errors.Is(err, ErrTokenInvalid) {
			r.Fatalf("with another key: %v", err)
		}
		at := rapid.IntRange(0, len(token)-1).Draw(r, "at")
		c := rapid.ByteRange(' ', '~').Draw(r, "byte")
		changed := token[:at] + string(c) + token[at+1:]
		if _, err := k.Verify(changed, now); changed != token && !errors.Is(err, ErrTokenInvalid) {
			r.Fatalf("with byte %d changed: %v", at, err)
		}
		if _, err := k.Verify(token[:at], now); !errors.Is(err, ErrTokenInvalid) {
			r.Fatalf("cut at %d: %v", at, err)
		}
	})
}

// TestTokenFields: fields that only differ in where one ends and the next begins have
// different tokens.
func TestTokenFields(t *testing.T) {
	k, now := testTokens(t, "a"), time.Unix(1700000000, 0)
	one := k.Sign(Action{Bot: "ab", Conversation: "c", Function: "toChat"}, now)
	two := k.Sign(Action{Bot: "a", Conversation: "bc", Function: "toChat"}, now)
	if one == two {
		t.Error("two actions have one token")
	}
	if _, err := NewTokenKey(make([]byte, 31)); err == nil {
		t.Error("a key of 31 bytes was taken")
	}
}

func FuzzVerify(f *testing.F) {
	k, now := testTokens(f, "a"), time.Unix(1700000000, 0)
	good := k.Sign(Action{Bot: "demo", Conversation: "c", Function: "toChat", Argument: "sales"}, now)
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if a, err := k.Verify(token, now); err == nil && token != good {
			t.Errorf("%q was taken for %v", token, a)
		}
	})
}
