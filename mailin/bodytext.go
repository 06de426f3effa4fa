package mailin

import (
	"html"
	"strings"
)

// assemble makes the readable texts of the message from its pieces.
func (m *Message) assemble(pieces []content) {
	hint, hintEnd := -1, -1 // the quote as the HTML marks it, in m.Text
	var text, htm []string
	hasHTML := false
	for _, c := range pieces {
		hasHTML = hasHTML || c.html != ""
	}
	for _, c := range pieces {
		var h htmlText
		if c.html != "" {
			h = readHTML(c.html)
			m.RemoteImages += h.remote
			if strings.TrimSpace(h.text) == "" {
				h.text, h.quoteAt = validText(stripTags(c.html)), -1
			}
			htm = append(htm, c.html)
		} else if hasHTML && c.plain != "" {
			htm = append(htm, "<pre>"+html.EscapeString(c.plain)+"</pre>")
		}
		t := c.plain
		if c.html != "" && !usefulPlain(c.plain, h.text) {
			t = h.text
			if len(pieces) == 1 {
				hint, hintEnd = h.quoteAt, h.quoteEnd
			}
		} else if c.html != "" && h.quoteAt >= 0 && len(pieces) == 1 {
			hint = matchingOffset(t, h.text[:h.quoteAt])
			if hint >= 0 && strings.TrimSpace(h.text[h.quoteEnd:]) == "" {
				hintEnd = len(t)
			}
		}
		text = append(text, t)
	}
	for _, t := range text {
		m.Text = joinText(m.Text, strings.TrimRight(t, " \t\n"))
	}
	m.Text = strings.TrimLeft(m.Text, "\n")
	if hint > len(m.Text) {
		hint = -1
	}
	if len(htm) > 0 {
		m.HTML = sanitizeHTML(strings.Join(htm, "\n"))
		if m.RemoteImages > 0 {
			m.warn("images of other hosts were blocked: " + itoa(m.RemoteImages))
		}
	}
	if forwardSubject.MatchString(m.Subject) {
		hint = -1 // the quoted mail is what the sender passes on
	}
	c := cutText(m.Text, hint, hintEnd)
	if c.quoted != "" && forwardSubject.MatchString(m.Subject) {
		c = cutting{}
		c.visible, c.signature = cutSignature(m.Text)
	}
	m.Visible, m.Quoted, m.Signature = c.visible, c.quoted, c.signature
	m.Language = guessLanguage(m.Visible)
	if m.Language == "und" && m.Visible != m.Text {
		m.Language = guessLanguage(m.Text)
	}
}

// usefulPlain says whether the plain alternative is more than a line that asks
// for a better mail program.
func usefulPlain(plain, fromHTML string) bool {
	p := strings.TrimSpace(plain)
	if p == "" {
		return strings.TrimSpace(fromHTML) == ""
	}
	if len(p) < 300 && len(fromHTML) > 2*len(p) {
		l := strings.ToLower(p)
		if strings.Contains(l, "html") && (strings.Contains(l, "view") || strings.Contains(l, "support") || strings.Contains(l, "client") ||
			strings.Contains(l, "formato") || strings.Contains(l, "ver ")) {
			return false
		}
	}
	return true
}

// matchingOffset finds where the text shown before the quote ends in the plain
// alternative: behind the last line of it. It returns -1 where the two forms
// do not agree.
func matchingOffset(plain, before string) int {
	before = strings.TrimSpace(before)
	if before == "" {
		return -1
	}
	last := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
	if len(last) < 3 || len(last) > 200 {
		return -1
	}
	i := strings.Index(plain, last)
	if i < 0 || strings.Count(plain, last) > 1 {
		return -1
	}
	return i + len(last)
}
