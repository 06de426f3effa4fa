package mailin

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Bounds of what is being read at one time: the pages and the outbox keep their share of the machine.
const (
	laneCount     = 8
	inFlightMails = 400
	inFlightBytes = 32 << 20
	claimMails    = 100
	tickEvery     = time.Second
	readTimeout   = 60 * time.Second
	maxAttempts   = 3
)

// Lanes give the waiting messages of the ledger to workers that run side by side, each thread's messages to one lane, so
// that a parent is applied before its reply. The ledger is the queue; only what is in flight is in memory.
//
// One goroutine (Run) claims and distributes; each lane is a goroutine that works its messages off one after the other.
type Lanes struct {
	Store *store.Store
	Work  func(ctx context.Context, row *store.Inbound) error
	Park  func(ctx context.Context, id int64, reason string) error
	Log   *slog.Logger

	wake chan struct{}
	done chan *parcel // back from the lanes

	mu       sync.Mutex
	boxes    map[core.MailboxID]bool
	finished map[core.MailboxID]chan struct{}
}

// parcel is a message in flight with the names of the thread that it belongs to.
type parcel struct {
	row  *store.Inbound
	head threadHead
	keys []string
	lane int
	err  error
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

// Leave ends that.
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

// flight is what Run knows of the messages in flight; it belongs to Run's goroutine.
type flight struct {
	lanes   [laneCount]chan *parcel
	load    [laneCount]int
	threads map[string]threadInFlight // by key
	rows    map[int64]int64           // id → bytes
	bytes   int64
	failed  bool // the database went away: wait before the next claim
}

type threadInFlight struct{ lane, count int }

// Run distributes until ctx ends, lets the lanes finish what they are at, and takes back what they did not begin.
func (l *Lanes) Run(ctx context.Context) {
	f := &flight{threads: map[string]threadInFlight{}, rows: map[int64]int64{}}
	var workers sync.WaitGroup
	for i := range f.lanes {
		f.lanes[i] = make(chan *parcel, inFlightMails)
		workers.Go(func() { l.lane(ctx, f.lanes[i]) })
	}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-tick.C:
			f.failed = false
		case p := <-l.done:
			l.landed(f, p)
		}
		for more := true; more && ctx.Err() == nil && !f.failed; {
			more = l.round(ctx, f)
		}
	}
	for _, lane := range f.lanes {
		close(lane)
	}
	workers.Wait()
	l.giveBack(ctx, f)
}

// giveBack takes back the attempts of what was in flight when a clean stop came.
func (l *Lanes) giveBack(ctx context.Context, f *flight) {
	for len(l.done) > 0 {
		l.landed(f, <-l.done)
	}
	ids := make([]int64, 0, len(f.rows))
	for id := range f.rows {
		ids = append(ids, id)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := l.Store.UnclaimInbound(end, ids); err != nil {
		l.Log.Warn("give back messages", "error", err)
	}
}

// round claims a page of each mailbox and distributes it; false = nothing more to do now.
func (l *Lanes) round(ctx context.Context, f *flight) (more bool) {
	for _, box := range l.mailboxes() {
		if len(f.rows) > inFlightMails-claimMails || f.bytes > inFlightBytes {
			return false
		}
		ids := make([]int64, 0, len(f.rows))
		for id := range f.rows {
			ids = append(ids, id)
		}
		rows, err := l.Store.ClaimInbound(ctx, box, claimMails, ids)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Warn("claim mail", "error", err)
			}
			f.failed = true
			return false
		}
		if len(rows) == 0 {
			continue
		}
		more = more || len(rows) == claimMails
		if err := l.distribute(ctx, f, rows); err != nil {
			if ctx.Err() == nil {
				l.Log.Warn("distribute mail", "error", err)
			}
			f.failed = true
			return false
		}
	}
	return more
}

// distribute gives a page to the lanes. Those that failed or were left by an unclean end before are read alone, so that
// only the guilty one is set aside (mail.md 1).
func (l *Lanes) distribute(ctx context.Context, f *flight, rows []*store.Inbound) error {
	var page, suspects []*parcel
	for _, row := range rows {
		f.rows[row.ID] = row.Size
		f.bytes += row.Size
	}
	for _, row := range rows {
		p := &parcel{row: row}
		switch {
		case row.Attempts > maxAttempts:
			if err := l.Park(ctx, row.ID, "its reader failed three times"); err != nil {
				l.forget(f, rows)
				return err
			}
			l.Log.Error("message parked", "inbound", row.ID, "mailbox", row.Mailbox)
			f.drop(row)
		case row.Attempts > 1:
			suspects = append(suspects, p)
		default:
			page = append(page, p)
		}
	}
	if err := l.name(ctx, page); err != nil {
		l.forget(f, rows)
		return err
	}
	for _, p := range parentsFirst(page) {
		l.send(ctx, f, p)
	}
	for _, p := range suspects {
		for len(f.threads) > 0 || f.busy() {
			if !l.land(ctx, f) {
				return nil
			}
		}
		l.send(ctx, f, p)
		for f.busy() {
			if !l.land(ctx, f) {
				return nil
			}
		}
	}
	return nil
}

// forget takes back the claim on messages that were not given to a lane.
func (l *Lanes) forget(f *flight, rows []*store.Inbound) {
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		if _, mine := f.rows[row.ID]; mine {
			ids = append(ids, row.ID)
			f.drop(row)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.Store.UnclaimInbound(ctx, ids); err != nil {
		l.Log.Warn("give back messages", "error", err)
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
		p.head = readThreadHead(raw)
		head := p.head
		for _, id := range append([]string{head.id}, head.refs...) {
			if id != "" {
				p.keys = append(p.keys, "m:"+id)
				ids = append(ids, id)
			}
		}
		if head.tag != 0 {
			p.keys = append(p.keys, ticketKey(head.tag))
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

// head is the beginning of a raw message; of a large one it is read from the content store.
func (l *Lanes) head(ctx context.Context, row *store.Inbound) ([]byte, error) {
	if row.Data != nil {
		return row.Data, nil
	}
	var sum [32]byte
	copy(sum[:], row.SHA256)
	blob, err := l.Store.OpenBlob(ctx, sum)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	return io.ReadAll(io.LimitReader(blob, headBytes))
}

func ticketKey(n core.Number) string { return "t:" + strconv.FormatInt(int64(n), 10) }

// send puts a message on the lane of its thread, or on the emptiest one. A message that joins two threads which run on
// different lanes waits until one of them is through.
func (l *Lanes) send(ctx context.Context, f *flight, p *parcel) {
	for {
		lane, several := f.laneOf(p.keys)
		if !several {
			if lane < 0 {
				lane = f.emptiest()
			}
			p.lane = lane
			f.load[lane]++
			for _, k := range p.keys {
				f.threads[k] = threadInFlight{lane, f.threads[k].count + 1}
			}
			f.lanes[lane] <- p
			return
		}
		if !l.land(ctx, f) {
			return
		}
	}
}

// land waits for one message to come back from a lane; false = ctx ended.
func (l *Lanes) land(ctx context.Context, f *flight) bool {
	select {
	case p := <-l.done:
		l.landed(f, p)
		return true
	case <-ctx.Done():
		return false
	}
}

// landed takes a message out of flight. One whose work failed for the moment stays in the ledger for the next claim.
func (l *Lanes) landed(f *flight, p *parcel) {
	f.load[p.lane]--
	for _, k := range p.keys {
		t := f.threads[k]
		if t.count--; t.count == 0 {
			delete(f.threads, k)
		} else {
			f.threads[k] = t
		}
	}
	if p.err == nil {
		f.drop(p.row)
		l.mu.Lock()
		if c := l.finished[p.row.Mailbox]; c != nil {
			select {
			case c <- struct{}{}:
			default:
			}
		}
		l.mu.Unlock()
		return
	}
	if store.Transient(p.err) {
		f.failed = true
		l.forget(f, []*store.Inbound{p.row})
		return
	}
	f.drop(p.row) // the attempt stands
}

func (f *flight) drop(row *store.Inbound) {
	if size, mine := f.rows[row.ID]; mine {
		f.bytes -= size
		delete(f.rows, row.ID)
	}
}

func (f *flight) busy() bool {
	for _, n := range f.load {
		if n > 0 {
			return true
		}
	}
	return false
}

func (f *flight) laneOf(keys []string) (lane int, several bool) {
	lane = -1
	for _, k := range keys {
		if t, ok := f.threads[k]; ok {
			if lane >= 0 && t.lane != lane {
				return lane, true
			}
			lane = t.lane
		}
	}
	return lane, false
}

func (f *flight) emptiest() int {
	best := 0
	for i, n := range f.load {
		if n < f.load[best] {
			best = i
		}
	}
	return best
}

// parentsFirst orders a page so that a message stands behind those it refers to, and else as the server had it.
func parentsFirst(page []*parcel) []*parcel {
	byID := map[string]int{}
	for i, p := range page {
		if id := p.head.id; id != "" {
			byID[id] = i
		}
	}
	out := make([]*parcel, 0, len(page))
	placed := make([]bool, len(page))
	var place func(i, depth int)
	place = func(i, depth int) {
		if placed[i] || depth > len(page) {
			return
		}
		placed[i] = true // before its parents: a circle of references ends here
		for _, ref := range page[i].head.refs {
			if parent, ok := byID[ref]; ok && parent != i {
				place(parent, depth+1)
			}
		}
		out = append(out, page[i])
	}
	for i := range page {
		place(i, 0)
	}
	return out
}

// lane works its messages off, one after the other. A message that takes too long, or whose reader breaks, has failed;
// the lane goes on with the next.
func (l *Lanes) lane(ctx context.Context, in <-chan *parcel) {
	for p := range in {
		if ctx.Err() != nil {
			p.err = ctx.Err()
			continue // Run takes it back
		}
		p.err = l.attempt(ctx, p.row)
		l.done <- p
	}
}
