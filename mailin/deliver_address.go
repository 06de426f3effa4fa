package mailin

import (
	"context"
	"strings"
	"unicode"

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
	case declines[opening(d.msg.Visible)]:
		return not("its owner said no")
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

// declines are the first words of an answer by which somebody says that the address is theirs alone.
var declines = map[string]bool{"no": true, "not": true, "never": true, "nunca": true, "stop": true, "parar": true}

func opening(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 0 {
		return ""
	}
	return core.FoldWords(words[0])
}
