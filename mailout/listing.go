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
	// Of a digest: the beginning of what somebody wrote, and where an internal note goes.
	Quote, NoteAddress, NoteURL string
}

// listLimit is how many entries a mail lists; the desk has the others.
const listLimit = 50

// Lines are what the mail lists: the tickets that somebody left (D26), what the configuration check found (D18), what
// became of commands, or what happened of late.
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
	return append(append(list, m.commands()...), m.events...)
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
	if n := max(len(m.Tickets)-listLimit, len(m.Findings)-listLimit, len(m.Digest)-digestLimit); n > 0 {
		return m.N("mail.more", n)
	}
	return ""
}
