package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
)

// ServerVariable names a server whose databases tests may make and drop.
const ServerVariable = "ZHIDA_TEST_DATABASE_URL"

// shared is the server of this test process, started by the first test that asks for it.
var shared = sync.OnceValues(func() (*testServer, error) {
	s := &testServer{url: os.Getenv(ServerVariable)}
	if s.url == "" {
		dir, err := os.MkdirTemp("", "zhida-pg-")
		if err != nil {
			return nil, err
		}
		if s.process, err = StartServer(dir); err != nil {
			return nil, err
		}
		s.url = s.process.URL
	}
	return s, s.makeTemplate()
})

// testServer is where test databases are made.
type testServer struct {
	url      string
	process  *Server // kept, so that its pipe stays open as long as this process lives
	template string
}

// Postgres makes an empty database whose schema is up to date, and returns its URL. It is
// dropped with the test.
func Postgres(t testing.TB) string {
	t.Helper()
	return database(t, true)
}

// EmptyPostgres makes a database without any table and returns its URL. It is dropped
// with the test.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return database(t, false)
}

func database(t testing.TB, schema bool) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ToLower(rand.Text())
	from := "template0"
	if schema {
		from = s.template
	}
	if err := s.run("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.named(name)
}

// makeTemplate makes the database that those of the tests are copied from.
func (s *testServer) makeTemplate() error {
	name := "template_" + strings.ToLower(rand.Text())
	if err := s.run("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		return err
	}
	sealer, err := seal.Generate()
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), store.Config{URL: s.named(name), Sealer: sealer})
	if err != nil {
		return err
	}
	err = db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM master_check`) // each test has a key of its own
		return err
	})
	s.template = name
	return errors.Join(err, db.Close())
}

// named is the URL of a database of the server.
func (s *testServer) named(database string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url // run has failed by then
	}
	u.Path = "/" + database
	return u.String()
}

// run runs a statement about databases.
func (s *testServer) run(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("storetest: %w", err)
	}
	_, err = c.Exec(ctx, statement)
	if err != nil {
		err = fmt.Errorf("storetest: %s: %w", statement, err)
	}
	return errors.Join(err, c.Close(ctx))
}

// Server is a PostgreSQL server of a test's own. It ends with the process that started
// it, however that ends.
type Server struct {
	URL string // of its database postgres

	bin, dir string
	port     int
	as       *syscall.Credential
	hold     *os.File // the server ends when this is closed
	wrapper  *exec.Cmd
}

// StartServer makes a database cluster in a folder, which must be empty, and starts a
// server on it, without syncs: it is for tests of logic. The folder goes with the server.
func StartServer(dir string) (*Server, error) {
	s := &Server{dir: dir}
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 { // which PostgreSQL refuses to run as
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("storetest: PostgreSQL does not run as root, and there is no user postgres: %w", err)
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32) // numbers on Unix
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--no-instructions",
		"--encoding=UTF8", "--locale=C")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: s.as}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("storetest: initdb: %w: %s", err, out)
	}
	return s, s.Start()
}

// binaries is the folder of PostgreSQL's programs.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("storetest: these tests need PostgreSQL: apt-get install -y postgresql, or set %s", ServerVariable)
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

// script runs the server until standard input ends.
const script = `"$@" & server=$!
cat >/dev/null
kill -INT $server 2>/dev/null
wait $server`

// Start starts the server again after Stop, on the same address.
func (s *Server) Start() error {
	if s.port == 0 {
		s.port = 54000 + os.Getpid()%10000 // names the socket; there is no TCP
	}
	in, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, in.Close(), hold.Close())
	}
	postgres := []string{filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-p", strconv.Itoa(s.port)}
	for _, setting := range []string{"listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off",
		"max_connections=200", "shared_buffers=64MB", "log_min_messages=fatal"} {
		postgres = append(postgres, "-c", setting)
	}
	s.wrapper = exec.Command("/bin/sh", append([]string{"-c", script + s.cleanup(), "sh"}, postgres...)...)
	s.wrapper.Stdin, s.wrapper.Stdout, s.wrapper.Stderr, s.wrapper.Dir = in, log, log, s.dir
	// A group of its own, so that Ctrl-C reaches the tests first.
	s.wrapper.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	err = s.wrapper.Start()
	err = errors.Join(err, in.Close(), log.Close())
	if err != nil {
		return errors.Join(err, hold.Close())
	}
	s.hold = hold
	s.URL = fmt.Sprintf("postgres://postgres@/postgres?host=%s&port=%d", url.QueryEscape(s.dir), s.port)
	return s.ready()
}

// cleanup is what the wrapper does when the server has ended because the tests have.
func (s *Server) cleanup() string {
	return "\n[ -e '" + s.dir + "/keep' ] || rm -rf '" + s.dir + "'"
}

// ready waits until the server answers.
func (s *Server) ready() error {
	deadline := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		c, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			err = c.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			out, _ := os.ReadFile(filepath.Join(s.dir, "log")) // an addition to the error
			return fmt.Errorf("storetest: PostgreSQL does not start: %w: %s", err, out)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Stop stops the server at once, as a crash of its machine would look to clients. Its
// data stays until Close.
func (s *Server) Stop() error {
	keep := filepath.Join(s.dir, "keep")
	if err := os.WriteFile(keep, nil, 0o600); err != nil {
		return err
	}
	return errors.Join(s.end(), os.Remove(keep))
}

// Close stops the server and removes its folder.
func (s *Server) Close() error {
	if s.hold == nil {
		return os.RemoveAll(s.dir)
	}
	return s.end()
}

func (s *Server) end() error {
	err := s.hold.Close()
	s.hold = nil
	var exit *exec.ExitError
	if waited := s.wrapper.Wait(); waited != nil && !errors.As(waited, &exit) {
		err = errors.Join(err, waited)
	}
	return err
}
