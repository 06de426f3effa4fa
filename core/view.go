package core

import (
	"slices"
	"time"
)

// View is a ticket as one person may see it. Pages, mails and the API render views, never tickets; what a field's
// owner may not see is absent here already (A66–A76, D8, D9).
type View struct {
	Number       Number     `json:"number"`
	Tag          string     `json:"tag"`
	Subject      string     `json:"subject"`
	Status       Status     `json:"status"`
	Category     Category   `json:"category"`
	Priority     Priority   `json:"priority,omitempty"`
	Service      string     `json:"service"`
	Requester    Ref        `json:"requester"`
	Solver       *Ref       `json:"solver,omitempty"`
	Group        string     `json:"group,omitempty"`
	Participants []Ref      `json:"participants"`
	Followers    []Ref      `json:"followers"`
	Parent       Number     `json:"parent,omitempty"`
	Children     []Number   `json:"children"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
	ResolvedAt   *time.Time `json:"resolved_at,omitempty"`
	Withdrawn    bool       `json:"withdrawn,omitempty"`
	Spam         bool       `json:"spam,omitempty"`
	Links        []Number   `json:"links"`
	Merged       []Number   `json:"merged"` // tickets that became part of this one
	// The service level (E11, E12); whoever is not shown the internal target has the next of the other two.
	FirstResponseDue *time.Time     `json:"first_response_due,omitempty"`
	ResolutionDue    *time.Time     `json:"resolution_due,omitempty"`
	CurrentTarget    *CurrentTarget `json:"current_target,omitempty"`
	Overdue          bool           `json:"overdue,omitempty"`
	Targets          []TargetView   `json:"-"` // how it stands to each; the API has the deadlines above
	// What only some see (A68–A75).
	Work               int               `json:"work,omitempty"` // minutes
	InternalTarget     *time.Time        `json:"internal_target,omitempty"`
	Organization       string            `json:"organization,omitempty"` // the related one
	RequesterFields    map[string]string `json:"requester_fields,omitempty"`
	SolverFields       map[string]string `json:"solver_fields,omitempty"`
	OrganizationFields map[string]string `json:"organization_fields,omitempty"`
	Fields             map[string]string `json:"fields,omitempty"` // custom ones of the ticket (D27)
	Approvals          []ApprovalView    `json:"approvals"`
	Version            int               `json:"version"`
	Actions            []Action          `json:"actions"`
	// Internal tells that the viewer reads the whole log; pages use it to offer notes.
	Internal bool `json:"-"`
	// Unread tells, in lists, that somebody else wrote what the viewer may see and did not open yet.
	Unread bool `json:"-"`
	// TeamSide tells that what the viewer writes is the desk speaking.
	TeamSide bool `json:"-"`
}

// ApprovalView is an approval as the team and its approvers see it.
type ApprovalView struct {
	ID        string         `json:"id"`
	Rule      ApprovalRule   `json:"rule"`
	State     ApprovalState  `json:"state"`
	Text      string         `json:"text"`
	AskedBy   Ref            `json:"asked_by"`
	AskedAt   time.Time      `json:"asked_at"`
	ExpiresAt *time.Time     `json:"expires_at,omitempty"`
	Approvers []ApproverView `json:"approvers"`
}

// ApproverView is one approver's part in it.
type ApproverView struct {
	Email     string        `json:"email"`
	Name      string        `json:"name,omitempty"`
	State     ApprovalState `json:"state"`
	At        *time.Time    `json:"at,omitempty"`
	Text      string        `json:"text,omitempty"`
	DecidedBy *Ref          `json:"decided_by,omitempty"` // the delegate who decided
}

// View gives the approval in the words of the API.
func (a *Approval) View() ApprovalView {
	v := ApprovalView{ID: a.ID, Rule: a.Rule, State: a.State, Text: a.Text, AskedAt: a.AskedAt, ExpiresAt: moment(a.ExpiresAt), Approvers: []ApproverView{}}
	if a.AskedBy != nil {
		v.AskedBy = a.AskedBy.Ref()
	}
	for _, s := range a.Approvers {
		x := ApproverView{Email: s.Person.Email, Name: s.Person.Name, State: s.State, At: moment(s.At), Text: s.Text}
		if s.DecidedBy != nil {
			by := s.DecidedBy.Ref()
			x.DecidedBy = &by
		}
		v.Approvers = append(v.Approvers, x)
	}
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ViewOf cuts a ticket to what the standing may see. It is meant for those who see the ticket; for others it is empty.
func ViewOf(d *Directory, t *Ticket, s Standing, now time.Time) View {
	if !s.Sees() {
		return View{}
	}
	internal := s.SeesInternal()
	service := d.Services[t.Service]
	v := View{
		Number: t.Number, Tag: d.Desk.Tag(t.Number), Subject: t.Subject, Status: t.Status, Category: t.Category,
		Requester: t.Requester.Ref(), Participants: refs(t.Participants), Followers: []Ref{}, Children: []Number{},
		Links: []Number{}, Merged: []Number{}, Approvals: []ApprovalView{},
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
		Actions: ActionsOf(d, t, s, now), Internal: internal, TeamSide: s.TeamSide(),
	}
	if service != nil {
		v.Service = service.Name
	}
	if t.Solver != nil {
		solver := s.RefOf(t.Solver)
		v.Solver = &solver
	}
	v.ResolvedAt, v.Withdrawn = moment(t.ResolvedAt), t.Withdrawn
	v.fields(d, t, s)
	v.serviceLevel(t, s, now)
	if internal {
		v.Group = d.SolverGroups[t.Group].Name
		v.Followers, v.Spam = refs(t.Followers), !t.SpamAt.IsZero()
		v.Parent, v.Children = t.Parent, append(v.Children, t.Children...)
		v.Links, v.Merged = append(v.Links, t.Links...), append(v.Merged, t.Merged...)
		for _, a := range t.Approvals {
			v.Approvals = append(v.Approvals, a.View())
		}
	}
	return v
}

// fields fills in what only those see who may see the field (A68–A76).
func (v *View) fields(d *Directory, t *Ticket, s Standing) {
	if s.SeesField(FieldPriority) {
		v.Priority = t.Priority
	}
	if s.SeesField(FieldWork) {
		v.Work = t.Work
	}
	if s.SeesField(FieldInternalTarget) {
		v.InternalTarget = moment(t.InternalTarget)
	}
	if s.SeesField(FieldRequesterFields) {
		v.RequesterFields = t.Requester.Fields
	}
	if t.Solver != nil && s.shows(t, FieldSolverFields) {
		v.SolverFields = t.Solver.Fields
	}
	organization := d.Organizations[t.Organization]
	if s.shows(t, FieldOrganizationDetails) {
		v.Organization = organization.Name
	}
	if s.shows(t, FieldOrganizationFields) {
		v.OrganizationFields = organization.Fields
	}
	v.Fields = s.fieldsOf(t)
}

func (v *View) serviceLevel(t *Ticket, s Standing, now time.Time) {
	v.FirstResponseDue, v.ResolutionDue, v.Overdue = moment(t.Clock.FirstResponseDue), moment(t.Clock.ResolutionDue), t.Overdue(now)
	if current, ok := t.CurrentTarget(s.SeesField(FieldInternalTarget), now); ok {
		v.CurrentTarget = &current
	}
	v.Targets = t.Targets(s.SeesField(FieldInternalTarget), now)
}

// InList cuts a view to the columns that requesters have in lists (A67, D8), and what a service shows them besides.
func (v View) InList() View {
	if !v.Internal {
		v.FirstResponseDue, v.ResolutionDue, v.CurrentTarget, v.Targets, v.Overdue = nil, nil, nil, nil, false
		v.ResolvedAt, v.Withdrawn, v.Organization, v.Fields = nil, false, "", nil
		if v.Solver != nil {
			v.Solver = &Ref{Name: v.Solver.Display()}
		}
	}
	return v
}

func refs(people []*Person) []Ref {
	out := make([]Ref, 0, len(people))
	for _, p := range people {
		out = append(out, p.Ref())
	}
	return out
}

// RecordView is a log record as one person may see it.
type RecordView struct {
	ID              string           `json:"id"`
	At              time.Time        `json:"at"`
	Kind            RecordKind       `json:"kind"`
	Author          *Ref             `json:"author,omitempty"`
	Text            string           `json:"text"`
	ShowToRequester bool             `json:"show_to_requester"`
	Verified        *bool            `json:"verified"`
	Attachments     []AttachmentView `json:"attachments"`
	MessageID       string           `json:"message_id,omitempty"`
	Change          *Change          `json:"change,omitempty"`
	Work            int              `json:"work,omitempty"` // minutes (A70)
	Folded          string           `json:"-"`
	Via             Via              `json:"via,omitempty"`
	// Deliveries are the mails about it that did not arrive, or perhaps not, for those who read the whole log.
	Deliveries []Delivery `json:"deliveries,omitempty"`
	// Sent are all mails about it, and Mail tells that it came by mail and the original is the viewer's to read: both for those
	// who read the whole log (mail.md 6).
	Sent []Sent `json:"-"`
	Mail bool   `json:"-"`
	// Copied are addresses in Cc of the mail whose owners took no part when it came, for those who read the whole log (D15).
	Copied []string `json:"copied,omitempty"`
}

// AttachmentView names a file.
type AttachmentView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	ContentType string `json:"content_type"`
	Removed     bool   `json:"removed,omitempty"` // its time was over: the content is gone
}

// shownTo tells whether the requester's side is shown a record: marked so (A77), or the change of a field that the service
// shows (A76, D27); and not from before a participant came who sees only what is later (D15), but for their own words. An edit of
// the request tells what stood there before, so it is as old as the request.
func (s Standing) shownTo(r *Record) bool {
	if r.Author != nil && r.Author.ID == s.Person.ID && r.ShowToRequester {
		return true
	}
	if !s.Owner && r.At.Before(s.Since) || s.later && r.Kind == KindProperty && r.Change.Field == "text" {
		return false
	}
	if custom, ok := PropertyField(r.Change.Field); ok && r.Kind == KindProperty {
		return slices.Contains(s.fields, custom) // what the service shows now counts, not what it did then
	}
	return r.ShowToRequester || r.Kind == KindProperty && slices.Contains(s.shown, changeOf(r.Change.Field))
}

// ViewOfRecord cuts a log record; ok is false where the person may not see it at all (A18, A19, A77).
func ViewOfRecord(r *Record, s Standing) (v RecordView, ok bool) {
	internal := s.SeesInternal()
	if !internal && (!s.May(LogViewShownToRequester) || !s.shownTo(r)) {
		return RecordView{}, false
	}
	v = RecordView{ID: r.ID, At: r.At, Kind: r.Kind, Text: r.Text, ShowToRequester: r.ShowToRequester, Via: r.Via,
		Attachments: make([]AttachmentView, 0, len(r.Attachments))}
	switch {
	case r.Author != nil:
		author := s.RefOf(r.Author)
		v.Author = &author
	case r.AuthorAddress != "" && internal:
		v.Author = &Ref{Email: r.AuthorAddress}
	}
	for _, a := range r.Attachments {
		v.Attachments = append(v.Attachments, AttachmentView{ID: a.ID, Name: a.Name, Size: a.Size, ContentType: a.ContentType, Removed: a.Removed})
	}
	if r.Change != (Change{}) {
		change := r.Change
		v.Change = &change
	}
	if internal { // of solver-side mail only the new text reaches requesters (mail.md 6)
		v.Verified, v.Folded, v.MessageID, v.Copied = r.Verified, r.Folded, r.MessageID, r.Copied
		v.Sent, v.Mail = r.Sent, r.Inbound != 0
		for _, m := range r.Sent {
			if m.failed() {
				v.Deliveries = append(v.Deliveries, Delivery{To: m.To.Email, State: m.State, Response: m.Response})
			}
		}
	} else if r.Verified != nil && !*r.Verified && (r.Author == nil || r.Author.ID != s.Person.ID) {
		v.Verified = r.Verified // whoever reads an unproven sender's words as somebody else's is told so (mail.md 4)
	}
	if s.SeesField(FieldWork) {
		v.Work = r.Work
	}
	return v, true
}
