package helpdesk

import (
	"context"

	"postdesk/core"
)

// LinkTicket notes that two tickets have to do with each other, for who reads the whole log of both (E10).
func (a *Act) LinkTicket(ctx context.Context, n, to core.Number, ifVersion int) (core.Number, error) {
	return a.linked(ctx, n, to, ifVersion, func(c *change, other *core.Ticket, has bool) error {
		if has {
			return core.Refuse(core.Conflict, "error.link.already", int64(other.Number))
		}
		c.tx.LinkTickets(c.t.Number, other.Number)
		return c.logLink(ctx, other, "link", true)
	})
}

// UnlinkTicket ends that.
func (a *Act) UnlinkTicket(ctx context.Context, n, to core.Number, ifVersion int) (core.Number, error) {
	return a.linked(ctx, n, to, ifVersion, func(c *change, other *core.Ticket, has bool) error {
		if !has {
			return core.Refuse(core.Conflict, "error.link.none", int64(other.Number))
		}
		c.tx.UnlinkTickets(c.t.Number, other.Number)
		return c.logLink(ctx, other, "link", false)
	})
}

func (a *Act) linked(ctx context.Context, n, to core.Number, ifVersion int, fn func(c *change, other *core.Ticket, has bool) error) (core.Number, error) {
	if err := a.pair(ctx, &n, &to, &ifVersion); err != nil {
		return n, err
	}
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActLink); err != nil {
			return err
		}
		other, _, err := c.other(ctx, "number", to)
		if err != nil {
			return err
		}
		if other.Number == c.t.Number {
			return core.BadInput("number", "error.link.itself")
		}
		has := false
		for _, l := range c.t.Links {
			has = has || l == other.Number
		}
		return fn(c, other, has)
	})
}

// logLink writes into both logs that a relation came (or went), named from each side.
func (c *change) logLink(ctx context.Context, other *core.Ticket, field string, came bool) error {
	write := func(c *change, n core.Number, field string) error {
		from, to := "", "#"+formatNumber(n)
		if !came {
			from, to = to, from
		}
		_, err := c.logChange(core.KindLink, false, field, from, to)
		return err
	}
	if err := write(c, other.Number, field); err != nil {
		return err
	}
	far := field
	if field == "parent" {
		far = "child"
	}
	return c.beside(ctx, other, func(x *change) error { return write(x, c.t.Number, far) })
}

// SetParent puts a ticket below another one, or below none (0). Who does it solves the child and reads the whole log of
// the parent. The team of the parent sees the child from then on (A54).
func (a *Act) SetParent(ctx context.Context, n, parent core.Number, ifVersion int) (core.Number, error) {
	if err := a.pair(ctx, &n, &parent, &ifVersion); err != nil {
		return n, err
	}
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActParent); err != nil {
			return err
		}
		if parent == 0 {
			return c.orphan(ctx)
		}
		above, _, err := c.other(ctx, "number", parent)
		if err != nil {
			return err
		}
		switch {
		case above.Number == c.t.Number:
			return core.BadInput("number", "error.parent.itself")
		case above.Number == c.t.Parent:
			return core.Refuse(core.Conflict, "error.parent.already", int64(above.Number))
		case !above.SpamAt.IsZero():
			return core.Refuse(core.Conflict, "error.spam.is")
		case above.Status == core.Closed && !c.t.Status.Done(): // E7
			return core.Refuse(core.Conflict, "error.parent.closed", int64(above.Number))
		}
		for _, x := range above.Ancestors {
			if x.Number == c.t.Number {
				return core.Refuse(core.Conflict, "error.parent.below", int64(above.Number))
			}
		}
		c.t.Parent = above.Number
		c.tx.SetParent(c.t.Number, above.Number)
		return c.logLink(ctx, above, "parent", true)
	})
}

func (c *change) orphan(ctx context.Context) error {
	if c.t.Parent == 0 {
		return core.Refuse(core.Conflict, "error.parent.none")
	}
	from := "#" + formatNumber(c.t.Parent)
	c.t.Parent = 0
	c.tx.SetParent(c.t.Number, 0)
	_, err := c.logChange(core.KindLink, false, "parent", from, "")
	return err
}

// SplitTicket makes a record of a ticket a ticket of its own, for whoever wrote it where they are a requester, else for
// the ticket's requester; the two are linked, and the record stays where it is (E10). Notes stay with the team, so only
// what was shown to the requester can become one.
func (a *Act) SplitTicket(ctx context.Context, n core.Number, record string, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActSplit); err != nil {
			return err
		}
		rec, err := c.tx.Record(ctx, record)
		switch {
		case core.CodeOf(err) == core.NotFound || err == nil && rec.Ticket != c.t.Number:
			return core.BadInput("record", "error.split.unknown")
		case err != nil:
			return err
		case rec.Kind != core.KindMessage || !rec.ShowToRequester:
			return core.Refuse(core.Conflict, "error.split.note")
		}
		requester := c.t.Requester
		if rec.Author != nil && c.t.TakesPart(rec.Author.ID) {
			if _, ok := c.dir.SLAFor(rec.Author, c.t.Service); ok {
				requester = rec.Author
			}
		}
		c.unechoed = rec.Verified != nil && !*rec.Verified // mail.md 4: an unproven sender's words go back to nobody
		opened, err := c.OpenTicket(ctx, NewTicket{
			Service: c.t.Service, Subject: c.t.Subject, Text: rec.Text, Folded: rec.Folded, Category: c.t.Category, Priority: c.t.Priority,
			OnBehalfOf: requester, Author: rec.Author, Attachments: rec.Attachments, Linked: c.t.Number, Copied: rec,
		})
		if err != nil {
			return err
		}
		_, err = c.logChange(core.KindSplit, false, "split", "", "#"+formatNumber(opened))
		return err
	})
}
