package core

import "testing"

// The readings that are easy to get wrong, as far as the matrix and the standing decide them.

func grades(t *testing.T, role Role, want map[Permission]Grade) {
	t.Helper()
	for p, g := range want {
		if got := RoleSet(0).With(role).Grade(p); got != g {
			t.Errorf("%s: %s is %d, want %d", role, p, got, g)
		}
	}
}

func TestReading1Reader(t *testing.T) {
	t.Parallel()
	grades(t, Reader, map[Permission]Grade{LogCreate: Allowed, NewsViewForRequesters: Denied, NewsViewForTeam: Denied,
		KnowledgeViewForTeam: Allowed, KnowledgeManage: Denied})
	d := newDesk()
	if d.standing("rea", d.ticket()).MaySolve(d.ticket()) {
		t.Error("a reader may show a record to the requester: that needs the right to solve (D7)")
	}
}

func TestReading2ExceptionalSolver(t *testing.T) {
	t.Parallel()
	grades(t, ExceptionalSolver, map[Permission]Grade{TicketAssignToOtherOrGroup: Allowed, TicketSelfAssign: Denied,
		TicketCreateOnBehalf: Denied, KnowledgeManage: Allowed})
	d := newDesk()
	mine := d.ticket(d.solver("exa"))
	if !d.standing("exa", mine).May(TicketAssignToOtherOrGroup) {
		t.Error("an exceptional solver passes their own ticket on")
	}
	mine.Solver = d.p["sol"]
	if d.standing("exa", mine).Sees() {
		t.Error("and sees it no longer")
	}
}

func TestReading3Manager(t *testing.T) {
	t.Parallel()
	grades(t, Manager, map[Permission]Grade{NotifyNewTicket: Denied, TicketCreateOnBehalf: Denied, NotifyAssignedToMe: Denied,
		TicketSelfAssign: Denied, TicketSolveAssignedToAnother: Allowed, TemplateUse: Allowed})
	if MayReceive(RoleSet(0).With(Manager)) {
		t.Error("a manager can be given a ticket")
	}
}

func TestReading4TicketReporter(t *testing.T) {
	t.Parallel()
	grades(t, TicketReporter, map[Permission]Grade{TicketCreateOnBehalf: Allowed, TicketCreateForSelf: Denied, TicketViewAllInService: Denied})
	d := newDesk()
	if d.standing("tre", d.ticket()).Sees() {
		t.Error("a reporter sees the ticket that they opened for somebody")
	}
	if _, ok := d.SLAFor(d.p["tre"], printers); ok {
		t.Error("a reporter without SLA is a requester")
	}
}

func TestReading5Approver(t *testing.T) {
	t.Parallel()
	grades(t, Approver, map[Permission]Grade{LogViewAll: Allowed, TicketApproveOrReject: Allowed, KnowledgeViewForTeam: Denied,
		KnowledgeViewForRequesters: Denied, TicketViewAllInService: Denied})
}

func TestReading6Solver(t *testing.T) {
	t.Parallel()
	grades(t, Solver, map[Permission]Grade{NotifyNewTicket: Denied, TicketViewAllInService: Allowed})
}
