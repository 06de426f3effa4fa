package api

import (
	"context"
	"slices"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// NewRecord is a message or a note.
type NewRecord struct {
	Text            string `json:"text,omitempty"`
	ShowToRequester *flag  `json:"show_to_requester,omitempty" doc:"Absent: yes for the requester's side, no for others"`
	Work            count  `json:"work,omitempty" doc:"Minutes of work, of the team only; summed up in the ticket's work"`
}

type ticketRecordIn struct {
	Number  core.Number `path:"number" minimum:"1"`
	IfMatch string      `header:"If-Match"`
	submission
}

// ticketRecord writes to a ticket. Whether the person may is asked before files are taken in, and decided when the
// record is written.
func (a *api) ticketRecord(ctx context.Context, in *ticketRecordIn) (*actOut, error) {
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), in.Number)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(v.Actions, core.ActRecord) {
		return nil, core.Refuse(core.Forbidden, "error.forbidden")
	}
	var body NewRecord
	files, err := in.read(ctx, a, &body)
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Number, in.IfMatch, func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.AddRecord(ctx, n, helpdesk.NewRecord{Text: body.Text, Show: (*bool)(body.ShowToRequester), Work: int(body.Work), Attachments: files, IfVersion: version})
	})
}
