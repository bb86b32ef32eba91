package zhida

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestDocumented: every exported type, constant and variable says what it is, by itself or
// with the group it is in.
func TestDocumented(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || ast.IsGenerated(f.ast) {
			continue
		}
		for _, d := range f.ast.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Doc != nil {
				continue
			}
			for _, s := range group.Specs {
				for _, name := range undocumented(s) {
					t.Errorf("%s: %s is exported and says nothing of itself", f.path, name)
				}
			}
		}
	}
}

// undocumented returns the exported names of a declaration that has no comment.
func undocumented(s ast.Spec) (names []string) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if s.Doc == nil && s.Comment == nil && name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// TestNothingChanges: no function assigns to a variable of its package, or to a part of one.
func TestNothingChanges(t *testing.T) {
	files := goFiles(t)
	vars := map[string]map[string]bool{} // by folder
	for _, f := range files {
		for name, object := range f.ast.Scope.Objects {
			if object.Kind == ast.Var && !f.test {
				if vars[f.dir] == nil {
					vars[f.dir] = map[string]bool{}
				}
				vars[f.dir][name] = true
			}
		}
	}
	for _, f := range files {
		if f.test {
			continue
		}
		changed := func(e ast.Expr) {
			// A name that the file does not declare is the package's; of those it declares, what
			// stands in the file's scope.
			name := root(e)
			if name != nil && vars[f.dir][name.Name] && (name.Obj == nil || name.Obj == f.ast.Scope.Objects[name.Name]) {
				t.Errorf("%s changes %s, a variable of the package: what changes is handed in", f.set.Position(name.Pos()), name.Name)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					changed(e)
				}
			case *ast.IncDecStmt:
				changed(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					changed(n.Key)
					changed(n.Value)
				}
			}
			return true
		})
	}
}

// root returns the name at the beginning of an expression that is assigned to; nil when
// it begins with something else.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

var (
	unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	unreasoned = regexp.MustCompile(`^//(nolint(:\S+)?|lint:ignore \S+)\s*$`)
)

// TestComments: nothing is left for later, and who silences a linter says why.
func TestComments(t *testing.T) {
	for _, f := range allGoFiles(t) {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				switch where := f.set.Position(c.Pos()); {
				case unfinished.MatchString(c.Text):
					t.Errorf("%s: %s", where, c.Text)
				case unreasoned.MatchString(c.Text):
					t.Errorf("%s: %s without a reason", where, c.Text)
				}
			}
		}
	}
}

// TestClock: rooms that are told the time do not look at a clock.
func TestClock(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || !strings.HasPrefix(f.dir, "vars") && !strings.HasPrefix(f.path, "handoff/step") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && (s.Sel.Name == "Now" || s.Sel.Name == "Since" || s.Sel.Name == "Until") {
					t.Errorf("%s: the time is handed in", f.set.Position(s.Pos()))
				}
			}
			return true
		})
	}
}
