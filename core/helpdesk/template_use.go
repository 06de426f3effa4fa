package helpdesk

import (
	"context"
	"slices"
	"strings"
	"time"

	"postdesk/core"
)

// ReplyNamed is the reply template that somebody names by its title or an unambiguous beginning of it, filled in for the
// ticket: one of the ticket's service, or of a service above it, that the actor may use (A27), the requester's language and
// the nearest service first. It returns the title with the text. A merged number
// leads to the surviving ticket (E10), as for the message that follows.
func (a *Act) ReplyNamed(ctx context.Context, n core.Number, name string) (title, text string, err error) {
	if n, err = a.tx.Survivor(ctx, n); err != nil {
		return "", "", err
	}
	t, err := a.tx.Ticket(ctx, n)
	if err != nil {
		return "", "", err
	}
	if !core.StandingOf(a.dir, t, a.actor.Person).Sees() {
		return "", "", core.Refuse(core.NotFound, "error.not_found")
	}
	services := a.dir.TemplateServices(a.actor.Person, t.Service)
	if len(services) == 0 {
		return "", "", core.Refuse(core.Forbidden, "error.forbidden")
	}
	if a.actor.Level < core.PersonProven {
		return "", "", core.Refuse(core.Forbidden, "error.not_proven")
	}
	list, err := a.tx.Templates(ctx, services, core.ReplyTemplate)
	if err != nil {
		return "", "", err
	}
	found, err := core.TemplateCalled(list, name, languageFor(a.dir, t), services)
	if err != nil {
		return "", "", err
	}
	text = found.Reply(a.dir, t, a.actor.Person, a.now)
	if strings.TrimSpace(text) == "" { // nothing but placeholders without value
		return "", "", core.BadInput("template", "error.template.empty", found.Title)
	}
	return found.Title, text, nil
}

// Prefill is a ticket template with subject and text as they are today, for somebody who begins a ticket with it (A27).
func (h *Helpdesk) Prefill(ctx context.Context, p *core.Person, id string) (core.TemplateView, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return core.TemplateView{}, err
	}
	t, err := h.store.Template(ctx, id)
	if err != nil {
		return core.TemplateView{}, err
	}
	if t.Kind != core.TicketTemplate || !dir.MayUseTemplate(t, p) {
		return core.TemplateView{}, core.Refuse(core.NotFound, "error.not_found")
	}
	v := dir.ViewOfTemplate(t, p)
	v.Subject, v.Text = t.Filled(h.now().In(zoneOf(dir)))
	return v, nil
}

// zoneOf is the time zone of the desk.
func zoneOf(dir *core.Directory) *time.Location {
	zone, err := time.LoadLocation(dir.Desk.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// fillIn fills what a new ticket leaves out from the ticket template that it names, which serves in its service and which
// the actor may use there (A27). A ticket that names no service is the template's.
func (a *Act) fillIn(ctx context.Context, n *NewTicket) error {
	if n.Template == "" {
		return nil
	}
	unknown := core.BadInput("template", "error.template.no_ticket_template")
	t, err := a.tx.Template(ctx, n.Template)
	switch {
	case core.CodeOf(err) == core.NotFound:
		return unknown
	case err != nil:
		return err
	}
	if n.Service == 0 {
		n.Service = t.Service
	}
	if t.Kind != core.TicketTemplate || !slices.Contains(a.dir.TemplateServices(a.actor.Person, n.Service), t.Service) {
		return unknown
	}
	n.from(t, a.now.In(zoneOf(a.dir)))
	return nil
}

// from fills what is left out from a template, for the day that clocks show.
func (n *NewTicket) from(t *core.Template, at time.Time) {
	n.template = t
	subject, text := t.Filled(at)
	if strings.TrimSpace(n.Subject) == "" {
		n.Subject = subject
	}
	if strings.TrimSpace(n.Text) == "" {
		n.Text = text
	}
	if n.Category == "" {
		n.Category = t.Category
	}
	if n.Priority == "" {
		n.Priority = t.Priority
	}
	given := n.Fields
	n.Fields = map[string]string{}
	for _, fields := range []map[string]string{t.Fields, given} {
		for name, text := range fields {
			n.Fields[name] = text
		}
	}
}
