package api

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Question is what asking for an approval takes.
type Question struct {
	Approvers []string          `json:"approvers" maxItems:"50" doc:"By address; the ticket's requester can be none of them"`
	Rule      core.ApprovalRule `json:"rule,omitempty" doc:"all = everybody must approve (also where it is absent), any = one suffices"`
	Text      string            `json:"text,omitempty" doc:"What they are asked"`
	ExpiresAt *time.Time        `json:"expires_at,omitempty" doc:"Until when it can be decided; absent = without end"`
}

func ask(b Question) deed {
	q := helpdesk.NewApproval{Rule: b.Rule, Text: b.Text}
	if b.ExpiresAt != nil {
		q.ExpiresAt = *b.ExpiresAt
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		for _, address := range b.Approvers {
			p, err := act.PersonNamed(ctx, address)
			if err != nil {
				return n, err
			}
			q.Approvers = append(q.Approvers, p)
		}
		return act.AskApproval(ctx, n, q, version)
	}
}

// OneApproval names an approval of the ticket.
type OneApproval struct {
	ID string `json:"id,omitempty" doc:"May be absent where only one waits"`
}

func cancelAsk(b *OneApproval) deed {
	var id string
	if b != nil {
		id = b.ID
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.CancelApproval(ctx, n, id, version)
	}
}

// Decision is an approver's word.
type Decision struct {
	Text string `json:"text,omitempty" doc:"Why; for the team and the other approvers"`
	ID   string `json:"id,omitempty" doc:"Of the approval; may be absent where only one waits for the person"`
}

func decide(verdict core.ApprovalState) func(*Decision) deed {
	return func(b *Decision) deed {
		if b == nil {
			b = &Decision{}
		}
		return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
			return act.DecideApproval(ctx, n, verdict, b.ID, b.Text, version)
		}
	}
}

type approvalListOut struct {
	Body struct {
		Tickets []*Ticket `json:"tickets"`
	}
}

// approvalList lists the tickets in which a decision of the person is waited for, theirs or that of somebody absent whom
// they stand in for.
func (a *api) approvalList(ctx context.Context, _ *struct{}) (*approvalListOut, error) {
	views, err := a.Helpdesk.Approvals(ctx, personOf(ctx))
	if err != nil {
		return nil, err
	}
	out := &approvalListOut{}
	out.Body.Tickets = make([]*Ticket, 0, len(views))
	for _, v := range views {
		out.Body.Tickets = append(out.Body.Tickets, ticketOf(v))
	}
	return out, nil
}
