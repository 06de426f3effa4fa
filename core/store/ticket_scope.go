package store

import (
	"cmp"
	"slices"
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

// services are all in which one of the grants holds.
func (g Grants) services() []core.ServiceID {
	return append(slices.Clone(g.Services), g.PairServices...)
}

// Empty tells whether nothing is granted.
func (g Grants) Empty() bool { return len(g.services()) == 0 }

// Within keeps what is granted in the services.
func (g Grants) Within(services []core.ServiceID) (kept Grants) {
	for _, id := range g.Services {
		if slices.Contains(services, id) {
			kept.Add(id, 0)
		}
	}
	for i, id := range g.PairServices {
		if slices.Contains(services, id) {
			kept.Add(id, g.PairGroups[i])
		}
	}
	return kept
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

// apart is up to how many services each are a way of their own.
const apart = 12

// ways are how the person sees tickets. They are asked one by one and joined: each has an index that gives its newest
// tickets first, which one condition that names them all would not have.
func (c *conditions) ways(s Scope) []string {
	me := c.arg(s.Person)
	var ways []string
	if len(s.View.Services) <= apart {
		for _, id := range s.View.Services {
			ways = append(ways, "t.service_id = "+c.arg(id))
		}
		s.View.Services = nil
	}
	if view := c.holds("t", s.View); view != "" {
		ways = append(ways, "("+view+")")
	}
	if sole := c.holds("t", s.Sole); sole != "" {
		ways = append(ways, "t.solver_id = "+me+" and ("+sole+")")
	}
	if team := c.holds("p", s.Team); team != "" { // A54, D10
		ways = append(ways, belowOf(team))
	}
	return append(ways,
		followed(me),
		c.asked(s, me), // A64, E14
		"t.requester_id = "+me,
		participates(me, ""))
}

func participates(me, since string) string {
	return "t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'participant'" + since + ")"
}

// belowOf: they stand below a ticket p of which the condition holds.
func belowOf(team string) string {
	return "t.number in (select a.ticket_number from ticket_ancestor a join ticket p on p.number = a.ancestor_number where " + team + ")"
}

func followed(me string) string {
	return "t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'follower')"
}

// asked: a decision is waited for, theirs or of somebody they stand in for.
func (c *conditions) asked(s Scope, me string) string {
	return `t.number in (select q.ticket_number from approver s join approval q on q.id = s.approval_id join ticket x on x.number = q.ticket_number
		where s.state = 'pending' and q.state = 'pending'
		and (s.person_id = ` + me + ` or s.person_id = any (` + c.arg(s.StandsFor) + `) and x.requester_id not in (s.person_id, ` + me + `)))`
}

// newest asks for the numbers of what the person sees under the conditions, newest first, no more than the limit.
func (c *conditions) newest(ways []string, limit int) string {
	end := " order by t.number desc limit " + c.arg(limit)
	return "select t.number from (" + c.each(ways, end) + ") t" + end
}

// newestOfFew is newest where the conditions leave few tickets that an index finds: these are gathered before they are put
// in order, or the database would rather walk all tickets from the newest on.
func (c *conditions) newestOfFew(ways []string, limit int) string {
	return "select t.number from (" + c.each(ways, " offset 0") + ") t order by t.number desc limit " + c.arg(limit)
}

// soonest asks for the numbers of those whose deadline passed first, for counting them.
func (c *conditions) soonest(ways []string, limit int) string {
	most := " limit " + c.arg(limit)
	return "select t.number from (" + c.each(ways, " order by t.due_at"+most) + ") t" + most
}

// each asks way by way and joins the answers.
func (c *conditions) each(ways []string, end string) string {
	var selects []string
	for _, w := range ways {
		selects = append(selects, "(select t.number from ticket t where "+w+"\n and "+c.where()+end+")")
	}
	return strings.Join(selects, "\nunion\n")
}

// begin are the conditions that every list has, and the ways in which the person sees tickets.
func begin(s Scope, f Filter) (*conditions, []string) {
	c := &conditions{}
	ways := c.ways(s)
	c.always(s, f)
	return c, ways
}

// always: nothing that was merged, and spam only in its own list, for main solvers (D25); the filter's services.
func (c *conditions) always(s Scope, f Filter) {
	c.and("t.merged_into is null")
	if f.Queue == "spam" {
		c.and("t.spam_at is not null and (" + cmp.Or(c.holds("t", s.Main), "false") + ")")
	} else {
		c.and("t.spam_at is null")
	}
	if len(f.Services) > 0 {
		c.and("t.service_id = any (" + c.arg(f.Services) + ")")
	}
}

const undone = "t.status not in ('resolved', 'closed')"

// overdue says that a deadline that was not met has passed (D19). The clock of what is done, merged or spam has no next one.
func (c *conditions) overdue(now time.Time) string {
	return undone + " and t.due_at < " + c.arg(now)
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
