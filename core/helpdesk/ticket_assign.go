package helpdesk

import (
	"context"

	"postdesk/core"
)

// Take makes the actor the solver, also where the ticket has a solver or group already (A11, E5).
func (a *Act) Take(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActTake); err != nil {
			return err
		}
		return c.assign(c.actor.Person, c.t.Group)
	})
}

// Assignee is to whom a ticket is given: a person, a group of the service, or a group and one of its members (E5).
type Assignee struct {
	Solver *core.Person
	Group  string
}

// Assign gives the ticket to somebody else or to a group (A12). A manager can never be given one (A49).
func (a *Act) Assign(ctx context.Context, n core.Number, to Assignee, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActAssign); err != nil {
			return err
		}
		var group core.SolverGroupID
		if to.Group != "" {
			g, ok := c.dir.GroupByName(c.t.Service, to.Group)
			if !ok {
				return core.BadInput("group", "error.assign.group", to.Group)
			}
			group = g.ID
		}
		if to.Solver != nil {
			roles, groups := c.dir.RolesOf(to.Solver, c.t.Service, c.t.Requester)
			switch {
			case !core.MayReceive(roles):
				return core.BadInput("solver", "error.assign.solver", to.Solver.Email)
			case group != 0 && !contains(groups, group):
				return core.BadInput("solver", "error.assign.not_in_group", to.Solver.Email, to.Group)
			}
		} else if group == 0 {
			return core.BadInput("solver", "error.assign.nobody")
		}
		return c.assign(to.Solver, group)
	})
}

// Return gives the ticket back to the main solvers (E5).
func (a *Act) Return(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActReturn); err != nil {
			return err
		}
		was, from := c.t.Status, c.assignee()
		if err := c.t.Return(); err != nil {
			return err
		}
		rec, err := c.logChange(core.KindAssignment, false, "solver", from, "")
		if err != nil {
			return err
		}
		c.tell(core.EventReturned, rec)
		return c.logStatus(was)
	})
}

func (c *change) assign(solver *core.Person, group core.SolverGroupID) error {
	was, from := c.t.Status, c.assignee()
	if err := c.t.Assign(solver, group); err != nil {
		return err
	}
	rec, err := c.logChange(core.KindAssignment, false, "solver", from, c.assignee())
	if err != nil {
		return err
	}
	if solver != nil {
		c.tell(core.EventAssigned, rec)
	} else {
		c.tell(core.EventAssignedGroup, rec)
	}
	return c.logStatus(was)
}

// assignee names who has the ticket, for the log: the solver, else the group.
func (c *change) assignee() string {
	if c.t.Solver != nil {
		return c.t.Solver.Ref().Display()
	}
	return c.dir.SolverGroups[c.t.Group].Name
}

func contains(groups []core.SolverGroupID, g core.SolverGroupID) bool {
	for _, x := range groups {
		if x == g {
			return true
		}
	}
	return false
}
