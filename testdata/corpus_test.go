package corpus

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoad(t *testing.T) {
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.ID()] {
			t.Errorf("%s stands twice", c.ID())
		}
		seen[c.ID()] = true
		if c.Why == "" {
			t.Errorf("%s does not say why", c.ID())
		}
	}
}
