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
		if err := c.requireSolve(); err != nil {
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
		if err := c.requireSolve(); err != nil {
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
		if !c.standing.Solver && !core.MayReceive(c.standing.Roles) { // only a manager solves without being able to receive
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
		return nil
	})
}

// Reopen brings a resolved or closed ticket back: the team at any time, the requester and participants within the
// deadline (A79, A80, D16).
func (a *Act) Reopen(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		switch {
		case c.standing.MayReopen(c.dir, c.t, c.now):
		case c.standing.Part && c.t.Status.Done():
			return core.Refuse(core.Conflict, "error.reopen.too_late")
		default:
			return core.Refuse(core.Forbidden, "error.forbidden")
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
		if !c.standing.MaySolve(c.t) && !c.standing.Part {
			return core.Refuse(core.Forbidden, "error.forbidden")
		}
		was := c.t.Status
		if err := c.t.SetStatus(core.Closed, c.now); err != nil {
			return err
		}
		if err := c.logStatus(was); err != nil {
			return err
		}
		c.tell(core.EventClosed, nil)
		return nil
	})
}

// SetPriority changes the priority (D1: who may solve).
func (a *Act) SetPriority(ctx context.Context, n core.Number, to core.Priority, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if !core.ValidPriority(to) {
			return core.BadInput("priority", "error.priority.unknown", string(to))
		}
		return c.setProperty("priority", string(c.t.Priority), string(to), c.dir.Services[c.t.Service].Sees("priority"), func() { c.t.Priority = to })
	})
}

// SetCategory changes the category (D1: who may solve).
func (a *Act) SetCategory(ctx context.Context, n core.Number, to core.Category, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if !core.ValidCategory(to) {
			return core.BadInput("category", "error.category.unknown", string(to))
		}
		return c.setProperty("category", string(c.t.Category), string(to), true, func() { c.t.Category = to })
	})
}

func (c *change) setProperty(field, from, to string, show bool, set func()) error {
	if err := c.requireSolve(); err != nil {
		return err
	}
	if c.t.Status.Done() {
		return core.Refuse(core.Conflict, "error.status.done", string(c.t.Status))
	}
	if from == to {
		return core.Refuse(core.Conflict, "error.property.same", to)
	}
	set()
	_, err := c.logChange(core.KindProperty, show, field, from, to)
	return err
}
