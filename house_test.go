package zhida

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/zhida-kb/zhida"

// room is a line of ARCHITECTURE.md's table: a folder and what its product code may
// import. Folders below it follow the same line unless they have one of their own.
type room struct {
	dir  string
	ours []string // rooms it may import, its own subfolders aside
	// What it must not import from elsewhere, as path prefixes; "*" is everything but
	// the standard library.
	never []string
	why   string
}

var (
	network = []string{"net", "net/http", "github.com/valyala/fasthttp"}
	sql     = []string{"database/sql", "github.com/jackc/pgx", "modernc.org/sqlite", "github.com/pressly/goose"}
	chance  = []string{"math/rand", "crypto/rand"}
)

func all(lists ...[]string) []string { return slices.Concat(lists...) }

var rooms = []room{
	{"parser/diag", nil, all([]string{"*", "os", "time"}, network, chance), "positions and messages are used by all: they depend on nothing"},
	{"parser", []string{"parser/diag"}, all([]string{"os", "time"}, network, chance), "the parser knows brackets, not meanings; a pure function of its input"},
	{"vars", nil, all([]string{"*", "os"}, network, chance), "the facts of a render are data: whoever holds them decides about I/O"},
	{"runtime", []string{"parser", "parser/diag", "vars"}, all([]string{"os"}, sql, network, chance), "rendering is pure but for its Fetcher"},
	{"guard", nil, network, "which addresses are whose is a table"},
	{"guard/outbound", []string{"guard", "runtime"}, all([]string{"github.com/valyala/fasthttp"}, sql), "the guarded client of connectors; of the runtime it knows how hosts are written"},
	{"runtime/query", []string{"runtime", "vars", "guard"}, all([]string{"net/http"}, sql), "the only network of the runtime"},
	{"handoff", nil, all(sql, network), "sessions with humans are pure steps"},
	{"handoff/connectortest", []string{"handoff"}, sql, "a suite that takes a connector, and what fakes of vendors share"},
	{"handoff/connectors", []string{"handoff"}, sql, "a connector knows its vendor and the handoff, nothing else"},
	{"server/knowledge", []string{"parser/diag"}, all([]string{"github.com/valyala/fasthttp"}, sql), "answers are kept without knowing how they are served or stored"},
	{"server/access", nil, all([]string{"github.com/valyala/fasthttp"}, sql), "who may do what, and who did, without knowing routes or tables"},
	{"server/seal", nil, all(sql, network), "secrets at rest: keys in, bytes in, bytes out"},
	{"server/seal/kms", nil, all([]string{"github.com/valyala/fasthttp"}, sql), "vendors of key management, each behind the same two calls"},
	{"server/store", []string{"handoff", "server/knowledge", "server/access", "server/seal"}, []string{"github.com/valyala/fasthttp"}, "SQL knows what it implements, not who asks"},
	{"server/brain", nil, all([]string{"github.com/valyala/fasthttp"}, sql), "what answers when no human does knows neither how messages come nor where they are kept"},
	{"server", []string{"server/brain", "parser", "parser/diag", "vars", "runtime", "runtime/query", "handoff", "server/knowledge", "server/access", "server/seal", "server/store"}, sql, "the server joins the rooms; a connector it knows by its interface"},
	{"cmd/zhida", []string{"parser", "parser/diag", "vars", "runtime", "runtime/query", "handoff", "handoff/connectors", "handoff/connectortest", "guard", "guard/outbound", "server", "server/knowledge", "server/access", "server/seal", "server/seal/kms", "server/store"}, sql, "wiring only"},
	{"testdata", nil, network, "the corpus is data that every room's tests read"},
	{"bench", []string{"parser", "parser/diag", "vars", "runtime", "runtime/query", "server", "server/seal", "server/store", "testdata"}, sql, "benchmarks of whole paths"},
}

// roomOf returns the room of a folder: the longest line that fits.
func roomOf(dir string) *room {
	var best *room
	for i := range rooms {
		r := &rooms[i]
		if (dir == r.dir || strings.HasPrefix(dir, r.dir+"/")) && (best == nil || len(r.dir) > len(best.dir)) {
			best = r
		}
	}
	return best
}

func TestRooms(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		r := roomOf(f.dir)
		if r == nil {
			t.Errorf("%s lies in no room of ARCHITECTURE.md", f.path)
			continue
		}
		for _, imp := range f.ast.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			reason := r.refuses(name)
			if reason == "" && otherConnector(f.dir, name) {
				reason = "another connector"
			}
			if reason != "" {
				t.Errorf("%s imports %s: %s (%s)", f.path, name, reason, r.why)
			}
		}
	}
}

// refuses says why the room may not import name; "" when it may.
func (r *room) refuses(name string) string {
	if ours, ok := strings.CutPrefix(name, module+"/"); ok {
		to := roomOf(ours)
		switch {
		case to == nil:
			return "no room of the house"
		case to == r || slices.Contains(r.ours, to.dir):
			return ""
		case r.dir == "runtime" && ours == "runtime/query/"+path.Base(ours):
			return "the network is handed to the runtime, not imported"
		}
		return "not a room it may know"
	}
	for _, p := range r.never {
		if p == "*" && strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
			return "standard library only"
		}
		if name == p || strings.HasPrefix(name, p+"/") && p != "net" {
			return "it must never"
		}
	}
	return ""
}

// otherConnector reports whether a connector imports another one. What they share is no
// connector.
func otherConnector(dir, name string) bool {
	const connectors = "handoff/connectors/"
	of := func(path string) string {
		rest, ok := strings.CutPrefix(path, connectors)
		if kind, _, _ := strings.Cut(rest, "/"); ok && !slices.Contains([]string{"call", "form", "inbound", "plain"}, kind) {
			return kind
		}
		return ""
	}
	to := of(strings.TrimPrefix(name, module+"/"))
	return strings.HasPrefix(dir, connectors) && to != "" && of(dir) != to
}

// TestHabits holds the code against the habits that a program can see.
func TestHabits(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		documented[f.dir] = documented[f.dir] || f.ast.Doc != nil && !f.test
		if f.test || ast.IsGenerated(f.ast) {
			continue
		}
		if lines := f.set.Position(f.ast.FileEnd).Line; lines > 450 {
			t.Errorf("%s has %d lines: a file of up to about 400 can be read at a sitting", f.path, lines)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s has an init(): what runs at start is handed in by cmd/zhida", f.path)
			}
			if lines := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; lines > 80 {
				t.Errorf("%s: %s has %d lines, a function about 70 at most", f.path, fn.Name.Name, lines)
			}
			if fn.Name.IsExported() && fn.Doc == nil && exportedReceiver(fn) {
				t.Errorf("%s: %s is exported and says nothing of itself", f.path, fn.Name.Name)
			}
		}
	}
	for dir, ok := range documented {
		if !ok && dir != "." {
			t.Errorf("no package comment in %s", dir)
		}
	}
}

func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return true
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

// TestTestsRun: no test skips itself or waits for a clock.
func TestTestsRun(t *testing.T) {
	for _, f := range allGoFiles(t) {
		if !f.test {
			continue
		}
		testers := testers(f.ast)
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, _ := call.X.(*ast.Ident)
			switch {
			case x == nil:
			case testers[x.Name] && (call.Sel.Name == "Skip" || call.Sel.Name == "Skipf" || call.Sel.Name == "SkipNow"):
				t.Errorf("%s: %s.%s: a test that may not run shows nothing", f.path, x.Name, call.Sel.Name)
			case x.Name == "time" && call.Sel.Name == "Sleep" && !usesSynctest(f.ast):
				t.Errorf("%s: a test that sleeps is slow or wrong; use testing/synctest or a channel", f.path)
			}
			return true
		})
	}
}

// testers returns the names by which a file knows a *testing.T and its like.
func testers(f *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok {
			return true
		}
		typ := field.Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if s, ok := typ.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "testing" {
				for _, name := range field.Names {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}

func usesSynctest(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
}

type goFile struct {
	path, dir string
	test      bool
	set       *token.FileSet
	ast       *ast.File
}

// ownModule reports whether a folder is a module of its own, whose dependencies are not
// the product's: it is in no room.
func ownModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	return slices.DeleteFunc(allGoFiles(t), func(f goFile) bool {
		for dir := f.dir; dir != "."; dir = path.Dir(dir) {
			if ownModule(dir) {
				return true
			}
		}
		return false
	})
}

// allGoFiles returns those of modules of their own too.
func allGoFiles(t *testing.T) []goFile {
	t.Helper()
	files, err := readGoFiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files found", len(files))
	}
	return slices.Clone(files)
}

// readGoFiles reads them once for all tests.
var readGoFiles = sync.OnceValues(func() (files []goFile, err error) {
	err = filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, p, src, parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, goFile{p, filepath.ToSlash(filepath.Dir(p)), strings.HasSuffix(p, "_test.go"), set, file})
		return nil
	})
	return files, err
})
