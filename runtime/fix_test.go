package runtime_test

import (
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// TestFixesMend: a fix, applied alone, changes the answer, and what it was offered for is
// not said again of it, whatever the format.
func TestFixesMend(t *testing.T) {
	v := vocabulary(t)
	slips, err := corpus.Slips()
	if err != nil {
		t.Fatal(err)
	}
	answers := corpus.Seeds()
	for _, s := range slips {
		answers = append(answers, s.Slip)
	}
	fixes := 0
	for _, src := range answers {
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML} {
			found := runtime.Check(src, f, v, runtime.Limits{})
			before := remarks(found)
			for _, d := range found {
				if d.Fix == nil {
					continue
				}
				fixes++
				fixed := diag.Apply(src, d.Fix.Edits)
				after := remarks(runtime.Check(fixed, f, v, runtime.Limits{}))
				if fixed == src || after[d.Message] >= before[d.Message] {
					t.Errorf("%q: %s\nis still said of %q (%s)", src, d.Message.En, fixed, f)
				}
			}
		}
	}
	if fixes < 500 {
		t.Errorf("only %d fixes", fixes)
	}
}

// remarks counts what is said by its text.
func remarks(found []diag.Diagnostic) map[diag.Text]int {
	n := map[diag.Text]int{}
	for _, d := range found {
		n[d.Message]++
	}
	return n
}
