package mailin

import (
	"context"
	"io"
	"slices"
	"strings"

	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// Reread reads a message of the ledger once more, for the person who carries it out signed in (helpdesk.MailReader). How
// its sender was proven when it came is of no account then.
func (w *Worker) Reread(ctx context.Context, row *store.Inbound, raw io.Reader) (helpdesk.Reread, error) {
	dir, err := w.Store.Directory(ctx)
	if err != nil {
		return helpdesk.Reread{}, err
	}
	m := Read(raw, w.options(ctx, dir))
	e := evidence{why: row.Evidence}
	again := helpdesk.Reread{Letter: letter(m, e), Carry: func(ctx context.Context, mail *helpdesk.Mail) (store.Outcome, error) {
		return deliver(ctx, mail, m, e)
	}}
	again.Commands, again.Text = askedFor(m)
	for _, a := range m.Attachments {
		again.Files = append(again.Files, a.Name)
	}
	return again, m.SinkErr
}

// askedFor splits the new text of a mail into the lines that ask for something and what stands below them.
func askedFor(m *Message) (asks []string, text string) {
	if slices.ContainsFunc(m.Recipients(), approveAddress.MatchString) {
		if _, words, ok := decisionOf(m); ok {
			line, _, _ := strings.Cut(strings.TrimSpace(m.Visible), "\n")
			return []string{trimLine(line)}, words
		}
		return nil, newText(m)
	}
	o := readOrders(m.Visible)
	if len(o.commands) == 0 {
		return nil, newText(m)
	}
	for line := range strings.Lines(strings.TrimSuffix(strings.TrimSpace(m.Visible), o.text)) { // in the writer's own words
		if line = trimLine(maskAddresses(line)); line != "" {
			asks = append(asks, line)
		}
	}
	return asks, maskAddresses(o.text)
}
