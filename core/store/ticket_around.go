package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// around is what stands around some tickets: people, tickets above, below and beside them, approvals.
type around struct {
	people map[core.PersonID]*core.Person
	found  []*nearby
}

// nearby is what stands around one ticket, people by id. Most tickets have next to nothing: one look finds that out.
type nearby struct {
	number                  core.Number
	children, links, merged []core.Number
	open, work              int
	parts                   []part
	ancestors               []ancestor
	approvals               []approval
}

// part is somebody's part in a ticket, as JSON of the database.
type part struct {
	Person core.PersonID `json:"person_id"`
	Part   core.Role     `json:"part"`
	Since  *time.Time    `json:"since"`
}

// ancestor is a ticket above another one, as JSON of the database.
type ancestor struct {
	Number    core.Number    `json:"number"`
	Service   core.ServiceID `json:"service_id"`
	Requester core.PersonID  `json:"requester_id"`
}

// theNumbers are the tickets asked for. An array whose length the planner sees is planned for anew each time, which takes
// longer than the search.
const theNumbers = "any ((select $1::bigint[])::bigint[])"

const aroundQuery = `select t.number, array(select c.number from ticket c where c.parent_number = t.number order by 1),
	array(select high from ticket_link where low = t.number union all select low from ticket_link where high = t.number order by 1),
	array(select m.number from ticket m where m.merged_into = t.number order by 1),
	(select count(*) from ticket c where c.parent_number = t.number and c.status not in ('resolved', 'closed') and c.spam_at is null),
	coalesce((select sum(work) from log_record r where r.ticket_number = t.number and r.work is not null), 0),
	(select jsonb_agg(x order by added_at, person_id) from ticket_person x where x.ticket_number = t.number),
	(select jsonb_agg(x) from (select p.number, p.service_id, p.requester_id from ticket_ancestor a join ticket p on p.number = a.ancestor_number
		where a.ticket_number = t.number order by p.number) x),
	` + approvalsOfTicket + `
	from ticket t where t.number = ` + theNumbers

const peopleAround = "select " + personColumns + ` from person p where p.id = any (array(
	select unnest(array[requester_id, solver_id]) from ticket where number = ` + theNumbers + `
	union all select person_id from ticket_person where ticket_number = ` + theNumbers + `))`

// queueAround asks for what stands around the tickets; putAround puts it there once the batch has run.
func queueAround(b *pgx.Batch, numbers []core.Number) *around {
	a := &around{people: map[core.PersonID]*core.Person{}}
	b.Queue(aroundQuery, numbers).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			n := &nearby{}
			if err := rows.Scan(&n.number, &n.children, &n.links, &n.merged, &n.open, &n.work, &n.parts, &n.ancestors, &n.approvals); err != nil {
				return err
			}
			a.found = append(a.found, n)
		}
		return rows.Err()
	})
	b.Queue(peopleAround, numbers).Query(func(rows pgx.Rows) (err error) {
		a.people, err = byID(pgx.CollectRows(rows, scanPerson))
		return err
	})
	return a
}

// strangers are the people of approvals and tickets above: few tickets have any, so they are asked for apart.
func (a *around) strangers() []core.PersonID {
	var ids []core.PersonID
	add := func(id core.PersonID) {
		if id != 0 && a.people[id] == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, n := range a.found {
		for _, x := range n.ancestors {
			add(x.Requester)
		}
		for _, x := range n.approvals {
			add(x.AskedBy)
			for _, s := range x.Approvers {
				add(s.Person)
				add(s.DecidedBy)
			}
		}
	}
	return ids
}

// putAround puts what was found around the tickets into them.
func (r reads) putAround(ctx context.Context, a *around, rows ...*ticketRow) error {
	if ids := a.strangers(); len(ids) > 0 {
		people, err := r.People(ctx, ids)
		if err != nil {
			return err
		}
		maps.Copy(a.people, people)
	}
	a.join(rows...)
	return nil
}

func (a *around) join(rows ...*ticketRow) {
	tickets := make(map[core.Number]*core.Ticket, len(rows))
	for _, row := range rows {
		row.Requester, row.Solver = a.people[row.requester], a.people[row.solver]
		tickets[row.Number] = &row.Ticket
	}
	for _, n := range a.found {
		t := tickets[n.number]
		t.Children, t.Links, t.Merged, t.OpenChildren, t.Work = n.children, n.links, n.merged, n.open, n.work
		for _, x := range n.parts {
			a.takePart(t, x)
		}
		for _, x := range n.ancestors {
			t.Ancestors = append(t.Ancestors, core.Ancestor{Number: x.Number, Service: x.Service, Requester: a.people[x.Requester]})
		}
		for _, x := range n.approvals {
			t.Approvals = append(t.Approvals, x.of(a.people))
		}
	}
}

func (a *around) takePart(t *core.Ticket, x part) {
	if x.Part == core.Follower {
		t.Followers = append(t.Followers, a.people[x.Person])
		return
	}
	t.Participants = append(t.Participants, a.people[x.Person])
	if x.Since != nil {
		if t.Since == nil {
			t.Since = map[core.PersonID]time.Time{}
		}
		t.Since[x.Person] = *x.Since
	}
}
