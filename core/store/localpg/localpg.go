// Package localpg is in charge of a private PostgreSQL that the program runs for itself: for the first run on a machine
// where nobody has set up a database, for tests, and for benchmarks. It finds or fetches the server's binaries, makes the
// data directory, starts the server as a child that ends with its parent, and hands out connection addresses.
//
// The server listens on a Unix socket in a directory that only its user may enter (no password is asked there) and on a
// free port of the loopback interface (with a password of its own, kept in the directory).
package localpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// superuser is the one database role that exists in a fresh server.
const superuser = "postgres"

// ErrDatabaseExists is wrapped by CreateDatabase when the name is taken.
var ErrDatabaseExists = errors.New("database exists already")

// ErrBorrowed is wrapped by Kill and Restart on a server that another running program started.
var ErrBorrowed = errors.New("the server belongs to another running program")

// Options say where the server lives and how careful it is.
type Options struct {
	// Dir is a directory of the server's own; it is made when missing. Data, log and sockets lie in it.
	Dir string
	// Throwaway gives up durability for speed (fsync off): a crash of the machine may ruin the data.
	// Only for data that nobody will miss, as in tests.
	Throwaway bool
	// Log gets one line for each step that takes long (a download, an installation). Nil: silence.
	Log io.Writer
	// Settings are given to the server as configuration parameters and win over the defaults chosen here.
	Settings map[string]string
}

// Server is a PostgreSQL server on this machine. Its methods may be called from several goroutines.
type Server struct {
	opts     Options
	place    place
	bin      binaries
	port     int
	password string
	socket   bool // the socket's path is short enough for the operating system

	mu       sync.Mutex
	proc     *process // nil while stopped, and always nil where borrowed
	fixed    bool     // the port is known to callers: a restart has to get the same one
	lock     *os.File // held while this program owns the directory
	borrowed bool
}

// Start runs the server in o.Dir and returns when it answers queries. A server that an earlier run left behind there is
// ended first; one that belongs to another running program is shared, and then Stop leaves it alone. ctx bounds only the
// start. The errors name what is missing and how to get it.
func Start(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, systemFinder())
}

func start(ctx context.Context, o Options, f finder) (*Server, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	pl, err := settle(o.Dir, o.Throwaway, o.Log)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, place: pl}
	if s.lock, err = lockFile(pl.file("lock")); err != nil {
		return nil, err
	}
	if s.lock == nil {
		return s, s.borrow(ctx)
	}
	if err := s.prepare(ctx, f); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	for tries := 0; ; tries++ {
		if s.port, err = freePort(); err == nil {
			s.socket = len(s.socketPath()) < 100
			err = s.launch(ctx)
		}
		// Between picking the port and listening on it somebody else may have taken it.
		if err == nil || !errors.Is(err, errPortTaken) || tries == 5 {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// prepare ends what an earlier run left, finds the binaries that fit the data, and makes the data where there are none.
func (s *Server) prepare(ctx context.Context, f finder) error {
	if err := endEarlier(ctx, s.place.data()); err != nil {
		return err
	}
	want, err := dataVersion(s.place.data())
	if err != nil {
		return err
	}
	if s.bin, err = f.find(ctx, s.place.dir, want, s.opts.Log); err != nil {
		return err
	}
	if want != 0 {
		s.password, err = s.readPassword()
		return err
	}
	s.password = rand.Text()
	return s.initdb(ctx)
}

func (s *Server) readPassword() (string, error) {
	b, err := os.ReadFile(s.place.file("password"))
	if err != nil {
		return "", fmt.Errorf("password of the private PostgreSQL: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// initdb makes the data directory. It works beside the final name and renames at the end, so that an interrupted run
// never leaves half a database that looks like a whole one.
func (s *Server) initdb(ctx context.Context) error {
	unfinished := s.place.file("data.new")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := s.place.mkdir(unfinished); err != nil {
		return err
	}
	pw := s.place.file("password")
	if err := os.WriteFile(pw, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.place.own(pw); err != nil {
		return err
	}
	args := []string{"-D", unfinished, "-U", superuser, "-E", "UTF8", "--locale=" + locale, "--lc-messages=C",
		"--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=" + pw, "--no-instructions"}
	if s.opts.Throwaway {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin.dir, "initdb"), args...)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = s.bin.environ(), "/", s.place.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(string(out), 5))
	}
	return os.Rename(unfinished, s.place.data())
}

// arguments of the postmaster. Everything stands on the command line, so that the files which initdb wrote stay as they are.
func (s *Server) arguments() []string {
	set := map[string]string{
		"listen_addresses":            "127.0.0.1",
		"unix_socket_directories":     "",
		"max_connections":             "100",
		"jit":                         "off", // its compile time exceeds the whole time of such short queries
		"log_checkpoints":             "off",
		"log_autovacuum_min_duration": "-1",
	}
	if s.socket {
		set["unix_socket_directories"] = s.place.file("socket")
		set["unix_socket_permissions"] = "0700"
	}
	if s.opts.Throwaway {
		set["fsync"], set["full_page_writes"], set["synchronous_commit"] = "off", "off", "off"
		set["wal_level"], set["max_wal_senders"] = "minimal", "0"
	}
	for k, v := range s.opts.Settings {
		set[k] = v
	}
	args := []string{"-D", s.place.data(), "-p", strconv.Itoa(s.port)}
	for _, k := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", k+"="+set[k])
	}
	return args
}

// URL is the address of a database on this server, over the Unix socket where its path is short enough for one and over
// TCP else. It is a connection string for pgx; over TCP it holds the password.
func (s *Server) URL(dbname string) string {
	if !s.socket {
		return s.TCPURL(dbname)
	}
	q := url.Values{"host": {s.place.file("socket")}, "port": {strconv.Itoa(s.port)}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + dbname, RawQuery: q.Encode()}
	return u.String()
}

// TCPURL is the address of a database over the loopback interface, with the password.
func (s *Server) TCPURL(dbname string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, s.password), Path: "/" + dbname,
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), RawQuery: "sslmode=disable"}
	return u.String()
}

// Version is the server's major version, for example 15; 0 where the server is borrowed.
func (s *Server) Version() int { return s.bin.major }

// Dir is where the data really lies. It differs from Options.Dir where the server's user may not enter that one.
func (s *Server) Dir() string { return s.place.dir }

// CreateDatabase makes a database as a copy of template ("" = the server's own empty one). Nobody may be connected to
// the template meanwhile. The error wraps ErrDatabaseExists where the name is taken.
func (s *Server) CreateDatabase(ctx context.Context, name, template string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	stmt := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		stmt += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	_, err = conn.Exec(ctx, stmt)
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "42P04" { // duplicate_database
		return fmt.Errorf("create database %s: %w", name, ErrDatabaseExists)
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Done is closed when the server process that runs now has ended, asked or not. It is nil where the server is stopped or
// borrowed, so a receive from it then waits for ever.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	return s.proc.done
}

// Stop ends the server the fast way (SIGINT: open transactions are undone, everything committed is kept) and waits for
// it. A borrowed server is left running. Stop may be called again.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	var err error
	if s.proc != nil {
		err = s.proc.end(syscall.SIGINT, 30*time.Second)
		s.proc = nil
	}
	err = errors.Join(err, s.lock.Close())
	s.lock = nil
	if s.opts.Throwaway {
		err = errors.Join(err, s.place.leave())
	}
	return err
}

// Kill ends the postmaster with SIGKILL, as a crash would, and waits for that one process. It is for crash tests:
// Restart then has to recover the data.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.borrowed {
		return fmt.Errorf("kill: %w", ErrBorrowed)
	}
	if s.proc == nil {
		return nil
	}
	err := s.proc.end(syscall.SIGKILL, 10*time.Second)
	s.proc = nil
	return err
}

// Restart runs the server again on the same port and directory, after Kill or else after a fast stop.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.borrowed {
		return fmt.Errorf("restart: %w", ErrBorrowed)
	}
	if s.lock == nil {
		return errors.New("restart: the server was stopped for good")
	}
	if s.proc != nil {
		if err := s.proc.end(syscall.SIGINT, 30*time.Second); err != nil {
			return err
		}
		s.proc = nil
	}
	return s.launch(ctx)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (s *Server) socketPath() string {
	return filepath.Join(s.place.file("socket"), ".s.PGSQL."+strconv.Itoa(s.port))
}
