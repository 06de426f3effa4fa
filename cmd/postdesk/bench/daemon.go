package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// daemon is a running `postdesk serve`.
type daemon struct {
	cmd   *exec.Cmd
	ready time.Time // when it had its database and began to work
	ended chan error
}

// start runs the daemon's parts on a database and returns when it is at work.
func (w *world) start(ctx context.Context, database string, parts ...string) (*daemon, error) {
	args := []string{"serve"}
	if len(parts) > 0 {
		args = append(args, "--only", strings.Join(parts, ","))
	}
	d := &daemon{cmd: w.command(ctx, database, args...), ended: make(chan error, 1)}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan time.Time, 1)
	go func() {
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "msg=ready") {
				ready <- time.Now()
			} else if !strings.Contains(lines.Text(), "level=INFO") {
				fmt.Fprintln(os.Stderr, "daemon:", lines.Text())
			}
		}
		d.ended <- d.cmd.Wait()
	}()
	select {
	case d.ready = <-ready:
		return d, nil
	case err := <-d.ended:
		return nil, fmt.Errorf("the daemon ended: %w", err)
	case <-time.After(20 * time.Second):
		_ = d.cmd.Process.Kill()
		return nil, errors.New("the daemon does not get ready")
	}
}

// stop ends the daemon as an operator would.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-d.ended:
		return err
	case <-time.After(20 * time.Second):
		_ = d.cmd.Process.Kill()
		return errors.New("the daemon does not end")
	}
}

// usage is what the daemon's process used until now.
type usage struct {
	cpu  time.Duration // of all cores
	peak int64         // bytes of memory at most
}

// usage reads proc(5); the clock of CPU times there ticks 100 times a second on every Linux (USER_HZ).
func (d *daemon) usage() (u usage, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // from field 3, the state, on
	for _, f := range fields[11:13] {                                                   // utime, stime
		ticks, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(ticks) * 10 * time.Millisecond
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				return u, err
			}
			u.peak = kb << 10
		}
	}
	return u, nil
}
