package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// Told is somebody who would be told of an event: under which role, why, in which language, and what of the ticket is
// kept from them.
type Told struct {
	Email    string        `json:"email"`
	Role     core.Role     `json:"role"`
	Reason   string        `json:"reason"`
	Language core.Language `json:"language"`
	Hidden   []string      `json:"hidden"`
}

// Who tells who would be told if the event happened now, by the same computation that queues mail, without sending any.
// The author of the event, whom nobody knows yet, would be left out. The person asking must read the whole log; nil asks
// as operator.
func (h *Helpdesk) Who(ctx context.Context, p *core.Person, n core.Number, event core.Event) ([]Told, error) {
	list := []Told{}
	err := h.store.InTx(ctx, func(tx *store.Tx) error {
		a, err := h.act(ctx, tx, core.Actor{})
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
		switch s := core.StandingOf(a.dir, t, p); {
		case p != nil && !s.Sees():
			return core.Refuse(core.NotFound, "error.not_found")
		case p != nil && !s.SeesInternal():
			return core.Refuse(core.Forbidden, "error.forbidden")
		case len(core.NoticesOf(event)) == 0:
			return core.BadInput("event", "error.event.unknown", string(event), Choices(core.ToldEvents()))
		case !t.SpamAt.IsZero():
			return nil
		}
		recipients, err := a.hearers(ctx, t, event)
		if err != nil {
			return err
		}
		for _, r := range recipients {
			list = append(list, Told{Email: r.person.Email, Role: r.role, Reason: r.reason,
				Language: r.person.Language.Or(a.dir.Services[t.Service].Language), Hidden: core.HiddenFrom(t, core.StandingOf(a.dir, t, r.person))})
		}
		return nil
	})
	return list, err
}

func (a *Act) hearers(ctx context.Context, t *core.Ticket, event core.Event) ([]recipient, error) {
	c := &change{Act: a, t: t, before: *t}
	return c.recipients(ctx, told{event: event})
}

// Hearer is somebody whom a message would reach by mail, with the role and the reason.
type Hearer struct {
	Person core.Ref
	Role   core.Role
	Reason string
}

// Hearers tells whom the events would reach if the person made them happen now, each by the same computation as Who. Who
// does not read the whole log is told nothing.
func (h *Helpdesk) Hearers(ctx context.Context, p *core.Person, n core.Number, events ...core.Event) (map[core.Event][]Hearer, error) {
	lists := map[core.Event][]Hearer{}
	err := h.store.InTx(ctx, func(tx *store.Tx) error {
		a, err := h.act(ctx, tx, core.Actor{})
		if err != nil {
			return err
		}
		t, err := tx.Ticket(ctx, n)
		if err != nil || !core.StandingOf(a.dir, t, p).SeesInternal() || !t.SpamAt.IsZero() {
			return err
		}
		for _, event := range events {
			recipients, err := a.hearers(ctx, t, event)
			if err != nil {
				return err
			}
			for _, r := range recipients {
				if r.person.ID != p.ID {
					lists[event] = append(lists[event], Hearer{r.person.Ref(), r.role, r.reason})
				}
			}
		}
		return nil
	})
	return lists, err
}
