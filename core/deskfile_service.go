package core

import (
	"maps"
	"slices"
	"strings"
)

// Path is the service's name with its ancestors', where Parent is a path as Resolve leaves it.
func (e *ServiceEntry) Path() string {
	if e.Parent == "" {
		return e.Name
	}
	return e.Parent + "/" + e.Name
}

func (r *resolver) services() {
	inFile := r.file.Services != nil
	var list []ServiceEntry
	if inFile {
		list = make([]ServiceEntry, len(r.file.Services))
		copy(list, r.file.Services)
		for i := range list {
			list[i].Name = strings.TrimSpace(list[i].Name)
		}
	} else {
		for _, s := range r.current.Services {
			if !s.Archived {
				s.Roles = r.enabledRoles(s.Roles)
				list = append(list, s)
			}
		}
	}
	r.target.Services = append([]ServiceEntry{}, list...)
	r.mailboxDefinitions()
	if inFile {
		order := r.tree(list)
		if order == nil {
			return
		}
		r.target.Services = list
		r.matchServices(order)
	}
	for i := range r.target.Services {
		var at place
		if inFile {
			at = place{"services"}.at(i)
		}
		r.service(at, &r.target.Services[i])
	}
	for i := range r.target.Services {
		var at place
		if inFile {
			at = place{"services"}.at(i)
		}
		s := &r.target.Services[i]
		r.routes(at, s)
		if inFile && !s.Folder && !r.mainSolver(s) {
			r.warn("service %s has no main solver (A30): new tickets reach nobody until one is named", s.Path())
		}
	}
}

// enabledRoles leaves out the people who are disabled: what they were granted waits for their return, unseen.
func (r *resolver) enabledRoles(roles []RoleEntry) []RoleEntry {
	var kept []RoleEntry
	for _, role := range roles {
		role.People = slices.DeleteFunc(slices.Clone(role.People), func(p string) bool { return r.disabled[p] != "" })
		if role.Role == SolverGroupMember || len(role.People)+len(role.Groups) > 0 {
			kept = append(kept, role)
		}
	}
	return kept
}

// tree replaces the parents' names by their paths and gives the services in an order in which parents come first; nil
// where that fails.
func (r *resolver) tree(list []ServiceEntry) []*ServiceEntry {
	parent := make([]int, len(list))
	before := len(r.faults)
	for i := range list {
		parent[i] = -1
		if list[i].Parent == "" {
			continue
		}
		at := place{"services"}.at(i).in("parent")
		found := namedIn(list, parentPaths(list), list[i].Parent, i)
		switch len(found) {
		case 0:
			r.fail(at, "service %q does not exist: add it to services", list[i].Parent)
		case 1:
			parent[i] = found[0]
		default:
			r.fail(at, "several services are called %q: write the parent's path, such as IT/%s", list[i].Parent, list[i].Parent)
		}
	}
	if len(r.faults) > before {
		return nil
	}
	depth := func(i int) (n int) {
		for p := parent[i]; p >= 0 && n <= len(list); p = parent[p] {
			n++
		}
		return n
	}
	order := make([]int, len(list))
	for i := range list {
		order[i] = i
		if depth(i) > len(list) {
			r.fail(place{"services"}.at(i).in("parent"), "service %s is its own ancestor", list[i].Name)
			return nil
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return depth(a) - depth(b) })
	seen, sortedList := map[string]bool{}, make([]*ServiceEntry, 0, len(list))
	for _, i := range order {
		s := &list[i]
		if parent[i] >= 0 {
			s.Parent = list[parent[i]].Path()
		}
		if seen[foldName(s.Path())] {
			r.fail(place{"services"}.at(i).in("name"), "service %s stands in services twice", s.Path())
		}
		seen[foldName(s.Path())] = true
		sortedList = append(sortedList, s)
	}
	if len(r.faults) > before {
		return nil
	}
	return sortedList
}

// parentPaths guesses each service's path from the names that its parents are given by, before these are resolved.
func parentPaths(list []ServiceEntry) []string {
	paths := make([]string, len(list))
	for i := range list {
		paths[i] = list[i].Path()
		for range list { // a parent by its bare name: go on to that one's parent
			first, _, _ := strings.Cut(paths[i], "/")
			next := slices.IndexFunc(list, func(s ServiceEntry) bool { return strings.EqualFold(s.Name, first) && s.Parent != "" })
			if next < 0 || next == i {
				break
			}
			paths[i] = list[next].Parent + "/" + paths[i]
		}
	}
	return paths
}

// namedIn finds the services that a path or a bare name means; one that is called by its path comes alone.
func namedIn(list []ServiceEntry, paths []string, name string, except int) []int {
	var found []int
	for i := range list {
		if i != except && strings.EqualFold(paths[i], name) {
			return []int{i}
		}
		if i != except && strings.EqualFold(list[i].Name, name) {
			found = append(found, i)
		}
	}
	return found
}

// matchServices finds which service each one continues: under the same parent by name, by its earlier name or path, the
// only one of its name that is left (it moved), or an archived one of the same path.
func (r *resolver) matchServices(order []*ServiceEntry) {
	type spot struct {
		parent int64
		name   string
	}
	idOf := map[string]int64{} // of services in use, by path
	for _, s := range r.current.Services {
		if !s.Archived {
			idOf[foldName(s.Path())] = s.ID
		}
	}
	bySpot, byName, byPath := map[spot]int64{}, map[string][]int64{}, map[string]int64{}
	for _, s := range r.current.Services {
		if s.Archived {
			byPath[foldName(s.Path())] = s.ID
			continue
		}
		bySpot[spot{idOf[foldName(s.Parent)], foldName(s.Name)}] = s.ID
		byName[foldName(s.Name)] = append(byName[foldName(s.Name)], s.ID)
	}
	taken := map[int64]bool{}
	take := func(s *ServiceEntry, id int64) {
		if s.ID == 0 && id != 0 && !taken[id] {
			s.ID, taken[id] = id, true
		}
	}
	free := func(name string) []int64 {
		return slices.DeleteFunc(slices.Clone(byName[foldName(name)]), func(id int64) bool { return taken[id] })
	}
	ids := map[string]int64{} // of the services in the file, by path
	for _, s := range order {
		parent, known := ids[foldName(s.Parent)]
		if s.Parent == "" || known && parent != 0 {
			take(s, bySpot[spot{parent, foldName(s.Name)}])
		}
		if s.Was != "" {
			take(s, idOf[foldName(s.Was)])
			if left := free(s.Was); len(left) == 1 {
				take(s, left[0])
			}
		}
		ids[foldName(s.Path())] = s.ID
	}
	asked := map[string]int{}
	for _, s := range order {
		if s.ID == 0 {
			asked[foldName(s.Name)]++
		}
	}
	for _, s := range order {
		if left := free(s.Name); len(left) == 1 && asked[foldName(s.Name)] == 1 {
			take(s, left[0])
		}
		take(s, byPath[foldName(s.Path())])
	}
}

// service fills in the defaults and resolves what a service refers to, other services aside.
func (r *resolver) service(at place, s *ServiceEntry) {
	who := "service " + s.Path()
	s.Language = s.Language.Or(r.target.Desk.Languages[0])
	s.ReopenDays, s.CloseAfterDays = orPointer(s.ReopenDays, 7), orPointer(s.CloseAfterDays, 5)
	s.UnknownSenders = or(s.UnknownSenders, HoldUnknown)
	s.AfterDeadline = or(s.AfterDeadline, RefuseLate)
	s.Inherit = orPointer(s.Inherit, true)
	s.RequesterSees = sorted(s.RequesterSees)
	s.MachineSenders = slices.Clone(s.MachineSenders)
	for i := range s.MachineSenders {
		s.MachineSenders[i] = FoldAddress(s.MachineSenders[i])
	}
	s.MachineSenders = sorted(s.MachineSenders)
	s.Mailbox = FoldAddress(s.Mailbox)
	r.refer(r.mailboxNames, at.sub("mailbox"), who, &s.Mailbox)
	s.Requesters = slices.Clone(s.Requesters)
	for i := range s.Requesters {
		r.refer(r.groupNames, at.sub("requesters").item(i).sub("group"), who, &s.Requesters[i].Group)
		r.refer(r.slaNames, at.sub("requesters").item(i).sub("sla"), who, &s.Requesters[i].SLA)
	}
	s.Roles = slices.Clone(s.Roles)
	for i := range s.Roles {
		role, where := &s.Roles[i], at.sub("roles").item(i)
		role.Group = strings.TrimSpace(role.Group)
		r.refer(r.groupNames, where.sub("for_requesters"), who, &role.ForRequesters)
		role.People, role.Groups = slices.Clone(role.People), slices.Clone(role.Groups)
		for j := range role.People {
			r.person(where.sub("people").item(j), who, &role.People[j])
		}
		for j := range role.Groups {
			r.refer(r.groupNames, where.sub("groups").item(j), who, &role.Groups[j])
		}
	}
}

// mainSolver tells whether somebody is granted main solver of the service, there or on a parent it inherits from.
func (r *resolver) mainSolver(s *ServiceEntry) bool {
	for range r.target.Services {
		if slices.ContainsFunc(s.Roles, func(role RoleEntry) bool { return role.Role == MainSolver }) {
			return true
		}
		i := slices.IndexFunc(r.target.Services, func(p ServiceEntry) bool { return p.Path() == s.Parent })
		if !*s.Inherit || i < 0 {
			return false
		}
		s = &r.target.Services[i]
	}
	return false
}

// sub and item go deeper; nil, a place outside the file, stays nil.
func (p place) sub(key string) place {
	if p == nil {
		return nil
	}
	return p.in(key)
}

func (p place) item(i int) place {
	if p == nil {
		return nil
	}
	return p.at(i)
}

// routes resolves the categories' groups and services, when all services are known.
func (r *resolver) routes(at place, s *ServiceEntry) {
	who := "service " + s.Path()
	s.Categories = maps.Clone(s.Categories)
	for _, category := range slices.Sorted(maps.Keys(s.Categories)) {
		route, where := s.Categories[category], at.sub("categories").sub(string(category))
		if route.Service != "" {
			target := r.oneService(where.sub("service"), who, route.Service)
			if target != nil && target.Folder {
				r.fail(where.sub("service"), "%s sends category %s to %s, which is a folder and takes no tickets", who, category, target.Path())
			}
			if target != nil {
				route.Service = target.Path()
			}
		} else if _, name, ok := r.target.SolverGroup(s, route.Group); ok {
			route.Group = name
		} else {
			r.fail(where.sub("group"), "solver group %q does not exist in %s: grant role solver_group with it first", route.Group, s.Path())
		}
		s.Categories[category] = route
	}
}

// SolverGroup finds a solver group that serves in a service, its own or an inherited one: on which service it stands,
// and its name as it is written there. The file must be resolved.
func (f *DeskFile) SolverGroup(s *ServiceEntry, name string) (owner *ServiceEntry, written string, ok bool) {
	for range f.Services {
		for _, role := range s.Roles {
			if role.Role == SolverGroupMember && strings.EqualFold(role.Group, name) {
				return s, role.Group, true
			}
		}
		i := slices.IndexFunc(f.Services, func(p ServiceEntry) bool { return strings.EqualFold(p.Path(), s.Parent) })
		if s.Inherit != nil && !*s.Inherit || i < 0 {
			break
		}
		s = &f.Services[i]
	}
	return nil, "", false
}

// oneService finds the service that a path or name means.
func (r *resolver) oneService(at place, who, name string) *ServiceEntry {
	paths := make([]string, len(r.target.Services))
	for i := range paths {
		paths[i] = r.target.Services[i].Path()
	}
	found := namedIn(r.target.Services, paths, name, -1)
	switch {
	case len(found) == 1:
		return &r.target.Services[found[0]]
	case len(found) > 1:
		r.fail(at, "several services are called %q: write its path, such as %s", name, paths[found[0]])
	case at == nil:
		r.fail(nil, "%s still refers to service %s, which is missing from services: keep it, or change %s in the same file", who, name, who)
	default:
		r.fail(at, "service %q does not exist: add it to services", name)
	}
	return nil
}
