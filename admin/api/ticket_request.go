package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// NewRequest is what changes of what is asked for; what is absent stays.
type NewRequest struct {
	Subject      *string           `json:"subject,omitempty"`
	Text         *string           `json:"text,omitempty" doc:"Of the first record"`
	Organization *string           `json:"organization,omitempty" doc:"The related one, by name; empty = none. For the team only"`
	Fields       map[string]string `json:"fields,omitempty" doc:"Custom fields by name; empty takes one away, those that are absent stay"`
}

func edit(b NewRequest) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.EditTicket(ctx, n, helpdesk.Edit{Subject: b.Subject, Text: b.Text, Organization: b.Organization, Fields: b.Fields}, version)
	}
}

// Destination is the service to which a ticket goes.
type Destination struct {
	Service string `json:"service" doc:"By name or path"`
}

// ticketMove puts a ticket into another service. A service that there is not is refused by the operation, as one that is
// not open to the person (D28).
func (a *api) ticketMove(ctx context.Context, in *actWith[Destination]) (*actOut, error) {
	dir, err := a.Helpdesk.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var to core.ServiceID
	if s := dir.ServiceByName(in.Body.Service); s != nil {
		to = s.ID
	}
	return a.do(ctx, in.Number, in.IfMatch, func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.MoveTicket(ctx, n, to, version)
	})
}

// OneRecord names a record of the ticket's log.
type OneRecord struct {
	Record string `json:"record" doc:"Its id"`
}

// split answers with the ticket that it was split from, which links the new one.
func split(b OneRecord) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SplitTicket(ctx, n, b.Record, version)
	}
}
