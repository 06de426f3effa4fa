package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
)

// maxCandidates is how many people a refusal of an ambiguous name lists.
const maxCandidates = 5

// AssigneeNamed is to whom a ticket shall be given: by address, else by local part or an unambiguous part of the name
// among those who may be given it (mail.md 5). As with PersonNamed, a name of nobody stands for a person without any
// right, which the operation then refuses; so it does whatever the name for who may not assign at all.
func (a *Act) AssigneeNamed(ctx context.Context, n core.Number, name string) (*core.Person, error) {
	if strings.Contains(name, "@") {
		return a.PersonNamed(ctx, bareAddress(name))
	}
	t, err := a.tx.Ticket(ctx, n)
	if err != nil {
		return nil, err
	}
	if !core.StandingOf(a.dir, t, a.actor.Person).May(core.TicketAssignToOtherOrGroup) {
		return nobodyCalled(name), nil
	}
	able, err := assignable(ctx, a.dir, a.tx, t)
	if err != nil {
		return nil, err
	}
	var people []*core.Person
	for _, p := range able {
		people = append(people, p)
	}
	return called(name, people)
}

// SomebodyNamed is somebody outside of the desk's team: by address, whoever it is (D28), else by local part or an
// unambiguous part of the name among those whom the actor finds, people of their own organization (A51).
func (a *Act) SomebodyNamed(ctx context.Context, name string) (*core.Person, error) {
	if strings.Contains(name, "@") {
		return a.PersonNamed(ctx, bareAddress(name))
	}
	me, folded := a.actor.Person, core.FoldWords(strings.TrimPrefix(name, "@"))
	if me == nil || me.Organization == 0 || folded == "" {
		return nobodyCalled(name), nil
	}
	people, err := a.tx.PeopleCalled(ctx, folded, me.Organization)
	if err != nil {
		return nil, err
	}
	return called(name, people)
}

// bareAddress takes the address out of "Name <address>".
func bareAddress(written string) string {
	if _, inner, ok := strings.Cut(written, "<"); ok {
		written, _, _ = strings.Cut(inner, ">")
	}
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(written), "mailto:"), " <>.,;:")
}

func nobodyCalled(name string) *core.Person { return &core.Person{Email: name, Disabled: true} }

// called finds the one whose address begins with the name before the @, else whose name it is, else of whose name it is a
// part that begins a word. Several are refused with their names.
func called(name string, people []*core.Person) (*core.Person, error) {
	want := core.FoldWords(strings.TrimPrefix(name, "@"))
	if want == "" {
		return nobodyCalled(name), nil
	}
	for _, fits := range []func(*core.Person) bool{
		func(p *core.Person) bool {
			local, _, _ := strings.Cut(p.Email, "@")
			return core.FoldWords(local) == want
		},
		func(p *core.Person) bool { return core.FoldWords(p.Name) == want },
		func(p *core.Person) bool { return strings.Contains(" "+core.FoldWords(p.Name), " "+want) },
	} {
		var found []*core.Person
		for _, p := range people {
			if fits(p) {
				found = append(found, p)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return nil, core.BadInput("person", "error.person.ambiguous", name, candidates(found))
		}
	}
	return nobodyCalled(name), nil
}

// candidates names people so that they can be told apart.
func candidates(people []*core.Person) string {
	var list []string
	for _, p := range people {
		text := p.Email
		if p.Name != "" {
			text = p.Name + " <" + p.Email + ">"
		}
		list = append(list, text)
	}
	slices.Sort(list)
	if len(list) > maxCandidates {
		list = append(list[:maxCandidates], "…")
	}
	return strings.Join(list, ", ")
}

// ServiceNamed is the service that somebody means to move a ticket to: by its path, else by its name where only one that
// is open to them has it. 0 = none, which the operation refuses.
func (a *Act) ServiceNamed(ctx context.Context, n core.Number, name string) (core.ServiceID, error) {
	t, err := a.tx.Ticket(ctx, n)
	if err != nil {
		return 0, err
	}
	want := core.FoldWords(strings.ReplaceAll(name, "/", " / "))
	c := &change{Act: a, t: t}
	var byName []core.ServiceID
	for id, s := range a.dir.Services {
		if s.Archived || !c.mayMoveTo(id) { // D28: what is not open to them is unknown to them
			continue
		}
		if core.FoldWords(strings.ReplaceAll(a.dir.Path(id), "/", " / ")) == want {
			return id, nil
		}
		if core.FoldWords(s.Name) == core.FoldWords(name) {
			byName = append(byName, id)
		}
	}
	switch len(byName) {
	case 0:
		return 0, nil
	case 1:
		return byName[0], nil
	}
	var paths []string
	for _, id := range byName {
		paths = append(paths, a.dir.Path(id))
	}
	slices.Sort(paths)
	return 0, core.BadInput("service", "error.service.ambiguous", name, strings.Join(paths[:min(len(paths), maxCandidates)], ", "))
}

// GroupNamed is the name of a group that serves the ticket's service, as it is spelled there; a name that none has stays
// as it was written, for the operation to refuse.
func (a *Act) GroupNamed(ctx context.Context, n core.Number, name string) (string, error) {
	t, err := a.tx.Ticket(ctx, n)
	if err != nil {
		return "", err
	}
	for _, s := range a.dir.Lineage(t.Service) {
		for _, g := range a.dir.SolverGroups {
			if g.Service == s.ID && core.FoldWords(g.Name) == core.FoldWords(name) {
				return g.Name, nil
			}
		}
	}
	return name, nil
}
