package core

import "slices"

// Follow rewrites what refers to entries by name in f, a configuration as it is, to the names that these entries have
// in target. So a comparison of the two shows a rename once, where the entry stands, and not at everything that refers
// to it.
func (f *DeskFile) Follow(target *DeskFile) {
	organizations := renames(f.Organizations, target.Organizations, func(e *OrganizationEntry) (int64, string) { return e.ID, e.Name })
	people := renames(f.People, target.People, func(e *PersonEntry) (int64, string) { return e.ID, e.Email })
	groups := renames(f.RequesterGroups, target.RequesterGroups, func(e *RequesterGroupEntry) (int64, string) { return e.ID, e.Name })
	calendars := renames(f.Calendars, target.Calendars, func(e *CalendarEntry) (int64, string) { return e.ID, e.Name })
	slas := renames(f.SLAs, target.SLAs, func(e *SLAEntry) (int64, string) { return e.ID, e.Name })
	mailboxes := renames(f.Mailboxes, target.Mailboxes, func(e *MailboxEntry) (int64, string) { return e.ID, e.Address })
	services := renames(f.Services, target.Services, func(e *ServiceEntry) (int64, string) { return e.ID, e.Path() })
	for i := range f.People {
		name := organizations.of(*f.People[i].Organization)
		f.People[i].Organization = &name
	}
	for i := range f.RequesterGroups {
		f.RequesterGroups[i].Members = sorted(people.all(f.RequesterGroups[i].Members))
	}
	for i := range f.SLAs {
		f.SLAs[i].Calendar = calendars.of(f.SLAs[i].Calendar)
	}
	for i := range f.Mailboxes {
		f.Mailboxes[i].Opens = services.of(f.Mailboxes[i].Opens)
	}
	for i := range f.Services {
		s := &f.Services[i]
		s.Parent, s.Mailbox = services.of(s.Parent), mailboxes.of(s.Mailbox)
		s.Requesters, s.Roles = slices.Clone(s.Requesters), slices.Clone(s.Roles)
		for j := range s.Requesters {
			s.Requesters[j] = RequestersEntry{Group: groups.of(s.Requesters[j].Group), SLA: slas.of(s.Requesters[j].SLA)}
		}
		for category, route := range s.Categories {
			s.Categories[category] = RouteEntry{Group: route.Group, Service: services.of(route.Service)}
		}
		for j := range s.Roles {
			r := &s.Roles[j]
			r.People, r.Groups, r.ForRequesters = people.all(r.People), groups.all(r.Groups), groups.of(r.ForRequesters)
		}
	}
}

// renamed maps old names to new ones.
type renamed map[string]string

func renames[T any](from, to []T, key func(*T) (int64, string)) renamed {
	names := map[int64]string{}
	for i := range to {
		id, name := key(&to[i])
		names[id] = name
	}
	r := renamed{}
	for i := range from {
		id, old := key(&from[i])
		if name, ok := names[id]; ok && name != old {
			r[old] = name
		}
	}
	return r
}

func (r renamed) of(name string) string {
	if n, ok := r[name]; ok {
		return n
	}
	return name
}

func (r renamed) all(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = r.of(n)
	}
	return out
}
