package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// canaries are planted wherever something personal or secret goes in.
const canary = "kanarie"

// TestPersonalIsSealed: of what visitors, agents and operators entrust to zhida nothing
// stands in the database's files, its log or our log in plain, before or after the
// visitor is erased; and after it the keys are gone too.
func TestPersonalIsSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		log := &lockedBuffer{}
		cfg.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		db := storetest.Open(t, cfg)
		v := suite.NewVendor()
		h := suite.Start(t, handoffOn(t, db, store.HandoffConfig{}), v, func(c *handoff.Config) { c.Log = cfg.Log })
		conversation, keys := plantCanaries(t, h, v, db)
		search := func(when string) {
			for where, found := range dumps(t, cfg, db) {
				if bytes.Contains(bytes.ToLower(found), []byte(canary)) {
					at := bytes.Index(bytes.ToLower(found), []byte(canary))
					t.Errorf("%s: %s holds %q", when, where, found[max(0, at-40):min(len(found), at+40)])
				}
			}
			if i := strings.Index(strings.ToLower(log.String()), canary); i >= 0 {
				t.Errorf("%s: the log holds %q", when, log.String()[max(0, i-100):i+20])
			}
		}
		search("stored")
		if n, err := h.Service.EraseVisitor(context.Background(), suite.Bot, canary+"-visitor"); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		search("erased")
		if after := dataKey(t, db, conversation); bytes.Equal(after, keys) {
			t.Error("the conversation's key is still there")
		}
		if cfg.URL != "" {
			return // deleted rows of PostgreSQL stay in its files until vacuum; what they held is sealed
		}
		for where, found := range dumps(t, cfg, db) {
			if bytes.Contains(found, keys) {
				t.Errorf("%s still holds the key of the conversation that was erased", where)
			}
		}
	})
}

// dataKey is a conversation's sealed key, as it is stored.
func dataKey(t *testing.T, db *store.DB, conversation string) (key []byte) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT data_key FROM handoff_conversations WHERE bot = ? AND id = ?`, suite.Bot, conversation).Scan(&key)
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// plantCanaries fills every place of a conversation.
func plantCanaries(t *testing.T, h *suite.House, v *suite.Vendor, db *store.DB) (conversation string, key []byte) {
	t.Helper()
	ctx := context.Background()
	if _, err := h.Service.PutAccount(ctx, suite.Bot, suite.VendorKind, handoff.Values{
		"url": json.RawMessage(`"https://` + canary + `.example"`), "password": json.RawMessage(`"` + canary + `-password"`)}); err != nil {
		t.Fatal(err)
	}
	settings := handoff.Defaults()
	settings.Connector = suite.VendorKind
	if err := h.Service.PutSettings(ctx, suite.Bot, &settings); err != nil {
		t.Fatal(err)
	}
	c, err := h.Service.CreateConversation(ctx, suite.Bot, handoff.NewConversation{
		Visitor: handoff.Visitor{ID: canary + "-visitor", Name: canary, Phone: canary, Language: "en"}, Context: json.RawMessage(`{"userInfo":{"myData":"` + canary + `"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	post := func(text string) {
		if _, err := h.Service.PostMessage(ctx, suite.Bot, c.ID, handoff.NewMessage{Text: text, ClientMessageID: canary + text}); err != nil {
			t.Fatal(err)
		}
	}
	post("a message, " + canary)
	asked, err := h.Service.Request(ctx, suite.Bot, c.ID, handoff.Ask{Question: canary, Reason: canary, History: []handoff.Turn{{Role: "user", Text: canary}}})
	if err != nil {
		t.Fatal(err)
	}
	post(canary + "@example.com")
	h.Waits(c.ID, handoff.Waiting)
	h.Hook(suite.Says(asked.Session.ID, canary, canary, c.CreatedAt))
	v.Before(func(_ context.Context, told suite.Told) error {
		if told.Text == "refused "+canary {
			return &handoff.CallError{Kind: handoff.Refused, Code: "no", Message: "not " + canary}
		}
		return &handoff.CallError{Kind: handoff.Unreachable, Code: "no", Message: "not " + canary}
	})
	post("refused " + canary)
	post("pending " + canary)
	suite.Until(t, "a dead letter", func() bool { return len(h.Dead()) == 1 })
	if _, err := h.Service.LeaveMessage(ctx, suite.Bot, c.ID, canary, canary+"@example.com"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Service.CloseByVisitor(ctx, suite.Bot, c.ID); err != nil {
		t.Fatal(err)
	}
	return c.ID, dataKey(t, db, c.ID)
}

// dumps are all bytes of a database that a test can get at: the files of SQLite, the rows
// of all tables of PostgreSQL.
func dumps(t *testing.T, cfg store.Config, db *store.DB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	if cfg.URL == "" {
		files, err := filepath.Glob(filepath.Join(cfg.Path, store.DatabaseFile+"*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.Base(f)] = b
		}
		return found
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	var names []string
	err = db.Read(ctx, func(tx *store.Tx) error {
		names = names[:0]
		return tx.Each(func(r store.Row) error {
			var name string
			err := r.Scan(&name)
			names = append(names, name)
			return err
		}, `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b := &bytes.Buffer{}
		for _, as := range []string{"", " BINARY"} {
			if _, err := conn.PgConn().CopyTo(ctx, b, fmt.Sprintf("COPY %s TO STDOUT%s", name, map[bool]string{true: " (FORMAT BINARY)"}[as != ""])); err != nil {
				t.Fatal(err)
			}
		}
		found[name] = b.Bytes()
	}
	return found
}
