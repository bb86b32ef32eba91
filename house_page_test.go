package zhida

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRoomsPage: the table of ARCHITECTURE.md is the one that TestRooms holds.
func TestRoomsPage(t *testing.T) {
	told := map[string]string{} // by room, what its row says that it may import
	table := false
	for _, line := range prose(t, "ARCHITECTURE.md") {
		cells := strings.Split(line, " | ")
		if table = len(cells) == 3 && (table || strings.HasPrefix(line, "| room")); !table || cells[1] == "---" || cells[1] == "may import of ours" {
			continue
		}
		names, _, _ := strings.Cut(strings.TrimPrefix(cells[0], "| "), ", with ")
		for _, name := range strings.Split(strings.TrimSuffix(names, ", each"), ", ") {
			told[name] = cells[1]
		}
	}
	for _, r := range rooms {
		may, ok := told[r.dir]
		delete(told, r.dir)
		switch {
		case !ok:
			t.Errorf("ARCHITECTURE.md has no row for %s", r.dir)
		case may == "all above":
		case may == "everything":
		case may == "nothing" && len(r.ours) == 0:
		default:
			names := strings.Split(remark.ReplaceAllString(may, ""), ", ")
			if slices.Sort(names); !slices.Equal(names, slices.Sorted(slices.Values(r.ours))) {
				t.Errorf("%s may import %s by ARCHITECTURE.md, and %v by this test", r.dir, may, r.ours)
			}
		}
	}
	for name := range told {
		t.Errorf("ARCHITECTURE.md has a row for %s, which is no room", name)
	}
}

var (
	remark = regexp.MustCompile(` \([^)]*\)`)
	branch = regexp.MustCompile(`^( *)([A-Za-z0-9_/]+)/ `)
)

// TestTree: the folders of ARCHITECTURE.md's tree exist, and every folder that has code is
// in it, or named behind one that is above it.
func TestTree(t *testing.T) {
	src, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tree, _ := strings.Cut(string(src), "## Rooms\n\n```\n")
	tree, _, found := strings.Cut(tree, "```\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no tree")
	}
	said := map[string]string{} // by folder, what is said of it
	var above []string
	last := ""
	for _, line := range strings.Split(strings.TrimSuffix(tree, "\n"), "\n") {
		m := branch.FindStringSubmatch(line)
		if m == nil { // goes on with what the line above says
			said[last] += " " + strings.TrimSpace(line)
			continue
		}
		above = append(above[:len(m[1])/2], m[2])
		last = path.Join(above...)
		said[last] = line
		if _, err := os.Stat(last); err != nil {
			t.Errorf("ARCHITECTURE.md's tree has %s: %v", last, err)
		}
	}
	for _, dir := range codeFolders(t) {
		known := false
		for up := dir; up != "." && !known; up = path.Dir(up) {
			rest := strings.TrimPrefix(strings.TrimPrefix(dir, up), "/")
			known = said[up] != "" && (rest == "" || regexp.MustCompile(`\b`+regexp.QuoteMeta(rest)+`\b`).MatchString(said[up]))
		}
		if !known {
			t.Errorf("ARCHITECTURE.md's tree does not have %s", dir)
		}
	}
}

// codeFolders returns the folders with Go code, those of modules of their own among them.
func codeFolders(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(p string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" && p != "testdata"):
			return filepath.SkipDir
		case path.Ext(p) == ".go" && path.Dir(p) != "." && !slices.Contains(found, path.Dir(p)):
			found = append(found, path.Dir(p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
