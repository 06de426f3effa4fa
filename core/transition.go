package core

import "time"

// SetStatus moves the ticket among open, triaged, in progress and waiting, or to closed from resolved (D1). Resolving and
// reopening are acts of their own (Resolve, Reopen).
func (t *Ticket) SetStatus(to Status, now time.Time) error {
	switch {
	case !ValidStatus(to):
		return BadInput("status", "error.status.unknown", string(to))
	case to == t.Status:
		return Refuse(Conflict, "error.status.same", string(to))
	case to == Resolved:
		if t.Status.Done() {
			return Refuse(Conflict, "error.status.done", string(t.Status))
		}
		t.Status, t.ResolvedAt = Resolved, now
		t.WaitingSince, t.Reminded = time.Time{}, 0
	case to == Closed:
		if t.Status != Resolved {
			return Refuse(Conflict, "error.status.close_unresolved")
		}
		t.Status, t.ClosedAt = Closed, now
	case t.Status.Done():
		return Refuse(Conflict, "error.status.done", string(t.Status))
	default:
		t.Status = to
		t.WaitingSince, t.Reminded = time.Time{}, 0
		if to == Waiting {
			t.WaitingSince = now
		}
	}
	return nil
}

// Resolve ends the work. Resolved as manager, the ticket becomes theirs (A47, D5); the rule is the operation's.
func (t *Ticket) Resolve(now time.Time) error { return t.SetStatus(Resolved, now) }

// Reopen brings a resolved or closed ticket back: to in progress if there is a solver, else open (D1).
func (t *Ticket) Reopen() error {
	if !t.Status.Done() {
		return Refuse(Conflict, "error.reopen.not_done", string(t.Status))
	}
	t.resume()
	t.ResolvedAt, t.ClosedAt, t.Withdrawn = time.Time{}, time.Time{}, false
	return nil
}

func (t *Ticket) resume() {
	t.Status = Open
	if t.Solver != nil {
		t.Status = InProgress
	}
	t.WaitingSince, t.Reminded = time.Time{}, 0
}

// Withdraw ends a ticket that its requester does not need any more (D25).
func (t *Ticket) Withdraw(now time.Time) error {
	if err := t.Resolve(now); err != nil {
		return err
	}
	t.Withdrawn = true
	return nil
}

// Move puts the ticket into another service; who cannot have it there loses it (E6). What loses solver and group is
// triaged again (D1).
func (t *Ticket) Move(to ServiceID, sla SLAID, solver *Person, group SolverGroupID) {
	t.Service, t.SLA, t.Solver, t.Group = to, sla, solver, group
	if t.Solver == nil && t.Group == 0 && t.Status != Open {
		t.Status = Triaged
		t.WaitingSince, t.Reminded = time.Time{}, 0
	}
}

// Assign gives the ticket to a solver, a group, or a group and one of its members; the first assignment moves open to
// triaged (D1). A done ticket is not assigned.
func (t *Ticket) Assign(solver *Person, group SolverGroupID) error {
	if t.Status.Done() {
		return Refuse(Conflict, "error.assign.done", string(t.Status))
	}
	if t.Group == group && (t.Solver == nil) == (solver == nil) && (solver == nil || t.SolvedBy(solver.ID)) {
		return Refuse(Conflict, "error.assign.same")
	}
	t.Solver, t.Group = solver, group
	if t.Status == Open {
		t.Status = Triaged
	}
	return nil
}

// Return gives the ticket back to the main solvers: no solver, no group, triaged (D1, E5).
func (t *Ticket) Return() error {
	if t.Status.Done() {
		return Refuse(Conflict, "error.assign.done", string(t.Status))
	}
	if t.Solver == nil && t.Group == 0 {
		return Refuse(Conflict, "error.return.unassigned")
	}
	t.Solver, t.Group, t.Status = nil, 0, Triaged
	t.WaitingSince, t.Reminded = time.Time{}, 0
	return nil
}

// PublicReplyByTeam notes a public message by the team: the first one is the first response and moves the ticket on to
// in progress (D1, E11).
func (t *Ticket) PublicReplyByTeam(now time.Time) {
	if !t.FirstResponse.IsZero() {
		return
	}
	t.FirstResponse = now
	if t.Status == Open || t.Status == Triaged {
		t.Status = InProgress
	}
}

// MessageByRequester notes a message of the requester's side: it ends waiting (E9).
func (t *Ticket) MessageByRequester() {
	if t.Status == Waiting {
		t.resume()
	}
}
