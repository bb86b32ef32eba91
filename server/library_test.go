package server

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// newLibrary opens a library with the bots demo and other in its config file.
func newLibrary(t testing.TB, db *store.DB, metrics *Metrics) *Library {
	t.Helper()
	client, err := query.New(query.Config{Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	l, faults := OpenLibrary(LibraryConfig{DB: db, Parts: BotParts{Client: client, Metrics: metrics, MaxInFlight: 1000}, Fixed: []BotSettings{DemoBot(), {ID: "other"}}})
	if faults != nil {
		t.Fatal(faults)
	}
	t.Cleanup(func() {
		l.Close()
		client.Close()
	})
	return l
}

// newKnowledgeHouse is a house that keeps answers.
func newKnowledgeHouse(t testing.TB, db *store.DB) *house {
	t.Helper()
	return newHouse(t, Config{}, stored(t, db))
}

// call makes a request of a house without a socket.
func (h *house) call(method, path, key, body string, headers ...string) answer {
	h.t.Helper()
	ctx := request(method, path, key, body)
	for i := 0; i+1 < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	h.Handle(ctx)
	a := answer{status: ctx.Response.StatusCode(), header: map[string][]string{}, body: string(ctx.Response.Body())}
	for k, v := range ctx.Response.Header.All() {
		a.header.Add(string(k), string(v))
	}
	return a
}

// store keeps an answer and publishes it.
func publishAnswer(t testing.TB, s *knowledge.Service, bot, id, text string) {
	t.Helper()
	_, _, err := s.PutAnswer(context.Background(), knowledge.AnswerWrite{Bot: bot, ID: id, Content: knowledge.Content{Text: text}})
	if err == nil {
		_, err = s.Publish(context.Background(), knowledge.PublishWrite{Bot: bot, ID: id})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rendered renders a stored answer; "" where there is none.
func (h *house) rendered(bot, id string) string {
	h.t.Helper()
	a := h.call("POST", "/v1/bots/"+bot+"/render", adminKey, `{"answerId":"`+id+`","include":["content"]}`)
	if a.status == 404 {
		return ""
	}
	if a.status != 200 {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	var got struct {
		Content        string
		AnswerRevision int
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", got.AnswerRevision, got.Content)
}

// TestLibraryFollows: what one node publishes another one serves, and so with everything
// that is done to an answer and a bot.
func TestLibraryFollows(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		here, there := newLibrary(t, db, NewMetrics("test", 0)), newKnowledgeHouse(t, db)
		s := here.Knowledge()
		publishAnswer(t, s, "demo", "hello", "您好")
		until(t, func() bool { return there.rendered("demo", "hello") == "1 您好" })
		publishAnswer(t, s, "demo", "hello", "{{#goldMember:金牌}}您好")
		until(t, func() bool { return there.rendered("demo", "hello") == "2 您好" })

		bot := knowledge.Bot{ID: "shop", NickName: "小店", Conditions: map[string]string{"always": "true"}}
		if _, _, _, err := s.PutBot(t.Context(), knowledge.BotWrite{Bot: bot}); err != nil {
			t.Fatal(err)
		}
		publishAnswer(t, s, "shop", "a", "{{#always:是}}${robotInfo.nickName}")
		until(t, func() bool { return there.rendered("shop", "a") == "1 是小店" })
		bot.NickName, bot.Conditions = "大店", map[string]string{"always": "false"}
		if _, _, _, err := s.PutBot(t.Context(), knowledge.BotWrite{Bot: bot}); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return there.rendered("shop", "a") == "1 大店" }) // compiled anew

		if _, err := s.Unpublish(t.Context(), "shop", "a", nil); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return there.rendered("shop", "a") == "" })
		publishAnswer(t, s, "shop", "b", "乙")
		until(t, func() bool { return there.rendered("shop", "b") == "1 乙" })
		if err := s.DeleteBot(t.Context(), "shop", nil); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return there.rooms.Bots.Find("shop") == nil })
		if _, _, _, err := s.PutBot(t.Context(), knowledge.BotWrite{Bot: bot}); err != nil { // nothing of the old one comes back
			t.Fatal(err)
		}
		until(t, func() bool { return there.rooms.Bots.Find("shop") != nil })
		if got := there.rendered("shop", "b"); got != "" {
			t.Errorf("an answer of a deleted bot: %q", got)
		}
	})
}

// TestLibraryLoads: a node that starts has all that is published, and says when.
func TestLibraryLoads(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		s := newLibrary(t, db, NewMetrics("test", 0)).Knowledge()
		for i := range 30 {
			publishAnswer(t, s, "demo", fmt.Sprint("a", i), fmt.Sprint("文", i))
		}
		h := newKnowledgeHouse(t, db)
		if got := h.rendered("demo", "a29"); got != "1 文29" {
			t.Errorf("rendered %q", got)
		}
		if a := h.call("GET", "/readyz", "", ""); a.status != 200 || !strings.Contains(a.body, `"ready"`) {
			t.Errorf("readyz: %d %s", a.status, a.body)
		}
		if a := h.call("GET", "/metrics", "", ""); !strings.Contains(a.body, "zhida_published_answers 30") {
			t.Error("the metrics do not count the published answers")
		}
	})
}

// TestLibraryNotLoaded: until everything is in memory nothing is told to be unknown.
func TestLibraryNotLoaded(t *testing.T) {
	l := &Library{}
	h := newHouse(t, Config{}, func(r *Rooms) { r.Library = l })
	for _, a := range []answer{
		h.call("GET", "/readyz", "", ""),
		h.call("POST", "/v1/bots/demo/render", adminKey, `{"answerId":"a"}`),
	} {
		if a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	l.bots.Store(&map[string]*Bot{}) // loaded, and not seen the store for long
	if a := h.call("GET", "/readyz", "", ""); a.status != 200 || !strings.Contains(a.body, `"lost"`) {
		t.Errorf("without a database: %d %s", a.status, a.body)
	}
}

// TestLibraryLoadsAnew: a node that was away for longer than changes are kept loads
// everything again.
func TestLibraryLoadsAnew(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		l := newLibrary(t, db, NewMetrics("test", 0))
		until(t, l.Loaded)
		l.Close()
		publishAnswer(t, l.Knowledge(), "demo", "a", "甲")
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM changes`)
			if err == nil {
				_, err = tx.Exec(`UPDATE change_state SET pruned = 1000000`)
			}
			return err
		})
		if err == nil {
			err = l.CatchUp(t.Context())
		}
		if err != nil || l.Find("demo").answers.Load().get("a") == nil {
			t.Errorf("after a pruned feed: %v", err)
		}
	})
}

// TestRenderStoredAllocates: rendering by id has the ceiling of rendering by text.
func TestRenderStoredAllocates(t *testing.T) {
	ceiling := 2.0
	if raced {
		ceiling = 20
	}
	h := newKnowledgeHouse(t, storetest.SQLite(t))
	for _, name := range []string{"S", "M", "L"} {
		publishAnswer(t, h.rooms.Library.Knowledge(), "demo", name, workload(t, name+".answer.txt"))
		if err := h.rooms.Library.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		byID := request("POST", "/v1/bots/demo/render", renderKey, storedBody(t, name))
		byText := request("POST", "/v1/bots/demo/render", renderKey, workloadBody(t, name))
		h.Handle(byID)
		h.Handle(byText)
		want := strings.TrimSuffix(string(byText.Response.Body()), "}") + `,"answerRevision":1}`
		if got := string(byID.Response.Body()); got != want {
			t.Fatalf("%s: by id %s\nby text %s", name, got, want)
		}
		if n := testing.AllocsPerRun(200, func() { h.Handle(byID) }); n > ceiling {
			t.Errorf("%s: %v allocations, at most %v are meant", name, n, ceiling)
		}
	}
}

// storedBody is the body of a render of an answer of the workload that is stored.
func storedBody(t testing.TB, name string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"answerId": name,
		"context": json.RawMessage(workload(t, "context.json")), "include": []string{"segments"}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPublishedGet: an answer is found without an allocation, and what is not there is not.
func TestPublishedGet(t *testing.T) {
	p := newPublished()
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("answer-", i))
		p.add(newPublishedAnswer(&knowledge.Published{ID: ids[i], Revision: i + 1, Format: "html", Text: "<b>x</b>"}))
	}
	if p.count.Load() != 1000 || p.get("nobody") != nil || p.get("") != nil || (*published)(nil).get("x") != nil {
		t.Error("found what is not there")
	}
	if a := p.get("answer-41"); a.revision != 42 || a.text() != "<b>x</b>" || a.format != runtime.HTML {
		t.Errorf("found %+v", a)
	}
	if n := testing.AllocsPerRun(100, func() { p.get(ids[7]) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	changed := newPublishedAnswer(&knowledge.Published{ID: "answer-1", Revision: 9, Text: "y"})
	before := p.bytes.Load()
	p.put(map[string]*publishedAnswer{"answer-1": changed, "answer-2": nil, "nobody": nil})
	if p.get("answer-1").revision != 9 || p.get("answer-2") != nil || p.count.Load() != 999 || p.bytes.Load() >= before {
		t.Errorf("after a change: %d answers, %d bytes", p.count.Load(), p.bytes.Load())
	}
}

// BenchmarkPublishedGet is the look-up of one of many published answers, some of which are
// asked for more often than others (zipf), beside one map that never changes.
func BenchmarkPublishedGet(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		p := newPublished()
		plain := map[string]*publishedAnswer{}
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("answer-%07d", i)
			a := newPublishedAnswer(&knowledge.Published{ID: ids[i], Revision: 1, Text: "x"})
			p.add(a)
			plain[a.id()] = a
		}
		asked := make([]string, 1<<16)
		zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(n-1))
		for i := range asked {
			asked[i] = ids[zipf.Uint64()]
		}
		var held atomic.Pointer[map[string]*publishedAnswer]
		held.Store(&plain)
		for kind, get := range map[string]func(string) *publishedAnswer{
			"published": p.get, "map": func(id string) *publishedAnswer { return (*held.Load())[id] }} {
			b.Run(fmt.Sprint(n, "/", kind), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					if get(asked[i&(len(asked)-1)]).revision != 1 {
						b.Fatal("not the answer")
					}
				}
			})
		}
	}
}

// BenchmarkStored is the render route by id beside that by text.
func BenchmarkStored(b *testing.B) {
	h := newKnowledgeHouse(b, storetest.SQLite(b))
	for _, name := range []string{"S", "M", "L"} {
		publishAnswer(b, h.rooms.Library.Knowledge(), "demo", name, workload(b, name+".answer.txt"))
		if err := h.rooms.Library.CatchUp(context.Background()); err != nil {
			b.Fatal(err)
		}
		for kind, body := range map[string]string{"text": workloadBody(b, name), "id": storedBody(b, name)} {
			ctx := request("POST", "/v1/bots/demo/render", renderKey, body)
			h.Handle(ctx)
			h.Handle(ctx)
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					h.Handle(ctx)
				}
			})
		}
	}
}

// TestLibraryAway: while the store is away the library goes on with what it has.
func TestLibraryAway(t *testing.T) {
	cfg := storetest.Config(t)
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := newLibrary(t, db, NewMetrics("test", 0))
	h := newHouse(t, Config{}, func(r *Rooms) { r.Library = l })
	publishAnswer(t, l.Knowledge(), "demo", "a", "甲")
	until(t, func() bool { return l.Loaded() && h.rendered("demo", "a") == "1 甲" })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.CatchUp(t.Context()); err == nil {
		t.Error("a closed store can be followed")
	}
	l.seen.Store(time.Now().Add(-time.Hour).UnixNano())
	if a := h.call("GET", "/readyz", "", ""); a.status != 200 || !strings.Contains(a.body, "degraded") {
		t.Errorf("readyz: %d %s", a.status, a.body)
	}
	if got := h.rendered("demo", "a"); got != "1 甲" {
		t.Errorf("rendered %q", got)
	}
}

// TestMakeDemo: the bot demo is made once, with answers that are all free of errors.
func TestMakeDemo(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		l, faults := OpenLibrary(LibraryConfig{DB: db, Parts: BotParts{Metrics: NewMetrics("test", 0), MaxInFlight: 10}})
		if faults != nil {
			t.Fatal(faults)
		}
		t.Cleanup(l.Close)
		if err := l.MakeDemo(t.Context(), "http://127.0.0.1:8080"); err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, Config{}, func(r *Rooms) { r.Library = l })
		if got := h.rendered("demo", "refund"); got != "1 七天内可以申请退款。退款三个工作日内到账。" {
			t.Errorf("rendered %q", got)
		}
		for _, a := range demoAnswers("http://127.0.0.1:8080") {
			if h.rendered("demo", a.id) == "" {
				t.Errorf("%s is not published", a.id)
			}
		}
		publishAnswer(t, l.Knowledge(), "demo", "refund", "改了")
		if err := l.MakeDemo(t.Context(), "http://127.0.0.1:8081"); err != nil {
			t.Fatal(err)
		}
		if err := l.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.rendered("demo", "refund"); got != "2 改了" {
			t.Errorf("the demo was made again over what there was: %q", got)
		}
	})
}
