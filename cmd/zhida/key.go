package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
)

// firstKeyFile is where the first admin key is written, in the data dir.
const firstKeyFile = "initial-admin.key"

// defaultKeyRate is how many requests a second a key may make of a node unless something
// else is set: no more than a bound for a client that has gone wild.
const defaultKeyRate = 250_000

// minInitialKey is how long a key has to be that an operator chooses, in bytes.
const minInitialKey = 20

// keys are the keys of a server, and what follows them.
type keys struct {
	access *server.Access
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// openKeys joins the config file's keys with the store's, makes the first one where there
// is none, and follows what is made and revoked until close.
func (s *serveCommand) openKeys(c *console, db *store.DB, static *server.StaticKeys, configured bool, log *slog.Logger) (*keys, error) {
	ctx, stop := context.WithCancel(context.Background())
	k := &keys{stop: stop}
	if given := s.initialKey(); given != "" || !configured {
		if err := firstKey(ctx, c, db, s.dir(), given); err != nil {
			return nil, errors.Join(err, k.close())
		}
	}
	secret, err := db.Secret(ctx, access.SessionSecret, access.SessionSecretSize)
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	sessions, err := access.NewSessions(secret)
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	ring := server.NewKeyRing(static, db, or(s.KeyRate, defaultKeyRate))
	changed := db.Subscribe(store.KeysTopic) // before the first look, so that nothing is missed
	if err := ring.Refresh(ctx); err != nil {
		changed.Close()
		return nil, errors.Join(err, k.close())
	}
	k.access = &server.Access{Store: db, Sessions: sessions, Ring: ring}
	k.ended.Go(func() {
		defer changed.Close()
		ring.Follow(ctx, changed.C, log)
	})
	return k, nil
}

// close ends the following.
func (k *keys) close() error {
	if k == nil {
		return nil
	}
	k.stop()
	k.ended.Wait()
	return nil
}

// firstKey makes the admin key of a database that has never had a key: the one given, or
// a new one, which is written to the data dir before it counts, so that a crash between
// the two loses none. Of several nodes that start together one makes it.
func firstKey(ctx context.Context, c *console, db *store.DB, dir, given string) error {
	fresh, err := db.KeysVersion(ctx)
	if err != nil || fresh > 1 {
		return err
	}
	k := access.Key{Name: "initial admin", Scope: server.ScopeAdmin.String()}
	ctx = access.WithNote(ctx, &access.Note{KeyID: "start", KeyName: "zhida serve", Action: "createKey"})
	if given != "" {
		_, _, err := db.AddFirstKey(ctx, k, access.SumOf(given))
		return err
	}
	path := filepath.Join(dir, firstKeyFile)
	secret, err := firstSecret(dir, path)
	if err != nil {
		return err
	}
	_, made, err := db.AddFirstKey(ctx, k, access.SumOf(secret))
	if err != nil {
		return err
	}
	if !made {
		return dropUnused(ctx, db, path, secret)
	}
	_, err = fmt.Fprintln(c.out, diag.Text{Zh: "已生成管理员密钥，保存在：" + path, En: "An admin key was made; it is in " + path}.In(c.lang))
	return err
}

// dropUnused removes the file of a key that another node was quicker than, unless that is
// the node's own: it may share the data dir.
func dropUnused(ctx context.Context, db *store.DB, path, secret string) error {
	all, _, err := db.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Sum == access.SumOf(secret) {
			return nil
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// firstSecret reads the key that an earlier start may have written, or writes a new one.
// The file appears whole or not at all; of two processes in one folder both use what the
// first wrote.
func firstSecret(dir, path string) (string, error) {
	b, err := os.ReadFile(path)
	if text := strings.TrimSpace(string(b)); err == nil && access.Genuine(text) {
		return text, nil
	}
	if err == nil {
		return "", fmt.Errorf("%s holds no key; remove it to have a new one made (文件中不是密钥，删除后会重新生成)", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	secret, err := (&access.Keys{}).Secret(server.ScopeAdmin.String())
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "."+firstKeyFile+"-*") // 0600
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its real name by then
	_, err = fmt.Fprintln(f, secret)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return firstSecret(dir, path)
	}
	return secret, err
}
