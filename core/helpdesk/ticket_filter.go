package helpdesk

import (
	"context"
	"maps"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// ListFilter narrows a list of tickets. Names that are not known are refused; what requesters are not shown (priority,
// solver group and whether there is one, whom the team gave it to) finds nothing among their own tickets.
type ListFilter struct {
	Statuses []core.Status
	Service  string // name or path; what stands below it in the tree counts as well
	Category core.Category
	Priority core.Priority
	Solver   string // address
	Group    string // of all services that have one of this name
	Queue    string // mine, unassigned, overdue, approval, spam; "" and all = everything
	Query    string
	Before   core.Number // the last number of the page before; 0 at first
	Limit    int
	Words    bool // with the beginning of what was written last in each ticket
}

// queues are the names that ListFilter.Queue can have.
var queues = []string{"", "all", "mine", "unassigned", "overdue", "approval", "spam"}

// narrowed is the filter as the store has it.
func (h *Helpdesk) narrowed(ctx context.Context, dir *core.Directory, scope store.Scope, f ListFilter) (store.Filter, error) {
	filter := store.Filter{Statuses: f.Statuses, Category: f.Category, Priority: f.Priority, Queue: f.Queue, Query: f.Query, Before: f.Before, Limit: f.Limit + 1, Now: h.now()}
	if f.Service != "" {
		s := dir.ServiceByName(f.Service)
		if s == nil {
			return filter, core.BadInput("service", "error.service.unknown")
		}
		filter.Services = dir.Below(s.ID)
	}
	if !slices.Contains(queues, f.Queue) {
		return filter, core.BadInput("queue", "error.queue.unknown", f.Queue)
	}
	for _, s := range f.Statuses {
		if !core.ValidStatus(s) {
			return filter, core.BadInput("status", "error.status.unknown", string(s))
		}
	}
	if f.Category != "" && !core.ValidCategory(f.Category) {
		return filter, core.BadInput("category", "error.category.unknown", string(f.Category))
	}
	if f.Priority != "" && !core.ValidPriority(f.Priority) {
		return filter, core.BadInput("priority", "error.priority.unknown", string(f.Priority))
	}
	if f.Solver != "" {
		solvers, err := h.solversIn(ctx, dir, insideOf(scope))
		if err != nil {
			return filter, err
		}
		for _, p := range solvers {
			if strings.EqualFold(p.Email, strings.TrimSpace(f.Solver)) {
				filter.Solver = p.ID
			}
		}
		if filter.Solver == 0 {
			return filter, core.BadInput("solver", "error.filter.solver", f.Solver)
		}
	}
	if f.Group != "" {
		for _, g := range groupsIn(dir, insideOf(scope)) {
			if strings.EqualFold(g.Name, strings.TrimSpace(f.Group)) {
				filter.Groups = append(filter.Groups, g.ID)
			}
		}
		if len(filter.Groups) == 0 {
			return filter, core.BadInput("group", "error.filter.group", f.Group)
		}
	}
	return filter, nil
}

// insideOf are the services of which the person sees all tickets, or all of a group's requesters.
func insideOf(scope store.Scope) []core.ServiceID {
	ids := slices.Concat(scope.View.Services, scope.View.PairServices)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// solversIn is everybody who can be given tickets in one of the services (A49), by name.
func (h *Helpdesk) solversIn(ctx context.Context, dir *core.Directory, services []core.ServiceID) ([]*core.Person, error) {
	able := map[core.PersonID]*core.Person{}
	var members []core.RequesterGroupID
	looked := map[core.ServiceID]bool{} // services share those above them
	for _, id := range services {
		for _, s := range dir.Lineage(id) {
			if looked[s.ID] {
				continue
			}
			looked[s.ID] = true
			for _, g := range dir.Grants[s.ID] {
				switch p := dir.People[g.Person]; {
				case !core.MayReceive(core.RoleSet(0).With(g.Role)):
				case g.Members != 0:
					members = append(members, g.Members)
				case p != nil && !p.Disabled:
					able[p.ID] = p
				}
			}
		}
	}
	if len(members) > 0 {
		found, err := h.store.Members(ctx, members)
		if err != nil {
			return nil, err
		}
		maps.Copy(able, found)
	}
	return slices.SortedFunc(maps.Values(able), func(a, b *core.Person) int {
		return strings.Compare(core.FoldWords(a.Ref().Display())+" "+a.Email, core.FoldWords(b.Ref().Display())+" "+b.Email)
	}), nil
}

// groupsIn are the solver groups that serve one of the services, by name.
func groupsIn(dir *core.Directory, services []core.ServiceID) []core.SolverGroup {
	var groups []core.SolverGroup
	for _, g := range dir.SolverGroups {
		if slices.ContainsFunc(services, func(id core.ServiceID) bool {
			return slices.ContainsFunc(dir.Lineage(id), func(s *core.Service) bool { return s.ID == g.Service })
		}) {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b core.SolverGroup) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// ListChoices is what a person can narrow their list by.
type ListChoices struct {
	Services []string // paths of those in which they can have tickets
	Solvers  []core.Ref
	Groups   []string
	Inside   bool // they see tickets from inside somewhere: priority, solver, group and what is unassigned can be asked for
}

// ListChoices finds them.
func (h *Helpdesk) ListChoices(ctx context.Context, p *core.Person) (ListChoices, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return ListChoices{}, err
	}
	inside := insideOf(scopeOf(dir, p))
	c := ListChoices{Inside: len(inside) > 0}
	for id, s := range dir.Services {
		if !s.Archived && !s.Folder && !dir.RolesIn(p, id).Empty() {
			c.Services = append(c.Services, dir.Path(id))
		}
	}
	slices.Sort(c.Services)
	solvers, err := h.solversIn(ctx, dir, inside)
	for _, s := range solvers {
		c.Solvers = append(c.Solvers, s.Ref())
	}
	for _, g := range groupsIn(dir, inside) {
		c.Groups = append(c.Groups, g.Name)
	}
	c.Groups = slices.Compact(c.Groups)
	return c, err
}
