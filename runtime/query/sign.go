package query

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Sign appends the signature of a data call to dst: the lower-case hex SHA-1 of
// token, timestamp and nonce, sorted as byte strings and joined without a
// separator. This is what the language asks for; it covers neither URL nor
// parameters and serves only to show that the caller knows the token. Nothing
// is allocated for tokens of up to 200 bytes when dst has room.
func Sign(dst []byte, token, timestamp, nonce string) []byte {
	a, b, c := token, timestamp, nonce
	if a > b {
		a, b = b, a
	}
	if b > c {
		b, c = c, b
	}
	if a > b {
		a, b = b, a
	}
	var room [256]byte
	joined := append(append(append(room[:0], a...), b...), c...)
	sum := sha1.Sum(joined)
	return hex.AppendEncode(dst, sum[:])
}

// nonceLen is the length of a nonce: a letter, so that it can never be taken
// for a piece of the timestamp (joining without separators is ambiguous), and
// 128 random bits in hex.
const nonceLen = 1 + 32

// appendNonce appends a fresh nonce made of 16 bytes from random. raw is
// scratch space that the caller keeps.
func appendNonce(dst []byte, random io.Reader, raw *[16]byte) ([]byte, error) {
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return dst, fmt.Errorf("nonce: %w", err)
	}
	return hex.AppendEncode(append(dst, 'n'), raw[:]), nil
}

// appendSigned appends the request target with the three parameters: behind
// "?", or "&" where target has a query, or nothing where that ends in "?" or "&".
func appendSigned(dst []byte, target, nonce, timestamp, token string) []byte {
	if target == "" || target[0] == '?' {
		dst = append(dst, '/') // the empty path, RFC 9112, section 3.2.1
	}
	dst = append(dst, target...)
	switch {
	case strings.IndexByte(target, '?') < 0:
		dst = append(dst, '?')
	case strings.HasSuffix(target, "?") || strings.HasSuffix(target, "&"):
	default:
		dst = append(dst, '&')
	}
	dst = append(append(dst, "nonce="...), nonce...)
	dst = append(append(dst, "&timestamp="...), timestamp...)
	return Sign(append(dst, "&signature="...), token, timestamp, nonce)
}

// webhookKey decodes a Standard Webhooks secret: "whsec_" (which may be left
// out) and the base64 of 24 to 64 bytes.
func webhookKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, errors.New("the webhook secret is not whsec_ and base64")
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("the webhook secret has %d bytes, not 24 to 64", len(key))
	}
	return key, nil
}

// SignWebhook appends a Standard Webhooks signature, "v1," and the base64 of
// HMAC-SHA256 under key, of
//
//	id + "." + timestamp + "." + "GET " + url
//
// to dst. The payload that the specification signs is a body; a data call has
// none, so method and URL stand in its place. url is the absolute URL as
// requested, the three parameters included: the scheme in lower case, "://", the Host
// header and the request target, byte for byte.
func SignWebhook(dst, key []byte, id, timestamp, url string) []byte {
	mac := hmac.New(sha256.New, key)
	for _, s := range [...]string{id, ".", timestamp, ".GET ", url} {
		mac.Write([]byte(s))
	}
	return base64.StdEncoding.AppendEncode(append(dst, "v1,"...), mac.Sum(nil))
}
