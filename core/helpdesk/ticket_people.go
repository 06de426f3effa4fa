package helpdesk

import (
	"context"
	"slices"
	"time"

	"postdesk/core"
)

// AddParticipant gives a requester of the service the requester's rights on the ticket (A84, A85, D15).
func (a *Act) AddParticipant(ctx context.Context, n core.Number, p *core.Person, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActParticipant); err != nil {
			return err
		}
		if _, ok := c.dir.SLAFor(p, c.t.Service); !ok { // D28: unknown and not entitled get the same answer
			return core.BadInput("add", "error.participant.no_requester")
		}
		if c.t.TakesPart(p.ID) {
			return core.Refuse(core.Conflict, "error.participant.already", p.Email)
		}
		if Outside(p) && c.actor.Person != nil && c.actor.Level < core.ActProven { // mail.md 4
			return core.Refuse(core.Forbidden, "error.not_proven")
		}
		return c.participate(p, time.Time{})
	})
}

// Outside tells of somebody who is no person of the organization's own list: they came by mail, and cannot sign in.
func Outside(p *core.Person) bool { return !p.Disabled && p.Origin != core.Configured }

// participate makes them a participant. since is from when on they see what was written: who did not come by an explicit
// word gets nothing that was before (D15).
func (c *change) participate(p *core.Person, since time.Time) error {
	c.t.Participants = append(c.t.Participants, p)
	if c.t.Follows(p.ID) { // D14: a participant cannot be its follower
		c.dropFollower(p)
	}
	_, err := c.logChange(core.KindParticipant, true, "participant", "", p.Ref().Display())
	c.tx.AddToTicket(c.t.Number, p.ID, core.Participant, c.now, since.Truncate(time.Microsecond)) // as exact as the log's times
	return err
}

// RemoveParticipant takes them away again.
func (a *Act) RemoveParticipant(ctx context.Context, n core.Number, p *core.Person, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActParticipant); err != nil {
			return err
		}
		i := slices.IndexFunc(c.t.Participants, func(x *core.Person) bool { return x.ID == p.ID })
		if i < 0 {
			return core.Refuse(core.Conflict, "error.participant.none", p.Email)
		}
		c.t.Participants = slices.Delete(c.t.Participants, i, i+1)
		c.tx.RemoveFromTicket(c.t.Number, p.ID, core.Participant)
		_, err := c.logChange(core.KindParticipant, true, "participant", p.Ref().Display(), "")
		return err
	})
}

// AddFollower gives somebody a reader's rights on this one ticket (A58, D14): team members, readers and followers may.
func (a *Act) AddFollower(ctx context.Context, n core.Number, p *core.Person, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActFollower); err != nil {
			return err
		}
		switch {
		case p.Disabled || p.Origin != core.Configured:
			return core.BadInput("add", "error.follower.unknown")
		case c.t.TakesPart(p.ID):
			return core.Refuse(core.Conflict, "error.follower.takes_part", p.Email)
		case c.t.Follows(p.ID):
			return core.Refuse(core.Conflict, "error.follower.already", p.Email)
		}
		return c.follow(p)
	})
}

func (c *change) follow(p *core.Person) error {
	c.t.Followers = append(c.t.Followers, p)
	c.tx.AddToTicket(c.t.Number, p.ID, core.Follower, c.now, time.Time{})
	_, err := c.logChange(core.KindParticipant, false, "follower", "", p.Ref().Display())
	return err
}

// RemoveFollower ends that.
func (a *Act) RemoveFollower(ctx context.Context, n core.Number, p *core.Person, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActFollower); err != nil {
			return err
		}
		if !c.t.Follows(p.ID) {
			return core.Refuse(core.Conflict, "error.follower.none", p.Email)
		}
		c.dropFollower(p)
		_, err := c.logChange(core.KindParticipant, false, "follower", p.Ref().Display(), "")
		return err
	})
}

func (c *change) dropFollower(p *core.Person) {
	c.t.Followers = slices.DeleteFunc(c.t.Followers, func(x *core.Person) bool { return x.ID == p.ID })
	c.tx.RemoveFromTicket(c.t.Number, p.ID, core.Follower)
}
