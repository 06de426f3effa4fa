package helpdesk

import (
	"bytes"
	"context"
	"slices"

	"postdesk/core"
)

// approveAddress makes an answer to the mail a decision: of this one question, asked of this very request, while it waits
// (mail.md 4). Where the mailbox can carry no token it stays as it is, and the page decides.
func (c *change) approveAddress(o *core.Outgoing, box *core.Mailbox, q *core.Approval) {
	t := core.ReplyToken{Token: newReplyToken(), Purpose: core.PurposeApprove, Expires: c.now.Add(tokenLife), Approval: q.ID, Digest: q.Digest}
	if !q.ExpiresAt.IsZero() && q.ExpiresAt.Before(t.Expires) {
		t.Expires = q.ExpiresAt
	}
	address := replyAddress(c.h.store.Secrets(), box, t.Purpose, t.Token)
	if address == box.Address {
		return
	}
	o.Tokens = slices.DeleteFunc(o.Tokens, func(t core.ReplyToken) bool { return t.Purpose == core.PurposeReply })
	o.Tokens = append(o.Tokens, t)
	o.Content.ReplyAddress, o.Content.Decides = address, true
}

// Asked tells whether the question that an approve address was issued for still waits for the actor; the refusal says what
// became of it. It tells no names: who was asked may not see the ticket any more (A64).
func (m *Mail) Asked(ctx context.Context, n core.Number, t *Token) error {
	ticket, err := m.lock(ctx, n)
	if err != nil {
		return err
	}
	m.locked = ticket
	i := slices.IndexFunc(ticket.Approvals, func(q *core.Approval) bool { return q.ID == t.Approval })
	if i < 0 { // it went down with a merged ticket (E10)
		return core.Refuse(core.Conflict, "error.approval.cancelled")
	}
	q, me := ticket.Approvals[i], m.actor.Person
	switch {
	case q.State == core.ApprovalCancelled:
		return core.Refuse(core.Conflict, "error.approval.cancelled")
	case q.State == core.ApprovalExpired, !q.ExpiresAt.IsZero() && !m.now.Before(q.ExpiresAt):
		return core.Refuse(core.Conflict, "error.approval.late")
	case !bytes.Equal(q.Digest[:], t.Digest):
		return core.Refuse(core.Conflict, "error.approval.changed")
	case slices.ContainsFunc(q.Approvers, func(s core.ApproverState) bool { return decided(s, me) }):
		return core.Refuse(core.Conflict, "error.approval.twice_decided")
	case q.State == core.ApprovalApproved:
		return core.Refuse(core.Conflict, "error.approval.granted")
	case q.State == core.ApprovalRejected:
		return core.Refuse(core.Conflict, "error.approval.rejected")
	case slices.ContainsFunc(core.DecisionsOf(m.dir, ticket, me), func(d core.PendingDecision) bool { return d.Approval == q }):
		return nil
	case q.Of(me.ID) != nil: // a delegate did it (E14)
		return core.Refuse(core.Conflict, "error.approval.in_place")
	}
	return core.Refuse(core.Conflict, "error.approval.back") // they were the delegate, of somebody who is here again
}

// decided tells whether the person made this decision, as themself or in place of somebody.
func decided(s core.ApproverState, p *core.Person) bool {
	if s.DecidedBy != nil {
		return s.DecidedBy.ID == p.ID
	}
	return s.Person.ID == p.ID && (s.State == core.ApprovalApproved || s.State == core.ApprovalRejected)
}

// DecideAsked decides the question of an approve address, and spends the address (mail.md 4).
func (m *Mail) DecideAsked(ctx context.Context, n core.Number, t *Token, verdict core.ApprovalState, text string) error {
	m.actor.Approval = t.Approval
	defer func() { m.actor.Approval = "" }()
	_, err := m.DecideApproval(ctx, n, verdict, t.Approval, text, 0)
	if err == nil {
		m.UseToken(t)
	}
	return err
}
