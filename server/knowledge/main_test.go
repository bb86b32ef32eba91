package knowledge_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that outlive their test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
