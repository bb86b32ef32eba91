package brain

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that outlive their test; bleve keeps its workers for as
// long as the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}
