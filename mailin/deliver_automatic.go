package mailin

import (
	"context"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// automatic mail never reopens or changes anything, and opens only what the service lets a robot open. What answers a
// ticket's person is kept with the ticket (mail.md 2, rows 4, 5 and 9).
func (d *delivery) automatic(ctx context.Context, c helpdesk.Candidate, person *core.Person) (store.Outcome, error) {
	reason := string(d.msg.Class) + ": " + first(d.msg.Reasons)
	if d.msg.Class == ClassHuman { // row 9
		reason = string(ClassAuto) + ": an out-of-office subject just behind our mail"
	}
	suppressed := store.Outcome{State: core.InboundSuppressed, Reason: reason}
	service, _ := d.ServiceFor(addresses(d.msg.To), addresses(d.msg.Cc))
	s := d.Directory().Services[service]
	robot := s != nil && s.TakesFrom(d.from.Email) && !d.repliesByItself()
	if person != nil && person.Disabled || d.msg.Class == ClassList && !robot {
		return suppressed, nil
	}
	if c.Ticket != 0 && person != nil {
		d.Become(person, core.Machine)
		standing, err := d.StandingIn(ctx, c.Ticket)
		if err != nil {
			return store.Outcome{}, err
		}
		if standing.Sees() && (!c.Weak || standing.Owner) {
			n, err := d.RecordAutomatic(ctx, c.Ticket, d.from.Email, d.text(), d.source())
			return store.Outcome{State: core.InboundApplied, Reason: reason, Ticket: n}, err
		}
	}
	switch {
	case !robot:
		return suppressed, nil
	case d.evidence.fail:
		return d.hold(service, "robot_forged", d.evidence.why), nil
	case s.Folder, s.Archived: // D22
		return d.hold(service, state(s), s.Name), nil
	}
	if person == nil {
		var err error
		if person, err = d.AddPerson(ctx, d.from, service, core.Guest); err != nil {
			return store.Outcome{}, err
		}
	}
	d.level = proof(d.evidence, false, false, d.policy())
	d.Become(person, d.level)
	n, err := d.OpenTicket(ctx, helpdesk.NewTicket{
		Service: service, Subject: withoutTag(d.msg.Subject), Text: d.text(), Folded: d.folded(), Attachments: d.attachments(), Mail: d.source(),
	})
	switch core.CodeOf(err) {
	case core.Forbidden, core.Invalid: // refused before anything was written
		return d.hold(service, "may_not_open", s.Name), nil
	}
	return store.Outcome{State: core.InboundApplied, Reason: "opened by a robot of " + s.Name, Ticket: n}, err
}

// repliesByItself tells an answer to mail from the alarms and reports for which robots are let in (RFC 3834 section 2): it
// never opens a ticket, or two robots could go on for ever.
func (d *delivery) repliesByItself() bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(d.msg.Header.Get("Auto-Submitted"))), "auto-replied") || d.msg.OutOfOffice()
}
