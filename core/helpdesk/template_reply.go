package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// FilledReply is a reply template as it reads in one ticket.
type FilledReply struct {
	ID       string
	Title    string
	Language core.Language
	Text     string
}

// Replies are the reply templates that the person may use in a ticket (A27), filled in for it: those in the requester's
// language first, then by title. Those with nothing left to say are not among them.
func (h *Helpdesk) Replies(ctx context.Context, p *core.Person, n core.Number) ([]FilledReply, error) {
	list := []FilledReply{}
	err := h.store.InTx(ctx, func(tx *store.Tx) error {
		a, err := h.act(ctx, tx, core.Actor{Person: p})
		if err != nil {
			return err
		}
		if n, err = tx.Survivor(ctx, n); err != nil {
			return err
		}
		t, err := tx.Ticket(ctx, n)
		if err != nil {
			return err
		}
		if !core.StandingOf(a.dir, t, p).Sees() {
			return core.Refuse(core.NotFound, "error.not_found")
		}
		templates, err := tx.Templates(ctx, a.dir.TemplateServices(p, t.Service), core.ReplyTemplate)
		if err != nil {
			return err
		}
		for _, x := range templates {
			if text := strings.TrimSpace(x.Reply(a.dir, t, p, a.now)); text != "" {
				list = append(list, FilledReply{x.ID, x.Title, x.Language, text})
			}
		}
		theirs := languageFor(a.dir, t)
		slices.SortStableFunc(list, func(x, y FilledReply) int {
			return boolOrder(x.Language != theirs) - boolOrder(y.Language != theirs)
		})
		return nil
	})
	return list, err
}

func boolOrder(later bool) int {
	if later {
		return 1
	}
	return 0
}
