package helpdesk

import (
	"context"

	"postdesk/core"
)

// MoveTicket puts a ticket into another service (E6): its solver or a team member may, where they are main solver, solver,
// in a solver group, manager or ticket reporter there (A59), and where its requester is one. The solver and the group
// stay where they serve there too; else the ticket goes the way of a new one (A38, D20).
func (a *Act) MoveTicket(ctx context.Context, n core.Number, to core.ServiceID, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActMove); err != nil {
			return err
		}
		service := c.dir.Services[to]
		switch {
		case service == nil || service.Archived || !c.mayMoveTo(to): // D28: what is not open to the mover is unknown to them
			return core.BadInput("service", "error.move.service")
		case service.Folder: // A31
			return core.BadInput("service", "error.service.folder", service.Name)
		case to == c.t.Service:
			return core.Refuse(core.Conflict, "error.move.same", service.Name)
		}
		sla, ok := c.dir.SLAFor(c.t.Requester, to)
		if !ok && c.t.Requester.Origin != core.Guest {
			return core.BadInput("service", "error.move.requester", service.Name)
		}
		return c.move(ctx, service, sla)
	})
}

// mayMoveTo tells whether the actor holds a role there that lets tickets in (E6, A59).
func (c *change) mayMoveTo(to core.ServiceID) bool {
	return c.actor.Person == nil || letsIn(c.dir, c.actor.Person, to, c.t.Requester)
}

// letsIn tells whether the person holds a role in the service that lets them put tickets of the requester there.
func letsIn(dir *core.Directory, p *core.Person, service core.ServiceID, requester *core.Person) bool {
	roles, _ := dir.RolesOf(p, service, requester)
	return roles.Team() || roles.Has(core.TicketReporter)
}

func (c *change) move(ctx context.Context, to *core.Service, sla core.SLAID) error {
	was, from, assignee := c.t.Status, c.dir.Path(c.t.Service), c.assignee()
	solver, group := c.t.Solver, c.t.Group
	if _, ok := c.dir.ServedBy(to.ID, group); !ok {
		group = 0
	}
	if solver != nil {
		if roles, _ := c.dir.RolesOf(solver, to.ID, c.t.Requester); !core.MayReceive(roles) {
			solver = nil
		}
	}
	c.t.Move(to.ID, sla, solver, group)
	rec, err := c.logChange(core.KindMoved, true, "service", from, c.dir.Path(to.ID))
	if err != nil {
		return err
	}
	if c.t.Solver == nil && c.t.Group == 0 {
		if err := c.route(ctx); err != nil {
			return err
		}
	}
	if now := c.assignee(); now != assignee {
		c.itself = true // nobody did it: the rules of the service did
		if _, err := c.logChange(core.KindAssignment, false, "solver", assignee, now); err != nil {
			return err
		}
	}
	if err := c.logStatus(was); err != nil {
		return err
	}
	c.itself = false
	c.tell(core.EventMoved, rec)
	if c.routed {
		c.tellRouted(rec)
	}
	return nil
}

// route gives an unassigned ticket to whom its service gives such tickets by itself: the group of its category (D20), or
// the one solver that there is (A37, A38, D3).
func (c *change) route(ctx context.Context) error {
	if route, ok := c.dir.Services[c.t.Service].Categories[c.t.Category]; ok && route.Group != 0 {
		c.t.Group, c.t.Status, c.routed = route.Group, core.Triaged, true
		return nil
	}
	sole, err := c.soleSolver(ctx)
	if err == nil && sole != nil {
		c.t.Solver, c.t.Status, c.routed = sole, core.Triaged, true
	}
	return err
}

// tellRouted tells whom the service gave the ticket to.
func (c *change) tellRouted(r *core.Record) {
	if c.t.Solver != nil {
		c.tell(core.EventAssigned, r)
	} else {
		c.tell(core.EventAssignedGroup, r)
	}
}
