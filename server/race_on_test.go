//go:build race

package server

// raced: the race detector makes sync.Pool forget and everything larger.
const raced = true
