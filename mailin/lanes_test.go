package mailin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// laneRig feeds lanes from a real ledger and has the test decide what becomes of each message.
type laneRig struct {
	*testing.T
	city  *storetest.City
	lanes *Lanes
	at    store.MailboxPosition

	mu     sync.Mutex
	begun  []uint32 // UIDs in the order in which they were begun, attempts included
	parked []int64
	work   func(uid uint32, attempt int) error // attempt = how often this message was begun here
}

func newLaneRig(t *testing.T, work func(uid uint32, attempt int) error) *laneRig {
	t.Helper()
	r := &laneRig{T: t, city: storetest.NewCity(t), work: work}
	var err error
	if r.at, err = r.city.Store.NewEpoch(t.Context(), r.city.Mailbox, store.MailboxPosition{}, 7); err != nil {
		t.Fatal(err)
	}
	r.lanes = NewLanes(r.city.Store, r.apply, r.park, slog.New(slog.DiscardHandler))
	return r
}

func (r *laneRig) apply(ctx context.Context, row *store.Inbound) error {
	r.mu.Lock()
	r.begun = append(r.begun, row.UID)
	attempt := 0
	for _, uid := range r.begun {
		if uid == row.UID {
			attempt++
		}
	}
	r.mu.Unlock()
	if err := r.work(row.UID, attempt); err != nil {
		return err
	}
	return r.finish(ctx, row.ID, core.InboundSuppressed)
}

func (r *laneRig) park(ctx context.Context, id int64, _ string) error {
	r.mu.Lock()
	r.parked = append(r.parked, id)
	r.mu.Unlock()
	return r.finish(ctx, id, core.InboundParked)
}

func (r *laneRig) finish(ctx context.Context, id int64, state core.InboundState) error {
	return r.city.Store.InTx(ctx, func(tx *store.Tx) error {
		tx.FinishInbound(id, store.Outcome{State: state}, time.Now())
		return nil
	})
}

// accept puts messages into the ledger; refs names the UID that each one answers, 0 = none.
func (r *laneRig) accept(refs map[uint32]uint32) {
	r.Helper()
	var page []store.RawMail
	for uid, parent := range refs {
		raw := fmt.Sprintf("Message-ID: <%d@x.test>\r\n", uid)
		if parent != 0 {
			raw += fmt.Sprintf("In-Reply-To: <%d@x.test>\r\n", parent)
		}
		page = append(page, store.RawMail{UID: uid, ReceivedAt: time.Now(), Data: []byte(raw), SHA256: sha256.Sum256([]byte(raw)), Size: int64(len(raw))})
	}
	r.at.Cursor = slices.MaxFunc(page, func(a, b store.RawMail) int { return int(a.UID) - int(b.UID) }).UID
	if err := r.city.Store.AcceptPage(r.Context(), r.city.Mailbox, r.at, page, time.Now()); err != nil {
		r.Fatal(err)
	}
}

// run works until nothing waits any more, or until enough says so.
func (r *laneRig) run(enough func() bool) {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	var done sync.WaitGroup
	done.Go(func() { r.lanes.Run(ctx) })
	r.lanes.Join(r.city.Mailbox)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		counts, err := r.city.Store.LedgerCounts(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		if enough != nil && enough() || counts[core.InboundReceived] == 0 {
			break
		}
		if time.Now().After(end) {
			r.Errorf("still %v", counts)
			break
		}
	}
	stop()
	done.Wait()
}

// attempts are those of each UID in the ledger.
func (r *laneRig) attempts() map[uint32]int {
	r.Helper()
	rows, err := r.city.Store.InboundMail(r.Context(), "", 0, 1000)
	if err != nil {
		r.Fatal(err)
	}
	out := map[uint32]int{}
	for _, row := range rows {
		out[row.UID] = row.Attempts
	}
	return out
}

// claimed makes messages look as a killed daemon leaves them: begun, without an outcome.
func (r *laneRig) claimed() {
	r.Helper()
	if _, err := r.city.Store.ClaimInbound(r.Context(), r.city.Mailbox, 100, nil); err != nil {
		r.Fatal(err)
	}
}

// errAway fails as the database does when it is away.
var errAway = fmt.Errorf("commit: %w", net.ErrClosed)

func TestReplyDoesNotOvertakeItsParentOverAnOutage(t *testing.T) {
	t.Parallel()
	r := newLaneRig(t, func(uid uint32, attempt int) error {
		if uid == 1 && attempt <= 3 {
			return errAway
		}
		return nil
	})
	r.accept(map[uint32]uint32{1: 0, 2: 1, 3: 2})
	r.run(nil)
	if want := []uint32{1, 1, 1, 1, 2, 3}; !slices.Equal(r.begun, want) {
		t.Errorf("begun %v, not %v", r.begun, want)
	}
	if a := r.attempts(); a[1] != 1 {
		t.Errorf("an outage was charged: %v", a)
	}
}

func TestSuspectsAreReadAloneAndFirst(t *testing.T) {
	t.Parallel()
	var running, most int
	var mu sync.Mutex
	r := newLaneRig(t, func(uid uint32, _ int) error {
		if uid > 5 {
			return nil
		}
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		running--
		mu.Unlock()
		return nil
	})
	r.accept(map[uint32]uint32{1: 0, 2: 0, 3: 0, 4: 0, 5: 0})
	r.claimed()
	r.accept(map[uint32]uint32{6: 1, 7: 5})
	r.run(nil)
	if len(r.begun) != 7 || !slices.Equal(r.begun[:5], []uint32{1, 2, 3, 4, 5}) || most != 1 {
		t.Errorf("begun %v, %d at once", r.begun, most)
	}
}

// Three crashes with many messages in flight must park none of those that were not being read.
func TestInnocentMessagesAreNotChargedForCrashes(t *testing.T) {
	t.Parallel()
	r := newLaneRig(t, func(uid uint32, _ int) error { return nil })
	r.accept(map[uint32]uint32{1: 0, 2: 0, 3: 0})
	r.claimed()
	for range 2 { // a daemon that dies at the first suspect, again and again
		row, err := r.city.Store.ClaimSuspect(t.Context(), r.city.Mailbox)
		if err != nil || row == nil || row.UID != 1 {
			t.Fatalf("%v %v", row, err)
		}
	}
	if a := r.attempts(); a[1] != 3 || a[2] != 1 || a[3] != 1 {
		t.Errorf("attempts %v", a)
	}
	r.run(nil)
	if len(r.parked) != 1 || !slices.Equal(r.begun, []uint32{2, 3}) {
		t.Errorf("parked %v, begun %v", r.parked, r.begun)
	}
}

func TestMessageThatFailsIsParkedAndItsNeighboursGoOn(t *testing.T) {
	t.Parallel()
	r := newLaneRig(t, func(uid uint32, _ int) error {
		if uid == 2 {
			panic("the reader breaks")
		}
		return nil
	})
	r.accept(map[uint32]uint32{1: 0, 2: 0, 3: 0})
	r.run(nil)
	slices.Sort(r.begun)
	if len(r.parked) != 1 || !slices.Equal(r.begun, []uint32{1, 2, 2, 2, 3}) {
		t.Errorf("parked %v, begun %v", r.parked, r.begun)
	}
}

// A clean stop lets what was begun finish, and charges nobody for what it was not given time for.
func TestCleanStopGivesAttemptsBack(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 100)
	r := newLaneRig(t, func(uid uint32, _ int) error {
		started <- struct{}{}
		if uid == 1 {
			time.Sleep(200 * time.Millisecond)
			return nil
		}
		return errAway
	})
	r.accept(map[uint32]uint32{1: 0, 2: 1, 3: 0})
	r.run(func() bool { return len(started) >= 2 })
	if a := r.attempts(); a[1] != 1 || a[2] != 0 || a[3] != 0 {
		t.Errorf("attempts %v", a)
	}
	counts, err := r.city.Store.LedgerCounts(t.Context())
	if err != nil || counts[core.InboundSuppressed] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
}
