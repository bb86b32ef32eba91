package lint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// metrics are the names of the series that the product has, read from its source.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"process_resident_memory_bytes": true, "process_cpu_seconds_total": true, "go_goroutines": true}
	files, err := filepath.Glob(filepath.Join(root, "server/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(zhida_[a-z_]+)"`).FindAllSubmatch(b, -1) {
			for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
				names[string(m[1])+suffix] = true
			}
		}
	}
	if len(names) < 40 {
		t.Fatalf("only %d metrics found", len(names))
	}
	return names
}

// checkQuery parses a query and looks for metrics that there are not.
func checkQuery(t *testing.T, where, query string, names map[string]bool) {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok && !names[v.Name] {
			t.Errorf("%s asks for %s, which there is not", where, v.Name)
		}
		return nil
	})
}

// TestAlerts: Prometheus takes the rules, and every rule speaks of metrics that exist and
// says in both languages what is wrong.
func TestAlerts(t *testing.T) {
	groups, errs := rulefmt.Parse(read(t, "deploy/prometheus/alerts.yaml"), false, model.UTF8Validation)
	for _, err := range errs {
		t.Error(err)
	}
	names, n := metrics(t), 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			n++
			checkQuery(t, r.Alert, r.Expr, names)
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
			RefID string
			Expr  string
		}
	}
}

// TestDashboard: the dashboard's panels do not lie over one another, their queries parse
// and ask for metrics that exist, and every variable that they use is declared.
func TestDashboard(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal(read(t, "deploy/grafana/zhida.json"), &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 30 {
		t.Errorf("%+v", d)
	}
	names := metrics(t)
	declared := map[string]bool{"__rate_interval": true}
	for _, v := range d.Templating.List {
		declared[v.Name] = true
		if m := regexp.MustCompile(`^label_values\((\w+), \w+\)$`).FindStringSubmatch(v.Definition); v.Type == "query" && (m == nil || !names[m[1]]) {
			t.Errorf("the variable %s is asked by %s", v.Name, v.Definition)
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
			checkQuery(t, p.Title, query, names)
		}
	}
	if len(ids) < 15 {
		t.Errorf("%d panels", len(ids))
	}
	for name := range names { // what nobody looks at need not be measured
		if strings.HasPrefix(name, "zhida_") && !strings.HasSuffix(name, "_sum") && !strings.Contains(string(read(t, "deploy/grafana/zhida.json")), strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")) {
			t.Logf("no panel shows %s", name)
		}
	}
}
