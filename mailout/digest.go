package mailout

import (
	"fmt"
	"net/url"
	"strings"
	texttemplate "text/template"

	"postdesk/core"
)

// digestLimit is how many events one digest lists; the desk has the others.
const digestLimit = 200

// carried says in one entry each what the mails that a digest carries would have said, in the words of their own templates.
func (r *Renderer) carried(o core.Outgoing, publicURL string) (list []line, err error) {
	for _, c := range o.Content.Digest[:min(len(o.Content.Digest), digestLimit)] {
		l, err := r.entry(core.Outgoing{ID: o.ID, Person: o.Person, Address: o.Address, Language: o.Language, Automatic: true,
			Event: c.Event, Role: c.Role, Reason: c.Reason, CreatedAt: c.At, Content: c.Content}, publicURL)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func (r *Renderer) entry(o core.Outgoing, publicURL string) (line, error) {
	f, known := r.forms[o.Event]
	if !known {
		return line{}, fmt.Errorf("render digest %s: no templates for event %q", o.ID, o.Event)
	}
	m := r.told(o, publicURL)
	subject, err := said(f.subject, f.subject.Name(), m)
	if err != nil {
		return line{}, fmt.Errorf("render digest %s: %w", o.ID, err)
	}
	block := "lead"
	if m.Simple() && m.News == nil { // whose headline is the subject already
		block = "headline"
	}
	happened, err := said(f.text, block, m)
	if err != nil {
		return line{}, fmt.Errorf("render digest %s: %w", o.ID, err)
	}
	l := line{Text: subject, Detail: happened, Quote: m.beginning(), URL: m.URL}
	if m.NoteAddress != "" {
		l.NoteAddress = m.NoteAddress
		l.NoteURL = "mailto:" + url.PathEscape(m.NoteAddress) + "?subject=" + url.PathEscape(m.T("mail.note_label")+" "+m.Ticket.Tag)
	}
	return l, nil
}

func said(t *texttemplate.Template, block string, m *told) (string, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, block, m)
	return cleanText(b.String()), err
}

// beginning is the first line of what somebody wrote, with who did; or what the mail lists.
func (m *told) beginning() string {
	for _, p := range m.Passages {
		if p.Text != "" {
			return cleanText(p.Author) + ": " + preview(p.Text)
		}
	}
	var parts []string
	for _, l := range m.Lines() {
		parts = append(parts, strings.TrimSpace(l.Text+" "+l.Detail))
	}
	return preview(strings.Join(parts, "; "))
}
