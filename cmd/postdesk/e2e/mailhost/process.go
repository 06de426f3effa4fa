package mailhost

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// need fails the test with one line that names the packages, where a program is not installed.
func need(t TB, packages string, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := os.Stat(p); err != nil {
			t.Fatalf("%s is not installed: apt-get install %s", p, packages)
		}
	}
}

// serverDir is a short directory that the servers' own users may reach; t.TempDir may be entered by one user only, and
// its name can be too long for a Unix socket.
func serverDir(t TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", name+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func chown(t TB, path, name string) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// freePorts are n ports of the loopback interface that nobody listens on, picked by the kernel. They are held together,
// so that they differ.
func freePorts(t TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// process is a server with all of its children, in a process group of its own.
type process struct {
	pid  int
	done chan struct{} // closed when the parent of the group has ended
}

// startGroup runs a server. Its output goes to the file output. The kernel ends it when the test program dies: that
// signal hangs on the thread which started the server, so a goroutine keeps this thread.
func startGroup(output, name string, args ...string) (*process, error) {
	out, err := os.OpenFile(output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			cmd.Wait() // servers of tests end by signal, so how they ended tells nothing
			close(p.done)
		}
	}()
	return p, <-started
}

// kill ends the whole group with SIGKILL and returns when none of it runs any more.
func (p *process) kill() error {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		err := syscall.Kill(-p.pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) || err == nil && p.ended() && !groupRuns(p.pid) {
			<-p.done
			return nil
		}
		if err != nil || time.Now().After(end) {
			return fmt.Errorf("process group %d does not end: %v", p.pid, err)
		}
	}
}

// groupRuns tells whether a process group has a member that has not ended yet. Members that only wait to be collected by
// their new parent count for kill(2), sometimes for a second.
func groupRuns(group int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the only error is a bad pattern
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		// proc(5): pid (name) state parent group …; the name may contain anything.
		_, rest, _ := strings.Cut(string(stat[strings.LastIndex(string(stat), ")")+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" && fields[0] != "X" {
			return true
		}
	}
	return false
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// showLog puts the end of a server's log into the output of a failed test.
func showLog(t TB, path string) {
	t.Helper()
	if !t.Failed() {
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Log(err)
		return
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	t.Logf("%s:\n%s", filepath.Base(path), strings.Join(lines[max(0, len(lines)-30):], "\n"))
}
