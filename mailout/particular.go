package mailout

import (
	"strings"

	"postdesk/core"
)

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

// Moved lists the deadlines of the SLA that moved, with their new dates; "" = it is the internal target that did.
func (m *told) Moved() string {
	var parts []string
	for _, d := range m.Deadlines {
		switch {
		case d.Target == core.TargetFirstResponse && d.Due == nil:
			parts = append(parts, m.T("mail.deadline.first_response_none"))
		case d.Target == core.TargetFirstResponse:
			parts = append(parts, m.T("mail.deadline.first_response", m.Moment(*d.Due, m.Now)))
		case d.Target == core.TargetResolution && d.Due == nil:
			parts = append(parts, m.T("mail.deadline.resolution_none"))
		case d.Target == core.TargetResolution:
			parts = append(parts, m.T("mail.deadline.resolution", m.Moment(*d.Due, m.Now)))
		}
	}
	return strings.Join(parts, "; ")
}

// Planned is what the requester's side may now expect: when it is done, or at least answered; "" = there is no date.
func (m *told) Planned() string {
	at := m.by(core.TargetResolution)
	if m.Moved() == "" {
		at = m.Target()
	}
	if at == "" {
		return m.Answered()
	}
	return m.T("mail.deadline_changed.headline", at)
}

// Answered is the date of the first answer, where that moved.
func (m *told) Answered() string {
	if at := m.by(core.TargetFirstResponse); at != "" {
		return m.T("mail.deadline_changed.headline_answer", at)
	}
	return ""
}

// by is the new date of a target that the mail tells of; "" = none.
func (m *told) by(target core.Target) string {
	for _, d := range m.Deadlines {
		if d.Target == target && d.Due != nil {
			return m.Moment(*d.Due, m.Now)
		}
	}
	return ""
}

// due is a deadline that is near or has passed: the key of the sentence that says so, and when.
type due struct{ Key, At string }

var dueKeys = map[core.Event]map[core.Target]string{
	core.EventSLAWarning: {
		core.TargetFirstResponse: "mail.sla_warning.first_response",
		core.TargetResolution:    "mail.sla_warning.resolution",
		core.TargetInternal:      "mail.sla_warning.internal_target",
	},
	core.EventSLABreach: {
		core.TargetFirstResponse: "mail.sla_breach.first_response",
		core.TargetResolution:    "mail.sla_breach.resolution",
		core.TargetInternal:      "mail.sla_breach.internal_target",
	},
}

// Due is the one that the mail is about; nil = it names none.
func (m *told) Due() *due {
	for _, d := range m.Deadlines {
		if d.Due != nil {
			return &due{dueKeys[m.Event][d.Target], m.Moment(*d.Due, m.Now)}
		}
	}
	return nil
}

// HasIt names who else has the ticket that a deadline is about; "" = nobody, or the recipient does.
func (m *told) HasIt() string {
	switch {
	case m.Ticket.Solver != nil && m.Ticket.Solver.Email != m.Address:
		return cleanText(m.Ticket.Solver.Display())
	case m.Ticket.Solver == nil:
		return cleanText(m.Ticket.Group)
	}
	return ""
}

// Untaken tells that nobody has the ticket.
func (m *told) Untaken() bool { return m.Ticket.Solver == nil && m.Ticket.Group == "" }

// ChildSubject is the subject of the ticket below this one; "" where the recipient may not see that ticket.
func (m *told) ChildSubject() string {
	if m.Child == nil {
		return ""
	}
	return cleanText(strings.ReplaceAll(m.Child.Subject, m.Child.Tag, ""))
}

// NewsTitle is the title of news.
func (m *told) NewsTitle() string {
	if m.News == nil {
		return ""
	}
	return cleanText(m.News.Title)
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
