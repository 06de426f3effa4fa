package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockFile takes the lock that marks the owner of a directory; the kernel frees it when the owner dies. A nil file
// without error means that another program, or another Server of this one, holds it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if e := f.Close(); e != nil || !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock %s: %w", path, errors.Join(err, e))
	}
	return nil, nil
}

// pidFile is what a postmaster writes about itself into postmaster.pid, as far as it is used here.
type pidFile struct {
	pid, port int
	socket    string // directory, "" where it has none
	ready     bool
}

func readPidFile(data string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 5 {
		return pidFile{}, errors.New("postmaster.pid is not complete yet")
	}
	var p pidFile
	if p.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return p, fmt.Errorf("postmaster.pid: %w", err)
	}
	if p.port, err = strconv.Atoi(strings.TrimSpace(lines[3])); err != nil {
		return p, fmt.Errorf("postmaster.pid: %w", err)
	}
	p.socket = strings.TrimSpace(lines[4])
	p.ready = len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	return p, nil
}

// borrow waits for the server that another running program has in this directory, and uses it.
func (s *Server) borrow(ctx context.Context) error {
	s.borrowed = true
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		p, err := readPidFile(s.place.data())
		if err == nil && p.ready {
			s.port, s.socket = p.port, p.socket != ""
			if s.password, err = s.readPassword(); err == nil {
				if err = s.ping(ctx); err == nil {
					return nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another program uses %s, but its PostgreSQL does not answer: %w", s.place.dir, errors.Join(err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// endEarlier ends a postmaster that an earlier run left on the data: its program is dead, since we hold the lock. Its
// pid file is taken away only where the number now belongs to some other program, which would keep PostgreSQL from
// starting; a file of a dead process is left, since PostgreSQL reads in it which memory has to be free first.
func endEarlier(ctx context.Context, data string) error {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("earlier server: %w", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return nil
	}
	if !isPostmaster(pid, data) {
		return os.Remove(filepath.Join(data, "postmaster.pid"))
	}
	for i, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("end the earlier server (process %d): %w", pid, err)
		}
		limit := time.After([]time.Duration{30 * time.Second, 5 * time.Second, 5 * time.Second}[i])
		for waiting := true; waiting; {
			if !isPostmaster(pid, data) {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-limit:
				waiting = false
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return fmt.Errorf("the earlier server (process %d) does not end", pid)
}

// isPostmaster tells whether the process is a postmaster on this data directory, by the command line that arguments made.
func isPostmaster(pid int, data string) bool {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err == nil {
		return strings.Contains(string(line), "-D\x00"+data+"\x00")
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		return false
	}
	line, err = exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(line), "-D "+data+" ")
}
