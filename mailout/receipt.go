package mailout

import (
	"strings"

	"postdesk/core"
)

// What a receipt says of a mail by which somebody worked (mail.md 5).

// ToConfirm tells that the button leads to the page where the mail is carried out.
func (m *told) ToConfirm() bool { return m.receipt().Confirm != "" }

// receipt is never nil, so that a mail without one has no holes.
func (m *told) receipt() *core.Receipt {
	if m.Receipt == nil {
		return &core.Receipt{}
	}
	return m.Receipt
}

// Headline says in one sentence how the mail ended.
func (m *told) Headline() string {
	r := m.receipt()
	done, all := 0, len(r.Lines)
	for _, l := range r.Lines {
		if l.Outcome == core.CommandDone {
			done++
		}
	}
	switch {
	case m.quiet() != nil:
		return m.quietHeadline()
	case r.Confirm != "":
		return m.T("mail.receipt.confirm")
	case r.Approval != "":
		return m.T("mail.receipt.undecided")
	case r.Undecided != "":
		return m.T("mail.receipt.undecided_over")
	case r.Unknown != "":
		return m.T("mail.receipt.unknown", cleanText(r.Unknown))
	case len(r.Near) > 0:
		return m.T("mail.receipt.unknown_hidden")
	case r.Help && all < 2:
		return m.T("mail.receipt.help")
	case all == 0 && r.Text == core.TextOpened:
		return m.T("mail.receipt.opened_for", m.Asker())
	case all == 0:
		return m.T("mail.receipt.kept")
	case done == all:
		return m.T("mail.receipt.done")
	case done == 0:
		return m.T("mail.receipt.nothing")
	}
	return m.T("mail.receipt.partly")
}

// Consequence says what became of the text, who was told, and what to do.
func (m *told) Consequence() string {
	r := m.receipt()
	if q := m.quiet(); q != nil {
		return m.quietNext(q)
	}
	var say []string
	switch {
	case r.Approval != "" && m.Decides:
		say = append(say, m.T("mail.receipt.decide", m.T("mail.approval_requested.approve"), m.T("mail.approval_requested.reject")))
	case r.Approval != "": // the mailbox can carry no token
		say = append(say, m.T("mail.receipt.decide_page"))
	case r.Undecided != "":
		say = append(say, m.T(r.Undecided))
	}
	if len(r.Near) > 0 {
		say = append(say, m.T("mail.receipt.near", m.either(r.Near)))
	}
	switch {
	case r.Confirm != "" && r.Text == core.TextNote:
		say = append(say, m.T("mail.receipt.confirm.kept"))
	case r.Confirm != "":
		say = append(say, m.T("mail.receipt.confirm.next"))
	case r.Text == core.TextOpened && len(r.Lines) == 0: // said above; the words around the forwarded mail are a note
		say = append(say, m.T("mail.receipt.opened_for.next"))
	case r.Text != "":
		say = append(say, m.where(r.Text))
	}
	if len(r.Told) > 0 {
		say = append(say, m.T("mail.receipt.told", cleanText(strings.Join(r.Told, ", "))))
	}
	if r.Help {
		say = append(say, m.T("mail.receipt.help_next"))
	}
	return strings.Join(say, " ")
}

// where says what became of the text.
func (m *told) where(t core.TextOutcome) string {
	switch {
	case t == core.TextReply && m.Asker() != "":
		return m.T("mail.receipt.text.reply", m.Asker())
	case t == core.TextNote && !m.Simple():
		return m.T("mail.receipt.text.note")
	case t == core.TextOpened:
		return m.T("mail.receipt.text.opened")
	case t == core.TextHeld:
		return m.T("mail.receipt.text.held")
	case t == core.TextNote:
		return m.T("mail.receipt.text.kept")
	}
	return m.T("mail.receipt.text.message")
}

// either joins words behind their # so that one of them may be chosen.
func (m *told) either(words []string) string {
	last := "#" + words[len(words)-1]
	if len(words) == 1 {
		return last
	}
	return m.T("mail.receipt.or", "#"+strings.Join(words[:len(words)-1], ", #"), last)
}

// commands lists the mail's commands with what became of each, and all commands where help is asked for.
func (m *told) commands() (list []line) {
	r := m.receipt()
	if m.quiet() != nil {
		return nil
	}
	for _, l := range r.Lines {
		if l.Command == "help" && l.Outcome == core.CommandDone { // it follows
			continue
		}
		x := line{Text: strings.TrimSpace("#" + m.T("command."+l.Command) + " " + cleanText(l.Argument)), Detail: m.T("mail.receipt.line.done")}
		switch l.Outcome {
		case core.CommandDone:
			switch l.Command {
			case "approve":
				x.Detail = m.T("mail.receipt.line.approved")
			case "reject":
				x.Detail = m.T("mail.receipt.line.rejected")
			case "template":
				x.Detail = m.template(l)
			}
		case core.CommandConfirm:
			x.Detail = m.T("mail.receipt.line.confirm")
		case core.CommandRefused:
			x.Detail = m.T("mail.receipt.line.refused", m.why(l))
		}
		list = append(list, x)
	}
	if r.Help {
		for _, name := range core.MailCommands() {
			key := "command." + name
			list = append(list, line{Text: m.T(key+".how") + " · #" + m.other.T(key), Detail: m.T(key + ".does")})
		}
	}
	return list
}

// template says which template went to whom: a beginning of its title was enough to name it.
func (m *told) template(l core.ReceiptLine) string {
	switch {
	case len(l.Args) != 1:
		return m.T("mail.receipt.line.done")
	case m.Asker() == "":
		return m.T("mail.receipt.line.template", cleanText(l.Args[0]))
	}
	return m.T("mail.receipt.line.template_to", cleanText(l.Args[0]), m.Asker())
}

// why says the reason of a refusal.
func (m *told) why(l core.ReceiptLine) string {
	if !m.Has(l.Reason) {
		return m.T("error.failure")
	}
	args := make([]any, len(l.Args))
	for i, a := range l.Args {
		args[i] = cleanText(a)
	}
	return m.T(l.Reason, args...)
}
