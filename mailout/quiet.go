package mailout

import (
	"postdesk/core"
)

// How people switch mails off by mail, and what they are told of it (E4).

// Stoppable tells that the recipient may switch mails like this one off by answering it with one word: their role allows
// it, and the answer proves who it is from. A mail that may not be its recipient's own says nothing of it.
func (m *told) Stoppable() bool {
	return core.MaySwitch(m.Event, m.Reason) && m.ReplyAddress != "" && m.ReplyAddress != m.FromAddress && !m.unlisted && !m.Hidden()
}

// quiet is the line of a receipt about such an answer; nil where it is about something else.
func (m *told) quiet() *core.ReceiptLine { return m.Receipt.Switching() }

// quietHeadline says what is off or on now.
func (m *told) quietHeadline() string {
	q := m.quiet()
	about, service := m.T("notice."+q.Args[0]), cleanText(q.Args[1])
	switch {
	case q.Outcome != core.CommandDone && q.Command == "stop":
		return m.T("mail.quiet.still")
	case q.Outcome != core.CommandDone:
		return m.T("mail.quiet.still_off")
	case q.Command == "start":
		return m.T("mail.quiet.on", about, service)
	}
	return m.T("mail.quiet.off", about, service)
}

// quietNext says how to undo it, or why nothing was done.
func (m *told) quietNext(q *core.ReceiptLine) string {
	switch {
	case q.Outcome != core.CommandDone:
		return m.T(q.Reason)
	case q.Command == "start":
		return m.T("mail.quiet.off_again")
	}
	if m.ReplyAddress == "" || m.ReplyAddress == m.FromAddress { // they see the ticket no more: an answer to this mail would be a new request
		return m.T("mail.quiet.on_again_there")
	}
	return m.T("mail.quiet.on_again")
}
