package helpdesk

import (
	"context"
	"slices"

	"postdesk/core"
)

// Receipt queues what became of the mail for its sender, once the rest of it is done (mail.md 5). It belongs to the ticket,
// and is an address to go on writing to, as long as its recipient sees it; nothing of it is left where they do not any
// more. n = 0 where there is no ticket. Nobody is written to whose mail was no person's, whose mail proves that it is
// not theirs (forged), of whom nothing is known, or about a copy of what lies here already.
func (m *Mail) Receipt(ctx context.Context, n core.Number, r core.Receipt) error {
	p := m.actor.Person
	if p == nil || p.Disabled || !m.mayHear(p) {
		return nil
	}
	box := m.dir.Mailboxes[m.Row.Mailbox]
	t := &core.Ticket{}
	if n != 0 {
		var err error
		if t, err = m.tx.Ticket(ctx, n); err != nil {
			return err
		}
		if own := m.dir.MailboxOf(t.Service); own != nil {
			box = own
		}
	}
	if box == nil {
		return nil
	}
	reason := "receipt"
	if r.Confirm != "" { // whoever can forge a name makes such mails: they count as acknowledgements do
		reason = "in_your_name"
	}
	o := m.notice(p, box, core.EventReceipt, reason)
	k := &o.Content
	standing := core.StandingOf(m.dir, t, p)
	if service := m.dir.Services[t.Service]; service != nil {
		o.Language = p.Language.Or(service.Language)
	}
	if n != 0 && standing.Sees() {
		o.Ticket, o.Role = n, roleOf(standing, "")
		k.Ticket, k.RequesterSide = core.ViewOf(m.dir, t, standing, m.now), !standing.TeamSide()
		c := &change{Act: m.Act, t: t, before: *t, standing: standing}
		c.address(o, box, standing.TeamSide(), nil)
		if i := slices.IndexFunc(t.Approvals, func(q *core.Approval) bool { return q.ID == r.Approval }); i >= 0 {
			c.approveAddress(o, box, t.Approvals[i])
		}
		k.InReplyTo, k.References = t.RootMessageID, []string{t.RootMessageID}
		r.Told = m.told(standing, t)
	} else if n != 0 {
		k.Ticket = core.View{Number: n, Tag: m.dir.Desk.Tag(n)}
	}
	if m.letter.MessageID != "" {
		k.InReplyTo = m.letter.MessageID
		if !slices.Contains(k.References, k.InReplyTo) {
			k.References = append(k.References, k.InReplyTo)
		}
	}
	if p.Origin == core.Configured {
		k.Link = r.Confirm
		if k.Link == "" && o.Ticket != 0 {
			k.Link = "/dashboard/ithelpdesk/" + formatNumber(n)
		}
	}
	if m.actor.Level < core.DomainProven { // mail.md 4: never their words back to an unproven sender
		k.Ticket.Subject, r.Unknown = "", ""
		for i := range r.Lines {
			r.Lines[i].Argument = ""
		}
	}
	k.Receipt = &r
	return m.tx.QueueMail(o)
}

// mayHear tells whether automatic mail may go back to the sender. Who is proven hears of what they did even where their
// mail program asks for silence: nothing is done silently.
func (m *Mail) mayHear(p *core.Person) bool {
	switch {
	case m.again() && m.actor.Level < core.PersonProven:
		return false
	case m.actor.Level >= core.PersonProven:
		return true
	}
	return m.acknowledges && (p.Origin != core.Guest || m.actor.Level >= core.DomainProven)
}

// told names whom the mail reached, as far as its sender knows of them: the requester's side is told of those who stand in
// its own mails too.
func (m *Mail) told(s core.Standing, t *core.Ticket) []string {
	var names []string
	for _, p := range m.reached {
		if !s.SeesInternal() && !t.TakesPart(p.ID) && !t.SolvedBy(p.ID) {
			continue
		}
		if name := s.RefOf(p).Display(); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// KeepText keeps what the sender wrote in the ticket where they may not write what they meant to: for the team only, under
// their address, telling nobody. Nothing is lost, and nothing is shown that was not meant to be.
func (m *Mail) KeepText(ctx context.Context, n core.Number, r NewRecord) (core.Number, error) {
	me := m.actor
	m.actor = core.Actor{Via: core.ViaMail} // the desk files it
	defer func() { m.actor = me }()
	return m.change(ctx, n, 0, func(c *change) error {
		rec := &core.Record{Kind: core.KindMail, Author: me.Person, Text: r.Text, Folded: r.Folded, Attachments: r.Attachments}
		c.source(rec, r.Mail)
		_, err := c.log(rec)
		return err
	})
}

// LeaveDone lets a message of this mail not reopen its ticket by itself: a command of it says what shall become of the
// ticket.
func (m *Mail) LeaveDone() { m.reopens = false }

// Shown tells whether the last text that was written went to the requester's side.
func (m *Mail) Shown() bool { return m.shown }
