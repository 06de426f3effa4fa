package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/mailin"
)

// connections is how many lanes the daemon has, each with a connection to the database at a time.
const connections = 8

// fetchAll fetches the backlog's mailbox in pages of 100, as the daemon does.
func (w *world) fetchAll(ctx context.Context, page func([]store.RawMail) error) (uidValidity uint32, err error) {
	server, err := mailin.DialIMAP(ctx, mailin.IMAPConfig{Host: w.dovecot.Host, Port: w.dovecot.IMAPPort, TLS: "none", Username: boxBacklog, Password: password})
	if err != nil {
		return 0, err
	}
	defer server.Close()
	uids, err := server.ListUIDs(ctx, 1)
	if err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(uids, 100) {
		var mails []store.RawMail
		_, err := server.Fetch(ctx, chunk, mailin.FetchLimits{}, func(f mailin.Fetched) error {
			data, err := io.ReadAll(f.Body)
			mails = append(mails, store.RawMail{UID: f.UID, ReceivedAt: f.InternalDate, SHA256: sha256.Sum256(data), Size: int64(len(data)), Data: data, Filed: true})
			return err
		})
		if err != nil {
			return 0, err
		}
		if err := page(mails); err != nil {
			return 0, err
		}
	}
	uidValidity, _ = server.Status()
	return uidValidity, nil
}

// readingFloor is what no desk can do without: fetch and parse each mail, and commit a row about it.
func (w *world) readingFloor(ctx context.Context) (time.Duration, error) {
	database, err := w.copyOf(ctx, "template1")
	if err != nil {
		return 0, err
	}
	url := w.postgres.URL(database)
	if _, err := exec1(ctx, url, "create table floor (uid bigint primary key, message_id text, sender text, subject text, body text)"); err != nil {
		return 0, err
	}
	begun := time.Now()
	mails := make(chan store.RawMail, 400)
	g, work := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(mails)
		_, err := w.fetchAll(work, func(page []store.RawMail) error {
			for _, m := range page {
				select {
				case mails <- m:
				case <-work.Done():
					return work.Err()
				}
			}
			return nil
		})
		return err
	})
	for range connections {
		g.Go(func() error {
			conn, err := pgx.Connect(work, url)
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			for raw := range mails {
				m := mailin.Read(bytes.NewReader(raw.Data), mailin.Options{})
				from, _ := m.SingleFrom()
				if _, err := conn.Exec(work, "insert into floor values ($1, $2, $3, $4, $5)", raw.UID, m.MessageID, from.Address, m.Subject, m.Visible); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	return time.Since(begun), w.drop(ctx, database)
}

// recording is what the desk wrote for each mail, ready to be written again by somebody who thinks about nothing.
type recording struct {
	database string // the ledger is full, nothing is applied
	mails    [][]statement
}

type statement struct {
	sql  string
	args []any
}

// record applies the backlog once, mail by mail in this process, and notes what each transaction writes.
func (w *world) record(ctx context.Context) (*recording, error) {
	r := &recording{mails: make([][]statement, 0, w.mails)}
	var err error
	if r.database, err = w.copyOf(ctx, "desk"); err != nil {
		return nil, err
	}
	secrets, err := store.LoadSecrets(w.keyFile())
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, w.postgres.URL(r.database), secrets)
	if err != nil {
		return nil, err
	}
	box, err := w.fillLedger(ctx, s)
	s.Close()
	if err != nil {
		return nil, err
	}
	applied, err := w.copyOf(ctx, r.database)
	if err != nil {
		return nil, err
	}
	notes := &writes{}
	s, err = store.Open(ctx, w.postgres.URL(applied), secrets, func(c *pgxpool.Config) { c.ConnConfig.Tracer = notes })
	if err != nil {
		return nil, err
	}
	defer s.Close()
	worker := &mailin.Worker{Store: s, Desk: helpdesk.New(s, time.Now), Log: discard}
	for {
		rows, err := s.ClaimInbound(ctx, box, 100, nil)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			notes.take()
			if err := worker.Apply(ctx, row); err != nil {
				return nil, err
			}
			r.mails = append(r.mails, notes.take())
		}
	}
	if len(r.mails) != w.mails {
		return nil, fmt.Errorf("recorded %d mails of %d", len(r.mails), w.mails)
	}
	return r, w.drop(ctx, applied)
}

// fillLedger accepts the whole backlog.
func (w *world) fillLedger(ctx context.Context, s *store.Store) (core.MailboxID, error) {
	boxes, err := s.MailboxAccesses(ctx)
	if err != nil {
		return 0, err
	}
	at, err := s.NewEpoch(ctx, boxes[0].ID, store.MailboxPosition{}, 1)
	if err != nil {
		return 0, err
	}
	_, err = w.fetchAll(ctx, func(page []store.RawMail) error { return s.AcceptPage(ctx, boxes[0].ID, at, page, time.Now()) })
	return boxes[0].ID, err
}

// writes is a pgx tracer that notes every statement that writes.
type writes struct {
	mu   sync.Mutex
	list []statement
}

func (w *writes) take() []statement {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list
	w.list = nil
	return list
}

func (w *writes) note(sql string, args []any) {
	verb, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(sql)), " ")
	if verb == "insert" || verb == "update" || verb == "delete" {
		w.mu.Lock()
		w.list = append(w.list, statement{sql, args})
		w.mu.Unlock()
	}
}

// TraceQueryStart notes a statement that goes alone.
func (w *writes) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	w.note(q.SQL, q.Args)
	return ctx
}

// TraceQueryEnd has nothing to do.
func (*writes) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart notes the statements of a batch.
func (w *writes) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	for _, q := range b.Batch.QueuedQueries {
		w.note(q.SQL, q.Arguments)
	}
	return ctx
}

// TraceBatchQuery has nothing to do.
func (*writes) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd has nothing to do.
func (*writes) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// writingFloor writes what was recorded: nothing is fetched, parsed, looked up or decided, and each mail is one
// transaction in one round trip. Mails of one thread go over one connection, for they depend on each other.
func (w *world) writingFloor(ctx context.Context, r *recording) (time.Duration, error) {
	database, err := w.copyOf(ctx, r.database)
	if err != nil {
		return 0, err
	}
	var lanes [connections][][]statement
	for i, mail := range r.mails {
		lane := w.letters[i].thread % connections
		lanes[lane] = append(lanes[lane], mail)
	}
	begun := time.Now()
	g, work := errgroup.WithContext(ctx)
	for _, lane := range lanes {
		g.Go(func() error {
			conn, err := pgx.Connect(work, w.postgres.URL(database))
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			for _, mail := range lane {
				b := &pgx.Batch{}
				b.Queue("begin")
				for _, s := range mail {
					b.Queue(s.sql, s.args...)
				}
				b.Queue("commit")
				if err := conn.SendBatch(work, b).Close(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	conn, err := pgx.Connect(ctx, w.postgres.URL(database))
	if err != nil {
		return 0, err
	}
	err = checkBacklog(ctx, conn, w.mails)
	_ = conn.Close(ctx)
	if err != nil {
		return 0, err
	}
	return took, w.drop(ctx, database)
}
