package helpdesk

import (
	"context"
	"slices"
	"time"

	"postdesk/core"
)

// MergeTicket makes a ticket part of another one: its log moves there, and its number and mails lead there for ever (E10).
// Who merges may solve both. Where the two have different requesters, or somebody takes part in the surviving one alone,
// what was written in the merged one stays with the team; its people take part in the other from now on, without seeing
// what was there before. So nobody is shown a stranger's words by a merge.
func (a *Act) MergeTicket(ctx context.Context, n, into core.Number, ifVersion int) (core.Number, error) {
	if err := a.pair(ctx, &n, &into, &ifVersion); err != nil {
		return n, err
	}
	_, err := a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActMerge); err != nil {
			return err
		}
		other, standing, err := c.other(ctx, "into", into)
		if err != nil {
			return err
		}
		if other.Number == c.t.Number {
			return core.BadInput("into", "error.merge.itself")
		}
		if err := core.Decide(c.dir, other, standing, core.ActMerge, c.now); c.actor.Person != nil && err != nil {
			return err
		}
		for _, x := range other.Ancestors {
			if x.Number == c.t.Number {
				return core.Refuse(core.Conflict, "error.merge.below", int64(other.Number))
			}
		}
		return c.merge(ctx, other)
	})
	if err != nil {
		return n, err
	}
	return into, nil
}

func (c *change) merge(ctx context.Context, into *core.Ticket) error {
	joining := people(c.t)
	hide := c.t.Requester.ID != into.Requester.ID || slices.ContainsFunc(people(into), func(p *core.Person) bool {
		_, late := c.t.Since[p.ID]
		return late || !c.t.TakesPart(p.ID)
	})
	if _, ok := c.dir.SLAFor(c.t.Requester, into.Service); !ok && !into.TakesPart(c.t.Requester.ID) {
		return core.BadInput("into", "error.merge.requester", c.t.Requester.Email, c.dir.Services[into.Service].Name)
	}
	if err := c.dropApprovals(); err != nil {
		return err
	}
	children := c.t.Children
	c.t.MergedInto, c.t.Parent = into.Number, 0
	if !c.t.Status.Done() {
		c.t.Status, c.t.ResolvedAt, c.t.ClosedAt = core.Closed, c.now, c.now
	}
	c.t.WaitingSince, c.t.InternalTarget = time.Time{}, time.Time{}
	c.tx.SetParent(c.t.Number, 0)
	for _, child := range children {
		c.tx.SetParent(child, into.Number)
	}
	last, err := c.tx.MergeTicket(ctx, c.t.Number, into.Number, hide)
	if err != nil {
		return err
	}
	if into.UpdatedAt.Before(last) {
		into.UpdatedAt = last // what is logged next comes after all that was moved
	}
	return c.beside(ctx, into, func(x *change) error {
		if _, err := x.logChange(core.KindMerged, !hide, "merged", "#"+formatNumber(c.t.Number), ""); err != nil {
			return err
		}
		for _, p := range joining {
			if _, requester := c.dir.SLAFor(p, into.Service); !requester || into.TakesPart(p.ID) {
				continue
			}
			if err := x.participate(p, x.at()); err != nil {
				return err
			}
		}
		for _, p := range c.t.Followers {
			if into.TakesPart(p.ID) || into.Follows(p.ID) {
				continue
			}
			if err := x.follow(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// people are those who take part in a ticket, its requester first.
func people(t *core.Ticket) []*core.Person {
	return append([]*core.Person{t.Requester}, t.Participants...)
}
