package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"syscall"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/store"
)

// adminCommand is what an operator does to the data, beside a running server or without.
type adminCommand struct {
	Key             keyCommand     `cmd:"" help:"Make, list and revoke keys, also while the server runs. 管理密钥，服务可继续运行。"`
	Audit           auditCommand   `cmd:"" help:"Verify the audit's chain of hashes; print how many entries there are and the last hash. 校验审计记录的哈希链。"`
	Backup          backupCommand  `cmd:"" help:"Write everything to one file, while the server runs. 备份全部数据到一个文件，服务可继续运行。"`
	Restore         restoreCommand `cmd:"" help:"Fill a new data dir or an empty database from a backup. 从备份恢复到新的数据目录或空数据库。"`
	NewMasterKey    masterCommand  `cmd:"" help:"Print a new master key, for ZHIDA_MASTER_KEY of several nodes. 输出一个新的主密钥，供多节点的 ZHIDA_MASTER_KEY 使用。"`
	RotateMasterKey rotateCommand  `cmd:"" name:"rotate-master-key" help:"Seal everything anew under a new master key; the server is stopped. 更换主密钥，需先停止服务。"`
}

// adminSettings are what the commands share.
type adminSettings struct {
	storeSettings
	configFlag
}

// ready fills in the config file and returns the log and a context that a signal ends.
func (s *adminSettings) ready(c *console) (context.Context, context.CancelFunc, *slog.Logger, error) {
	doc, err := s.load(c, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	fill(reflect.ValueOf(&s.storeSettings).Elem(), reflect.ValueOf(doc.storeSettings))
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	return ctx, stop, log, nil
}

// exists fails when there is no database in the data dir: a command that reads should
// not make one.
func (s *storeSettings) exists() error {
	if s.url() != "" {
		return nil
	}
	file := filepath.Join(s.dir(), store.DatabaseFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist; which --data-dir or --database-url? (数据库不存在，请检查 --data-dir 或 --database-url)", file)
	} else if err != nil {
		return err
	}
	return nil
}

// onStore runs f on the store that there is, beside a running server or without.
func (s *adminSettings) onStore(c *console, f func(ctx context.Context, db *store.DB) error) (err error) {
	ctx, stop, log, err := s.ready(c)
	if err != nil {
		return err
	}
	defer stop()
	if err := s.exists(); err != nil {
		return err
	}
	db, err := s.open(ctx, false, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(ctx, db)
}

type backupCommand struct {
	adminSettings
	File string `arg:"" help:"Where to; - is standard output. 备份文件，- 表示标准输出。"`
}

// Run writes a backup. Its file appears whole or not at all.
func (b *backupCommand) Run(c *console) error {
	var rows int64
	err := b.onStore(c, func(ctx context.Context, db *store.DB) (err error) {
		if b.File == "-" {
			rows, err = db.Backup(ctx, c.out, nil)
		} else {
			rows, err = backupTo(ctx, db, b.File)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.say(diag.Text{
		Zh: fmt.Sprintf("已备份 %d 行。备份不含主密钥，请另行保存 master.key 或 ZHIDA_MASTER_KEY。", rows),
		En: fmt.Sprintf("%d rows are backed up. The master key is not among them: keep master.key or ZHIDA_MASTER_KEY elsewhere.", rows),
	})
	return nil
}

// backupTo writes a backup to a file: beside its place first, then to the disk, then there.
func backupTo(ctx context.Context, db *store.DB, name string) (int64, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // 0600
	if err != nil {
		return 0, err
	}
	rows, err := db.Backup(ctx, f, nil)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(f.Name()))
	}
	return rows, nil
}

type restoreCommand struct {
	adminSettings
	File string `arg:"" help:"The backup. 备份文件。"`
}

// Run restores a backup.
func (r *restoreCommand) Run(c *console) (err error) {
	ctx, stop, log, err := r.ready(c)
	if err != nil {
		return err
	}
	defer stop()
	f, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	cfg, made, err := r.config(ctx, log)
	if err != nil {
		return err
	}
	rows, err := store.Restore(ctx, cfg, io.ReadSeeker(f), nil)
	if err != nil {
		if made != "" { // a key that was made just now seals nothing
			err = errors.Join(err, os.Remove(made))
		}
		return err
	}
	c.say(diag.Text{Zh: fmt.Sprintf("已恢复 %d 行。", rows), En: fmt.Sprintf("%d rows are restored.", rows)})
	return nil
}

type rotateCommand struct {
	adminSettings
}

// Run gives the data a new master key. A key from a file is replaced in it, by one that
// opens both as long as both are needed; one from a variable is printed before anything
// is sealed with it, so that it cannot be lost.
func (r *rotateCommand) Run(c *console) (err error) {
	ctx, stop, log, err := r.ready(c)
	if err != nil {
		return err
	}
	defer stop()
	if err := r.exists(); err != nil {
		return err
	}
	sealer, made, err := r.sealer(ctx, true)
	if err != nil {
		return err
	}
	cfg := store.Config{Path: r.dir(), URL: r.url(), Sealer: sealer, Log: log, Alone: true}
	if made != "" {
		return errors.Join(fmt.Errorf("there is no master key in %s to rotate (没有可更换的主密钥)", made), os.Remove(made))
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	both, err := cfg.Sealer.Rotated()
	if err != nil {
		return err
	}
	sole, err := both.Sole()
	if err != nil {
		return err
	}
	if or(r.MasterKey, "") != "" {
		text, err := sole.Export()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c.out, text); err != nil {
			return err
		}
	} else if err := both.Save(r.dir()); err != nil {
		return err
	}
	rows, err := db.Reseal(ctx, both)
	if err != nil {
		c.say(diag.Text{Zh: "更换失败，数据仍使用原来的主密钥。", En: "Nothing was changed: the old master key still holds."})
		return err
	}
	if or(r.MasterKey, "") == "" {
		if err := sole.Save(r.dir()); err != nil {
			return err
		}
	}
	c.say(diag.Text{
		Zh: fmt.Sprintf("已用新的主密钥重新加密 %d 项。旧的备份仍需要旧的主密钥。", rows),
		En: fmt.Sprintf("%d values are sealed anew. Older backups still need the old master key.", rows),
	})
	return nil
}
