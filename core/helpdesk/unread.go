package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// markUnread puts into views of a list which of the tickets have something new for the person, who has them on their
// screen from now on.
func (h *Helpdesk) markUnread(ctx context.Context, dir *core.Directory, p *core.Person, tickets []*core.Ticket, views []core.View) error {
	unread, err := h.unread(ctx, dir, p, tickets)
	numbers := make([]core.Number, len(views))
	for i := range views {
		numbers[i] = views[i].Number
		views[i].Unread = unread[numbers[i]]
	}
	h.Shown(p, numbers)
	return err
}

func (h *Helpdesk) unread(ctx context.Context, dir *core.Directory, p *core.Person, tickets []*core.Ticket) (map[core.Number]bool, error) {
	var readings []store.Reading
	for _, t := range tickets {
		s := core.StandingOf(dir, t, p)
		r := store.Reading{Number: t.Number, Internal: s.SeesInternal()}
		if !r.Internal && !s.Owner {
			r.Since = s.Since
		}
		if r.Internal || s.May(core.LogViewShownToRequester) {
			readings = append(readings, r)
		}
	}
	if len(readings) == 0 {
		return nil, nil
	}
	return h.store.Unread(ctx, p.ID, readings, h.now())
}

// UnreadMost is up to how many unread tickets UnreadMine counts.
const UnreadMost = 50

// UnreadMine counts the unread ones among the newest tickets of the person's queue.
func (h *Helpdesk) UnreadMine(ctx context.Context, p *core.Person) (int, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return 0, err
	}
	mine, err := h.store.Tickets(ctx, scopeOf(dir, p), store.Filter{Queue: "mine", Limit: UnreadMost, Now: h.now()})
	if err != nil {
		return 0, err
	}
	unread, err := h.unread(ctx, dir, p, mine)
	return len(unread), err
}

// See notes that a ticket is on the person's screen now, or with unread that it shall count as if it never was. It says
// nothing about the ticket, whose version stays.
func (h *Helpdesk) See(ctx context.Context, p *core.Person, n core.Number, unread bool) error {
	t, _, _, err := h.see(ctx, p, n)
	if err != nil {
		return err
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		tx.MarkSeen(p.ID, t.Number, h.now().UTC(), unread)
		return nil
	})
}

// Enter notes that the person has a ticket open, and whether they write; it is to be said again every few seconds. Leave
// notes that they closed it.
func (h *Helpdesk) Enter(ctx context.Context, p *core.Person, n core.Number, writing bool) error {
	t, _, _, err := h.see(ctx, p, n)
	if err != nil {
		return err
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		tx.Enter(p.ID, t.Number, writing, h.now().UTC())
		return nil
	})
}

// Leave: see Enter.
func (h *Helpdesk) Leave(ctx context.Context, p *core.Person, n core.Number) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		tx.Leave(p.ID, n)
		return nil
	})
}
