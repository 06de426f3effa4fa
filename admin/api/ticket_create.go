package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// NewTicket is what opening a ticket takes.
type NewTicket struct {
	Service    string        `json:"service,omitempty" doc:"By name or path; only a template makes up for it, as for what follows"`
	Subject    string        `json:"subject,omitempty"`
	Text       string        `json:"text,omitempty"`
	Category   core.Category `json:"category,omitempty"`
	Priority   core.Priority `json:"priority,omitempty"`
	OnBehalfOf string        `json:"on_behalf_of,omitempty" doc:"The requester's address; absent = for oneself"`
	Fields     fields        `json:"fields,omitempty" doc:"Custom fields by name, those of the service (/services)"`
	Template   string        `json:"template,omitempty" doc:"The id of a ticket template, which fills in what is left out"`
}

// Opened is all that somebody gets who does not see the ticket that they opened (a ticket reporter).
type Opened struct {
	Number core.Number `json:"number"`
	Tag    string      `json:"tag"`
}

type ticketCreateIn struct{ submission }

type ticketCreateOut struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     any
}

// ticketCreate opens a ticket.
func (a *api) ticketCreate(ctx context.Context, in *ticketCreateIn) (*ticketCreateOut, error) {
	var body NewTicket
	files, err := in.read(ctx, a, &body)
	if err != nil {
		return nil, err
	}
	dir, err := a.Helpdesk.Directory(ctx)
	if err != nil {
		return nil, err
	}
	n := helpdesk.NewTicket{Subject: body.Subject, Text: body.Text, Category: body.Category, Priority: body.Priority, Attachments: files, Fields: body.Fields, Template: body.Template}
	if s := dir.ServiceByName(body.Service); s != nil {
		n.Service = s.ID
	} else if body.Service != "" {
		return nil, core.BadInput("service", "error.service.unknown")
	}
	var number core.Number
	err = a.Helpdesk.Do(ctx, actor(ctx), func(act *helpdesk.Act) (err error) {
		if body.OnBehalfOf != "" {
			if n.OnBehalfOf, err = act.PersonNamed(ctx, body.OnBehalfOf); err != nil {
				return err
			}
		}
		number, err = act.OpenTicket(ctx, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), number)
	switch {
	case core.CodeOf(err) == core.NotFound: // A60
		return &ticketCreateOut{Body: Opened{Number: number, Tag: dir.Desk.Tag(number)}}, nil
	case err != nil:
		return nil, err
	}
	return &ticketCreateOut{Location: ticketPath(number), ETag: etag(v), Body: ticketOf(v)}, nil
}

func ticketPath(n core.Number) string { return fmt.Sprintf("%s/tickets/%d", Base, n) }

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// describeCreated says that the answer is one of two.
func describeCreated(h huma.API, op *huma.Operation) {
	describeSubmission[NewTicket](h, op)
	schemas := h.OpenAPI().Components.Schemas
	op.Responses["201"].Content["application/json"].Schema = &huma.Schema{OneOf: []*huma.Schema{
		schemas.Schema(typeOf[Ticket](), true, ""), schemas.Schema(typeOf[Opened](), true, "")}}
	op.Responses["201"].Description = http.StatusText(http.StatusCreated)
}
