package store_test

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// A report can be read before the server's answer is written down: the bounce stands, and the answer is no error.
func TestBounceBeforeTheAnswerIsWritten(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	id := l.queue(0, "ben", true)
	lease := newLease()
	l.lease(lease, 1)
	bounce := func() (first bool) {
		t.Helper()
		err := l.tx(func(tx *store.Tx) (err error) {
			first, err = tx.BounceMail(t.Context(), id, "5.1.1 nobody", true, l.now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return first
	}
	if !bounce() || bounce() {
		t.Error("a bounce counts once, and the first time")
	}
	l.end(lease, id, core.OutboundAccepted, l.now)
	if o := l.stands("after the answer", id, core.OutboundBounced); o.Response != "5.1.1 nobody" {
		t.Errorf("the answer is %q", o.Response)
	}
	l.now = l.now.Add(time.Hour)
	if err := l.Store.RecoverOutbox(t.Context(), l.now); err != nil {
		t.Fatal(err)
	}
	l.stands("later", id, core.OutboundBounced)
	if got := l.lease(lease, 10); len(got) != 0 {
		t.Errorf("%v is sent again", got)
	}
}

// What is heard of a mail is kept once each, and has an end.
func TestNotesOfAMail(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	id := l.queue(0, "ben", true)
	for _, note := range []string{"delayed 4.4.1", "delayed 4.4.1", "read", strings.Repeat("é", 600)} {
		if err := l.tx(func(tx *store.Tx) error { tx.NoteMail(id, note); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	o := l.stands("a noted mail", id, core.OutboundQueued)
	if !strings.HasPrefix(o.Note, "delayed 4.4.1; read; éé") || len([]rune(o.Note)) != 500 {
		t.Errorf("the note is %d long: %q", len([]rune(o.Note)), o.Note)
	}
}

// A mail that was refused for a reason that may pass does not count against its address.
func TestRefusalsThatMayPass(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	lease := newLease()
	for response, soft := range map[string]int{"550 5.1.1 no such user": 0, "552 5.2.2 mailbox full": 1, "550 no": 0} {
		id := l.queue(0, "ben", true)
		leased, err := l.Store.LeaseOutbox(t.Context(), lease, 1, l.now)
		if err != nil || len(leased) != 1 {
			t.Fatal(len(leased), err)
		}
		if err := l.Store.FinishMail(t.Context(), lease, leased[0], store.Ending{State: core.OutboundRejected, Response: response, Next: l.now}, l.now); err != nil {
			t.Fatal(err)
		}
		if got := l.ask("select soft::int from outbox where id = $1", id); got != soft {
			t.Errorf("%s: soft is %d", response, got)
		}
	}
}
