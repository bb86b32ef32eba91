// Package hand is what a programmer would write in Go for exactly the three answers of
// the workload, and for nothing else: constants and variables appended in order, conditions
// as ifs, the same segments as the product's. It is the measure that rendering is held
// against. hand_gen.go is printed by gen from the answers, because nobody types a
// hundred appends.
package hand

//go:generate go run ./gen
