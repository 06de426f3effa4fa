package api

import (
	"context"
	"strconv"

	"postdesk/core"
)

// Ticket is TICKET of the contract: a ticket as the person may see it.
type Ticket struct{ core.View }

func ticketOf(v core.View) *Ticket { return &Ticket{v} }

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
