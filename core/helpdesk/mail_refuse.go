package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
)

// RefuseNew tells somebody known that a mail of theirs opened no ticket: because its service takes none (D22, folder), or
// because the team has to look at it first (held). It says why and what to do, and nothing that the mail said: its sender
// may not be proven.
func (m *Mail) RefuseNew(p *core.Person, service *core.Service, why string) error {
	if p == nil || p.Disabled || p.Origin == core.Guest || service == nil {
		return nil
	}
	o := m.refusal(p, service, why)
	if o == nil {
		return nil
	}
	if why == "folder" && p.Origin == core.Configured {
		o.Content.Link = "/dashboard/ithelpdesk/new" // where the services that take tickets stand
	}
	return m.tx.QueueMail(o)
}

// refuseEvery is how often an address hears at most that a service takes no mail of it: it may be somebody else's, whom
// others want to be flooded.
const refuseEvery = 24 * time.Hour

// RefuseUnknown tells an address that the service refuses mail of people it does not know (mail.md 4): in neutral words,
// the same for everybody (D28), with nothing that the mail said.
func (m *Mail) RefuseUnknown(ctx context.Context, from core.Ref, service *core.Service) error {
	o := m.refusal(nil, service, "unknown")
	if o == nil {
		return nil
	}
	o.Address = core.FoldAddress(from.Email)
	told, err := m.tx.RefusedSince(ctx, o.Address, m.now.Add(-refuseEvery))
	if err != nil || told {
		return err
	}
	return m.tx.QueueMail(o)
}

// refusal is a mail that says why this one opened no ticket; nil where none may go back: automatic mail and mail that is
// proven to be forged are not answered (mail.md 2, 4), and a copy of a mail that lies here already is no second mail.
func (m *Mail) refusal(p *core.Person, service *core.Service, why string) *core.Outgoing {
	box := m.dir.Mailboxes[m.Row.Mailbox]
	if !m.acknowledges || m.again() || box == nil {
		return nil
	}
	to := p
	if to == nil { // an address
		to = &core.Person{}
	}
	o := m.notice(to, box, core.EventRefusal, "refusal")
	o.Person, o.Language = p, to.Language.Or(service.Language)
	o.Content.Refused, o.Content.Ticket.Service = why, service.Name
	if m.letter.MessageID != "" {
		o.Content.InReplyTo, o.Content.References = m.letter.MessageID, []string{m.letter.MessageID}
	}
	return o
}
