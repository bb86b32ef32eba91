package server

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	stdruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// manyAnswers is how many answers TestManyAnswers keeps: few, or what ZHIDA_ANSWERS says
// (make bench-answers).
func manyAnswers(t testing.TB) int {
	n, err := strconv.Atoi(os.Getenv("ZHIDA_ANSWERS"))
	if err != nil && os.Getenv("ZHIDA_ANSWERS") != "" {
		t.Fatal(err)
	}
	return max(n, 1500)
}

// writeAnswers writes n answers of S's kind as lines of an import. One in a hundred speaks
// of 保修, one in all of 独一无二.
func writeAnswers(t testing.TB, w io.Writer, n int) error {
	text := workload(t, "S.answer.txt")
	topics := []string{"退款", "发票", "运费", "订单", "会员", "积分", "地址", "尺码", "颜色", "库存"}
	out := bufio.NewWriter(w)
	for i := range n {
		topic := topics[i%len(topics)]
		title := topic + "说明 " + strconv.Itoa(i)
		switch {
		case i == n/2:
			title = "独一无二"
		case i%100 == 7:
			title += " 保修"
		}
		line := answerLine{ID: fmt.Sprintf("answer-%07d", i), Answer: text + strconv.Itoa(i), Published: []byte("true"),
			answerContent: answerContent{Title: title, Questions: []string{"怎么办理" + topic + strconv.Itoa(i) + "？", topic + "在哪里看"}}}
		if _, err := out.Write(append(appendJSON(nil, line), '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// TestManyAnswers imports many answers, lists and searches them, and starts a second
// server on them. Its figures stand in the log.
func TestManyAnswers(t *testing.T) {
	n := manyAnswers(t)
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newKnowledgeHouse(t, db).listen()
		begun := time.Now()
		h.importMany(t, n)
		t.Logf("import of %d answers: %v", n, time.Since(begun).Round(time.Millisecond))
		for _, list := range []string{"", "query=退", "query=退款", "query=保修", "query=独一无二", "query=无此词语", "query=退款 " + strconv.Itoa(n/2)} {
			h.timeList(t, n, list)
		}
		again := newLibraryFigures(t, db)
		for _, id := range []int{0, n / 2, n - 1} {
			if again.Find("demo").answers.Load().get(fmt.Sprintf("answer-%07d", id)) == nil {
				t.Errorf("answer %d is not loaded", id)
			}
		}
	})
}

// importMany imports n answers over a socket.
func (h *house) importMany(t *testing.T, n int) {
	t.Helper()
	body, upload := io.Pipe()
	go func() { _ = upload.CloseWithError(writeAnswers(t, upload, n)) }() // never fails
	req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/answers.jsonl", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	got := h.do(req)
	if !strings.Contains(got.body, fmt.Sprintf(`"done":true,"failures":0,"lines":%d,"created":%d`, n, n)) {
		t.Fatalf("%d %s", got.status, got.body[max(0, len(got.body)-300):])
	}
}

// lookUps is how often each list is asked for.
const lookUps = 30

// timeList asks for pages of a list, and tells how long they took.
func (h *house) timeList(t *testing.T, n int, query string) {
	t.Helper()
	var took []time.Duration
	found := 0
	for i := range lookUps {
		begun := time.Now()
		cursor := ""
		if query == "" || strings.HasPrefix(query, "query=退") && !strings.Contains(query, " ") { // from anywhere
			cursor = fmt.Sprintf("answer-%07d", i*n/(lookUps+10))
		}
		list, _, err := h.rooms.Library.Knowledge().Answers(t.Context(), "demo", knowledge.Listing{Query: strings.TrimPrefix(query, "query="), After: cursor})
		if err != nil {
			t.Fatal(err)
		}
		found = len(list)
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	t.Logf("list %q: %d found, median %v, p99 %v", query, found, took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond))
}

// newLibraryFigures opens a second library and tells how long it loads and what it holds.
func newLibraryFigures(t *testing.T, db *store.DB) *Library {
	t.Helper()
	before := heap()
	begun := time.Now()
	l := newLibrary(t, db, NewMetrics("test", 0))
	until(t, l.Loaded)
	took := time.Since(begun)
	p := l.Find("demo").answers.Load()
	held := heap() - before
	begun = time.Now()
	for i := range p.count.Load() {
		p.get(fmt.Sprintf("answer-%07d", i)).compiled(l.Find("demo").vocabulary, l.cfg.Limits)
	}
	t.Logf("loaded %d answers in %v: %d bytes each; compiled in %v: %d bytes each", p.count.Load(), took.Round(time.Millisecond),
		held/p.count.Load(), time.Since(begun).Round(time.Millisecond), (heap()-before)/p.count.Load())
	return l
}

// heap is how many bytes are in use.
func heap() int64 {
	stdruntime.GC()
	var m stdruntime.MemStats
	stdruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
