package helpdesk

import (
	"context"
	"errors"
	"slices"
	"time"

	"postdesk/core"
)

// alarm tells the administrators of a ticket that reaches nobody, because its requester's sub-team or its service has no
// main solver: its number and its service, and nothing that it says (D17, A87).
func (c *change) alarm(ctx context.Context, e told) error {
	switch e.event {
	case core.EventTicketCreated, core.EventReturned, core.EventUnassigned, core.EventMoved, core.EventReopened:
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
	_, err = c.tellAdministrators(ctx, c.t.Service, core.Content{
		Ticket: core.View{Number: c.t.Number, Tag: c.dir.Desk.Tag(c.t.Number), Service: c.dir.Path(c.t.Service)},
	})
	return err
}

// administrator is what the reason header calls them (E4). It is no role of the matrix: setting up is not reading (D13).
const administrator core.Role = "administrator"

// tellAdministrators mails an alert to everybody who sets the desk up, and tells how many they are. Without a mailbox to
// write from it is nobody: the page and `postdesk check` say so.
func (a *Act) tellAdministrators(ctx context.Context, service core.ServiceID, content core.Content) (told int, err error) {
	box := a.dir.MailboxOf(service)
	if box == nil {
		return 0, nil
	}
	people, err := a.tx.Administrators(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range people {
		o := a.notice(p, box, core.EventConfiguration, "administrator")
		o.Role = administrator
		o.Content.Ticket, o.Content.Findings = content.Ticket, content.Findings
		if err := a.tx.QueueMail(o); err != nil {
			return 0, err
		}
	}
	return len(people), nil
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

// AlertConfiguration looks through the configuration, and mails the administrators where a service has nobody as main
// solver. The other findings stand on their page and in `postdesk check` (A32, A33); of a sub-team that lacks one they
// hear with each ticket (D17). The time of the last alert is kept in the database, so that restarts and several daemons
// send one a day (D18).
func (h *Helpdesk) AlertConfiguration(ctx context.Context) error {
	found, err := h.Check(ctx)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(found, func(f core.Finding) bool {
		return f.Code != core.NoMainSolver && f.Code != core.MainSolverDisabled && f.Code != core.MainSolverGroupEmpty
	})
	if len(missing) == 0 {
		return nil
	}
	err = h.Do(ctx, core.Actor{}, func(a *Act) error {
		mine, err := a.tx.TakeAlert(ctx, a.now, alertEvery)
		if err != nil || !mine {
			return err
		}
		told, err := a.tellAdministrators(ctx, 0, core.Content{Findings: missing})
		if err == nil && told == 0 {
			return errNotDue // nobody was told: today's alert is still to come
		}
		return err
	})
	if errors.Is(err, errNotDue) {
		return nil
	}
	return err
}
