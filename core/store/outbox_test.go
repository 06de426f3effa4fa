package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// queue puts a mail about a ticket (0 = none) into the outbox.
func (l *ledger) queue(ticket core.Number, who string, automatic bool) string {
	l.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	err := l.Store.InTx(l.Context(), func(tx *store.Tx) error {
		return tx.QueueMail(&core.Outgoing{ID: id, Ticket: ticket, Mailbox: l.Mailbox, Person: l.People[who], Address: l.People[who].Email,
			Event: core.EventPublicReply, Role: core.Requester, Reason: "requester", Language: core.English, Automatic: automatic,
			MessageID: core.MessageID(id, "city.test"), CreatedAt: l.now})
	})
	if err != nil {
		l.Fatal(err)
	}
	return id
}

func (l *ledger) lease(lease uuid.UUID, limit int) (ids []string) {
	l.Helper()
	leased, err := l.Store.LeaseOutbox(l.Context(), lease, limit, l.now)
	if err != nil {
		l.Fatal(err)
	}
	for _, m := range leased {
		ids = append(ids, m.ID)
	}
	return ids
}

func (l *ledger) stands(what, id string, state core.OutboundState) *store.Outbound {
	l.Helper()
	o, err := l.Store.Outbound(l.Context(), id)
	if err != nil {
		l.Fatal(err)
	}
	if o.State != state {
		l.Errorf("%s: the mail is %s (%s), want %s", what, o.State, o.Response, state)
	}
	return o
}

func (l *ledger) end(lease uuid.UUID, id string, state core.OutboundState, next time.Time) {
	l.Helper()
	attempts := l.ask("select attempts from outbox where id = $1", id)
	err := l.Store.FinishMail(l.Context(), lease, &store.Leased{Outgoing: core.Outgoing{ID: id}, Attempts: attempts}, store.Ending{State: state, Response: "250 ok", Next: next}, l.now)
	if err != nil {
		l.Fatal(err)
	}
}

// Of one ticket and person only the oldest is sent, and the next when it is through; others are not held up by it.
func TestOrderPerTicketAndPerson(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); l.add(tx, 2); return nil }); err != nil {
		t.Fatal(err)
	}
	first, second := l.queue(1, "ben", false), l.queue(1, "ben", false)
	other, elsewhere := l.queue(1, "eva", false), l.queue(2, "ben", false)
	free1, free2 := l.queue(0, "ben", true), l.queue(0, "ben", true)
	lease, rival := newLease(), newLease()
	if got := l.lease(lease, 10); !slices.Equal(got, []string{first, other, elsewhere, free1, free2}) {
		t.Fatalf("leased %v", got)
	}
	if got := l.lease(rival, 10); len(got) != 0 {
		t.Errorf("a rival got %v", got)
	}
	l.end(lease, first, core.OutboundQueued, l.now.Add(time.Minute)) // put off by the server
	if got := l.lease(lease, 10); len(got) != 0 {
		t.Errorf("%v overtakes the one that is put off", got)
	}
	l.now = l.now.Add(time.Minute)
	if got := l.lease(rival, 10); !slices.Equal(got, []string{first}) {
		t.Errorf("leased %v", got)
	}
	l.end(rival, first, core.OutboundAccepted, l.now)
	if got := l.lease(lease, 10); !slices.Equal(got, []string{second}) {
		t.Errorf("leased %v", got)
	}
	if err := l.Store.FinishMail(t.Context(), rival, &store.Leased{Outgoing: core.Outgoing{ID: second}, Attempts: 1}, store.Ending{State: core.OutboundAccepted}, l.now); err == nil {
		t.Error("who holds no lease ends the mail")
	}
	l.stands("still sending", second, core.OutboundSending)
}

// Several daemons lease at once: each mail goes to one of them.
func TestLeasesAreExclusive(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for range 40 {
		l.queue(0, "ben", true)
	}
	results := make(chan []string, 4)
	for range 4 {
		go func() {
			var mine []string
			for lease := newLease(); ; {
				leased, err := l.Store.LeaseOutbox(t.Context(), lease, 3, l.now)
				if err != nil || len(leased) == 0 {
					results <- mine
					return
				}
				for _, m := range leased {
					mine = append(mine, m.ID)
				}
			}
		}()
	}
	var all []string
	for range 4 {
		all = append(all, <-results...)
	}
	slices.Sort(all)
	if len(all) != 40 || len(slices.Compact(all)) != 40 {
		t.Errorf("%d leases for 40 mails", len(all))
	}
}

// While automatic mail is paused people's replies go on, also past a paused one to the same person.
func TestPausedMailHoldsNothingUp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); return nil }); err != nil {
		t.Fatal(err)
	}
	notice, reply := l.queue(1, "ben", true), l.queue(1, "ben", false)
	l.run("update desk set automatic_paused = true")
	if got := l.lease(newLease(), 10); !slices.Equal(got, []string{reply}) {
		t.Errorf("leased %v, want the reply alone", got)
	}
	l.run("update desk set automatic_paused = false")
	l.run("update outbox set state = 'accepted' where id = $1", reply)
	if got := l.lease(newLease(), 10); !slices.Equal(got, []string{notice}) {
		t.Errorf("leased %v, want the notice", got)
	}
}

// The closing dot is written only under a lease that holds, with the bytes of the first attempt.
func TestDataPhaseNeedsTheLease(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	id, lease := l.queue(0, "ben", true), newLease()
	l.lease(lease, 1)
	begin := func(lease uuid.UUID, raw string, at time.Time) bool {
		t.Helper()
		ok, err := l.Store.BeginData(t.Context(), lease, id, []byte(raw), nil, nil, at)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if begin(newLease(), "not mine", l.now) {
		t.Error("without the lease")
	}
	if begin(lease, "too late", l.now.Add(store.LeaseTime)) {
		t.Error("after its end")
	}
	if !begin(lease, "the first bytes", l.now) {
		t.Error("under the lease it is refused")
	}
	l.end(lease, id, core.OutboundQueued, l.now)
	leased, err := l.Store.LeaseOutbox(t.Context(), lease, 1, l.now)
	if err != nil || len(leased) != 1 || string(leased[0].Raw) != "the first bytes" || leased[0].Attempts != 2 {
		t.Fatalf("%+v, %v", leased, err)
	}
	if !begin(lease, "other bytes", l.now) || l.ask("select count(*) from outbox_content where raw = 'the first bytes'") != 1 {
		t.Error("the bytes of the first attempt are replaced")
	}
}

// What a dead daemon leaves: before the data phase due again, in it uncertain; resent once after a while, then parked.
func TestRecovery(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	before, within, alive := l.queue(0, "ben", true), l.queue(0, "eva", true), l.queue(0, "pat", true)
	dead, living := newLease(), newLease()
	l.lease(dead, 2)
	data := func(id string, lease uuid.UUID) {
		t.Helper()
		if ok, err := l.Store.BeginData(t.Context(), lease, id, []byte("raw"), nil, nil, l.now); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	data(within, dead)
	recoverAll := func() {
		t.Helper()
		if err := l.Store.RecoverOutbox(t.Context(), l.now); err != nil {
			t.Fatal(err)
		}
	}
	recoverAll()
	l.stands("under its lease", before, core.OutboundSending)
	l.now = l.now.Add(store.LeaseTime + time.Second)
	l.lease(living, 1)
	recoverAll()
	l.stands("before the data phase", before, core.OutboundQueued)
	l.stands("in the data phase", within, core.OutboundUncertain)
	l.stands("of a daemon that lives", alive, core.OutboundSending)
	l.now = l.now.Add(store.UncertainWait - time.Second)
	recoverAll()
	l.stands("while it waits", within, core.OutboundUncertain)
	l.now = l.now.Add(2 * time.Second)
	recoverAll()
	if o := l.stands("after it", within, core.OutboundQueued); !o.Resent {
		t.Error("the resend is not marked")
	}
	l.run("update outbox set state = 'accepted' where id <> $1", within)
	if got := l.lease(dead, 5); !slices.Equal(got, []string{within}) {
		t.Fatalf("leased %v", got)
	}
	data(within, dead)
	l.now = l.now.Add(store.LeaseTime + time.Second)
	recoverAll()
	l.stands("lost a second time", within, core.OutboundUncertain)
	l.now = l.now.Add(store.UncertainWait + time.Second)
	recoverAll()
	l.stands("is left to a person", within, core.OutboundParked)
	if got := l.lease(living, 5); len(got) != 0 {
		t.Errorf("leased %v", got)
	}
	// A person sends it again; what was accepted is never sent again.
	for id, want := range map[string]bool{within: true, alive: false} {
		err := l.Store.InTx(t.Context(), func(tx *store.Tx) error {
			ok, err := tx.ReplayOutbound(t.Context(), id, l.now)
			if ok != want {
				t.Errorf("%s is replayed: %v", id, ok)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A clean stop gives leases back, but for what may have been delivered.
func TestCleanStopGivesLeasesBack(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	idle, busy, lease := l.queue(0, "ben", true), l.queue(0, "eva", true), newLease()
	l.lease(lease, 2)
	if ok, err := l.Store.BeginData(t.Context(), lease, busy, []byte("raw"), nil, nil, l.now); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := l.Store.ReturnMail(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if o := l.stands("not begun", idle, core.OutboundQueued); o.Attempts != 0 {
		t.Errorf("%d attempts", o.Attempts)
	}
	l.stands("in the data phase", busy, core.OutboundSending)
}

// The sweep takes what nothing refers to after a day, and nothing that a record, a raw mail or a sent mail needs; damage is
// told, not handed on.
func TestSweepKeepsWhatIsReferredTo(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	put := func(text string) []byte {
		t.Helper()
		data := slices.Repeat([]byte(text), store.InlineLimit/len(text)+2)
		sum, _, err := l.Store.PutBlob(t.Context(), readerOf(data))
		if err != nil {
			t.Fatal(err)
		}
		return sum[:]
	}
	file, mail, sent, stray, fresh := put("file"), put("mail"), put("sent"), put("stray"), put("fresh")
	at := l.position()
	at.Cursor = 1
	l.accept(at, store.RawMail{UID: 1, ReceivedAt: l.now, SHA256: [32]byte(mail), Size: 9})
	err := l.tx(func(tx *store.Tx) error {
		l.add(tx, 1)
		return tx.AddRecord(&core.Record{ID: uuid.NewString(), Ticket: 1, At: l.now, Kind: core.KindMessage, Via: core.ViaMail,
			Attachments: []core.Attachment{{ID: uuid.NewString(), Name: "f", Size: 9, SHA256: [32]byte(file)}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	id, lease := l.queue(0, "ben", true), newLease()
	l.lease(lease, 1)
	if ok, err := l.Store.BeginData(t.Context(), lease, id, nil, sent, nil, l.now); err != nil || !ok {
		t.Fatal(ok, err)
	}
	l.run("update blob set created_at = now() - interval '2 days' where sha256 <> $1", fresh)
	if n, err := l.Store.SweepBlobs(t.Context(), time.Now(), 100); err != nil || n != 1 {
		t.Errorf("swept %d: %v", n, err)
	}
	for name, sum := range map[string][]byte{"file": file, "mail": mail, "sent": sent, "fresh": fresh} {
		if _, err := l.Store.OpenBlob(t.Context(), [32]byte(sum)); err != nil {
			t.Errorf("%s was swept: %v", name, err)
		}
	}
	if _, err := l.Store.OpenBlob(t.Context(), [32]byte(stray)); core.CodeOf(err) != core.NotFound {
		t.Errorf("the stray content is kept: %v", err)
	}
	l.run("update blob set created_at = now() - interval '2 days'") // what is stored again is as new
	if got := put("fresh"); !slices.Equal(got, fresh) {
		t.Fatal("another hash")
	}
	if n, err := l.Store.SweepBlobs(t.Context(), time.Now(), 100); err != nil || n != 0 {
		t.Errorf("swept %d: %v", n, err)
	}
	l.run("update blob_chunk set data = overlay(data placing '\\x00'::bytea from 9) where sha256 = $1", file)
	if err := readAll(l.Store, t, file); err == nil {
		t.Error("a damaged content is handed out as a good one")
	}
	if err := readAll(l.Store, t, mail); err != nil {
		t.Error(err)
	}
	l.run("delete from blob_chunk where sha256 = $1", mail)
	if err := readAll(l.Store, t, mail); err == nil {
		t.Error(fmt.Errorf("a content without its chunks reads as empty"))
	}
}
