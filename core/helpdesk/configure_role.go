package helpdesk

import (
	"maps"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// solverGroupsOf are the solver groups of a service: folded name → as it is written first.
func solverGroupsOf(s *core.ServiceEntry) map[string]string {
	groups := map[string]string{}
	for _, r := range s.Roles {
		if _, known := groups[strings.ToLower(r.Group)]; r.Group != "" && !known {
			groups[strings.ToLower(r.Group)] = r.Group
		}
	}
	return groups
}

// saveSolverGroups makes and renames the solver groups of a service, and tells which ones end.
func (c *configuration) saveSolverGroups(old, e *core.ServiceEntry) (ended []string) {
	had, has := solverGroupsOf(old), solverGroupsOf(e)
	for _, r := range e.Roles {
		was, is := strings.ToLower(r.Was), strings.ToLower(r.Group)
		if r.Was == "" || had[was] == "" || had[is] != "" || has[was] != "" {
			continue
		}
		c.renamedGroup(e, had[was], r.Group)
		c.tx.RenameSolverGroup(e.ID, r.Was, r.Group)
		had[is] = r.Group
		delete(had, was)
		for i := range old.Roles {
			if strings.EqualFold(old.Roles[i].Group, r.Was) {
				old.Roles[i].Group = r.Group
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(has)) {
		switch had[name] {
		case has[name]:
			continue
		case "":
			c.line("+ solver group %s of %s", has[name], e.Path())
			c.audit(core.AuditSolverGroup, e.Path(), core.AuditAdded, nil, []field{{"name", has[name]}})
		default:
			c.renamedGroup(e, had[name], has[name])
		}
		c.tx.AddSolverGroup(e.ID, has[name])
	}
	for _, name := range slices.Sorted(maps.Keys(had)) {
		if has[name] == "" {
			c.line("- solver group %s of %s", had[name], e.Path())
			c.audit(core.AuditSolverGroup, e.Path(), core.AuditRemoved, []field{{"name", had[name]}}, nil)
			ended = append(ended, had[name])
		}
	}
	return ended
}

func (c *configuration) renamedGroup(e *core.ServiceEntry, from, to string) {
	c.line("~ solver group %s of %s: name %s → %s", from, e.Path(), from, to)
	c.audit(core.AuditSolverGroup, e.Path(), core.AuditChanged, []field{{"name", from}}, []field{{"name", to}})
}

// roleWriter writes what services refer to, by the ids behind the names.
type roleWriter struct {
	*configuration
	groups                   map[store.SolverGroupKey]core.SolverGroupID
	services                 map[string]*core.ServiceEntry
	people, slas, requesters map[string]int64
}

func (w *roleWriter) grant(service *core.ServiceEntry, g grant) core.Grant {
	return core.Grant{Service: core.ServiceID(service.ID), Role: g.role, Person: core.PersonID(w.people[g.person]),
		Members: core.RequesterGroupID(w.requesters[g.members]), For: core.RequesterGroupID(w.requesters[g.forRequesters]),
		SolverGroup: w.groups[store.SolverGroupKey{Service: service.ID, Name: g.group}]}
}

// grants writes the grants of a service where they differ. Those of people who stay disabled are left alone: they wait
// for their return.
func (w *roleWriter) grants(old, e *core.ServiceEntry) {
	had, has := grantsOf(old), grantsOf(e)
	differ := false
	for _, g := range had {
		if !slices.Contains(has, g) && !w.absent[g.person] {
			w.line("- grant %s: %s", e.Path(), g)
			w.audit(core.AuditRole, e.Path(), core.AuditRemoved, g.fields(), nil)
			w.tx.DropGrant(w.grant(e, g))
			differ = true
		}
	}
	for _, g := range has {
		if !slices.Contains(had, g) {
			w.line("+ grant %s: %s", e.Path(), g)
			w.audit(core.AuditRole, e.Path(), core.AuditAdded, nil, g.fields())
			differ = true
		}
	}
	if !differ {
		return
	}
	for i, g := range has {
		w.tx.SaveGrant(w.grant(e, g), i)
	}
}

func (w *roleWriter) requesterList(e *core.ServiceEntry) {
	list := make([]core.ServiceSLA, len(e.Requesters))
	for i, r := range e.Requesters {
		list[i] = core.ServiceSLA{Group: core.RequesterGroupID(w.requesters[r.Group]), SLA: core.SLAID(w.slas[r.SLA])}
	}
	w.tx.SaveServiceSLAs(e.ID, list)
}

func (w *roleWriter) categories(e *core.ServiceEntry) {
	routes := map[core.Category]core.CategoryRoute{}
	for category, r := range e.Categories {
		var route core.CategoryRoute
		if r.Service != "" {
			route.Service = core.ServiceID(w.services[r.Service].ID)
		} else if owner, name, ok := w.target.SolverGroup(e, r.Group); ok {
			route.Group = w.groups[store.SolverGroupKey{Service: owner.ID, Name: strings.ToLower(name)}]
		}
		routes[category] = route
	}
	w.tx.SaveCategories(e.ID, routes)
}
