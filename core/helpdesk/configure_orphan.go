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
	recipient
	tickets []core.View
}

// listOrphan notes who is to hear that nobody works on the ticket any more.
func (c *change) listOrphan(ctx context.Context, list orphans) error {
	recipients, err := c.recipients(ctx, told{event: core.EventUnassigned})
	for _, r := range recipients {
		key := orphanage{c.t.Service, r.person.ID}
		if list[key] == nil {
			list[key] = &orphanList{recipient: r}
		}
		list[key].tickets = append(list[key].tickets, core.ViewOf(c.dir, c.t, core.StandingOf(c.dir, c.t, r.person), c.now))
	}
	return err
}

// mailOrphans queues one mail to each person and service. It hangs on the first of its tickets: who lost sight of that
// one when it is sent does not get it.
func (a *Act) mailOrphans(list orphans) error {
	for _, key := range slices.SortedFunc(maps.Keys(list), func(x, y orphanage) int {
		return cmp.Or(cmp.Compare(x.service, y.service), cmp.Compare(x.person, y.person))
	}) {
		l, service := list[key], a.dir.Services[key.service]
		o := a.notice(l.person, a.dir.MailboxOf(key.service), core.EventUnassigned, l.reason)
		o.Ticket, o.Role, o.Language = l.tickets[0].Number, l.role, l.person.Language.Or(service.Language)
		o.Content.Ticket, o.Content.Tickets, o.Content.RequesterSide = core.View{Service: service.Name}, l.tickets, false
		if l.person.Origin == core.Configured {
			o.Content.Link = "/dashboard/ithelpdesk"
		}
		if err := a.tx.QueueMail(o); err != nil {
			return err
		}
	}
	return nil
}
