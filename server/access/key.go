package access

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Key is what is known of a key; never the key itself.
type Key struct {
	ID        string // a UUIDv7
	Name      string // how operators call it
	Scope     string // one of ScopeNames
	Bot       string // the one bot that it opens; empty: every bot
	Rate      int    // requests a second; 0: the node's own setting
	CreatedAt time.Time
}

// Stored is a key with the hash by which it is found.
type Stored struct {
	Key
	Sum Sum
}

// Store remembers keys, the audit, replies and secrets. server/store implements it. It
// is safe for concurrent use.
type Store interface {
	// AddKey stores a key under a new id and the store's time, which it returns.
	AddKey(ctx context.Context, k Key, sum Sum) (Key, error)
	// AddFirstKey is AddKey in a database that has never had one; else it does nothing
	// and says false. Of two nodes that start together one adds.
	AddFirstKey(ctx context.Context, k Key, sum Sum) (Key, bool, error)
	// Keys returns all keys that are not revoked, and the version of the set.
	Keys(ctx context.Context) ([]Stored, int64, error)
	// KeysVersion is the version of the set, which every change raises.
	KeysVersion(ctx context.Context) (int64, error)
	// ListKeys lists up to limit keys that are not revoked in the order of their ids,
	// after the given one; of a bot only where bot is not empty.
	ListKeys(ctx context.Context, bot, after string, limit int) ([]Key, error)
	// RevokeKey ends a key, of a bot only where bot is not empty, and reports whether
	// there was one.
	RevokeKey(ctx context.Context, bot, id string) (bool, error)

	// Audit lists up to limit entries, newest first, below a seq (0: from the newest); of
	// a bot only where bot is not empty.
	Audit(ctx context.Context, bot string, below int64, limit int) ([]Entry, error)
	// AuditAfter lists up to limit entries in the order of the chain, after a seq.
	AuditAfter(ctx context.Context, seq int64, limit int) ([]Entry, error)

	// BeginRequest notes a request under its Idempotency-Key. It returns what is there
	// already, nil when nothing is: then the request is to be served, and the store's
	// writes under the same context mark it as done with their commit (WithRequest).
	BeginRequest(ctx context.Context, r Request) (*Record, error)
	// FinishRequest stores the reply. ForgetRequest drops the note, so that the request
	// can be made again, unless it has been marked as done.
	FinishRequest(ctx context.Context, r Request, reply Reply) error
	ForgetRequest(ctx context.Context, r Request) error

	// Secret returns the secret of a name, which the first who asks makes: size random
	// bytes, one for all nodes, sealed at rest.
	Secret(ctx context.Context, name string, size int) ([]byte, error)
}

// Keys makes, lists and revokes keys. It is safe for concurrent use.
type Keys struct {
	Store  Store
	Random io.Reader // default crypto/rand
}

// maxName is how long a key's name may be, in characters.
const maxName = 100

// Validate says what is wrong with a key that is to be made; nil: nothing. validBot
// says which ids bots may have.
func (k Key) Validate(validBot func(string) bool) error {
	switch {
	case strings.TrimSpace(k.Name) == "" || utf8.RuneCountInString(k.Name) > maxName || strings.ContainsFunc(k.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return invalid("/name", "名称须为 1 至 100 个字符，不含控制字符", "a key's name has 1 to 100 characters, no control characters among them")
	case !slices.Contains(ScopeNames(), k.Scope):
		return invalid("/scope", "scope 只能是 "+strings.Join(ScopeNames(), "、"), "the scope must be "+strings.Join(ScopeNames(), ", "))
	case k.Bot != "" && !validBot(k.Bot):
		return invalid("/bot", "机器人 id 须为 1 至 64 个字母、数字或 . _ -", "a bot's id is 1 to 64 letters, digits, dots, underscores or hyphens")
	case k.Rate < 0:
		return invalid("/ratePerSecond", "不能小于零", "must not be below zero")
	}
	return nil
}

// Create makes a key. secret is the key itself: it is not stored and cannot be read again.
func (s *Keys) Create(ctx context.Context, k Key) (made Key, secret string, err error) {
	if secret, err = s.Secret(k.Scope); err != nil {
		return Key{}, "", err
	}
	made, err = s.Store.AddKey(ctx, k, SumOf(secret))
	if err != nil {
		return Key{}, "", err
	}
	return made, secret, nil
}

// Secret makes a key that is not stored yet.
func (s *Keys) Secret(scope string) (string, error) {
	random := s.Random
	if random == nil {
		random = rand.Reader
	}
	return NewSecret(random, scope)
}

// Revoke ends a key; bot, where it is not empty, is the only one whose keys it ends.
func (s *Keys) Revoke(ctx context.Context, bot, id string) error {
	found, err := s.Store.RevokeKey(ctx, bot, id)
	if err == nil && !found {
		return ErrNoKey
	}
	return err
}
