package store_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// noted is a context whose writes are audited.
func noted(t testing.TB, action string) context.Context {
	t.Helper()
	return access.WithNote(t.Context(), &access.Note{KeyID: "k1", KeyName: "Ana", Action: action, Bot: "demo"})
}

// TestKeys: a key is found until it is revoked, every change raises the version and wakes
// who waits, and a bot's own view holds nothing of another's.
func TestKeys(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		keys := &access.Keys{Store: db}
		woken := db.Subscribe(store.KeysTopic)
		defer woken.Close()
		before, err := db.KeysVersion(ctx)
		if err != nil {
			t.Fatal(err)
		}
		made, secret, err := keys.Create(ctx, access.Key{Name: "render", Scope: "render", Bot: "demo", Rate: 7})
		if err != nil || !access.Genuine(secret) || made.ID == "" || made.CreatedAt.IsZero() {
			t.Fatalf("%v %q %+v", err, secret, made)
		}
		if _, _, err := keys.Create(ctx, access.Key{Name: "admin", Scope: "admin"}); err != nil {
			t.Fatal(err)
		}
		<-woken.C
		all, version, err := db.Keys(ctx)
		if err != nil || len(all) != 2 || version <= before {
			t.Fatalf("%v %v %d", err, all, version)
		}
		i := slices.IndexFunc(all, func(k access.Stored) bool { return k.Sum == access.SumOf(secret) })
		if i < 0 || all[i].Key != made {
			t.Fatalf("%+v, want %+v", all, made)
		}
		if list, err := db.ListKeys(ctx, "", "", 1); err != nil || len(list) != 1 || list[0] != made {
			t.Errorf("%v %v", err, list)
		}
		if list, err := db.ListKeys(ctx, "", made.ID, 9); err != nil || len(list) != 1 || list[0].Name != "admin" {
			t.Errorf("%v %v", err, list)
		}
		if list, err := db.ListKeys(ctx, "demo", "", 9); err != nil || len(list) != 1 || list[0] != made {
			t.Errorf("%v %v", err, list)
		}
		for _, bot := range []string{"other"} {
			if err := keys.Revoke(ctx, bot, made.ID); !errors.Is(err, access.ErrNoKey) {
				t.Errorf("revoked for another bot: %v", err)
			}
		}
		if err := keys.Revoke(ctx, "", made.ID); err != nil {
			t.Fatal(err)
		}
		if err := keys.Revoke(ctx, "", made.ID); !errors.Is(err, access.ErrNoKey) {
			t.Errorf("revoked twice: %v", err)
		}
		if all, v, err := db.Keys(ctx); err != nil || len(all) != 1 || v <= version {
			t.Errorf("%v %v %d", err, all, v)
		}
	})
}

// TestFirstKey: of many who start together one makes the first key, and none is made when
// all were revoked.
func TestFirstKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		var all sync.WaitGroup
		var mu sync.Mutex
		var made []access.Key
		for i := range 8 {
			all.Go(func() {
				k, ok, err := db.AddFirstKey(t.Context(), access.Key{Name: "first", Scope: "admin"}, access.Sum{byte(i)})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ok {
					made = append(made, k)
				}
			})
		}
		all.Wait()
		if len(made) != 1 {
			t.Fatalf("%d first keys", len(made))
		}
		if ok, err := db.RevokeKey(t.Context(), "", made[0].ID); err != nil || !ok {
			t.Fatal(err)
		}
		if _, ok, err := db.AddFirstKey(t.Context(), access.Key{Name: "first", Scope: "admin"}, access.Sum{99}); ok || err != nil {
			t.Errorf("%v %v", ok, err)
		}
	})
}

// TestAudit: there is an entry for every write that changed something and was noted, none
// for the others; the chain holds under many writers, and shows what was tampered with.
func TestAudit(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		add := func(ctx context.Context, n byte) error {
			_, err := db.AddKey(ctx, access.Key{Name: "n", Scope: "render", Bot: "demo"}, access.Sum{n})
			return err
		}
		if err := add(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(noted(t, "nothing"), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE keys SET rate = 1 WHERE id = 'nosuch'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		failed := errors.New("failed")
		if err := db.Write(noted(t, "failed"), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE keys SET rate = 1`)
			return errors.Join(err, failed)
		}); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if list, err := db.Audit(ctx, "", 0, 10); err != nil || len(list) != 0 {
			t.Fatalf("entries of nothing: %v %v", err, list)
		}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := add(noted(t, "createKey"), byte(100+i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		last, err := access.Verify(ctx, db)
		if err != nil || last.Seq != 20 {
			t.Fatalf("%v: %d entries", err, last.Seq)
		}
		list, err := db.Audit(ctx, "demo", 20, 2)
		if err != nil || len(list) != 2 || list[0].Seq != 19 || list[0].Note.KeyName != "Ana" || !strings.HasPrefix(list[0].Note.Object, "keys/") {
			t.Errorf("%v %+v", err, list)
		}
		if list, err := db.Audit(ctx, "other", 0, 10); err != nil || len(list) != 0 {
			t.Errorf("of another bot: %v %v", err, list)
		}
		for _, c := range []struct{ tamper, want string }{ // each before the last, so that it is met first
			{`DELETE FROM audit WHERE seq = 9`, "behind entry 8 stands 10"},
			{`UPDATE audit SET at = at + 1 WHERE seq = 8`, "entry 8 was changed"},
			{`UPDATE audit SET key_name = 'Bob' WHERE seq = 7`, "entry 7 was changed"},
			{`UPDATE audit SET hash = previous WHERE seq = 6`, "entry 6 was changed"},
			{`UPDATE audit SET previous = hash WHERE seq = 5`, "entry 5 does not hold the hash"},
		} {
			write(t, db, func(tx *store.Tx) error {
				_, err := tx.Exec(c.tamper)
				return err
			})
			if _, err := access.Verify(ctx, db); !errors.Is(err, access.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.tamper, err)
			}
		}
	})
}

// TestIdempotency: a request is begun once, its reply comes back, another request under
// the key is refused, and what was committed is not done again.
func TestIdempotency(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		r := access.Request{KeyID: "k1", Key: "abc", Fingerprint: access.Sum{1}, Serial: "s1"}
		begin := func(r access.Request) *access.Record {
			t.Helper()
			found, err := db.BeginRequest(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if begin(r) != nil {
			t.Fatal("a new request is known")
		}
		again := r
		again.Serial = "s2"
		if _, err := begin(again).Judge(r.Fingerprint); !errors.Is(err, access.ErrRunning) {
			t.Error(err)
		}
		foreign := r
		foreign.KeyID = "k2"
		if begin(foreign) != nil {
			t.Error("another key's request is known")
		}
		if err := db.ForgetRequest(ctx, again); err != nil { // not its own
			t.Fatal(err)
		}
		if begin(again) == nil {
			t.Error("forgotten by who did not begin it")
		}
		if err := db.ForgetRequest(ctx, r); err != nil {
			t.Fatal(err)
		}
		if begin(r) != nil {
			t.Error("not forgotten")
		}
		if _, err := db.AddKey(access.WithRequest(ctx, &r), access.Key{Name: "n", Scope: "edit"}, access.Sum{1}); err != nil {
			t.Fatal(err)
		}
		if err := db.ForgetRequest(ctx, r); err != nil {
			t.Fatal(err)
		}
		if _, err := begin(again).Judge(r.Fingerprint); !errors.Is(err, access.ErrReplyLost) {
			t.Error(err)
		}
		want := access.Reply{Status: 201, Headers: map[string]string{"ETag": `"1"`}, Body: []byte(`{"key":"canary-0123456789"}`)}
		if err := db.FinishRequest(ctx, r, want); err != nil {
			t.Fatal(err)
		}
		got, err := begin(again).Judge(r.Fingerprint)
		if err != nil || got.Status != 201 || !bytes.Equal(got.Body, want.Body) || got.Headers["ETag"] != `"1"` {
			t.Errorf("%v %+v", err, got)
		}
		if _, err := begin(again).Judge(access.Sum{2}); !errors.Is(err, access.ErrReused) {
			t.Error(err)
		}
	})
}

// TestSecret: whoever asks gets the same secret, which is sealed.
func TestSecret(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		var all sync.WaitGroup
		got := make([][]byte, 8)
		for i := range got {
			all.Go(func() {
				var err error
				if got[i], err = db.Secret(t.Context(), "s", 32); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, s := range got {
			if len(s) != 32 || !bytes.Equal(s, got[0]) {
				t.Fatalf("%x, %x", s, got[0])
			}
		}
		if other, err := db.Secret(t.Context(), "other", 32); err != nil || bytes.Equal(other, got[0]) {
			t.Errorf("%v", err)
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.Each(func(r store.Row) error {
				var sealed []byte
				err := r.Scan(&sealed)
				if bytes.Contains(sealed, got[0][:8]) {
					t.Error("the secret stands in its table")
				}
				return err
			}, `SELECT sealed FROM secrets`)
		})
		if err != nil {
			t.Error(err)
		}
	})
}
