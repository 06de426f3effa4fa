package helpdesk

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// How pages that stand open hear of what happens.
const (
	tailEvery = 300 * time.Millisecond
	// A record is committed after it was named, and clocks of daemons differ: so often as wideEvery says, the tail looks back
	// this far, and else no further than what nearly all are within.
	tailNarrow, tailWide = 2 * time.Second, 30 * time.Second
	wideEvery            = 10
	presenceEvery        = 3 // turns of the tail
	// presentFor is for how long somebody counts as present who says nothing more.
	presentFor = 40 * time.Second
	// recentFor is how old the page of a new listener may be.
	recentFor = 3 * time.Second

	listenersMost, listenersOfOne = 2000, 8
	shownMost, shownPeople        = 500, 5000
)

// watch is who listens in this process, and the one tail of the log that all of them share. The log is asked, and nothing
// is announced by those who write: pg_notify would make their commits wait for each other.
type watch struct {
	mu        sync.Mutex
	listeners map[*Listener]bool
	stop      context.CancelFunc // of the tail; nil = nobody listens, and it rests
	recent    []fresh
	shown     map[core.PersonID][]core.Number // what their lists had, newest last: if they lose sight of it, it goes
}

// fresh is what one turn of the tail found.
type fresh struct {
	at      time.Time
	records []*core.Record
	tickets map[core.Number]*core.Ticket
	gone    []core.Number // merged into others
}

// Listener hears of what changes for one person, on one page. Its methods may be called from any goroutine.
type Listener struct {
	h      *Helpdesk
	open   core.Number // the ticket on the page; 0 = none
	wake   chan struct{}
	person *core.Person // under watch.mu, like all that follows

	changed []core.Number
	people  []store.Present
	present []store.Present // as people, whatever they may see
	moved   bool            // people are others than News gave out last
}

// News is what a listener has to hear.
type News struct {
	Changed []core.Number   // tickets with something new that the person may see, or that they have lost sight of
	People  []store.Present // who else has the open ticket on their screen
	Moved   bool            // People are others than before
}

// Listen begins to tell a person of changes; Close ends it. open is the ticket on their page, or 0: they hear who else has
// it open, if they read its whole log. A first page of theirs may be a moment old, so that moment is told too. Conflict
// where the person, or everybody together, listens too often already.
func (h *Helpdesk) Listen(ctx context.Context, p *core.Person, open core.Number, first bool) (*Listener, error) {
	if open != 0 {
		t, _, _, err := h.see(ctx, p, open)
		if err != nil {
			return nil, err
		}
		open = t.Number
		h.Shown(p, []core.Number{open})
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	l := &Listener{h: h, open: open, wake: make(chan struct{}, 1), person: p}
	h.watch.mu.Lock()
	defer h.watch.mu.Unlock()
	own := 0
	for other := range h.watch.listeners {
		if other.person.ID == p.ID {
			own++
		}
	}
	if own >= listenersOfOne || len(h.watch.listeners) >= listenersMost {
		return nil, core.Refuse(core.Conflict, "error.live.many")
	}
	if h.watch.listeners == nil {
		h.watch.listeners = map[*Listener]bool{}
	}
	h.watch.listeners[l] = true
	if h.watch.stop == nil {
		var tail context.Context
		tail, h.watch.stop = context.WithCancel(context.WithoutCancel(ctx)) // it serves the others too
		go h.tail(tail)
	}
	if first {
		for _, f := range h.watch.recent {
			if time.Since(f.at) < recentFor {
				l.hear(h.watch.newTo(dir, p, f))
			}
		}
	}
	return l, nil
}

// Close ends the listening. With the last listener the tail ends.
func (l *Listener) Close() {
	watch := &l.h.watch
	watch.mu.Lock()
	defer watch.mu.Unlock()
	delete(watch.listeners, l)
	if len(watch.listeners) == 0 && watch.stop != nil {
		watch.stop()
		watch.stop, watch.recent = nil, nil
	}
}

// Wake has a token when there is News.
func (l *Listener) Wake() <-chan struct{} { return l.wake }

// News takes what there is to tell.
func (l *Listener) News() News {
	l.h.watch.mu.Lock()
	defer l.h.watch.mu.Unlock()
	n := News{Changed: l.changed, People: l.people, Moved: l.moved}
	l.changed, l.moved = nil, false
	return n
}

// Renew tells who the person is now.
func (l *Listener) Renew(p *core.Person) {
	l.h.watch.mu.Lock()
	defer l.h.watch.mu.Unlock()
	l.person = p
}

// hear notes numbers; watch.mu is held.
func (l *Listener) hear(numbers []core.Number) {
	if len(numbers) == 0 {
		return
	}
	l.changed = append(l.changed, numbers...)
	slices.Sort(l.changed)
	l.changed = slices.Compact(l.changed)
	l.ring()
}

func (l *Listener) ring() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Shown notes which tickets a person has on their screen, so that they hear when they lose sight of one.
func (h *Helpdesk) Shown(p *core.Person, numbers []core.Number) {
	h.watch.mu.Lock()
	defer h.watch.mu.Unlock()
	if h.watch.shown == nil || len(h.watch.shown) > shownPeople { // a row that stays until the list is fetched again does little harm
		h.watch.shown = map[core.PersonID][]core.Number{}
	}
	before := slices.DeleteFunc(h.watch.shown[p.ID], func(n core.Number) bool { return slices.Contains(numbers, n) })
	now := append(before, numbers...)
	h.watch.shown[p.ID] = now[max(0, len(now)-shownMost):]
}

// newTo picks what a person hears of: tickets of which they see one of the new records (A18, A77), and those that were on
// their screen and that they cannot see any more. watch.mu is held.
func (l *watch) newTo(dir *core.Directory, p *core.Person, f fresh) (numbers []core.Number) {
	lost := func(n core.Number) bool {
		i := slices.Index(l.shown[p.ID], n)
		if i >= 0 {
			l.shown[p.ID] = slices.Delete(l.shown[p.ID], i, i+1)
		}
		return i >= 0
	}
	for _, r := range f.records {
		t := f.tickets[r.Ticket]
		if t == nil || slices.Contains(numbers, r.Ticket) {
			continue
		}
		s := core.StandingOf(dir, t, p)
		if _, visible := core.ViewOfRecord(r, s); s.Sees() && visible || !s.Sees() && lost(r.Ticket) {
			numbers = append(numbers, r.Ticket)
		}
	}
	for _, n := range f.gone {
		if lost(n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// tail looks for new records until nobody listens. While the database is away nothing is told; what was written meanwhile
// is found later.
func (h *Helpdesk) tail(ctx context.Context) {
	began := time.Now()
	seen := map[string]time.Time{} // records, and when they were found
	back := tailWide               // how far the next turn looks back
	last := began                  // the last turn that went well
	beat := time.NewTicker(tailEvery)
	defer beat.Stop()
	for turn := 0; ; turn++ {
		now := time.Now()
		f, err := h.look(ctx, last.Add(-back), now, seen)
		if err == nil {
			if turn == 0 { // what is older was there when the pages were made
				f.records = slices.DeleteFunc(f.records, func(r *core.Record) bool { return named(r.ID).Before(now.Add(-recentFor)) })
			}
			err = h.spread(ctx, f, turn)
		}
		if err == nil {
			last, back = now, tailNarrow
		}
		if err != nil || turn%wideEvery == wideEvery-1 {
			back = tailWide
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// look finds the records since a time that were not seen before.
func (h *Helpdesk) look(ctx context.Context, since, now time.Time, seen map[string]time.Time) (fresh, error) {
	f := fresh{at: now}
	ids, err := h.store.RecordsNamed(ctx, since, now.Add(time.Hour))
	if err != nil {
		return f, err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return !seen[id].IsZero() })
	if len(ids) > 0 {
		if f.records, err = h.store.RecordsByID(ctx, ids); err != nil {
			return f, err
		}
		var numbers []core.Number
		for _, r := range f.records {
			numbers = append(numbers, r.Ticket)
			if n, err := strconv.ParseInt(strings.TrimPrefix(r.Change.From, "#"), 10, 64); err == nil && r.Kind == core.KindMerged {
				f.gone = append(f.gone, core.Number(n))
			}
		}
		slices.Sort(numbers)
		if f.tickets, err = h.store.TicketsByNumber(ctx, slices.Compact(numbers)); err != nil {
			return f, err
		}
	}
	maps.DeleteFunc(seen, func(_ string, found time.Time) bool { return found.Before(since.Add(-2 * tailWide)) })
	for _, id := range ids {
		seen[id] = now
	}
	return f, nil
}

// named is when a record got its name; see store.RecordsNamed.
func named(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(parsed.Time().UnixTime())
}

// spread gives each listener what is new to them, and tells of people who came or went.
func (h *Helpdesk) spread(ctx context.Context, f fresh, turn int) error {
	if len(f.records) > 0 {
		dir, err := h.Directory(ctx)
		if err != nil {
			return err
		}
		h.watch.mu.Lock()
		h.watch.recent = append(slices.DeleteFunc(h.watch.recent, func(x fresh) bool { return time.Since(x.at) > recentFor }), f)
		news := map[core.PersonID][]core.Number{} // once for each person: what one lost sight of is told on all of their pages
		for l := range h.watch.listeners {
			numbers, known := news[l.person.ID]
			if !known {
				numbers = h.watch.newTo(dir, l.person, f)
				news[l.person.ID] = numbers
			}
			l.hear(numbers)
		}
		h.watch.mu.Unlock()
	}
	if turn%presenceEvery != 0 {
		return nil
	}
	return h.spreadPresence(ctx)
}

// spreadPresence tells who came to the open tickets, went, or writes now.
func (h *Helpdesk) spreadPresence(ctx context.Context) error {
	open := map[core.Number]bool{}
	h.watch.mu.Lock()
	for l := range h.watch.listeners {
		if l.open != 0 {
			open[l.open] = true
		}
	}
	h.watch.mu.Unlock()
	if len(open) == 0 {
		return nil
	}
	present, err := h.store.Presence(ctx, slices.Collect(maps.Keys(open)), h.now().Add(-presentFor))
	if err != nil {
		return err
	}
	differ := map[*Listener][]store.Present{}
	var numbers []core.Number
	h.watch.mu.Lock()
	for l := range h.watch.listeners {
		others := slices.DeleteFunc(slices.Clone(present[l.open]), func(x store.Present) bool { return x.Person == l.person.ID })
		if !slices.Equal(others, l.present) {
			differ[l], numbers = others, append(numbers, l.open)
		}
	}
	h.watch.mu.Unlock()
	if len(differ) == 0 {
		return nil
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return err
	}
	tickets, err := h.store.TicketsByNumber(ctx, numbers)
	if err != nil {
		return err
	}
	h.watch.mu.Lock()
	defer h.watch.mu.Unlock()
	for l, others := range differ { // noted last: what failed above is told with the next turn
		l.present = others
		// Requesters are not told who of the team looks at what.
		if t := tickets[l.open]; t != nil && core.StandingOf(dir, t, l.person).SeesInternal() {
			l.people, l.moved = l.present, true
			l.ring()
		}
	}
	return nil
}
