package store

import (
	"cmp"
	"strconv"
	"strings"
	"time"

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

// way is one of the ways in which somebody sees tickets, as a condition on ticket t; by an internal one they read the
// whole log.
type way struct {
	sql      string
	internal bool
}

// apart is up to how many services each are a way of their own.
const apart = 12

// ways are how the person sees tickets. They are asked one by one and joined: each has an index that gives its newest
// tickets first, which one condition that names them all would not have.
func (c *conditions) ways(s Scope) []way {
	me := c.arg(s.Person)
	var ways []way
	if len(s.View.Services) <= apart {
		for _, id := range s.View.Services {
			ways = append(ways, way{"t.service_id = " + c.arg(id), true})
		}
		s.View.Services = nil
	}
	if view := c.holds("t", s.View); view != "" {
		ways = append(ways, way{"(" + view + ")", true})
	}
	if sole := c.holds("t", s.Sole); sole != "" {
		ways = append(ways, way{"t.solver_id = " + me + " and (" + sole + ")", true})
	}
	if team := c.holds("p", s.Team); team != "" { // A54, D10
		ways = append(ways, way{"t.number in (select a.ticket_number from ticket_ancestor a join ticket p on p.number = a.ancestor_number where " + team + ")", true})
	}
	return append(ways,
		way{"t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'follower')", true},
		way{`t.number in (select q.ticket_number from approver s join approval q on q.id = s.approval_id join ticket x on x.number = q.ticket_number
			where s.state = 'pending' and q.state = 'pending'
			and (s.person_id = ` + me + ` or s.person_id = any (` + c.arg(s.StandsFor) + `) and x.requester_id not in (s.person_id, ` + me + `)))`, true}, // A64, E14
		way{"t.requester_id = " + me, false},
		way{"t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'participant')", false})
}

// newest asks for the numbers of what the person sees under the conditions, newest first, no more than the limit.
func (c *conditions) newest(ways []way, limit int) string {
	end := " order by t.number desc limit " + c.arg(limit)
	return "select t.number from (" + c.each(ways, end) + ") t" + end
}

// newestOfFew is newest where the conditions leave few tickets that an index finds: these are gathered before they are put
// in order, or the database would rather walk all tickets from the newest on.
func (c *conditions) newestOfFew(ways []way, limit int) string {
	return "select t.number from (" + c.each(ways, " offset 0") + ") t order by t.number desc limit " + c.arg(limit)
}

// soonest asks for the numbers of those whose deadline passed first, for counting them.
func (c *conditions) soonest(ways []way, limit int) string {
	most := " limit " + c.arg(limit)
	return "select t.number from (" + c.each(ways, " order by t.due_at"+most) + ") t" + most
}

// each asks way by way and joins the answers.
func (c *conditions) each(ways []way, end string) string {
	var selects []string
	for _, w := range ways {
		selects = append(selects, "(select t.number from ticket t where "+w.sql+"\n and "+c.where()+end+")")
	}
	return strings.Join(selects, "\nunion\n")
}

// begin are the conditions that every list has: nothing that was merged, and spam only in its own list, for main solvers
// (D25); the filter's services and its query.
func begin(s Scope, f Filter) (*conditions, []way) {
	c := &conditions{}
	ways := c.ways(s)
	c.and("t.merged_into is null")
	if f.Queue == "spam" {
		c.and("t.spam_at is not null and (" + cmp.Or(c.holds("t", s.Main), "false") + ")")
	} else {
		c.and("t.spam_at is null")
	}
	if len(f.Services) > 0 {
		c.and("t.service_id = any (" + c.arg(f.Services) + ")")
	}
	if f.Query != "" {
		var internal []string
		for _, w := range ways {
			if w.internal {
				internal = append(internal, w.sql)
			}
		}
		c.search(s, f.Query, "("+strings.Join(internal, " or ")+")")
	}
	return c, ways
}

const undone = "t.status not in ('resolved', 'closed')"

// overdue: a deadline that was not met has passed (D19). The clock of what is done, merged or spam has no next one.
func (c *conditions) overdue(now time.Time) {
	c.and(undone + " and t.due_at < " + c.arg(now))
}

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
