package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

type heldListIn struct {
	Page string `query:"page"`
}

// heldList lists the held mail of the services in whose team the person is.
func (a *api) heldList(ctx context.Context, in *heldListIn) (*mailListOut[helpdesk.HeldMail], error) {
	return mailPage(&mailListIn{Page: in.Page}, func(after int64) ([]helpdesk.HeldMail, int64, error) {
		return a.Helpdesk.Quarantine(ctx, personOf(ctx), after, perPage)
	})
}

type heldIn struct {
	ID int64 `path:"id" minimum:"1"`
}

type heldAcceptOut struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     *Ticket
}

// heldAccept opens a ticket from held mail.
func (a *api) heldAccept(ctx context.Context, in *heldIn) (*heldAcceptOut, error) {
	n, err := a.Helpdesk.AcceptHeld(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), n)
	if err != nil {
		return nil, err
	}
	return &heldAcceptOut{Location: ticketPath(n), ETag: etag(v), Body: ticketOf(v)}, nil
}

type heldAttachIn struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Number core.Number `json:"number" minimum:"1" doc:"The ticket that the mail belongs to"`
	}
}

// heldAttach adds held mail to a ticket.
func (a *api) heldAttach(ctx context.Context, in *heldAttachIn) (*ticketAnswer, error) {
	if err := a.Helpdesk.AttachHeld(ctx, actor(ctx), in.ID, in.Body.Number); err != nil {
		return nil, err
	}
	return a.ticketGet(ctx, &ticketNumber{Number: in.Body.Number})
}

// heldRefuse ends held mail without a ticket.
func (a *api) heldRefuse(ctx context.Context, in *heldIn) (*struct{}, error) {
	return nil, a.Helpdesk.RefuseHeld(ctx, actor(ctx), in.ID)
}
