package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// SessionTime is how long a console session lasts.
const SessionTime = 12 * time.Hour

// SessionSecret is the name and size of the secret that signs sessions.
const (
	SessionSecret     = "console-sessions"
	SessionSecretSize = 32
)

// Sessions signs and reads the cookies of the console. It never changes and is safe for
// concurrent use.
type Sessions struct{ secret []byte }

// NewSessions takes the secret that all nodes share.
func NewSessions(secret []byte) (*Sessions, error) {
	if len(secret) != SessionSecretSize {
		return nil, errors.New("access: the secret of sessions has the wrong size")
	}
	return &Sessions{secret}, nil
}

// Issue makes the cookie of a session of a key that ends at a moment.
func (s *Sessions) Issue(keyID string, end time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(end.Unix()))
	body = append(body, keyID...)
	return base64.RawURLEncoding.EncodeToString(append(s.mac("session", body), body...))
}

// Read returns the key of a cookie and the end of the session; false when it was not
// issued here or has ended.
func (s *Sessions) Read(cookie string, now time.Time) (keyID string, end time.Time, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) <= sha256.Size+8 {
		return "", time.Time{}, false
	}
	mac, body := raw[:sha256.Size], raw[sha256.Size:]
	if !hmac.Equal(mac, s.mac("session", body)) {
		return "", time.Time{}, false
	}
	end = time.Unix(int64(binary.BigEndian.Uint64(body)), 0)
	return string(body[8:]), end, now.Before(end)
}

// CSRF is the token that writes of a session have to bring beside its cookie: a page of
// another origin can have the cookie sent, but read neither.
func (s *Sessions) CSRF(cookie string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("csrf", []byte(cookie)))
}

// SameCSRF compares a token in constant time.
func (s *Sessions) SameCSRF(cookie, token string) bool {
	return hmac.Equal([]byte(s.CSRF(cookie)), []byte(token))
}

func (s *Sessions) mac(use string, body []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}
