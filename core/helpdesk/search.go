package helpdesk

import (
	"context"
	"time"
)

// A run of RefreshSearch takes searchStep tickets in one transaction, and goes on for searchRun.
const (
	searchStep = 50
	searchRun  = 40 * time.Second
)

// RefreshSearch makes the search documents that wait for it: after an upgrade those of all tickets, which goes on in the next
// run.
func (h *Helpdesk) RefreshSearch(ctx context.Context) error {
	for end := h.now().Add(searchRun); h.now().Before(end); {
		n, err := h.store.RefreshSearch(ctx, searchStep)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}
