// Command peers compares rendering and compiling the workload with other template
// engines, in one run and in turns, and prints a table of ratios to zhida. It is a module of
// its own, so that no peer is a dependency of the product. Every peer gets the same
// answer in its own syntax (package dialect) and gives the same bytes; peers_test.go says so.
package main
