package mailin

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// open makes a new ticket of the mail, linked to the presumed one where it named one that its sender may not write to.
func (d *delivery) open(ctx context.Context, c helpdesk.Candidate, person *core.Person) (store.Outcome, error) {
	service, also := d.ServiceFor(addresses(d.msg.To), addresses(d.msg.Cc))
	s := d.Directory().Services[service]
	switch {
	case s == nil:
		return store.Outcome{State: core.InboundParked, Reason: "no service takes tickets yet: add one and replay"}, nil
	case s.Folder, s.Archived: // D22
		return d.hold(s.ID, state(s), s.Name), d.RefuseNew(person, s, "folder")
	case d.from.Email == "":
		return d.hold(s.ID, "no_sender"), nil
	}
	f := d.forward(c, person, service)
	if f != nil {
		if n, err := d.openFor(ctx, f, service); n != 0 || err != nil {
			return d.opened(ctx, n, also, true, "opened for "+f.from.Address, err)
		}
	}
	if person == nil || !d.IsRequester(person, service) {
		var err error
		if person, err = d.stranger(ctx, person, s); err != nil {
			return store.Outcome{}, err
		}
		switch {
		case person != nil:
			d.Become(person, d.level)
		case s.UnknownSenders == core.RefuseUnknown:
			return store.Outcome{State: core.InboundSuppressed, Reason: "refused: " + core.Held{Key: "no_requester", Args: []string{s.Name}}.String()}, d.RefuseUnknown(ctx, d.from, s)
		default:
			return d.hold(s.ID, "no_requester", s.Name), d.RefuseNew(d.Sender(), s, "held")
		}
	}
	t := helpdesk.NewTicket{
		Service: service, Subject: withoutTag(d.msg.Subject), Text: d.request(), Folded: d.folded(), Attachments: d.attachments(),
		Mail: d.source(), Presumed: c.Ticket,
	}
	if f != nil {
		t.Proposed = f.from.Address
	}
	n, err := d.OpenTicket(ctx, t)
	switch core.CodeOf(err) {
	case core.Forbidden, core.Invalid: // refused before anything was written
		return d.hold(s.ID, "may_not_open", s.Name), d.RefuseNew(person, s, "held")
	}
	return d.opened(ctx, n, also, false, "opened", err)
}

// opened does what else comes with a new ticket; another tells that it is another one's than the sender's.
func (d *delivery) opened(ctx context.Context, n core.Number, also []core.ServiceID, another bool, how string, err error) (store.Outcome, error) {
	if err == nil {
		err = d.TellAlso(ctx, n, also)
	}
	if err == nil {
		err = d.obey(ctx, n, another)
	}
	if err != nil {
		return store.Outcome{}, err
	}
	return store.Outcome{State: core.InboundApplied, Reason: how, Ticket: n}, d.AddCopied(ctx, n)
}

// state names why a service takes no tickets.
func state(s *core.Service) string {
	if s.Archived {
		return "archived"
	}
	return "folder"
}

// stranger decides about somebody who is no requester of the service: nil where a person has to look at it.
func (d *delivery) stranger(ctx context.Context, known *core.Person, s *core.Service) (*core.Person, error) {
	if known == nil && d.level >= core.DomainProven {
		ok, err := d.DomainIsRequester(ctx, d.from.Email, s.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			return d.AddPerson(ctx, d.from, s.ID, core.Contact)
		}
	}
	if known == nil && s.UnknownSenders == core.GuestUnknown {
		return d.AddPerson(ctx, d.from, s.ID, core.Guest)
	}
	if known != nil && known.Origin == core.Guest && s.UnknownSenders == core.GuestUnknown {
		return known, nil
	}
	return nil, nil
}
