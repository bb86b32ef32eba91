// Package dialect says the workload answers in the syntax of other template engines, so
// that every peer gets the same work and, a test says so, gives the same bytes.
package dialect

import (
	"fmt"
	"strings"

	"github.com/zhida-kb/zhida/parser"
)

// Dialect is how an engine writes what the workload needs. Conditions are the booleans
// online, offline, vip and anonymous.
type Dialect struct {
	Name    string
	Escape  func(text string) string // of constant text; nil: as it is
	Value   func(scope, name string) string
	If, End func(condition string) string
}

func dotted(scope, name string) string { return scope + "." + name }

func constant(s string) func(string) string { return func(string) string { return s } }

// Dialects returns those of the engines that measure against us.
func Dialects() map[string]Dialect {
	braces := func(scope, name string) string { return "{{" + dotted(scope, name) + "}}" }
	return map[string]Dialect{
		"go": {Name: "text/template and html/template", Escape: goText, Value: func(s, n string) string { return "{{." + dotted(s, n) + "}}" },
			If: func(c string) string { return "{{if ." + c + "}}" }, End: constant("{{end}}")},
		"fasttemplate": {Name: "fasttemplate", Value: func(s, n string) string { return "{{" + dotted(s, n) + "}}" }},
		"mustache": {Name: "mustache", Value: func(s, n string) string { return "{{{" + dotted(s, n) + "}}}" },
			If: func(c string) string { return "{{#" + c + "}}" }, End: func(c string) string { return "{{/" + c + "}}" }},
		"handlebars": {Name: "raymond", Value: func(s, n string) string { return "{{{" + dotted(s, n) + "}}}" },
			If: func(c string) string { return "{{#if " + c + "}}" }, End: constant("{{/if}}")},
		"django": {Name: "pongo2", Value: func(s, n string) string { return "{{ " + dotted(s, n) + "|safe }}" },
			If: func(c string) string { return "{% if " + c + " %}" }, End: constant("{% endif %}")},
		"liquid": {Name: "osteele/liquid", Value: braces,
			If: func(c string) string { return "{% if " + c + " %}" }, End: constant("{% endif %}")},
		"jet": {Name: "jet", Value: func(s, n string) string { return "{{ " + dotted(s, n) + " | unsafe }}" },
			If: func(c string) string { return "{{ if " + c + " }}" }, End: constant("{{ end }}")},
	}
}

// goText writes text that has a {{ in it as text/template wants it.
func goText(s string) string { return strings.ReplaceAll(s, "{{", `{{"{{"}}`) }

var conditions = map[string]string{"staffOnline": "online", "staffOffline": "offline", "vipUser": "vip", "anonymityUser": "anonymous"}

// Translate says answer in the dialect. Actions become their labels. A dialect without
// If gets the content of the conditions that hold (a map by the dialect's names).
func (d Dialect) Translate(answer string, holds map[string]bool) string {
	var b strings.Builder
	t := parser.Parse(answer, parser.Options{})
	d.emit(&b, t, t.Nodes[0].Child, holds)
	return b.String()
}

func (d Dialect) emit(b *strings.Builder, t *parser.Tree, i int32, holds map[string]bool) {
	for ; i != 0; i = t.Nodes[i].Next {
		switch n := t.Nodes[i]; n.Kind {
		case parser.Text:
			s := t.Body(i)
			if d.Escape != nil {
				s = d.Escape(s)
			}
			b.WriteString(s)
		case parser.Variable:
			scope, name, _ := strings.Cut(t.Name(i), ".")
			b.WriteString(d.Value(scope, name))
		case parser.Operation:
			d.emit(b, t, n.Child, holds)
		case parser.Logic:
			c := conditions[t.Name(i)]
			switch {
			case d.If != nil:
				b.WriteString(d.If(c))
				d.emit(b, t, n.Child, holds)
				b.WriteString(d.End(c))
			case holds[c]:
				d.emit(b, t, n.Child, holds)
			}
		default:
			panic(fmt.Sprintf("dialect: the workload has no node of kind %d", n.Kind))
		}
	}
}
