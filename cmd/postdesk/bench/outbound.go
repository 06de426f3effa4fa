package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"postdesk/cmd/postdesk/e2e/mailhost"
	"postdesk/mailout"
)

var discard = slog.New(slog.DiscardHandler)

// measureOut prints how fast a full outbox goes to a server that takes everything, beside the same bytes over the same
// number of connections without a database.
func (w *world) measureOut(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "\nOut: the %d mails that the backlog queues, rendered and sent to a local sink\n", 2*w.mails)
	full, err := w.fullOutbox(ctx)
	if err != nil {
		return err
	}
	desk, floor := series{name: "the desk: from outbox row to recorded answer"}, series{name: "floor: the same bytes over 8 connections, no database"}
	for range w.runs {
		database, err := w.copyOf(ctx, full)
		if err != nil {
			return err
		}
		took, err := w.deskOut(ctx, database)
		if err != nil {
			return err
		}
		desk.runs = append(desk.runs, rate(2*w.mails, took))
		if took, err = w.sendingFloor(ctx, database); err != nil {
			return err
		}
		floor.runs = append(floor.runs, rate(2*w.mails, took))
		if err := w.drop(ctx, database); err != nil {
			return err
		}
	}
	printSeries(out, desk, floor)
	return w.drop(ctx, full)
}

// fullOutbox is a database in which the backlog was worked off and nothing was sent.
func (w *world) fullOutbox(ctx context.Context) (string, error) {
	database, err := w.copyOf(ctx, "desk")
	if err != nil {
		return "", err
	}
	d, err := w.start(ctx, database, "mailin")
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, w.postgres.URL(database))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := w.awaitApplied(ctx, conn, w.mails); err != nil {
		return "", err
	}
	return database, d.stop()
}

func (w *world) deskOut(ctx context.Context, database string) (time.Duration, error) {
	before := w.sink.mails.Load()
	d, err := w.start(ctx, database, "mailout")
	if err != nil {
		return 0, err
	}
	if _, err := w.sink.await(before+int64(2*w.mails), 2*time.Minute); err != nil {
		return 0, err
	}
	if err := d.stop(); err != nil { // a clean stop brings what is under way to its end
		return 0, err
	}
	conn, err := pgx.Connect(ctx, w.postgres.URL(database))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var accepted int
	var last time.Time
	if err := conn.QueryRow(ctx, "select count(*), max(pg_xact_commit_timestamp(xmin)) from outbox where state = 'accepted'").Scan(&accepted, &last); err != nil {
		return 0, err
	}
	if n := w.sink.mails.Load() - before; accepted != 2*w.mails || n != int64(2*w.mails) {
		return 0, fmt.Errorf("%d mails were queued, %d came, %d are recorded", 2*w.mails, n, accepted)
	}
	return last.Sub(d.ready), nil
}

// sendingFloor sends the bytes that the desk sent, with the same client.
func (w *world) sendingFloor(ctx context.Context, database string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, w.postgres.URL(database))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "select address, raw from outbox join outbox_content on outbox_id = id order by seq")
	if err != nil {
		return 0, err
	}
	type mail struct {
		To  string
		Raw []byte
	}
	mails, err := pgx.CollectRows(rows, pgx.RowToStructByPos[mail])
	if err != nil {
		return 0, err
	}
	work := make(chan mail, len(mails))
	for _, m := range mails {
		work <- m
	}
	close(work)
	begun := time.Now()
	var g errgroup.Group
	for range connections {
		g.Go(func() error {
			c, err := mailout.Dial(ctx, mailout.SMTPConfig{Host: "127.0.0.1", Port: w.sink.port(), TLS: mailout.TLSNone})
			if err != nil {
				return err
			}
			defer c.Close()
			for m := range work {
				sent := c.Send(ctx, "it@"+mailhost.Domain, m.To, bytes.NewReader(m.Raw), func(context.Context) error { return nil })
				if sent.Class != mailout.Accepted {
					return errors.Join(errors.New(sent.Response), sent.Err)
				}
			}
			return nil
		})
	}
	err = g.Wait()
	return time.Since(begun), err
}
