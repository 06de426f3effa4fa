package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// confirmLife is for how long somebody may confirm what they wrote.
const confirmLife = 7 * 24 * time.Hour

// AskConfirmation lets a person carry out this mail signed in, because it was not proven to be theirs, and returns the
// path of the page with the button (mail.md 4: recorded, confirm here). ticket is the one that it names, or 0. The path
// is empty for a copy of a mail that lies here already: its sender was asked, and gets no second mail for it.
func (m *Mail) AskConfirmation(ctx context.Context, p *core.Person, ticket core.Number) (path string, err error) {
	if m.facts.Same != nil && m.facts.Same.ID != m.Row.ID {
		return "", nil
	}
	id, err := m.tx.AddConfirmation(ctx, store.Confirmation{ID: newID(), Inbound: m.Row.ID, Person: p.ID, Ticket: ticket,
		CreatedAt: m.now, ExpiresAt: m.now.Add(confirmLife)})
	return "/confirm/" + id, err
}
