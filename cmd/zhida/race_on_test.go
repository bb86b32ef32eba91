//go:build race

package main

// raced: the race detector makes everything slow.
const raced = true
