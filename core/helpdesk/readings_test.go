package helpdesk_test

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// The six readings that are easy to get wrong, by operations. What of them is about knowledge, news and templates stands
// with the matrix in core.

// readsNotes wants what somebody reads of the ticket: NotFound where sees is false, the notes where they are for them.
func (c *city) readsNotes(who string, n core.Number, sees, notes bool) {
	c.Helper()
	_, log, err := c.desk.Log(c.Context(), c.People[who], n)
	if !sees {
		c.refused(who+" reads it", core.NotFound, err)
		return
	}
	if err != nil {
		c.Errorf("%s does not see it: %v", who, err)
	}
	if got := slices.ContainsFunc(log, func(r core.RecordView) bool { return r.Kind == core.KindNote }); got != notes {
		c.Errorf("%s reads notes: %v", who, got)
	}
}

func (c *city) openFor(who, whom string) (n core.Number, err error) {
	err = c.as(who, func(a *helpdesk.Act) error {
		n, err = a.OpenTicket(c.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "Jam", Text: "x", OnBehalfOf: c.People[whom]})
		return err
	})
	return n, err
}

func TestReading1ReaderWritesInternally(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.record("rea", n, "A word to the team.", nil); err != nil {
		t.Fatal(err)
	}
	if r := c.last(n); r.Kind != core.KindNote || r.ShowToRequester {
		t.Errorf("a reader wrote %+v", r)
	}
	c.refused("shown by a reader", core.Forbidden, c.record("rea", n, "To the requester.", yes()))
	c.readsNotes("rea", n, true, true)
	c.readsNotes("ben", n, true, false)
}

func TestReading2ExceptionalSolverPassesOnAndIsOut(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.refused("takes an unassigned one", core.NotFound, c.take("exa", n, 0))
	_, err := c.openFor("exa", "ben")
	c.refused("opens on behalf", core.Forbidden, err)
	if err := c.assign("mia", n, "exa", ""); err != nil {
		t.Fatal(err)
	}
	c.refused("takes their own", core.Forbidden, c.take("exa", n, 0))
	c.readsNotes("exa", n, true, false)
	if err := c.assign("exa", n, "sol", ""); err != nil {
		t.Errorf("passes it on: %v", err)
	}
	c.is(n, core.Triaged, "sol")
	c.readsNotes("exa", n, false, false)
	c.refused("writes to it", core.NotFound, c.record("exa", n, "One more thing.", nil))
}

func TestReading3ManagerOversees(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	if err := c.as("ben", func(a *helpdesk.Act) error {
		_, err := a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "Jam", Text: "x"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if mails := strings.Join(c.mails(), "\n"); strings.Contains(mails, " man ") || !strings.Contains(mails, "ticket_created mia ") {
		t.Errorf("of a new ticket hear\n%s", mails)
	}
	_, err := c.openFor("man", "ben")
	c.refused("opens on behalf", core.Forbidden, err)
	n := c.open("ben")
	c.refused("is assigned", core.Invalid, c.assign("mia", n, "man", ""))
	c.refused("takes", core.Forbidden, c.take("man", n, 0))
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("man", n, "I did it."); err != nil {
		t.Errorf("resolves another's: %v", err)
	}
	c.is(n, core.Resolved, "man")
}

func TestReading4TicketReporterOpensAndIsOut(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, err := c.openFor("tre", "ben")
	if err != nil {
		t.Fatalf("opens on behalf: %v", err)
	}
	c.readsNotes("tre", n, false, false)
	c.readsNotes("ben", n, true, false)
	_, err = c.openFor("tre", "tre")
	c.refused("opens for themself, without SLA", core.Forbidden, err)
}

func TestReading5ApproverReadsWhileAsked(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.record("sol", n, "Costs a lot.", nil); err != nil {
		t.Fatal(err)
	}
	c.readsNotes("ken", n, false, false)
	c.must("sol", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People["ken"]}}, 0)
		return err
	})
	c.readsNotes("ken", n, true, true)
	c.must("ken", func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(t.Context(), n, core.ApprovalApproved, "", "", 0)
		return err
	})
	c.readsNotes("ken", n, false, false)
}

func TestReading6SolverSeesTheQueueWithoutMail(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, err := c.openFor("ben", "ben")
	if err != nil {
		t.Fatal(err)
	}
	if mails := strings.Join(c.mails(), "\n"); strings.Contains(mails, " sol ") || strings.Contains(mails, " gus ") {
		t.Errorf("of a new ticket hear\n%s", mails)
	}
	list, err := c.desk.Tickets(t.Context(), c.People["sol"], helpdesk.ListFilter{Queue: "unassigned", Limit: 10})
	if err != nil || len(list.Tickets) != 1 || list.Tickets[0].Number != n {
		t.Errorf("the queue has %+v, %v", list.Tickets, err)
	}
}
