package helpdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// assignments is who works on the open tickets, with the configuration of one moment.
type assignments struct {
	dir     *core.Directory
	tickets []store.OpenTicket
	people  map[core.PersonID]*core.Person
}

// assignments reads them as this transaction sees them now; the tickets themselves do not change meanwhile.
func (c *configuration) assignments(ctx context.Context) (a assignments, err error) {
	if a.dir, err = c.tx.ConfiguredDirectory(ctx); err != nil {
		return a, err
	}
	if a.tickets, err = c.tx.OpenTickets(ctx); err != nil {
		return a, err
	}
	var people []core.PersonID
	for _, t := range a.tickets {
		people = append(people, t.Solver, t.Requester)
	}
	slices.Sort(people)
	a.people, err = c.tx.People(ctx, slices.Compact(people))
	return a, err
}

// solves tells whether the solver of a ticket holds a role with which they can be one.
func (a *assignments) solves(t store.OpenTicket) bool {
	roles, _ := a.dir.RolesOf(a.people[t.Solver], t.Service, a.people[t.Requester])
	return core.MayReceive(roles)
}

// loss is what one ticket loses.
type loss struct {
	ticket        core.Number
	solver, group bool
}

// release finds what the open tickets lose by the change that has been written, tells it, and takes it from them: a
// solver who is disabled or lost the role (D26), a group that is out of use. Tickets of services that are archived stay
// where they are; they are told.
func (c *configuration) release(ctx context.Context, before assignments) error {
	after, err := c.assignments(ctx)
	if err != nil {
		return err
	}
	var losses []loss
	told, order := map[string][]core.Number{}, []string{}
	tell := func(n core.Number, what string) {
		if told[what] == nil {
			order = append(order, what)
		}
		told[what] = append(told[what], n)
	}
	for _, t := range before.tickets {
		path := after.dir.Path(t.Service)
		_, had := before.dir.SolverGroups[t.Group]
		_, has := after.dir.SolverGroups[t.Group]
		l := loss{ticket: t.Number, solver: t.Solver != 0 && before.solves(t) && !after.solves(t), group: had && !has}
		archived := after.dir.Services[t.Service].Archived && !before.dir.Services[t.Service].Archived
		if l.solver {
			tell(t.Number, after.people[t.Solver].Email+" is no longer solver in "+path)
		}
		if l.group {
			tell(t.Number, "solver group "+before.dir.SolverGroups[t.Group].Name+" of "+path+" ends")
		}
		if archived {
			tell(t.Number, "service "+path+" is archived")
		}
		if l.solver || l.group {
			losses = append(losses, l)
		}
		if l.solver || l.group || archived {
			c.Tickets++
		}
	}
	for _, what := range order {
		c.line("! %s: %s (%s)", what, countTickets(len(told[what])), numbers(told[what]))
	}
	c.revoke(before.dir, after.dir)
	act := &Act{h: c.h, tx: c.tx, dir: before.dir, actor: core.Actor{Via: c.actor.Via}, now: c.now}
	if act.actor.Via == "" {
		act.actor.Via = core.ViaDesk
	}
	for _, l := range losses {
		if err := act.release(ctx, l, c.actor.Person); err != nil {
			return err
		}
	}
	return nil
}

// revoke ends the reply addresses of whoever lost a role, in the services where it held (mail.md 4): with the role back,
// an old mail must not open the way again.
func (c *configuration) revoke(before, after *core.Directory) {
	for id, grants := range before.Grants {
		for _, g := range grants {
			if !slices.Contains(after.Grants[id], g) {
				c.tx.RevokeTokensOfGrant(g, after.Below(id), c.now)
			}
		}
	}
}

// release takes from a ticket what it loses; it is logged as the act of who changed the configuration.
func (a *Act) release(ctx context.Context, l loss, by *core.Person) error {
	_, err := a.change(ctx, l.ticket, 0, func(c *change) error {
		from := c.assignee()
		if l.solver {
			c.t.Solver = nil
		}
		if l.group {
			c.t.Group = 0
		}
		_, err := c.log(&core.Record{Kind: core.KindAssignment, Author: by, Change: core.Change{Field: "solver", From: from, To: c.assignee()}})
		return err
	})
	return err
}

func countTickets(n int) string {
	if n == 1 {
		return "1 open ticket"
	}
	return fmt.Sprintf("%d open tickets", n)
}

// numbers lists tickets, the first twenty of many.
func numbers(tickets []core.Number) string {
	var words []string
	for _, n := range tickets[:min(len(tickets), 20)] {
		words = append(words, fmt.Sprintf("#%d", n))
	}
	if len(tickets) > 20 {
		words = append(words, "…")
	}
	return strings.Join(words, " ")
}
