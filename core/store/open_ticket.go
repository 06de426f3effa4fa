package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// What a change of the configuration has to know of the tickets that are not done. There can be very many: they are
// counted in the database, and only those that lose something are read.

// RequesterClasses sorts requesters by what sets them apart: Of[i] is the class of People[i], and everybody else is in
// class 0.
type RequesterClasses struct {
	People []core.PersonID
	Of     []int32
}

// OpenCount counts the open tickets of a service, from requesters of one class, that one solver has.
type OpenCount struct {
	Service core.ServiceID
	Class   int32
	Solver  core.PersonID // 0 = none
	Tickets int           // without spam, which nobody sees in their lists
	All     int
}

const openTickets = `ticket t left join unnest($1::bigint[], $2::int[]) r (person_id, class) on r.person_id = t.requester_id
	where t.status not in ('resolved', 'closed') and t.merged_into is null`

// CountOpen counts the open tickets by service, class of requester and solver.
func (r reads) CountOpen(ctx context.Context, c RequesterClasses) ([]OpenCount, error) {
	rows, err := r.db.Query(ctx, `select t.service_id, coalesce(r.class, 0), coalesce(t.solver_id, 0),
		count(*) filter (where t.spam_at is null), count(*) from `+openTickets+" group by 1, 2, 3 order by 1, 2, 3", c.People, c.Of)
	if err != nil {
		return nil, fmt.Errorf("open tickets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OpenCount])
}

// OpenTicket is a ticket that may lose its solver or its group.
type OpenTicket struct {
	Number  core.Number
	Service core.ServiceID
	Class   int32
	Solver  core.PersonID      // 0 = none
	Group   core.SolverGroupID // 0 = none
}

// OpenTickets reads the open tickets that are counted in one of the counts or are in one of the groups, by number.
func (r reads) OpenTickets(ctx context.Context, c RequesterClasses, counts []OpenCount, groups []core.SolverGroupID) ([]OpenTicket, error) {
	services, classes, solvers := make([]core.ServiceID, len(counts)), make([]int32, len(counts)), make([]core.PersonID, len(counts))
	for i, k := range counts {
		services[i], classes[i], solvers[i] = k.Service, k.Class, k.Solver
	}
	rows, err := r.db.Query(ctx, "select t.number, t.service_id, coalesce(r.class, 0), coalesce(t.solver_id, 0), coalesce(t.group_id, 0) from "+openTickets+`
		and (t.group_id = any ($6) or t.solver_id = any ($5)
			and (t.service_id, coalesce(r.class, 0), t.solver_id) in (select * from unnest($3::bigint[], $4::int[], $5::bigint[])))
		order by t.number`, c.People, c.Of, services, classes, solvers, groups)
	if err != nil {
		return nil, fmt.Errorf("open tickets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OpenTicket])
}

// OpenIn counts the open tickets of a service, and names the first of them.
func (r reads) OpenIn(ctx context.Context, service core.ServiceID, names int) (n int, first []core.Number, err error) {
	err = r.db.QueryRow(ctx, `with open as materialized (select number from ticket
			where service_id = $1 and status not in ('resolved', 'closed') and merged_into is null)
		select (select count(*) from open), array(select number from open order by number limit $2)`, service, names).Scan(&n, &first)
	if err != nil {
		return 0, nil, fmt.Errorf("open tickets: %w", err)
	}
	return n, first, nil
}

// InGroups tells in which of these requester groups people are; who is in none is left out.
func (r reads) InGroups(ctx context.Context, groups []core.RequesterGroupID) (map[core.PersonID][]core.RequesterGroupID, error) {
	in := map[core.PersonID][]core.RequesterGroupID{}
	rows, err := r.db.Query(ctx, `select person_id, array_agg(group_id order by group_id) from requester_group_person
		where group_id = any ($1) group by person_id`, groups)
	if err != nil {
		return nil, fmt.Errorf("requester groups: %w", err)
	}
	var id core.PersonID
	var list []core.RequesterGroupID
	_, err = pgx.ForEachRow(rows, []any{&id, &list}, func() error { in[id], list = list, nil; return nil })
	return in, err
}
