package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"postdesk/core/store"
)

//go:embed generate.sql
var generateSQL string

// generate fills the database: it makes the tables, people and words, then tickets with their logs a part at a time, then
// their search documents as the daemon would.
func generate(ctx context.Context, db *store.Store, tickets int, out io.Writer) error {
	if _, _, err := db.Migrate(ctx); err != nil {
		return err
	}
	start := time.Now()
	say := func(what string) { fmt.Fprintf(out, "%6.0f s  %s\n", time.Since(start).Seconds(), what) }
	if _, err := db.Pool().Exec(ctx, generateSQL); err != nil {
		return err
	}
	const part = 20_000
	var index string // made at once it takes a fraction of the time
	err := db.Pool().QueryRow(ctx, "select pg_get_indexdef('ticket_search_words'::regclass)").Scan(&index)
	if err != nil {
		return err
	}
	if _, err := db.Pool().Exec(ctx, "drop index ticket_search_words"); err != nil {
		return err
	}
	for _, step := range []string{"tickets", "documents"} {
		parts, ctx := errgroup.WithContext(ctx)
		parts.SetLimit(runtime.NumCPU())
		for from := 1; from <= tickets; from += part {
			to := min(from+part-1, tickets)
			parts.Go(func() error {
				_, err := db.Pool().Exec(ctx, fmt.Sprintf("call make_%s(%d, %d, %d)", step, from, to, tickets))
				say(fmt.Sprintf("%d of %d %s", to, tickets, step))
				return err
			})
		}
		if err := parts.Wait(); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	for _, sql := range []string{index, "select setval('ticket_number', (select max(number) from ticket))", "truncate search_queue", "vacuum analyze"} {
		if _, err := db.Pool().Exec(ctx, sql); err != nil {
			return err
		}
	}
	var sizes string
	err = db.Pool().QueryRow(ctx, `select concat('ticket ', pg_size_pretty(pg_total_relation_size('ticket')), ', log ', pg_size_pretty(pg_total_relation_size('log_record')),
		', documents ', pg_size_pretty(pg_total_relation_size('ticket_search')), ', of these the index ', pg_size_pretty(pg_relation_size('ticket_search_words')))`).Scan(&sizes)
	say("ready: " + sizes)
	return err
}
