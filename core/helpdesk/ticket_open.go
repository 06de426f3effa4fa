package helpdesk

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"postdesk/core"
)

func formatNumber(n core.Number) string { return strconv.FormatInt(int64(n), 10) }

// maxSubject is how many characters of a subject are kept.
const maxSubject = 250

// NewTicket is what opening a ticket takes (C9).
type NewTicket struct {
	Service     core.ServiceID
	Subject     string
	Text        string
	Folded      string // quote and signature of a mail
	Category    core.Category
	Priority    core.Priority
	OnBehalfOf  *core.Person // nil = for the actor
	Author      *core.Person // whose words the text is; nil = the actor's
	Attachments []core.Attachment
	Mail        *MailSource  // set for a ticket opened by mail
	Linked      core.Number  // the ticket it comes from (E8, E10)
	Copied      *core.Record // the record it was split from: what is known of its sender comes along
	Note        string       // for the team alone, in the actor's own words, beside a text that is somebody else's
	NoteFiles   []core.Attachment
	Proposed    string            // the address whose mail was passed on, where the ticket could not be opened for them
	Presumed    core.Number       // the ticket that the mail named, but where its sender may not write (mail.md 3)
	Fields      map[string]string // custom fields by name (D27); empty values count as left out
	Template    string            // the id of the ticket template that fills in what is left out (A27); "" = none

	template *core.Template // of which it is made
	periodic bool           // its time came, and nobody asked for it
}

// MailSource says which mail a record came from.
type MailSource struct {
	Inbound   int64
	MessageID string
	Refs      []string
	Verified  *bool
}

// OpenTicket opens a ticket: for the actor, who must be a requester of the service (A4), or on behalf of one (A5). It
// returns the number; whether the actor sees the ticket afterwards is another question (A60).
func (a *Act) OpenTicket(ctx context.Context, n NewTicket) (core.Number, error) {
	if err := a.fillIn(ctx, &n); err != nil {
		return 0, err
	}
	service := a.dir.Services[n.Service]
	switch {
	case n.Service == 0:
		return 0, core.BadInput("service", "error.service.missing")
	case service == nil || service.Archived:
		return 0, core.BadInput("service", "error.service.unknown")
	case service.Folder: // A31, D22
		return 0, core.BadInput("service", "error.service.folder", service.Name)
	}
	requester, err := a.requesterFor(n)
	if err != nil {
		return 0, err
	}
	sla, ok := a.dir.SLAFor(requester, n.Service)
	if !ok && requester.Origin != core.Guest {
		return 0, core.Refuse(core.Forbidden, "error.open.no_sla", service.Name)
	}
	n.Subject = cutRunes(strings.Join(strings.Fields(n.Subject), " "), maxSubject)
	if n.Category == "" {
		n.Category = core.OtherCategory
	}
	if n.Priority == "" {
		n.Priority = core.Normal
	}
	switch {
	case n.Mail == nil && n.Subject == "":
		return 0, core.BadInput("subject", "error.subject.empty")
	case n.Mail == nil && strings.TrimSpace(n.Text) == "" && len(n.Attachments) == 0:
		return 0, core.BadInput("text", "error.text.empty")
	case !core.ValidCategory(n.Category):
		return 0, core.BadInput("category", "error.category.unknown", string(n.Category))
	case !core.ValidPriority(n.Priority):
		return 0, core.BadInput("priority", "error.priority.unknown", string(n.Priority))
	}
	fields, err := a.newFields(service.ID, requester, n.Fields)
	if err != nil {
		return 0, err
	}
	service, sla = a.routed(service, sla, requester, n.Category)
	number, err := a.tx.NextNumber(ctx)
	if err != nil {
		return 0, err
	}
	a.wrote = a.now
	t := &core.Ticket{
		Number: number, Version: 1, Service: service.ID, Subject: n.Subject, Status: core.Open, Category: n.Category, Priority: n.Priority,
		Requester: requester, Organization: requester.Organization, OpenedVia: a.actor.Via, SLA: sla,
		CreatedAt: a.now, UpdatedAt: a.now, RootMessageID: a.rootMessageID(n), Fields: fields,
	}
	c := &change{Act: a, t: t, before: *t, standing: core.StandingOf(a.dir, t, a.actor.Person)}
	if n.periodic {
		c.schedule = n.template.Title
	}
	return number, c.open(ctx, n)
}

// routed is the service that the category leads to by default (D20), where the requester has an SLA there too; else the
// one it was opened in.
func (a *Act) routed(from *core.Service, sla core.SLAID, requester *core.Person, category core.Category) (*core.Service, core.SLAID) {
	to := a.dir.Services[from.Categories[category].Service]
	if to == nil || to.Archived || to.Folder {
		return from, sla
	}
	if s, ok := a.dir.SLAFor(requester, to.ID); ok {
		return to, s
	}
	return from, sla
}

// requesterFor finds whose ticket it becomes, and refuses who may not open it.
func (a *Act) requesterFor(n NewTicket) (*core.Person, error) {
	me := a.actor.Person
	if n.OnBehalfOf == nil || me != nil && n.OnBehalfOf.ID == me.ID {
		if me == nil {
			return nil, core.Refuse(core.Forbidden, "error.forbidden")
		}
		return me, nil
	}
	if !a.mayOpenFor(n.OnBehalfOf, n.Service) {
		return nil, core.Refuse(core.Forbidden, "error.open.on_behalf")
	}
	if n.OnBehalfOf.Disabled { // D28: unknown, disabled and not entitled get the same answer
		return nil, core.BadInput("on_behalf_of", "error.open.no_requester")
	}
	if _, ok := a.dir.SLAFor(n.OnBehalfOf, n.Service); !ok && n.OnBehalfOf.Origin != core.Guest {
		return nil, core.BadInput("on_behalf_of", "error.open.no_requester")
	}
	return n.OnBehalfOf, nil
}

// mayOpenFor tells whether the actor may open tickets of the person in a service: their own (A4), and others' by A5. The desk
// itself may for anybody: triage of a held mail acts so after its own check.
func (a *Act) mayOpenFor(p *core.Person, in core.ServiceID) bool {
	me := a.actor.Person
	if me == nil || me.ID == p.ID {
		return true
	}
	roles, _ := a.dir.RolesOf(me, in, p)
	return roles.Grade(core.TicketCreateOnBehalf) == core.Allowed
}

// rootMessageID is what all mail of the ticket refers to: the mail that opened it, or an id made for it.
func (a *Act) rootMessageID(n NewTicket) string {
	if n.Mail != nil && n.Mail.MessageID != "" {
		return n.Mail.MessageID
	}
	domain := "postdesk.invalid"
	if box := a.dir.MailboxOf(n.Service); box != nil {
		domain = core.DomainOf(box.Address)
	}
	return newID() + "@" + domain
}

// open writes the ticket and its first message, routes it, and tells.
func (c *change) open(ctx context.Context, n NewTicket) error {
	t := c.t
	err := c.route(ctx)
	if err != nil {
		return err
	}
	c.tx.AddTicket(t)
	first := &core.Record{Kind: core.KindMessage, Author: n.Author, Text: n.Text, Folded: n.Folded, ShowToRequester: true, Attachments: n.Attachments}
	c.source(first, n.Mail)
	if n.Copied != nil {
		first.AuthorAddress, first.Inbound, first.Verified = n.Copied.AuthorAddress, n.Copied.Inbound, n.Copied.Verified
	}
	if first, err = c.log(first); err != nil {
		return err
	}
	if n.template != nil {
		if _, err := c.logChange(core.KindProperty, false, "template", "", n.template.Title); err != nil {
			return err
		}
	}
	if n.Note != "" || len(n.NoteFiles) > 0 {
		if _, err := c.log(&core.Record{Kind: core.KindNote, Text: n.Note, Attachments: n.NoteFiles}); err != nil {
			return err
		}
	}
	if n.Proposed != "" {
		if _, err := c.logChange(core.KindLink, false, "forwarded", "", n.Proposed); err != nil {
			return err
		}
	}
	if n.Presumed != 0 {
		if _, err := c.logChange(core.KindLink, false, "presumed", "", "#"+formatNumber(n.Presumed)); err != nil {
			return err
		}
	}
	if n.Linked != 0 {
		c.tx.LinkTickets(t.Number, n.Linked)
		if _, err := c.logChange(core.KindLink, false, "link", "", "#"+formatNumber(n.Linked)); err != nil {
			return err
		}
	}
	if t.Status != core.Open {
		to := c.dir.SolverGroups[t.Group].Name
		if t.Solver != nil {
			to = t.Solver.Ref().Display()
		}
		c.itself = true // nobody did it: a rule gave the ticket away
		if _, err := c.logChange(core.KindAssignment, false, "solver", "", to); err != nil {
			return err
		}
		if err := c.logStatus(core.Open); err != nil {
			return err
		}
	}
	c.tell(core.EventTicketCreated, first)
	if c.routed {
		c.tellRouted(first)
	}
	return c.save(ctx)
}

// soleSolver is the one person whose effective role for this requester is solver, absent and disabled not counted;
// nil where there is none or more than one (A37, D3).
func (c *change) soleSolver(ctx context.Context) (*core.Person, error) {
	people, err := c.holders(ctx, func(g core.Grant) bool { return g.Role == core.Solver })
	if err != nil {
		return nil, err
	}
	var sole *core.Person
	for _, p := range people {
		if p.Disabled || c.dir.Away(p.ID) || sole != nil && sole.ID == p.ID {
			continue
		}
		if sole != nil {
			return nil, nil
		}
		sole = p
	}
	return sole, nil
}

// source notes the mail that a record came from, and makes its ids lead to the ticket.
func (c *change) source(r *core.Record, m *MailSource) {
	if m == nil {
		return
	}
	r.Inbound, r.MessageID, r.Verified, r.Copied = m.Inbound, m.MessageID, m.Verified, c.bystanders()
	c.tx.AddThread(c.t.Number, m.MessageID, m.Refs)
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}
