package mailin

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// report is what a server or a reader says about a mail of ours. It opens and changes no ticket (mail.md 2, rows 2 and 3).
func (d *delivery) report(_ context.Context) (store.Outcome, error) {
	return store.Outcome{State: core.InboundSuppressed, Reason: string(d.msg.Class) + ": " + first(d.msg.Reasons)}, nil
}
