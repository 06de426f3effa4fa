// Package storetest gives each test a migrated database of its own, on a throw-away PostgreSQL that the test binary
// starts for itself.
package storetest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"postdesk/core/store"
	"postdesk/core/store/localpg"
)

const template = "template_desk"

var (
	start   sync.Once
	server  *localpg.Server
	failure error
	counter atomic.Int64
	dir     string
)

// Main runs a package's tests and stops the PostgreSQL that they used. Call it from TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a TestMain that has more to do before it exits.
func Run(m *testing.M) int {
	code := m.Run()
	if server != nil {
		_ = server.Stop()
	}
	if dir != "" {
		_ = os.RemoveAll(dir)
	}
	return code
}

// Server is the PostgreSQL of this test binary.
func Server(t testing.TB) *localpg.Server {
	t.Helper()
	start.Do(func() { failure = prepare(t.Context()) })
	if failure != nil {
		t.Fatalf("a PostgreSQL for the tests: %v", failure)
	}
	return server
}

func prepare(ctx context.Context) (err error) {
	if dir, err = os.MkdirTemp("", "postdesk-test-"); err != nil {
		return err
	}
	// The server outlives the test that happened to start it.
	ctx = context.WithoutCancel(ctx)
	server, err = localpg.Start(ctx, localpg.Options{Dir: dir, Throwaway: true, Settings: map[string]string{"max_connections": "400"}})
	if err != nil {
		return err
	}
	if err := server.CreateDatabase(ctx, template, ""); err != nil {
		return err
	}
	s, err := store.Open(ctx, server.URL(template), Secrets())
	if err != nil {
		return err
	}
	defer s.Close()
	_, _, err = s.Migrate(ctx)
	return err
}

// Secrets are fixed keys for tests.
func Secrets() *store.Secrets {
	s, err := store.NewSecrets(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	return s
}

// URL makes a migrated database of the test's own and gives its address.
func URL(t testing.TB) string {
	t.Helper()
	s := Server(t)
	name := fmt.Sprintf("test_%d", counter.Add(1))
	if err := s.CreateDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}

// New opens a store on a database of the test's own.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, URL(t))
}

// Open opens a store that is closed when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, Secrets())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
