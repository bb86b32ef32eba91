package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// foreign is what the isolation test knows of a route whose path names more than a bot. A
// route without an entry fails the test.
type foreign struct {
	// seed makes what the path names, in the bot demo, with the word canary in all its
	// texts, and returns the values of the path's parameters but {bot}.
	seed func(h *house) map[string]string
	send string // the body
	// own: the route makes or changes things of the bot that the path or the key names,
	// under whatever id; so a key of another bot may succeed, in its own bot.
	own bool
	// look is a path that shows an admin what was seeded; parameters as in the route's.
	look string
}

// foreigners are the entries by operation id. Each part of the route table has its own.
func foreigners() map[string]foreign {
	all := map[string]foreign{}
	for _, part := range []map[string]foreign{accessForeigners(), answerForeigners(), humanForeigners()} {
		maps.Copy(all, part)
	}
	return all
}

// accessForeigners are those of keys.
func accessForeigners() map[string]foreign {
	return map[string]foreign{
		"revokeKey": {look: "/v1/keys", seed: func(h *house) map[string]string {
			k, err := h.rooms.Access.Store.AddKey(h.t.Context(), access.Key{Name: "canary", Scope: "admin", Bot: "demo"}, access.SumOf("canary"))
			if err != nil {
				h.t.Fatal(err)
			}
			return map[string]string{"id": k.ID}
		}},
	}
}

// answerForeigners are those of answers.
func answerForeigners() map[string]foreign {
	const look = "/v1/bots/{bot}/answers/{id}"
	n := 0
	seed := func(h *house) map[string]string {
		n++
		id := fmt.Sprint("secret-", n)
		k := h.rooms.Library.Knowledge()
		for range 2 {
			publishAnswer(h.t, k, "demo", id, fmt.Sprint("canary ", h.t.Name(), n))
			n++
		}
		return map[string]string{"id": id, "n": "2"}
	}
	all := map[string]foreign{}
	for id, body := range map[string]string{
		"getAnswer": "", "archiveAnswer": "", "publishAnswer": "{}", "unpublishAnswer": "", "rollbackAnswer": `{"revision":1}`,
		"listRevisions": "", "getRevision": "", "diffRevisions": "",
		"getCases": "", "putCases": `{"cases":[]}`, "testAnswer": "", "coverage": "",
	} {
		all[id] = foreign{seed: seed, send: body, look: look}
	}
	all["putAnswer"] = foreign{seed: seed, send: `{"answer":"x"}`, look: look, own: true}
	return all
}

// seeded is a route with what its path names.
type seeded struct {
	*route
	foreign
	ids map[string]string
}

// fill fills a path's parameters.
func (s seeded) fill(path, bot string) string {
	path = strings.ReplaceAll(path, "{bot}", bot)
	for name, value := range s.ids {
		path = strings.ReplaceAll(strings.ReplaceAll(path, "{"+name+"}", value), "{"+name+"...}", value)
	}
	return path
}

// seedAll makes what the paths of all routes name.
func seedAll(t *testing.T, h *house) []seeded {
	t.Helper()
	known := foreigners()
	var list []seeded
	for _, r := range routes(false) {
		r.finish()
		entry, ok := known[r.doc.id]
		delete(known, r.doc.id)
		others := slices.DeleteFunc(slices.Clone(r.params), func(name string) bool { return name == "bot" })
		if r.area == AreaOpen {
			continue // nobody's
		}
		if len(others) > 0 && !ok {
			t.Errorf("%s %s has no entry in the isolation test", r.method, r.path)
			continue
		}
		s := seeded{route: r, foreign: entry}
		if len(others) == 0 {
			s.own = true
		}
		if entry.seed != nil {
			s.ids = entry.seed(h)
		}
		if p := s.fill(r.path, "demo"); strings.Contains(p, "{") {
			t.Errorf("%s %s: nothing is seeded for %s", r.method, r.path, p)
		}
		list = append(list, s)
	}
	for id := range known {
		t.Errorf("%s has an entry in the isolation test, and is no route with a key", id)
	}
	return list
}

// TestIsolation goes through every route, every scope and every foreign id: a key that is
// bound to a bot gets nothing of another's, changes nothing of it, and cannot tell what
// there is.
func TestIsolation(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, Config{}, stored(t, db), human(t, db)).listen()
		all := seedAll(t, h)
		see := func() map[string]string {
			seen := map[string]string{}
			for _, s := range all {
				if s.look == "" {
					continue
				}
				got := h.send("GET", s.fill(s.look, "demo"), adminKey, "")
				if got.status != 200 || !strings.Contains(got.body, "canary") {
					t.Errorf("%s is not seen: %d %s", s.fill(s.look, "demo"), got.status, got.body)
				}
				seen[s.doc.id] = got.body
			}
			return seen
		}
		before := see()
		for _, s := range all {
			for _, scope := range scopes() {
				h.intrude(t, s, scope)
			}
		}
		if after := see(); !maps.Equal(before, after) {
			for id := range before {
				if before[id] != after[id] {
					t.Errorf("%s: what was seeded is not as it was:\n%s\n%s", id, before[id], after[id])
				}
			}
		}
	})
}

// intrude tries a route with a key of another bot: by the bot's own path, and by the key's
// with the foreign ids.
func (h *house) intrude(t *testing.T, s seeded, scope scopeRow) {
	t.Helper()
	key := scope.name + "-other-0123456789"
	opens := slices.Contains(scope.areas, s.area)
	if len(s.doc.replies) > 0 && s.doc.replies[0].media == "text/event-stream" { // it ends at once
		h.leaving.Store(true)
		defer h.leaving.Store(false)
	}
	bots := []string{"other"}
	if s.hasBot {
		bots = append(bots, "demo")
	}
	for _, bot := range bots {
		path := s.fill(s.path, bot)
		got := h.send(s.method, path, key, s.send)
		name := s.method + " " + path + " with a key of scope " + scope.name
		switch {
		case strings.Contains(got.body, "canary"):
			t.Errorf("%s: it shows %s", name, got.body)
		case bot == "demo" && got.status != 403, !opens && got.status != 403:
			t.Errorf("%s: %d, want 403", name, got.status)
		case opens && bot != "demo" && !s.own && got.status != 404:
			t.Errorf("%s: %d %s, want 404", name, got.status, got.body)
		}
	}
}
