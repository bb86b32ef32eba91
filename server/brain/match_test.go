package brain

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func newMatcher(t testing.TB, list ...Entry) *Matcher {
	t.Helper()
	m, err := NewMatcher(list)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestMatch(t *testing.T) {
	m := newMatcher(t,
		Entry{"refund", []string{"怎么退款？", "退款流程", "How do I get a refund?"}, day(1)},
		Entry{"refund2", []string{"退款多久到账"}, day(2)},
		Entry{"address", []string{"如何修改收货地址", "地址"}, day(3)},
		Entry{"old", []string{"营业时间"}, day(4)},
		Entry{"new", []string{"营业时间？"}, day(5)},
		Entry{"vip", []string{"会员VIP有什么权益"}, day(6)},
	)
	for _, c := range []struct{ message, want string }{
		{"怎么退款", "refund"},
		{" 怎么 退款?! ", "refund"},
		{"ＨＯＷ　ｄｏ　ｉ　ｇｅｔ　ａ　ｒｅｆｕｎｄ", "refund"},
		{"退款 流程。", "refund"},
		{"营业时间", "new"}, // the one that was published last
		{"会员vip有什么权益？", "vip"},
		{"请问如何修改收货地址呢", "address"},
		{"退款要多久才到账", "refund2"},
		{"地址", "address"},
		{"how do i get the refund", "refund"},
		{"今天天气怎么样", ""},
		{"?!。", ""},
		{"", ""},
	} {
		found, err := m.Match(c.message, DefaultThreshold)
		if err != nil {
			t.Fatal(err)
		}
		if found.AnswerID != c.want {
			t.Errorf("%q: %+v, want %q", c.message, found, c.want)
		}
	}
}

// TestMatchThreshold: the threshold is the similarity that is shown, and includes itself.
func TestMatchThreshold(t *testing.T) {
	m := newMatcher(t, Entry{"a", []string{"如何修改收货地址"}, day(1)})
	const message = "怎么修改收货地址"
	want := Similarity(Normal(message), Normal("如何修改收货地址"))
	if want <= 0.6 || want >= 0.9 {
		t.Fatalf("similarity %v", want)
	}
	for _, c := range []struct {
		threshold float64
		found     bool
	}{{want, true}, {want + .001, false}, {0, true}} {
		got, err := m.Match(message, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		if (got.AnswerID == "a") != c.found || c.found && got.Score != want {
			t.Errorf("threshold %v: %+v", c.threshold, got)
		}
	}
}

func TestMatchFollowsChanges(t *testing.T) {
	m := newMatcher(t, Entry{"a", []string{"退款流程", "退款"}, day(1)})
	look := func(message, want string) {
		t.Helper()
		got, err := m.Match(message, DefaultThreshold)
		if err != nil || got.AnswerID != want {
			t.Errorf("%q: %+v %v, want %q", message, got, err, want)
		}
	}
	look("退款流程是什么", "a")
	if err := m.Put(Entry{"a", []string{"换货流程"}, day(2)}, Entry{"b", []string{"退款流程"}, day(2)}); err != nil {
		t.Fatal(err)
	}
	look("退款流程", "b")
	look("换", "")
	look("换货流程吗", "a")
	if err := m.Remove("b"); err != nil {
		t.Fatal(err)
	}
	look("退款流程", "")
	if m.Len() != 1 {
		t.Errorf("%d answers", m.Len())
	}
}

// TestMatchOracle: whatever the index proposes, the best is found: held against comparing
// every question.
func TestMatchOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"退款", "修改", "地址", "发票", "会员", "积分", "怎么", "如何", "多久", "订单", "取消", "查询", "refund", "vip", "开具", "到账"}
	sentence := func() string {
		s := ""
		for range 2 + random.IntN(4) {
			s += words[random.IntN(len(words))]
		}
		return s
	}
	var list []Entry
	for i := range 300 {
		list = append(list, Entry{fmt.Sprintf("a%03d", i), []string{sentence()}, day(1)})
	}
	m := newMatcher(t, list...)
	missed := 0
	for range 300 {
		message := sentence()
		want := 0.0
		for _, e := range list {
			want = max(want, Similarity(Normal(message), Normal(e.Questions[0])))
		}
		got, err := m.Match(message, 0.6)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case want < 0.6 && got.AnswerID != "":
			t.Errorf("%q: %+v, but nothing is that alike", message, got)
		case want >= 0.6 && got.Score < want:
			missed++
		}
	}
	if missed > 3 {
		t.Errorf("the best was missed %d times of 300", missed)
	}
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"", "", 1}, {"a", "a", 1}, {"a", "b", 0}, {"a b", "", 0}, {"a b c d", "a b c e", 10.0 / 14}, {"退款流程", "退款", 0.6}, {"退款vip流程", "退款流程", 12.0 / 16}, {"退款", "款退", 4.0 / 6}} {
		if got := Similarity(c.a, c.b); got != c.want || Similarity(c.b, c.a) != c.want {
			t.Errorf("%q %q: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []rune("如何修改收货地址退款流程多久到账发票怎么开会员积分查询客服电话营业时间订单取消物流")
	var list []Entry
	for i := range 100_000 {
		q := make([]rune, 8+random.IntN(10))
		for k := range q {
			q[k] = words[random.IntN(len(words))]
		}
		list = append(list, Entry{fmt.Sprint(i), []string{string(q)}, day(1)})
	}
	m := newMatcher(b, list...)
	for b.Loop() {
		if _, err := m.Match("请问怎么修改收货地址啊", DefaultThreshold); err != nil {
			b.Fatal(err)
		}
	}
}
