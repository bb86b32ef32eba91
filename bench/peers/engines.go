package main

import (
	"bytes"
	"context"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"

	"github.com/CloudyKit/jet/v6"
	"github.com/aymerick/raymond"
	"github.com/cbroglie/mustache"
	"github.com/flosch/pongo2/v6"
	"github.com/osteele/liquid"
	"github.com/valyala/fasttemplate"

	"github.com/zhida-kb/zhida/bench/dialect"
	"github.com/zhida-kb/zhida/bench/hand"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// engine compiles and renders one answer. render writes into a buffer of its own that it
// uses again, and returns it.
type engine struct {
	name    string
	dialect string
	// prepare compiles source (in the engine's syntax) and returns how it is rendered.
	prepare func(source string, w *work) (render func() ([]byte, error), err error)
	// compile only compiles; nil where that makes no sense.
	compile func(source string) error
}

// work is what an engine renders with.
type work struct {
	name    string // S, M, L
	context map[string]any
	facts   *vars.Facts
	hand    *hand.Facts
	done    []byte // the rendered answer
	vocab   *runtime.Vocabulary
}

func toBuffer(execute func(io.Writer) error) func() ([]byte, error) {
	var b bytes.Buffer
	return func() ([]byte, error) {
		b.Reset()
		err := execute(&b)
		return b.Bytes(), err
	}
}

// engines returns the peers, ours first, then the limit.
func engines(vocab *runtime.Vocabulary) []engine {
	return []engine{
		{name: "zhida", prepare: zhida(runtime.Text), compile: func(s string) error {
			runtime.Compile(s, runtime.Text, vocab, runtime.Limits{})
			return nil
		}},
		{name: "append of the finished bytes", prepare: func(_ string, w *work) (func() ([]byte, error), error) {
			var buf []byte
			return func() ([]byte, error) { buf = append(buf[:0], w.done...); return buf, nil }, nil
		}},
		{name: "Go by hand", prepare: func(_ string, w *work) (func() ([]byte, error), error) {
			f := map[string]func(*hand.Out, *hand.Facts){"S": hand.S, "M": hand.M, "L": hand.L}[w.name]
			var o hand.Out
			return func() ([]byte, error) { f(&o, w.hand); return o.Buf, nil }, nil
		}},
		{name: "zhida, html", prepare: zhida(runtime.HTML), compile: func(s string) error {
			runtime.Compile(s, runtime.HTML, vocab, runtime.Limits{})
			return nil
		}},
		{name: "fasttemplate", dialect: "fasttemplate", prepare: prepareFast},
		{name: "text/template", dialect: "go", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := template.New("").Parse(s)
			return toBuffer(func(b io.Writer) error { return t.Execute(b, w.context) }), err
		}, compile: func(s string) error { _, err := template.New("").Parse(s); return err }},
		{name: "html/template", dialect: "go", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := htmltemplate.New("").Parse(s)
			return toBuffer(func(b io.Writer) error { return t.Execute(b, w.context) }), err
		}, compile: func(s string) error {
			t, err := htmltemplate.New("").Parse(s)
			if err == nil {
				// The escaper runs at the first execution; this one ends at the first variable.
				if err = t.Execute(io.Discard, struct{}{}); err != nil && strings.Contains(err.Error(), "can't evaluate field") {
					err = nil
				}
			}
			return err
		}},
		{name: "jet", dialect: "jet", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := parseJet(s)
			vars := jet.VarMap{}
			for k, v := range w.context {
				vars.Set(k, v)
			}
			return toBuffer(func(b io.Writer) error { return t.Execute(b, vars, nil) }), err
		}, compile: func(s string) error { _, err := parseJet(s); return err }},
		{name: "mustache", dialect: "mustache", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := mustache.ParseString(s)
			return toBuffer(func(b io.Writer) error { return t.FRender(b, w.context) }), err
		}, compile: func(s string) error { _, err := mustache.ParseString(s); return err }},
		{name: "liquid", dialect: "liquid", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := liquid.NewEngine().ParseString(s)
			return func() ([]byte, error) { return t.Render(w.context) }, err
		}, compile: func(s string) error { _, err := liquid.NewEngine().ParseString(s); return err }},
		{name: "pongo2", dialect: "django", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := pongo2.FromString(s)
			return toBuffer(func(b io.Writer) error { return t.ExecuteWriter(w.context, b) }), err
		}, compile: func(s string) error { _, err := pongo2.FromString(s); return err }},
		{name: "raymond", dialect: "handlebars", prepare: func(s string, w *work) (func() ([]byte, error), error) {
			t, err := raymond.Parse(s)
			return func() ([]byte, error) { out, err := t.Exec(w.context); return []byte(out), err }, err
		}, compile: func(s string) error { _, err := raymond.Parse(s); return err }},
	}
}

func zhida(f runtime.Format) func(string, *work) (func() ([]byte, error), error) {
	return func(s string, w *work) (func() ([]byte, error), error) {
		p := runtime.Compile(s, f, w.vocab, runtime.Limits{})
		var r runtime.Render
		var buf []byte
		in := runtime.Input{Facts: w.facts}
		return func() ([]byte, error) {
			r.Run(context.Background(), p, in)
			buf = r.AppendContent(buf[:0])
			r.Segments()
			return buf, nil
		}, nil
	}
}

// prepareFast gives fasttemplate the answer with its conditions already decided, which is
// less work than the others do: it has none.
func prepareFast(s string, w *work) (func() ([]byte, error), error) {
	t, err := fasttemplate.NewTemplate(s, "{{", "}}")
	if err != nil {
		return nil, err
	}
	flat := map[string]any{}
	for scope, v := range w.context {
		if m, ok := v.(map[string]any); ok {
			for name, value := range m {
				flat[scope+"."+name] = value
			}
		}
	}
	return toBuffer(func(b io.Writer) error { _, err := t.Execute(b, flat); return err }), nil
}

func parseJet(s string) (*jet.Template, error) {
	return jet.NewSet(jet.NewInMemLoader()).Parse("answer", s)
}

// source says answer in the engine's syntax.
func (e engine) source(answer string) string {
	if e.dialect == "" {
		return answer
	}
	return dialect.Dialects()[e.dialect].Translate(answer, map[string]bool{"online": true, "vip": true})
}
