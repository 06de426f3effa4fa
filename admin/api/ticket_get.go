package api

import (
	"context"
	"strconv"
	"time"

	"postdesk/core"
)

// Ticket is TICKET of the contract: a ticket as the person may see it.
type Ticket struct {
	core.View
	Approvals []Approval `json:"approvals"`
}

// Approval is a request for approval of a ticket.
type Approval struct {
	ID        string           `json:"id"`
	Rule      string           `json:"rule" enum:"all,any"`
	State     string           `json:"state" enum:"pending,approved,rejected,cancelled,expired"`
	Text      string           `json:"text"`
	ExpiresAt *time.Time       `json:"expires_at,omitempty"`
	Approvers []ApprovalByWhom `json:"approvers"`
}

// ApprovalByWhom is one approver's part in it.
type ApprovalByWhom struct {
	Email string     `json:"email"`
	State string     `json:"state" enum:"pending,approved,rejected,cancelled,expired"`
	At    *time.Time `json:"at,omitempty"`
}

func ticketOf(v core.View) *Ticket { return &Ticket{View: v, Approvals: []Approval{}} }

// etag names a ticket's version for If-Match (RFC 9110 8.8.3).
func etag(v core.View) string { return strconv.Quote(strconv.Itoa(v.Version)) }

type ticketNumber struct {
	Number core.Number `path:"number" minimum:"1"`
}

type ticketAnswer struct {
	ETag string `header:"ETag"`
	Body *Ticket
}

func (a *api) ticketGet(ctx context.Context, in *ticketNumber) (*ticketAnswer, error) {
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), in.Number)
	if err != nil {
		return nil, err
	}
	return &ticketAnswer{ETag: etag(v), Body: ticketOf(v)}, nil
}
