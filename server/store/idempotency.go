package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/zhida-kb/zhida/server/access"
)

// The fields that replies and secrets are sealed for.
const (
	replyField   = "idempotency.reply:"
	secretsField = "secrets:"
)

// BeginRequest notes a request under its Idempotency-Key, or returns what is there.
func (db *DB) BeginRequest(ctx context.Context, r access.Request) (*access.Record, error) {
	var found *access.Record
	err := db.Write(ctx, func(tx *Tx) error {
		found = nil
		now := tx.Now()
		if _, err := tx.Exec(`DELETE FROM idempotency WHERE at < ?`, Micros(now.Add(-access.KeepReplies))); err != nil {
			return err
		}
		var fingerprint, sealed []byte
		var done bool
		var at int64
		err := tx.QueryRow(`SELECT fingerprint, done <> 0, reply, at FROM idempotency WHERE key_id = ? AND key = ?`, r.KeyID, r.Key).
			Scan(&fingerprint, &done, &sealed, &at)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.Exec(`INSERT INTO idempotency (key_id, key, fingerprint, serial, done, at) VALUES (?, ?, ?, ?, 0, ?)`,
				r.KeyID, r.Key, r.Fingerprint[:], r.Serial, Micros(now))
			return err
		case err != nil:
			return err
		}
		found = &access.Record{Done: done}
		copy(found.Fingerprint[:], fingerprint)
		if sealed != nil {
			found.Reply, err = db.openReply(r, sealed)
			return err
		}
		if done || found.Fingerprint != r.Fingerprint || now.Sub(Time(at)) < access.RequestTime {
			return nil
		}
		found = nil // whoever began it is gone, and nothing of it is stored
		_, err = tx.Exec(`UPDATE idempotency SET serial = ?, at = ? WHERE key_id = ? AND key = ?`, r.Serial, Micros(now), r.KeyID, r.Key)
		return err
	})
	return found, err
}

func (db *DB) openReply(r access.Request, sealed []byte) (*access.Reply, error) {
	plain, err := db.cfg.Sealer.Open(sealed, "", replyField+r.KeyID+"/"+r.Key)
	if err != nil {
		return nil, err
	}
	reply := new(access.Reply)
	return reply, json.Unmarshal(plain, reply)
}

// FinishRequest stores the reply.
func (db *DB) FinishRequest(ctx context.Context, r access.Request, reply access.Reply) error {
	plain, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	sealed, err := db.cfg.Sealer.Seal(plain, "", replyField+r.KeyID+"/"+r.Key)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE idempotency SET reply = ? WHERE key_id = ? AND key = ? AND serial = ?`, sealed, r.KeyID, r.Key, r.Serial)
		return err
	})
}

// ForgetRequest drops the note of a request that changed nothing.
func (db *DB) ForgetRequest(ctx context.Context, r access.Request) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM idempotency WHERE key_id = ? AND key = ? AND serial = ? AND done = 0`, r.KeyID, r.Key, r.Serial)
		return err
	})
}

// Secret returns the secret of a name, which the first who asks makes.
func (db *DB) Secret(ctx context.Context, name string, size int) ([]byte, error) {
	fresh := make([]byte, size)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	mine, err := db.cfg.Sealer.Seal(fresh, "", secretsField+name)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	read := func(tx *Tx) error {
		return tx.QueryRow(`SELECT sealed FROM secrets WHERE name = ?`, name).Scan(&sealed)
	}
	err = db.Read(ctx, read)
	if errors.Is(err, sql.ErrNoRows) {
		err = db.Write(ctx, func(tx *Tx) error {
			if _, err := tx.Exec(`INSERT INTO secrets (name, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, mine); err != nil {
				return err
			}
			return read(tx)
		})
	}
	if err != nil {
		return nil, err
	}
	return db.cfg.Sealer.Open(sealed, "", secretsField+name)
}
