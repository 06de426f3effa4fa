package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain plays the program that dies: started again by a test, this binary runs a server until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LOCALPG_TEST_OWNER"); dir != "" {
		s, err := Start(context.Background(), Options{Dir: dir, Throwaway: true})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.proc.cmd.Process.Pid)
		select {}
	}
	os.Exit(m.Run())
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// serve starts a server that ends with the test.
func serve(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = openDir(t)
	}
	s, err := Start(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(within(t), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var v string
	if err := conn.QueryRow(within(t), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(within(t), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(within(t), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestServerAnswersOnSocketAndTCP(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	s := serve(t, Options{Throwaway: true, Settings: map[string]string{"max_connections": "42"}})
	t.Logf("first answer after %v", time.Since(begin).Round(time.Millisecond))
	for _, url := range []string{s.URL("postgres"), s.TCPURL("postgres")} {
		if got := query(t, url, "SHOW max_connections"); got != "42" {
			t.Errorf("max_connections over %s = %s", url, got)
		}
	}
	if !strings.Contains(s.URL("x"), "socket") || strings.Contains(s.TCPURL("x"), "socket") {
		t.Errorf("URL %s, TCPURL %s", s.URL("x"), s.TCPURL("x"))
	}
	if got := query(t, s.URL("postgres"), "SELECT lower('ÉÑ')"); got != "éñ" {
		t.Errorf("lower('ÉÑ') = %q: the locale knows no accents", got)
	}
}

func TestTCPAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Throwaway: true})
	wrong := strings.Replace(s.TCPURL("postgres"), s.password, "guess", 1)
	if conn, err := pgx.Connect(within(t), wrong); err == nil {
		conn.Close(context.Background())
		t.Error("a wrong password was let in over TCP")
	}
	info, err := os.Stat(s.place.file("socket"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket directory is %v: other users could connect without a password", info.Mode())
	}
}

func TestOnlyThrowawayServersRiskTheData(t *testing.T) {
	t.Parallel()
	for _, throwaway := range []bool{true, false} {
		s := serve(t, Options{Throwaway: throwaway})
		want := map[bool]string{true: "off", false: "on"}[throwaway]
		for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			if got := query(t, s.URL("postgres"), "SHOW "+name); got != want {
				t.Errorf("throwaway %v: %s = %s, want %s", throwaway, name, got, want)
			}
		}
	}
}

func TestCreateDatabase(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Throwaway: true})
	if err := s.CreateDatabase(within(t), "template", ""); err != nil {
		t.Fatal(err)
	}
	execute(t, s.URL("template"), "CREATE TABLE t AS SELECT 7 AS n")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if err := s.CreateDatabase(within(t), fmt.Sprintf("Copy \"%d\"", i), "template"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := query(t, s.URL("Copy \"2\""), "SELECT n::text FROM t"); got != "7" {
		t.Errorf("the copy holds %s", got)
	}
	if err := s.CreateDatabase(within(t), "template", ""); !errors.Is(err, ErrDatabaseExists) {
		t.Errorf("second creation: %v", err)
	}
}

func TestCommittedDataSurviveKillAndRestart(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	execute(t, s.URL("postgres"), "CREATE TABLE t AS SELECT 'kept' AS v")
	url, done := s.URL("postgres"), s.Done()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	default:
		t.Error("Done is open after Kill")
	}
	if conn, err := pgx.Connect(within(t), url); err == nil {
		conn.Close(context.Background())
		t.Error("the server answers after Kill")
	}
	if err := s.Restart(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "SELECT v FROM t"); got != "kept" {
		t.Errorf("after the crash: %q", got)
	}
	if err := s.Restart(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "SELECT v FROM t"); got != "kept" {
		t.Errorf("after the restart: %q", got)
	}
}

func TestSecondRunFindsTheData(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := serve(t, Options{Dir: dir})
	execute(t, s.URL("postgres"), "CREATE TABLE t AS SELECT 'kept' AS v")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(within(t)); err == nil {
		t.Error("Restart after Stop must fail: the directory may belong to somebody else by now")
	}
	s = serve(t, Options{Dir: dir})
	if got := query(t, s.TCPURL("postgres"), "SELECT v FROM t"); got != "kept" {
		t.Errorf("second run: %q", got)
	}
}

// openDir is a temporary directory that PostgreSQL's user may reach also where the tests run as root.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "localpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestInterruptedInitdbIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	half := filepath.Join(dir, "data.new")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	query(t, serve(t, Options{Dir: dir, Throwaway: true}).URL("postgres"), "SHOW port")
}

func TestLongDirectoryFallsBackToTCP(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("long-name/", 10))
	s := serve(t, Options{Dir: dir, Throwaway: true})
	if s.URL("postgres") != s.TCPURL("postgres") {
		t.Errorf("URL %s uses a socket whose path is %d bytes long", s.URL("postgres"), len(s.socketPath()))
	}
	query(t, s.URL("postgres"), "SHOW port")
}

func TestBadSettingIsExplained(t *testing.T) {
	t.Parallel()
	_, err := Start(within(t), Options{Dir: openDir(t), Throwaway: true, Settings: map[string]string{"no_such_thing": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_thing") {
		t.Errorf("error %v does not name the setting", err)
	}
}

func TestClosedParentDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("not root: the server runs as this user, and no parent directory can keep it out alone")
	}
	home := openDir(t)
	defer func(old string) { closedHome = old }(closedHome)
	closedHome = filepath.Join(home, "elsewhere")
	closed := openDir(t)
	if err := os.Chmod(closed, 0o700); err != nil { // as root's home is
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "var")
	var log bytes.Buffer
	s := serve(t, Options{Dir: dir, Log: &log})
	execute(t, s.URL("postgres"), "CREATE TABLE t AS SELECT 'kept' AS v")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, Options{Dir: dir})
	if got := query(t, s.URL("postgres"), "SELECT v FROM t"); got != "kept" {
		t.Errorf("second run: %q", got)
	}
	if os.Geteuid() == 0 {
		if !strings.Contains(log.String(), "may not enter "+closed) || !strings.HasPrefix(s.Dir(), closedHome) {
			t.Errorf("data in %s, log %q", s.Dir(), &log)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	thrown := serve(t, Options{Dir: filepath.Join(closed, "tmp"), Throwaway: true})
	where := thrown.Dir()
	if err := thrown.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(where); os.Geteuid() == 0 && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("throw-away data are left in %s", where)
	}
}
