package main

import (
	"context"

	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/store"
)

// tokenKey returns the key of action tokens. The database keeps it, so that the buttons
// of answers from before a restart, or from another node, work.
func tokenKey(db *store.DB) (*server.TokenKey, error) {
	raw, err := db.Secret(context.Background(), "action-tokens", server.TokenKeySize)
	if err != nil {
		return nil, err
	}
	return server.NewTokenKey(raw)
}
