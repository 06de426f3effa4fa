package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// measureIn prints how fast a backlog becomes tickets, beside the floors.
func (w *world) measureIn(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "\nIn: a backlog of %d mails, half replies, to committed tickets with two outbox rows each; outbound paused\n", w.mails)
	recorded, err := w.record(ctx)
	if err != nil {
		return err
	}
	desk, reading, writing := series{name: "the desk: from IMAP to committed ticket"},
		series{name: "floor 1: fetch, parse and a one-row commit per mail"},
		series{name: "floor 2: the same writes, one round trip per mail"}
	var daemonCPU, deskDB, floorDB []time.Duration
	perMail := func(d time.Duration) time.Duration { return d / time.Duration(w.mails) }
	for range w.runs {
		before, err := w.databaseCPU(ctx)
		if err != nil {
			return err
		}
		took, cpu, err := w.deskIn(ctx)
		if err != nil {
			return err
		}
		between, err := w.databaseCPU(ctx)
		if err != nil {
			return err
		}
		daemonCPU, deskDB = append(daemonCPU, perMail(cpu)), append(deskDB, perMail(between-before))
		desk.runs = append(desk.runs, rate(w.mails, took))
		if took, err = w.readingFloor(ctx); err != nil {
			return err
		}
		reading.runs = append(reading.runs, rate(w.mails, took))
		if between, err = w.databaseCPU(ctx); err != nil {
			return err
		}
		if took, err = w.writingFloor(ctx, recorded); err != nil {
			return err
		}
		writing.runs = append(writing.runs, rate(w.mails, took))
		after, err := w.databaseCPU(ctx)
		if err != nil {
			return err
		}
		floorDB = append(floorDB, perMail(after-between))
	}
	printSeries(out, desk, reading, writing)
	fmt.Fprintf(out, "  CPU per mail: daemon %v, PostgreSQL %v; PostgreSQL at floor 2 %v\n", median(daemonCPU), median(deskDB), median(floorDB))
	fmt.Fprintf(out, "  aims: × 0.50 of floor 2, 1000/s\n")
	return nil
}

// deskIn runs the daemon without its outbound part on a full mailbox, and says how long and how much CPU it took.
func (w *world) deskIn(ctx context.Context) (took, cpu time.Duration, err error) {
	database, err := w.copyOf(ctx, "desk")
	if err != nil {
		return 0, 0, err
	}
	d, err := w.start(ctx, database, "mailin")
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.Connect(ctx, w.postgres.URL(database))
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close(ctx)
	last, err := w.awaitApplied(ctx, conn, w.mails)
	if err != nil {
		return 0, 0, err
	}
	if cpu, err = d.cpu(); err != nil {
		return 0, 0, err
	}
	if err := errors.Join(d.stop(), checkBacklog(ctx, conn, w.mails), conn.Close(ctx)); err != nil {
		return 0, 0, err
	}
	return last.Sub(d.ready), cpu, w.drop(ctx, database)
}

// awaitApplied waits until n mails are worked off, and says when the last of them was committed.
func (w *world) awaitApplied(ctx context.Context, conn *pgx.Conn, n int) (last time.Time, err error) {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var done int
		if err := conn.QueryRow(ctx, "select count(*) from inbound where state <> 'received'").Scan(&done); err != nil {
			return last, err
		}
		if done == n {
			err := conn.QueryRow(ctx, "select max(pg_xact_commit_timestamp(xmin)) from inbound").Scan(&last)
			return last, err
		}
	}
	return last, errors.New("the daemon does not get through")
}

// checkBacklog fails where the numbers would be about something else than the work.
func checkBacklog(ctx context.Context, conn *pgx.Conn, n int) error {
	var applied, tickets, records, mails int
	err := conn.QueryRow(ctx, `select (select count(*) from inbound where state = 'applied'), (select count(*) from ticket),
		(select count(*) from log_record where kind = 'message'), (select count(*) from outbox)`).Scan(&applied, &tickets, &records, &mails)
	if err == nil && (applied != n || tickets != (n+1)/2 || records != n || mails != 2*n) {
		err = fmt.Errorf("%d mails made %d applied, %d tickets, %d messages, %d outbox rows", n, applied, tickets, records, mails)
	}
	return err
}
