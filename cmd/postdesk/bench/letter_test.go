package main

import (
	"bytes"
	"testing"

	"postdesk/mailin"
)

func TestBacklogIsHalfReplies(t *testing.T) {
	t.Parallel()
	letters := backlog(200)
	seen := map[string]bool{}
	replies := 0
	for _, l := range letters {
		if len(l.raw) < mailSize-100 || len(l.raw) > mailSize+300 {
			t.Errorf("a mail of %d bytes", len(l.raw))
		}
		m := mailin.Read(bytes.NewReader(l.raw), mailin.Options{})
		if seen[m.MessageID] || m.MessageID == "" {
			t.Errorf("Message-ID %q", m.MessageID)
		}
		seen[m.MessageID] = true
		if len(m.References) > 0 {
			replies++
			if !seen[m.References[0]] {
				t.Errorf("a reply before the mail that it answers: %s", m.MessageID)
			}
		}
		if m.Class != mailin.ClassHuman || !m.MayAnswer {
			t.Errorf("class %s, %v", m.Class, m.Reasons)
		}
	}
	if replies != 100 {
		t.Errorf("%d replies of %d mails", replies, len(letters))
	}
}

func TestPacedMailWantsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	m := mailin.Read(bytes.NewReader(newLetter(1, pacedNew).raw), mailin.Options{})
	if m.MayAnswer || len(m.To) != 3 {
		t.Errorf("may answer = %v, To = %v", m.MayAnswer, m.To)
	}
}
