package mailout

import (
	"fmt"
	"strings"

	"postdesk/core"
)

// line is one entry of a mail that lists things.
type line struct {
	Text, Detail string
	URL          string // where the text leads; "" = nowhere
}

// listLimit is how many entries a mail lists; the desk has the others.
const listLimit = 50

// Lines are what the mail lists: the tickets that somebody left (D26), what the configuration check found (D18), or what
// became of commands.
func (m *told) Lines() (list []line) {
	for _, t := range m.Tickets[:min(len(m.Tickets), listLimit)] {
		l := line{Text: cleanText(strings.ReplaceAll(t.Subject, t.Tag, "")), Detail: m.about(t)}
		if l.Text == "" {
			l.Text = m.T("mail.no_subject")
		}
		if m.URL != "" {
			l.URL = fmt.Sprintf("%s/%d", m.URL, t.Number)
		}
		list = append(list, l)
	}
	for _, f := range m.Findings[:min(len(m.Findings), listLimit)] {
		text := f.Text // in English: better than nothing
		if key := "finding." + string(f.Code); m.Has(key) {
			text = m.T(key, cleanText(f.Service), cleanText(f.Names))
		}
		list = append(list, line{Text: cleanText(text)})
	}
	return append(list, m.commands()...)
}

// about is what stands below a listed ticket's subject.
func (m *told) about(t core.View) string {
	parts := []string{m.T("mail.number", t.Number)}
	if t.Priority != "" {
		parts = append(parts, m.T("priority."+string(t.Priority)))
	}
	if t.Group != "" {
		parts = append(parts, cleanText(t.Group))
	}
	return strings.Join(parts, " · ")
}

// More is how many entries the list leaves out, in words; "" = none.
func (m *told) More() string {
	if n := max(len(m.Tickets), len(m.Findings)) - listLimit; n > 0 {
		return m.N("mail.more", n)
	}
	return ""
}
