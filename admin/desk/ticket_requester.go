package desk

import (
	"postdesk/core"
)

// plainly is how a ticket stands, for its requester and participants: in words instead of a status, with what they can do
// about it. The team has the machinery instead.
type plainly struct {
	Key     string // of the sentence; with .next what follows from it
	Icon    string
	Solver  string // who works on it
	Service string
}

// plainly is nil for who reads the ticket in another role.
func (v *visit) plainly(t core.View) *plainly {
	mine := t.Requester.Email == v.me.Email
	for _, p := range t.Participants {
		mine = mine || p.Email == v.me.Email
	}
	if !mine || t.TeamSide {
		return nil
	}
	p := &plainly{Key: "desk.mine.received", Icon: "mail-check", Service: t.Service}
	if t.Solver != nil {
		p.Solver = t.Solver.FirstName()
	}
	switch {
	case t.Withdrawn:
		p.Key, p.Icon = "desk.mine.withdrawn", "undo-2"
	case t.Status == core.Resolved:
		p.Key, p.Icon = "desk.mine.resolved", "check-check"
	case t.Status == core.Closed:
		p.Key, p.Icon = "desk.mine.closed", "check"
	case t.Status == core.Waiting:
		p.Key, p.Icon = "desk.mine.waiting", "reply"
	case p.Solver != "":
		p.Key, p.Icon = "desk.mine.working", "user-check"
	}
	return p
}
