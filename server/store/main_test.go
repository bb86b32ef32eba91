package store_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that outlive their test. Tests of what happens to a
// process run this program again, as that process.
func TestMain(m *testing.M) {
	if child := os.Getenv(childVariable); child != "" {
		os.Exit(runChild(child))
	}
	goleak.VerifyTestMain(m)
}
