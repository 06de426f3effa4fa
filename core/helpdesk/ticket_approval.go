package helpdesk

import (
	"context"
	"slices"
	"strings"
	"time"

	"postdesk/core"
)

// NewApproval is what asking for an approval takes (E13).
type NewApproval struct {
	Approvers []*core.Person
	Rule      core.ApprovalRule
	Text      string
	ExpiresAt time.Time // zero = never
}

// AskApproval asks people to approve the ticket's request (E13: a team member). They see the ticket until they decided
// (A64, D12).
func (a *Act) AskApproval(ctx context.Context, n core.Number, ask NewApproval, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActAsk); err != nil {
			return err
		}
		if ask.Rule == "" {
			ask.Rule = core.AllApprove
		}
		q, err := core.Ask(c.t, ask.Rule, ask.Approvers, ask.ExpiresAt.UTC(), c.now)
		if err != nil {
			return err
		}
		first, err := c.tx.FirstRecord(ctx, c.t.Number)
		if err != nil {
			return err
		}
		q.ID, q.Text, q.AskedBy, q.Digest = newID(), ask.Text, c.actor.Person, core.RequestDigest(c.t.Subject, first.Text)
		c.t.Approvals = append(c.t.Approvals, q)
		return c.ask(q)
	})
}

// ask writes an approval that waits now, and asks.
func (c *change) ask(q *core.Approval) error {
	c.tx.SaveApproval(c.t.Number, q)
	var names []string
	for _, s := range q.Approvers {
		names = append(names, s.Person.Ref().Display())
	}
	rec, err := c.log(&core.Record{Kind: core.KindApproval, Text: q.Text,
		Change: core.Change{Field: "approval", From: strings.Join(names, ", "), To: string(core.ApprovalPending)}})
	if err == nil {
		c.tellOf(core.EventApprovalAsked, rec, q)
	}
	return err
}

// askAgain puts the questions anew that were asked of another text (E13). It is the rule that asks, not who edited.
func (c *change) askAgain(digest [32]byte) error {
	c.itself = true
	defer func() { c.itself = false }()
	for _, q := range c.t.Approvals {
		if !q.AskAgain(digest, c.now) {
			continue
		}
		if err := c.ask(q); err != nil {
			return err
		}
	}
	return nil
}

// CancelApproval ends an approval that is not needed any more; id may be empty where only one waits.
func (a *Act) CancelApproval(ctx context.Context, n core.Number, id string, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActCancelAsk); err != nil {
			return err
		}
		var waiting []*core.Approval
		for _, q := range c.t.Approvals {
			if q.State == core.ApprovalPending && id == "" || q.ID == id {
				waiting = append(waiting, q)
			}
		}
		if len(waiting) != 1 {
			return core.BadInput("id", "error.approval.which")
		}
		if err := waiting[0].Cancel(); err != nil {
			return err
		}
		return c.approvalEnded(waiting[0], "", "")
	})
}

// DecideApproval approves or rejects as the actor, or in place of somebody absent whom they stand in for (A61, E14). id
// may be empty where only one decision waits for them.
func (a *Act) DecideApproval(ctx context.Context, n core.Number, verdict core.ApprovalState, id, text string, ifVersion int) (core.Number, error) {
	action := core.ActApprove
	if verdict == core.ApprovalRejected {
		action = core.ActReject
	}
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(action); err != nil {
			return err
		}
		waiting := core.DecisionsOf(c.dir, c.t, c.actor.Person)
		if c.actor.Level < core.SignedIn { // by mail only that of whose question the address is
			id = c.actor.Approval
		}
		if id != "" {
			waiting = slices.DeleteFunc(waiting, func(d core.PendingDecision) bool { return d.Approval.ID != id })
		}
		if len(waiting) == 0 {
			return core.Refuse(core.Conflict, "error.approval.over")
		}
		first := waiting[0]
		if slices.ContainsFunc(waiting, func(d core.PendingDecision) bool { return d.Approval != first.Approval }) {
			return core.BadInput("id", "error.approval.which")
		}
		if err := first.Approval.Decide(first.Approver, c.actor.Person, verdict, text, c.now); err != nil {
			return err
		}
		return c.approvalEnded(first.Approval, first.Approval.Of(first.Approver).Person.Ref().Display(), text)
	})
}

// approvalEnded writes what became of an approval, by one decision (of whom, and with which words) or as a whole, and tells
// the solver side once it is over (E13).
func (c *change) approvalEnded(q *core.Approval, decided, text string) error {
	c.tx.SaveApproval(c.t.Number, q)
	to := q.State
	if decided != "" && q.State == core.ApprovalPending { // others still have to
		to = core.ApprovalApproved
	}
	rec, err := c.log(&core.Record{Kind: core.KindApproval, Text: text, Change: core.Change{Field: "approval", From: decided, To: string(to)}})
	if err == nil && q.State != core.ApprovalPending {
		c.tellOf(core.EventApprovalEnded, rec, q)
	}
	return err
}

// dropApprovals cancels what nobody has to decide any more, because the ticket is done (D12). Nobody is told: whoever did
// it knows.
func (c *change) dropApprovals() error {
	for _, q := range c.t.Approvals {
		if q.Cancel() != nil {
			continue // over already
		}
		c.tx.SaveApproval(c.t.Number, q)
		if _, err := c.logChange(core.KindApproval, false, "approval", "", string(core.ApprovalCancelled)); err != nil {
			return err
		}
	}
	return nil
}

// Approvals are the tickets that wait for a decision of the person.
func (h *Helpdesk) Approvals(ctx context.Context, p *core.Person) ([]core.View, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	tickets, err := h.store.TicketsToDecide(ctx, scopeOf(dir, p))
	if err != nil {
		return nil, err
	}
	views := []core.View{}
	for _, t := range tickets {
		if s := core.StandingOf(dir, t, p); s.Approves {
			views = append(views, core.ViewOf(dir, t, s, h.now()))
		}
	}
	return views, nil
}
