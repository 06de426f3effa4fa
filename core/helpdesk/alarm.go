package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// alarm tells the administrators of a ticket that reaches nobody, because its requester's sub-team or its service has no
// main solver: its number and its service, and nothing that it says (D17, A87).
func (c *change) alarm(ctx context.Context, e told) error {
	switch e.event {
	case core.EventTicketCreated, core.EventReturned, core.EventUnassigned, core.EventMoved:
	default:
		return nil
	}
	if c.t.Solver != nil || c.t.Group != 0 {
		return nil
	}
	people, err := c.mainSolvers(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		if !p.Disabled {
			return nil
		}
	}
	return c.tellAdministrators(ctx, c.t.Service, core.Content{
		Ticket: core.View{Number: c.t.Number, Tag: c.dir.Desk.Tag(c.t.Number), Service: c.dir.Path(c.t.Service)},
	})
}

// tellAdministrators mails an alert to everybody who sets the desk up.
func (a *Act) tellAdministrators(ctx context.Context, service core.ServiceID, content core.Content) error {
	box := a.dir.MailboxOf(service)
	if box == nil {
		return nil // nothing to write from: the page and `postdesk check` say so
	}
	people, err := a.tx.Administrators(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		o := a.notice(p, box, core.EventConfiguration, "administrator")
		content.Desk, content.FromName, content.FromAddress, content.ReplyAddress = o.Content.Desk, o.Content.FromName, o.Content.FromAddress, o.Content.ReplyAddress
		content.RequesterSide = true
		o.Content = content
		if err := a.tx.QueueMail(o); err != nil {
			return err
		}
	}
	return nil
}

// notice is a mail of the desk that belongs to no ticket.
func (a *Act) notice(p *core.Person, box *core.Mailbox, event core.Event, reason string) *core.Outgoing {
	language := core.English
	if len(a.dir.Desk.Languages) > 0 {
		language = a.dir.Desk.Languages[0]
	}
	id := newID()
	return &core.Outgoing{
		ID: id, Mailbox: box.ID, Person: p, Address: p.Email, Event: event, Reason: reason, Automatic: true,
		Language: p.Language.Or(language), MessageID: core.MessageID(id, core.DomainOf(box.Address)), CreatedAt: a.now,
		Content: core.Content{Desk: a.dir.Desk.Name, FromName: a.dir.Desk.Name, FromAddress: box.Address,
			ReplyAddress: box.Address, RequesterSide: true},
	}
}

// alertEvery is how often the administrators are mailed about a missing main solver at most (A33).
const alertEvery = 24 * time.Hour

// AlertConfiguration looks through the configuration, and mails the administrators where a service lacks a main solver;
// the other findings stand on their page and in `postdesk check` (A32, A33). The time of the last alert is kept in the
// database, so that restarts and several daemons send one a day (D18).
func (h *Helpdesk) AlertConfiguration(ctx context.Context) error {
	found, err := h.Check(ctx)
	if err != nil {
		return err
	}
	var missing []core.Finding
	for _, f := range found {
		switch f.Code {
		case core.NoMainSolver, core.MainSolverDisabled, core.MainSolverGroupEmpty, core.SubteamWithoutMainSolver:
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		a, err := h.act(ctx, tx, core.Actor{})
		if err != nil {
			return err
		}
		mine, err := tx.TakeAlert(ctx, a.now, alertEvery)
		if err != nil || !mine {
			return err
		}
		return a.tellAdministrators(ctx, 0, core.Content{Findings: missing})
	})
}
