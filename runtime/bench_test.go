package runtime_test

import (
	"context"
	"testing"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// The workload's answer S by hand: what a programmer would write for it and for
// nothing else. bench/ has the others and the peers.
type byHand struct {
	buf      []byte
	segments []runtime.Segment
}

func (h *byHand) render(f *vars.Facts) {
	buf, segments := h.buf[:0], h.segments[:0]
	buf = append(buf, "您好,"...)
	buf = append(buf, f.Text(vars.UserInfoVisitorName)...)
	buf = append(buf, ",欢迎来自"...)
	buf = append(buf, f.Text(vars.LocationInfoCity)...)
	buf = append(buf, "的朋友。"...)
	flags := f.Flags()
	text := len(buf)
	if flags&vars.StaffOnline != 0 {
		buf = append(buf, "您好,当前客服在线,您可"...)
		text = len(buf)
		buf = append(buf, "点击转接客服"...)
	}
	if flags&vars.StaffOffline != 0 {
		buf = append(buf, "您好,当前客服不在线,请在周一到周五的9:00-18:00联系客服"...)
		text = len(buf)
	}
	all := string(buf[:0])
	segments = append(segments, runtime.Segment{Text: all})
	if text < len(buf) {
		segments = append(segments, runtime.Segment{Action: true, Function: "toChat", Label: "点击转接客服"})
	}
	h.buf, h.segments = buf, segments
}

func BenchmarkRender(b *testing.B) {
	v := vocabulary(b)
	facts := someFacts(b, workloadFacts(b))
	b.Run("S/hand", func(b *testing.B) {
		var h byHand
		for b.Loop() {
			h.render(facts)
		}
	})
	for _, name := range []string{"S", "M", "L"} {
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML, runtime.Markdown} {
			p := runtime.Compile(workload(b, name), f, v, runtime.Limits{})
			in := runtime.Input{Facts: facts}
			b.Run(name+"/"+f.String(), func(b *testing.B) {
				var r runtime.Render
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					r.Run(context.Background(), p, in)
					buf = r.AppendContent(buf[:0])
					r.Segments()
				}
			})
			b.Run(name+"/"+f.String()+"/json", func(b *testing.B) {
				var r runtime.Render
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					r.Run(context.Background(), p, in)
					buf = r.AppendSegmentsJSON(buf[:0])
				}
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	v := vocabulary(b)
	for _, name := range []string{"S", "M", "L"} {
		src := workload(b, name)
		b.Run(name+"/parse", func(b *testing.B) {
			for b.Loop() {
				parser.Parse(src, parser.Options{})
			}
		})
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML, runtime.Markdown} {
			b.Run(name+"/"+f.String(), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					runtime.Compile(src, f, v, runtime.Limits{})
				}
			})
		}
		b.Run(name+"/check", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				runtime.Check(src, runtime.Text, v, runtime.Limits{})
			}
		})
	}
}
