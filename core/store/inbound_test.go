package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

func raw(uid uint32, text string) store.RawMail {
	return store.RawMail{UID: uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256([]byte(text)), Size: int64(len(text)), Data: []byte(text)}
}

// position is a mailbox that has begun to be read.
func (l *ledger) position() store.MailboxPosition {
	l.Helper()
	was, err := l.Store.Position(l.Context(), l.Mailbox)
	if err != nil {
		l.Fatal(err)
	}
	at, err := l.Store.NewEpoch(l.Context(), l.Mailbox, was, 7)
	if err != nil {
		l.Fatal(err)
	}
	return at
}

func (l *ledger) accept(at store.MailboxPosition, page ...store.RawMail) {
	l.Helper()
	if err := l.Store.AcceptPage(l.Context(), l.Mailbox, at, page, l.now); err != nil {
		l.Fatal(err)
	}
}

func (l *ledger) claim(inFlight ...int64) []*store.Inbound {
	l.Helper()
	rows, err := l.Store.ClaimInbound(l.Context(), l.Mailbox, 100, inFlight)
	if err != nil {
		l.Fatal(err)
	}
	return rows
}

// Each message stands in the ledger once, whoever accepts it how often; one content is kept once.
func TestAcceptingIsIdempotent(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := l.position()
	at.Cursor = 3
	page := []store.RawMail{raw(1, "same"), raw(2, "other"), raw(3, "same")}
	var wait sync.WaitGroup
	for range 6 { // several daemons at once, and again
		wait.Go(func() {
			if err := l.Store.AcceptPage(t.Context(), l.Mailbox, at, page, l.now); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n, blobs := l.ask("select count(*) from inbound"), l.ask("select count(*) from blob"); n != 3 || blobs != 2 {
		t.Errorf("%d messages, %d contents", n, blobs)
	}
	lower := at
	lower.Cursor = 2
	l.accept(lower, raw(2, "other"))
	if got, err := l.Store.Position(t.Context(), l.Mailbox); err != nil || got.Cursor != 3 {
		t.Errorf("the cursor went to %+v: %v", got, err)
	}
	next := at
	next.Epoch++ // the same UID in another epoch is another message
	l.accept(next, raw(1, "same"))
	if n := l.ask("select count(*) from inbound"); n != 4 {
		t.Errorf("%d messages", n)
	}
	uids, err := l.Store.LedgerUIDs(t.Context(), l.Mailbox, at, 1, 10)
	if err != nil || !slices.Equal(uids, []uint32{1, 2, 3}) {
		t.Errorf("the ledger lists %v: %v", uids, err)
	}
	// What is not read stands there from the beginning, with its reason and without bytes.
	l.accept(at, store.RawMail{UID: 9, ReceivedAt: l.now, Size: 5, State: core.InboundSuppressed, Reason: "before start", MessageID: "old@x.test", Filed: true})
	if rows, err := l.Store.InboundMail(t.Context(), core.InboundSuppressed, 0, 10); err != nil || len(rows) != 1 || rows[0].Reason != "before start" || rows[0].MessageID != "old@x.test" {
		t.Errorf("%+v, %v", rows, err)
	}
	// A page of which one message cannot be written leaves nothing, and the cursor where it was.
	bad := at
	bad.Cursor = 20
	if err := l.Store.AcceptPage(t.Context(), l.Mailbox, bad, []store.RawMail{raw(19, "x"), {UID: 20, ReceivedAt: l.now, State: "nonsense"}}, l.now); err == nil {
		t.Error("nonsense is taken")
	}
	if got, _ := l.Store.Position(t.Context(), l.Mailbox); got.Cursor != 3 || l.ask("select count(*) from inbound where uid >= 19") != 0 {
		t.Errorf("half a page stands: %+v", got)
	}
}

// A claim counts the attempt before anything is parsed, passes over what is in flight, and gives the bytes and the order of
// the server; giving it back undoes the count, but not of what was finished.
func TestClaiming(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := l.position()
	at.Cursor = 4
	large := bytes.Repeat([]byte("x"), store.InlineLimit+1)
	sum, size, err := l.Store.PutBlob(t.Context(), bytes.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	l.accept(at, raw(3, "c"), raw(1, "a"), store.RawMail{UID: 4, ReceivedAt: l.now, SHA256: sum, Size: size}, raw(2, "b"))
	rows := l.claim()
	for i, want := range []string{"a", "b", "c", ""} {
		if rows[i].UID != uint32(i+1) || string(rows[i].Data) != want || rows[i].Attempts != 1 || rows[i].State != core.InboundReceived {
			t.Errorf("%d: %+v", i, rows[i])
		}
	}
	if again := l.claim(); len(again) != 0 {
		t.Errorf("%d messages that were begun are claimed as new", len(again))
	}
	err = l.Store.InTx(t.Context(), func(tx *store.Tx) error {
		tx.FinishInbound(rows[0].ID, store.Outcome{State: core.InboundApplied, Reason: "x", ContentKey: []byte("k1")}, l.now)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Store.UnclaimInbound(t.Context(), []int64{rows[0].ID, rows[1].ID}); err != nil {
		t.Fatal(err)
	}
	if n := l.ask("select attempts from inbound where uid = 1"); n != 1 {
		t.Errorf("a finished message has %d attempts", n)
	}
	if got := l.claim(rows[1].ID); len(got) != 0 {
		t.Error("what is in flight is claimed")
	}
	if got := l.claim(); len(got) != 1 || got[0].UID != 2 || got[0].Attempts != 1 {
		t.Errorf("what was given back: %+v", got)
	}
	seen := map[int]bool{}
	for range 3 { // a message that kills its reader is known by its count
		row, err := l.Store.ClaimSuspect(t.Context(), l.Mailbox)
		if err != nil || row == nil {
			t.Fatal(row, err)
		}
		seen[row.Attempts] = true
	}
	if !seen[2] || !seen[3] || !seen[4] {
		t.Errorf("attempts %v", seen)
	}
	if rows, err := l.Store.ClaimInbound(t.Context(), l.Mailbox+1, 10, nil); err != nil || len(rows) != 0 {
		t.Errorf("another mailbox's: %v, %v", rows, err)
	}
}

// The same content is applied once, also by two at the same moment; a replay gives the key up, but repeats nothing that was
// applied.
func TestContentKeyIsGivenOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := l.position()
	at.Cursor = 8
	var page []store.RawMail
	for i := range 8 {
		page = append(page, raw(uint32(i+1), fmt.Sprint("m", i)))
	}
	l.accept(at, page...)
	rows := l.claim()
	var wait sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for _, row := range rows {
		wait.Go(func() {
			err := l.Store.InTx(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.LockInbound(t.Context(), row.ID); err != nil {
					return err
				}
				tx.FinishInbound(row.ID, store.Outcome{State: core.InboundApplied, Reason: "x", ContentKey: []byte("key")}, l.now)
				return nil
			})
			if err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if won != 1 || l.ask("select count(*) from inbound where state = 'applied'") != 1 {
		t.Errorf("%d took the key", won)
	}
	first := int64(l.ask("select id from inbound where content_key = 'key'"))
	lookUp := func(id int64) (f *store.MailFacts) {
		t.Helper()
		if err := l.Store.InTx(t.Context(), func(tx *store.Tx) (err error) {
			f, err = tx.LookUpMail(t.Context(), store.MailQuestions{Inbound: id, ContentKey: []byte("key")})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := lookUp(rows[0].ID); f.Same == nil || f.Same.ID != first || f.Row.ID != rows[0].ID {
		t.Errorf("the same content is not found: %+v", f)
	}
	replay := func(id int64) (ok bool) {
		t.Helper()
		if err := l.Store.InTx(t.Context(), func(tx *store.Tx) (err error) { ok, err = tx.ReplayInbound(t.Context(), id); return err }); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if replay(first) {
		t.Error("an applied message is replayed")
	}
	l.run("update inbound set state = 'quarantined' where id = $1", first)
	if !replay(first) {
		t.Error("a held message is not replayed")
	}
	if f := lookUp(rows[0].ID); f.Same != nil {
		t.Errorf("the key is kept: %+v", f.Same)
	}
	if row, err := l.Store.Inbound(t.Context(), first); err != nil || row.State != core.InboundReceived || row.Attempts != 0 {
		t.Errorf("%+v, %v", row, err)
	}
}
