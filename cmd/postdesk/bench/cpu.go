package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// stat is what proc(5) says about a process. The clock of CPU times there ticks 100 times a second on every Linux
// (USER_HZ).
type stat struct {
	parent int
	own    time.Duration // of all cores
	gone   time.Duration // of children that have ended
}

func readStat(pid int) (s stat, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:])) // from field 3, the state, on
	number := func(field int) int64 {
		n, badly := strconv.ParseInt(fields[field-3], 10, 64)
		if badly != nil {
			err = badly
		}
		return n
	}
	ticks := func(field int) time.Duration { return time.Duration(number(field)) * 10 * time.Millisecond }
	s = stat{parent: int(number(4)), own: ticks(14) + ticks(15), gone: ticks(16) + ticks(17)}
	return s, err
}

// cpu is what the daemon used until now.
func (d *daemon) cpu() (time.Duration, error) {
	s, err := readStat(d.cmd.Process.Pid)
	return s.own, err
}

// peakMemory is how many bytes the daemon had at most.
func (d *daemon) peakMemory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseInt(kb, 10, 64)
	return n << 10, err
}

// databaseCPU is what all processes of PostgreSQL used until now, those that have ended with them.
func (w *world) databaseCPU(ctx context.Context) (total time.Duration, err error) {
	conn, err := pgx.Connect(ctx, w.postgres.URL("postgres"))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	backend, err := readStat(int(conn.PgConn().PID()))
	if err != nil {
		return 0, err
	}
	postmaster, err := readStat(backend.parent)
	if err != nil {
		return 0, err
	}
	total = postmaster.own + postmaster.gone
	processes, err := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		pid, _ := strconv.Atoi(filepath.Base(p))
		if s, err := readStat(pid); err == nil && s.parent == backend.parent { // others ended meanwhile
			total += s.own
		}
	}
	return total, err
}
