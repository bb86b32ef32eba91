package store_test

import (
	"flag"
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
	// Parallel tests wait for timers and databases more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
