package mailin

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"postdesk/core"
)

// references are the Message-IDs that a mail refers to, nearest first: In-Reply-To, then References from their end
// (RFC 5322 section 3.6.4). At most maxReferences are looked at.
func references(m *Message) []string {
	var refs []string
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] && id != m.MessageID && len(refs) < maxReferences {
			seen[id] = true
			refs = append(refs, id)
		}
	}
	for _, id := range m.InReplyTo {
		add(id)
	}
	for i := len(m.References) - 1; i >= 0; i-- {
		add(m.References[i])
	}
	return refs
}

const maxReferences = 50

// threadHead is what a message says of its thread, read from its header alone.
type threadHead struct {
	id   string
	refs []string
	tag  core.Number
}

// readThreadHead looks at the first headBytes of a raw message.
func readThreadHead(raw []byte) threadHead {
	m := &Message{}
	m.Header, _ = newScanner(bytes.NewReader(raw[:min(len(raw), headBytes)])).readHeader(func(string) {})
	for _, f := range m.Header {
		switch f.key() {
		case "message-id":
			if m.MessageID == "" {
				m.MessageID = firstID(f.Value)
			}
		case "in-reply-to":
			m.InReplyTo = appendIDs(m.InReplyTo, f.Value)
		case "references":
			m.References = appendIDs(m.References, f.Value)
		case "subject":
			m.Subject = decodeHeaderText(f.Value)
		}
	}
	return threadHead{id: m.MessageID, refs: references(m), tag: subjectTag(m.Subject)}
}

const headBytes = 64 << 10

// subjectTag finds the ticket number of the desk's tag in a subject: [IT #1042]. Any desk name is taken, for tags of
// former names work for ever; the number is a hint and no proof (mail.md 3).
func subjectTag(subject string) core.Number {
	m := tagPattern.FindStringSubmatch(subject)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0
	}
	return core.Number(n)
}

var tagPattern = regexp.MustCompile(`\[[^\[\]#]{1,60} #([0-9]{1,18})\]`)

// withoutTag is the subject as a person wrote it: without the desk's tag.
func withoutTag(subject string) string {
	return strings.Join(strings.Fields(tagPattern.ReplaceAllString(subject, " ")), " ")
}
