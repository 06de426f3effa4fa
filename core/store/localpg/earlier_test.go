package localpg

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestRunningServerIsShared(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	owner := serve(t, Options{Dir: dir, Throwaway: true})
	guest := serve(t, Options{Dir: dir, Throwaway: true})
	if owner.URL("x") != guest.URL("x") || owner.TCPURL("x") != guest.TCPURL("x") {
		t.Errorf("owner %s, guest %s", owner.TCPURL("x"), guest.TCPURL("x"))
	}
	if err := guest.Kill(); !errors.Is(err, ErrBorrowed) {
		t.Errorf("Kill by the guest: %v", err)
	}
	if err := guest.Restart(within(t)); !errors.Is(err, ErrBorrowed) {
		t.Errorf("Restart by the guest: %v", err)
	}
	if err := guest.Stop(); err != nil {
		t.Fatal(err)
	}
	query(t, owner.URL("postgres"), "SHOW port")
}

// ownerProcess runs a server in a program of its own, and returns that program and the server's process number.
func ownerProcess(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOCALPG_TEST_OWNER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(line, "ready %d", &pid); err != nil {
		t.Fatalf("the other program says %q", line)
	}
	return cmd, pid
}

func TestServerEndsWithAKilledProgram(t *testing.T) {
	t.Parallel()
	owner, pid := ownerProcess(t, openDir(t))
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the server (process %d) outlives its program", pid)
		}
	}
}

func TestServerHasItsOwnProcessGroup(t *testing.T) {
	t.Parallel()
	_, pid := ownerProcess(t, openDir(t))
	group, err := syscall.Getpgid(pid)
	if err != nil {
		t.Fatal(err)
	}
	if group != pid {
		t.Errorf("the server is in group %d: Ctrl-C in the terminal would reach it before the program", group)
	}
}

func TestStartAfterAKilledProgram(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	owner, _ := ownerProcess(t, dir)
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	owner.Wait()
	// The server of the killed program may still be writing its last checkpoint now.
	s := serve(t, Options{Dir: dir, Throwaway: true})
	query(t, s.URL("postgres"), "SHOW port")
	if s.borrowed {
		t.Error("a dying server was taken over")
	}
}

// A server without a living owner exists where the kernel has no death signal. Here one is made by letting go of the lock.
func TestOrphanedServerIsReplaced(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	orphan := serve(t, Options{Dir: dir, Throwaway: true})
	execute(t, orphan.URL("postgres"), "CREATE TABLE t AS SELECT 'kept' AS v")
	if err := orphan.lock.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Dir: dir, Throwaway: true})
	select {
	case <-orphan.Done():
	default:
		t.Error("the orphan still runs")
	}
	if got := query(t, s.URL("postgres"), "SELECT v FROM t"); got != "kept" {
		t.Errorf("after the take-over: %q", got)
	}
	orphan.mu.Lock()
	orphan.lock, orphan.proc = nil, nil // nothing left to stop
	orphan.mu.Unlock()
}

func TestStalePidFileOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := serve(t, Options{Dir: dir, Throwaway: true})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	// The number in the file belongs to a program that lives and is no PostgreSQL: this test.
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n127.0.0.1\n 1 1\nready   \n", os.Getpid(), s.place.data())
	if err := os.WriteFile(filepath.Join(s.place.data(), "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.place.own(filepath.Join(s.place.data(), "postmaster.pid")); err != nil {
		t.Fatal(err)
	}
	query(t, serve(t, Options{Dir: dir, Throwaway: true}).URL("postgres"), "SHOW port")
}
