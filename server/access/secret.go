package access

import (
	"crypto/sha256"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// Prefix is what every key begins with that is made here.
const Prefix = "zhida_"

const (
	randomLength = 24 // of 62 characters each: 142 bits
	checkLength  = 6  // 62^6 is more than 2^32
	base62       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Sum is the SHA-256 of a key, all that is kept of it.
type Sum = [sha256.Size]byte

// SumOf is the hash by which a key is found.
func SumOf(secret string) Sum { return sha256.Sum256([]byte(secret)) }

// ScopeNames lists the scopes that a key may have.
func ScopeNames() []string { return []string{"relay", "render", "edit", "operate", "admin"} }

// NewSecret makes a key of a scope from a source of randomness.
func NewSecret(random io.Reader, scope string) (string, error) {
	text := make([]byte, 0, randomLength)
	var piece [2 * randomLength]byte
	for len(text) < randomLength {
		if _, err := io.ReadFull(random, piece[:]); err != nil {
			return "", err
		}
		for _, b := range piece {
			if b < 4*62 && len(text) < randomLength { // the rest would make some characters likelier
				text = append(text, base62[b%62])
			}
		}
	}
	body := Prefix + scope + "_" + string(text)
	return body + "_" + checksum(body), nil
}

// checksum is the CRC-32 of the text before it.
func checksum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	var out [checkLength]byte
	for i := checkLength - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return string(out[:])
}

// Genuine reports whether a text has the form of a key and its checksum is right.
func Genuine(secret string) bool {
	rest, ok := strings.CutPrefix(secret, Prefix)
	scope, rest, ok2 := strings.Cut(rest, "_")
	random, check, ok3 := strings.Cut(rest, "_")
	if !ok || !ok2 || !ok3 || !slices.Contains(ScopeNames(), scope) || len(random) != randomLength {
		return false
	}
	for _, c := range []byte(random) {
		if strings.IndexByte(base62, c) < 0 {
			return false
		}
	}
	return checksum(secret[:len(secret)-len(check)-1]) == check
}
