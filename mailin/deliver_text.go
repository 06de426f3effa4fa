package mailin

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (d *delivery) text() string { return newText(d.msg) }

func (d *delivery) folded() string { return foldedText(d.msg) }

func (d *delivery) attachments() []core.Attachment { return attachmentsOf(d.msg) }

// newText is what the sender wrote anew; the whole text where everything else was cut.
func newText(m *Message) string {
	text := m.Visible
	if strings.TrimSpace(text) == "" && len(m.Attachments) == 0 {
		text = m.Text
	}
	return maskAddresses(strings.TrimSpace(text))
}

// foldedText is what was cut: never lost, shown to those who read the whole log.
func foldedText(m *Message) string {
	return maskAddresses(strings.TrimSpace(strings.TrimSpace(m.Quoted) + "\n\n" + strings.TrimSpace(m.Signature)))
}

func attachmentsOf(m *Message) []core.Attachment {
	files := make([]core.Attachment, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		files = append(files, core.Attachment{Name: a.Name, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256,
			Inline: a.Inline, ContentID: a.ContentID, Data: a.Data})
	}
	return files
}

// replyAddress matches the addresses that carry reply tokens, as they are and as links write them; they are shown to
// nobody (mail.md 6).
var replyAddress = regexp.MustCompile(`(?i)(?:\+|%2b|\b)[rniac]\.[a-z2-7]{34}\b`)

func maskAddresses(text string) string {
	if !mayHoldToken(text) {
		return text
	}
	return replyAddress.ReplaceAllString(text, "")
}

// mayHoldToken looks for a word as long as a token. Few mails have one, and the pattern above is slow.
func mayHoldToken(text string) bool {
	run := 0
	for i := range len(text) {
		switch c := text[i] | 0x20; {
		case c >= 'a' && c <= 'z', text[i] >= '2' && text[i] <= '7':
			if run++; run == 34 {
				return true
			}
		default:
			run = 0
		}
	}
	return false
}

// teamText cuts the text of a solver's record to what may go from the desk to a requester: the new text alone. Whatever of
// a notification stands between or below it, notes included, stays in the fold (mail.md 6).
func (d *delivery) teamText(ctx context.Context, n core.Number, r *helpdesk.NewRecord) error {
	text := strings.TrimSpace(r.Text)
	kept := withoutLines(text, func(line string) bool {
		return strings.HasPrefix(line, ">") || replyAddress.MatchString(line)
	})
	// Where the quote of a notification was not recognised as one, at least nothing of a note passes.
	if kept != text || tagPattern.MatchString(text) {
		notes, err := d.Notes(ctx, n)
		if err != nil {
			return err
		}
		kept = withoutNotes(kept, notes)
	}
	r.Text = kept
	if kept != text {
		r.Folded = strings.TrimSpace(maskAddresses(text) + "\n\n" + r.Folded)
	}
	return nil
}

// withoutLines takes lines out of a text; drop is asked with each line, trimmed.
func withoutLines(text string, drop func(line string) bool) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if !drop(strings.TrimSpace(line)) {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// noteLine is from how many characters on a line that stands in a note too is taken for a piece of it.
const noteLine = 12

// withoutNotes takes out lines that stand in one of the notes, however they are broken.
func withoutNotes(text string, notes []string) string {
	for i, n := range notes {
		notes[i] = strings.Join(strings.Fields(n), " ")
	}
	return withoutLines(text, func(line string) bool {
		plain := strings.Join(strings.Fields(line), " ")
		return len(plain) >= noteLine && slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, plain) })
	})
}
