package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// The pace of the daemon's budget: 400 mails in a second and 200 out below one core.
const (
	paceIn  = 400
	paceOut = 200
	// settle is at the paced load before its CPU counts.
	settle = 2 * time.Second
	// deliverers work side by side, for Dovecot takes a few milliseconds for a mail.
	deliverers = 8
)

// measurePaced prints what the daemon uses while mail comes in and goes out at an even pace.
func (w *world) measurePaced(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "\nPaced: %d mails in and %d out a second for %v, the whole daemon\n", paceIn, paceOut, w.pace)
	if err := w.setUp(ctx, "paced", boxPaced, w.dovecot.IMAPPort); err != nil {
		return err
	}
	before := w.sink.mails.Load()
	d, err := w.start(ctx, "paced")
	if err != nil {
		return err
	}
	total := int(w.pace.Seconds() * paceIn)
	begun := time.Now()
	var g errgroup.Group
	for i := range deliverers {
		g.Go(func() error { return w.deliverPaced(ctx, begun, i, total) })
	}
	time.Sleep(settle)
	first, err := d.cpu()
	if err != nil {
		return err
	}
	from := time.Now()
	if err := g.Wait(); err != nil {
		return err
	}
	delivered := time.Since(begun)
	last, err := d.cpu()
	if err != nil {
		return err
	}
	cores := (last - first).Seconds() / time.Since(from).Seconds()
	conn, err := pgx.Connect(ctx, w.postgres.URL("paced"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var waiting int
	if err := conn.QueryRow(ctx, "select $1 - count(*) from inbound where state <> 'received'", total).Scan(&waiting); err != nil {
		return err
	}
	if _, err := w.awaitApplied(ctx, conn, total); err != nil {
		return err
	}
	if _, err := w.sink.await(before+int64(total/2), 30*time.Second); err != nil {
		return err
	}
	peak, err := d.peakMemory()
	if err != nil {
		return err
	}
	// Where the machine is too busy to deliver at the pace, the daemon's share is that of the pace that was reached.
	reached := rate(total, delivered)
	fmt.Fprintf(out, "  the daemon used %.2f of a core with %.0f/s in, that is %.2f at full pace (aim: below 1), and at most %d MB; %d mails were not worked off at the end\n",
		cores, reached, cores*max(1, paceIn/reached), peak>>20, waiting)
	return d.stop()
}

// deliverPaced delivers every n-th mail of the load at its time: a new one, then the reply to it.
func (w *world) deliverPaced(ctx context.Context, begun time.Time, which, total int) error {
	post, err := w.postman(boxPaced)
	if err != nil {
		return err
	}
	defer post.Close()
	for i := 0; which+i*deliverers < total; i++ {
		due := begun.Add(time.Duration(i*deliverers) * time.Second / paceIn)
		if !wait(ctx, time.Until(due)) {
			return ctx.Err()
		}
		l := newLetter(which+i/2*deliverers, pacedNew)
		if i%2 == 1 {
			l = replyLetter(which+i/2*deliverers, pacedReply)
		}
		if err := post.deliver(l.raw); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// measureLatency prints how long a mail takes from the server's notice to its committed ticket, when mails come one by one.
func (w *world) measureLatency(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "\nOne by one: from the IMAP server's notice to the committed ticket, %d mails, the whole daemon\n", w.singles)
	notices, err := newNoticeProxy(w.dovecot.Host, w.dovecot.IMAPPort)
	if err != nil {
		return err
	}
	defer notices.close()
	if err := w.setUp(ctx, "singles", boxSingles, notices.port()); err != nil {
		return err
	}
	d, err := w.start(ctx, "singles")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, w.postgres.URL("singles"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	post, err := w.postman(boxSingles)
	if err != nil {
		return err
	}
	defer post.Close()
	time.Sleep(settle) // until the daemon listens
	var took []time.Duration
	for i := range w.singles {
		notices.forget()
		if err := post.deliver(newLetter(i, backlogNew).raw); err != nil {
			return err
		}
		committed, err := awaitTicket(ctx, conn, i+1)
		if err != nil {
			return err
		}
		noticed, ok := notices.seen()
		if !ok {
			continue // the daemon looked before the server said anything
		}
		took = append(took, committed.Sub(noticed))
	}
	if len(took) < w.singles/2 {
		return fmt.Errorf("the server gave notice of %d mails of %d only", len(took), w.singles)
	}
	fmt.Fprintf(out, "  p50 %v, p95 %v, slowest %v (aim: p95 below 150ms)\n", median(took).Round(100*time.Microsecond),
		quantile(took, 0.95).Round(100*time.Microsecond), quantile(took, 1).Round(100*time.Microsecond))
	return d.stop()
}

// awaitTicket waits for the n-th mail and says when its transaction was committed.
func awaitTicket(ctx context.Context, conn *pgx.Conn, n int) (at time.Time, err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var applied int
		var last *time.Time
		err := conn.QueryRow(ctx, "select count(*), max(pg_xact_commit_timestamp(xmin)) from inbound where state = 'applied'").Scan(&applied, &last)
		if err != nil || applied == n {
			return *last, err
		}
	}
	return at, errors.New("a mail did not become a ticket")
}
