package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Resolve completes the file to the whole configuration that it asks for. current is what the database has, with all
// sections and with what is archived or disabled. In the result every section is there: those of the file with their
// defaults filled in, names as they are written where they are defined, and the ID of the entry that each one
// continues (0 = new); absent sections as they are, following renames. The file must have passed Check. What refers to
// nothing is a DeskFileErrors; what is merely doubtful comes as warnings.
func (f *DeskFile) Resolve(current *DeskFile) (target *DeskFile, warnings []string, err error) {
	r := &resolver{current: current, file: f, target: &DeskFile{}}
	r.desk()
	r.definitions()
	r.people()
	r.requesterGroups()
	r.slas()
	r.services()
	r.mailboxes()
	if len(r.faults) > 0 {
		return nil, nil, r.faults
	}
	return r.target, r.warnings, nil
}

type resolver struct {
	checker
	current, file, target *DeskFile
	warnings              []string

	organizationNames, personNames, groupNames, calendarNames, slaNames, mailboxNames names
	disabled                                                                          map[string]string // of the people referred to
}

func (r *resolver) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// names knows what may be referred to within one noun.
type names struct {
	noun, section string
	known         map[string]string // folded → as it is defined
	renamed       map[string]string // folded old name → new name, for sections that the file leaves out
}

// refer checks and completes a reference. Where its section is not in the file (at is nil), who tells the reader what
// refers.
func (r *resolver) refer(n names, at place, who string, value *string) {
	if *value == "" {
		return
	}
	if at == nil {
		if renamed, ok := n.renamed[foldName(*value)]; ok {
			*value = renamed
		}
	}
	name, ok := n.known[foldName(*value)]
	switch {
	case ok:
		*value = name
	case at == nil:
		r.fail(nil, "%s still refers to %s %s, which is missing from %s: keep it, or change %s in the same file", who, n.noun, *value, n.section, who)
	default:
		r.fail(at, "%s %q does not exist: add it to %s", n.noun, *value, n.section)
	}
}

// identity is how entries of a noun are recognised: by their name, by their earlier name, and by being in use.
type identity[T any] struct {
	name   func(*T) *string
	was    func(*T) string
	id     func(*T) *int64
	unused func(*T) bool
}

// continued finds for each entry of a section the one that it continues: an entry in use of that name, else one in use
// that has its earlier name, else one out of use of that name. An absent section is what is in use.
func continued[T any](file, current []T, by identity[T], noun, section string) ([]T, names) {
	n := names{noun: noun, section: section, known: map[string]string{}, renamed: map[string]string{}}
	target := make([]T, 0, len(file))
	if file == nil {
		for _, e := range current {
			if !by.unused(&e) {
				target = append(target, e)
				n.known[foldName(*by.name(&e))] = *by.name(&e)
			}
		}
		return target, n
	}
	target = append(target, file...)
	used, unused := map[string]*T{}, map[string]*T{}
	for i := range current {
		if e := &current[i]; by.unused(e) {
			unused[foldName(*by.name(e))] = e
		} else {
			used[foldName(*by.name(e))] = e
		}
	}
	taken := map[int64]bool{}
	adopt := func(e *T, from map[string]*T, name string) {
		if old := from[foldName(name)]; *by.id(e) == 0 && old != nil && !taken[*by.id(old)] {
			*by.id(e) = *by.id(old)
			taken[*by.id(old)] = true
			if from := foldName(*by.name(old)); from != foldName(*by.name(e)) {
				n.renamed[from] = *by.name(e)
			}
		}
	}
	for i := range target {
		*by.name(&target[i]) = strings.TrimSpace(*by.name(&target[i]))
		adopt(&target[i], used, *by.name(&target[i]))
	}
	for i := range target {
		if was := by.was(&target[i]); was != "" {
			adopt(&target[i], used, was)
		}
	}
	for i := range target {
		adopt(&target[i], unused, *by.name(&target[i]))
		n.known[foldName(*by.name(&target[i]))] = *by.name(&target[i])
	}
	return target, n
}

func (r *resolver) desk() {
	r.target.Desk, r.target.Limits = r.current.Desk, r.current.Limits
	if r.file.Desk != nil {
		d := *r.file.Desk
		d.Name = or(strings.TrimSpace(d.Name), "IT")
		if d.Languages == nil {
			d.Languages = []Language{English, Spanish}
		}
		d.Timezone = or(d.Timezone, "UTC")
		d.SecondFactor = or(d.SecondFactor, FactorOff)
		r.target.Desk = &d
	}
	if r.file.Limits != nil {
		l, usual := *r.file.Limits, DefaultLimits()
		l.AcknowledgementsPerDay = orPointer(l.AcknowledgementsPerDay, usual.AcknowledgementsPerDay)
		l.AutomaticPerHour = orPointer(l.AutomaticPerHour, usual.AutomaticPerHour)
		l.AutomaticPerDay = orPointer(l.AutomaticPerDay, usual.AutomaticPerDay)
		l.BundleAbove = orPointer(l.BundleAbove, usual.BundleAbove)
		r.target.Limits = &l
	}
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func orPointer[T any](value *T, fallback T) *T {
	if value == nil {
		return &fallback
	}
	return value
}

// definitions are the nouns that refer to nothing.
func (r *resolver) definitions() {
	r.target.Organizations, r.organizationNames = continued(r.file.Organizations, r.current.Organizations, identity[OrganizationEntry]{
		func(e *OrganizationEntry) *string { return &e.Name }, func(e *OrganizationEntry) string { return e.Was },
		func(e *OrganizationEntry) *int64 { return &e.ID }, func(e *OrganizationEntry) bool { return e.Archived },
	}, "organization", "organizations")
	for i := range r.target.Organizations {
		o := &r.target.Organizations[i]
		o.Domains = folded(o.Domains)
	}
	r.target.Calendars, r.calendarNames = continued(r.file.Calendars, r.current.Calendars, identity[CalendarEntry]{
		func(e *CalendarEntry) *string { return &e.Name }, func(e *CalendarEntry) string { return e.Was },
		func(e *CalendarEntry) *int64 { return &e.ID }, func(e *CalendarEntry) bool { return e.Archived },
	}, "calendar", "calendars")
	for i := range r.target.Calendars {
		k := &r.target.Calendars[i]
		k.Timezone = or(k.Timezone, r.target.Desk.Timezone)
		k.Holidays = sorted(k.Holidays)
	}
}

// folded brings a list of domains into the form in which they are compared and kept, each once.
func folded(domains []string) []string {
	out := make([]string, 0, len(domains))
	for _, d := range domains {
		if d = FoldAddress(d); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *resolver) people() {
	fileHas := r.file.People != nil
	r.target.People, r.personNames = continued(r.file.People, r.current.People, identity[PersonEntry]{
		func(e *PersonEntry) *string { e.Email = FoldAddress(e.Email); return &e.Email },
		func(e *PersonEntry) string { return e.Was }, func(e *PersonEntry) *int64 { return &e.ID },
		func(e *PersonEntry) bool { return e.Disabled || e.Origin != "" && e.Origin != Configured },
	}, "person", "people")
	domains := map[string]string{}
	for _, o := range r.target.Organizations {
		for _, d := range o.Domains {
			domains[d] = o.Name
		}
	}
	kept := map[int64]bool{}
	for i := range r.target.People {
		p := &r.target.People[i]
		kept[p.ID] = true
		var at place
		if fileHas {
			at = place{"people"}.at(i).in("organization")
		}
		if p.Organization == nil {
			p.Organization = orPointer(nil, domains[DomainOf(p.Email)])
		} else {
			name := strings.TrimSpace(*p.Organization)
			r.refer(r.organizationNames, at, "person "+p.Email, &name)
			p.Organization = &name
		}
		p.Name = strings.TrimSpace(p.Name)
		p.Addresses = sorted(folded(p.Addresses))
	}
	r.ownAddresses(fileHas, kept)
	r.disabled = map[string]string{}
	for _, p := range r.current.People {
		if !kept[p.ID] && p.Origin == Configured {
			r.disabled[p.Email] = p.Email
		}
	}
}

// ownAddresses makes sure that no address of the file's people is one of somebody who is disabled. Who only wrote to the
// desk from such an address was the same person all along.
func (r *resolver) ownAddresses(fileHas bool, kept map[int64]bool) {
	if !fileHas {
		return
	}
	others := map[string]*PersonEntry{}
	for i := range r.current.People {
		p := &r.current.People[i]
		for _, a := range append([]string{p.Email}, p.Addresses...) {
			if !kept[p.ID] {
				others[a] = p
			}
		}
	}
	for i := range r.target.People {
		p := &r.target.People[i]
		for _, a := range append([]string{p.Email}, p.Addresses...) {
			switch other := others[a]; {
			case other == nil:
			case other.Origin == Configured:
				r.fail(place{"people"}.at(i), "address %s belongs to %s, who is disabled: to give it away, name that person too, with {email: …, was: %s}",
					a, other.Email, other.Email)
			case !slices.Contains(p.Absorbs, other.ID):
				p.Absorbs = append(slices.Clip(p.Absorbs), other.ID)
			}
		}
	}
}

// person refers to one: of the file or configured, even where disabled, which is only doubtful.
func (r *resolver) person(at place, who string, email *string) {
	*email = FoldAddress(*email)
	if at == nil {
		if renamed, ok := r.personNames.renamed[*email]; ok {
			*email = renamed
		}
	}
	if _, ok := r.personNames.known[*email]; ok {
		return
	}
	if _, ok := r.disabled[*email]; ok {
		if at != nil {
			r.warn("%s: %s is disabled", who, *email)
		}
		return
	}
	r.refer(r.personNames, at, who, email)
}

func (r *resolver) requesterGroups() {
	r.target.RequesterGroups, r.groupNames = continued(r.file.RequesterGroups, r.current.RequesterGroups, identity[RequesterGroupEntry]{
		func(e *RequesterGroupEntry) *string { return &e.Name }, func(e *RequesterGroupEntry) string { return e.Was },
		func(e *RequesterGroupEntry) *int64 { return &e.ID }, func(e *RequesterGroupEntry) bool { return e.Archived },
	}, "requester group", "requester_groups")
	for i := range r.target.RequesterGroups {
		g := &r.target.RequesterGroups[i]
		g.Domains, g.Members = folded(g.Domains), slices.Clone(g.Members)
		for j := range g.Members {
			var at place
			if r.file.RequesterGroups != nil {
				at = place{"requester_groups"}.at(i).in("members").at(j)
			}
			r.person(at, "requester group "+g.Name, &g.Members[j])
		}
		g.Members = sorted(g.Members)
	}
}

func (r *resolver) slas() {
	r.target.SLAs, r.slaNames = continued(r.file.SLAs, r.current.SLAs, identity[SLAEntry]{
		func(e *SLAEntry) *string { return &e.Name }, func(e *SLAEntry) string { return e.Was },
		func(e *SLAEntry) *int64 { return &e.ID }, func(e *SLAEntry) bool { return e.Archived },
	}, "SLA", "slas")
	for i := range r.target.SLAs {
		s := &r.target.SLAs[i]
		var at place
		if r.file.SLAs != nil {
			at = place{"slas"}.at(i).in("calendar")
		}
		r.refer(r.calendarNames, at, "SLA "+s.Name, &s.Calendar)
		s.SLATargets = s.SLATargets.canonical()
		warn, _ := ParseSpan(s.WarnBefore)
		s.WarnBefore = FormatSpan(warn)
		s.Priorities = maps.Clone(s.Priorities)
		for p, t := range s.Priorities {
			s.Priorities[p] = t.canonical()
		}
	}
}

func (t SLATargets) canonical() SLATargets {
	first, _ := ParseSpan(t.FirstResponse)
	resolution, _ := ParseSpan(t.Resolution)
	return SLATargets{FirstResponse: FormatSpan(first), Resolution: FormatSpan(resolution)}
}
