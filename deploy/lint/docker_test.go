package lint

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// root is the repository.
const root = "../.."

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stages reads the Dockerfile; what BuildKit's linter has to say fails the test.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	parsed, err := parser.Parse(bytes.NewReader(read(t, "Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Errorf("Dockerfile: %+v", w)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, description, url, message string, at []parser.Range) {
		t.Errorf("Dockerfile: %s: %s (%s)", rule, message, description)
	}})
	list, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDockerfile: the image is built from this tree alone, holds the binary and nothing to
// run besides, and runs as a user without rights.
func TestDockerfile(t *testing.T) {
	list := stages(t)
	last := list[len(list)-1]
	if !strings.HasPrefix(last.BaseName, "gcr.io/distroless/static-") || !strings.HasSuffix(last.BaseName, ":nonroot") {
		t.Errorf("the image is based on %s", last.BaseName)
	}
	user, entry := "", []string(nil)
	for _, stage := range list {
		for _, c := range stage.Commands {
			switch c := c.(type) {
			case *instructions.AddCommand:
				t.Errorf("ADD %v: what is fetched is not from this tree", c.SourcePaths)
			case *instructions.RunCommand:
				line := strings.Join(c.CmdLine, " ")
				if regexp.MustCompile(`\b(curl|wget|git clone|apt-get|apk|npm|pip)\b`).MatchString(line) {
					t.Errorf("RUN %s: it fetches more than Go's modules", line)
				}
			case *instructions.CopyCommand:
				if c.From == "" {
					for _, source := range c.SourcePaths {
						if _, err := os.Stat(filepath.Join(root, source)); err != nil {
							t.Errorf("COPY %s: %v", source, err)
						}
					}
				}
			case *instructions.UserCommand:
				user = c.User
			case *instructions.EntrypointCommand:
				entry = c.CmdLine
			}
		}
	}
	if !regexp.MustCompile(`^[1-9][0-9]*(:[1-9][0-9]*)?$`).MatchString(user) {
		t.Errorf("the image runs as %q: Kubernetes can tell only of a number that it is not root", user)
	}
	if len(entry) != 1 || !strings.HasSuffix(entry[0], "/zhida") {
		t.Errorf("the entry point is %v", entry)
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(read(t, "go.mod"))
	if base := list[0].BaseName; goVersion == nil || !strings.HasPrefix(base, "golang:"+string(goVersion[1])) {
		t.Errorf("built with %s, and go.mod says %s", base, goVersion)
	}
}

// TestDockerignore: no file of ours that the build compiles or embeds is kept from it, and
// what must not get into an image is.
func TestDockerignore(t *testing.T) {
	var patterns []string
	for line := range strings.Lines(string(read(t, ".dockerignore"))) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if .Module}}{{if .Module.Main}}{{$d := .Dir}}`+
		`{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, "./cmd/zhida")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	files := append(strings.Fields(string(out)), top+"/go.mod", top+"/go.sum")
	if len(files) < 100 || !slices.ContainsFunc(files, func(f string) bool { return strings.HasSuffix(f, ".html") }) {
		t.Fatalf("the build takes %d files", len(files))
	}
	for _, file := range files {
		if p := keptBy(patterns, strings.TrimPrefix(file, top+"/")); p != "" {
			t.Errorf("%s keeps %s from the build", p, file)
		}
	}
	for _, secret := range []string{".git/config", "zhida-data/master.key", ".env", "server/testdata/x.json", "README.md"} {
		if keptBy(patterns, secret) == "" {
			t.Errorf("%s gets into the build", secret)
		}
	}
}

// keptBy returns the pattern that keeps a file from the build, "" when none does. Patterns
// begin at the root unless they begin with **/, and what is below a match is one too.
func keptBy(patterns []string, file string) string {
	parts := strings.Split(file, "/")
	for _, p := range patterns {
		anywhere, deep := strings.CutPrefix(p, "**/")
		for i := range parts {
			name := strings.Join(parts[:i+1], "/")
			if deep {
				p, name = anywhere, parts[i]
			}
			if ok, err := path.Match(p, name); ok && err == nil {
				return p
			}
		}
	}
	return ""
}

// TestCompose: PostgreSQL, two nodes of one image on one database, and a proxy that knows
// both.
func TestCompose(t *testing.T) {
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: read(t, "compose.yaml")}},
		Environment: types.Mapping{"POSTGRES_PASSWORD": "secret"},
	}, func(o *loader.Options) { o.SetProjectName("zhida", true) })
	if err != nil {
		t.Fatal(err)
	}
	one, two := project.Services["node-1"], project.Services["node-2"]
	for _, node := range []types.ServiceConfig{one, two} {
		url := node.Environment["ZHIDA_DATABASE_URL"]
		if url == nil || !strings.HasPrefix(*url, "postgres://zhida:secret@postgres:5432/") {
			t.Errorf("%s has the database %v", node.Name, url)
		}
		if !node.ReadOnly || len(node.CapDrop) == 0 || node.User == "root" || node.DependsOn["postgres"].Condition != "service_healthy" {
			t.Errorf("%s: %+v", node.Name, node)
		}
		for name := range node.Environment {
			known(t, "compose.yaml", name)
		}
	}
	if one.Image != two.Image || project.Services["postgres"].HealthCheck == nil {
		t.Error("the nodes are not alike, or nobody looks after the database")
	}
	_, err = loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: root, Environment: types.Mapping{},
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: read(t, "compose.yaml")}}})
	if err == nil || !strings.Contains(err.Error(), "POSTGRES_PASSWORD") {
		t.Errorf("without a password: %v", err)
	}

	proxy := string(read(t, "deploy/compose/Caddyfile"))
	for _, want := range []string{"reverse_proxy node-1:8080 node-2:8080 {", "health_uri /readyz", "flush_interval -1"} {
		if !strings.Contains(proxy, want) {
			t.Errorf("the proxy lacks %s", want)
		}
	}
	depth := 0
	for i, line := range strings.Split(strings.TrimSuffix(proxy, "\n"), "\n") { // as caddy fmt has it
		text := strings.TrimLeft(line, "\t")
		if text == "}" {
			depth--
		}
		if text != "" && len(line)-len(text) != depth || strings.HasSuffix(line, " ") {
			t.Errorf("Caddyfile:%d is not as caddy fmt would have it: %q", i+1, line)
		}
		if strings.HasSuffix(text, "{") {
			depth++
		}
	}
	if depth != 0 {
		t.Error("the Caddyfile's braces do not match")
	}
}

// known fails the test when no setting of zhida has the variable.
func known(t *testing.T, where, name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "cmd/zhida/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(`env:"`+name+`"`)) {
			return
		}
	}
	t.Errorf("%s sets %s, which zhida does not read", where, name)
}
