package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"postdesk/core"
)

// TemplateFilter narrows a list of templates.
type TemplateFilter struct {
	Kind    core.TemplateKind // "" = both
	Service string            // by name or path: what can be used there, so with the services above it; "" = all
	Ticket  core.Number       // likewise in its service, reply templates filled in for it; 0 = none
}

// Templates lists the templates that the person may use (A27), by title. For a ticket those in its requester's language come
// first.
func (h *Helpdesk) Templates(ctx context.Context, p *core.Person, f TemplateFilter) ([]core.TemplateView, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	if f.Kind != "" && f.Kind != core.TicketTemplate && f.Kind != core.ReplyTemplate {
		return nil, core.BadInput("kind", "error.template.kind", string(f.Kind))
	}
	services := dir.TemplateServices(p, 0)
	only := func(in core.ServiceID) {
		there := dir.TemplateServices(p, in)
		services = slices.DeleteFunc(services, func(id core.ServiceID) bool { return !slices.Contains(there, id) })
	}
	if f.Service != "" {
		s := dir.ServiceByName(f.Service)
		if s == nil {
			return nil, core.BadInput("service", "error.service.unknown")
		}
		only(s.ID)
	}
	var ticket *core.Ticket
	if f.Ticket != 0 {
		if ticket, _, _, err = h.see(ctx, p, f.Ticket); err != nil {
			return nil, err
		}
		only(ticket.Service)
	}
	list, err := h.store.Templates(ctx, services, f.Kind)
	if err != nil {
		return nil, err
	}
	if ticket != nil {
		first := languageFor(dir, ticket)
		slices.SortStableFunc(list, func(a, b *core.Template) int {
			switch {
			case a.Language == b.Language:
				return 0
			case a.Language == first:
				return -1
			}
			return 1
		})
	}
	views := make([]core.TemplateView, 0, len(list))
	for _, t := range list {
		v := dir.ViewOfTemplate(t, p)
		if ticket != nil && t.Kind == core.ReplyTemplate {
			v.Filled = t.Reply(dir, ticket, p, h.now())
		}
		views = append(views, v)
	}
	return views, nil
}

// languageFor is the language in which the ticket's requester is written to (D21).
func languageFor(dir *core.Directory, t *core.Ticket) core.Language {
	return t.Requester.Language.Or(dir.Services[t.Service].Language).Or(core.English)
}

// Template shows one; NotFound where the person may not use it.
func (h *Helpdesk) Template(ctx context.Context, p *core.Person, id string) (core.TemplateView, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return core.TemplateView{}, err
	}
	t, err := h.store.Template(ctx, id)
	if err != nil {
		return core.TemplateView{}, err
	}
	if !dir.MayUseTemplate(t, p) {
		return core.TemplateView{}, core.Refuse(core.NotFound, "error.not_found")
	}
	return dir.ViewOfTemplate(t, p), nil
}

// TemplateWriting is what somebody writes; what is nil stays as it is.
type TemplateWriting struct {
	Kind                 *core.TemplateKind // it cannot change
	Service              *string            // by name or path
	Title, Text, Subject *string
	Language             *core.Language
	Category             *core.Category
	Priority             *core.Priority
	Fields               map[string]string // all of them
	Requester            *string           // an address; "" = none
	SetSchedule          bool
	Schedule             *core.Schedule // with SetSchedule; nil = none
}

// maxTemplates is how many a service can have.
const maxTemplates = 200

// AddTemplate keeps a new one in a service whose templates the actor manages (A28). Without a language it is in the service's.
func (h *Helpdesk) AddTemplate(ctx context.Context, actor core.Actor, w TemplateWriting) (v core.TemplateView, err error) {
	err = h.writes(ctx, actor, func(a *Act) error {
		t := &core.Template{ID: newID(), CreatedAt: a.now.Truncate(time.Microsecond)}
		if w.Kind != nil {
			t.Kind = *w.Kind
		}
		if w.Service == nil || *w.Service == "" {
			return core.BadInput("service", "error.service.missing")
		}
		if err := a.placeTemplate(t, *w.Service); err != nil {
			return err
		}
		t.Language = a.dir.Services[t.Service].Language.Or(core.English)
		if err := a.writeTemplate(ctx, &core.Template{}, t, w); err != nil {
			return err
		}
		if n, err := a.tx.CountTemplates(ctx, t.Service); err != nil || n >= maxTemplates {
			return orRefuse(err, core.Conflict, "error.template.many", maxTemplates)
		}
		if err := a.tx.AddTemplate(ctx, t); err != nil {
			return err
		}
		a.auditTemplate(t.ID, nil, t)
		v = a.dir.ViewOfTemplate(t, actor.Person)
		return nil
	})
	return v, err
}

func orRefuse(err error, code core.Code, key string, args ...any) error {
	if err != nil {
		return err
	}
	return core.Refuse(code, key, args...)
}

// EditTemplate changes one. version is what the caller saw, 0 = whatever is there; a stale one is refused.
func (h *Helpdesk) EditTemplate(ctx context.Context, actor core.Actor, id string, w TemplateWriting, version int) (v core.TemplateView, err error) {
	err = h.writes(ctx, actor, func(a *Act) error {
		t, err := a.managedTemplate(ctx, id, version)
		if err != nil {
			return err
		}
		before := *t
		if w.Kind != nil && *w.Kind != t.Kind {
			return core.BadInput("kind", "error.template.kind_stays", string(t.Kind))
		}
		if w.Service != nil {
			if err := a.placeTemplate(t, *w.Service); err != nil {
				return err
			}
		}
		if err := a.writeTemplate(ctx, &before, t, w); err != nil {
			return err
		}
		if err := a.tx.SaveTemplate(ctx, t); err != nil {
			return err
		}
		a.auditTemplate(id, &before, t)
		v = a.dir.ViewOfTemplate(t, actor.Person)
		return nil
	})
	return v, err
}

// DeleteTemplate removes one for good, its schedule with it. version is as in EditTemplate.
func (h *Helpdesk) DeleteTemplate(ctx context.Context, actor core.Actor, id string, version int) error {
	return h.writes(ctx, actor, func(a *Act) error {
		t, err := a.managedTemplate(ctx, id, version)
		if err != nil {
			return err
		}
		a.tx.DeleteTemplate(id)
		a.auditTemplate(id, t, nil)
		return nil
	})
}

// placeTemplate puts a template into a service, where the actor must manage such.
func (a *Act) placeTemplate(t *core.Template, service string) error {
	s := a.dir.ServiceByName(service)
	if s == nil {
		return core.BadInput("service", "error.service.unknown")
	}
	if !a.dir.MayManageTemplates(s.ID, a.actor.Person) {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	t.Service = s.ID
	return nil
}

// managedTemplate locks a template that the actor is to change: seen, managed, and of that version.
func (a *Act) managedTemplate(ctx context.Context, id string, version int) (*core.Template, error) {
	t, err := a.tx.LockTemplate(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !a.dir.MayUseTemplate(t, a.actor.Person):
		return nil, core.Refuse(core.NotFound, "error.not_found")
	case !a.dir.MayManageTemplates(t.Service, a.actor.Person):
		return nil, core.Refuse(core.Forbidden, "error.forbidden")
	case version != 0 && version != t.Version:
		return nil, core.Refuse(core.Stale, "error.template.stale", t.Version)
	}
	return t, nil
}

// writeTemplate puts what is written into the template and checks it as a whole, with what it was before. A new schedule
// begins with its next moment.
func (a *Act) writeTemplate(ctx context.Context, before, t *core.Template, w TemplateWriting) error {
	set(&t.Title, w.Title)
	set(&t.Text, w.Text)
	set(&t.Subject, w.Subject)
	set(&t.Language, w.Language)
	set(&t.Category, w.Category)
	set(&t.Priority, w.Priority)
	if w.Fields != nil {
		t.Fields = maps.Clone(w.Fields)
	}
	if w.Requester != nil {
		t.Requester = nil
		if *w.Requester != "" {
			p, err := a.PersonNamed(ctx, *w.Requester)
			if err != nil {
				return err
			}
			t.Requester = p
		}
	}
	if w.SetSchedule {
		t.Schedule = nil
		if w.Schedule != nil {
			s := *w.Schedule
			if s.Timezone == "" {
				s.Timezone = a.dir.Desk.Timezone
			}
			t.Schedule = &s
		}
	}
	if err := t.Check(); err != nil {
		return err
	}
	if !samePeriodic(before, t) && !a.mayOpenFor(t.Requester, t.Service) {
		return core.Refuse(core.Forbidden, "error.template.on_behalf")
	}
	for name, text := range t.Fields {
		text, err := core.SetField(a.dir.FieldsFor(t.Service, true), name, text)
		if err != nil {
			return err
		}
		t.Fields[name] = text
	}
	if t.Requester != nil {
		if _, ok := a.dir.SLAFor(t.Requester, t.Service); !ok { // D28: unknown, disabled and not entitled get the same answer
			return core.BadInput("requester", "error.open.no_requester")
		}
	}
	switch s := a.dir.Services[t.Service]; {
	case t.Schedule == nil:
		t.NextAt = time.Time{}
	case s.Folder: // A31, D22
		return core.BadInput("service", "error.service.folder", s.Name)
	case before.Schedule == nil || !before.Schedule.Equal(*t.Schedule):
		t.NextAt = t.Schedule.Next(a.now)
	}
	t.Failure, t.UpdatedAt = nil, a.now.Truncate(time.Microsecond) // what could not be done before is tried with what is written now
	t.Version++
	return nil
}

// samePeriodic tells whether a template opens tickets for nobody for whom it did not before, and nowhere and never else: who
// manages templates has no right by that to open tickets for others (A5), and may change all the rest of one that does.
func samePeriodic(before, t *core.Template) bool {
	return t.Requester == nil || before.Service == t.Service && before.Requester != nil && before.Requester.ID == t.Requester.ID &&
		(t.Schedule == nil || before.Schedule != nil && before.Schedule.Equal(*t.Schedule))
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (a *Act) auditTemplate(id string, before, after *core.Template) {
	a.auditWritten(core.AuditTemplate, id, a.writtenTemplate(before), a.writtenTemplate(after))
}

func (a *Act) writtenTemplate(t *core.Template) *written {
	if t == nil {
		return nil
	}
	fields := map[string]string{"service": a.dir.Path(t.Service), "kind": string(t.Kind), "language": string(t.Language),
		"category": string(t.Category), "priority": string(t.Priority), "schedule": t.Schedule.String(), "requester": ""}
	if t.Requester != nil {
		fields["requester"] = t.Requester.Email
	}
	return &written{fields, map[string]string{"title": t.Title, "text": t.Text, "subject": t.Subject, "fields": fmt.Sprint(t.Fields)}}
}
