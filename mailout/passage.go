package mailout

import (
	"strings"
	"unicode/utf8"

	"postdesk/core"
	"postdesk/templates"
)

// passage is one text of a person in a mail, with who wrote it and when.
type passage struct {
	Label, Author, Written string // Label says what it is where that does not go without saying
	Text                   string // empty where only who and when are told
	Note                   bool   // internal
	Cut                    bool   // it goes on in the desk
}

// passages are the texts of a mail in their order: what is asked and the request itself, or the decisions with their words,
// or simply what somebody wrote.
func (m *told) passages() []passage {
	var list []passage
	add := func(p passage, text string) {
		p.Text, p.Cut = m.cut(text)
		list = append(list, p)
	}
	if m.News != nil {
		add(passage{Author: cleanText(m.Ticket.Service), Written: m.Moment(m.News.UpdatedAt, m.Now)}, m.News.Text)
	}
	request := ""
	switch a := m.Approval; {
	case a == nil:
	case m.Event == core.EventApprovalAsked:
		request = m.T("mail.approval.request")
		if strings.TrimSpace(a.Text) != "" {
			add(passage{Label: m.T("mail.approval.question"), Author: m.Asking(), Written: m.Moment(a.AskedAt, m.Now)}, a.Text)
		}
	case m.Event == core.EventApprovalEnded:
		for _, s := range a.Approvers {
			if decision := m.decision(s); decision.Author != "" {
				add(decision, s.Text)
			}
		}
		if strings.TrimSpace(a.Text) != "" {
			add(passage{Label: m.T("mail.approval.question"), Author: m.Asking(), Written: m.Moment(a.AskedAt, m.Now)}, a.Text)
		}
	}
	if m.Message() {
		p := passage{Label: request, Author: m.Author(), Written: m.Written(), Note: m.Note()}
		if p.Note {
			p.Label = m.T("mail.note_label")
		}
		add(p, m.Record.Text)
	}
	return list
}

// LastPassage is the place of the last text: the files belong below it.
func (m *told) LastPassage() int { return len(m.Passages) - 1 }

// decision says who decided what and when; of whoever did not decide it is empty.
func (m *told) decision(s core.ApproverView) passage {
	if s.At == nil {
		return passage{}
	}
	approver, p := cleanText(core.Ref{Email: s.Email, Name: s.Name}.Display()), passage{Written: m.Moment(*s.At, m.Now)}
	by := m.decider(s)
	switch {
	case s.State == core.ApprovalApproved && by != approver:
		p.Author = m.T("mail.approval.approved_instead", by, approver)
	case s.State == core.ApprovalApproved:
		p.Author = m.T("mail.approval.approved", by)
	case s.State == core.ApprovalRejected && by != approver:
		p.Author = m.T("mail.approval.rejected_instead", by, approver)
	case s.State == core.ApprovalRejected:
		p.Author = m.T("mail.approval.rejected", by)
	}
	return p
}

// textLimit is up to how many bytes of a message stand in a mail to the solver side, which has the desk for the rest;
// Gmail shows 102 kB of a mail. The requester's side gets all of it: not everybody there can sign in.
const textLimit = 50_000

// cut is a text as a mail shows it, and whether it goes on in the desk.
func (m *told) cut(text string) (string, bool) {
	cut := len(text) > textLimit && !m.Simple() && m.URL != ""
	if cut {
		text = text[:textLimit]
		for !utf8.ValidString(text[max(0, len(text)-utf8.UTFMax):]) && len(text) > textLimit-utf8.UTFMax {
			text = text[:len(text)-1]
		}
	}
	return strings.TrimRight(strings.Trim(templates.Plain(text), "\n"), " \n"), cut
}

// Text is the first of the texts: the beginning of it stands in lists of mails.
func (m *told) Text() string {
	for _, p := range m.Passages {
		if p.Text != "" {
			return p.Text
		}
	}
	return ""
}
