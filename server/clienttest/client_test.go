package clienttest

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestClient makes the client and lets testdata/use do its work with it.
func TestClient(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "zhida")
	run(t, "../..", "go", "build", "-o", bin, "./cmd/zhida")
	address := serve(t, bin)

	resp, err := http.Get("http://" + address + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	spec := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(spec, document, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata/client", 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "client", "-o", "testdata/client/client.gen.go", spec)
	run(t, ".", "go", "vet", "./testdata/client", "./testdata/use")
	out := run(t, ".", "go", "run", "./testdata/use", "http://"+address)
	if !strings.HasSuffix(out, "done\n") {
		t.Errorf("%s", out)
	}
}

// run runs a command and returns its output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// serve starts the server for the time of the test and returns its address.
func serve(t *testing.T, bin string) string {
	t.Helper()
	c := exec.Command(bin, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(t.TempDir(), "data"))
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if found := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			go func() {
				for lines.Scan() { // so that the server can go on writing
					continue
				}
			}()
			return found[1]
		}
	}
	t.Fatal("the server did not say where it listens")
	return ""
}
