package mailin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// Worker reads one message of the ledger and applies it.
type Worker struct {
	Store *store.Store
	Desk  *helpdesk.Helpdesk
	Log   *slog.Logger
	// Loop is the mark that this desk puts on its automatic mail.
	Loop string
	// LookupTXT finds the keys of signatures; nil = none is checked. A call ends with its context.
	LookupTXT TXTLookup
}

// Apply reads the message and delivers it; its outcome is committed together with what it did. An error means that
// nothing was done and the message waits for another attempt.
func (w *Worker) Apply(ctx context.Context, row *store.Inbound) error {
	begun := time.Now()
	dir, err := w.Store.RecentDirectory(ctx)
	if err != nil {
		return err
	}
	m, err := w.read(ctx, row, dir)
	if time.Since(begun) > readTimeout { // the message's fault, while ctx ending later would be the database's
		return fmt.Errorf("message %d: reading took %s", row.ID, time.Since(begun).Round(time.Second))
	}
	if err != nil {
		return err
	}
	e := judgeDomain(m, fromAddress(m), dir.Mailboxes[row.Mailbox])
	if e, err = w.ownCheck(ctx, row, m, e, dir); err != nil {
		return fmt.Errorf("message %d: %w", row.ID, err)
	}
	l := letter(m, e)
	if !m.Tellable() { // only the very same bytes are surely a copy
		l.ContentKey = row.SHA256
	}
	out, err := w.Desk.ApplyMail(ctx, row.ID, l, func(mail *helpdesk.Mail) (store.Outcome, error) {
		return deliver(ctx, mail, m, e)
	})
	if err != nil {
		return fmt.Errorf("message %d: %w", row.ID, err)
	}
	finished.WithLabelValues(string(out.State)).Inc()
	applySeconds.Observe(time.Since(begun).Seconds())
	w.Log.Debug("message", "inbound", row.ID, "state", out.State, "reason", out.Reason, "ticket", out.Ticket, "message_id", m.MessageID)
	return nil
}

func fromAddress(m *Message) string {
	from, _ := m.SingleFrom()
	return from.Address
}

// read reads the raw bytes.
func (w *Worker) read(ctx context.Context, row *store.Inbound, dir *core.Directory) (*Message, error) {
	raw, err := w.raw(ctx, row)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	m := Read(raw, w.options(ctx, dir))
	return m, m.SinkErr
}

// raw opens the bytes of a message: in the row or, where they are large, streaming from the content store.
func (w *Worker) raw(ctx context.Context, row *store.Inbound) (io.ReadCloser, error) {
	if row.Data != nil {
		return io.NopCloser(bytes.NewReader(row.Data)), nil
	}
	return w.Store.OpenRaw(ctx, row)
}

func (w *Worker) options(ctx context.Context, dir *core.Directory) Options {
	var domains []string
	for _, box := range dir.Mailboxes {
		domains = append(domains, core.DomainOf(box.Address))
	}
	return Options{
		OwnAddresses: func(address string) bool { return dir.MailboxAt(address) != nil },
		OwnMessageID: func(id string) bool { return core.IsOwnMessageID(id, domains) },
		OwnLoop:      func(value string) bool { return value == w.Loop },
		Sink:         fileSink{ctx, w.Store},
	}
}

// ReadContent reads a raw message again for a triager (helpdesk.MailReader).
func (w *Worker) ReadContent(ctx context.Context, raw io.Reader) (helpdesk.MailContent, error) {
	dir, err := w.Store.Directory(ctx)
	if err != nil {
		return helpdesk.MailContent{}, err
	}
	m := Read(raw, w.options(ctx, dir))
	c := helpdesk.MailContent{Subject: withoutTag(m.Subject), Text: newText(m), Folded: foldedText(m), MessageID: m.MessageID,
		Refs: references(m), Attachments: attachmentsOf(m)}
	if from, ok := m.SingleFrom(); ok {
		c.From = core.Ref{Email: core.FoldAddress(from.Address), Name: from.Name}
	}
	return c, m.SinkErr
}

// fileSink streams large attachments into the content store.
type fileSink struct {
	ctx   context.Context
	store *store.Store
}

func (f fileSink) Attachment(_ *Attachment, content io.Reader) error {
	_, _, err := f.store.PutBlob(f.ctx, content)
	return err
}

// attempt does the work of one message within bounds of time, and lets no panic through.
func (l *Lanes) attempt(ctx context.Context, row *store.Inbound) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				l.Log.Error("the reader of a message broke", "inbound", row.ID, "panic", r, "stack", string(debug.Stack()))
				result <- fmt.Errorf("the reader broke: %v", r)
			}
		}()
		result <- l.Work(ctx, row)
	}()
	select {
	case err := <-result:
		if err != nil && !errors.Is(err, context.Canceled) {
			l.Log.Warn("message not applied yet", "inbound", row.ID, "attempt", row.Attempts, "error", err)
		}
		return err
	case <-time.After(readTimeout + 5*time.Second): // it does not even mind its context
		return fmt.Errorf("message %d: reading takes too long", row.ID)
	}
}

func sha256Of(b []byte) [32]byte { return sha256.Sum256(b) }
