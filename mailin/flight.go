package mailin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"postdesk/core"
	"postdesk/core/store"
)

// parcel is a message in flight with the names of the thread that it belongs to.
type parcel struct {
	row  *store.Inbound
	head threadHead
	keys []string
	lane int
	err  error
}

// flight is what Run knows of the messages in flight; it belongs to Run's goroutine.
type flight struct {
	lanes   [laneCount]chan *parcel
	load    [laneCount]int
	threads map[string]threadInFlight // by key
	rows    map[int64]int64           // id → bytes
	bytes   int64
	waiting bool // the ledger may have messages that were not claimed
	failed  bool // the database went away: wait before the next claim
}

type threadInFlight struct{ lane, count int }

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

// landed takes a message out of flight. One that waited for the database when a clean stop came stays in f.rows, to be
// given back; one whose work failed stays in the ledger with its attempt, as a suspect.
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
	if errors.Is(p.err, context.Canceled) {
		return
	}
	f.drop(p.row)
	if p.err != nil {
		l.suspect(p.row.Mailbox)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.finished[p.row.Mailbox]; c != nil {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *flight) add(row *store.Inbound) {
	f.rows[row.ID] = row.Size
	f.bytes += row.Size
}

func (f *flight) ids() []int64 { return slices.Collect(maps.Keys(f.rows)) }

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
