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

// decided wants what comes of actions: "" where they can be done.
func (d *desk) decided(t *testing.T, who string, ticket *Ticket, want map[Action]Code) {
	t.Helper()
	for a, code := range want {
		if err := Decide(d.Directory, ticket, d.standing(who, ticket), a, noon); CodeOf(err) != code || err != nil && code == "" {
			t.Errorf("%s to %s: %v, want %q", who, a, err, code)
		}
	}
}

func TestReading1Reader(t *testing.T) {
	t.Parallel()
	grades(t, Reader, map[Permission]Grade{LogCreate: Allowed, NewsViewForRequesters: Denied, NewsViewForTeam: Denied,
		KnowledgeViewForTeam: Allowed, KnowledgeViewForRequesters: Allowed, KnowledgeManage: Denied, NewsManage: Denied,
		TemplateUse: Denied, TemplateManage: Denied})
	d := newDesk()
	if d.standing("rea", d.ticket()).MaySolve(d.ticket()) {
		t.Error("a reader may show a record to the requester: that needs the right to solve (D7)")
	}
	d.decided(t, "rea", d.ticket(), map[Action]Code{ActRecord: "", ActStatus: Forbidden, ActTake: Forbidden, ActAssign: Forbidden})
}

func TestReading2ExceptionalSolver(t *testing.T) {
	t.Parallel()
	grades(t, ExceptionalSolver, map[Permission]Grade{TicketAssignToOtherOrGroup: Allowed, TicketSelfAssign: Denied,
		TicketCreateOnBehalf: Denied, KnowledgeManage: Allowed, NewsManage: Allowed, TemplateUse: Denied, TemplateManage: Denied})
	d := newDesk()
	mine := d.ticket(d.solver("exa"))
	if !d.standing("exa", mine).May(TicketAssignToOtherOrGroup) {
		t.Error("an exceptional solver passes their own ticket on")
	}
	d.decided(t, "exa", mine, map[Action]Code{ActAssign: "", ActReturn: "", ActResolve: "", ActTake: Forbidden, ActSplit: Forbidden, ActAsk: Forbidden})
	d.decided(t, "exa", d.ticket(), map[Action]Code{ActTake: NotFound, ActAssign: NotFound})
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
	d := newDesk()
	d.decided(t, "man", d.ticket(d.solver("sol")), map[Action]Code{ActResolve: "", ActAssign: "", ActTake: Forbidden, ActSplit: Forbidden})
	d.decided(t, "man", d.ticket(d.solver("man"), resolved), map[Action]Code{ActReopen: "", ActClose: Forbidden})
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
		KnowledgeViewForRequesters: Denied, NewsViewForTeam: Denied, NewsViewForRequesters: Denied, TemplateUse: Denied, TicketViewAllInService: Denied})
	d := newDesk()
	asked := d.ticket(func(t *Ticket) {
		t.Approvals = []*Approval{{State: ApprovalPending, Approvers: []ApproverState{{Person: d.p["net"], State: ApprovalPending}, {Person: d.p["eva"], State: ApprovalPending}}}}
	})
	if !d.standing("net", asked).SeesInternal() {
		t.Error("an approver reads the internal log while their decision is waited for")
	}
	d.decided(t, "net", asked, map[Action]Code{ActApprove: "", ActReject: "", ActRecord: "", ActStatus: Forbidden})
	asked.Approvals[0].Approvers[0].State = ApprovalApproved // and the other one has not decided yet
	d.decided(t, "net", asked, map[Action]Code{ActApprove: NotFound, ActRecord: NotFound})
}

func TestReading6Solver(t *testing.T) {
	t.Parallel()
	grades(t, Solver, map[Permission]Grade{NotifyNewTicket: Denied, NotifyUnassignedTicket: Denied, NotifyAssignedToMe: Allowed, TicketViewAllInService: Allowed})
}
