package helpdesk

import (
	"context"
	"slices"

	"postdesk/core"
)

// MoveTargets are the services, by path, into which the person can move the ticket (E6): empty for whoever may not.
func (h *Helpdesk) MoveTargets(ctx context.Context, p *core.Person, n core.Number) ([]string, error) {
	t, standing, _, err := h.see(ctx, p, n)
	if err != nil {
		return nil, err
	}
	dir, err := h.Directory(ctx)
	if err != nil || core.Decide(dir, t, standing, core.ActMove, h.now()) != nil {
		return nil, err
	}
	var paths []string
	for id, s := range dir.Services {
		_, served := dir.SLAFor(t.Requester, id)
		if id == t.Service || s.Folder || s.Archived || !letsIn(dir, p, id, t.Requester) || !served && t.Requester.Origin != core.Guest {
			continue
		}
		paths = append(paths, dir.Path(id))
	}
	slices.Sort(paths)
	return paths, nil
}

// EditableRequest is what can be changed of a ticket's request, as it stands.
type EditableRequest struct {
	Text         string
	Fields       []core.TicketField // custom ones that the person may set (D27)
	Organization bool               // the related one may be changed too
}

// EditableRequest shows it to whoever may edit the ticket; to others it is Forbidden or Conflict, as the edit would be.
func (h *Helpdesk) EditableRequest(ctx context.Context, p *core.Person, n core.Number) (EditableRequest, error) {
	t, standing, _, err := h.see(ctx, p, n)
	if err != nil {
		return EditableRequest{}, err
	}
	dir, err := h.Directory(ctx)
	if err == nil {
		err = core.Decide(dir, t, standing, core.ActEdit, h.now())
	}
	if err != nil {
		return EditableRequest{}, err
	}
	first, err := h.store.FirstRecord(ctx, t.Number)
	if err != nil {
		return EditableRequest{}, err
	}
	return EditableRequest{Text: first.Text, Organization: standing.Roles.Team(),
		Fields: dir.FieldsFor(t.Service, standing.Roles.Team() || standing.MaySolve(t))}, nil
}

// InLists gives those of the tickets that the person sees, as lists show them. Numbers that were merged or are not theirs
// to see are missing.
func (h *Helpdesk) InLists(ctx context.Context, p *core.Person, numbers []core.Number) (map[core.Number]core.View, error) {
	views := map[core.Number]core.View{}
	if len(numbers) == 0 {
		return views, nil
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	tickets, err := h.store.TicketsByNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for n, t := range tickets {
		if s := core.StandingOf(dir, t, p); s.Sees() {
			views[n] = core.ViewOf(dir, t, s, h.now()).InList()
		}
	}
	return views, nil
}
