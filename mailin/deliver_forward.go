package mailin

import (
	"context"
	"slices"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// forward is the user's mail that this one passes on to the desk, sent by somebody who may open tickets for others in the
// service (A5); nil where it is none. Mail of the desk's own, passed on, is no user's (mail.md 5).
func (d *delivery) forward(c helpdesk.Candidate, person *core.Person, service core.ServiceID) *forwarded {
	if d.msg.Class != ClassHuman || person == nil || c.Ticket != 0 ||
		d.Directory().TeamRoles(person, service).Grade(core.TicketCreateOnBehalf) != core.Allowed {
		return nil
	}
	f, ok := readForward(d.msg)
	if !ok || d.Own(f.from.Address) || f.from.Address == d.from.Email {
		return nil
	}
	return &f
}

// openFor opens a ticket for the user whose mail was passed on: their words are its first message, the forwarder's a note.
// Number 0: it cannot be theirs, because too little proves who forwards, or they are nobody whom a ticket can be opened for.
func (d *delivery) openFor(ctx context.Context, f *forwarded, service core.ServiceID) (n core.Number, err error) {
	if d.level < core.DomainProven {
		return 0, nil
	}
	user, err := d.Forwarded(ctx, core.Ref{Email: f.from.Address, Name: f.from.Name}, service)
	if err != nil || user == nil {
		return 0, err
	}
	source := d.source()
	no := false
	source.Verified = &no // nothing but the forwarder says whose words they are
	note := f.above
	if o := readOrders(f.above); o.text != "" || len(o.commands) > 0 {
		note = o.text
	}
	files, own := d.attachments(), []core.Attachment(nil)
	if f.place > 0 { // what is enclosed beside the original is the forwarder's
		own = slices.Concat(files[:f.place-1], files[f.place:])
		files = files[f.place-1 : f.place]
	}
	err = d.Try(ctx, func() error {
		n, err = d.OpenTicket(ctx, helpdesk.NewTicket{Service: service, Subject: passedOn(withoutTag(d.msg.Subject)), Text: f.text, Note: note, NoteFiles: own,
			Attachments: files, Mail: source, OnBehalfOf: user, Author: user})
		return err
	})
	if refused := core.CodeOf(err); refused == core.Forbidden || refused == core.Invalid {
		return 0, nil
	}
	return n, err
}
