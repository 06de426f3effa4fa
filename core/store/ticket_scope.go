package store

import (
	"cmp"
	"maps"
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

// sight is one way in which somebody sees tickets. They are asked one by one and joined: each has an index that gives its
// newest tickets first, which one condition that names them all would not have.
type sight struct {
	each   string // what tickets are asked for one by one, as a table g; "" = they are asked for once
	where  string // the condition on ticket t, for a row of g
	holds  string // the same for any row of g
	inside bool   // they see there what requesters do not: priority, group
}

// sights are all ways in which the person sees tickets.
func (c *conditions) sights(s Scope) []sight {
	me := c.arg(s.Person)
	list := c.granted(s.View, "")
	if sole := c.holds("t", s.Sole); sole != "" {
		list = append(list, within("t.solver_id = "+me+" and ("+sole+")"))
	}
	if team := c.holds("p", s.Team); team != "" { // A54, D10
		list = append(list, among(belowOf(team), `exists (select from ticket_ancestor a, lateral (select from ticket p where p.number = a.ancestor_number and (`+team+`) offset 0) p
			where a.ticket_number = t.number)`, true))
	}
	asked := c.asked(s, me) // A64, E14
	return append(list,
		among(followed(me), followed(me), true),
		among(asked, asked, true),
		sight{"", "t.requester_id = " + me, "t.requester_id = " + me, false},
		among(participates(me, ""), participates(me, ""), false))
}

// among: the condition names the tickets, t.number in (few). These are gone through, or the database would rather walk all
// tickets from the newest on.
func among(in, holds string, inside bool) sight {
	return sight{"(select distinct number from " + strings.TrimPrefix(in, "t.number in ") + " x (number)) g", "t.number = g.number", holds, inside}
}

func within(where string) sight { return sight{"", where, where, true} }

// granted is what the grants let somebody see, of which the condition holds too.
func (c *conditions) granted(g Grants, and string) (list []sight) {
	if len(g.Services) > 0 {
		ids := c.arg(g.Services)
		list = append(list, sight{unnest("g (id)", ids), "t.service_id = g.id" + and, "t.service_id = any (" + ids + ")" + and, true})
	}
	if len(g.PairServices) > 0 {
		pairs := unnest("g (id, members)", c.arg(g.PairServices), c.arg(g.PairGroups))
		where := "t.service_id = g.id and exists (select from requester_group_person m where m.group_id = g.members and m.person_id = t.requester_id)" + and
		list = append(list, sight{pairs, where, "exists (select from " + pairs + " where " + where + ")", true})
	}
	return list
}

// unnest makes a table of arrays of ids. The planner does not see how long they are, or it would plan anew each time, which
// takes longer than the list.
func unnest(as string, arrays ...string) string {
	for i, a := range arrays {
		arrays[i] = "(select " + a + "::bigint[])"
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") " + as
}

// seen: they are seen in one of the ways.
func seen(sights []sight) string {
	var or []string
	for _, w := range sights {
		or = append(or, w.holds)
	}
	return "((" + strings.Join(or, ")\n or (") + "))"
}

func participates(me, since string) string {
	return "t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'participant'" + since + ")"
}

// belowOf: they stand below a ticket p of which the condition holds.
func belowOf(team string) string {
	return "t.number in (select a.ticket_number from ticket_ancestor a where exists (select from ticket p where p.number = a.ancestor_number and (" + team + ") offset 0))"
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

// begin are the conditions that every list has, and the ways in which its tickets are found: those in which the person
// sees tickets, or what is more selective.
func begin(s Scope, f Filter) (*conditions, []sight) {
	c := &conditions{}
	sights := c.sights(s)
	if f.inside() {
		sights = slices.DeleteFunc(sights, func(w sight) bool { return !w.inside })
	}
	c.always(s, f)
	var few []sight
	switch {
	case f.Queue == "mine":
		few = c.queue(s)
	case f.Queue == "approval":
		asked := c.asked(s, c.arg(s.Person))
		few = []sight{among(asked, asked, true)}
	case f.Solver != 0:
		few = []sight{within("t.solver_id = " + c.arg(f.Solver))}
	case len(f.Groups) > 0:
		groups := c.arg(f.Groups)
		few = []sight{{unnest("g (id)", groups), "t.group_id = g.id", "t.group_id = any (" + groups + ")", true}}
	default:
		return c, sights
	}
	c.and(seen(sights))
	return c, few
}

// always: nothing that was merged, and spam only in its own list, for main solvers (D25); what the filter leaves whatever
// the status and queue.
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
	if f.Category != "" {
		c.and("t.category = " + c.arg(f.Category))
	}
	if f.Priority != "" {
		c.and("t.priority = " + c.arg(f.Priority))
	}
	if f.Solver != 0 {
		c.and("t.solver_id = " + c.arg(f.Solver))
	}
	if len(f.Groups) > 0 {
		c.and("t.group_id = any (" + c.arg(f.Groups) + ")")
	}
}

const (
	undone   = "t.status not in ('resolved', 'closed')"
	untaken  = "t.solver_id is null and t.group_id is null"
	mostOpen = untaken + " and " + undone // what an index is limited to
)

// overdue says that a deadline that was not met has passed (D19). The clock of what is done, merged or spam has no next one.
func (c *conditions) overdue(now time.Time) string {
	return undone + " and t.due_at < " + c.arg(now)
}

// queue is where the person's queue is found (D19).
func (c *conditions) queue(s Scope) []sight {
	list := []sight{within("t.solver_id = " + c.arg(s.Person))}
	if len(s.Groups) > 0 {
		var groups, services, members []int64
		for _, group := range slices.Sorted(maps.Keys(s.Groups)) {
			where := s.Groups[group]
			for i, id := range where.services() {
				limit := core.RequesterGroupID(0)
				if pair := i - len(where.Services); pair >= 0 {
					limit = where.PairGroups[pair]
				}
				groups, services, members = append(groups, int64(group)), append(services, int64(id)), append(members, int64(limit))
			}
		}
		g := c.arg(groups)
		holds := "t.solver_id is null and exists (select from " + unnest("x (grp, id, members)", g, c.arg(services), c.arg(members)) + `
			where x.grp = t.group_id and x.id = t.service_id and (x.members = 0
				or exists (select from requester_group_person m where m.group_id = x.members and m.person_id = t.requester_id)))`
		list = append(list, sight{"(select distinct id from " + unnest("y (id)", g) + ") g", "t.group_id = g.id and " + holds, holds, true})
	}
	return append(list, c.granted(s.Main, " and "+mostOpen)...)
}

// mine: it is in the person's queue.
func (c *conditions) mine(s Scope) string { return "(" + undone + " and " + seen(c.queue(s)) + ")" }
