package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/zhida-kb/zhida/server/access"
)

// DB implements access.Store: keys here, the audit in audit.go, replies and secrets in
// idempotency.go.
var _ access.Store = (*DB)(nil)

// KeysTopic is woken when a key was made or revoked.
const KeysTopic = "keys"

// keyColumns are what scanKey reads.
const keyColumns = `id, name, scope, bot, rate, created_at`

func scanKey(r Row, k *access.Key, more ...any) error {
	var at int64
	err := r.Scan(append([]any{&k.ID, &k.Name, &k.Scope, &k.Bot, &k.Rate, &at}, more...)...)
	k.CreatedAt = Time(at)
	return err
}

// AddKey stores a key.
func (db *DB) AddKey(ctx context.Context, k access.Key, sum access.Sum) (access.Key, error) {
	err := db.Write(ctx, func(tx *Tx) (err error) {
		k, err = tx.addKey(k, sum)
		return err
	})
	return k, err
}

// AddFirstKey stores a key where there has never been one.
func (db *DB) AddFirstKey(ctx context.Context, k access.Key, sum access.Sum) (access.Key, bool, error) {
	first := false
	err := db.Write(ctx, func(tx *Tx) error {
		var n int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM keys`).Scan(&n); err != nil {
			return err
		}
		if first = n == 0; !first {
			return nil
		}
		var err error
		k, err = tx.addKey(k, sum)
		return err
	})
	return k, first && err == nil, err
}

func (tx *Tx) addKey(k access.Key, sum access.Sum) (access.Key, error) {
	k.ID, k.CreatedAt = tx.NewID(), tx.Now()
	access.About(tx.ctx, k.Bot, "keys/"+k.ID)
	_, err := tx.Exec(`INSERT INTO keys (`+keyColumns+`, sum) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		k.ID, k.Name, k.Scope, k.Bot, k.Rate, Micros(k.CreatedAt), sum[:])
	if err != nil {
		return k, err
	}
	return k, tx.keysChanged(k.Bot, k.ID)
}

// keysChanged tells all nodes that the set of keys is another.
func (tx *Tx) keysChanged(bot, id string) error {
	tx.Change("key", bot, id)
	tx.Wake(KeysTopic, "")
	_, err := tx.Exec(`UPDATE key_state SET version = version + 1`)
	return err
}

// Keys returns all keys that are not revoked.
func (db *DB) Keys(ctx context.Context) ([]access.Stored, int64, error) {
	var found []access.Stored
	var version int64
	err := db.Read(ctx, func(tx *Tx) error {
		found = nil
		if err := tx.QueryRow(`SELECT version FROM key_state`).Scan(&version); err != nil {
			return err
		}
		return tx.Each(func(r Row) error {
			var k access.Stored
			var sum []byte
			if err := scanKey(r, &k.Key, &sum); err != nil {
				return err
			}
			copy(k.Sum[:], sum)
			found = append(found, k)
			return nil
		}, `SELECT `+keyColumns+`, sum FROM keys WHERE revoked_at IS NULL`)
	})
	return found, version, err
}

// KeysVersion is the version of the set of keys.
func (db *DB) KeysVersion(ctx context.Context) (version int64, err error) {
	err = db.Read(ctx, func(tx *Tx) error { return tx.QueryRow(`SELECT version FROM key_state`).Scan(&version) })
	return version, err
}

// ListKeys lists keys that are not revoked.
func (db *DB) ListKeys(ctx context.Context, bot, after string, limit int) ([]access.Key, error) {
	var found []access.Key
	err := db.Read(ctx, func(tx *Tx) error {
		found = nil
		return tx.Each(func(r Row) error {
			var k access.Key
			err := scanKey(r, &k)
			found = append(found, k)
			return err
		}, `SELECT `+keyColumns+` FROM keys WHERE revoked_at IS NULL AND id > ? AND (? = '' OR bot = ?) ORDER BY id LIMIT ?`,
			after, bot, bot, limit)
	})
	return found, err
}

// RevokeKey ends a key.
func (db *DB) RevokeKey(ctx context.Context, bot, id string) (bool, error) {
	found := false
	err := db.Write(ctx, func(tx *Tx) error {
		var of string
		err := tx.QueryRow(`SELECT bot FROM keys WHERE id = ? AND revoked_at IS NULL AND (? = '' OR bot = ?)`, id, bot, bot).Scan(&of)
		if found = err == nil; errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.revoke(of, id)
	})
	return found && err == nil, err
}

func (tx *Tx) revoke(bot, id string) error {
	access.About(tx.ctx, bot, "keys/"+id)
	if _, err := tx.Exec(`UPDATE keys SET revoked_at = ? WHERE id = ?`, Micros(tx.Now()), id); err != nil {
		return err
	}
	return tx.keysChanged(bot, id)
}

// RevokeKeysOf ends the keys that are bound to a bot, for who deletes it: another bot of
// the same id later must not be open to them.
func (tx *Tx) RevokeKeysOf(bot string) error {
	n, err := tx.ExecN(`UPDATE keys SET revoked_at = ? WHERE bot = ? AND revoked_at IS NULL`, Micros(tx.Now()), bot)
	if err != nil || n == 0 {
		return err
	}
	return tx.keysChanged(bot, "")
}
