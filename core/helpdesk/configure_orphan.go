package helpdesk

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"postdesk/core"
)

// orphans are tickets that lost their solver or group, by who is told of them and in which service: one mail each (D26).
type orphans map[orphanage]*orphanList

type orphanage struct {
	service core.ServiceID
	person  core.PersonID
}

type orphanList struct {
	person  *core.Person
	notice  core.Notice
	tickets []core.View
}

// listOrphan notes who is to hear that nobody works on the ticket any more.
func (c *change) listOrphan(ctx context.Context, list orphans) error {
	recipients, err := c.recipients(ctx, told{event: core.EventUnassigned})
	if err != nil {
		return err
	}
	for _, r := range recipients {
		key := orphanage{c.t.Service, r.person.ID}
		if list[key] == nil {
			list[key] = &orphanList{person: r.person, notice: r.notice}
		}
		list[key].tickets = append(list[key].tickets, core.ViewOf(c.dir, c.t, core.StandingOf(c.dir, c.t, r.person), c.now))
	}
	return nil
}

// mailOrphans queues one mail to each person and service. It hangs on the first of its tickets: who lost sight of that
// one when it is sent does not get it.
func (a *Act) mailOrphans(list orphans) error {
	for _, key := range slices.SortedFunc(maps.Keys(list), func(x, y orphanage) int {
		return cmp.Or(cmp.Compare(x.service, y.service), cmp.Compare(x.person, y.person))
	}) {
		l, service, box, id := list[key], a.dir.Services[key.service], a.dir.MailboxOf(key.service), newID()
		link := "/dashboard/ithelpdesk"
		if l.person.Origin != core.Configured {
			link = ""
		}
		err := a.tx.QueueMail(&core.Outgoing{
			ID: id, Ticket: l.tickets[0].Number, Mailbox: box.ID, Person: l.person, Address: l.person.Email, Event: core.EventUnassigned,
			Role: core.MainSolver, Reason: l.notice.Reason, Language: l.person.Language.Or(service.Language), Automatic: true,
			MessageID: core.MessageID(id, core.DomainOf(box.Address)), CreatedAt: a.now,
			Content: core.Content{Ticket: core.View{Service: service.Name}, Tickets: l.tickets, Desk: a.dir.Desk.Name, FromName: a.dir.Desk.Name,
				FromAddress: box.Address, ReplyAddress: box.Address, Link: link},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
