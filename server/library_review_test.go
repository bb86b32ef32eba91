package server

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestLibraryReview: when the settings of a bot of the config file no longer fit its
// published answers, by errors or by their examples, the next start tells which, and serves
// them all the same.
func TestLibraryReview(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		log := new(safeBuffer)
		start := func(conditions map[string]string) *Library {
			t.Helper()
			client, err := query.New(query.Config{Dev: true})
			if err != nil {
				t.Fatal(err)
			}
			l, faults := OpenLibrary(LibraryConfig{DB: db, Parts: BotParts{Client: client, Metrics: NewMetrics("test", 0), MaxInFlight: 10},
				Fixed: []BotSettings{{ID: "demo", Conditions: conditions}}, Log: slog.New(slog.NewTextHandler(log, nil))})
			if faults != nil {
				t.Fatal(faults)
			}
			t.Cleanup(func() {
				l.Close()
				client.Close()
			})
			until(t, l.Loaded)
			return l
		}
		first := start(map[string]string{"gold": "true", "silver": "true"})
		s := first.Knowledge()
		publishAnswer(t, s, "demo", "case", "{{#silver:银牌}}您好")
		want := "银牌您好"
		if _, err := s.PutCases(t.Context(), knowledge.CaseWrite{Bot: "demo", ID: "case", Cases: []knowledge.Case{{Name: "小王", Content: &want}}}); err != nil {
			t.Fatal(err)
		}
		publishAnswer(t, s, "demo", "error", "{{#gold:金牌}}您好")
		publishAnswer(t, s, "demo", "fine", "您好")
		first.Close()
		if log := log.String(); strings.Contains(log, "answer=") {
			t.Errorf("nothing was wrong: %s", log)
		}
		l := start(map[string]string{"silver": "false"})
		until(t, func() bool { return l.unsound.count() == 2 })
		l.Close() // the review has ended, and with it the log
		for _, line := range []string{"answer=case revision=1 errors=\"\" failing_examples=1", "answer=error revision=1 errors=unknown_condition failing_examples=0"} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log does not say %q: %s", line, log)
			}
		}
		if strings.Contains(log.String(), "小王") || strings.Contains(log.String(), "answer=fine") {
			t.Errorf("the log says too much: %s", log)
		}
		h := newHouse(t, Config{}, func(r *Rooms) { r.Library = l })
		if got := h.rendered("demo", "case"); got != "1 您好" {
			t.Errorf("rendered %q", got)
		}
		publishAnswer(t, l.Knowledge(), "demo", "error", "您好")
		if err := l.CatchUp(t.Context()); err != nil || l.unsound.count() != 1 {
			t.Errorf("after one was mended %d are left, %v", l.unsound.count(), err)
		}
	})
}
