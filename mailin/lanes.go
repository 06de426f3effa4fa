package mailin

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Bounds of what is being read at one time: the pages and the outbox keep their share of the machine.
const (
	laneCount     = 4
	inFlightMails = 400
	inFlightBytes = 32 << 20
	claimMails    = 100
	tickEvery     = time.Second
	readTimeout   = 60 * time.Second
	stopTimeout   = 10 * time.Second // what is being applied when a clean stop comes has this long to end
	suspectsEvery = time.Minute      // a net: suspects are looked for when there is a reason
	maxAttempts   = 3
	databaseTries = 10 // of one message, with a database that answers and yet fails for the moment
)

// Lanes give the waiting messages of the ledger to workers that run side by side, each thread's messages to one lane, so
// that a parent is applied before its reply. The ledger is the queue; only what is in flight is in memory.
//
// One goroutine (Run) claims and distributes; each lane is a goroutine that works its messages off one after the other.
//
// A message that was begun before and has no outcome is a suspect: its reader failed, or the daemon came to an unclean
// end while it was in flight with up to 400 others. Suspects are claimed and read alone, one by one, before anything
// else of their mailbox: so only the guilty one is charged with further attempts, and a reply does not overtake them.
type Lanes struct {
	Store *store.Store
	Work  func(ctx context.Context, row *store.Inbound) error
	Park  func(ctx context.Context, id int64, reason string) error
	Log   *slog.Logger

	wake chan struct{}
	done chan *parcel // back from the lanes; has room for all that are in flight

	mu       sync.Mutex
	boxes    map[core.MailboxID]bool // true = there may be suspects
	finished map[core.MailboxID]chan struct{}
}

// NewLanes makes lanes that do the work of one message with work, and set aside with park what cannot be read.
func NewLanes(s *store.Store, work func(context.Context, *store.Inbound) error, park func(context.Context, int64, string) error, log *slog.Logger) *Lanes {
	return &Lanes{Store: s, Work: work, Park: park, Log: log, wake: make(chan struct{}, 1), done: make(chan *parcel, inFlightMails),
		boxes: map[core.MailboxID]bool{}, finished: map[core.MailboxID]chan struct{}{}}
}

// Join makes the mailbox's messages come through these lanes, because this daemon holds its lease.
func (l *Lanes) Join(box core.MailboxID) {
	l.mu.Lock()
	l.boxes[box] = true
	l.mu.Unlock()
	l.Wake()
}

// Leave ends that: another daemon may hold the lease from now on.
func (l *Lanes) Leave(box core.MailboxID) {
	l.mu.Lock()
	delete(l.boxes, box)
	l.mu.Unlock()
}

// Wake says that messages were accepted.
func (l *Lanes) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Finished gets a token after messages of the mailbox were worked off.
func (l *Lanes) Finished(box core.MailboxID) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.finished[box]
	if c == nil {
		c = make(chan struct{}, 1)
		l.finished[box] = c
	}
	return c
}

func (l *Lanes) mailboxes() []core.MailboxID {
	l.mu.Lock()
	defer l.mu.Unlock()
	boxes := make([]core.MailboxID, 0, len(l.boxes))
	for box := range l.boxes {
		boxes = append(boxes, box)
	}
	slices.Sort(boxes)
	return boxes
}

// suspect notes that the mailbox, or each one for 0, may have suspects.
func (l *Lanes) suspect(box core.MailboxID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for b := range l.boxes {
		if b == box || box == 0 {
			l.boxes[b] = true
		}
	}
}

// suspected tells whether there may be suspects, and takes the note away.
func (l *Lanes) suspected(box core.MailboxID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.boxes[box] {
		return false
	}
	l.boxes[box] = false
	return true
}

// Run distributes until ctx ends, lets the lanes finish what they are at, and takes back what they did not begin.
func (l *Lanes) Run(ctx context.Context) {
	f := &flight{threads: map[string]threadInFlight{}, rows: map[int64]int64{}}
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopTimeout, cut) })()
	var workers sync.WaitGroup
	for i := range f.lanes {
		f.lanes[i] = make(chan *parcel, inFlightMails)
		workers.Go(func() { l.lane(ctx, work, f.lanes[i]) })
	}
	tick, net := time.NewTicker(tickEvery), time.NewTicker(suspectsEvery)
	defer tick.Stop()
	defer net.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.wake:
			f.waiting = true
		case <-tick.C:
			f.waiting, f.failed = true, false
		case <-net.C:
			l.suspect(0)
			f.waiting = true
		case p := <-l.done:
			f.waiting = f.waiting || p.err != nil
			l.landed(f, p)
		}
		for more := true; more && f.waiting && ctx.Err() == nil && !f.failed; {
			more = l.round(ctx, f)
		}
	}
	for _, lane := range f.lanes {
		close(lane)
	}
	workers.Wait()
	l.giveBack(ctx, f)
}

// giveBack takes back the attempts of what was in flight and not begun, or waited for the database, when a clean stop came.
func (l *Lanes) giveBack(ctx context.Context, f *flight) {
	for len(l.done) > 0 {
		l.landed(f, <-l.done)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := l.Store.UnclaimInbound(end, f.ids()); err != nil {
		l.Log.Warn("give back messages", "error", err)
	}
}

// round claims a page of each mailbox and distributes it; false = nothing more to do now.
func (l *Lanes) round(ctx context.Context, f *flight) (more bool) {
	for _, box := range l.mailboxes() {
		if !l.examine(ctx, f, box) || len(f.rows) > inFlightMails-claimMails || f.bytes > inFlightBytes {
			return false
		}
		rows, err := l.Store.ClaimInbound(ctx, box, claimMails, f.ids())
		if err != nil {
			l.suspect(box) // the claim may be committed, and only its answer lost
			l.claimFailed(ctx, f, err)
			return false
		}
		if len(rows) == 0 {
			continue
		}
		more = more || len(rows) == claimMails
		page := make([]*parcel, len(rows))
		for i, row := range rows {
			page[i] = &parcel{row: row}
			f.add(row)
		}
		err = l.insist(ctx, 0, func() error { return l.name(ctx, page) })
		if ctx.Err() != nil {
			return false
		}
		if err != nil { // odd Message-IDs must not hold the page up; each message is resolved again when it is applied
			l.Log.Warn("threads of mail", "error", err)
		}
		for _, p := range parentsFirst(page) {
			l.send(ctx, f, p)
		}
	}
	f.waiting = more
	return more
}

func (l *Lanes) claimFailed(ctx context.Context, f *flight, err error) {
	if ctx.Err() == nil {
		l.Log.Warn("claim mail", "error", err)
	}
	f.failed = true
}

// examine reads the suspects of a mailbox, each with nothing else in flight (mail.md 1); false = not now.
func (l *Lanes) examine(ctx context.Context, f *flight, box core.MailboxID) bool {
	if !l.suspected(box) {
		return true
	}
	for {
		for f.busy() {
			if !l.land(ctx, f) {
				return false
			}
		}
		row, err := l.Store.ClaimSuspect(ctx, box)
		if err != nil {
			l.suspect(box)
			l.claimFailed(ctx, f, err)
			return false
		}
		if row == nil {
			return true
		}
		if row.Attempts > maxAttempts {
			if err := l.insist(ctx, 0, func() error { return l.Park(ctx, row.ID, "its reader failed three times") }); err != nil {
				l.suspect(box)
				l.claimFailed(ctx, f, err)
				return false
			}
			l.Log.Error("message parked", "inbound", row.ID, "mailbox", row.Mailbox)
			continue
		}
		f.add(row)
		l.send(ctx, f, &parcel{row: row})
	}
}

// insist does something until it does not fail for the database any more. tries bounds how often it is done while the
// database answers; 0 = ctx alone ends it.
func (l *Lanes) insist(ctx context.Context, tries int, do func() error) error {
	wait := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := do()
		if !store.Transient(err) || try == tries {
			return err
		}
		for answers := false; !answers; wait = min(2*wait, 2*time.Second) {
			if !sleep(ctx, wait) {
				return ctx.Err()
			}
			ping, cancel := context.WithTimeout(ctx, 5*time.Second)
			answers = l.Store.Ping(ping) == nil
			cancel()
		}
	}
}

// name finds what each message of a page calls its thread: Message-IDs, subject tag, and the tickets that these lead to
// already, with one query.
func (l *Lanes) name(ctx context.Context, page []*parcel) error {
	var ids []string
	for _, p := range page {
		raw, err := l.head(ctx, p.row)
		if err != nil {
			return err
		}
		p.head, p.keys = readThreadHead(raw), nil
		for _, id := range append([]string{p.head.id}, p.head.refs...) {
			if id != "" {
				p.keys = append(p.keys, "m:"+id)
				ids = append(ids, id)
			}
		}
		if p.head.tag != 0 {
			p.keys = append(p.keys, ticketKey(p.head.tag))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	hits, err := l.Store.Threads(ctx, ids)
	if err != nil {
		return err
	}
	tickets := map[string][]string{}
	for _, h := range hits {
		tickets["m:"+h.MessageID] = append(tickets["m:"+h.MessageID], ticketKey(h.Ticket))
	}
	for _, p := range page {
		for _, k := range slices.Clone(p.keys) {
			p.keys = append(p.keys, tickets[k]...)
		}
		slices.Sort(p.keys)
		p.keys = slices.Compact(p.keys)
	}
	return nil
}

// head is the beginning of a raw message; of a large one it is read from the content store. Where that is not there any
// more the message fails when it is read, and not its whole page here.
func (l *Lanes) head(ctx context.Context, row *store.Inbound) ([]byte, error) {
	if row.Data != nil {
		return row.Data, nil
	}
	blob, err := l.Store.OpenRaw(ctx, row)
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	return io.ReadAll(io.LimitReader(blob, headBytes))
}

// lane works its messages off, one after the other. Where the database goes away the lane waits with the message at
// hand: if it went on, a reply could be applied before its parent. A message that takes too long, or whose reader
// breaks, has failed, and the lane goes on with the next.
func (l *Lanes) lane(ctx, work context.Context, in <-chan *parcel) {
	for p := range in {
		if ctx.Err() != nil {
			continue // Run takes it back
		}
		p.err = l.insist(ctx, databaseTries, func() error { return l.attempt(work, p.row) })
		l.done <- p
	}
}
