package mailin

import (
	"bytes"
	"regexp"
	"strings"

	"postdesk/core"
)

// forwarded is somebody's mail that the sender passed on.
type forwarded struct {
	from  Address // who wrote it, by what the forwarder's program says
	text  string  // what they wrote
	above string  // the forwarder's own words
	place int     // of the attached original among the files, from 1; 0 = it stands in the text
}

// readForward finds the mail that a message passes on: as text behind the header lines that mail programs put above it,
// or as an attached message. ok is false where there is none, or none that names an address it is from.
func readForward(m *Message) (f forwarded, ok bool) {
	if f, ok = attachedMail(m); ok {
		return f, true
	}
	if !forwardPrefix.MatchString(m.Subject) {
		return f, false
	}
	return inlineMail(m)
}

// attachedMail reads the first attached message whose bytes are at hand; larger ones stay attachments.
func attachedMail(m *Message) (forwarded, bool) {
	for i, a := range m.Attachments {
		if a.ContentType != "message/rfc822" || len(a.Data) == 0 {
			continue
		}
		inner := Read(bytes.NewReader(a.Data), Options{})
		if from, ok := inner.SingleFrom(); ok {
			above := m.Visible
			if text := strings.TrimSpace(inner.Text); text != "" { // the outer text may show the inner one too
				above, _, _ = strings.Cut(above, text)
			}
			return forwarded{from, newText(inner), maskAddresses(strings.TrimSpace(above)), i + 1}, true
		}
	}
	return forwarded{}, false
}

// inlineMail splits the text at the header lines of the mail passed on. What is quoted in that mail stays with it.
func inlineMail(m *Message) (forwarded, bool) {
	lines := splitLines(m.Text)
	for i := range lines {
		if i == maxForwardAbove {
			break
		}
		if !isHeaderBlock(lines, i) {
			continue
		}
		from, end := headerBlock(lines, i)
		address, ok := writtenAddress(from)
		if !ok {
			return forwarded{}, false
		}
		above := lines[:i]
		for len(above) > 0 { // the line that says what follows
			last := strings.TrimSpace(strings.TrimLeft(above[len(above)-1].text, "> "))
			if last != "" && !isForwardLine(last) && !isRuleLine(last) && strings.Trim(last, "_-=*") != "" {
				break
			}
			above = above[:len(above)-1]
		}
		own := strings.TrimSpace(joinLines(above))
		if m.Signature != "" {
			own = strings.TrimSpace(strings.TrimSuffix(own, strings.TrimSpace(m.Signature)))
		}
		return forwarded{address, maskAddresses(unquoted(lines[end:])), maskAddresses(own), 0}, true
	}
	return forwarded{}, false
}

// maxForwardAbove is how many lines of the forwarder's own are looked through.
const maxForwardAbove = 200

// headerBlock reads the value of From and finds the end of the lines that begin at i.
func headerBlock(lines []textLine, i int) (from string, end int) {
	other := 0
	for end = i; end < len(lines) && end <= i+12; end++ {
		s := strings.TrimSpace(lines[end].text)
		l := label(s)
		if l == 0 {
			if strings.Trim(s, "> ") == "" || other > 0 { // the block ends, or a long line went on
				break
			}
			other++
			continue
		}
		other = 0
		if l == 'f' && from == "" {
			_, from, _ = strings.Cut(strings.ReplaceAll(s, "：", ":"), ":")
			for next := end + 1; next < len(lines) && next < end+3 && !strings.Contains(from, "@") && label(lines[next].text) == 0; next++ {
				from += " " + strings.TrimLeft(strings.TrimSpace(lines[next].text), "> ")
			}
		}
	}
	return strings.Trim(strings.TrimSpace(from), "* "), end
}

// unquoted is the text with one mark of quoting taken off, where every line bears one.
func unquoted(lines []textLine) string {
	for _, l := range lines {
		if s := strings.TrimSpace(l.text); s != "" && !strings.HasPrefix(s, ">") {
			return strings.TrimSpace(joinLines(lines))
		}
	}
	plain := make([]textLine, len(lines))
	for i, l := range lines {
		plain[i].text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(l.text), ">"), " ")
	}
	return strings.TrimSpace(joinLines(plain))
}

// writtenMailbox finds an address in the ways in which programs write it: <a@b>, [mailto:a@b], (a@b) or bare.
var writtenMailbox = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}`)

// writtenAddress reads who a From line names. Exactly one address, or it cannot be told who is meant.
func writtenAddress(value string) (Address, bool) {
	value = strings.ReplaceAll(value, "mailto:", " ")
	var found string
	for _, a := range writtenMailbox.FindAllString(value, 4) {
		a = core.FoldAddress(strings.TrimRight(a, "."))
		if found != "" && a != found {
			return Address{}, false
		}
		found = a
	}
	local, domain, ok := cutAddress(found)
	if !ok || !isDotAtom(local) || !isHostName(domain) {
		return Address{}, false
	}
	name, _, _ := strings.Cut(value, "<")
	name, _, _ = strings.Cut(name, "[")
	name = strings.Trim(strings.TrimSpace(name), `"'* `)
	if strings.Contains(name, "@") {
		name = ""
	}
	return Address{Name: cut(name, 200), Address: found}, true
}

// forwardPrefixes are the marks of forwarding before a subject, however many.
var forwardPrefixes = regexp.MustCompile(`(?i)^(?:\s*(?:fwd?|rv|wg|tr|enc|i|re|aw|sv)\s*:)+\s*`)

// passedOn is the subject of the mail that was passed on.
func passedOn(subject string) string { return forwardPrefixes.ReplaceAllString(subject, "") }
