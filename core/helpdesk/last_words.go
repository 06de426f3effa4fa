package helpdesk

import (
	"context"

	"postdesk/core"
)

// lastWords is what was written last in each of the tickets whose whole log the person reads, by number; requesters have
// no such column (D8). Of the texts it has the beginning.
func (h *Helpdesk) lastWords(ctx context.Context, dir *core.Directory, p *core.Person, tickets []*core.Ticket) (map[core.Number]core.RecordView, error) {
	last, standings := map[core.Number]core.RecordView{}, map[core.Number]core.Standing{}
	var numbers []core.Number
	for _, t := range tickets {
		if s := core.StandingOf(dir, t, p); s.SeesInternal() {
			numbers, standings[t.Number] = append(numbers, t.Number), s
		}
	}
	if len(numbers) == 0 {
		return last, nil
	}
	records, err := h.store.LastWords(ctx, numbers)
	for _, r := range records {
		if v, ok := core.ViewOfRecord(r, standings[r.Ticket]); ok {
			last[r.Ticket] = v
		}
	}
	return last, err
}
