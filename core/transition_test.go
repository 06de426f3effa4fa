package core

import (
	"testing"
	"time"
)

// D1, cell by cell: which status follows which by SetStatus.
func TestStatusChanges(t *testing.T) {
	t.Parallel()
	allowed := map[Status]map[Status]bool{
		Open:       {Triaged: true, InProgress: true, Waiting: true, Resolved: true},
		Triaged:    {Open: true, InProgress: true, Waiting: true, Resolved: true},
		InProgress: {Open: true, Triaged: true, Waiting: true, Resolved: true},
		Waiting:    {Open: true, Triaged: true, InProgress: true, Resolved: true},
		Resolved:   {Closed: true},
		Closed:     {},
	}
	for _, from := range Statuses() {
		for _, to := range append(Statuses(), "new", "") {
			ticket := &Ticket{Status: from}
			err := ticket.SetStatus(to, noon)
			switch {
			case allowed[from][to] && (err != nil || ticket.Status != to):
				t.Errorf("%s → %s: %v, now %s", from, to, err, ticket.Status)
			case !allowed[from][to] && (err == nil || ticket.Status != from):
				t.Errorf("%s → %s is allowed", from, to)
			case !ValidStatus(to) && CodeOf(err) != Invalid, ValidStatus(to) && err != nil && CodeOf(err) != Conflict:
				t.Errorf("%s → %s: %v", from, to, err)
			case err == nil && to == Resolved && ticket.ResolvedAt != noon, err == nil && to == Closed && ticket.ClosedAt != noon:
				t.Errorf("%s → %s notes no time", from, to)
			}
		}
	}
}

// D1: out of resolved and closed only by reopening, to in progress where there is a solver, else open.
func TestReopen(t *testing.T) {
	t.Parallel()
	for _, from := range Statuses() {
		for _, solver := range []*Person{nil, {ID: 1}} {
			ticket := &Ticket{Status: from, Solver: solver, ResolvedAt: noon, ClosedAt: noon}
			err := ticket.Reopen()
			if !from.Done() {
				if CodeOf(err) != Conflict {
					t.Errorf("%s is reopened", from)
				}
				continue
			}
			want := Open
			if solver != nil {
				want = InProgress
			}
			if err != nil || ticket.Status != want || !ticket.ResolvedAt.IsZero() || !ticket.ClosedAt.IsZero() {
				t.Errorf("%s with solver %v: %v, %+v", from, solver, err, ticket)
			}
		}
	}
}

// D1, E5: the first assignment moves open to triaged, a return leads to triaged; done tickets are neither.
func TestAssignAndReturn(t *testing.T) {
	t.Parallel()
	sol := &Person{ID: 7}
	for _, from := range Statuses() {
		ticket := &Ticket{Status: from}
		err := ticket.Assign(sol, field)
		want := from
		if from == Open {
			want = Triaged
		}
		if from.Done() != (CodeOf(err) == Conflict) || ticket.Status != want {
			t.Errorf("assign in %s: %v, now %s", from, err, ticket.Status)
		}
		if from.Done() {
			if err := (&Ticket{Status: from, Solver: sol}).Return(); CodeOf(err) != Conflict {
				t.Errorf("return in %s: %v", from, err)
			}
			continue
		}
		if err := ticket.Assign(&Person{ID: 7}, field); CodeOf(err) != Conflict {
			t.Errorf("assigning to whom has it: %v", err)
		}
		if err := ticket.Assign(nil, field); err != nil || ticket.Solver != nil {
			t.Errorf("to the whole group: %v", err)
		}
		if err := ticket.Return(); err != nil || ticket.Status != Triaged || ticket.Group != 0 {
			t.Errorf("return: %v, %+v", err, ticket)
		}
		if err := ticket.Return(); CodeOf(err) != Conflict {
			t.Errorf("a second return: %v", err)
		}
	}
}

// E11, D1: the first public message of the team is the first response, and only it moves the status. E9: a message of the
// requester's side ends waiting.
func TestMessagesMoveTheStatus(t *testing.T) {
	t.Parallel()
	for from, want := range map[Status]Status{Open: InProgress, Triaged: InProgress, InProgress: InProgress, Waiting: Waiting, Resolved: Resolved, Closed: Closed} {
		ticket := &Ticket{Status: from}
		ticket.PublicReplyByTeam(noon)
		if ticket.Status != want || ticket.FirstResponse != noon {
			t.Errorf("first reply in %s: %s, %v", from, ticket.Status, ticket.FirstResponse)
		}
		ticket.Status = Triaged
		ticket.PublicReplyByTeam(noon.Add(time.Hour))
		if ticket.Status != Triaged || ticket.FirstResponse != noon {
			t.Errorf("a second reply: %s, %v", ticket.Status, ticket.FirstResponse)
		}
	}
	for _, from := range Statuses() {
		for _, solver := range []*Person{nil, {ID: 1}} {
			want := from
			if from == Waiting {
				want = Open
				if solver != nil {
					want = InProgress
				}
			}
			ticket := &Ticket{Status: from, Solver: solver}
			if ticket.MessageByRequester(); ticket.Status != want {
				t.Errorf("a message in %s: %s", from, ticket.Status)
			}
		}
	}
}
