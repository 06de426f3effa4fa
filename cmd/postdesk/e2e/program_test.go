package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is a directory and an environment in which the binary is run.
type program struct {
	*testing.T
	path    string // of the binary
	dir     string
	environ []string
}

// newProgram prepares the binary for a database.
func newProgram(t *testing.T, path, databaseURL string) *program {
	t.Helper()
	p := &program{T: t, path: path, dir: newDir(t)}
	p.environ = []string{"POSTDESK_DATABASE_URL=" + databaseURL, "POSTDESK_SECRET_KEY_FILE=" + filepath.Join(p.dir, "key"),
		"POSTDESK_LISTEN=127.0.0.1:0", "PATH=" + os.Getenv("PATH"), "HOME=" + p.dir}
	return p
}

// run runs a command to its end and wants an exit code.
func (p *program) run(code int, args ...string) (stdout, stderr string) {
	p.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(p.Context(), p.path, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.environ, p.dir, &out, &errs
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.Fatalf("postdesk %s: exit %d, wanted %d\n%s%s", strings.Join(args, " "), got, code, &out, &errs)
	}
	return out.String(), errs.String()
}

// daemon is a running `postdesk serve` (or demo), in a process group of its own.
type daemon struct {
	*testing.T
	pid  int
	log  string // file of its standard error
	out  string // file of its standard output
	done chan struct{}
	exit int // after done; -1 = ended by a signal
}

// serve starts the daemon with arguments; it ends with the test, and what it logged last is shown where that fails.
func (p *program) serve(args ...string) *daemon {
	p.Helper()
	return p.start(append([]string{"serve"}, args...)...)
}

func (p *program) start(args ...string) *daemon {
	p.Helper()
	log, err := os.CreateTemp(p.dir, "log-")
	if err != nil {
		p.Fatal(err)
	}
	defer log.Close()
	out, err := os.CreateTemp(p.dir, "out-")
	if err != nil {
		p.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(p.path, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.environ, p.dir, out, log
	// The death signal hangs on the thread that starts the process, so a goroutine keeps that thread.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	d := &daemon{T: p.T, log: log.Name(), out: out.Name(), done: make(chan struct{})}
	begun := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			d.pid = cmd.Process.Pid
		}
		begun <- err
		if err == nil {
			_ = cmd.Wait() // its exit code is kept below
			d.exit = cmd.ProcessState.ExitCode()
			close(d.done)
		}
	}()
	if err := <-begun; err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		d.kill()
		if log := d.logged(); p.Failed() || strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
			lines := strings.Split(strings.TrimSpace(log), "\n")
			p.Errorf("the daemon's log:\n%s", strings.Join(lines[max(0, len(lines)-60):], "\n"))
		}
	})
	return d
}

func (d *daemon) logged() string {
	b, err := os.ReadFile(d.log)
	if err != nil {
		d.Error(err)
	}
	return string(b)
}

// says waits until the daemon has logged a line with text in it, and returns that line.
func (d *daemon) says(text string) string {
	d.Helper()
	var found string
	eventually(d.T, 30*time.Second, func() error {
		for line := range strings.Lines(d.logged()) {
			if strings.Contains(line, text) {
				found = strings.TrimSpace(line)
				return nil
			}
		}
		return fmt.Errorf("the daemon does not say %q", text)
	})
	return found
}

var urlPattern = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// url is where its web desk is.
func (d *daemon) url() string { return urlPattern.FindString(d.says("web desk")) }

// ready waits until it works.
func (d *daemon) ready() *daemon {
	d.Helper()
	eventually(d.T, 60*time.Second, func() error {
		code, body, err := get(d.url() + "/readyz")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("/readyz: %d %s", code, body)
		}
		return err
	})
	return d
}

// kill ends it with SIGKILL, as a crash would.
func (d *daemon) kill() {
	_ = syscall.Kill(-d.pid, syscall.SIGKILL) // it may have ended
	<-d.done
}

// stop ends it as an operator would, and wants it to end well.
func (d *daemon) stop() {
	d.Helper()
	if err := syscall.Kill(d.pid, syscall.SIGTERM); err != nil {
		d.Fatal(err)
	}
	select {
	case <-d.done:
	case <-time.After(40 * time.Second):
		_ = syscall.Kill(d.pid, syscall.SIGQUIT) // for the stacks in its log
		time.Sleep(time.Second)
		d.Fatal("the daemon does not end")
	}
	if d.exit != 0 {
		d.Fatalf("the daemon ended with %d", d.exit)
	}
}

var client = &http.Client{Timeout: 20 * time.Second}

func get(url string) (int, string, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// eventually tries until check is content; it fails the test with check's last word.
func eventually(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(25 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s: %v", limit, err)
		}
	}
}
