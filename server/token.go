package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

// Action tokens. A rendered answer that belongs to a conversation carries one with each
// action; whoever sends it back proves that zhida offered this action in this
// conversation. A token is
//
//	base64url( version ∥ expiry ∥ four fields ∥ mac )
//
// without padding: the version is the byte 1, the expiry Unix seconds in 8 bytes, most
// significant first. The fields are bot, conversation, function and argument, each
// behind its length in 2 bytes, so that no two sets of fields are written alike. mac is
// the first 16 bytes of the HMAC-SHA256 of all before it. Nothing in it is secret, and
// nothing in it can be changed. It may be used any number of times until it expires.
const (
	tokenVersion = 1
	tokenMAC     = 16
	tokenHead    = 1 + 8

	// TokenLife is how long an action can be clicked.
	TokenLife = 24 * time.Hour

	// TokenKeySize is the size of a TokenKey in bytes.
	TokenKeySize = 32
)

// TokenKey signs action tokens. Every node of a cluster has the same, and keeps it over
// a restart, or the actions of older answers cannot be clicked.
type TokenKey struct{ key [TokenKeySize]byte }

// NewTokenKey takes TokenKeySize random bytes as the key.
func NewTokenKey(random []byte) (*TokenKey, error) {
	if len(random) != TokenKeySize {
		return nil, errors.New("an action key has 32 bytes")
	}
	return &TokenKey{key: [TokenKeySize]byte(random)}, nil
}

// Action is what a token speaks of.
type Action struct {
	Bot, Conversation  string
	Function, Argument string
}

// Why a token is refused.
var (
	ErrTokenInvalid = errors.New("the action token is not valid")
	ErrTokenExpired = errors.New("the action token has expired")
)

// Sign returns a token for the action that ends TokenLife after now.
func (k *TokenKey) Sign(a Action, now time.Time) string {
	m := tokenMaker{key: k}
	m.begin(a.Bot, a.Conversation, now)
	return string(m.append(nil, runtime.Action{Function: a.Function, Argument: a.Argument}))
}

// Verify returns what the token speaks of. The error is ErrTokenExpired for one that
// was good once, ErrTokenInvalid for all else. Whether it belongs to the conversation
// that it came with is the caller's to compare.
func (k *TokenKey) Verify(token string, now time.Time) (Action, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < tokenHead+tokenMAC || raw[0] != tokenVersion {
		return Action{}, ErrTokenInvalid
	}
	signed, mac := raw[:len(raw)-tokenMAC], raw[len(raw)-tokenMAC:]
	h := hmac.New(sha256.New, k.key[:])
	h.Write(signed)
	if subtle.ConstantTimeCompare(h.Sum(nil)[:tokenMAC], mac) != 1 {
		return Action{}, ErrTokenInvalid
	}
	rest := signed[tokenHead:]
	var a Action
	for _, field := range []*string{&a.Bot, &a.Conversation, &a.Function, &a.Argument} {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return Action{}, ErrTokenInvalid
		}
		n := int(binary.BigEndian.Uint16(rest))
		*field, rest = string(rest[2:2+n]), rest[2+n:]
	}
	if len(rest) > 0 {
		return Action{}, ErrTokenInvalid
	}
	if now.Unix() >= int64(binary.BigEndian.Uint64(signed[1:])) { //nolint:gosec // written by Sign
		return Action{}, ErrTokenExpired
	}
	return a, nil
}

// tokenMaker writes the tokens of one render. It is reused; a warm one allocates
// nothing.
type tokenMaker struct {
	key  *TokenKey
	mac  hash.Hash
	head []byte // version, expiry, bot, conversation
	raw  []byte
}

// begin sets what all tokens of the render share.
func (m *tokenMaker) begin(bot, conversation string, now time.Time) {
	if m.mac == nil {
		m.mac = hmac.New(sha256.New, m.key.key[:])
	}
	m.head = append(m.head[:0], tokenVersion)
	m.head = binary.BigEndian.AppendUint64(m.head, uint64(now.Add(TokenLife).Unix())) //nolint:gosec // after 1970
	m.head = appendField(appendField(m.head, bot), conversation)
}

// append appends the token of an action.
func (m *tokenMaker) append(dst []byte, a runtime.Action) []byte {
	m.raw = append(m.raw[:0], m.head...)
	m.raw = appendField(appendField(m.raw, a.Function), a.Argument)
	m.mac.Reset()
	m.mac.Write(m.raw)
	end := len(m.raw) + tokenMAC
	m.raw = m.mac.Sum(m.raw)[:end]
	n := base64.RawURLEncoding.EncodedLen(end)
	dst = slices.Grow(dst, n)
	base64.RawURLEncoding.Encode(dst[len(dst):len(dst)+n], m.raw)
	return dst[:len(dst)+n]
}

// appendField appends a field with its length. Ids have at most 64 bytes, arguments at
// most 64 characters; what cannot be is cut off rather than written wrong.
func appendField(dst []byte, field string) []byte {
	field = field[:min(len(field), 1<<16-1)]
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(field))) //nolint:gosec // cut above
	return append(dst, field...)
}
