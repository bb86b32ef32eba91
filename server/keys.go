package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/access"
)

// Key is who a request comes from, once its key has been checked. But for its limit it
// never changes.
type Key struct {
	ID    string // stands in the audit
	Name  string // how operators call it; never secret
	Scope Scope
	Bot   string // the one bot it opens; empty: every bot

	sum   [sha256.Size]byte
	areas areaSet
	limit *access.Limiter // nil: none
}

// opens reports whether the key may use routes of the area.
func (k *Key) opens(a Area) bool { return k.areas.has(a) }

// Keys finds keys: StaticKeys those of the config file, KeyRing those of the store too.
// Implementations are safe for concurrent use. They are asked on every request and must
// not block.
type Keys interface {
	// Find returns the key whose SHA-256 is sum, nil when there is none.
	Find(sum *[sha256.Size]byte) *Key
	// ByID returns the key with an id, nil when there is none.
	ByID(id string) *Key
}

// KeySettings is one of `keys:` in the config file.
type KeySettings struct {
	Key   string `yaml:"key"`   // the secret itself
	Name  string `yaml:"name"`  // how operators call it; default: keys[n]
	Scope string `yaml:"scope"` // relay, render, edit, operate or admin
	Bot   string `yaml:"bot"`   // empty: every bot
}

// SettingsFault is one thing that is wrong with the settings.
type SettingsFault struct {
	Path string // where it stands, as keys[0].scope
	Text diag.Text
}

// StaticKeys are keys that never change. A nil *StaticKeys has none.
type StaticKeys struct {
	Weak []string // the names of keys that are short enough to be guessed

	bySum map[[sha256.Size]byte]*Key
	byID  map[string]*Key
}

// configKeyID names a key of the config file, the same on all nodes that have the file.
func configKeyID(sum [sha256.Size]byte) string {
	again := sha256.Sum256(append([]byte("zhida key id"), sum[:]...))
	return "config-" + hex.EncodeToString(again[:8])
}

// weakKeyLength is the length in bytes below which a key can be guessed over the
// network.
const weakKeyLength = 16

// NewStaticKeys checks the keys of the config file; the faults are all there are. Only
// the hashes of the keys are kept.
func NewStaticKeys(list []KeySettings) (*StaticKeys, []SettingsFault) {
	keys := &StaticKeys{bySum: make(map[[sha256.Size]byte]*Key, len(list)), byID: make(map[string]*Key, len(list))}
	var faults []SettingsFault
	for i, row := range list {
		path := "keys[" + strconv.Itoa(i) + "]"
		fault := func(member, zh, en string) {
			faults = append(faults, SettingsFault{path + "." + member, diag.Text{Zh: zh, En: en}})
		}
		scope, ok := ParseScope(row.Scope)
		if !ok {
			fault("scope", "必须是 relay、render、edit、operate 或 admin", "must be relay, render, edit, operate or admin")
		}
		if row.Bot != "" && !ValidID(row.Bot) {
			fault("bot", idRuleZh, idRuleEn)
		}
		switch {
		case row.Key == "":
			fault("key", "不能为空", "must not be empty")
		case !visible(row.Key):
			fault("key", "只能是不含空格的可见 ASCII 字符", "must be visible ASCII characters without spaces")
		}
		key := &Key{Name: row.Name, Scope: scope, Bot: row.Bot, sum: sha256.Sum256([]byte(row.Key)), areas: scope.areas()}
		if key.Name == "" {
			key.Name = path
		}
		key.ID = configKeyID(key.sum)
		if keys.bySum[key.sum] != nil {
			fault("key", "与前面的某个密钥相同", "is the same as one before")
		}
		keys.bySum[key.sum], keys.byID[key.ID] = key, key
		if len(row.Key) < weakKeyLength {
			keys.Weak = append(keys.Weak, key.Name)
		}
	}
	return keys, faults
}

// Find returns the key with this SHA-256, nil when there is none. The map is asked
// with a hash, so the time it takes tells nothing about any key; the hash that was
// found is compared once more in constant time.
func (k *StaticKeys) Find(sum *[sha256.Size]byte) *Key {
	if k == nil {
		return nil
	}
	return proven(k.bySum[*sum], sum)
}

// ByID returns the key with this id.
func (k *StaticKeys) ByID(id string) *Key {
	if k == nil {
		return nil
	}
	return k.byID[id]
}

// proven returns key if its hash is sum, compared in constant time.
func proven(key *Key, sum *[sha256.Size]byte) *Key {
	if key == nil || subtle.ConstantTimeCompare(key.sum[:], sum[:]) != 1 {
		return nil
	}
	return key
}

// visible reports whether s is visible ASCII, which is all that a header can carry as
// it is.
func visible(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// UsableKey reports whether a key that somebody chose can be sent in a header and has at
// least so many bytes.
func UsableKey(key string, least int) bool { return len(key) >= least && visible(key) }

// maxIDLength is how long a bot's or an answer's id may be.
const maxIDLength = 64

const (
	idRuleZh = "须为 1 至 64 个字母、数字或 . _ -"
	idRuleEn = "must be 1 to 64 letters, digits, dots, underscores or hyphens (A-Za-z0-9._-)"
)

// ValidID reports whether s may be the id of a bot, an answer or a conversation: 1 to
// 64 of A-Za-z0-9._-.
func ValidID[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > maxIDLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
