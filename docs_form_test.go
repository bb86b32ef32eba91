package zhida

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	link   = regexp.MustCompile(`\]\(([^)#: ]*)(#[^) ]*)?\)`)
	inCode = regexp.MustCompile("(`+)[^`]+`+")
	noSlug = regexp.MustCompile(`[^\pL\pN_ -]`)
)

// mostOfLine is how many characters a line of prose may have.
const mostOfLine = 120

// TestDocsForm: what a page links to exists, headings too, and no line of prose of the
// pages for users is too long to be read in an editor.
func TestDocsForm(t *testing.T) {
	for _, path := range allPages(t) {
		for i, line := range prose(t, path) {
			if n := utf8.RuneCountInString(line); n > mostOfLine && docLangs[path] != "" && !strings.HasPrefix(line, "|") {
				t.Errorf("%s:%d has %d characters", path, i+1, n)
			}
			for _, m := range link.FindAllStringSubmatch(inCode.ReplaceAllString(line, ""), -1) {
				to := path
				if m[1] != "" {
					to = filepath.Join(filepath.Dir(path), m[1])
				}
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s:%d links to %s: %v", path, i+1, m[1], err)
				} else if m[2] != "" && !slices.Contains(slugs(t, to), m[2][1:]) {
					t.Errorf("%s:%d links to %s%s, and there is no such heading", path, i+1, m[1], m[2])
				}
			}
		}
	}
}

// allPages returns every page of the repository.
func allPages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules":
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 25 {
		t.Fatalf("only %d pages found", len(found))
	}
	return found
}

// prose returns the lines of a page; those of fenced blocks are empty.
func prose(t *testing.T, path string) []string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(src), "\n")
	inside := ""
	for i, line := range lines {
		m := fence.FindStringSubmatch(line)
		switch {
		case inside != "":
			if line == inside {
				inside = ""
			}
			lines[i] = ""
		case m != nil:
			inside, lines[i] = m[1], ""
		}
	}
	return lines
}

// slugs returns the names by which links know the headings of a page.
func slugs(t *testing.T, path string) []string {
	t.Helper()
	var found []string
	for _, line := range prose(t, path) {
		if mark := heading.FindString(line); mark != "" {
			slug := noSlug.ReplaceAllString(strings.ToLower(line[len(mark):]), "")
			found = append(found, strings.ReplaceAll(slug, " ", "-"))
		}
	}
	return found
}

// TestDocsTwins: a page and its Chinese twin have the same headings, the same blocks and
// tables of the same size, in the same order.
func TestDocsTwins(t *testing.T) {
	twins := 0
	for _, path := range allPages(t) {
		english, ok := strings.CutSuffix(path, ".zh-CN.md")
		if !ok || english == "docs/language" { // the references are written apart: their examples differ
			continue
		}
		twins++
		english += ".md"
		a, b := outline(t, english), outline(t, path)
		for i := range min(len(a), len(b)) {
			if a[i].shape != b[i].shape {
				t.Errorf("%s:%d has %s, where %s:%d has %s", english, a[i].line, a[i].shape, path, b[i].line, b[i].shape)
				break
			}
		}
		if len(a) != len(b) {
			t.Errorf("%s has %d parts, %s %d", english, len(a), path, len(b))
		}
	}
	if twins < 8 {
		t.Errorf("only %d pages have a Chinese twin", twins)
	}
}

// part is what two pages have in common: a heading of a depth, a block of a kind, a table
// of a size.
type part struct {
	line  int
	shape string
}

func outline(t *testing.T, path string) (parts []part) {
	t.Helper()
	rows := 0
	lines := prose(t, path)
	for i, line := range append(lines, "") {
		switch {
		case strings.HasPrefix(line, "|"):
			rows++
			continue
		case rows > 0:
			parts = append(parts, part{i - rows + 1, fmt.Sprintf("a table of %d rows", rows)})
			rows = 0
		}
		if mark := heading.FindString(line); mark != "" {
			parts = append(parts, part{i + 1, fmt.Sprintf("a heading of depth %d", len(mark)-1)})
		}
	}
	for _, b := range readBlocks(t, path) {
		if b.kind == "heading" || b.kind == "row" || b.cells != nil {
			continue
		}
		shape := "a block of " + b.kind
		if b.kind == "json" || b.kind == "sh" {
			shape += fmt.Sprintf(", %d lines", strings.Count(b.text, "\n")+1)
		}
		parts = append(parts, part{b.line, shape})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return a.line - b.line })
	return parts
}

// braces are the names that a name with {a,b} in it stands for.
func braces(name string) []string {
	m := regexp.MustCompile(`^(.*)\{([^}]*)\}(.*)$`).FindStringSubmatch(name)
	if m == nil {
		return []string{name}
	}
	var names []string
	for _, one := range strings.Split(m[2], ",") {
		names = append(names, m[1]+one+m[3])
	}
	return names
}

// TestDocsNames: tests, benchmarks, fuzz targets, targets of make, variables and files that
// pages name are there.
func TestDocsNames(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var tests, code strings.Builder // what Go files declare; all that reads variables
	code.Write(makefile)
	err = filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		src, err := os.ReadFile(path)
		if strings.HasSuffix(path, "_test.go") {
			tests.Write(src)
		}
		code.Write(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checks := []struct {
		what  *regexp.Regexp
		there func(name string) bool
	}{
		{regexp.MustCompile(`\b((?:Test|Fuzz|Benchmark)[A-Z]\w*)(…|\*)?`), func(name string) bool {
			begin, cut := strings.CutSuffix(name, "…")
			if !cut {
				begin += "("
			}
			return strings.Contains(tests.String(), "\nfunc "+begin)
		}},
		{regexp.MustCompile("`make ([a-z-]+)"), func(name string) bool { return strings.Contains(string(makefile), "\n"+name+":") }},
		{regexp.MustCompile(`\b(ZHIDA_[A-Z_]*[A-Z])\b`), func(name string) bool { return strings.Contains(code.String(), name) }},
		{regexp.MustCompile("`((?:cmd|parser|vars|runtime|handoff|guard|server|testdata|bench|deploy|docs)/[\\w./*{},-]*)`"), func(name string) bool {
			return !slices.ContainsFunc(braces(name), func(pattern string) bool {
				there, err := filepath.Glob(pattern)
				return err != nil || len(there) == 0
			})
		}},
	}
	for _, name := range regexp.MustCompile(`\b(Test|Benchmark)[A-Z]\w*`).FindAllString(string(makefile), -1) {
		if !strings.Contains(tests.String(), "\nfunc "+name) { // of -run and -skip, where a beginning is enough
			t.Errorf("the Makefile names %s, which there is not", name)
		}
	}
	found := 0
	for _, path := range allPages(t) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(src), "\n") {
			for _, c := range checks {
				for _, m := range c.what.FindAllStringSubmatch(line, -1) {
					found++
					if name := strings.Join(m[1:], ""); !c.there(name) {
						t.Errorf("%s:%d names %s, which there is not", path, i+1, name)
					}
				}
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d names are checked", found)
	}
}
