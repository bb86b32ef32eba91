package zhida

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeededDefects plants defects of testdata/defects in the product, by a build with
// -overlay, and demands that the test which guards against each of them fails: the first
// of every family, or all of them where ZHIDA_DEFECTS is all (make defects). Of the others
// it sees that they can still be planted. The format of the files is said in
// testdata/defects/README.md.
func TestSeededDefects(t *testing.T) {
	files, err := filepath.Glob("testdata/defects/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no defects: %v", err)
	}
	last := ""
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		family, _, _ := strings.Cut(name, "-")
		first := family != last
		last = family
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, src := readDefect(t, file)
			if first || os.Getenv("ZHIDA_DEFECTS") == "all" {
				plant(t, d, src)
			}
		})
	}
}

// defect is one file of testdata/defects.
type defect struct{ file, pkg, run, old, new string }

// readDefect reads a defect, and the file in which its text has to stand once.
func readDefect(t *testing.T, name string) (defect, string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), "\n--- old\n")
	before, after, ok2 := strings.Cut(rest, "\n--- new\n")
	if !ok || !ok2 {
		t.Fatalf("%s wants the parts --- old and --- new", name)
	}
	d := defect{old: before, new: strings.TrimSuffix(after, "\n")}
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "file":
			d.file = value
		case "package":
			d.pkg = value
		case "run":
			d.run = value
		}
	}
	src, err := os.ReadFile(d.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(src), d.old); n != 1 {
		t.Fatalf("the text to replace stands %d times in %s, not once", n, d.file)
	}
	return d, string(src)
}

func plant(t *testing.T, d defect, src string) {
	t.Helper()
	dir := t.TempDir()
	planted := filepath.Join(dir, filepath.Base(d.file))
	if err := os.WriteFile(planted, []byte(strings.Replace(src, d.old, d.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	original, err := filepath.Abs(d.file)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: planted}})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "test", "-vet=off", "-ldflags=-s -w", "-overlay", overlayFile, "-run", d.run, "-timeout", "3m", d.pkg).CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("with the defect planted, go test -run %s %s still passes", d.run, d.pkg)
	case !strings.Contains(string(out), "--- FAIL") && !strings.Contains(string(out), "panic:"):
		t.Errorf("with the defect planted, the test does not fail but break:\n%s", out)
	case strings.Contains(string(out), "[build failed]"):
		t.Errorf("the defect does not compile:\n%s", out)
	}
}
