// Package corpus holds the examples by which zhida is tested: answers with the
// facts they are rendered for, the replies that data calls get, and what must come
// of it. It is the project's reading of the language page, written apart from the
// code; where the two differ, the page decides.
//
// [Load] reads the cases of answers/*.txtar, whose format README.md explains to
// editors of answers. Beside them stand lists that tests draw on:
//
//   - [Seeds]: all answers, as seeds of fuzz targets.
//   - [Slips]: what editors mistype, where a diagnostic has to point and what was
//     meant.
//   - [Plain]: answers of daily work that hold no expression and must come out byte
//     for byte, without an error or a warning.
//   - [Hostile]: values that try to become an expression, markup or a piece of URL.
//   - [Mixed]: answers of many lengths and constructs, for benchmarks.
//
// The package imports none of the project's others, so that each of them may import
// it in its tests. Its files are embedded: it reads nothing at run time. All
// functions are safe for concurrent use and return fresh slices; the lists that are
// made by code are the same in every run.
//
// The directory is called testdata, so ./... does not cover it: name ./testdata to
// run its own test.
package corpus
