package api

import (
	"context"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

type ticketListIn struct {
	Status  []string `query:"status,explode" doc:"One or several, repeated or separated by commas: open, triaged, in_progress, waiting, resolved, closed"`
	Service string   `query:"service" doc:"A service by its name or path"`
	Queue   string   `query:"queue" doc:"mine, unassigned, overdue or all; spam = what was marked as spam, for main solvers, and in no other list"`
	Q       string   `query:"q" maxLength:"200" doc:"A number, or words of the subject and of what of the log the person may read"`
	Page    string   `query:"page" doc:"next of the page before"`
}

type ticketListOut struct {
	Body struct {
		Tickets []*Ticket    `json:"tickets"`
		Counts  store.Counts `json:"counts" doc:"Of what the person may see under service and q"`
		Next    string       `json:"next,omitempty"`
	}
}

// ticketList lists tickets, newest first.
func (a *api) ticketList(ctx context.Context, in *ticketListIn) (*ticketListOut, error) {
	after, err := pageAfter(in.Page)
	if err != nil {
		return nil, err
	}
	f := helpdesk.ListFilter{Service: in.Service, Queue: in.Queue, Query: strings.TrimSpace(in.Q), Before: core.Number(after), Limit: perPage}
	for _, s := range strings.Split(strings.Join(in.Status, ","), ",") {
		if s != "" {
			f.Statuses = append(f.Statuses, core.Status(s))
		}
	}
	list, err := a.Helpdesk.Tickets(ctx, personOf(ctx), f)
	if err != nil {
		return nil, err
	}
	out := &ticketListOut{}
	out.Body.Tickets, out.Body.Counts, out.Body.Next = make([]*Ticket, 0, len(list.Tickets)), list.Counts, nextPage(int64(list.Next))
	for _, v := range list.Tickets {
		out.Body.Tickets = append(out.Body.Tickets, ticketOf(v))
	}
	return out, nil
}
