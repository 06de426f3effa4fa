package mailin

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// answer writes to the ticket that the mail belongs to, and does what its commands say. The requester's side may write
// with an address alone, marked as not verified; a solver's work and most commands need the person proven, and wait for
// their button where they are not.
func (d *delivery) answer(ctx context.Context, c helpdesk.Candidate, s core.Standing, mine bool, token *helpdesk.Token) (store.Outcome, error) {
	a := &reply{delivery: d, orders: readOrders(d.msg.Visible), ticket: c.Ticket, team: s.TeamSide() || !s.Part}
	a.below = a.orders.text
	a.noteAddress = mine && token.Purpose == core.PurposeNote
	a.internal = a.noteAddress || mine && token.Purpose == core.PurposeInternal
	a.human = d.msg.Class == ClassHuman
	a.forward = a.team && forwardPrefix.MatchString(d.msg.Subject)
	a.stays = s.Roles.Team()
	if held, out, err := a.unproven(ctx, c); held || err != nil {
		return out, err
	}
	err := a.firstAndText(ctx)
	if err != nil {
		if refused := core.CodeOf(err); refused == core.Forbidden || refused == core.NotFound {
			return d.holdAndTell(ctx, c, "may_not_write", fmt.Sprint(c.Ticket))
		}
		return store.Outcome{}, err
	}
	if err := a.carryOut(ctx); err != nil {
		return store.Outcome{}, err
	}
	return store.Outcome{State: core.InboundApplied, Reason: c.How, Ticket: a.ticket}, nil
}

// reply is a mail to a ticket while it is worked on.
type reply struct {
	*delivery
	orders
	below       string      // the text below the commands
	ticket      core.Number // changes where the ticket is merged, or where a late reply opens one
	team        bool        // what is written here is the desk speaking
	noteAddress bool        // it came to an address for notes, whose token is good for nothing else (mail.md 4)
	internal    bool        // it answers something internal, or came to an address for notes
	human       bool        // a person wrote it: only they have commands, and are answered
	forward     bool        // of a notification, which is no reply (mail.md 5)
	stays       bool        // the sender sees the ticket whoever has it
	owned       helpdesk.NewRecord
	receipt     core.Receipt
	done        map[int]core.ReceiptLine // of the commands that came before the text, by their place
	refused     map[string]error         // what came of the text by itself, for note and public
}

// ordersMore tells whether the mail asks for more than to be recorded.
func (a *reply) ordersMore() bool { return a.human && (len(a.commands) > 0 || a.unknown != "") }

func (a *reply) has(name string) bool {
	return slices.ContainsFunc(a.commands, func(c Command) bool { return c.Name == name })
}

// unproven holds a mail that its sender is not proven well enough for, whole: it waits for their button, and for the
// service's triage (mail.md 4). Where the mailbox has no addresses that could prove more than the domain, a solver's
// words are kept as a note at once.
func (a *reply) unproven(ctx context.Context, c helpdesk.Candidate) (held bool, out store.Outcome, err error) {
	need := core.Unverified
	if a.human {
		if need, err = a.neededLevel(ctx, a.orders); err != nil {
			return false, out, err
		}
	}
	if a.team && (a.below != "" || !a.ordersMore()) {
		need = max(need, core.PersonProven)
	}
	level := a.level
	if a.noteAddress && level < core.SignedIn && slices.ContainsFunc(a.commands, func(c Command) bool { return c.Name != "note" && c.Name != "help" }) {
		level = min(level, core.DomainProven)
	}
	if level >= need {
		return false, out, nil
	}
	p := a.Sender()
	if p.Origin != core.Configured && !a.team { // nobody who could press a button: the words are taken, the commands refused
		return false, out, nil
	}
	out = a.holdReply(ctx, c, "unproven", a.evidence.why)
	if a.evidence.fail || !a.human || p.Origin != core.Configured { // forged mail is not answered
		return true, out, nil
	}
	a.receipt.Text = core.TextHeld
	if box := a.Directory().Mailboxes[a.Row.Mailbox]; a.team && a.level >= core.DomainProven && box != nil && !box.CarriesTokens() {
		if err := a.writeNote(ctx); err != nil && core.CodeOf(err) == "" {
			return true, out, err
		} else if err == nil {
			out = store.Outcome{State: core.InboundApplied, Reason: c.How, Ticket: a.ticket}
			a.receipt.Text = core.TextNote
		}
	}
	for _, x := range a.commands {
		a.receipt.Lines = append(a.receipt.Lines, core.ReceiptLine{Command: x.Name, Argument: clip(x.Argument), Outcome: core.CommandConfirm})
	}
	a.receipt.Unknown, a.receipt.Near = a.unknown, a.near
	if a.receipt.Confirm, err = a.AskConfirmation(ctx, p, a.ticket); err != nil || a.receipt.Confirm == "" {
		return true, out, err
	}
	return true, out, a.Receipt(ctx, a.ticket, a.receipt)
}

// writeNote keeps all of the new text as an internal note of its sender's.
func (a *reply) writeNote(ctx context.Context) error {
	p, no := a.Sender(), false
	r := helpdesk.NewRecord{Text: a.msg.Visible, Show: &no, Folded: a.folded(), Attachments: a.attachments(), Mail: a.source()}
	if err := a.teamText(ctx, a.ticket, &r); err != nil {
		return err
	}
	a.Become(p, core.PersonProven) // for the note alone: mail.md 4
	defer a.Become(p, a.level)
	return a.Try(ctx, func() error { _, err := a.AddRecord(ctx, a.ticket, r); return err })
}

// write records the text, unless it is a command's own. Where it goes: to the requester or not by the address, by a
// forward, and by #note and #public.
func (a *reply) write(ctx context.Context) error {
	r := helpdesk.NewRecord{Folded: a.folded(), Attachments: a.attachments(), Mail: a.source()}
	text := a.below
	if len(a.commands) == 0 && !a.team {
		text = a.delivery.text()
	} else if a.human {
		text = a.withArguments(text)
	}
	if r.Text = text; !a.team {
		r.Text = maskAddresses(text)
	} else if err := a.teamText(ctx, a.ticket, &r); err != nil {
		return err
	}
	if a.has("close") || a.has("reopen") {
		a.LeaveDone()
	}
	taken := slices.ContainsFunc(a.commands, func(c Command) bool { return traits[c.Name].takes })
	if a.ordersMore() && r.Text == "" && !slices.ContainsFunc(r.Attachments, func(f core.Attachment) bool { return !f.Inline }) {
		return nil // what is left is a signature
	}
	if taken && !a.has("note") && !a.has("public") && a.human {
		a.owned = r
		return nil
	}
	return a.record(ctx, r)
}

// withArguments puts what stands behind a command that takes no value before the text: "#note call him".
func (a *reply) withArguments(text string) string {
	var lines []string
	for _, c := range a.commands {
		if traits[c.Name].begins && c.Argument != "" {
			lines = append(lines, c.Argument)
		}
	}
	return strings.TrimSpace(strings.Join(append(lines, text), "\n"))
}

// record writes the text by itself. Where #note or #public is refused, it is kept for the team.
func (a *reply) record(ctx context.Context, r helpdesk.NewRecord) error {
	no, yes := false, true
	internal := a.team && (a.forward || a.unknown != "" || !a.human && a.ordersSomething())
	switch {
	case a.human && a.has("note"):
		r.Show = &no
	case a.human && a.has("public"):
		r.Show = &yes
	case a.internal, internal:
		r.Show = &no
	case a.team:
		r.Answer = r.Text != "" || len(r.Attachments) > 0
		if !r.Answer {
			r.Show = &no
		}
	}
	add := func() (err error) { a.ticket, err = a.AddRecord(ctx, a.ticket, r); return err }
	var err error
	if r.Show == nil || !a.human || !a.has("note") && !a.has("public") {
		err = add()
	} else if err = a.Try(ctx, add); core.CodeOf(err) != "" {
		a.refused = map[string]error{"note": err, "public": err}
		a.receipt.Text = core.TextNote
		_, err = a.KeepText(ctx, a.ticket, r)
		return err
	}
	if err != nil {
		return err
	}
	a.receipt.Text = core.TextMessage
	if a.team || r.Show != nil && !*r.Show {
		if a.receipt.Text = core.TextNote; a.Shown() {
			a.receipt.Text = core.TextReply
		}
	}
	return a.AddCopied(ctx, a.ticket)
}

// ordersSomething tells that the text begins like commands, also where they are none.
func (a *reply) ordersSomething() bool { return len(a.commands) > 0 || a.unknown != "" }

// before tells whether a command comes before the text. Who loses sight with the ticket passes it on after it.
func (a *reply) before(name string) bool {
	return traits[name].first || a.stays && traits[name].gives
}

// firstAndText does both or nothing: mail whose text may not be written here is held whole.
func (a *reply) firstAndText(ctx context.Context) error {
	if len(a.commands) == 0 || !a.before(a.commands[0].Name) && !traits[a.commands[0].Name].tells {
		return a.write(ctx)
	}
	return a.Try(ctx, func() error {
		if err := a.doFirst(ctx); err != nil {
			return err
		}
		return a.write(ctx)
	})
}

// doFirst does the commands that come before the text.
func (a *reply) doFirst(ctx context.Context) error {
	a.done = map[int]core.ReceiptLine{}
	for i, c := range a.commands {
		switch {
		case !a.human || i >= maxCommands:
			return nil
		case traits[c.Name].tells:
			continue
		case !a.before(c.Name):
			return nil
		}
		line, err := a.carry(ctx, c)
		if err != nil {
			return err
		}
		a.done[i] = line
	}
	return nil
}

// carryOut does the other commands in their order, and sends the receipt.
func (a *reply) carryOut(ctx context.Context) error {
	if !a.human || !a.ordersMore() && !a.forward {
		return nil
	}
	a.receipt.Unknown, a.receipt.Near = a.unknown, a.near
	a.receipt.Help = a.has("help") || a.unknown != "" && len(a.near) == 0
	for i, c := range a.commands {
		if i == maxCommands {
			a.receipt.Lines = append(a.receipt.Lines, core.ReceiptLine{Command: c.Name, Argument: clip(c.Argument), Outcome: core.CommandRefused,
				Reason: "error.command.many", Args: []string{fmt.Sprint(maxCommands)}})
			break
		}
		line, done := a.done[i]
		if !done {
			var err error
			if line, err = a.carry(ctx, c); err != nil {
				return err
			}
		}
		a.receipt.Lines = append(a.receipt.Lines, line)
	}
	if a.owned.Mail != nil { // its command was refused: nothing is lost, and nothing goes out
		no := false
		a.owned.Show = &no
		err := a.Try(ctx, func() error { _, err := a.AddRecord(ctx, a.ticket, a.owned); return err })
		if core.CodeOf(err) != "" {
			_, err = a.KeepText(ctx, a.ticket, a.owned)
		}
		if err != nil {
			return err
		}
		a.receipt.Text = core.TextNote
	}
	if a.evidence.fail {
		return nil
	}
	return a.Receipt(ctx, a.ticket, a.receipt)
}

// carry does one command. The first that takes the text has it.
func (a *reply) carry(ctx context.Context, c Command) (core.ReceiptLine, error) {
	x := &deed{Command: c, ticket: a.ticket}
	if traits[c.Name].takes && a.owned.Mail != nil {
		x.words = a.owned
	}
	if c.Name == "template" && a.owned.Mail == nil && a.receipt.Text == "" { // nothing else of the mail is in the log
		x.words = helpdesk.NewRecord{Folded: a.folded(), Mail: a.source()}
	}
	if traits[c.Name].begins {
		x.Argument = "" // it stands in the text
	}
	if err := a.refused[c.Name]; err != nil {
		return refusedLine(core.ReceiptLine{Command: c.Name, Outcome: core.CommandDone}, err)
	}
	if c.Name == "public" && a.has("note") {
		return core.ReceiptLine{Command: c.Name, Outcome: core.CommandRefused, Reason: "error.command.note_or_public"}, nil
	}
	line, err := a.run(ctx, x)
	if err != nil || line.Outcome != core.CommandDone {
		return line, err
	}
	a.ticket = x.ticket
	if c.Name == "template" && a.receipt.Text != core.TextOpened {
		if x.words.Text != "" || len(x.words.Attachments) > 0 { // it went with the template
			a.receipt.Text = core.TextReply
		}
		if err := a.AddCopied(ctx, a.ticket); err != nil {
			return line, err
		}
	}
	if x.words.Mail != nil {
		files := a.owned
		a.owned = helpdesk.NewRecord{}
		switch {
		case c.Name == "resolve":
			a.receipt.Text = core.TextReply
		case c.Name == "template": // said above
		case len(files.Attachments) > 0: // these take words alone
			no := false
			files.Text, files.Show = "", &no
			if _, err := a.AddRecord(ctx, a.ticket, files); err != nil {
				return line, err
			}
			fallthrough
		case x.words.Text != "" && c.Name != "ask": // that is the question, and nobody's note
			a.receipt.Text = core.TextNote
		}
	}
	return line, nil
}

var forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|rv|wg|tr|enc|i)\s*:`)
