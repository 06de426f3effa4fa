package core

import "time"

// Standing is what one person is to one ticket: the roles held in its service for its requester, and their part in the
// ticket itself. Every question "may they?" is put to a Standing; nothing else looks at roles.
type Standing struct {
	Person  *Person
	Roles   RoleSet         // granted roles, plus Requester where they take part
	Groups  []SolverGroupID // solver groups they are in
	Solver  bool            // the ticket is assigned to them
	Owner   bool            // they are its requester
	Part    bool            // requester or participant of the ticket
	Follows bool
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
	}
	return s
}

// counting is the set of roles that count on this very ticket: an exceptional solver's only while the ticket is theirs
// (A43–A45), a ticket reporter's not at all (A60), a follower's are a reader's on the log (D14).
func (s Standing) counting() RoleSet {
	roles := s.Roles &^ bitOf(TicketReporter)
	if !s.Solver {
		roles &^= bitOf(ExceptionalSolver)
	}
	return roles
}

// Sees tells whether the person can see the ticket at all: by the service (A3), as exceptional solver of it (A43), as
// requester or participant (A66, A84) or as follower (A58). Administrators have no way in by that (A87, D13).
func (s Standing) Sees() bool {
	roles := s.counting()
	return roles.Grade(TicketViewAllInService) == Allowed || roles.Has(ExceptionalSolver) || s.Part || s.Follows
}

// Grade looks a permission up for this ticket; what cannot be seen cannot be acted on.
func (s Standing) Grade(p Permission) Grade {
	if !s.Sees() {
		return Denied
	}
	g := s.counting().Grade(p)
	if s.Follows && g < Allowed {
		switch p {
		case LogViewAll, LogViewShownToRequester, LogCreate: // A18–A20 (D14)
			g = max(g, RoleSet(0).With(Reader).Grade(p))
		}
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

// TeamSide tells whether what the person writes here is the desk speaking: they read the whole log, and the ticket is
// not their own request (a solver's own ticket is a request like any other, unless they solve it themselves).
func (s Standing) TeamSide() bool { return s.SeesInternal() && (!s.Owner || s.Solver) }

// MayAddFollower tells whether the person may name followers of the ticket: team members, readers and followers (D14).
func (s Standing) MayAddFollower() bool {
	return s.Sees() && (s.Roles.Team() || s.Roles.Has(Reader) || s.Follows)
}

// MayReopen tells whether the person may bring a done ticket back: who may solve it, the team without limit, requesters
// and participants within the deadline (A79, A80, D16). A manager who resolved is its solver now (A47), and may not solve
// what is assigned to them; as a team member they may still reopen it.
func (s Standing) MayReopen(d *Directory, t *Ticket, now time.Time) bool {
	return s.MaySolve(t) || s.Sees() && s.Roles.Team() || s.MayReopenAsRequester(d, t, now)
}

// MayReceive tells whether the ticket may be assigned to the person: roles with "assigned to me" take tickets, managers
// never do (A49).
func MayReceive(roles RoleSet) bool { return roles.Grade(NotifyAssignedToMe) == Allowed }
