package store_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestErasedLeavesLog: of conversations that were erased among others no key is left in
// SQLite's log, once those have gone who were reading it.
func TestErasedLeavesLog(t *testing.T) {
	cfg := storetest.Config(t)
	db := storetest.Open(t, cfg)
	h := suite.Start(t, handoffOn(t, db, store.HandoffConfig{}), suite.NewVendor(), nil)
	ctx := context.Background()
	keys := map[string][]byte{}
	var last string
	for i := range 240 {
		c, err := h.Service.CreateConversation(ctx, suite.Bot, handoff.NewConversation{Visitor: handoff.Visitor{ID: []string{"stays", "goes"}[i%2], Name: strings.Repeat("x", i)}})
		if err != nil {
			t.Fatal(err)
		}
		for n := range i % 4 {
			h.Post(c.ID, strings.Repeat("text", 1+(i*7+n*31)%90))
		}
		if i%2 == 1 {
			keys[c.ID] = dataKey(t, db, c.ID)
		}
		if last = c.ID; i%6 == 3 {
			if err := h.Service.EraseConversation(ctx, suite.Bot, c.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := h.Service.EraseVisitor(ctx, suite.Bot, "goes"); n != 80 || err != nil {
		t.Fatal(n, err)
	}
	left := func() (where string) {
		for name, b := range dumps(t, cfg, db) {
			for _, key := range keys {
				if strings.HasSuffix(name, "-wal") && bytes.Contains(b, key) {
					where = name
				}
			}
		}
		return where
	}
	suite.Until(t, "no key of a conversation that was erased is in the log", func() bool { return left() == "" })

	stays, err := h.Service.CreateConversation(ctx, suite.Bot, handoff.NewConversation{})
	if err != nil {
		t.Fatal(err)
	}
	keys = map[string][]byte{stays.ID: dataKey(t, db, stays.ID)}
	err = db.Read(ctx, func(tx *store.Tx) error { // somebody reads for long, as a backup does
		var n int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM handoff_conversations WHERE id = ?`, last).Scan(&n); err != nil {
			return err
		}
		if err := h.Service.EraseConversation(ctx, suite.Bot, stays.ID); err != nil {
			return err
		}
		if left() == "" {
			t.Error("the log was emptied under a reader: this test shows nothing")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	suite.Until(t, "the log is emptied", func() bool { return left() == "" })
}
