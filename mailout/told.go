package mailout

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/templates"
)

// told is what a mail tells, as the templates ask for it. Templates see nothing else.
type told struct {
	templates.Printer
	core.Content
	Event     core.Event
	Role      core.Role
	Reason    string
	Address   string    // the recipient's
	Now       time.Time // when it was decided
	URL       string    // where the button leads; "" = no button
	Profile   string    // the page where the recipient switches such mails off; "" = none
	Preheader string    // the line that lists of mails show
	Title     string
	Passages  []passage
	other     templates.Printer // of the language that is not the recipient's
	next      string            // the block "next" in words: whether there is one
	events    []line            // what a digest tells
	unlisted  bool              // the one ticket of a list, whose mail came from no ticket's reply address
}

func (r *Renderer) told(o core.Outgoing, publicURL string) *told {
	m := &told{
		Printer: r.locales.For(o.Language).In(r.zone()), Content: o.Content,
		Event: o.Event, Role: o.Role, Reason: o.Reason, Address: o.Address, Now: o.CreatedAt,
	}
	m.EachPerson(m.Name)
	m.other = r.locales.For(core.English)
	if m.Language() == core.English {
		m.other = r.locales.For(core.Spanish)
	}
	if m.Hidden() {
		m.Record, m.Files, m.FilesAsLinks, m.Ticket.Subject = nil, nil, nil, ""
	}
	if len(m.Tickets) == 1 { // a list of one is that ticket
		m.Ticket, m.Tickets = m.Tickets[0], nil
		m.unlisted = true
		if m.Link != "" {
			m.Link = fmt.Sprintf("%s/%d", m.Link, m.Ticket.Number)
		}
	}
	if o.Content.Link != "" && r.Profile != "" && publicURL != "" && slices.Contains(core.SwitchableReasons(), m.Reason) {
		m.Profile = below(publicURL, r.Profile)
	}
	switch m.Event {
	case core.EventAlsoSent: // the recipient cannot open the ticket, nor write to it
		m.Link, m.NoteAddress = "", ""
	case core.EventTokenMisused: // about an address that was used by others is no place for another one
		m.NoteAddress = ""
	}
	if m.Link != "" && publicURL != "" {
		m.URL = below(publicURL, m.Link)
	}
	m.Passages = m.passages()
	return m
}

func below(publicURL, path string) string {
	return strings.TrimSuffix(publicURL, "/") + "/" + strings.TrimPrefix(path, "/")
}

// Hidden tells that this acknowledges a mail whose sender is not proven: it must not carry what that mail said, or the
// desk could be made to send anybody anything (mail.md 4).
func (m *told) Hidden() bool {
	return m.Event == core.EventTicketCreated && m.Role == core.Requester && !m.Echo
}

// Simple tells that the mail speaks to the requester's side or to nobody in particular: no machinery.
func (m *told) Simple() bool {
	return m.RequesterSide || m.Event == core.EventSignIn || m.Event == core.EventConfiguration
}

// elsewhere tells that the ticket is in a service that is not the recipient's.
func (m *told) elsewhere() bool { return m.Event == core.EventAlsoSent }

// HasMessage tells that there is something written or attached to show.
func (m *told) HasMessage() bool {
	return len(m.Passages) > 0 || m.Attached() != "" || m.InDesk() != ""
}

// Message tells that a person wrote something.
func (m *told) Message() bool {
	return m.Record != nil && (m.Record.Kind == core.KindMessage || m.Record.Kind == core.KindNote) &&
		(strings.TrimSpace(m.Record.Text) != "" || len(m.Record.Attachments) > 0)
}

// MessageFirst tells that the requester's side sees at the top what the last person wrote. An acknowledgement says first
// that the request arrived, a reminder that something is asked of them.
func (m *told) MessageFirst() bool {
	return m.Message() && m.Event != core.EventTicketCreated && m.Event != core.EventWaitingReminder
}

// HasNext tells whether the event has something to say about what to do.
func (m *told) HasNext() bool { return m.next != "" }

// Copied tells the team who else has the mail and takes no part, and how to add them by mail; "" = nobody, or not theirs
// to add (D15).
func (m *told) Copied() string {
	if m.Simple() || m.Record == nil || len(m.Record.Copied) == 0 || !m.Message() || m.ReplyAddress == m.FromAddress ||
		!slices.Contains(m.Ticket.Actions, core.ActParticipant) {
		return ""
	}
	return m.T("mail.copied", cleanText(strings.Join(m.Record.Copied, ", ")), cleanText(m.Record.Copied[0]))
}

// Note tells that the message is internal.
func (m *told) Note() bool { return m.Record != nil && m.Record.Kind == core.KindNote }

// Who did it; the desk itself has the desk's name.
func (m *told) Who() string {
	if m.Actor != nil && m.Actor.Display() != "" {
		return cleanText(m.Actor.Display())
	}
	return m.Desk
}

// Author names who wrote the message. Of somebody who is not proven the address stands beside the name: the name proves
// even less.
func (m *told) Author() string {
	if m.Record == nil || m.Record.Author == nil || m.Record.Author.Display() == "" {
		return m.Who()
	}
	a := m.Record.Author
	if m.Unverified && a.Name != "" && a.Email != "" && !a.Erased() {
		return cleanText(a.Name + " <" + a.Email + ">")
	}
	return cleanText(a.Display())
}

// Written is when the message was written.
func (m *told) Written() string {
	if m.Record == nil || m.Record.At.IsZero() {
		return m.Moment(m.Now, m.Now)
	}
	return m.Moment(m.Record.At, m.Now)
}

// Asker is what one calls the requester in a sentence: the first name, but all of a name that begins with the family's
// ("Ortega, Ben").
func (m *told) Asker() string {
	if r := m.Ticket.Requester; !strings.Contains(r.Display(), ",") {
		return cleanText(r.FirstName())
	}
	return cleanText(m.Ticket.Requester.Display())
}

// ByRequester tells that the requester did it, or that nobody else is named.
func (m *told) ByRequester() bool {
	return m.Actor == nil || m.Actor.Display() == m.Ticket.Requester.Display()
}

// BySolver tells that the present solver did it.
func (m *told) BySolver() bool {
	return m.Actor != nil && m.Ticket.Solver != nil && *m.Actor == *m.Ticket.Solver
}

// Holder is who has the ticket now: its solver, else its group, else the main solvers.
func (m *told) Holder() string {
	switch {
	case m.Ticket.Solver != nil:
		return cleanText(m.Ticket.Solver.Display())
	case m.Ticket.Group != "":
		return m.Ticket.Group
	}
	return m.Ticket.Service
}

// Before is who had the ticket, where that is news: not to themselves, not if it was their own act, and not if they have
// it still.
func (m *told) Before() string {
	if m.Reason == "passed_on" || m.Previous == m.Who() || m.Ticket.Solver != nil && m.Previous == m.Ticket.Solver.Display() {
		return ""
	}
	return cleanText(m.Previous)
}

// WentTo is the service to which a mail for two services went (D29).
func (m *told) WentTo() string {
	if m.AlsoIn != "" {
		return m.AlsoIn
	}
	return m.Ticket.Service
}

// Subject is the ticket's, for showing and for the header.
func (m *told) Subject() string {
	subject := m.Ticket.Subject
	if m.Ticket.Tag != "" {
		subject = strings.ReplaceAll(subject, m.Ticket.Tag, "")
	}
	subject = cleanText(subject)
	switch {
	case m.Event == core.EventDigest:
		return m.N("mail.digest.subject", len(m.Digest), m.Desk)
	case len(m.Tickets) > 0:
		return m.N("mail.unassigned.list", len(m.Tickets), cleanText(m.Ticket.Service))
	case subject == "" && m.Event == core.EventReceipt:
		return m.T("mail.receipt.subject")
	case subject == "" && m.Ticket.Number != 0:
		return m.T("mail.no_subject")
	}
	return subject
}

// Kicker is the line above everything: where the ticket belongs. The requester's side reads its subject there, because
// the sheet begins with the message or with what happened; an acknowledgement, which may have none, begins with the desk.
func (m *told) Kicker() string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	switch {
	case m.News != nil:
		add(cleanText(m.Ticket.Service))
	case m.Simple() && (m.MessageFirst() || m.Ticket.Subject != "" && m.Event != core.EventTicketCreated):
		add(m.Subject())
	case m.Simple():
		add(m.Desk)
	default:
		add(cleanText(m.Ticket.Service))
	}
	if m.Ticket.Number != 0 && !m.elsewhere() {
		add(m.T("mail.number", m.Ticket.Number))
		if m.Ticket.Priority != "" && !m.Simple() {
			add(m.T("priority." + string(m.Ticket.Priority)))
		}
	}
	return strings.Join(parts, " · ")
}

// Attached names the files that came with the message, with their sizes.
func (m *told) Attached() string {
	if len(m.Files) == 0 {
		return ""
	}
	return m.N("mail.attached", len(m.Files), m.list(m.Files))
}

// InDesk names the files that do not travel with the mail: too large, or of an unverified sender.
func (m *told) InDesk() string {
	if len(m.FilesAsLinks) == 0 {
		return ""
	}
	return m.N("mail.in_desk", len(m.FilesAsLinks), m.list(m.FilesAsLinks))
}

func (m *told) list(files []core.File) string {
	var names []string
	for _, f := range files {
		names = append(names, fileName(f.Name)+" ("+m.Size(f.Size)+")")
	}
	return strings.Join(names, ", ")
}

// How says what a reply to the mail does; "" where a reply does nothing that could be promised. To answer the requester
// takes the right to solve and a mailbox that can carry tokens; without either the answer becomes a note (D7, mail.md 4).
func (m *told) How() string {
	switch m.Event {
	case core.EventTicketCreated:
		if m.Simple() { // said above
			return ""
		}
	case core.EventDigest, core.EventDeliveryFailed, core.EventAlsoSent, core.EventTokenMisused, core.EventSignIn, core.EventRefusal, core.EventConfiguration, core.EventAddress,
		core.EventNews: // an answer to it is a new request
		return ""
	case core.EventWaitingReminder:
		if m.Simple() { // said above
			return ""
		}
	case core.EventReceipt: // nor to what they do not see any more
		if m.ToConfirm() || m.Ticket.Service == "" || m.Decides { // what deciding takes is said above
			return ""
		}
	case core.EventResolved, core.EventReopened, core.EventClosed:
		if m.Simple() {
			return ""
		}
	}
	may := func(actions ...core.Action) bool {
		return slices.ContainsFunc(actions, func(a core.Action) bool { return slices.Contains(m.Ticket.Actions, a) })
	}
	requester := m.Asker()
	solves := m.NoteAddress != "" && may(core.ActResolve, core.ActReopen, core.ActClose)
	switch {
	case m.ReplyAddress == "" || requester == "" && !m.Simple() || m.unlisted:
		return ""
	case m.Simple():
		return m.T("mail.how.requester")
	case !may(core.ActRecord):
		return ""
	case m.Decides: // said above
		return ""
	case m.Event == core.EventApprovalAsked:
		return m.T("mail.how.approver")
	case m.Note() || !solves:
		return m.T("mail.how.internal", requester)
	}
	return strings.TrimSpace(m.T("mail.how.public", requester) + " " + m.commandsHint())
}

// commandsHint names the way to the list of commands, in the mails that bring a ticket to somebody.
func (m *told) commandsHint() string {
	switch m.Event {
	case core.EventTicketCreated, core.EventAssigned, core.EventAssignedGroup, core.EventMoved, core.EventReturned:
		return m.T("mail.how.commands")
	}
	return ""
}

// NoteURL lets the recipient write an internal note by mail; its subject is in the desk's words.
func (m *told) NoteURL() string {
	if m.NoteAddress == "" || m.Note() { // a note's mail is answered with a note already
		return ""
	}
	return "mailto:" + url.PathEscape(m.NoteAddress) + "?subject=" + url.PathEscape(m.T("mail.note_label")+" "+m.Ticket.Tag)
}

// Why is the footer line that says why the mail came (E4). Where the reason has no sentence, the role's stands in.
func (m *told) Why() string {
	reason := "reason." + m.Reason
	switch {
	case m.Reason == "acknowledgement" && (m.OnBehalf || m.Scheduled):
		reason = "reason.on_behalf"
	case m.Reason == "approver" && m.InsteadOf != "":
		reason = "reason.approver_instead"
	case m.Reason == "unassigned" && len(m.Tickets) > 0:
		reason = "reason.unassigned_list"
	case m.Hidden():
		reason = "reason.in_your_name"
	case m.Reason == "" && m.Event != "" && m.Has("reason."+string(m.Event)):
		reason = "reason." + string(m.Event)
	case !m.Has(reason):
		reason = "reason." + string(m.Role)
	}
	if !m.Has(reason) {
		reason = "reason.participant"
	}
	service, group := cleanText(m.Ticket.Service), cleanText(m.Ticket.Group)
	if service == "" {
		service = m.Desk
	}
	if group == "" {
		group = service
	}
	why := m.T(reason, service, group, m.Desk, m.Address, m.Deputised())
	if m.Stoppable() {
		why += " " + m.T("mail.stop")
	}
	return why
}
