package core

import "time"

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
	Version      int        `json:"version"`
	Actions      []Action   `json:"actions"`
	// Internal tells that the viewer reads the whole log; pages use it to offer notes.
	Internal bool `json:"-"`
	// TeamSide tells that what the viewer writes is the desk speaking.
	TeamSide bool `json:"-"`
}

// Action is something the viewer may do with the ticket now, in the words of the API.
type Action string

// The actions.
const (
	ActTake        Action = "take"
	ActAssign      Action = "assign"
	ActReturn      Action = "return"
	ActStatus      Action = "status"
	ActResolve     Action = "resolve"
	ActReopen      Action = "reopen"
	ActRecord      Action = "record"
	ActPriority    Action = "priority"
	ActCategory    Action = "category"
	ActParticipant Action = "participant"
	ActFollower    Action = "follower"
	ActClose       Action = "close"
)

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
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
		Actions: ActionsOf(d, t, s, now), Internal: internal, TeamSide: s.TeamSide(),
	}
	if service != nil {
		v.Service = service.Name
	}
	if t.Solver != nil {
		solver := t.Solver.Ref()
		if !internal && !SameOrganization(t.Solver, s.Person) {
			solver.Email = "" // A73: the name is a list column (D8), the rest is a detail
		}
		v.Solver = &solver
	}
	if !t.ResolvedAt.IsZero() {
		at := t.ResolvedAt
		v.ResolvedAt = &at
	}
	if internal || service != nil && service.Sees("priority") { // A68, A76
		v.Priority = t.Priority
	}
	if internal {
		v.Group = d.SolverGroups[t.Group].Name
		v.Followers = refs(t.Followers)
		v.Parent, v.Children = t.Parent, append(v.Children, t.Children...)
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

// ActionsOf lists what the person may do with the ticket in its present state.
func ActionsOf(d *Directory, t *Ticket, s Standing, now time.Time) []Action {
	actions := []Action{}
	add := func(a Action, ok bool) {
		if ok {
			actions = append(actions, a)
		}
	}
	done, solve := t.Status.Done(), s.MaySolve(t)
	add(ActTake, !done && !s.Solver && s.May(TicketSelfAssign))
	add(ActAssign, !done && s.May(TicketAssignToOtherOrGroup))
	add(ActReturn, !done && (t.Solver != nil || t.Group != 0) && s.May(TicketAssignToOtherOrGroup))
	add(ActStatus, !done && solve)
	add(ActResolve, !done && solve)
	add(ActReopen, done && s.MayReopen(d, t, now))
	add(ActRecord, s.Grade(LogCreate) >= Own)
	add(ActPriority, !done && solve)
	add(ActCategory, !done && solve)
	add(ActParticipant, s.Grade(LogCreate) >= Own)
	add(ActFollower, s.MayAddFollower())
	add(ActClose, t.Status == Resolved && (solve || s.Part))
	return actions
}

// MayReopenAsRequester tells whether a requester or participant is still within the reopen deadline (A79, A80, D16:
// inclusive). The team has no limit.
func (s Standing) MayReopenAsRequester(d *Directory, t *Ticket, now time.Time) bool {
	service := d.Services[t.Service]
	if !s.Part || service == nil || t.ResolvedAt.IsZero() {
		return false
	}
	until, ok := service.ReopenUntil(t.ResolvedAt)
	return ok && !now.After(until)
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
	Folded          string           `json:"-"`
	Via             Via              `json:"via,omitempty"`
}

// AttachmentView names a file.
type AttachmentView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	ContentType string `json:"content_type"`
}

// ViewOfRecord cuts a log record; ok is false where the person may not see it at all (A18, A19, A77).
func ViewOfRecord(r *Record, s Standing) (v RecordView, ok bool) {
	internal := s.SeesInternal()
	if !internal && (!r.ShowToRequester || !s.May(LogViewShownToRequester)) {
		return RecordView{}, false
	}
	v = RecordView{ID: r.ID, At: r.At, Kind: r.Kind, Text: r.Text, ShowToRequester: r.ShowToRequester, Via: r.Via,
		Attachments: make([]AttachmentView, 0, len(r.Attachments))}
	switch {
	case r.Author != nil:
		author := r.Author.Ref()
		if !internal && r.Author.ID != s.Person.ID && !SameOrganization(r.Author, s.Person) {
			author.Email = "" // A73
		}
		v.Author = &author
	case r.AuthorAddress != "" && internal:
		v.Author = &Ref{Email: r.AuthorAddress}
	}
	for _, a := range r.Attachments {
		v.Attachments = append(v.Attachments, AttachmentView{ID: a.ID, Name: a.Name, Size: a.Size, ContentType: a.ContentType})
	}
	if r.Change != (Change{}) {
		change := r.Change
		v.Change = &change
	}
	if internal { // of solver-side mail only the new text reaches requesters (mail.md 6)
		v.Verified, v.Folded, v.MessageID = r.Verified, r.Folded, r.MessageID
	} else if r.Verified != nil && !*r.Verified && (r.Author == nil || r.Author.ID != s.Person.ID) {
		v.Verified = r.Verified // whoever reads an unproven sender's words as somebody else's is told so (mail.md 4)
	}
	return v, true
}
