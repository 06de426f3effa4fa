package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startLimit bounds a start where the caller's context does not: recovery after a crash reads at most a few WAL segments.
const startLimit = 2 * time.Minute

// errPortTaken means that another program listens on the chosen port.
var errPortTaken = errors.New("port taken")

// process is a postmaster that runs as our child.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// startChild runs cmd from a goroutine that keeps its thread until the child has ended. On Linux the child's death signal
// is bound to the thread that made it: on a thread that the runtime gives up, the server would die with that thread.
func startChild(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// end sends sig and waits. A server that does not go in time is told more and more bluntly: SIGQUIT is PostgreSQL's
// immediate stop, after which it recovers as from a crash.
func (p *process) end(sig syscall.Signal, limit time.Duration) error {
	for _, s := range []syscall.Signal{sig, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop PostgreSQL: %w", err)
		}
		select {
		case <-p.done:
			return nil
		case <-time.After(limit):
			limit = 5 * time.Second
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not end", p.cmd.Process.Pid)
}

// launch starts the postmaster and returns when it answers a query. While the children of a killed postmaster are still
// leaving, they hold its memory and port, so that is waited for.
func (s *Server) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	leaving := time.Now().Add(40 * time.Second) // on a busy disk the last one may still be writing
	for {
		again, err := s.launchOnce(ctx)
		if err == nil || !again || time.Now().After(leaving) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// launchOnce reports in again whether the same attempt may succeed a little later.
func (s *Server) launchOnce(ctx context.Context) (again bool, err error) {
	// A file of its own for each start: it is the answer to "why does it not start", and cannot fill the disk over years.
	log, err := os.OpenFile(s.place.file("postgresql.log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return false, err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin.dir, "postgres"), s.arguments()...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.bin.environ(), "/", log, log
	cmd.SysProcAttr = childAttributes(s.place.cred)
	p, err := startChild(cmd)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	for {
		if err = s.ping(ctx); err == nil {
			s.proc, s.fixed = p, true
			return false, nil
		}
		select {
		case <-p.done:
			return s.whyEnded(p)
		case <-ctx.Done():
			return false, errors.Join(fmt.Errorf("PostgreSQL does not answer: %w", err), p.end(syscall.SIGINT, 5*time.Second))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// whyEnded reads the reason for a failed start from the server's log.
func (s *Server) whyEnded(p *process) (again bool, err error) {
	log, _ := os.ReadFile(s.place.file("postgresql.log")) // without it the exit status is all there is
	err = fmt.Errorf("PostgreSQL ended while starting (%w): %s", p.err, lastLines(string(log), 4))
	if bytes.Contains(log, []byte("Address already in use")) {
		return s.fixed, fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return bytes.Contains(log, []byte("still in use")), err
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx)
}
