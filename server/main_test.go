package server

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that outlive their test. Two of fasthttp's own may: its
// worker pool looks once in ten seconds whether it has been stopped, and its clock for
// Date headers runs as long as the process. So do bleve's workers.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}
