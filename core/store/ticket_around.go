package store

import (
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// around is what stands around some tickets: people, tickets above, below and beside them, approvals.
type around struct {
	people map[core.PersonID]*core.Person
	apply  []func(*around, map[core.Number]*core.Ticket)
}

// nearby is one row of what a ticket's relations are: most tickets have none, so that one look finds it out.
type nearby struct {
	number                  core.Number
	children, links, merged []core.Number
	open, work              int
}

// ancestor, part, and asked are rows of other tables that belong to a ticket.
type (
	ancestor struct {
		ticket, number core.Number
		service        core.ServiceID
		requester      core.PersonID
	}
	part struct {
		ticket core.Number
		person core.PersonID
		part   core.Role
		since  *time.Time
	}
)

// queueAround asks for what stands around the tickets; join puts it there once the batch has run.
func queueAround(b *pgx.Batch, numbers []core.Number) *around {
	a := &around{people: map[core.PersonID]*core.Person{}}
	b.Queue(`select t.number, array(select c.number from ticket c where c.parent_number = t.number order by 1),
		array(select high from ticket_link where low = t.number union all select low from ticket_link where high = t.number order by 1),
		array(select m.number from ticket m where m.merged_into = t.number order by 1),
		(select count(*) from ticket c where c.parent_number = t.number and c.status not in ('resolved', 'closed')),
		coalesce((select sum(work) from log_record r where r.ticket_number = t.number and r.work is not null), 0)
		from ticket t where t.number = any ($1)`, numbers).Query(func(rows pgx.Rows) error {
		var n nearby
		_, err := pgx.ForEachRow(rows, []any{&n.number, &n.children, &n.links, &n.merged, &n.open, &n.work}, func() error {
			found := n
			n = nearby{}
			a.then(func(_ *around, tickets map[core.Number]*core.Ticket) {
				t := tickets[found.number]
				t.Children, t.Links, t.Merged, t.OpenChildren, t.Work = found.children, found.links, found.merged, found.open, found.work
			})
			return nil
		})
		return err
	})
	b.Queue(`select a.ticket_number, t.number, t.service_id, t.requester_id from ticket_ancestor a join ticket t on t.number = a.ancestor_number
		where a.ticket_number = any ($1) order by 1, 2`, numbers).Query(func(rows pgx.Rows) error {
		var x ancestor
		_, err := pgx.ForEachRow(rows, []any{&x.ticket, &x.number, &x.service, &x.requester}, func() error {
			found := x
			a.then(func(a *around, tickets map[core.Number]*core.Ticket) {
				t := tickets[found.ticket]
				t.Ancestors = append(t.Ancestors, core.Ancestor{Number: found.number, Service: found.service, Requester: a.people[found.requester]})
			})
			return nil
		})
		return err
	})
	b.Queue("select ticket_number, person_id, part, since from ticket_person where ticket_number = any ($1) order by added_at, person_id", numbers).Query(func(rows pgx.Rows) error {
		var x part
		_, err := pgx.ForEachRow(rows, []any{&x.ticket, &x.person, &x.part, &x.since}, func() error {
			found := x
			a.then(func(a *around, tickets map[core.Number]*core.Ticket) { a.takePart(tickets[found.ticket], found) })
			return nil
		})
		return err
	})
	queueApprovals(b, numbers, a)
	b.Queue("select "+personColumns+` from person p where p.id = any (array(
		select unnest(array[requester_id, solver_id]) from ticket where number = any ($1)
		union all select person_id from ticket_person where ticket_number = any ($1)
		union all select t.requester_id from ticket_ancestor a join ticket t on t.number = a.ancestor_number where a.ticket_number = any ($1)
		union all select unnest(array[s.person_id, s.decided_by, q.asked_by]) from approval q join approver s on s.approval_id = q.id
			where q.ticket_number = any ($1)))`, numbers).Query(func(rows pgx.Rows) (err error) {
		a.people, err = byID(pgx.CollectRows(rows, scanPerson))
		return err
	})
	return a
}

// then remembers what to put in place when everybody around is known.
func (a *around) then(f func(*around, map[core.Number]*core.Ticket)) { a.apply = append(a.apply, f) }

func (a *around) takePart(t *core.Ticket, x part) {
	if x.part == core.Follower {
		t.Followers = append(t.Followers, a.people[x.person])
		return
	}
	t.Participants = append(t.Participants, a.people[x.person])
	if x.since != nil {
		if t.Since == nil {
			t.Since = map[core.PersonID]time.Time{}
		}
		t.Since[x.person] = *x.since
	}
}

// join puts what was found into the tickets it was asked for.
func (a *around) join(rows ...*ticketRow) {
	tickets := make(map[core.Number]*core.Ticket, len(rows))
	for _, row := range rows {
		row.Requester, row.Solver = a.people[row.requester], a.people[row.solver]
		tickets[row.Number] = &row.Ticket
	}
	for _, f := range a.apply {
		f(a, tickets)
	}
}
