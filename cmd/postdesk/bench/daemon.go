package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
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
				fmt.Fprintln(w.errors, "daemon:", lines.Text())
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
