package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

func (c *configuration) saveServices(ctx context.Context) error {
	type entry = core.ServiceEntry
	if c.file.Services == nil { // untouched, down to the grants of people who are disabled
		services := map[string]*entry{}
		for i := range c.target.Services {
			services[c.target.Services[i].Path()] = &c.target.Services[i]
		}
		c.saveOpens(services)
		return nil
	}
	fileOrder := map[string]int{}
	for i := range c.target.Services {
		fileOrder[c.target.Services[i].Path()] = i
	}
	// Parents come first, so that a new one has its id when its children are written.
	slices.SortStableFunc(c.target.Services, func(a, b entry) int { return strings.Count(a.Path(), "/") - strings.Count(b.Path(), "/") })
	mailboxes := idsOf(c.target.Mailboxes, func(e *core.MailboxEntry) string { return e.Address }, func(e *core.MailboxEntry) *int64 { return &e.ID })
	services := map[string]*entry{}
	old := map[int64]*entry{}
	for i := range c.current.Services {
		old[c.current.Services[i].ID] = &c.current.Services[i]
	}
	for i := range c.target.Services {
		e := &c.target.Services[i]
		services[e.Path()] = e
		if o := old[e.ID]; o != nil && e.Folder && !o.Folder {
			if err := c.refuseFolder(ctx, e, fileOrder[e.Path()]); err != nil {
				return err
			}
		}
	}
	err := saveSection(ctx, c, section[entry]{
		noun: store.Services, audited: core.AuditService, label: "service", current: c.current.Services, target: c.target.Services,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Name },
		name:   (*entry).Path,
		fields: serviceFields,
		write: func(e, _ *entry) error {
			var parent int64
			if e.Parent != "" {
				if services[e.Parent].ID == 0 {
					if err := c.tx.Flush(ctx); err != nil {
						return err
					}
				}
				parent = services[e.Parent].ID
			}
			c.tx.SaveService(e, parent, mailboxes[e.Mailbox], fileOrder[e.Path()])
			return nil
		},
		end: func(e *entry) error { c.tx.Archive(store.Services, e.ID, c.now); return nil },
	})
	if err != nil {
		return err
	}
	c.saveOrder(fileOrder)
	c.saveOpens(services)
	return c.saveRoles(ctx, old, services)
}

// refuseFolder holds D22: a service with open tickets cannot become a folder.
func (c *configuration) refuseFolder(ctx context.Context, e *core.ServiceEntry, i int) error {
	n, _, err := c.tx.OpenIn(ctx, core.ServiceID(e.ID), 0)
	if err != nil || n == 0 {
		return err
	}
	return fault(fmt.Sprintf("service %s cannot become a folder, which takes no tickets: it has %s; resolve or move them first", e.Path(), countTickets(n)),
		"services", strconv.Itoa(i), "folder")
}

func serviceFields(e *core.ServiceEntry) []field {
	var requesters, categories []string
	for _, r := range e.Requesters {
		requesters = append(requesters, r.Group+"/"+r.SLA)
	}
	for _, category := range core.Categories() {
		if r, ok := e.Categories[category]; ok {
			categories = append(categories, fmt.Sprintf("%s to %s%s", category, r.Group, r.Service))
		}
	}
	return []field{{"name", e.Name}, {"description", e.Description.String()}, {"parent", e.Parent}, {"folder", strconv.FormatBool(e.Folder)}, {"mailbox", e.Mailbox},
		{"language", string(e.Language)}, {"reopen_days", strconv.Itoa(*e.ReopenDays)}, {"close_after_days", strconv.Itoa(*e.CloseAfterDays)},
		{"unknown_senders", string(e.UnknownSenders)}, {"machine_senders", words(e.MachineSenders)}, {"after_deadline", string(e.AfterDeadline)},
		{"remind_days", strings.Trim(fmt.Sprint(e.Waiting.RemindDays), "[]")}, {"resolve_after_days", strconv.Itoa(e.Waiting.ResolveAfterDays)},
		{"notifications", pairs(e.Notifications)}, {"requester_sees", words(e.RequesterSees)},
		{"ticket_fields", ticketFields(e.TicketFields)}, {"raw_mail_days", keptDays(e.Retention.RawMailDays)}, {"attachment_days", keptDays(e.Retention.AttachmentDays)},
		{"inherit", strconv.FormatBool(*e.Inherit)},
		{"requesters", strings.Join(requesters, ", ")}, {"categories", strings.Join(categories, ", ")}}
}

// ticketFields shows custom fields: asset tag (requesters), floor ["1" "2"].
func ticketFields(fields []core.TicketField) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name
		if f.Requesters {
			parts[i] += " (requesters)"
		}
		if len(f.Choices) > 0 {
			parts[i] += fmt.Sprintf(" %q", f.Choices)
		}
	}
	return strings.Join(parts, ", ")
}

// keptDays shows for how long something is kept; "" = as the service above says.
func keptDays(days *int) string {
	switch {
	case days == nil:
		return ""
	case *days == 0:
		return "for ever"
	}
	return strconv.Itoa(*days)
}

// saveOrder keeps the services in the order of the file; only a change among those that were there is worth a line.
func (c *configuration) saveOrder(fileOrder map[string]int) {
	wanted := make([]int64, len(c.target.Services))
	for i := range c.target.Services {
		wanted[fileOrder[c.target.Services[i].Path()]] = c.target.Services[i].ID
	}
	var present []int64
	for _, s := range c.current.Services {
		if slices.Contains(wanted, s.ID) {
			present = append(present, s.ID)
		}
	}
	staying := slices.DeleteFunc(slices.Clone(wanted), func(id int64) bool { return !slices.Contains(present, id) })
	if !slices.Equal(staying, present) {
		c.line("~ order of services")
		c.audit(core.AuditService, "", core.AuditChanged, []field{{"order", c.order(c.current.Services, present)}}, []field{{"order", c.order(c.target.Services, staying)}})
	}
	if !slices.Equal(wanted, present) {
		c.tx.SaveServiceOrder(wanted)
	}
}

// order shows services by their paths.
func (c *configuration) order(services []core.ServiceEntry, ids []int64) string {
	paths := map[int64]string{}
	for i := range services {
		paths[services[i].ID] = services[i].Path()
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = paths[id]
	}
	return strings.Join(list, ", ")
}

// saveOpens writes what mail to a mailbox opens, when all services have their ids.
func (c *configuration) saveOpens(services map[string]*core.ServiceEntry) {
	old := map[int64]string{}
	for _, m := range c.current.Mailboxes {
		old[m.ID] = m.Opens
	}
	for _, m := range c.target.Mailboxes {
		if m.Opens != old[m.ID] {
			var id int64
			if s := services[m.Opens]; s != nil {
				id = s.ID
			}
			c.tx.SetMailboxOpens(m.ID, id)
		}
	}
}

// grant is a grant of a role in names, as it is compared and shown.
type grant struct {
	role            core.Role
	group           string // of role solver_group, in lower case
	person, members string // one of them
	forRequesters   string
}

func (g grant) String() string {
	who := g.person
	if g.members != "" {
		who = "members of " + g.members
	}
	role := string(g.role)
	if g.group != "" {
		role += " " + g.group
	}
	if g.forRequesters != "" {
		who += ", for requesters " + g.forRequesters
	}
	return role + " to " + who
}

// fields are the grant's for the audit.
func (g grant) fields() []field {
	all := []field{{"role", string(g.role)}, {"group", g.group}, {"person", g.person}, {"members_of", g.members}, {"for_requesters", g.forRequesters}}
	return slices.DeleteFunc(all, func(f field) bool { return f.value == "" })
}

// grantsOf lists the grants of a service in the order of its roles, each once.
func grantsOf(s *core.ServiceEntry) []grant {
	var grants []grant
	add := func(g grant) {
		if !slices.Contains(grants, g) {
			grants = append(grants, g)
		}
	}
	for _, r := range s.Roles {
		g := grant{role: r.Role, group: strings.ToLower(r.Group), forRequesters: r.ForRequesters}
		for _, p := range r.People {
			add(grant{g.role, g.group, p, "", g.forRequesters})
		}
		for _, m := range r.Groups {
			add(grant{g.role, g.group, "", m, g.forRequesters})
		}
	}
	return grants
}

// saveRoles writes what hangs on services: solver groups, then grants, requesters and categories.
func (c *configuration) saveRoles(ctx context.Context, old map[int64]*core.ServiceEntry, services map[string]*core.ServiceEntry) error {
	before := func(e *core.ServiceEntry) *core.ServiceEntry {
		if o := old[e.ID]; o != nil {
			return o
		}
		return &core.ServiceEntry{}
	}
	ended := map[*core.ServiceEntry][]string{}
	for i := range c.target.Services {
		e := &c.target.Services[i]
		ended[e] = c.saveSolverGroups(before(e), e)
	}
	groups, err := c.tx.SolverGroupIDs(ctx)
	if err != nil {
		return err
	}
	w := roleWriter{configuration: c, groups: groups, services: services, people: c.peopleIDs(),
		slas: idsOf(c.target.SLAs, func(e *core.SLAEntry) string { return e.Name }, func(e *core.SLAEntry) *int64 { return &e.ID }),
		requesters: idsOf(append(slices.Clone(c.current.RequesterGroups), c.target.RequesterGroups...),
			func(e *core.RequesterGroupEntry) string { return e.Name }, func(e *core.RequesterGroupEntry) *int64 { return &e.ID })}
	for i := range c.target.Services {
		e := &c.target.Services[i]
		w.grants(before(e), e)
		if !slices.Equal(before(e).Requesters, e.Requesters) {
			w.requesterList(e)
		}
	}
	for i := range c.target.Services { // when no category refers to a group that ends
		e := &c.target.Services[i]
		if !maps.Equal(before(e).Categories, e.Categories) {
			w.categories(e)
		}
	}
	for i := range c.target.Services {
		e := &c.target.Services[i]
		for _, name := range ended[e] {
			c.tx.ArchiveSolverGroup(e.ID, name, c.now)
		}
	}
	return nil
}
