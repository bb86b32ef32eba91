package zhida

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDocsTesting does what the pages about testing answers say: blocks `file NAME` are written
// into a folder of its own, the commands of console blocks are run in it.
func TestDocsTesting(t *testing.T) {
	bin := buildZhida(t)
	for page, lang := range map[string]string{"docs/testing-answers.md": "en", "docs/testing-answers.zh-CN.md": "zh"} {
		t.Run(page, func(t *testing.T) {
			r := &reader{t: t, dir: t.TempDir(), bin: bin, lang: lang}
			for _, b := range readBlocks(t, page) {
				switch b.kind {
				case "file":
					if err := os.WriteFile(filepath.Join(r.dir, b.args), []byte(b.text+"\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				case "console":
					r.console(b)
				}
			}
			if r.held < 2 {
				t.Errorf("only %d commands are run", r.held)
			}
		})
	}
}
