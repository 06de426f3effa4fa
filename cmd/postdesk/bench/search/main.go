// Command search measures how long a list page with its counts takes when somebody searches a large desk. It makes up
// tickets and their logs in a database of its own, and is in charge of numbers only; what a search must find is tested in
// core/store.
//
//	go run ./cmd/postdesk/bench/search                     100,000 tickets, 300,000 records: some minutes
//	go run ./cmd/postdesk/bench/search -tickets 1000000    a large desk: half an hour
//	go run ./cmd/postdesk/bench/search -database URL       a database that an earlier run kept (-keep DIR)
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/localpg"
)

type settings struct {
	tickets  int
	rounds   int
	keep     string
	database string
	only     string
}

func main() {
	var s settings
	flag.IntVar(&s.tickets, "tickets", 100_000, "how many tickets, with three records each")
	flag.IntVar(&s.rounds, "rounds", 40, "how often each kind of query is asked for each role")
	flag.StringVar(&s.keep, "keep", "", "a directory for the database, which stays there")
	flag.StringVar(&s.database, "database", "", "an address of a database that was made before")
	flag.StringVar(&s.only, "only", "", "measure only what has this in its line: the name of a role, or of a kind of query")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "search:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out io.Writer) (err error) {
	url := s.database
	if url == "" {
		server, end, err := startServer(ctx, s)
		if err != nil {
			return err
		}
		defer end()
		url = server.URL("desk")
	}
	secrets, err := store.NewSecrets(make([]byte, 32))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, url, secrets)
	if err != nil {
		return err
	}
	defer db.Close()
	if s.database == "" {
		if err := generate(ctx, db, s.tickets, out); err != nil {
			return err
		}
	}
	return measure(ctx, db, s, out)
}

func startServer(ctx context.Context, s settings) (*localpg.Server, func(), error) {
	dir := s.keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "postdesk-search-"); err != nil {
			return nil, nil, err
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's user, if it is another one, has to get through
		return nil, nil, err
	}
	server, err := localpg.Start(ctx, localpg.Options{Dir: filepath.Join(dir, "postgres"), Log: os.Stderr,
		Settings: map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "512MB"}})
	if err != nil {
		return nil, nil, err
	}
	if err := server.CreateDatabase(ctx, "desk", ""); err != nil {
		return nil, nil, err
	}
	return server, func() {
		_ = server.Stop()
		if s.keep == "" {
			_ = os.RemoveAll(dir)
		}
	}, nil
}

// role is somebody who searches.
type role struct {
	name  string
	scope store.Scope
}

func roles() []role {
	services := func(from, to int) (g store.Grants) {
		for i := from; i <= to; i++ {
			g.Add(core.ServiceID(i), 0)
		}
		return g
	}
	team := func(p core.PersonID, g store.Grants) store.Scope {
		return store.Scope{Person: p, View: g, Main: g, Team: g, Groups: map[core.SolverGroupID]store.Grants{}}
	}
	return []role{
		{"team, half of all", team(19001, services(1, 1))},
		{"team, tiny service", team(19002, services(150, 150))},
		{"team, 20 services", team(19003, services(100, 119))},
		{"main solver of all", team(19004, services(1, 200))},
		{"requester, few", store.Scope{Person: 5000, Groups: map[core.SolverGroupID]store.Grants{}}},
		{"requester, 2 % of all", store.Scope{Person: 7, Groups: map[core.SolverGroupID]store.Grants{}}},
	}
}

// shape is a kind of query.
type shape struct {
	name string
	make func(words []string, tickets int) string
}

func shapes() []shape {
	at := func(words []string, from, to int) string { return words[from+rand.IntN(to-from)] }
	return []shape{
		{"rare word", func(w []string, _ int) string { return at(w, 40000, 60000) }},
		{"medium word", func(w []string, _ int) string { return at(w, 500, 3000) }},
		{"common word", func(w []string, _ int) string { return at(w, 0, 30) + " " }},
		{"two common words", func(w []string, _ int) string { return at(w, 0, 30) + " " + at(w, 0, 30) }},
		{"beginning of a word", func(w []string, _ int) string { return at(w, 0, 60000)[:3] + "*" }},
		{"phrase of common words", func(w []string, _ int) string { return `"` + at(w, 0, 40) + " " + at(w, 0, 40) + `"` }},
		{"phrase of other words", func(w []string, _ int) string { return `"` + at(w, 40, 2000) + " " + at(w, 40, 2000) + `"` }},
		{"word and rare word", func(w []string, _ int) string { return at(w, 0, 30) + " " + at(w, 20000, 60000) }},
		{"number", func(_ []string, n int) string { return strconv.Itoa(1 + rand.IntN(n)) }},
		{"address", func([]string, int) string { return fmt.Sprintf("p%d@city.test", 1+rand.IntN(20000)) }},
		{"PC-1234", func([]string, int) string { return fmt.Sprintf("PC-%d", rand.IntN(10000)) }},
		{"0x80070005", func([]string, int) string { return fmt.Sprintf("0x8007%d", rand.IntN(1000)) }},
		{"nothing found", func([]string, int) string { return "qqqq" + strconv.Itoa(rand.IntN(1000)) }},
		{"no query", func([]string, int) string { return "" }},
	}
}

// measure asks for pages with their counts, as the list does, and prints how long they took.
func measure(ctx context.Context, db *store.Store, set settings, out io.Writer) error {
	rounds := set.rounds
	var words []string
	var tickets int
	if err := db.Pool().QueryRow(ctx, "select (select array_agg(w order by i) from vocabulary), (select max(number) from ticket)").Scan(&words, &tickets); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%-22s %-24s %8s %8s %8s %8s %8s %8s\n", "role", "query", "p50 ms", "p95 ms", "p99 ms", "CPU p50", "CPU p95", "found")
	var all, allCPU []time.Duration
	for _, r := range roles() {
		for _, s := range shapes() {
			if !strings.Contains(r.name+": "+s.name, set.only) {
				continue
			}
			var took, used []time.Duration
			found := 0
			for i := range rounds + 3 {
				f := store.Filter{Query: s.make(words, tickets), Limit: 51, Now: time.Now()}
				start, before := time.Now(), backendCPU(ctx, db)
				_, counts, err := db.Page(ctx, r.scope, f)
				if err != nil {
					return fmt.Errorf("%s: %q: %w", r.name, f.Query, err)
				}
				if i >= 3 { // plans are made and pages read
					took, found = append(took, time.Since(start)), found+counts.Total
					used = append(used, backendCPU(ctx, db)-before)
				}
			}
			all, allCPU = append(all, took...), append(allCPU, used...)
			fmt.Fprintf(out, "%-22s %-24s %8.1f %8.1f %8.1f %8.1f %8.1f %8d\n", r.name, s.name, ms(took, 0.5), ms(took, 0.95), ms(took, 0.99), ms(used, 0.5), ms(used, 0.95), found/rounds)
		}
	}
	fmt.Fprintf(out, "%-47s %8.1f %8.1f %8.1f %8.1f %8.1f\n", "all", ms(all, 0.5), ms(all, 0.95), ms(all, 0.99), ms(allCPU, 0.5), ms(allCPU, 0.95))
	return nil
}

// backendCPU is the processor time that the database has spent on this connection: what else runs on the machine is not in
// it. Searches come one after the other, so the pool gives the same connection each time. 0 where there is no /proc.
func backendCPU(ctx context.Context, db *store.Store) time.Duration {
	var pid int
	if err := db.Pool().QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return 0
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	var ns int64
	_, _ = fmt.Sscan(string(stat), &ns)
	return time.Duration(ns)
}

// ms is a quantile (nearest rank) in milliseconds.
func ms(took []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(took))
	rank := int(float64(len(sorted))*q + 0.9999999)
	return float64(sorted[min(max(rank, 1), len(sorted))-1].Microseconds()) / 1000
}
