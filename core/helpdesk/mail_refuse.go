package helpdesk

import "postdesk/core"

// RefuseNew tells somebody known that a mail of theirs opened no ticket, because its service takes none (D22). It says why
// and where, and nothing that the mail said: its sender may not be proven. Automatic mail is not answered, an unknown
// address neither (mail.md 2, 4), and a copy of a mail that lies here already is no second mail.
func (m *Mail) RefuseNew(p *core.Person, service *core.Service, why string) error {
	box := m.dir.Mailboxes[m.Row.Mailbox]
	copied := m.facts.Same != nil && m.facts.Same.ID != m.Row.ID
	if p == nil || p.Disabled || p.Origin == core.Guest || !m.acknowledges || copied || box == nil {
		return nil
	}
	o := m.notice(p, box, core.EventRefusal, "refusal")
	o.Language = p.Language.Or(service.Language)
	o.Content.Refused, o.Content.Ticket.Service = why, service.Name
	if p.Origin == core.Configured {
		o.Content.Link = "/dashboard/ithelpdesk/new" // where the services that take tickets stand
	}
	if m.letter.MessageID != "" {
		o.Content.InReplyTo, o.Content.References = m.letter.MessageID, []string{m.letter.MessageID}
	}
	return m.tx.QueueMail(o)
}
