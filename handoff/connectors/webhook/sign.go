package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The headers of the optional signature.
const (
	TimestampHeader = "X-Handoff-Timestamp"
	SignatureHeader = "X-Handoff-Signature"
)

// Tolerance is how far a signature's time may lie from ours.
const Tolerance = 300 * time.Second

// Sign gives the signature's headers for a body: the time in Unix seconds, and
// "v1=" with the HMAC-SHA256 of time, "." and body in lower-case hex.
func Sign(secret string, at time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	return timestamp, "v1=" + hex.EncodeToString(mac(secret, timestamp, body))
}

func mac(secret, timestamp string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(timestamp))
	m.Write([]byte{'.'})
	m.Write(body)
	return m.Sum(nil)
}

// Verified reports whether the headers sign body and are fresh. An empty secret verifies
// nothing.
func Verified(secret, timestamp, signature string, body []byte, now time.Time) bool {
	given, ok := strings.CutPrefix(signature, "v1=")
	if secret == "" || !ok {
		return false
	}
	sum, err := hex.DecodeString(given)
	if err != nil || !hmac.Equal(sum, mac(secret, timestamp, body)) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	apart := now.Sub(time.Unix(seconds, 0))
	return apart <= Tolerance && apart >= -Tolerance
}
