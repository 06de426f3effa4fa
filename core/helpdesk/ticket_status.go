package helpdesk

import (
	"context"
	"strings"

	"postdesk/core"
)

// SetStatus changes the status among those of an open ticket, or to closed (D1). Resolving goes through Resolve,
// coming back through Reopen.
func (a *Act) SetStatus(ctx context.Context, n core.Number, to core.Status, ifVersion int) (core.Number, error) {
	switch to {
	case core.Resolved:
		return a.Resolve(ctx, n, NewRecord{IfVersion: ifVersion})
	case core.Closed:
		return a.Close(ctx, n, ifVersion)
	}
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActStatus); err != nil {
			return err
		}
		was := c.t.Status
		if err := c.t.SetStatus(to, c.now); err != nil {
			return err
		}
		return c.logStatus(was)
	})
}

// Resolve ends the work, with a message to the requester or without (E7). A manager who resolves becomes the solver
// (A47, D5).
func (a *Act) Resolve(ctx context.Context, n core.Number, r NewRecord) (core.Number, error) {
	return a.change(ctx, n, r.IfVersion, func(c *change) error {
		if err := c.allow(core.ActResolve); err != nil {
			return err
		}
		was := c.t.Status
		if err := c.t.Resolve(c.now); err != nil {
			return err
		}
		var rec *core.Record
		var err error
		if strings.TrimSpace(r.Text) != "" || len(r.Attachments) > 0 {
			if rec, err = c.record(core.KindMessage, r, true); err != nil {
				return err
			}
			if c.t.FirstResponse.IsZero() {
				c.t.FirstResponse = c.now
			}
		}
		if c.actor.Person != nil && !c.standing.Solver && !core.MayReceive(c.standing.Roles) { // only a manager solves without being able to receive
			from := c.assignee()
			c.t.Solver = c.actor.Person
			if _, err := c.logChange(core.KindAssignment, false, "solver", from, c.assignee()); err != nil {
				return err
			}
		}
		if err := c.logStatus(was); err != nil {
			return err
		}
		c.tell(core.EventResolved, rec)
		return c.resolved(ctx)
	})
}

// resolved is what follows when the work on a ticket ends, however it ended: decisions are not wanted any more (D12), and
// the solver side of the ticket above learns of it (E7).
func (c *change) resolved(ctx context.Context) error {
	if err := c.dropApprovals(); err != nil || c.t.Parent == 0 {
		return err
	}
	parent, err := c.tx.Ticket(ctx, c.t.Parent)
	if err != nil {
		return err
	}
	x := &change{Act: c.Act, t: parent, before: *parent, child: c.t}
	x.tell(core.EventChildResolved, nil)
	return x.notify(ctx)
}

// Withdraw ends a ticket that its requester does not need any more (D25).
func (a *Act) Withdraw(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActWithdraw); err != nil {
			return err
		}
		was := c.t.Status
		if err := c.t.Withdraw(c.now); err != nil {
			return err
		}
		if _, err := c.logChange(core.KindProperty, true, "withdrawn", "", "yes"); err != nil {
			return err
		}
		if err := c.logStatus(was); err != nil {
			return err
		}
		c.tell(core.EventResolved, nil)
		return c.resolved(ctx)
	})
}

// Reopen brings a resolved or closed ticket back: the team at any time, the requester and participants within the
// deadline (A79, A80, D16).
func (a *Act) Reopen(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActReopen); err != nil {
			return err
		}
		return c.reopen(nil)
	})
}

// reopen applies D5: a solver who cannot receive the ticket any more (a manager, disabled, role lost) is cleared.
func (c *change) reopen(message *core.Record) error {
	was := c.t.Status
	if s := c.t.Solver; s != nil {
		roles, _ := c.dir.RolesOf(s, c.t.Service, c.t.Requester)
		if !core.MayReceive(roles) {
			from := c.assignee()
			c.t.Solver, c.orphaned = nil, true
			if _, err := c.logChange(core.KindAssignment, false, "solver", from, c.assignee()); err != nil {
				return err
			}
		}
	}
	if err := c.t.Reopen(); err != nil {
		return err
	}
	if err := c.logStatus(was); err != nil {
		return err
	}
	c.tell(core.EventReopened, message)
	return nil
}

// Close ends a resolved ticket for good: who may solve it, or its requester or a participant (D25).
func (a *Act) Close(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActClose); err != nil {
			return err
		}
		return c.close()
	})
}

func (c *change) close() error {
	was := c.t.Status
	if err := c.t.SetStatus(core.Closed, c.now); err != nil {
		return err
	}
	if err := c.logStatus(was); err != nil {
		return err
	}
	c.tell(core.EventClosed, nil)
	return nil
}
