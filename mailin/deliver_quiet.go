package mailin

import (
	"context"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// quietWords are the answers that switch mails like the answered one off and on again (E4).
var quietWords = map[string]helpdesk.Quiet{
	"stop": helpdesk.QuietStop, "parar": helpdesk.QuietStop,
	"start": helpdesk.QuietStart, "seguir": helpdesk.QuietStart,
}

// quietWord is the one word that the new text of a mail consists of, where it is such a word; "" else.
func quietWord(visible string) helpdesk.Quiet {
	word := strings.Trim(strings.TrimSpace(visible), `.,;:!¡"'“”«» `)
	return quietWords[strings.ToLower(word)]
}

// quiet switches mails off or on where the mail asks for that. taken is false where it does not, and is mail like any
// other. What is written to a reply address only proves who it is where the address is the sender's own.
func (d *delivery) quiet(ctx context.Context, c helpdesk.Candidate, token *helpdesk.Token) (out store.Outcome, taken bool, err error) {
	word := quietWord(d.msg.Visible)
	if d.msg.Class != ClassHuman || word == "" || len(enclosed(d.msg)) > 0 || d.evidence.fail {
		return out, false, nil
	}
	if token.Purpose == core.PurposeNote && !d.evidence.pass && !d.Confirmed() { // it stands in the mail's text, so it proves nobody for more than a note
		d.Become(d.Sender(), core.Unverified)
		defer d.Become(d.Sender(), d.level)
	}
	taken, done, err := d.SetQuiet(ctx, c.Ticket, token, word)
	out = store.Outcome{State: core.InboundApplied, Reason: "switched mails: " + string(word), Ticket: c.Ticket}
	if !done {
		out.State, out.Reason = core.InboundSuppressed, "switches no mails: "+string(word)
	}
	return out, taken, err
}
