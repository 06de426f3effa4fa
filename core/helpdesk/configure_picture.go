package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"postdesk/core"
	"postdesk/core/store"
)

// picture is who holds which roles at one moment of a change of the configuration, and who asks.
type picture struct {
	dir      *core.Directory
	people   map[core.PersonID]*core.Person            // who holds a role, by name or as member of a group
	subTeams []core.RequesterGroupID                   // groups whose tickets some grant is for only (A55)
	asking   map[core.PersonID][]core.RequesterGroupID // in which of these groups requesters are
}

// picture takes one of what this transaction has made so far; the one taken before the change has the same people and
// groups as the one after it, as far as they are there already.
func (c *configuration) picture(ctx context.Context, before *picture) (p *picture, err error) {
	p = &picture{}
	dir, err := c.tx.ConfiguredDirectory(ctx)
	if err != nil {
		return nil, err
	}
	p.dir = dir.At(c.now)
	var ids []core.PersonID
	if before != nil {
		p.subTeams, ids = slices.Clone(before.subTeams), slices.Collect(maps.Keys(before.people))
	} else {
		p.subTeams = c.subTeamsToCome()
	}
	var members []core.RequesterGroupID
	for _, grants := range p.dir.Grants {
		for _, g := range grants {
			members, p.subTeams = append(members, g.Members), append(p.subTeams, g.For)
		}
	}
	slices.Sort(p.subTeams)
	p.subTeams = slices.Compact(p.subTeams)
	if p.people, err = c.tx.Members(ctx, members); err != nil {
		return nil, err
	}
	maps.Copy(p.people, p.dir.People)
	for _, a := range p.dir.Absences {
		if a.Delegate != nil { // holds the duties of somebody else (E14)
			p.people[a.Delegate.ID] = a.Delegate
		}
	}
	held, err := c.tx.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	maps.Copy(p.people, held)
	p.asking, err = c.tx.InGroups(ctx, p.subTeams)
	return p, err
}

// subTeamsToCome are the groups for whose tickets the file grants roles, as far as they exist.
func (c *configuration) subTeamsToCome() (groups []core.RequesterGroupID) {
	ids := idsOf(c.target.RequesterGroups, func(e *core.RequesterGroupEntry) string { return e.Name }, func(e *core.RequesterGroupEntry) *int64 { return &e.ID })
	for _, s := range c.target.Services {
		for _, r := range s.Roles {
			if id := ids[r.ForRequesters]; id != 0 {
				groups = append(groups, core.RequesterGroupID(id))
			}
		}
	}
	return groups
}

// effect is what a change does to the open tickets: the pictures before and after it, and the tickets counted by what
// decides about them.
type effect struct {
	before, after *picture
	sorted        store.RequesterClasses
	classes       []class
	counts        []store.OpenCount
}

// class is a set of requesters whom no grant tells apart, as somebody of that set, before and after.
type class struct{ before, after *core.Person }

func (c *configuration) effect(ctx context.Context, before *picture) (*effect, error) {
	after, err := c.picture(ctx, before)
	if err != nil {
		return nil, err
	}
	e := &effect{before: before, after: after, classes: []class{{&core.Person{}, &core.Person{}}}}
	people := slices.Concat(slices.Collect(maps.Keys(before.asking)), slices.Collect(maps.Keys(after.asking)))
	slices.Sort(people)
	known := map[string]int32{}
	for _, id := range slices.Compact(people) {
		key := fmt.Sprint(before.asking[id], after.asking[id])
		if _, ok := known[key]; !ok {
			known[key] = int32(len(e.classes))
			e.classes = append(e.classes, class{&core.Person{Groups: before.asking[id]}, &core.Person{Groups: after.asking[id]}})
		}
		e.sorted.People, e.sorted.Of = append(e.sorted.People, id), append(e.sorted.Of, known[key])
	}
	e.counts, err = c.tx.CountOpen(ctx, e.sorted)
	return e, err
}
