package core

import (
	"slices"
	"time"
)

// Standing is what one person is to one ticket: the roles held in its service for its requester, and their part in the
// ticket itself. Every question "may they?" is put to a Standing; nothing else looks at roles.
type Standing struct {
	Person   *Person
	Roles    RoleSet         // granted roles, plus Requester where they take part and Approver where they are asked
	Groups   []SolverGroupID // solver groups they are in
	Solver   bool            // the ticket is assigned to them
	Owner    bool            // they are its requester
	Part     bool            // requester or participant of the ticket
	Follows  bool
	Approves bool      // a decision of theirs, or of somebody they stand in for, is waited for (A64, E14)
	Above    bool      // they are in the team of a ticket above this one (A54)
	Since    time.Time // a participant who sees only what is later (D15); zero = everything
	later    bool      // they came after the request was written, and are not shown it
	shown    []string  // optional fields that the service shows to requesters (A76)
	fields   []string  // custom fields that it shows to them (D27)
}

// StandingOf finds a person's standing in a ticket.
func StandingOf(d *Directory, t *Ticket, p *Person) Standing {
	s := Standing{Person: p}
	if p == nil || p.Disabled {
		return s
	}
	s.Roles, s.Groups = d.RolesOf(p, t.Service, t.Requester)
	s.Solver, s.Part, s.Follows = t.SolvedBy(p.ID), t.TakesPart(p.ID), t.Follows(p.ID)
	s.Owner = t.Requester != nil && t.Requester.ID == p.ID
	if s.Part {
		s.Roles = s.Roles.With(Requester)
		s.Since = t.Since[p.ID]
		s.later = !s.Owner && s.Since.After(t.CreatedAt)
	}
	if len(t.Approvals) > 0 && len(approvalsWaitingFor(d, t, p)) > 0 {
		s.Approves, s.Roles = true, s.Roles.With(Approver)
	}
	s.Above = slices.ContainsFunc(t.Ancestors, func(a Ancestor) bool { // ES and RD do not inherit it (D10)
		roles, _ := d.RolesOf(p, a.Service, a.Requester)
		return roles.Team()
	})
	s.show(d, t)
	return s
}

// requesterStandingOf is the standing of the ticket's requester as no more than that, whichever roles they have besides.
func requesterStandingOf(d *Directory, t *Ticket) Standing {
	s := Standing{Person: t.Requester, Roles: RoleSet(0).With(Requester), Owner: true, Part: true}
	s.show(d, t)
	return s
}

// show notes what the ticket's service shows to requesters (A76, D27).
func (s *Standing) show(d *Directory, t *Ticket) {
	if service := d.Services[t.Service]; service != nil {
		s.shown, s.fields = service.RequesterSees, d.requesterFields(t.Service)
	}
}

// counting is the set of roles that count on this very ticket: an exceptional solver's only while the ticket is theirs
// (A43–A45). A ticket reporter's gives no view by itself, yet adds up with what another role lets them see (A60, D11).
func (s Standing) counting() RoleSet {
	if !s.Solver {
		return s.Roles &^ bitOf(ExceptionalSolver)
	}
	return s.Roles
}

// Sees tells whether the person can see the ticket at all: by the service (A3), as exceptional solver of it (A43), as
// requester or participant (A66, A84), as follower (A58), as approver (A64) or through a ticket above it (A54).
// Administrators have no way in by that (A87, D13).
func (s Standing) Sees() bool {
	roles := s.counting()
	return roles.Grade(TicketViewAllInService) == Allowed || roles.Has(ExceptionalSolver) || s.Part || s.Follows || s.Approves || s.Above
}

// Grade looks a permission up for this ticket; what cannot be seen cannot be acted on.
func (s Standing) Grade(p Permission) Grade {
	if !s.Sees() {
		return Denied
	}
	g := s.counting().Grade(p)
	switch {
	case g == Allowed:
	case s.Follows && (p == LogViewAll || p == LogViewShownToRequester || p == LogCreate): // A18–A20 (D14)
		g = max(g, RoleSet(0).With(Reader).Grade(p))
	case s.Above && (p == LogViewAll || p == LogViewShownToRequester): // read-only (D10)
		g = Allowed
	}
	return g
}

// May tells whether the permission is fully given on this ticket.
func (s Standing) May(p Permission) bool { return s.Grade(p) == Allowed }

// MaySolve tells whether the person may solve the ticket in its present state: the row among A13–A16 that fits it.
func (s Standing) MaySolve(t *Ticket) bool { return s.May(SolveRow(t, s.Person)) }

// SolveRow picks the row of the matrix that governs solving the ticket now (A13–A16).
func SolveRow(t *Ticket, p *Person) Permission {
	switch {
	case t.Solver != nil && p != nil && t.Solver.ID == p.ID:
		return TicketSolveAssignedToMe
	case t.Solver != nil:
		return TicketSolveAssignedToAnother
	case t.Group != 0:
		return TicketSolveInGroup
	}
	return TicketSolveUnassigned
}

// SeesInternal tells whether the whole log may be read, internal records included (A18).
func (s Standing) SeesInternal() bool { return s.May(LogViewAll) }

// SeesField tells whether the person is shown a field that requesters do not see by themselves: who reads the whole
// log does, others where the service switched it on (A68–A76).
func (s Standing) SeesField(f Field) bool {
	return s.SeesInternal() || s.Sees() && slices.Contains(s.shown, string(f))
}

// TeamSide tells whether what the person writes here is the desk speaking: they read the whole log, and the ticket is
// not their own request (a solver's own ticket is a request like any other, unless they solve it themselves).
func (s Standing) TeamSide() bool { return s.SeesInternal() && (!s.Owner || s.Solver) }

// MayAddFollower tells whether the person may name followers of the ticket: team members, readers and followers (D14).
func (s Standing) MayAddFollower() bool {
	return s.Sees() && (s.Roles.Team() || s.Roles.Has(Reader) || s.Follows)
}

// MayReopenAsRequester tells whether a requester or participant is still within the reopen deadline (A79, A80, D16:
// inclusive). The team has no limit.
func (s Standing) MayReopenAsRequester(d *Directory, t *Ticket, now time.Time) bool {
	service := d.Services[t.Service]
	if !s.Part || service == nil || t.ResolvedAt.IsZero() {
		return false
	}
	until, ok := service.ReopenUntil(t.ResolvedAt)
	return ok && !now.After(until)
}

// MayReceive tells whether the ticket may be assigned to the person: roles with "assigned to me" take tickets, managers
// never do (A49).
func MayReceive(roles RoleSet) bool { return roles.Grade(NotifyAssignedToMe) == Allowed }
