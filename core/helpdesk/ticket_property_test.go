package helpdesk_test

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) spam(who string, n core.Number, undo bool) error {
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) {
		if undo {
			return a.UnmarkSpam(c.Context(), n, 0)
		}
		return a.MarkSpam(c.Context(), n, 0)
	})
	return err
}

// D25: spam is in no list, count or queue but its own, makes no mail, and can be undone within thirty days.
func TestSpam(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.ask("mia", n, core.AllApprove, "pat")
	c.mails()
	for _, who := range []string{"sol", "man", "rea", "gus", "ben", "pat"} {
		c.refused(who+" marks", core.Forbidden, c.spam(who, n, false))
	}
	c.refused("what is none", core.Conflict, c.spam("mia", n, true))
	if err := c.spam("mia", n, false); err != nil {
		t.Fatal(err)
	}
	c.refused("twice", core.Conflict, c.spam("mia", n, false))
	for _, who := range []string{"mia", "sol", "ben", "pat"} {
		for _, queue := range []string{"", "mine", "unassigned", "all"} {
			list, err := c.desk.Tickets(t.Context(), c.People[who], helpdesk.ListFilter{Queue: queue, Limit: 10})
			if err != nil || len(list.Tickets) != 0 || list.Counts.Total+list.Counts.Open+list.Counts.Mine != 0 {
				t.Errorf("%s still has it in %q: %+v %v", who, queue, list.Counts, err)
			}
		}
		list, err := c.desk.Tickets(t.Context(), c.People[who], helpdesk.ListFilter{Queue: "spam", Limit: 10})
		if err != nil || len(list.Tickets) != map[bool]int{true: 1}[who == "mia"] {
			t.Errorf("%s has %d in the queue of spam: %v", who, len(list.Tickets), err)
		}
		if c.finds(who, "jam", n) {
			t.Errorf("%s finds it", who)
		}
	}
	if views, err := c.desk.Approvals(t.Context(), c.People["pat"]); err != nil || len(views) != 0 {
		t.Errorf("a decision is waited for: %v", err)
	}
	c.refused("decided", core.Conflict, c.decide("pat", n, core.ApprovalApproved, ""))
	c.refused("taken", core.Conflict, c.take("sol", n, 0))
	c.refused("resolved", core.Conflict, c.resolve("sol", n, ""))
	c.refused("withdrawn", core.Conflict, func() error {
		_, err := c.with("ben", func(a *helpdesk.Act) (core.Number, error) { return a.Withdraw(t.Context(), n, 0) })
		return err
	}())
	if err := c.record("ben", n, "Hello?", nil); err != nil { // kept all the same
		t.Error(err)
	}
	c.told("spam")
	c.now = c.now.Add(30*day - 30*time.Minute)
	if err := c.spam("mia", n, true); err != nil {
		t.Errorf("within thirty days: %v", err)
	}
	c.told("undone")
	if err := c.record("ben", n, "Hello?", nil); err != nil {
		t.Fatal(err)
	}
	c.told("it is a ticket again", "message_received mia main_solver main_solver")
	if !c.finds("sol", "jam", n) {
		t.Error("it is not found again")
	}
	if err := c.spam("mia", n, false); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(30*day + time.Minute)
	c.refused("after thirty days", core.Conflict, c.spam("mia", n, true))
}

// D25: the requester takes back what is not resolved; the solver side is told, and it may come back.
func TestWithdrawing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.participant("ben", n, "eva", false); err != nil {
		t.Fatal(err)
	}
	withdraw := func(who string) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.Withdraw(t.Context(), n, 0) })
		return err
	}
	c.refused("a participant", core.Forbidden, withdraw("eva"))
	c.refused("the team", core.Forbidden, withdraw("sol"))
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := withdraw("ben"); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "sol")
	c.told("withdrawn", "resolved eva participant participant", "resolved sol solver solver")
	if v, err := c.desk.Ticket(t.Context(), c.People["sol"], n); err != nil || !v.Withdrawn {
		t.Errorf("%+v %v", v, err)
	}
	c.refused("again", core.Conflict, withdraw("ben"))
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	if c.ticket(n).Withdrawn {
		t.Error("reopened, and still withdrawn")
	}
}

// A71, D27: who may solve sets the team's own date; the requester's side neither sees it nor hears of it.
func TestInternalTarget(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	due := func(who string, to time.Time) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.SetInternalTarget(t.Context(), n, to, 0) })
		return err
	}
	c.mails()
	at := c.now.Add(day)
	c.refused("the requester", core.Forbidden, due("ben", at))
	c.refused("a reader", core.Forbidden, due("rea", at))
	c.refused("the past", core.Invalid, due("sol", c.now))
	c.refused("none, as it is", core.Conflict, due("sol", time.Time{}))
	if err := due("mia", at); err != nil {
		t.Fatal(err)
	}
	c.told("set", "deadline_changed sol solver solver")
	if v, err := c.desk.Ticket(t.Context(), c.People["rea"], n); err != nil || v.InternalTarget == nil || !v.InternalTarget.Equal(at) {
		t.Errorf("%v %v", v.InternalTarget, err)
	}
	if v, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); v.InternalTarget != nil || said(log, core.KindProperty, "", at.Format(time.RFC3339)) {
		t.Error("the requester learns of it")
	}
	c.sql("update service set requester_sees = '{internal_target}' where id = $1", c.Printers)
	if err := due("sol", time.Time{}); err != nil {
		t.Fatal(err)
	}
	c.told("shown to requesters (A76)", "deadline_changed ben requester requester")
	if _, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); !said(log, core.KindProperty, at.Format(time.RFC3339), "") {
		t.Error("who sees the field does not see its change")
	}
}

// The request is edited by its requester or who may solve it, and the log keeps what was there (E13, D27).
func TestEditingTheRequest(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.participant("ben", n, "eva", false); err != nil {
		t.Fatal(err)
	}
	edit := func(who string, subject, text, organization *string) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) {
			return a.EditTicket(t.Context(), n, helpdesk.Edit{Subject: subject, Text: text, Organization: organization}, 0)
		})
		return err
	}
	word := func(s string) *string { return &s }
	c.refused("a participant", core.Forbidden, edit("eva", word("x"), nil, nil))
	c.refused("a reader", core.Forbidden, edit("rea", word("x"), nil, nil))
	c.refused("no subject", core.Invalid, edit("ben", word(" \n "), nil, nil))
	c.refused("no text", core.Invalid, edit("ben", nil, word(" "), nil))
	c.refused("as it is", core.Conflict, edit("ben", word("Paper  jam"), word("It jams."), nil))
	c.refused("the organization, by the requester", core.Forbidden, edit("ben", word("Other"), nil, word("Vendor")))
	c.refused("no such organization", core.Invalid, edit("sol", nil, nil, word("Nobody")))
	if got := c.ticket(n).Subject; got != "Paper jam" {
		t.Errorf("a refused edit left %q", got)
	}
	if err := edit("ben", word("Paper jam,\n again"), word("It jams twice."), nil); err != nil {
		t.Fatal(err)
	}
	c.reads("ben", n, "It jams twice.")
	if v, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); v.Subject != "Paper jam, again" || !said(log, core.KindProperty, "It jams.", "It jams twice.") || !said(log, core.KindProperty, "Paper jam", "Paper jam, again") {
		t.Errorf("%q, %+v", v.Subject, log)
	}
	if err := edit("man", nil, nil, word("Vendor")); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.desk.Ticket(t.Context(), c.People["sol"], n); v.Organization != "Vendor" {
		t.Errorf("about %q", v.Organization)
	}
	if v, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); v.Organization != "" || said(log, core.KindProperty, "City", "Vendor") { // A75
		t.Errorf("the requester learns of %q", v.Organization)
	}
	if err := c.resolve("sol", n, ""); err != nil {
		t.Fatal(err)
	}
	c.refused("resolved", core.Conflict, edit("ben", word("x"), nil, nil))
}

// A70, D27: minutes are the team's, and are summed.
func TestWork(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	work := func(who string, minutes int) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) {
			return a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "At it.", Work: minutes})
		})
		return err
	}
	c.refused("the requester", core.Forbidden, work("ben", 5))
	c.refused("less than nothing", core.Invalid, work("sol", -1))
	c.refused("more than a week", core.Invalid, work("sol", 7*24*60+1))
	for who, minutes := range map[string]int{"sol": 30, "gus": 15, "mia": 0} {
		if err := work(who, minutes); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := c.desk.Ticket(t.Context(), c.People["rea"], n); err != nil || v.Work != 45 {
		t.Errorf("%d minutes: %v", v.Work, err)
	}
	if v, _ := c.desk.Ticket(t.Context(), c.People["ben"], n); v.Work != 0 {
		t.Error("the requester sees the work")
	}
}

// A47, D5: who resolves as manager becomes the solver; reopened, the ticket is nobody's, and the main solvers hear of it.
func TestResolvedByAManagerAndReopened(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.resolve("man", n, "Done."); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "man")
	c.told("resolved", "resolved ben requester requester", "resolved sol solver passed_on")
	if _, log, _ := c.desk.Log(t.Context(), c.People["sol"], n); !said(log, core.KindAssignment, "Sol Vega", "Man Ager") {
		t.Error("it is not logged")
	}
	c.refused("a manager's ticket is given to nobody while it is done", core.Conflict, c.assign("mia", n, "sol", ""))
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Open, "")
	c.told("reopened", "reopened mia main_solver main_solver")

	for name, lose := range map[string]string{
		"disabled":  "update person set disabled_at = now() where id = $1",
		"role lost": "delete from role_grant where person_id = $1",
	} {
		if err := c.take("sol", n, 0); err != nil {
			t.Fatal(err)
		}
		if err := c.resolve("sol", n, ""); err != nil {
			t.Fatal(err)
		}
		c.mails()
		c.sql(lose, c.People["sol"].ID)
		if err := c.reopen("ben", n); err != nil {
			t.Fatal(err)
		}
		c.is(n, core.Open, "")
		c.told(name, "reopened mia main_solver main_solver")
		c.sql("update person set disabled_at = null")
		if name == "role lost" {
			c.grant(c.Printers, core.Solver, "sol", 0)
		}
	}
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("gus", n, ""); err != nil { // a solver who resolves another's ticket does not take it
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "sol")
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol")
}
