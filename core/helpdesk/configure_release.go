package helpdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// solves tells whether the solver of counted tickets holds a role with which they can be one.
func (p *picture) solves(k store.OpenCount, requester *core.Person) bool {
	roles, _ := p.dir.RolesOf(p.people[k.Solver], k.Service, requester)
	return core.MayReceive(roles)
}

// loss is what one ticket loses.
type loss struct {
	store.OpenTicket
	solver, group bool
	successor     *core.Person // gets it in the solver's place; nil = nobody
}

// losses are the tickets whose solver is disabled or lost the role (D26), or whose group is out of use.
func (c *configuration) losses(ctx context.Context, e *effect) ([]loss, error) {
	var lost []store.OpenCount
	gone := map[bucket][]core.PersonID{}
	for _, k := range e.counts {
		requesters := e.classes[k.Class]
		if k.Solver != 0 && e.before.solves(k, requesters.before) && !e.after.solves(k, requesters.after) {
			lost = append(lost, k)
			b := bucket{k.Service, k.Class}
			gone[b] = append(gone[b], k.Solver)
		}
	}
	var ended []core.SolverGroupID
	for id := range e.before.dir.SolverGroups {
		if _, has := e.after.dir.SolverGroups[id]; !has {
			ended = append(ended, id)
		}
	}
	if len(lost)+len(ended) == 0 {
		return nil, nil
	}
	tickets, err := c.tx.OpenTickets(ctx, e.sorted, lost, ended)
	if err != nil {
		return nil, err
	}
	losses := make([]loss, len(tickets))
	for i, t := range tickets {
		losses[i] = loss{OpenTicket: t, solver: slices.Contains(gone[bucket{t.Service, t.Class}], t.Solver), group: slices.Contains(ended, t.Group)}
	}
	return losses, nil
}

// release tells what the open tickets lose by the change that has been written, and takes it from them, or gives them to
// a successor. Tickets of services that are archived stay where they are; they are told.
func (c *configuration) release(ctx context.Context, e *effect) error {
	losses, err := c.losses(ctx, e)
	if err != nil {
		return err
	}
	if err := c.succeed(ctx, e, losses); err != nil {
		return err
	}
	c.Tickets += len(losses)
	c.tellLosses(e, losses)
	if err := c.tellArchived(ctx, e, losses); err != nil {
		return err
	}
	c.revoke(e.before.dir, e.after.dir)
	act := &Act{h: c.h, tx: c.tx, dir: e.after.dir, actor: core.Actor{Via: c.actor.Via}, now: c.now}
	if act.actor.Via == "" {
		act.actor.Via = core.ViaDesk
	}
	list := orphans{}
	for _, l := range losses {
		if err := act.release(ctx, l, e.before.dir.SolverGroups[l.Group].Name, c.actor.Person, list); err != nil {
			return err
		}
	}
	return act.mailOrphans(list)
}

// tellLosses writes a line for each thing that tickets lose, in the order of the tickets.
func (c *configuration) tellLosses(e *effect, losses []loss) {
	told, order := map[string][]core.Number{}, []string{}
	for _, l := range losses {
		tell := func(format string, args ...any) {
			what := fmt.Sprintf(format, args...)
			if told[what] == nil {
				order = append(order, what)
			}
			told[what] = append(told[what], l.Number)
		}
		path := e.after.dir.Path(l.Service)
		if l.solver {
			tell("%s is no longer solver in %s%s", e.after.people[l.Solver].Email, path, c.heir(e, l))
		}
		if l.group {
			tell("solver group %s of %s ends", e.before.dir.SolverGroups[l.Group].Name, path)
		}
	}
	for _, what := range order {
		c.line("! %s: %s (%s)", what, countTickets(len(told[what])), numbers(told[what], len(told[what])))
	}
}

// tellArchived writes a line for each service that goes out of use with open tickets.
func (c *configuration) tellArchived(ctx context.Context, e *effect, losses []loss) error {
	counted := map[core.ServiceID]int{}
	for _, l := range losses {
		counted[l.Service]++
	}
	for _, s := range c.current.Services {
		id := core.ServiceID(s.ID)
		if s.Archived || !e.after.dir.Services[id].Archived {
			continue
		}
		n, first, err := c.tx.OpenIn(ctx, id, namedTickets)
		if err != nil {
			return err
		}
		if n > 0 {
			c.line("! service %s is archived: %s (%s)", e.after.dir.Path(id), countTickets(n), numbers(first, n))
			c.Tickets += n - counted[id]
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

// release takes from a ticket what it loses; it is logged as the act of who changed the configuration. group is the name
// of the ticket's group before.
func (a *Act) release(ctx context.Context, l loss, group string, by *core.Person, list orphans) error {
	_, err := a.change(ctx, l.Number, 0, func(c *change) error {
		from := group
		if c.t.Solver != nil {
			from = c.assignee()
		}
		if l.solver {
			c.t.Solver = l.successor
		}
		if l.group {
			c.t.Group = 0
		}
		rec, err := c.log(&core.Record{Kind: core.KindAssignment, Author: by, Change: core.Change{Field: "solver", From: from, To: c.assignee()}})
		switch {
		case err != nil || c.dir.MailboxOf(c.t.Service) == nil || !c.t.SpamAt.IsZero(): // nobody can or shall be told
			return err
		case l.successor != nil:
			c.tell(core.EventAssigned, rec)
			return nil
		}
		return c.listOrphan(ctx, list)
	})
	return err
}

func countTickets(n int) string {
	if n == 1 {
		return "1 open ticket"
	}
	return fmt.Sprintf("%d open tickets", n)
}

// namedTickets is how many tickets a line names at most.
const namedTickets = 20

// numbers lists the first of n tickets.
func numbers(first []core.Number, n int) string {
	var words []string
	for _, n := range first[:min(len(first), namedTickets)] {
		words = append(words, fmt.Sprintf("#%d", n))
	}
	if n > namedTickets {
		words = append(words, "…")
	}
	return strings.Join(words, " ")
}
