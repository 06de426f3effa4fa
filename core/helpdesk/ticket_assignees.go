package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
)

// Assignees are to whom a ticket can be given: the solver groups that serve its service, and everybody whose role there
// may receive it for its requester (A12, A49). Both are empty for whoever may not assign.
func (h *Helpdesk) Assignees(ctx context.Context, p *core.Person, n core.Number) (people []core.Ref, groups []string, err error) {
	t, standing, _, err := h.see(ctx, p, n)
	if err != nil || !standing.May(core.TicketAssignToOtherOrGroup) {
		return nil, nil, err
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range dir.Lineage(t.Service) {
		for _, g := range dir.SolverGroups {
			if g.Service == s.ID && !slices.Contains(groups, g.Name) {
				groups = append(groups, g.Name)
			}
		}
	}
	slices.Sort(groups)
	able, err := assignable(ctx, dir, h.store, t)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range able {
		people = append(people, m.Ref())
	}
	slices.SortFunc(people, func(a, b core.Ref) int {
		if c := strings.Compare(a.Display(), b.Display()); c != 0 {
			return c
		}
		return strings.Compare(a.Email, b.Email)
	})
	return people, groups, nil
}

// membership finds who is in requester groups, within a transaction or outside of one.
type membership interface {
	Members(ctx context.Context, groups []core.RequesterGroupID) (map[core.PersonID]*core.Person, error)
}

// assignable is everybody to whom the ticket may be given (A49), whoever stands in for a main solver among them (E14).
func assignable(ctx context.Context, dir *core.Directory, groups membership, t *core.Ticket) (map[core.PersonID]*core.Person, error) {
	able := map[core.PersonID]*core.Person{}
	var members []core.RequesterGroupID
	for _, g := range dir.Effective(t.Service, t.Requester) {
		switch {
		case !core.MayReceive(core.RoleSet(0).With(g.Role)):
		case g.Members != 0:
			members = append(members, g.Members)
		case dir.People[g.Person] != nil && !dir.People[g.Person].Disabled:
			able[g.Person] = dir.People[g.Person]
		}
	}
	for _, x := range dir.Absences { // who stands in for a main solver (E14)
		if roles, _ := dir.RolesOf(x.Delegate, t.Service, t.Requester); core.MayReceive(roles) {
			able[x.Delegate.ID] = x.Delegate
		}
	}
	if len(members) > 0 {
		found, err := groups.Members(ctx, members)
		if err != nil {
			return nil, err
		}
		for id, m := range found {
			able[id] = m
		}
	}
	return able, nil
}
