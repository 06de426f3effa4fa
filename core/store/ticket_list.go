package store

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Scope is which tickets a person may see, and which count as theirs, as conditions the database can filter by (E4.. of
// docs/roles.md: rights are filtered inside SQL, counts included). A grant that holds only for some requesters stands as
// a pair.
type Scope struct {
	Person core.PersonID
	// View: all tickets of the service (A3). Sole: only those assigned to the person (A43).
	// Main: they are its main solver. Team: they are in its team, and see what stands below its tickets (A54).
	View, Sole, Main, Team Grants
	// StandsFor are absent people whose decisions as approver the person makes (E14).
	StandsFor []core.PersonID
	// Groups the person is in, and where (A39): their tickets without solver are in the person's queue.
	Groups map[core.SolverGroupID]Grants
}

// Grants are services in which something holds, for everybody's tickets or only for those of a requester group.
type Grants struct {
	Services     []core.ServiceID
	PairServices []core.ServiceID
	PairGroups   []core.RequesterGroupID
}

// Add notes a service, limited to a requester group's tickets where it is not 0.
func (g *Grants) Add(id core.ServiceID, limit core.RequesterGroupID) {
	if limit == 0 {
		g.Services = append(g.Services, id)
		return
	}
	g.PairServices, g.PairGroups = append(g.PairServices, id), append(g.PairGroups, limit)
}

// Filter narrows a list of tickets.
type Filter struct {
	Statuses []core.Status
	Services []core.ServiceID
	Queue    string // mine, unassigned, overdue, spam, all ("")
	Query    string // words in number, subject and the text the person may see
	Before   core.Number
	Limit    int
}

// conditions builds the where part of a query on ticket t.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) and(part string) { c.parts = append(c.parts, part) }

func (c *conditions) where() string { return strings.Join(c.parts, "\n and ") }

// holds says that one of the grants applies to the ticket of the alias; "" = none can.
func (c *conditions) holds(t string, g Grants) string {
	var or []string
	if len(g.Services) > 0 {
		or = append(or, t+".service_id = any ("+c.arg(g.Services)+")")
	}
	if len(g.PairServices) > 0 {
		or = append(or, `exists (select from unnest(`+c.arg(g.PairServices)+`::bigint[], `+c.arg(g.PairGroups)+`::bigint[]) u (s, g)
			join requester_group_person m on m.group_id = u.g where u.s = `+t+`.service_id and m.person_id = `+t+`.requester_id)`)
	}
	return strings.Join(or, " or ")
}

// scope limits to what the person may see, spam apart, which only main solvers look through; internal is the condition under which they read the whole log.
func (c *conditions) scope(s Scope, spam bool) (internal string) {
	me := c.arg(s.Person)
	var or []string
	if view := c.holds("t", s.View); view != "" {
		or = append(or, view)
	}
	if sole := c.holds("t", s.Sole); sole != "" {
		or = append(or, "t.solver_id = "+me+" and ("+sole+")")
	}
	or = append(or, "t.number in (select ticket_number from ticket_person where person_id = "+me+" and part = 'follower')")
	if team := c.holds("p", s.Team); team != "" { // A54, D10
		or = append(or, "t.number in (select a.ticket_number from ticket_ancestor a join ticket p on p.number = a.ancestor_number where "+team+")")
	}
	or = append(or, `t.number in (select q.ticket_number from approver s join approval q on q.id = s.approval_id join ticket x on x.number = q.ticket_number
		where s.state = 'pending' and q.state = 'pending'
		and (s.person_id = `+me+` or s.person_id = any (`+c.arg(s.StandsFor)+`) and x.requester_id not in (s.person_id, `+me+`)))`) // A64, E14
	internal = "(" + strings.Join(or, " or ") + ")"
	or = append(or, "t.number in (select number from ticket where requester_id = "+me+
		" union all select ticket_number from ticket_person where person_id = "+me+")")
	c.and("t.merged_into is null")
	if spam { // D25
		c.and("t.spam_at is not null and (" + cmp.Or(c.holds("t", s.Main), "false") + ")")
	} else {
		c.and("t.spam_at is null")
	}
	c.and("(" + strings.Join(or, "\n or ") + ")")
	return internal
}

const undone = "t.status not in ('resolved', 'closed')"

// mine is the person's queue (D19).
func (c *conditions) mine(s Scope) string {
	me := c.arg(s.Person)
	or := []string{"t.solver_id = " + me}
	for group, where := range s.Groups {
		or = append(or, "t.solver_id is null and t.group_id = "+c.arg(group)+" and ("+c.holds("t", where)+")")
	}
	if main := c.holds("t", s.Main); main != "" {
		or = append(or, "t.solver_id is null and t.group_id is null and ("+main+")")
	}
	return "(" + undone + " and (" + strings.Join(or, " or ") + "))"
}

// seenSince keeps from a participant what was written before they came, where they see only what is later (D15).
func seenSince(me string) string {
	return `(r.author_id = ` + me + ` or t.requester_id = ` + me + ` or not exists (select from ticket_person tp where tp.ticket_number = t.number
		and tp.person_id = ` + me + ` and tp.part = 'participant' and r.at < tp.since))`
}

// search matches the number, the subject, and what of the log the person may read.
func (c *conditions) search(s Scope, q, internal string) {
	if n, err := strconv.ParseInt(strings.TrimPrefix(q, "#"), 10, 64); err == nil {
		c.and("t.number = " + c.arg(n))
		return
	}
	like, me := c.arg("%"+likeLiteral(q)+"%"), c.arg(s.Person)
	c.and("(t.subject ilike " + like + " or exists (select from log_record r where r.ticket_number = t.number and r.text ilike " + like +
		" and (" + internal + " or r.show_to_requester and " + seenSince(me) + ")))")
}

// Tickets lists what the person may see, newest first.
func (r reads) Tickets(ctx context.Context, s Scope, f Filter) ([]*core.Ticket, error) {
	c := &conditions{}
	internal := c.scope(s, f.Queue == "spam")
	if len(f.Services) > 0 {
		c.and("t.service_id = any (" + c.arg(f.Services) + ")")
	}
	if f.Query != "" {
		c.search(s, f.Query, internal)
	}
	if len(f.Statuses) > 0 {
		c.and("t.status = any (" + c.arg(f.Statuses) + ")")
	}
	switch f.Queue {
	case "mine":
		c.and(c.mine(s))
	case "unassigned":
		c.and(undone + " and t.solver_id is null and t.group_id is null")
	case "overdue":
		c.and("false") // no deadlines are kept yet, so none has passed
	}
	if f.Before > 0 {
		c.and("t.number < " + c.arg(f.Before))
	}
	rows, err := r.db.Query(ctx, "select "+ticketColumns+" from ticket t where "+c.where()+" order by t.number desc limit "+c.arg(f.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	return r.collect(ctx, rows)
}

// collect reads the rows of tickets, with what stands around them.
func (r reads) collect(ctx context.Context, rows pgx.Rows) ([]*core.Ticket, error) {
	var found []*ticketRow
	for rows.Next() {
		row := &ticketRow{}
		if err := row.scan(rows); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	numbers := make([]core.Number, 0, len(found))
	for _, row := range found {
		numbers = append(numbers, row.Number)
	}
	b := &pgx.Batch{}
	around := queueAround(b, numbers)
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	if err := r.putAround(ctx, around, found...); err != nil {
		return nil, err
	}
	tickets := make([]*core.Ticket, 0, len(found))
	for _, row := range found {
		tickets = append(tickets, &row.Ticket)
	}
	return tickets, nil
}

// Counts are the tiles of D19. Above countLimit they are rounded down to it and More says so.
type Counts struct {
	Total    int                 `json:"total"`
	Open     int                 `json:"open"`
	Mine     int                 `json:"mine"`
	Overdue  int                 `json:"overdue"`
	More     bool                `json:"more,omitempty"`
	Statuses map[core.Status]int `json:"-"`
}

// countLimit is up to where counts are exact.
const countLimit = 1000

// Counts counts what the person may see under the services and the query of the filter, whatever its status and queue.
func (r reads) Counts(ctx context.Context, s Scope, f Filter) (Counts, error) {
	base := func() *conditions {
		c := &conditions{}
		internal := c.scope(s, false)
		if len(f.Services) > 0 {
			c.and("t.service_id = any (" + c.arg(f.Services) + ")")
		}
		if f.Query != "" {
			c.search(s, f.Query, internal)
		}
		return c
	}
	out := Counts{Statuses: map[core.Status]int{}}
	b := &pgx.Batch{}
	count := func(into *int, extra func(*conditions)) {
		c := base()
		extra(c)
		sql := "select count(*) from (select from ticket t where " + c.where() + " limit " + c.arg(countLimit+1) + ") n"
		b.Queue(sql, c.args...).QueryRow(func(row pgx.Row) error {
			if err := row.Scan(into); err != nil {
				return err
			}
			if *into > countLimit {
				*into, out.More = countLimit, true
			}
			return nil
		})
	}
	count(&out.Total, func(*conditions) {})
	count(&out.Open, func(c *conditions) { c.and(undone) })
	count(&out.Mine, func(c *conditions) { c.and(c.mine(s)) })
	statuses := make([]int, len(core.Statuses()))
	for i, status := range core.Statuses() {
		count(&statuses[i], func(c *conditions) { c.and("t.status = " + c.arg(status)) })
	}
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return out, fmt.Errorf("counts: %w", err)
	}
	for i, status := range core.Statuses() {
		out.Statuses[status] = statuses[i]
	}
	return out, nil
}
