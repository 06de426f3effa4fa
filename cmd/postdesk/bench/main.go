// Command bench measures the daemon on real servers and prints each number beside floors of the same run: what the same
// machine does in the same minute without the desk. It is in charge of numbers only; what must be true is tested
// elsewhere, and the bench fails only where mail was lost, doubled or left over.
//
//	go run ./cmd/postdesk/bench            everything, about three minutes
//	go run ./cmd/postdesk/bench -only in   one part: in, paced, latency, out
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	mails   int // of a backlog, half of them new, half replies
	runs    int // of which the median counts
	pace    time.Duration
	singles int // mails of the latency part
	daemon  string
	only    string
}

func main() {
	var s settings
	flag.IntVar(&s.mails, "mails", 5000, "mails of a backlog, half new, half replies")
	flag.IntVar(&s.runs, "runs", 3, "runs of which the median counts")
	flag.DurationVar(&s.pace, "pace", 15*time.Second, "how long mail comes in at 400 a second")
	flag.IntVar(&s.singles, "singles", 60, "mails that come in one by one")
	flag.StringVar(&s.daemon, "daemon", "", "the postdesk program to measure (default: built from this source)")
	flag.StringVar(&s.only, "only", "", "parts to run: in, paced, latency, out (default: all)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out io.Writer) (err error) {
	host := &host{}
	defer func() {
		host.cleanUp()
		if failed, ok := recover().(hostFailure); ok {
			err = errors.New(string(failed))
		}
	}()
	w, err := newWorld(ctx, host, s)
	if err != nil {
		return err
	}
	if err := w.printEnvironment(ctx, out); err != nil {
		return err
	}
	parts := []struct {
		name string
		run  func(context.Context, io.Writer) error
	}{{"in", w.measureIn}, {"out", w.measureOut}, {"paced", w.measurePaced}, {"latency", w.measureLatency}}
	for _, p := range parts {
		if s.only != "" && !slices.Contains(strings.Split(s.only, ","), p.name) {
			continue
		}
		if err := p.run(ctx, out); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// hostFailure ends the bench from within a server's set-up.
type hostFailure string

// host gives the mail servers what they need of a test (mailhost.TB).
type host struct {
	clean  []func()
	failed bool
}

func (h *host) Helper()          {}
func (h *host) Cleanup(f func()) { h.clean = append(h.clean, f) }
func (h *host) Failed() bool     { return h.failed }
func (h *host) Log(args ...any)  { fmt.Fprintln(os.Stderr, args...) }

// Logf writes a line for people.
func (h *host) Logf(format string, args ...any) { h.Log(fmt.Sprintf(format, args...)) }

// Error notes a failure and goes on.
func (h *host) Error(args ...any) { h.failed = true; h.Log(args...) }

// Fatal ends the bench.
func (h *host) Fatal(args ...any) { h.failed = true; panic(hostFailure(fmt.Sprint(args...))) }

// Fatalf ends the bench.
func (h *host) Fatalf(format string, args ...any) { h.Fatal(fmt.Sprintf(format, args...)) }

// cleanUp runs what was given to Cleanup, last first.
func (h *host) cleanUp() {
	for _, f := range slices.Backward(h.clean) {
		f()
	}
	h.clean = nil
}
