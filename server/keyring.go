package server

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zhida-kb/zhida/server/access"
)

// KeyRing is the keys of the config file and those of the store, in an immutable map that
// is made anew when a key was made or revoked. A node that has lost its store goes on with
// the keys that it knows. It is safe for concurrent use.
type KeyRing struct {
	static  *StaticKeys
	store   access.Store
	rate    int
	current atomic.Pointer[keySet]
	loading sync.Mutex
}

// keySet is one state of the keys.
type keySet struct {
	version int64 // of the store's; 0: not read yet
	bySum   map[[sha256.Size]byte]*Key
	byID    map[string]*Key
}

// NewKeyRing makes a ring that holds the config file's keys; Refresh adds the store's.
// rate is how many requests a second a key may make of this node that has no rate of its
// own; 0: any number.
func NewKeyRing(static *StaticKeys, store access.Store, rate int) *KeyRing {
	r := &KeyRing{static: static, store: store, rate: rate}
	set := r.empty(nil)
	r.current.Store(&set)
	return r
}

// empty is a set of the config file's keys alone. They keep the limits of the set before.
func (r *KeyRing) empty(before *keySet) keySet {
	set := keySet{bySum: map[[sha256.Size]byte]*Key{}, byID: map[string]*Key{}}
	if r.static != nil {
		for _, key := range r.static.byID {
			own := *key
			set.add(&own, before, r.rate)
		}
	}
	return set
}

// add adds a key with its limit, unless there is one with its hash.
func (s *keySet) add(key *Key, before *keySet, rate int) {
	if s.bySum[key.sum] != nil {
		return
	}
	var old *Key
	if before != nil {
		old = before.byID[key.ID]
	}
	if old != nil {
		key.limit = old.limit // of a key it never changes
	} else {
		key.limit = access.NewLimiter(rate)
	}
	s.bySum[key.sum], s.byID[key.ID] = key, key
}

// Find returns the key with this SHA-256.
func (r *KeyRing) Find(sum *[sha256.Size]byte) *Key {
	return proven(r.current.Load().bySum[*sum], sum)
}

// ByID returns the key with this id.
func (r *KeyRing) ByID(id string) *Key { return r.current.Load().byID[id] }

// Refresh reads the store's keys if they are others than before.
func (r *KeyRing) Refresh(ctx context.Context) error {
	r.loading.Lock()
	defer r.loading.Unlock()
	before := r.current.Load()
	version, err := r.store.KeysVersion(ctx)
	if err != nil || version == before.version {
		return err
	}
	list, version, err := r.store.Keys(ctx)
	if err != nil {
		return err
	}
	set := r.empty(before)
	set.version = version
	for _, k := range list {
		scope, ok := ParseScope(k.Scope)
		if !ok {
			continue // of a newer version: it opens nothing here
		}
		rate := r.rate
		if k.Rate > 0 {
			rate = k.Rate
		}
		set.add(&Key{ID: k.ID, Name: k.Name, Scope: scope, Bot: k.Bot, sum: k.Sum, areas: scope.areas()}, before, rate)
	}
	r.current.Store(&set)
	return nil
}

// keysPoll is how often the store is asked for the version of its keys, where no wake-up
// comes: a revoked key is dead on all nodes within a second.
const keysPoll = 400 * time.Millisecond

// Follow keeps the ring true to the store until ctx ends. wake has something to read
// when the keys may have changed.
func (r *KeyRing) Follow(ctx context.Context, wake <-chan struct{}, log *slog.Logger) {
	tick := time.NewTicker(keysPoll)
	defer tick.Stop()
	lost := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
		err := r.Refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != lost {
			lost = err != nil
			if lost {
				log.Warn("the keys cannot be read; those that are known go on", "error", err)
			} else {
				log.Info("the keys can be read again")
			}
		}
	}
}
