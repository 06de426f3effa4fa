package mailin

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// confirmAddress is an answer to the mail that asks whether an address is somebody's (mail.md 4). A person has to have
// written it, from that very address; where the sender's domain says that it is forged, it confirms nothing.
func (d *delivery) confirmAddress(ctx context.Context, token *helpdesk.Token) (store.Outcome, error) {
	not := func(why string) (store.Outcome, error) {
		return store.Outcome{State: core.InboundSuppressed, Reason: "no address confirmed: " + why}, nil
	}
	switch {
	case d.msg.Class != ClassHuman, d.msg.OutOfOffice():
		return not("automatic mail answers for nobody")
	case d.from.Email != token.Address:
		return not("the answer came from another address than " + token.Address)
	case d.evidence.fail:
		return not(d.evidence.why)
	}
	done, why, err := d.ConfirmAddress(ctx, token)
	if err != nil || !done {
		if err != nil {
			return store.Outcome{}, err
		}
		return not(why)
	}
	return store.Outcome{State: core.InboundApplied, Reason: "address confirmed"}, nil
}
