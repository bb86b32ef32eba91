package corpus

import (
	"os"
	"strconv"
	"testing"
)

// Amount is how much of something a test does: the number in an environment variable, by
// which long runs ask for more, else the usual.
func Amount(t testing.TB, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
