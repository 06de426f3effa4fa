package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postdesk/core/store/localpg"
)

// scratch holds what the tests of this process share: the binaries and a PostgreSQL.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "postdesk-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// PostgreSQL, run by root, works as a user of its own, who has to enter here.
	if err := os.Chmod(scratch, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if started.Load() {
		if s, err := database(); err == nil {
			_ = s.Stop()
		}
	}
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// newDir is a directory of the test's own that other users may enter, unlike t.TempDir.
func newDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// patience bounds what every test waits for: a build that cannot get a module, or a migration that cannot get its lock.
const patience = 4 * time.Minute

// build compiles the program; with the race detector where args say so.
func build(name string, args ...string) (string, error) {
	path := filepath.Join(scratch, name)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-buildvcs=false"}, args...), "-o", path, "postdesk/cmd/postdesk")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// plainBinary is the program as people run it: measured by the tests of memory and time.
var plainBinary = sync.OnceValues(func() (string, error) { return build("postdesk") })

// checkedBinary has the race detector where the tests have it.
var checkedBinary = sync.OnceValues(func() (string, error) {
	if !raced {
		return plainBinary()
	}
	return build("postdesk-race", "-race")
})

func binary(t testing.TB, which func() (string, error)) string {
	t.Helper()
	path, err := which()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// template is the name of a migrated database that the others are copied from.
const template = "template_desk"

var (
	started   atomic.Bool
	databases atomic.Int64
	database  = sync.OnceValues(func() (*localpg.Server, error) {
		started.Store(true)
		s, err := startPostgreSQL(filepath.Join(scratch, "pg"))
		if err != nil {
			return nil, err
		}
		return s, migrated(s, template)
	})
)

// startPostgreSQL starts a durable server: what it has committed outlives a SIGKILL.
func startPostgreSQL(dir string) (*localpg.Server, error) {
	return localpg.Start(context.Background(), localpg.Options{Dir: dir, Settings: map[string]string{"max_connections": "300"}})
}

// migrated makes a database and has the program bring its schema up to date.
func migrated(s *localpg.Server, name string) error {
	if err := s.CreateDatabase(context.Background(), name, ""); err != nil {
		return err
	}
	path, err := checkedBinary()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "migrate")
	cmd.Env = []string{"POSTDESK_DATABASE_URL=" + s.URL(name), "POSTDESK_SECRET_KEY_FILE=" + filepath.Join(scratch, "migrate.key")}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	return nil
}

// sharedServer is the PostgreSQL that the tests share which leave it alone.
func sharedServer(t testing.TB) *localpg.Server {
	t.Helper()
	s, err := database()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newDatabase is a migrated database of the test's own on the shared PostgreSQL.
func newDatabase(t testing.TB) string {
	t.Helper()
	s := sharedServer(t)
	name := fmt.Sprintf("desk_%d", databases.Add(1))
	if err := s.CreateDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}
