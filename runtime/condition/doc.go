// Package condition compiles and evaluates the expressions of answers.
package condition
