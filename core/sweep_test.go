package core

import (
	"slices"
	"testing"
	"time"
)

// The sweep: everybody's roles, alone and in pairs, by every way in which roles are held, before a ticket in every state,
// for every action and everything that is shown. Each cell is compared with the oracle.

const zed, abs, abs2 PersonID = 50, 51, 52 // who is swept; who is away and names zed; who is away and names abs

var granted = map[string]Role{"MS": MainSolver, "S": Solver, "SG": SolverGroupMember, "ES": ExceptionalSolver, "MG": Manager, "RD": Reader, "TR": TicketReporter}

// roleSets are the granted roles: none, each alone, each pair. Approver and requester come with the ticket (A2): they are
// among its states, and so meet all of these.
func roleSets() (sets [][]string) {
	sets = append(sets, nil)
	for i := range columns[:7] {
		sets = append(sets, []string{columns[i]})
		for _, other := range columns[i+1 : 7] {
			sets = append(sets, []string{columns[i], other})
		}
	}
	return sets
}

// seat is a way in which roles are held, or not.
type seat struct {
	name  string
	build func(*stage, Grant) // grants one role that way
	holds func([]string) held // what counts of the roles in the ticket's service
	above func([]string) held // and in that of a ticket above
	setUp func(*stage)
}

func allOf(roles []string) held { return hold(roles...) }
func noneOf([]string) held      { return 0 }

func on(service ServiceID) func(*stage, Grant) {
	return func(s *stage, g Grant) {
		g.Service = service
		s.Grants[service] = append(s.Grants[service], g)
	}
}

func onlyFor(service ServiceID, group RequesterGroupID) func(*stage, Grant) {
	return func(s *stage, g Grant) { g.For = group; on(service)(s, g) }
}

func held7(roles []string, only string) held {
	if slices.Contains(roles, only) {
		return hold(only)
	}
	return 0
}

func below(numbers ...ServiceID) func(*stage) {
	return func(s *stage) {
		for i, service := range numbers {
			s.ancestors = append(s.ancestors, Ancestor{Number: Number(900 + i), Service: service, Requester: s.p["ben"]})
		}
	}
}

// direct comes first: the large grid is swept with it alone.
var seats = []seat{
	{name: "in the service", build: on(printers), holds: allOf},
	{name: "inherited (D23)", build: on(itID), holds: allOf},
	{name: "not inherited (D23)", build: on(itID), holds: noneOf, setUp: func(s *stage) {
		s.Services[printers].Inherit, s.sla = false, false
	}},
	{name: "as members of a group", holds: allOf, build: func(s *stage, g Grant) { g.Person, g.Members = 0, staff; on(printers)(s, g) }},
	{name: "own sub-team (D17)", build: onlyFor(printers, police), holds: allOf, setUp: func(s *stage) {
		s.zed.Groups, s.stranger = []RequesterGroupID{staff, police}, s.p["pat"]
	}},
	{name: "other sub-team (D17)", build: onlyFor(printers, police), holds: noneOf},
	{name: "other service (A86)", build: on(network), holds: noneOf},
	{name: "other organization (A90)", build: on(printers), holds: allOf, setUp: func(s *stage) { s.zed.Organization = vendorOrg }},
	{name: "administrator as well (A87)", build: on(printers), holds: allOf, setUp: func(s *stage) { s.zed.Administrator = true }},
	{name: "child (A54)", build: on(network), holds: noneOf, above: allOf, setUp: below(network)},
	{name: "grandchild (D10)", build: on(network), holds: noneOf, above: allOf, setUp: below(itID, network)},
	{name: "child of another sub-team", build: onlyFor(network, police), holds: noneOf, setUp: below(network)},
	{name: "disabled", build: on(printers), holds: allOf, setUp: func(s *stage) { s.zed.Disabled = true }},
	{name: "delegate (E14)", holds: func(r []string) held { return held7(r, "MS") }, setUp: func(s *stage) { s.standIn(abs) },
		build: func(s *stage, g Grant) { g.Person = abs; on(printers)(s, g) }},
	{name: "delegate's delegate (E14)", holds: noneOf, setUp: func(s *stage) { s.standIn(abs2) },
		build: func(s *stage, g Grant) { g.Person = abs; on(printers)(s, g) }},
	{name: "delegate of before (E14)", holds: noneOf, setUp: func(s *stage) {
		s.away(abs, s.zed, noon.Add(-48*time.Hour), noon.Add(-time.Hour))
	}, build: func(s *stage, g Grant) { g.Person = abs; on(printers)(s, g) }},
}

// stage is a desk with zed in one seat with some roles.
type stage struct {
	*desk
	zed       *Person
	stranger  *Person // the requester, where zed is not
	asked     *Person // whose approval it is, where zed's is meant
	sla       bool
	ancestors []Ancestor
	dir       *Directory
}

func (s *stage) away(who PersonID, delegate *Person, from, until time.Time) {
	s.Absences = append(s.Absences, Absence{Person: s.People[who], From: from, Until: until, Delegate: delegate})
	s.asked = s.People[abs]
}

// standIn makes zed the delegate of who; abs is away as well, and names who.
func (s *stage) standIn(who PersonID) {
	if who != abs {
		s.away(abs, s.People[who], noon.Add(-time.Hour), noon.Add(time.Hour))
	}
	s.away(who, s.zed, noon.Add(-time.Hour), noon.Add(time.Hour))
}

func newStage(p seat, roles []string) *stage {
	s := &stage{desk: newDesk(), sla: true}
	for _, id := range []PersonID{zed, abs, abs2} {
		s.People[id] = &Person{ID: id, Email: "swept@city.test", Name: "Swept", Organization: cityOrg, Origin: Configured}
	}
	s.zed, s.stranger = s.People[zed], s.p["ben"]
	s.zed.Groups, s.asked = []RequesterGroupID{staff}, s.zed
	if p.setUp != nil {
		p.setUp(s)
	}
	for _, name := range roles {
		g := Grant{Person: zed, Role: granted[name]}
		if name == "SG" {
			g.SolverGroup = field
		}
		p.build(s, g)
	}
	s.dir = s.Directory.At(noon)
	return s
}

// state is one value of one dimension of a ticket: what it makes of the ticket, and of the facts.
type state struct {
	name string
	make func(*stage, *Ticket)
	fact func(*stage, *facts)
}

func same(*stage, *Ticket)   {}
func nothing(*stage, *facts) {}

// The dimensions. A new status or state of an approval has to find its place here.
var (
	assignments = []state{
		{"unassigned", same, nothing},
		{"in a group", func(_ *stage, t *Ticket) { t.Group = field }, func(_ *stage, f *facts) { f.group = true }},
		{"in another group", func(_ *stage, t *Ticket) { t.Group = 99 }, func(_ *stage, f *facts) { f.group = true }},
		{"mine", func(s *stage, t *Ticket) { t.Solver = s.zed }, func(_ *stage, f *facts) { f.solver = "me" }},
		{"mine in a group", func(s *stage, t *Ticket) { t.Solver, t.Group = s.zed, field }, func(_ *stage, f *facts) { f.solver, f.group = "me", true }},
		{"another's", func(s *stage, t *Ticket) { t.Solver = s.p["sol"] }, func(_ *stage, f *facts) { f.solver = "other" }},
		{"another's in a group", func(s *stage, t *Ticket) { t.Solver, t.Group = s.p["gus"], field }, func(_ *stage, f *facts) { f.solver, f.group = "other", true }},
	}
	progress = []state{
		inStatus(Open, 0), inStatus(Triaged, 0), inStatus(InProgress, 0), inStatus(Waiting, 0),
		inStatus(Resolved, 7*24*time.Hour), inStatus(Resolved, 7*24*time.Hour+time.Nanosecond),
		inStatus(Closed, time.Hour), inStatus(Closed, 30*24*time.Hour),
	}
	relations = []state{
		{"a stranger's", same, nothing},
		{"own", func(s *stage, t *Ticket) { t.Requester = s.zed }, func(_ *stage, f *facts) { f.owner, f.part = true, true }},
		{"takes part", func(s *stage, t *Ticket) { t.Participants = []*Person{s.p["eva"], s.zed} }, func(_ *stage, f *facts) { f.part = true }},
		{"takes part since later (D15)", func(s *stage, t *Ticket) {
			t.Participants, t.Since = []*Person{s.zed}, map[PersonID]time.Time{zed: noon.Add(time.Second)}
		}, func(_ *stage, f *facts) { f.part, f.since = true, true }},
		{"follows", func(s *stage, t *Ticket) { t.Followers = []*Person{s.p["eva"], s.zed} }, func(_ *stage, f *facts) { f.follow = true }},
	}
	approvals = []state{
		{"nothing asked", same, nothing},
		{"another asked", asks(ApprovalPending, ApprovalPending, false), func(_ *stage, f *facts) { f.pending = true }},
		{"asked", asks(ApprovalPending, ApprovalPending, true), func(s *stage, f *facts) { f.pending, f.asked = true, s.decides(f) }},
		{"decided, others wait", asks(ApprovalPending, ApprovalApproved, true), func(s *stage, f *facts) { f.pending, f.over = true, s.asked == s.zed }},
		{"approved", asks(ApprovalApproved, ApprovalApproved, true), func(s *stage, f *facts) { f.over = s.asked == s.zed }},
		{"rejected", asks(ApprovalRejected, ApprovalRejected, true), func(s *stage, f *facts) { f.over = s.asked == s.zed }},
		{"cancelled", asks(ApprovalCancelled, ApprovalCancelled, true), func(s *stage, f *facts) { f.over = s.asked == s.zed }},
		{"expired", asks(ApprovalExpired, ApprovalExpired, true), func(s *stage, f *facts) { f.over = s.asked == s.zed }},
	}
	turns = []state{
		{"plain", same, nothing},
		{"spam", func(_ *stage, t *Ticket) { t.SpamAt = noon.Add(-30 * 24 * time.Hour) }, func(_ *stage, f *facts) { f.spam = "young" }},
		{"old spam", func(_ *stage, t *Ticket) { t.SpamAt = noon.Add(-30*24*time.Hour - time.Nanosecond) }, func(_ *stage, f *facts) { f.spam = "old" }},
		{"open children", func(_ *stage, t *Ticket) { t.Children, t.OpenChildren = []Number{7, 8}, 1 }, func(_ *stage, f *facts) { f.children = true }},
		{"done children", func(_ *stage, t *Ticket) { t.Children = []Number{7, 8} }, nothing},
		{"others merged into it", func(_ *stage, t *Ticket) { t.Merged, t.Links = []Number{6}, []Number{5} }, nothing},
		{"of another organization", func(_ *stage, t *Ticket) { t.Organization = vendorOrg }, nothing},
		{"withdrawn, with a target", func(_ *stage, t *Ticket) { t.Withdrawn, t.InternalTarget = true, noon }, nothing},
	}
)

func inStatus(to Status, ago time.Duration) state {
	return state{string(to), func(_ *stage, t *Ticket) {
		t.Status = to
		if to == Resolved || to == Closed {
			t.ResolvedAt = noon.Add(-ago)
		}
	}, func(_ *stage, f *facts) { f.status, f.late = to, ago > 7*24*time.Hour }}
}

// asks puts a question to an approver of the street and, where mine, to the one who is swept.
func asks(whole, part ApprovalState, mine bool) func(*stage, *Ticket) {
	return func(s *stage, t *Ticket) {
		other := ApprovalPending
		if whole != ApprovalPending {
			other = whole
		}
		a := &Approval{ID: "a", Rule: AllApprove, State: whole, Approvers: []ApproverState{{Person: s.p["net"], State: other}}}
		if mine {
			a.Approvers = append(a.Approvers, ApproverState{Person: s.asked, State: part})
		}
		t.Approvals = []*Approval{a}
	}
}

// decides: the question to the absent one is their delegate's, but for the requester, who cannot grant their own (E13).
func (s *stage) decides(f *facts) bool {
	return s.asked == s.zed || s.dir.StandsIn(zed, abs) && !f.owner
}

// grid goes through the cells of dimensions.
func grid(dimensions [][]state, do func([]state)) {
	at := make([]state, len(dimensions))
	var step func(int)
	step = func(i int) {
		if i == len(dimensions) {
			do(at)
			return
		}
		for _, at[i] = range dimensions[i] {
			step(i + 1)
		}
	}
	step(0)
}

// situationOf builds a ticket in the states, and the facts that the rules see in it.
func (s *stage) situationOf(p seat, roles []string, states []state) (*Ticket, facts) {
	f := facts{held: p.holds(roles), sla: s.sla, outcast: s.zed.Disabled}
	if p.above != nil {
		f.above = p.above(roles)
	}
	t := s.ticket()
	t.Requester, t.Ancestors = s.stranger, s.ancestors
	for _, x := range states {
		x.make(s, t)
		x.fact(s, &f)
	}
	return t, f
}

// impossible: nobody is asked to approve their own request (E13; Ask refuses it).
func (s *stage) impossible(f facts) bool { return f.owner && (f.asked || f.over) && s.asked == s.zed }

func result(err error) string {
	e, ok := err.(*Error)
	switch {
	case err == nil:
		return "ok"
	case ok && e.Code == Conflict:
		return "conflict " + e.Key
	case ok:
		return string(e.Code)
	}
	return err.Error()
}

// sweep compares one situation, cell by cell, and returns how many it had.
func (s *stage) sweep(t *testing.T, m marks, table []decision, name func() string, ticket *Ticket, f facts) (cells int) {
	standing := StandingOf(s.dir, ticket, s.zed)
	var offered []Action
	for i := range table {
		d := &table[i]
		want := d.outcome(m, f)
		if got := result(Decide(s.dir, ticket, standing, d.action, noon)); got != want {
			t.Errorf("%s: %s is %q, want %q; %v", name(), d.action, got, want, f)
		}
		if want == "ok" {
			offered = append(offered, d.action)
		}
		cells++
	}
	view := ViewOf(s.dir, ticket, standing, noon)
	if !slices.Equal(view.Actions, offered) {
		t.Errorf("%s: offered %q, want %q; %v", name(), view.Actions, offered, f)
	}
	_, note := ViewOfRecord(&Record{Kind: KindNote, Text: "x", At: noon}, standing)
	_, shown := ViewOfRecord(&Record{Kind: KindMessage, Text: "x", At: noon, ShowToRequester: true}, standing)
	roles, _ := s.dir.RolesOf(s.zed, printers, ticket.Requester)
	_, sla := s.dir.SLAFor(s.zed, printers)
	got := []bool{view.Number != 0, note, shown, standing.May(LogCreate), roles.Grade(TicketCreateOnBehalf) == Allowed, sla, MayReceive(roles)}
	for i, look := range looks {
		if want := look.want(m, f); got[i] != want {
			t.Errorf("%s: %s is %v, want %v; %v", name(), look.name, got[i], want, f)
		}
		cells++
	}
	return cells
}

func (s *stage) all(t *testing.T, p seat, roles []string, dimensions [][]state) (cells int) {
	m, table := readMarks(t), readDecisions(t)
	grid(dimensions, func(states []state) {
		ticket, f := s.situationOf(p, roles, states)
		if s.impossible(f) || t.Failed() { // the first says enough
			return
		}
		cells += s.sweep(t, m, table, func() string {
			name := p.name
			for _, x := range states {
				name += ", " + x.name
			}
			return name
		}, ticket, f)
	})
	return cells
}

// Every role in the ticket's service, before a ticket in every state; pairs of roles before tickets in fewer.
func TestSweepRolesActionsStates(t *testing.T) {
	t.Parallel()
	cells := 0
	for _, roles := range roleSets() {
		s := newStage(seats[0], roles)
		if len(roles) < 2 {
			cells += s.all(t, seats[0], roles, [][]state{assignments, progress, relations, approvals[:4], turns[:4]})
		} else {
			cells += s.all(t, seats[0], roles, [][]state{assignments, {progress[0], progress[4], progress[5]}, relations, approvals[:3], turns[:2]})
		}
	}
	swept(t, cells, 1_000_000)
}

// Every role, and pair of roles, by every way in which they are held or not; and what only seems to matter of a ticket.
func TestSweepRolesSeats(t *testing.T) {
	t.Parallel()
	cells := 0
	for _, p := range seats {
		for _, roles := range roleSets() {
			s := newStage(p, roles)
			if len(roles) < 2 {
				cells += s.all(t, p, roles, [][]state{{assignments[0], assignments[1], assignments[3], assignments[5]}, {progress[0], progress[5]}, relations, approvals})
				cells += s.all(t, p, roles, [][]state{assignments[5:6], {progress[0], progress[4]}, relations[:2], turns})
			} else {
				cells += s.all(t, p, roles, [][]state{{assignments[0], assignments[3], assignments[5]}, progress[:1], relations, approvals[:3]})
			}
		}
	}
	swept(t, cells, 1_000_000)
}

func swept(t *testing.T, cells, least int) {
	t.Helper()
	if cells < least {
		t.Errorf("only %d cells", cells)
	}
	t.Logf("%d cells", cells)
}
