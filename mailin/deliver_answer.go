package mailin

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// answer writes to the ticket that the mail belongs to. The requester's side may do so with an address alone, marked as
// not verified; a solver's work needs the person proven.
func (d *delivery) answer(ctx context.Context, c helpdesk.Candidate, s core.Standing, mine bool, token *helpdesk.Token) (store.Outcome, error) {
	r := helpdesk.NewRecord{Text: d.text(), Folded: d.folded(), Attachments: d.attachments(), Mail: d.source()}
	if s.TeamSide() || !s.Part {
		if d.level < core.PersonProven {
			return d.holdReply(ctx, c, "written for the desk, but the sender is not proven ("+d.evidence.why+")"), nil
		}
		if err := d.teamText(ctx, c.Ticket, &r); err != nil {
			return store.Outcome{}, err
		}
		r.Answer = (r.Text != "" || len(r.Attachments) > 0) && !forTheTeam(d.msg)
	}
	if mine && token.Purpose == core.PurposeNote || s.TeamSide() && !r.Answer { // a note address makes notes, whatever became of its owner
		note := false
		r.Show, r.Answer = &note, false
	}
	n, err := d.AddRecord(ctx, c.Ticket, r)
	if refused := core.CodeOf(err); refused == core.Forbidden || refused == core.NotFound {
		return d.holdReply(ctx, c, "not allowed in ticket "+fmt.Sprint(c.Ticket)), nil
	}
	if err == nil {
		err = d.AddCopied(ctx, n, addresses(d.msg.Cc))
	}
	return store.Outcome{State: core.InboundApplied, Reason: c.How, Ticket: n}, err
}

// forTheTeam tells that a solver's mail is not an answer to the requester although it came to the address for one: a
// forward of a notification, or one that begins with a #word, which may be a command and must not go out as text
// (mail.md 5; #12 is text).
func forTheTeam(m *Message) bool {
	line, _, _ := strings.Cut(strings.TrimSpace(m.Visible), "\n")
	return commandWord.MatchString(line) || forwardPrefix.MatchString(m.Subject)
}

var (
	commandWord   = regexp.MustCompile(`^#\pL`)
	forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|rv|wg|tr|enc|i)\s*:`)
)
