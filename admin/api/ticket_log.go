package api

import (
	"context"

	"postdesk/core"
)

type ticketLogOut struct {
	Body struct {
		Records []core.RecordView `json:"records"`
	}
}

// ticketLog lists the records that the person may see, oldest first.
func (a *api) ticketLog(ctx context.Context, in *ticketNumber) (*ticketLogOut, error) {
	_, records, err := a.Helpdesk.Log(ctx, personOf(ctx), in.Number)
	if err != nil {
		return nil, err
	}
	out := &ticketLogOut{}
	out.Body.Records = records
	return out, nil
}
