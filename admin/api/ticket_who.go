package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

type whoIn struct {
	Number core.Number `path:"number" minimum:"1"`
	Event  core.Event  `query:"event" required:"true" doc:"As in the outbox, such as ticket_created or public_reply"`
}

type whoOut struct {
	Body struct {
		Recipients []helpdesk.Told `json:"recipients"`
	}
}

// ticketWho tells who would be told of an event, and why (E4). It sends nothing.
func (a *api) ticketWho(ctx context.Context, in *whoIn) (*whoOut, error) {
	list, err := a.Helpdesk.Who(ctx, personOf(ctx), in.Number, in.Event)
	if err != nil {
		return nil, err
	}
	out := &whoOut{}
	out.Body.Recipients = list
	return out, nil
}
