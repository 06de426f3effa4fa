package mailin

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// letters returns what is not white space, sorted, so that the order of pieces
// does not count.
func letters(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), ""))
	slices.Sort(runes)
	return string(runes)
}

// checkMessage checks what holds for every message, however broken.
func checkMessage(t testing.TB, name string, m *Message) {
	t.Helper()
	for what, s := range map[string]string{"subject": m.Subject, "message id": m.MessageID, "visible": m.Visible, "text": m.Text, "html": m.HTML, "quoted": m.Quoted, "signature": m.Signature} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%s: %s cannot be stored as text: %.80q", name, what, s)
		}
	}
	header := []string{m.Subject, m.MessageID}
	for _, l := range [][]Address{m.From, m.To, m.Cc, m.ReplyTo, m.Sender} {
		for _, a := range l {
			header = append(header, a.Name, a.Address)
		}
	}
	for _, a := range m.Attachments {
		header = append(header, a.Name, a.ContentType)
		if a.Name == "" || strings.ContainsAny(a.Name, `/\`) {
			t.Errorf("%s: file name %q", name, a.Name)
		}
		if a.Data != nil && int64(len(a.Data)) != a.Size {
			t.Errorf("%s: %q has %d bytes of %d", name, a.Name, len(a.Data), a.Size)
		}
	}
	header = append(header, m.References...)
	header = append(header, m.InReplyTo...)
	for _, s := range header {
		if strings.ContainsAny(s, "\r\n\x00\u2028\u2029\u202e\u2066") || !utf8.ValidString(s) {
			t.Errorf("%s: header text %.80q is not clean", name, s)
		}
	}
	// What is folded is not lost: the letters of the text are those of its pieces.
	if letters(m.Text) != letters(m.Visible+m.Quoted+m.Signature) {
		t.Errorf("%s: the text %.200q became %.200q, %.200q and %.200q", name, m.Text, m.Visible, m.Quoted, m.Signature)
	}
	switch m.Class {
	case ClassHuman, ClassAuto, ClassBounce, ClassReceipt, ClassList, ClassMachine, ClassDesk, ClassSelf:
	default:
		t.Errorf("%s: class %q", name, m.Class)
	}
	if (m.Bounce != nil) != (m.Class == ClassBounce) {
		t.Errorf("%s: class %s, bounce %v", name, m.Class, m.Bounce)
	}
	if m.Bounce != nil && m.Bounce.Kind == "" {
		t.Errorf("%s: bounce without a kind", name)
	}
}
