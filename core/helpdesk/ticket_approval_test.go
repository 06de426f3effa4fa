package helpdesk_test

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// tryAsk asks people to approve.
func (c *city) tryAsk(who string, n core.Number, rule core.ApprovalRule, approvers ...string) error {
	ask := helpdesk.NewApproval{Rule: rule, Text: "May they?"}
	for _, name := range approvers {
		p := c.People[name]
		if p == nil {
			p = &core.Person{Email: name + "@nowhere.test", Disabled: true}
		}
		ask.Approvers = append(ask.Approvers, p)
	}
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.AskApproval(c.Context(), n, ask, 0) })
	return err
}

// ask is tryAsk for what has to succeed; it returns the approval's id.
func (c *city) ask(who string, n core.Number, rule core.ApprovalRule, approvers ...string) string {
	c.Helper()
	if err := c.tryAsk(who, n, rule, approvers...); err != nil {
		c.Fatal(err)
	}
	all := c.ticket(n).Approvals
	return all[len(all)-1].ID
}

func (c *city) decide(who string, n core.Number, verdict core.ApprovalState, id string) error {
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) {
		return a.DecideApproval(c.Context(), n, verdict, id, "Because.", 0)
	})
	return err
}

func (c *city) approval(n core.Number, id string) *core.Approval {
	c.Helper()
	for _, q := range c.ticket(n).Approvals {
		if q.ID == id {
			return q
		}
	}
	c.Fatalf("no approval %s", id)
	return nil
}

// E13, A61–A64, D12: everybody must, or anybody may; who decided, or is not needed any more, sees the ticket no longer.
func TestApprovals(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"a reader": c.tryAsk("rea", n, core.AllApprove, "pat"), "the requester": c.tryAsk("ben", n, core.AllApprove, "pat")} {
		c.refused("asked by "+what, core.Forbidden, err)
	}
	for what, approvers := range map[string][]string{"nobody": {}, "the requester": {"pat", "ben"}, "one twice": {"pat", "pat"}, "disabled": {"off"}, "unknown": {"who"}} {
		c.refused("asks "+what, core.Invalid, c.tryAsk("sol", n, core.AllApprove, approvers...))
	}
	c.refused("by another rule", core.Invalid, c.tryAsk("sol", n, "some", "pat"))
	c.unseen(n, "pat")
	c.told("refused")

	all := c.ask("man", n, core.AllApprove, "pat", "ken") // anybody can be one, no role needed (A63)
	c.told("asked", "approval_requested ken approver approver", "approval_requested pat approver approver")
	c.sees(n, "pat")
	if v, _, err := c.desk.Log(t.Context(), c.People["pat"], n); err != nil || !v.Internal {
		t.Errorf("an approver reads the whole log: %v", err)
	}
	c.refused("who is not asked", core.Forbidden, c.decide("mia", n, core.ApprovalApproved, ""))
	c.refused("the requester", core.Forbidden, c.decide("ben", n, core.ApprovalApproved, all))
	if err := c.decide("pat", n, core.ApprovalApproved, ""); err != nil {
		t.Fatal(err)
	}
	c.told("one of two")
	c.unseen(n, "pat")
	c.refused("again", core.NotFound, c.decide("pat", n, core.ApprovalApproved, all))
	if got := c.approval(n, all); got.State != core.ApprovalPending {
		t.Errorf("it is %s after one of two", got.State)
	}
	if err := c.decide("ken", n, core.ApprovalApproved, ""); err != nil {
		t.Fatal(err)
	}
	c.told("all", "approval_finished sol solver solver")
	if got := c.approval(n, all); got.State != core.ApprovalApproved || got.Approvers[1].Text != "Because." || got.Approvers[1].At.IsZero() {
		t.Errorf("%+v", got)
	}
	c.unseen(n, "ken")

	some := c.ask("sol", n, core.AnyApprove, "pat", "ken", "man")
	c.mails()
	if err := c.decide("ken", n, core.ApprovalApproved, ""); err != nil {
		t.Fatal(err)
	}
	c.told("any", "approval_finished sol solver solver")
	if got := c.approval(n, some); got.State != core.ApprovalApproved || got.Approvers[0].State != core.ApprovalCancelled {
		t.Errorf("%+v", got)
	}
	c.unseen(n, "pat") // not needed any more
	c.refused("too late, but still in sight", core.Conflict, c.decide("man", n, core.ApprovalRejected, some))

	no := c.ask("sol", n, core.AllApprove, "pat", "ken")
	c.mails()
	if err := c.decide("pat", n, core.ApprovalRejected, ""); err != nil {
		t.Fatal(err)
	}
	c.told("rejected", "approval_finished sol solver solver")
	if got := c.approval(n, no); got.State != core.ApprovalRejected {
		t.Errorf("one rejection rejects: %s", got.State)
	}
	c.unseen(n, "ken")
	if _, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); len(log) == 0 || said(log, core.KindApproval, "Pat Police", "rejected") {
		t.Error("the requester reads of approvals")
	}
	if _, log, _ := c.desk.Log(t.Context(), c.People["sol"], n); !said(log, core.KindApproval, "Pat Police", "rejected") || !said(log, core.KindApproval, "Ken Vendor", "approved") {
		t.Error("the log does not say who decided")
	}
}

// Of several questions one says which is meant; the list of what waits has the ticket once, until nothing waits.
func TestSeveralApprovalsAtOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	first, second := c.ask("mia", n, core.AllApprove, "pat"), c.ask("mia", n, core.AnyApprove, "pat", "ken")
	c.mails()
	waiting := func(who string) int {
		t.Helper()
		views, err := c.desk.Approvals(t.Context(), c.People[who])
		if err != nil {
			t.Fatal(err)
		}
		return len(views)
	}
	if waiting("pat") != 1 || waiting("ken") != 1 || waiting("mia") != 0 {
		t.Errorf("%d and %d wait", waiting("pat"), waiting("ken"))
	}
	c.refused("which one", core.Invalid, c.decide("pat", n, core.ApprovalApproved, ""))
	c.refused("one that is not there", core.Conflict, c.decide("pat", n, core.ApprovalApproved, "00000000-0000-0000-0000-000000000000"))
	c.refused("somebody else's", core.Conflict, c.decide("ken", n, core.ApprovalApproved, first))
	if err := c.decide("pat", n, core.ApprovalApproved, second); err != nil {
		t.Fatal(err)
	}
	c.unseen(n, "ken")
	c.sees(n, "pat") // the first one still waits
	cancel := func(who, id string) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.CancelApproval(t.Context(), n, id, 0) })
		return err
	}
	third := c.ask("mia", n, core.AllApprove, "ken")
	c.mails()
	c.refused("cancel which one", core.Invalid, cancel("mia", ""))
	c.refused("cancel by a reader", core.Forbidden, cancel("rea", first))
	c.refused("cancel by the approver", core.Forbidden, cancel("ken", third))
	c.refused("cancel what is over", core.Conflict, cancel("mia", second))
	if err := cancel("sol", third); err != nil {
		t.Fatal(err)
	}
	c.told("cancelled", "approval_finished mia main_solver main_solver")
	c.unseen(n, "ken")
	if err := cancel("mia", ""); err != nil { // the only one left
		t.Fatal(err)
	}
	if waiting("pat") != 0 || c.approval(n, first).State != core.ApprovalCancelled {
		t.Error("it still waits")
	}
	c.refused("nothing waits", core.Conflict, cancel("mia", ""))
}

// Two answers at the same moment: of one approver the first counts; of "any" the second comes too late.
func TestAnswersAtTheSameMoment(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	id := c.ask("mia", n, core.AnyApprove, "sol", "man")
	c.mails()
	results := make(chan error, 4)
	for _, who := range []string{"sol", "man", "sol", "man"} {
		go func() {
			results <- c.desk.Do(t.Context(), c.actor(who), func(a *helpdesk.Act) error {
				_, err := a.DecideApproval(t.Context(), n, core.ApprovalApproved, id, "", 0)
				return err
			})
		}()
	}
	won := 0
	for range 4 {
		if err := <-results; err == nil {
			won++
		} else if core.CodeOf(err) != core.Conflict {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d answers counted", won)
	}
	c.told("finished once", "approval_finished mia main_solver main_solver")
}

// E13: an edit of the request asks again, also who had approved the old text; other changes do not.
func TestAnEditedRequestIsAskedAgain(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	approved, pending, rejected := c.ask("mia", n, core.AllApprove, "pat"), c.ask("mia", n, core.AllApprove, "ken", "eva"), c.ask("mia", n, core.AllApprove, "net")
	for _, err := range []error{c.decide("pat", n, core.ApprovalApproved, ""), c.decide("ken", n, core.ApprovalApproved, ""), c.decide("net", n, core.ApprovalRejected, "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	old := c.approval(n, approved)
	c.mails()
	c.done("mia", func(a *helpdesk.Act) (core.Number, error) { return a.SetPriority(t.Context(), n, core.Low, 0) })
	if got := c.approval(n, approved); got.State != core.ApprovalApproved {
		t.Errorf("a change of priority asks again: %+v", got)
	}
	c.told("no edit")
	text := "It jams, and I need a car."
	c.done("ben", func(a *helpdesk.Act) (core.Number, error) {
		return a.EditTicket(t.Context(), n, helpdesk.Edit{Text: &text}, 0)
	})
	c.told("asked again", "approval_requested eva approver approver", "approval_requested ken approver approver", "approval_requested pat approver approver")
	for _, id := range []string{approved, pending} {
		got := c.approval(n, id)
		if got.State != core.ApprovalPending || got.Digest == old.Digest || got.Digest != core.RequestDigest("Paper jam", text) || got.Approvers[0].State != core.ApprovalPending || !got.Approvers[0].At.IsZero() {
			t.Errorf("%+v", got)
		}
	}
	if got := c.approval(n, rejected); got.State != core.ApprovalRejected {
		t.Errorf("what was rejected is %s", got.State)
	}
	c.sees(n, "pat")
	c.unseen(n, "net")
}

// D12: when the ticket is done, however it is done, no decision is wanted any more.
func TestNothingIsDecidedOnWhatIsDone(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*city, core.Number) error{
		"resolved": func(c *city, n core.Number) error { return c.resolve("sol", n, "Done.") },
		"withdrawn": func(c *city, n core.Number) error {
			_, err := c.with("ben", func(a *helpdesk.Act) (core.Number, error) { return a.Withdraw(c.Context(), n, 0) })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			n := c.open("ben")
			id := c.ask("mia", n, core.AllApprove, "pat")
			if err := end(c, n); err != nil {
				t.Fatal(err)
			}
			if got := c.approval(n, id).State; got != core.ApprovalCancelled {
				t.Errorf("the approval is %s", got)
			}
			c.unseen(n, "pat")
			c.refused("asked when done", core.Conflict, c.tryAsk("mia", n, core.AllApprove, "pat"))
		})
	}
}

// An answer after the time is over does not count, although nobody has noted yet that it is.
func TestAnswersAfterTheExpiry(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	past := helpdesk.NewApproval{Approvers: []*core.Person{c.People["pat"]}, ExpiresAt: c.now}
	_, err := c.with("mia", func(a *helpdesk.Act) (core.Number, error) { return a.AskApproval(t.Context(), n, past, 0) })
	c.refused("a time that is over", core.Invalid, err)
	ask := helpdesk.NewApproval{Approvers: []*core.Person{c.People["pat"]}, ExpiresAt: c.now.Add(time.Hour)}
	c.done("mia", func(a *helpdesk.Act) (core.Number, error) { return a.AskApproval(t.Context(), n, ask, 0) })
	c.now = c.now.Add(time.Hour)
	c.refused("too late", core.Conflict, c.decide("pat", n, core.ApprovalApproved, ""))
	c.sees(n, "pat") // until it is noted
}
