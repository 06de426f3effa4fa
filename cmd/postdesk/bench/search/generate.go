package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"time"

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
	for _, step := range []string{"tickets", "documents"} {
		for from := 1; from <= tickets; from += part {
			to := min(from+part-1, tickets)
			if _, err := db.Pool().Exec(ctx, fmt.Sprintf("call make_%s(%d, %d, %d)", step, from, to, tickets)); err != nil {
				return fmt.Errorf("%s: %w", step, err)
			}
			say(fmt.Sprintf("%d of %d %s", to, tickets, step))
		}
	}
	for _, sql := range []string{"select setval('ticket_number', (select max(number) from ticket))", "truncate search_queue", "vacuum analyze"} {
		if _, err := db.Pool().Exec(ctx, sql); err != nil {
			return err
		}
	}
	var sizes string
	err := db.Pool().QueryRow(ctx, `select concat('ticket ', pg_size_pretty(pg_total_relation_size('ticket')), ', log ', pg_size_pretty(pg_total_relation_size('log_record')),
		', documents ', pg_size_pretty(pg_total_relation_size('ticket_search')), ', of these the index ', pg_size_pretty(pg_relation_size('ticket_search_words')))`).Scan(&sizes)
	say("ready: " + sizes)
	return err
}
