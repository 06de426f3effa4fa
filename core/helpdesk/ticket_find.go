package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// Find is up to limit of the newest tickets that a search finds, without counting the others: for those who still type. A
// query without words finds nothing.
func (h *Helpdesk) Find(ctx context.Context, p *core.Person, query string, limit int) ([]core.View, error) {
	dir, err := h.Directory(ctx)
	if err != nil || query == "" {
		return nil, err
	}
	tickets, err := h.store.Tickets(ctx, scopeOf(dir, p), store.Filter{Query: query, Limit: limit, Now: h.now()})
	if err != nil {
		return nil, err
	}
	return listed(dir, tickets, p, h.now()), nil
}
