package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/seal/kms"
	"github.com/zhida-kb/zhida/server/store"
)

// storeSettings say where the data is: for serve and for the commands that work on it.
type storeSettings struct {
	DataDir     *string `name:"data-dir" env:"ZHIDA_DATA_DIR" yaml:"data-dir" placeholder:"./zhida-data" help:"Where keys and data are kept. 数据目录。"`
	DatabaseURL *string `name:"database-url" env:"ZHIDA_DATABASE_URL" yaml:"database-url" placeholder:"postgres://…" help:"PostgreSQL instead of the embedded store. 使用 PostgreSQL，而非内置存储。"`
	MasterKey   *string `name:"master-key" env:"ZHIDA_MASTER_KEY" yaml:"master-key" placeholder:"base64" help:"What secrets are sealed with; better set as a variable. Else master.key in the data dir. 主密钥，建议用环境变量设置；默认为数据目录中的 master.key。"`
	MasterURI   *string `name:"master-key-uri" env:"ZHIDA_MASTER_KEY_URI" yaml:"master-key-uri" placeholder:"hcvault://…" help:"Key of a KMS that seals the master key: hcvault:// or aws-kms://. 用 KMS 中的密钥加密主密钥。"`
}

// dir is the data dir.
func (s *storeSettings) dir() string { return or(s.DataDir, "./zhida-data") }

// url names the database; "" is the embedded store. Files of secrets end in a line break,
// which comes along into variables.
func (s *storeSettings) url() string { return strings.TrimSpace(or(s.DatabaseURL, "")) }

// sealer loads the master key; made is the file that this has made for it.
// With rewrap it may be one that the KMS has not sealed yet.
func (s *storeSettings) sealer(ctx context.Context, rewrap bool) (_ *seal.Sealer, made string, err error) {
	cfg := seal.Config{Dir: s.dir(), Key: or(s.MasterKey, ""), Rewrap: rewrap}
	if uri := or(s.MasterURI, ""); uri != "" {
		if cfg.Wrap, err = kms.Open(ctx, uri); err != nil {
			return nil, "", err
		}
	}
	if or(s.MasterKey, "") == "" {
		path := filepath.Join(s.dir(), seal.MasterFile)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			made = path
		}
	}
	sealer, err := seal.Load(cfg)
	return sealer, made, err
}

// config is where the data is and what it is sealed with.
func (s *storeSettings) config(ctx context.Context, log *slog.Logger) (_ store.Config, made string, err error) {
	sealer, made, err := s.sealer(ctx, false)
	if err != nil {
		return store.Config{}, "", err
	}
	return store.Config{Path: s.dir(), URL: s.url(), Sealer: sealer, Log: log}, made, nil
}

// open opens the store: serve says that this process serves.
func (s *storeSettings) open(ctx context.Context, serve bool, log *slog.Logger) (*store.DB, error) {
	cfg, made, err := s.config(ctx, log)
	if err != nil {
		return nil, err
	}
	cfg.Serve = serve
	db, err := store.Open(ctx, cfg)
	if errors.Is(err, store.ErrWrongKey) && made != "" {
		// The database is older than the key that was just made: no use in keeping it.
		err = errors.Join(fmt.Errorf("%s is missing: %w", made, err), os.Remove(made))
	}
	if err == nil && made != "" {
		log.Info("a master key was made: keep a copy of it apart from the backups, which are of no use without it", "file", made)
	}
	return db, err
}
