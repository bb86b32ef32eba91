package lint

import (
	"bytes"
	"encoding/json"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// metrics are the series that the product has, read from its source, with the labels of each.
// Those of the target (instance, job) go without saying.
func metrics(t *testing.T) map[string][]string {
	t.Helper()
	series := map[string][]string{"process_resident_memory_bytes": nil, "process_cpu_seconds_total": nil, "go_goroutines": nil}
	files, err := filepath.Glob(filepath.Join(root, "server/metrics*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := goparser.ParseFile(token.NewFileSet(), file, nil, goparser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			var name string
			var labels []string
			for _, arg := range call.Args {
				for i, text := range texts(arg) {
					switch {
					case name == "" && i == 0 && strings.HasPrefix(text, "zhida_"):
						name = text
					case name != "" && !strings.Contains(text, " "):
						labels = append(labels, text)
					}
				}
			}
			if name != "" {
				for _, suffix := range []string{"", "_count", "_sum"} {
					series[name+suffix] = labels
				}
				series[name+"_bucket"] = append([]string{"le"}, labels...)
			}
			return true
		})
	}
	if len(series) < 40 {
		t.Fatalf("only %d metrics found", len(series))
	}
	return series
}

// texts returns the strings of an expression, those of functions in it apart.
func texts(e ast.Expr) (found []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			found = append(found, strings.Trim(lit.Value, "\"`"))
		}
		_, function := n.(*ast.FuncLit)
		_, call := n.(*ast.CallExpr)
		return !function && !call
	})
	return found
}

// checkQuery parses a query and looks for metrics that there are not, and for labels that
// they do not have. It returns the labels of what comes out.
func checkQuery(t *testing.T, where, query string, series map[string][]string) []string {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return nil
	}
	return labelsOf(t, where, expr, series)
}

func labelsOf(t *testing.T, where string, e parser.Expr, series map[string][]string) (labels []string) {
	t.Helper()
	need := func(name string, of string) {
		if !slices.Contains(labels, name) {
			t.Errorf("%s asks for the label %s of %s, which has %v", where, name, of, labels)
		}
	}
	switch e := e.(type) {
	case *parser.VectorSelector:
		own, ok := series[e.Name]
		if !ok {
			t.Errorf("%s asks for %s, which there is not", where, e.Name)
		}
		labels = append([]string{"instance", "job"}, own...)
		for _, m := range e.LabelMatchers {
			if m.Name != "__name__" {
				need(m.Name, e.Name)
			}
		}
		return labels
	case *parser.AggregateExpr:
		labels = labelsOf(t, where, e.Expr, series)
		for _, name := range e.Grouping {
			need(name, e.Expr.String())
		}
		if e.Op == parser.TOPK {
			return labels
		}
		return e.Grouping
	}
	for inner := range parser.ChildrenIter(e) { // what a function or an operator makes has the labels of its first operand
		found := labelsOf(t, where, inner.(parser.Expr), series)
		if len(labels) == 0 {
			labels = found
		}
	}
	return labels
}

// TestAlerts: Prometheus takes the rules, and every rule speaks of metrics that exist and
// says in both languages what is wrong.
func TestAlerts(t *testing.T) {
	source := read(t, "deploy/prometheus/alerts.yaml")
	if !bytes.Equal(source, read(t, chartDir+"/files/alerts.yaml")) {
		t.Error("alerts.yaml is not the chart's, which it should be a link to")
	}
	groups, errs := rulefmt.Parse(source, false, model.UTF8Validation)
	for _, err := range errs {
		t.Error(err)
	}
	names, n := metrics(t), 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			n++
			labels := checkQuery(t, r.Alert, r.Expr, names)
			for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.Annotations["summary"]+r.Annotations["description"], -1) {
				if !slices.Contains(labels, m[1]) {
					t.Errorf("%s tells the label %s, and there are only %v", r.Alert, m[1], labels)
				}
			}
			if r.Labels["severity"] == "" || r.Annotations["description"] == "" || !regexp.MustCompile(`\p{Han}`).MatchString(r.Annotations["summary"]) {
				t.Errorf("%s says too little", r.Alert)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d rules", n)
	}
}

// dashboard is what Grafana reads, as far as it is looked at here.
type dashboard struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name       string
			Type       string
			Definition string
		}
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int }
		Targets []struct {
			RefID        string
			Expr         string
			LegendFormat string
		}
	}
}

// TestDashboard: the dashboard's panels do not lie over one another, their queries parse
// and ask for metrics that exist, and every variable that they use is declared.
func TestDashboard(t *testing.T) {
	var d dashboard
	source := read(t, "deploy/grafana/zhida.json")
	if err := json.Unmarshal(source, &d); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(source, read(t, chartDir+"/files/dashboard.json")) {
		t.Error("zhida.json is not the chart's dashboard, which it should be a link to")
	}
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 30 {
		t.Errorf("%+v", d)
	}
	names := metrics(t)
	declared := map[string]bool{"__rate_interval": true}
	for _, v := range d.Templating.List {
		declared[v.Name] = true
		if m := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(v.Definition); v.Type == "query" {
			if m == nil {
				t.Fatalf("the variable %s is asked by %s", v.Name, v.Definition)
			}
			checkQuery(t, v.Name, "sum by ("+m[2]+") ("+m[1]+")", names)
		}
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 || p.GridPos.H == 0 {
			t.Errorf("panel %d: %+v", p.ID, p)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies over %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, v := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				if !declared[v[1]] {
					t.Errorf("%s uses $%s, which is not declared", p.Title, v[1])
				}
			}
			query := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*", "$bot", ".*").Replace(target.Expr)
			labels := checkQuery(t, p.Title, query, names)
			for _, m := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				if !slices.Contains(labels, m[1]) {
					t.Errorf("%s shows the label %s, and there are only %v", p.Title, m[1], labels)
				}
			}
		}
	}
	if len(ids) < 15 {
		t.Errorf("%d panels", len(ids))
	}
	for name := range names {
		if base := strings.HasSuffix(name, "_bucket") || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum"); !base && !bytes.Contains(source, []byte(name)) {
			t.Errorf("no panel shows %s", name)
		}
	}
}
