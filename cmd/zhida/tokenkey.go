package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zhida-kb/zhida/server"
)

// loadTokenKey reads the key of action tokens from the data dir; the first start makes
// it. It is kept, so that the buttons of answers from before a restart still work.
func loadTokenKey(dir string) (*server.TokenKey, error) {
	name := filepath.Join(dir, "action.key")
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return makeTokenKey(dir, name)
	}
	if err != nil {
		return nil, err
	}
	key, err := server.NewTokenKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; remove it to have a new one made (文件损坏，删除后会重新生成)", name, err)
	}
	return key, nil
}

// makeTokenKey writes a new key. The file appears whole or not at all; of two processes
// that start together one wins, and both use what it wrote.
func makeTokenKey(dir, name string) (*server.TokenKey, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	raw := make([]byte, server.TokenKeySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, ".action.key-*") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if raw, err = os.ReadFile(name); err != nil {
		return nil, err
	}
	return server.NewTokenKey(raw)
}
