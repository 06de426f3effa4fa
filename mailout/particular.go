package mailout

import "strings"

// What single events tell, in words.

// From is the service from which the ticket was moved.
func (m *told) From() string { return cleanText(m.MovedFrom) }

// Target is the team's own date for the ticket (A71); "" = none, or not for the recipient's eyes.
func (m *told) Target() string {
	if m.Ticket.InternalTarget == nil {
		return ""
	}
	return m.Moment(*m.Ticket.InternalTarget, m.Now)
}

// ChildSubject is the subject of the ticket below this one; "" where the recipient may not see that ticket.
func (m *told) ChildSubject() string {
	if m.Child == nil {
		return ""
	}
	return cleanText(strings.ReplaceAll(m.Child.Subject, m.Child.Tag, ""))
}

// EndsAt is when a ticket that waits is resolved by itself; "" = never.
func (m *told) EndsAt() string {
	if m.ResolvesAt == nil {
		return ""
	}
	return m.Moment(*m.ResolvesAt, m.Now)
}

// Refusal says what a mail could not do.
func (m *told) Refusal() string { return m.refusal("") }

// WayOut says what to do instead.
func (m *told) WayOut() string { return m.refusal(".next") }

func (m *told) refusal(part string) string {
	key := "refusal." + m.Refused + part
	if !m.Has(key) {
		return ""
	}
	service := cleanText(m.Ticket.Service)
	if service == "" {
		service = m.Desk
	}
	return m.T(key, service, m.FromAddress)
}
