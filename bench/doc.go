// Package bench measures whole paths: rendering and compiling the workload answers
// (testdata/workload: S, M and L), the cache, the render route and data calls, each as a
// ratio to a limit or to Go code written by hand, taken in the same run.
//
// Allocation ceilings are tests here; times never are. The comparison with other
// template engines is a module of its own, bench/peers, so that no peer's dependency is the
// product's. `make bench`, `make bench-peers` and `make bench-http` run them; figures that were
// taken are in docs/performance.md.
package bench
