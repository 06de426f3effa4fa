package helpdesk

import (
	"context"
	"slices"
	"time"

	"postdesk/core"
)

// tokenLife is for how long a reply address works.
const tokenLife = 365 * 24 * time.Hour

// travelLimit is up to how many bytes the files of a record travel with its mail (mail.md 7).
const travelLimit = 10 << 20

// recipient is somebody who is told of an event: for which line of the table, with which reason.
type recipient struct {
	person *core.Person
	notice core.Notice
	reason string
	role   core.Role
}

// notify queues the mails of all events of the change. Of spam nobody hears (D25).
func (c *change) notify(ctx context.Context) error {
	if !c.t.SpamAt.IsZero() {
		return nil
	}
	for _, e := range c.told {
		recipients, err := c.recipients(ctx, e)
		if err != nil {
			return err
		}
		if len(recipients) > 0 {
			if e.request, err = c.request(ctx, e); err != nil {
				return err
			}
		}
		for _, r := range recipients {
			if err := c.queue(r, e); err != nil {
				return err
			}
		}
		if err := c.alarm(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// recipients computes who is told of an event, from core's table and the roles and the state after the change: each
// person once, for the strongest reason (E3).
func (c *change) recipients(ctx context.Context, e told) ([]recipient, error) {
	var list []recipient
	done := map[core.PersonID]bool{}
	for _, n := range core.NoticesOf(e.event) {
		g, err := c.audience(ctx, n.Audience, e)
		if err != nil {
			return nil, err
		}
		if n.Reason != "" {
			g.reason = n.Reason
		}
		if n.Row == "" {
			n.Row = g.row
		}
		for _, p := range g.people {
			if done[p.ID] || !c.wanted(p, n, g.reason, e) {
				continue
			}
			done[p.ID] = true
			standing := core.StandingOf(c.dir, c.t, p)
			list = append(list, recipient{person: p, notice: n, reason: g.reason, role: roleOf(standing, n.Audience)})
		}
	}
	return list, nil
}

// group is the people of an audience, the reason that is theirs where the table leaves it open, and the row of the
// matrix by which they are told (A7, A9).
type group struct {
	people []*core.Person
	reason string
	row    core.Permission
}

func (c *change) audience(ctx context.Context, who core.Audience, e told) (g group, err error) {
	switch who {
	case core.ToRequester:
		return group{[]*core.Person{c.t.Requester}, "requester", ""}, nil
	case core.ToParticipants:
		return group{c.t.Participants, "participant", ""}, nil
	case core.ToFollowers:
		return group{c.t.Followers, "follower", ""}, nil
	case core.ToSolver:
		g.reason = "solver"
		if c.t.Solver != nil {
			g.people = []*core.Person{c.t.Solver}
		}
		return g, nil
	case core.ToPreviousSolver:
		g.reason = "passed_on"
		if e.event == core.EventAssigned && c.routed { // the move itself told them
			return g, nil
		}
		if p := c.before.Solver; p != nil && !c.t.SolvedBy(p.ID) {
			g.people = []*core.Person{p}
		}
		return g, nil
	case core.ToGroupMembers:
		g.reason, g.row = "group_member", core.NotifyInMyGroupWithoutSolver // A9
		g.people, err = c.holders(ctx, func(g core.Grant) bool {
			return g.Role == core.SolverGroupMember && g.SolverGroup == c.t.Group && c.t.Group != 0
		})
		return g, err
	case core.ToMainSolvers:
		g.reason = "main_solver"
		g.people, err = c.mainSolvers(ctx)
		return g, err
	case core.ToManagers:
		g.people, err = c.holders(ctx, func(g core.Grant) bool { return g.Role == core.Manager })
		return g, err
	case core.ToApprovers:
		g.reason, g.people = "approver", c.askedNow(e.approval)
		return g, nil
	case core.ToArrival:
		if c.routed {
			return c.audience(ctx, core.ToMainSolvers, e)
		}
	case core.ToReaders:
		return g, nil
	case core.ToOrphaned:
		if c.orphaned {
			return c.audience(ctx, core.ToMainSolvers, e)
		}
		return g, nil
	case core.ToWithdrawn:
		if !c.t.Withdrawn {
			return g, nil
		}
	}
	switch { // the solver side (E1)
	case c.t.Solver != nil:
		return c.audience(ctx, core.ToSolver, e)
	case c.t.Group != 0:
		return c.audience(ctx, core.ToGroupMembers, e)
	}
	return c.audience(ctx, core.ToMainSolvers, e)
}

// mainSolvers are the main solvers for the ticket's requester, and who stands in for those who are away, in addition (E1).
func (c *change) mainSolvers(ctx context.Context) ([]*core.Person, error) {
	people, err := c.holders(ctx, func(g core.Grant) bool { return g.Role == core.MainSolver })
	for _, p := range people {
		if d := c.dir.DelegateOf(p.ID); d != nil {
			people = append(people, d)
		}
	}
	return people, err
}

// askedNow are the approvers whose decision an approval waits for, all of the ticket's where none is named, and who
// stands in for those who are away.
func (c *change) askedNow(q *core.Approval) []*core.Person {
	asked := c.t.Approvals
	if q != nil {
		asked = []*core.Approval{q}
	}
	var people []*core.Person
	for _, q := range asked {
		for i := range q.Approvers {
			if s := &q.Approvers[i]; q.Waits(s) {
				people = append(people, s.Person)
				if d := c.dir.DelegateOf(s.Person.ID); d != nil {
					people = append(people, d)
				}
			}
		}
	}
	return people
}

// holders are the persons who hold a grant in the ticket's service for its requester, in the order of the grants.
func (c *change) holders(ctx context.Context, match func(core.Grant) bool) ([]*core.Person, error) {
	var people []*core.Person
	var groups []core.RequesterGroupID
	for _, g := range c.dir.Effective(c.t.Service, c.t.Requester) {
		switch {
		case !match(g):
		case g.Members != 0:
			groups = append(groups, g.Members)
		case c.dir.People[g.Person] != nil:
			people = append(people, c.dir.People[g.Person])
		}
	}
	if len(groups) > 0 {
		members, err := c.tx.Members(ctx, groups)
		if err != nil {
			return nil, err
		}
		for _, p := range members {
			people = append(people, p)
		}
	}
	return people, nil
}

// wanted decides whether one person gets the mail: not about their own act (E3), not twice what they got directly, not
// what they switched off (E4), and only what they may see.
func (c *change) wanted(p *core.Person, n core.Notice, reason string, e told) bool {
	switch {
	case p.Disabled:
		return false
	case c.actor.Is(p) && !n.Own:
		return false
	case !n.Own && e.event != core.EventApprovalAsked && // they have the original, but can decide nothing with that
		(slices.Contains(c.direct, p.Email) || slices.Contains(c.directPeople, p.ID)):
		return false
	case n.Own && (!c.acknowledges || p.Origin == core.Guest && !c.proven()): // an unknown address gets none (mail.md 4)
		return false
	}
	s := core.StandingOf(c.dir, c.t, p)
	switch {
	case !s.Sees(), n.Row != "" && !s.May(n.Row):
		return false
	case e.internal() && !s.SeesField(core.FieldInternalTarget): // A71
		return false
	case !c.dir.Wants(p, c.t.Service, reason, n.Switch):
		return false
	}
	// What an unproven sender wrote goes to the team, not on to others (mail.md 4).
	return c.proven() || n.Own || s.TeamSide() || n.Audience == core.ToFollowers
}

// internal tells whether the event is about the team's own date.
func (e told) internal() bool {
	return slices.ContainsFunc(e.deadlines, func(d core.Deadline) bool { return d.Target == core.TargetInternal })
}

// proven tells whether the actor's words may be passed on: the desk itself, somebody signed in, or a proven sender.
func (a *Act) proven() bool { return a.actor.Person == nil || a.actor.Level >= core.DomainProven }

// roleOf is the role under which somebody is told, for the reason header (E4).
func roleOf(s core.Standing, who core.Audience) core.Role {
	switch who {
	case core.ToRequester:
		return core.Requester
	case core.ToParticipants:
		return core.Participant
	case core.ToFollowers:
		return core.Follower
	case core.ToApprovers:
		return core.Approver
	}
	for _, r := range core.GrantedRoles() {
		if s.Roles.Has(r) {
			return r
		}
	}
	switch {
	case s.Owner:
		return core.Requester
	case s.Part:
		return core.Participant
	}
	return core.Follower
}

// queue writes one mail to one person: everything it will say is cut to their view here.
func (c *change) queue(r recipient, e told) error {
	p := r.person
	standing := core.StandingOf(c.dir, c.t, p)
	service := c.dir.Services[c.t.Service]
	box := c.dir.MailboxOf(c.t.Service)
	if box == nil {
		return core.Refuse(core.Conflict, "error.no_mailbox", service.Name)
	}
	team := standing.TeamSide()
	o := &core.Outgoing{
		ID: newID(), Ticket: c.t.Number, Mailbox: box.ID, Person: p, Address: p.Email, Event: e.event,
		Role: r.role, Reason: r.reason, Language: p.Language.Or(service.Language), CreatedAt: c.now,
		Content: core.Content{
			Ticket: core.ViewOf(c.dir, c.t, standing, c.now), Desk: c.dir.Desk.Name, RequesterSide: !team,
			FromAddress: box.Address, FromName: c.dir.Desk.Name,
			InReplyTo: c.t.RootMessageID, References: []string{c.t.RootMessageID},
		},
	}
	k := &o.Content
	o.MessageID = core.MessageID(o.ID, core.DomainOf(box.Address))
	if c.actor.Person != nil {
		ref := standing.RefOf(c.actor.Person)
		k.Actor = &ref
	}
	shown := e.record
	if e.request != nil && r.reason != "passed_on" { // whoever had it knows it
		shown = e.request
	}
	if e.record != nil {
		o.Record = e.record.ID
	}
	if shown != nil {
		if v, ok := core.ViewOfRecord(shown, standing); ok {
			k.Record = &v
			c.files(k, shown)
		}
	}
	acknowledgement := r.notice.Own
	o.Automatic = team || acknowledgement || k.Record == nil || k.Record.Text == "" ||
		e.event != core.EventPublicReply && e.event != core.EventResolved
	if !o.Automatic && c.actor.Person != nil && c.actor.Person.Name != "" {
		k.FromName = c.actor.Person.Name + " (" + c.dir.Desk.Name + ")"
	}
	if acknowledgement {
		k.OnBehalf = c.actor.Person != nil && !c.actor.Is(p)
		k.Echo = c.proven() && !c.unechoed
		if !k.Echo { // mail.md 4: never their text or subject back to an unproven sender
			k.Record, k.Files, k.FilesAsLinks, k.Ticket.Subject = nil, nil, nil, ""
		}
	}
	if k.Scheduled = c.schedule != ""; team {
		k.Schedule = c.schedule
	}
	k.AlsoIn, k.Failed, k.Refused = c.alsoIn, c.failed, e.refused
	k.Deadlines = e.deadlines
	c.particulars(k, r, e)
	k.Unverified = team && !c.vouched(shown)
	if team && c.before.Solver != nil {
		k.Previous = c.before.Solver.Ref().Display()
	}
	if p.Origin == core.Configured {
		k.Link = "/dashboard/ithelpdesk/" + formatNumber(c.t.Number)
		if e.event == core.EventRefusal { // the way out leads to another ticket
			k.Link = "/dashboard/ithelpdesk/new"
		}
	}
	c.address(o, box, team, e.record)
	if e.event == core.EventApprovalAsked {
		c.approveAddress(o, box, e.approval)
	}
	if !c.actor.Is(p) {
		c.reached = append(c.reached, p)
	}
	return c.tx.QueueMail(o)
}

// refuse tells somebody that what they wrote by mail did not do what they may have meant, and what to do instead.
func (c *change) refuse(p *core.Person, why string) error {
	return c.queue(recipient{person: p, role: roleOf(core.StandingOf(c.dir, c.t, p), ""), reason: "refusal"}, told{event: core.EventRefusal, refused: why})
}

// address issues the mail's reply addresses: to answer with, and for the team one for notes, which stands in the body. A
// reply to an internal message stays internal (mail.md 5).
func (c *change) address(o *core.Outgoing, box *core.Mailbox, team bool, r *core.Record) {
	issue := func(p core.Purpose) string {
		t := core.ReplyToken{Token: newReplyToken(), Purpose: p, Expires: c.now.Add(tokenLife)}
		address := replyAddress(c.h.store.Secrets(), box, p, t.Token)
		if address != box.Address {
			o.Tokens = append(o.Tokens, t)
		}
		return address
	}
	if team && r != nil && !r.ShowToRequester && (r.Kind == core.KindNote || r.Kind == core.KindMail) {
		o.Content.ReplyAddress = issue(core.PurposeInternal)
	} else {
		o.Content.ReplyAddress = issue(core.PurposeReply)
	}
	if !team {
		return
	}
	if note := issue(core.PurposeNote); note != box.Address {
		o.Content.NoteAddress = note
	}
}
