package mailin

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// automatic mail never opens, reopens or changes anything; what answers a ticket's person is kept with it.
func (d *delivery) automatic(ctx context.Context, c helpdesk.Candidate, person *core.Person) (store.Outcome, error) {
	reason := string(d.msg.Class) + ": " + first(d.msg.Reasons)
	if c.Ticket == 0 || person == nil {
		return store.Outcome{State: core.InboundSuppressed, Reason: reason}, nil
	}
	d.Become(person, core.Machine)
	s, err := d.StandingIn(ctx, c.Ticket)
	if err != nil || !s.Sees() {
		return store.Outcome{State: core.InboundSuppressed, Reason: reason}, err
	}
	n, err := d.RecordAutomatic(ctx, c.Ticket, d.from.Email, d.text(), d.source())
	return store.Outcome{State: core.InboundApplied, Reason: reason, Ticket: n}, err
}
