package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// drop takes all steps of one kind of dropping, of what Printers and the mailbox had before the moment.
func (l *ledger) drop(before time.Time) (inbound, outbound, files int) {
	l.Helper()
	e := store.Expiry{Before: map[core.ServiceID]time.Time{l.Printers: before}, Boxes: map[core.MailboxID]core.ServiceID{l.Mailbox: l.Printers}}
	for _, kind := range []struct {
		sum  *int
		step func(context.Context, store.Expiry, store.Place, int, time.Time) (int, store.Place, error)
	}{{&inbound, l.Store.DropInbound}, {&outbound, l.Store.DropOutbound}} {
		for after, last := (store.Place{}), (store.Place{ID: 1}); last != (store.Place{}); after = last {
			var n int
			var err error
			if n, last, err = kind.step(l.Context(), e, after, 2, l.now); err != nil {
				l.Fatal(err)
			}
			*kind.sum += n
		}
	}
	for after, last := "", "-"; last != ""; after = last {
		n, to, err := l.Store.DropFiles(l.Context(), e, after, 2, l.now)
		if err != nil {
			l.Fatal(err)
		}
		files, last = files+n, to
	}
	return inbound, outbound, files
}

// sweep removes what nobody needs, as if a day had passed.
func (l *ledger) sweep() int {
	l.Helper()
	l.run("update blob set created_at = now() - interval '2 days'")
	n, err := l.Store.SweepBlobs(l.Context(), time.Now(), 1000)
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// Only mail that is worked off, old enough and waits for nobody loses its bytes; what the ledger says of it stays.
func TestRawMailIsDroppedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); l.add(tx, 2); l.add(tx, 3); return nil }); err != nil {
		t.Fatal(err)
	}
	l.run("update ticket set merged_into = 2 where number = 1")
	l.run("update ticket set service_id = $1 where number in (2, 3)", l.Network)
	l.run("update ticket set service_id = $1 where number = 2", l.Printers)
	old, young := l.now.Add(-40*24*time.Hour), l.now.Add(-20*24*time.Hour)
	cases := []struct {
		what, state string
		ticket      core.Number
		service     core.ServiceID
		at          time.Time
		waits, gone bool
	}{
		{what: "of a ticket", state: "applied", ticket: 2, at: old, gone: true},
		{what: "of a ticket that became part of one of the service", state: "applied", ticket: 1, at: old, gone: true},
		{what: "of a ticket elsewhere", state: "applied", ticket: 3, at: old},
		{what: "held once for a service elsewhere", state: "suppressed", service: l.Network, at: old},
		{what: "held once for the service", state: "suppressed", service: l.Printers, at: old, gone: true},
		{what: "of the mailbox", state: "duplicate", at: old, gone: true},
		{what: "too young", state: "applied", ticket: 2, at: young},
		{what: "not read yet", state: "received", at: old},
		{what: "held", state: "quarantined", service: l.Printers, at: old},
		{what: "parked", state: "parked", at: old},
		{what: "waits for its sender", state: "applied", ticket: 2, at: old, waits: true},
	}
	at := l.position()
	var page []store.RawMail
	for i := range cases {
		page = append(page, raw(uint32(i+1), fmt.Sprint("mail ", i)))
	}
	l.accept(at, page...)
	for i, c := range cases {
		l.run("update inbound set state = $2, reason = 'why', ticket_number = nullif($3::bigint, 0), service_id = nullif($4::bigint, 0), finished_at = $5 where uid = $1",
			i+1, c.state, c.ticket, c.service, c.at)
		if c.waits {
			l.run(`insert into confirmation (id, inbound_id, person_id, created_at, expires_at) select gen_random_uuid(), id, $2, $3, $4 from inbound where uid = $1`,
				i+1, l.People["ben"].ID, l.now, l.now.Add(time.Hour))
		}
	}
	if n, _, _ := l.drop(l.now.Add(-30 * 24 * time.Hour)); n != 4 {
		t.Errorf("%d messages were dropped, want 4", n)
	}
	if n, _, _ := l.drop(l.now.Add(-30 * 24 * time.Hour)); n != 0 {
		t.Errorf("%d messages were dropped again", n)
	}
	if n := l.sweep(); n != 4 {
		t.Errorf("%d contents were swept, want 4", n)
	}
	for i, c := range cases {
		row, err := l.Store.Inbound(t.Context(), int64(l.ask("select id from inbound where uid = $1", i+1)))
		if err != nil || row.RawDropped != c.gone || len(row.SHA256) != sha256.Size || row.Reason != "why" || string(row.State) != c.state {
			t.Errorf("%s: %+v %v", c.what, row, err)
			continue
		}
		r, err := l.Store.OpenRaw(t.Context(), row)
		if c.gone != (core.CodeOf(err) == core.NotFound) || !c.gone && err != nil {
			t.Errorf("%s is opened: %v", c.what, err)
		}
		if r != nil {
			r.Close()
		}
	}
	err := l.tx(func(tx *store.Tx) error { // what is gone is not read again
		if ok, err := tx.ReplayInbound(t.Context(), int64(l.ask("select id from inbound where uid = 6"))); err != nil || ok {
			t.Errorf("a message without bytes is replayed: %t %v", ok, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What has been dropped, and what is too young everywhere, is not walked through again at each run: a desk keeps its ledgers for
// ever.
func TestRunsOfRetentionSeeOnlyWhatIsDue(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); return nil }); err != nil {
		t.Fatal(err)
	}
	at := l.position()
	old, young := l.now.Add(-40*24*time.Hour), l.now.Add(-20*24*time.Hour)
	for i := range 6 {
		l.accept(at, raw(uint32(i+1), fmt.Sprint("mail ", i)))
		finished := old.Add(-time.Duration(i) * time.Hour) // the newest row is the oldest mail
		if i == 5 {
			finished = young
		}
		l.run("update inbound set state = 'applied', finished_at = $2 where uid = $1", i+1, finished)
		l.run("update outbox set state = 'accepted', finished_at = $2 where id = $1", l.queue(1, "ben", true), finished)
	}
	e := store.Expiry{Before: map[core.ServiceID]time.Time{l.Printers: l.now.Add(-30 * 24 * time.Hour)}, Boxes: map[core.MailboxID]core.ServiceID{l.Mailbox: l.Printers}}
	for what, step := range map[string]func(context.Context, store.Expiry, store.Place, int, time.Time) (int, store.Place, error){
		"inbound": l.Store.DropInbound, "outbound": l.Store.DropOutbound} {
		n, last, err := step(t.Context(), e, store.Place{}, 2, l.now)
		if err != nil || n != 2 || !last.At.Equal(old.Add(-3*time.Hour)) {
			t.Errorf("%s: the first step dropped %d up to %v: %v, want the two oldest", what, n, last, err)
		}
		// The run ends here, and the next one begins with what is left.
		n, last, err = step(t.Context(), e, store.Place{}, 4, l.now)
		if err != nil || n != 3 || !last.At.Equal(old) {
			t.Errorf("%s: the next run dropped %d up to %v: %v", what, n, last, err)
		}
		if n, last, err = step(t.Context(), e, store.Place{}, 4, l.now); err != nil || n != 0 || last != (store.Place{}) {
			t.Errorf("%s: nothing is due, and it looks at rows up to %v: %d %v", what, last, n, err)
		}
	}
}

// A content that several need goes when the last of them is dropped, and comes back with the next that brings it.
func TestSharedContentIsKeptWhileSomebodyNeedsIt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := l.position()
	l.accept(at, raw(1, "same"), raw(2, "same"))
	same := sha256.Sum256([]byte("same"))
	err := l.tx(func(tx *store.Tx) error {
		l.add(tx, 1)
		return tx.AddRecord(&core.Record{ID: uuid.NewString(), Ticket: 1, At: l.now, Kind: core.KindMessage, Via: core.ViaMail,
			Attachments: []core.Attachment{{ID: uuid.NewString(), Name: "mail.eml", Size: 4, SHA256: same, Data: []byte("same")}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := func(what string, want bool) {
		t.Helper()
		l.sweep()
		if _, err := l.Store.OpenBlob(t.Context(), same); (err == nil) != want {
			t.Errorf("%s: kept %t", what, err == nil)
		}
	}
	later := l.now.Add(time.Hour)
	for uid := 1; uid <= 2; uid++ {
		l.run("update inbound set state = 'applied', finished_at = $2 where uid = $1", uid, l.now)
		if n, _, _ := l.drop(later); n != 1 {
			t.Errorf("message %d: %d dropped", uid, n)
		}
		kept(fmt.Sprintf("message %d is dropped", uid), true)
	}
	l.run("update ticket set status = 'closed', closed_at = $1", l.now)
	if _, _, n := l.drop(later); n != 1 {
		t.Errorf("%d files dropped", n)
	}
	kept("all are dropped", false)
	l.accept(at, raw(3, "same"))
	kept("it came again", true)
}

// New mail with the content of a row that is being swept must not be left without its bytes (mail.md 1).
func TestSweepAgainstMailWithTheSameContent(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := l.position()
	for round := range 20 {
		uid := uint32(2*round + 1)
		data := bytes.Repeat([]byte{byte(round)}, 100)
		mail := func(uid uint32) store.RawMail {
			return store.RawMail{UID: uid, ReceivedAt: l.now, SHA256: sha256.Sum256(data), Size: 100, Data: data}
		}
		l.accept(at, mail(uid))
		l.run("update inbound set state = 'applied', finished_at = $1, raw_dropped_at = $1", l.now)
		l.run("update blob set created_at = now() - interval '2 days'")
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := l.Store.SweepBlobs(t.Context(), time.Now(), 100); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			if err := l.Store.AcceptPage(t.Context(), l.Mailbox, at, []store.RawMail{mail(uid + 1)}, l.now); err != nil {
				t.Error(err)
			}
		})
		wait.Wait()
		if err := readAll(l.Store, t, sumOf(data)); err != nil {
			t.Fatalf("round %d: the new mail has lost its bytes: %v", round, err)
		}
	}
}

// Of mail that left, what is over loses its content; what somebody still has to look at keeps it. What is gone is not sent again.
func TestSentMailIsDroppedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); return nil }); err != nil {
		t.Fatal(err)
	}
	ids := map[core.OutboundState]string{}
	large, _, err := l.Store.PutBlob(t.Context(), bytes.NewReader([]byte("a large mail")))
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []core.OutboundState{core.OutboundAccepted, core.OutboundRejected, core.OutboundCancelled, core.OutboundBounced,
		core.OutboundParked, core.OutboundUncertain, core.OutboundQueued} {
		ids[state] = l.queue(1, "ben", true)
		l.run("update outbox set state = $2, finished_at = $3 where id = $1", ids[state], state, l.now)
	}
	l.run(`update outbox_content set raw = 'words', raw_sha256 = $1, text_key = '\x01', content = '{"ticket": {"service": "Printers", "subject": "secret"}}'`, large[:])
	alone := l.queue(0, "ben", true) // of no ticket: the mailbox's
	l.run("update outbox set state = 'accepted', finished_at = $2 where id = $1", alone, l.now)
	if _, n, _ := l.drop(l.now); n != 0 {
		t.Errorf("%d were dropped too early", n)
	}
	if _, n, _ := l.drop(l.now.Add(time.Hour)); n != 5 {
		t.Errorf("%d were dropped, want 5", n)
	}
	if n := l.ask("select count(*) from outbox_content where content::text like '%secret%' or raw is not null or raw_sha256 is not null"); n != 3 {
		t.Errorf("%d contents are kept, want those of 3 mails", n)
	}
	if n := l.ask("select count(*) from outbox_content where text_key is not null and content->'ticket'->>'service' = 'Printers'"); n != 7 {
		t.Errorf("the service and the key of the words are known of %d mails, want 7", n)
	}
	for state, id := range ids {
		want := state == core.OutboundParked
		err := l.tx(func(tx *store.Tx) error {
			ok, err := tx.ReplayOutbound(t.Context(), id, l.now)
			if ok != want {
				t.Errorf("%s: sent again %t", state, ok)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.lease(newLease(), 100) // what is sent again has its content
}

// Files go with tickets that are closed since long: never those of others, of which a mail waits, or that are younger.
func TestFilesAreDroppedWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	closed := l.now.Add(-40 * 24 * time.Hour)
	files := map[core.Number]string{}
	for n := core.Number(1); n <= 7; n++ {
		err := l.tx(func(tx *store.Tx) error {
			l.add(tx, n)
			files[n] = uuid.NewString()
			return tx.AddRecord(&core.Record{ID: uuid.NewString(), Ticket: n, At: closed.Add(-time.Hour), Kind: core.KindMessage, Via: core.ViaMail,
				Attachments: []core.Attachment{{ID: files[n], Name: "photo.png", ContentType: "image/png", Size: 5, SHA256: sha256.Sum256([]byte{byte(n)}), Data: []byte{byte(n)}}}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.run("update ticket set status = 'closed', resolved_at = $1, closed_at = $1", closed)
	l.run("update ticket set status = 'open', closed_at = null, resolved_at = null where number = 2") // reopened
	l.run("update ticket set closed_at = $1 where number = 3", l.now)                                 // closed of late
	l.run("update ticket set service_id = $1 where number = 4", l.Network)                            // kept for ever there
	l.run("update log_record set at = $1 where ticket_number = 5", l.now)                             // added to a closed ticket
	l.run("update ticket set status = 'resolved', closed_at = null where number = 6")                 // not closed
	l.queue(7, "ben", true)                                                                           // a mail waits
	if _, _, n := l.drop(l.now.Add(-30 * 24 * time.Hour)); n != 1 {
		t.Errorf("%d files were dropped, want that of ticket 1", n)
	}
	if _, last, err := l.Store.DropFiles(t.Context(), store.Expiry{Before: map[core.ServiceID]time.Time{l.Printers: l.now}}, "", 6, l.now); err != nil || last == "" {
		t.Errorf("the six files that are kept: %q %v", last, err)
	} else if _, last, err = l.Store.DropFiles(t.Context(), store.Expiry{}, last, 6, l.now); err != nil || last != "" {
		t.Errorf("one that was dropped is looked at again: %q %v", last, err)
	}
	for n, id := range files {
		a, r, err := l.Store.Attachment(t.Context(), n, id)
		if err != nil || a.Removed != (n == 1) || a.Name != "photo.png" || a.Size != 5 || r.Attachments[0].Removed != a.Removed {
			t.Errorf("ticket %d: %+v %v", n, a, err)
		}
	}
	// A message can be made a ticket of its own afterwards: its file stays what it is.
	record, err := l.Store.Records(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	split := record[0].Attachments[0]
	split.ID = uuid.NewString()
	err = l.tx(func(tx *store.Tx) error {
		return tx.AddRecord(&core.Record{ID: uuid.NewString(), Ticket: 2, At: l.now, Kind: core.KindMessage, Via: core.ViaDesk, Attachments: []core.Attachment{split}})
	})
	if a, _, again := l.Store.Attachment(t.Context(), 2, split.ID); err != nil || again != nil || !a.Removed {
		t.Errorf("copied: %+v %v %v", a, err, again)
	}
	if n := l.sweep(); n != 1 {
		t.Errorf("%d contents were swept, want 1", n)
	}
}

func sumOf(data []byte) []byte { sum := sha256.Sum256(data); return sum[:] }
