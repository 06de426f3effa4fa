package helpdesk

import (
	"context"
	"io"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Ticket shows a ticket as the person may see it; NotFound where they may not. A merged number leads to the survivor.
func (h *Helpdesk) Ticket(ctx context.Context, p *core.Person, n core.Number) (core.View, error) {
	_, _, v, err := h.see(ctx, p, n)
	return v, err
}

// see loads a ticket with the person's standing in it, and refuses whoever may not see it.
func (h *Helpdesk) see(ctx context.Context, p *core.Person, n core.Number) (*core.Ticket, core.Standing, core.View, error) {
	none := core.Standing{}
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, none, core.View{}, err
	}
	t, err := h.store.Ticket(ctx, n)
	if err == nil && t.MergedInto != 0 {
		if n, err = h.store.Survivor(ctx, t.MergedInto); err == nil {
			t, err = h.store.Ticket(ctx, n)
		}
	}
	if err != nil {
		return nil, none, core.View{}, err
	}
	s := core.StandingOf(dir, t, p)
	if !s.Sees() {
		return nil, none, core.View{}, core.Refuse(core.NotFound, "error.not_found")
	}
	return t, s, core.ViewOf(dir, t, s, h.now()), nil
}

// Log shows the records of a ticket that the person may see, oldest first.
func (h *Helpdesk) Log(ctx context.Context, p *core.Person, n core.Number) (core.View, []core.RecordView, error) {
	t, s, v, err := h.see(ctx, p, n)
	if err != nil {
		return v, nil, err
	}
	records, err := h.store.Records(ctx, t.Number)
	if err != nil {
		return v, nil, err
	}
	if s.SeesInternal() {
		if err := h.store.SentFor(ctx, records); err != nil {
			return v, nil, err
		}
	}
	views := make([]core.RecordView, 0, len(records))
	for _, r := range records {
		if rv, ok := core.ViewOfRecord(r, s); ok {
			views = append(views, rv)
		}
	}
	return v, views, nil
}

// OpenAttachment streams a file of a ticket; its visibility is that of the record it belongs to.
func (h *Helpdesk) OpenAttachment(ctx context.Context, p *core.Person, n core.Number, id string) (core.Attachment, io.ReadCloser, error) {
	t, s, _, err := h.see(ctx, p, n)
	if err != nil {
		return core.Attachment{}, nil, err
	}
	a, record, err := h.store.Attachment(ctx, t.Number, id)
	if err != nil {
		return core.Attachment{}, nil, err
	}
	if _, ok := core.ViewOfRecord(record, s); !ok {
		return core.Attachment{}, nil, core.Refuse(core.NotFound, "error.not_found")
	}
	if a.Removed {
		return core.Attachment{}, nil, core.Refuse(core.NotFound, "error.retention.file")
	}
	r, err := h.store.OpenBlob(ctx, a.SHA256)
	return *a, r, err
}

// TicketList is a page of a list with the counts of D19.
type TicketList struct {
	Tickets []core.View
	Counts  store.Counts
	Next    core.Number // 0 = the end
	// Last is the beginning of what was written last in each, where it was asked for.
	Last map[core.Number]core.RecordView
}

// Tickets lists what the person may see, newest first.
func (h *Helpdesk) Tickets(ctx context.Context, p *core.Person, f ListFilter) (TicketList, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return TicketList{}, err
	}
	scope := scopeOf(dir, p)
	filter, err := h.narrowed(ctx, dir, scope, f)
	if err != nil {
		return TicketList{}, err
	}
	tickets, counts, err := h.store.Page(ctx, scope, filter)
	if err != nil {
		return TicketList{}, err
	}
	list := TicketList{Counts: counts}
	if len(tickets) > f.Limit {
		tickets = tickets[:f.Limit]
		list.Next = tickets[f.Limit-1].Number
	}
	list.Tickets = listed(dir, tickets, p, h.now())
	if f.Words {
		if list.Last, err = h.lastWords(ctx, dir, p, tickets); err != nil {
			return TicketList{}, err
		}
	}
	return list, h.markUnread(ctx, dir, p, tickets, list.Tickets)
}

// listed are the tickets as the person sees them in a list, which filters in SQL: the one rule has the last word.
func listed(dir *core.Directory, tickets []*core.Ticket, p *core.Person, now time.Time) []core.View {
	views := make([]core.View, 0, len(tickets))
	for _, t := range tickets {
		if s := core.StandingOf(dir, t, p); s.Sees() {
			views = append(views, core.ViewOf(dir, t, s, now).InList())
		}
	}
	return views
}

// scopeOf says in which services a person sees which tickets, for filtering in the database.
func scopeOf(dir *core.Directory, p *core.Person) store.Scope {
	if p.Disabled {
		return store.Scope{}
	}
	scope := store.Scope{Person: p.ID, Groups: map[core.SolverGroupID]store.Grants{}}
	absent := dir.StandsFor(p)
	for _, x := range absent {
		scope.StandsFor = append(scope.StandsFor, x.ID)
	}
	for id := range dir.Services {
		limits := map[core.RequesterGroupID]core.RoleSet{}
		for _, s := range dir.Lineage(id) {
			for _, g := range dir.Grants[s.ID] {
				if g.Role == core.MainSolver && slices.ContainsFunc(absent, g.HeldBy) { // E14
					limits[g.For] = limits[g.For].With(core.MainSolver)
				}
				if !g.HeldBy(p) {
					continue
				}
				limits[g.For] = limits[g.For].With(g.Role)
				if g.Role == core.SolverGroupMember {
					where := scope.Groups[g.SolverGroup]
					where.Add(id, g.For)
					scope.Groups[g.SolverGroup] = where
				}
			}
		}
		for limit, roles := range limits {
			if roles.Grade(core.TicketViewAllInService) == core.Allowed {
				scope.View.Add(id, limit)
			}
			if roles.Has(core.ExceptionalSolver) {
				scope.Sole.Add(id, limit)
			}
			if roles.Has(core.MainSolver) {
				scope.Main.Add(id, limit)
			}
			if roles.Team() {
				scope.Team.Add(id, limit)
			}
		}
	}
	return scope
}

// ServiceView is a service as the person may use it.
type ServiceView struct {
	ID       core.ServiceID     `json:"-"`
	Name     string             `json:"name"`
	Path     string             `json:"path"`
	About    core.Wording       `json:"description,omitempty"`
	OnBehalf bool               `json:"on_behalf"` // may open for others here (A5)
	ForSelf  bool               `json:"for_self"`  // may open for themselves (A4)
	Team     bool               `json:"team"`
	Fields   []core.TicketField `json:"fields"` // custom fields of tickets there that the person sees and may set
}

// Services lists the services in which the person may open tickets or has a role, by path.
func (h *Helpdesk) Services(ctx context.Context, p *core.Person) ([]ServiceView, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	views := []ServiceView{}
	for id, s := range dir.Services {
		if s.Folder || s.Archived {
			continue
		}
		roles, _ := dir.RolesOf(p, id, p)
		_, requester := dir.SLAFor(p, id)
		v := ServiceView{ID: id, Name: s.Name, Path: dir.Path(id), About: s.Description, ForSelf: requester, Team: roles.Team(),
			OnBehalf: roles.Grade(core.TicketCreateOnBehalf) == core.Allowed,
			Fields:   append([]core.TicketField{}, dir.FieldsFor(id, roles.Team())...)}
		if requester || !roles.Empty() {
			views = append(views, v)
		}
	}
	slices.SortFunc(views, func(a, b ServiceView) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return views, nil
}

// People completes a name or address within the person's own organization (A51, A82).
func (h *Helpdesk) People(ctx context.Context, p *core.Person, q string) ([]core.Ref, string, error) {
	dir, err := h.Directory(ctx)
	if err != nil || p.Organization == 0 || q == "" {
		return []core.Ref{}, "", err
	}
	people, err := h.store.FindPeople(ctx, q, p.Organization, 20)
	refs := make([]core.Ref, 0, len(people))
	for _, x := range people {
		refs = append(refs, x.Ref())
	}
	return refs, dir.Organizations[p.Organization].Name, err
}

// PersonNamed is whom somebody names by address in an operation. An address of nobody stands for a person without any
// right, so that the operation checks the actor's rights first and then refuses as it does for somebody who is not
// entitled: the answers tell nobody who is known here (D28).
func (a *Act) PersonNamed(ctx context.Context, address string) (*core.Person, error) {
	p, err := a.tx.PersonByAddress(ctx, address)
	if core.CodeOf(err) == core.NotFound {
		return &core.Person{Email: core.FoldAddress(address), Disabled: true}, nil
	}
	return p, err
}

// PersonByAddress finds whom an address belongs to; NotFound where nobody's. It is for operators; whom people name in
// an operation is found by PersonNamed.
func (h *Helpdesk) PersonByAddress(ctx context.Context, address string) (*core.Person, error) {
	return h.store.PersonByAddress(ctx, address)
}

// PutFile stores the content of a file that is about to be attached, and returns it as an attachment. What nothing
// attaches in the end is swept after a day.
func (h *Helpdesk) PutFile(ctx context.Context, name, contentType string, r io.Reader) (core.Attachment, error) {
	sum, size, err := h.store.PutBlob(ctx, r)
	return core.Attachment{Name: core.CleanFileName(name, "file"), ContentType: contentType, Size: size, SHA256: sum}, err
}
