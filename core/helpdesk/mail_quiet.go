package helpdesk

import (
	"context"

	"postdesk/core"
)

// Quiet is what somebody says with one word about mails like the one that they answer.
type Quiet string

// The words, as receipts name them.
const (
	QuietStop  Quiet = "stop"  // no more of these
	QuietStart Quiet = "start" // these again
)

// alwaysOn is why mails cannot be switched off.
const alwaysOn = "error.quiet.always"

// SetQuiet switches the reason of the mail that a token came with off, or on again, for the token's person in the service
// that the mail was about (E4), and answers with a receipt. The person must be proven, and the reason one that people may
// switch; else nothing changes and the receipt says why. done is false where nothing was switched, and taken is false
// where the word cannot have been meant so: start, where nothing is switched off. A word in answer to such a receipt is about
// the mails that the receipt is about.
func (m *Mail) SetQuiet(ctx context.Context, n core.Number, t *Token, word Quiet) (taken, done bool, err error) {
	origin, err := m.tx.OriginOfToken(ctx, t.Token)
	if err != nil {
		return false, false, err
	}
	may := core.MaySwitch(origin.Event, origin.Reason)
	if q := origin.Receipt.Switching(); q != nil {
		origin.Reason, origin.Service, may = q.Args[0], q.Args[1], q.Reason != alwaysOn
	}
	p := m.actor.Person
	service := m.dir.ServiceByName(origin.Service)
	if service == nil {
		service = m.dir.Services[m.ServiceOf(ctx, n)]
	}
	if service == nil {
		return false, false, nil
	}
	if word == QuietStart && !m.switchedOff(p, service.ID, origin.Reason) {
		return false, false, nil
	}
	line := core.ReceiptLine{Command: string(word), Outcome: core.CommandRefused, Args: []string{origin.Reason, m.dir.Path(service.ID)}}
	switch {
	case !may:
		line.Reason = alwaysOn
	case m.actor.Level < core.PersonProven:
		line.Reason = "error.quiet.unproven"
	default:
		wanted := word == QuietStart
		line.Outcome, done = core.CommandDone, true
		m.tx.SaveNoticeSetting(p.ID, service.ID, origin.Reason, &wanted)
		m.tx.RenewPicture() // people are part of the daemons' picture of the desk
		m.h.audit(m.tx, m.actor, m.now, core.AuditEntry{Noun: core.AuditNotifications, Name: p.Email, Action: core.AuditChanged,
			After: map[string]string{"reason": origin.Reason, "service": m.dir.Path(service.ID), "wanted": map[bool]string{true: "on", false: "off"}[wanted]}})
	}
	return true, done, m.Receipt(ctx, n, core.Receipt{Lines: []core.ReceiptLine{line}})
}

// switchedOff tells whether the person said of the service that they do not want mails for the reason.
func (m *Mail) switchedOff(p *core.Person, service core.ServiceID, reason string) bool {
	for _, s := range p.Settings {
		if s.Service == service && s.Reason == reason {
			return !s.Wanted
		}
	}
	return false
}
