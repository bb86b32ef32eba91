package bench

import (
	"bytes"
	"context"
	htmltemplate "html/template"
	"io"
	"strings"
	"testing"
	"text/template"

	"github.com/zhida-kb/zhida/bench/dialect"
	"github.com/zhida-kb/zhida/bench/hand"
	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// TestSameBytes: all that is compared gives the same bytes and the same segments.
func TestSameBytes(t *testing.T) {
	v, in := vocabulary(t), runtime.Input{Facts: facts(t)}
	for _, name := range names {
		var r runtime.Render
		r.Run(context.Background(), runtime.Compile(answer(t, name), runtime.Text, v, runtime.Limits{}), in)
		ours := string(r.AppendContent(nil))

		var o hand.Out
		hands[name](&o, handFacts(t))
		if string(o.Buf) != ours {
			t.Errorf("%s: by hand %q, ours %q", name, o.Buf, ours)
		}
		segments := r.Segments()
		if len(segments) != len(o.Segments) {
			t.Fatalf("%s: %d segments by hand, %d ours", name, len(o.Segments), len(segments))
		}
		for i, s := range segments {
			if h := o.Segments[i]; s != runtime.Segment(h) {
				t.Errorf("%s: segment %d by hand %+v, ours %+v", name, i, h, s)
			}
		}

		var b bytes.Buffer
		tmpl := template.Must(template.New("").Parse(dialect.Dialects()["go"].Translate(answer(t, name), nil)))
		if err := tmpl.Execute(&b, contextMap(t)); err != nil || b.String() != ours {
			t.Errorf("%s: text/template gives %q (%v)", name, b.String(), err)
		}
	}
}

// TestRenderAllocations: rendering into a reused buffer allocates nothing.
func TestRenderAllocations(t *testing.T) {
	v, in := vocabulary(t), runtime.Input{Facts: facts(t)}
	for _, format := range []runtime.Format{runtime.Text, runtime.HTML} {
		for _, name := range names {
			p := runtime.Compile(answer(t, name), format, v, runtime.Limits{})
			var r runtime.Render
			var buf []byte
			if n := testing.AllocsPerRun(100, func() {
				r.Run(context.Background(), p, in)
				buf = r.AppendContent(buf[:0])
				r.Segments()
				buf = r.AppendSegmentsJSON(buf[:0])
			}); n > 0 {
				t.Errorf("%s in %v: %v allocations", name, format, n)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	v, in, hf := vocabulary(b), runtime.Input{Facts: facts(b)}, handFacts(b)
	for _, name := range names {
		src := answer(b, name)
		p := runtime.Compile(src, runtime.Text, v, runtime.Limits{})
		h := runtime.Compile(src, runtime.HTML, v, runtime.Limits{})
		tmpl := template.Must(template.New("").Parse(dialect.Dialects()["go"].Translate(src, nil)))
		var r runtime.Render
		r.Run(context.Background(), p, in)
		done := r.AppendContent(nil)
		b.Run(name+"/limit", func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				buf = append(buf[:0], done...)
			}
		})
		b.Run(name+"/hand", func(b *testing.B) {
			var o hand.Out
			for b.Loop() {
				hands[name](&o, hf)
			}
		})
		for kind, p := range map[string]*runtime.Program{"zhida": p, "zhida-html": h} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				var r runtime.Render
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					r.Run(context.Background(), p, in)
					buf = r.AppendContent(buf[:0])
					r.Segments()
				}
			})
		}
		b.Run(name+"/texttemplate", func(b *testing.B) {
			var out bytes.Buffer
			m := contextMap(b)
			for b.Loop() {
				out.Reset()
				if err := tmpl.Execute(&out, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMixed renders a thousand different answers in turn, so that no branch
// predictor learns one by heart.
func BenchmarkMixed(b *testing.B) {
	v, in := vocabulary(b), runtime.Input{Facts: facts(b)}
	var programs []*runtime.Program
	for _, src := range corpus.Mixed(1000) {
		programs = append(programs, runtime.Compile(src, runtime.Text, v, runtime.Limits{}))
	}
	var r runtime.Render
	var buf []byte
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.Run(context.Background(), programs[i%len(programs)], in)
		buf = r.AppendContent(buf[:0])
		r.Segments()
		i++
	}
}

func BenchmarkCompile(b *testing.B) {
	v := vocabulary(b)
	for _, name := range names {
		src := answer(b, name)
		other := dialect.Dialects()["go"].Translate(src, nil)
		b.Run(name+"/zhida", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				runtime.Compile(src, runtime.Text, v, runtime.Limits{})
			}
		})
		b.Run(name+"/texttemplate", func(b *testing.B) {
			for b.Loop() {
				if _, err := template.New("").Parse(other); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/zhida-html", func(b *testing.B) {
			for b.Loop() {
				runtime.Compile(src, runtime.HTML, v, runtime.Limits{})
			}
		})
		b.Run(name+"/htmltemplate", func(b *testing.B) {
			for b.Loop() {
				t, err := htmltemplate.New("").Parse(other)
				if err != nil {
					b.Fatal(err)
				}
				// The escaper runs at the first execution, which ends at the first variable.
				if err := t.Execute(io.Discard, struct{}{}); err == nil || !strings.Contains(err.Error(), "can't evaluate field") {
					b.Fatal(err)
				}
			}
		})
	}
	plain := strings.Repeat("退款将按原支付路径返回,银行卡一般需要3-7个工作日 (节假日顺延)。", 400)
	b.Run("plain/zhida", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			runtime.Compile(plain, runtime.Text, v, runtime.Limits{})
		}
	})
	b.Run("plain/check", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			runtime.Check(plain, runtime.Text, v, runtime.Limits{})
		}
	})
	l := answer(b, "L")
	b.Run("L/check", func(b *testing.B) {
		b.SetBytes(int64(len(l)))
		for b.Loop() {
			runtime.Check(l, runtime.Text, v, runtime.Limits{})
		}
	})
	b.Run("L/parse", func(b *testing.B) {
		b.SetBytes(int64(len(l)))
		for b.Loop() {
			parser.Parse(l, parser.Options{})
		}
	})
}
