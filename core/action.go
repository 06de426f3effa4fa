package core

import (
	"slices"
	"time"
)

// Action is something that can be done with a ticket, in the words of the API.
type Action string

// The actions.
const (
	ActTake        Action = "take"
	ActAssign      Action = "assign"
	ActReturn      Action = "return"
	ActStatus      Action = "status"
	ActResolve     Action = "resolve"
	ActReopen      Action = "reopen"
	ActMove        Action = "move"
	ActRecord      Action = "record"
	ActPriority    Action = "priority"
	ActCategory    Action = "category"
	ActParticipant Action = "participant"
	ActFollower    Action = "follower"
	ActClose       Action = "close"
	ActWithdraw    Action = "withdraw"
	ActEdit        Action = "edit"
	ActSplit       Action = "split"
	ActLink        Action = "link"
	ActDue         Action = "due"
	ActSpam        Action = "spam"
	ActAsk         Action = "ask"
	ActCancelAsk   Action = "cancel_ask"
	ActApprove     Action = "approve"
	ActReject      Action = "reject"
	ActMerge       Action = "merge"
	ActParent      Action = "parent"
)

// situation is a person before a ticket at a moment: what a rule looks at.
type situation struct {
	Standing
	d   *Directory
	t   *Ticket
	now time.Time
}

// rule says who may do an action at all, and in which state of the ticket it can be done.
type rule struct {
	action Action
	right  func(situation) bool  // else Forbidden
	state  func(situation) error // else its Conflict
}

// rules is the one place that decides about actions: pages and the API offer what it allows, and operations ask it.
// Which row of the matrix counts stands here; what an action's arguments must be like is the operation's business.
var rules = []rule{
	{ActTake, may(TicketSelfAssign), all(undone("error.assign.done"), notMine)},                         // A11, E5
	{ActAssign, may(TicketAssignToOtherOrGroup), undone("error.assign.done")},                           // A12
	{ActReturn, may(TicketAssignToOtherOrGroup), all(undone("error.assign.done"), assigned)},            // E5
	{ActStatus, situation.solves, undone("error.status.done")},                                          // A13–A16, D1
	{ActResolve, situation.solves, undone("error.status.done")},                                         // E7
	{ActReopen, reopener, reopenable},                                                                   // A79, A80, D16
	{ActMove, mover, undone("error.move.done")},                                                         // E6, A59
	{ActRecord, writer, always},                                                                         // A20, D7
	{ActPriority, situation.solves, undone("error.status.done")},                                        // D1
	{ActCategory, situation.solves, undone("error.status.done")},                                        // D1
	{ActParticipant, writer, always},                                                                    // D15
	{ActFollower, func(x situation) bool { return x.MayAddFollower() }, always},                         // D14
	{ActClose, func(x situation) bool { return x.solves() || x.Part }, closable},                        // D25, E7
	{ActWithdraw, func(x situation) bool { return x.Owner }, undone("error.status.done")},               // D25
	{ActEdit, func(x situation) bool { return x.solves() || x.Owner }, undone("error.status.done")},     // E13
	{ActSplit, func(x situation) bool { return x.solves() && x.May(TicketCreateOnBehalf) }, always},     // E10, A5
	{ActLink, situation.solves, always},                                                                 // E10
	{ActDue, situation.solves, undone("error.status.done")},                                             // D27
	{ActSpam, func(x situation) bool { return x.Sees() && x.Roles.Has(MainSolver) }, spammable},         // D25
	{ActAsk, func(x situation) bool { return x.Sees() && x.Roles.Team() }, undone("error.status.done")}, // E13
	{ActCancelAsk, func(x situation) bool { return x.Sees() && x.Roles.Team() }, asked},                 // E13
	{ActApprove, approver, decidable},                                                                   // A17, A61
	{ActReject, approver, decidable},                                                                    // A17, A61
	{ActMerge, situation.solves, always},                                                                // E10
	{ActParent, situation.solves, always},                                                               // E10
}

// conflict refuses with a reason that only those are told who read the whole log: what the team thinks of a ticket, and
// which tickets are below it, is not for the requester's side.
func (x situation) conflict(key string, args ...any) error {
	if !x.SeesInternal() {
		return Refuse(Conflict, "error.not_now")
	}
	return Refuse(Conflict, key, args...)
}

// Actions lists all of them in the order of the table.
func Actions() []Action {
	list := make([]Action, len(rules))
	for i, r := range rules {
		list[i] = r.action
	}
	return list
}

// Decide tells whether the person may do the action with the ticket now: nil, NotFound where they do not see it,
// Forbidden where they see it and may not, or Conflict where they may and it is not possible in the ticket's state.
func Decide(d *Directory, t *Ticket, s Standing, a Action, now time.Time) error {
	if !s.Sees() {
		return Refuse(NotFound, "error.not_found")
	}
	i := slices.IndexFunc(rules, func(r rule) bool { return r.action == a })
	x := situation{Standing: s, d: d, t: t, now: now}
	switch {
	case i < 0 || !rules[i].right(x):
		return Refuse(Forbidden, "error.forbidden")
	case !t.SpamAt.IsZero() && a != ActSpam && a != ActRecord: // D25; what comes by mail is kept all the same
		return x.conflict("error.spam.is")
	}
	return rules[i].state(x)
}

// ActionsOf lists what the person may do with the ticket in its present state.
func ActionsOf(d *Directory, t *Ticket, s Standing, now time.Time) []Action {
	actions := []Action{}
	for _, r := range rules {
		if Decide(d, t, s, r.action, now) == nil {
			actions = append(actions, r.action)
		}
	}
	return actions
}

// NeededLevel is how well somebody who writes by mail has to be proven for the action (mail.md 4). Writing to a ticket
// has a rule of its own for what is written as the team.
func NeededLevel(a Action) Level {
	switch a {
	case ActRecord:
		return Unverified
	case ActApprove, ActReject, ActMerge:
		return ActProven
	}
	return PersonProven
}

func may(p Permission) func(situation) bool { return func(x situation) bool { return x.May(p) } }

// solves tells whether the row among A13–A16 that fits the ticket's state is allowed.
func (x situation) solves() bool { return x.MaySolve(x.t) }

func writer(x situation) bool { return x.Grade(LogCreate) >= Own }

// approver lets those in whose decision is waited for, and those whose decision is over, who are told so.
func approver(x situation) bool {
	return x.May(TicketApproveOrReject) || x.Person != nil && slices.ContainsFunc(x.t.Approvals, func(a *Approval) bool { return a.Of(x.Person.ID) != nil })
}

// mover is the solver of the ticket or a member of its service's team (E6).
func mover(x situation) bool { return x.Sees() && (x.Solver || x.Roles.Team()) }

// reopener is who may solve the ticket, the team without limit, and requesters and participants (A79, A80). A manager
// who resolved is its solver now (A47), and may not solve what is assigned to them; as a team member they may reopen it.
func reopener(x situation) bool { return x.solves() || x.Sees() && (x.Roles.Team() || x.Part) }

func always(situation) error { return nil }

func all(checks ...func(situation) error) func(situation) error {
	return func(x situation) error {
		for _, check := range checks {
			if err := check(x); err != nil {
				return err
			}
		}
		return nil
	}
}

func undone(key string) func(situation) error {
	return func(x situation) error {
		if x.t.Status.Done() {
			return Refuse(Conflict, key, string(x.t.Status))
		}
		return nil
	}
}

func notMine(x situation) error {
	if x.Solver {
		return Refuse(Conflict, "error.assign.same")
	}
	return nil
}

func assigned(x situation) error {
	if x.t.Solver == nil && x.t.Group == 0 {
		return Refuse(Conflict, "error.return.unassigned")
	}
	return nil
}

func reopenable(x situation) error {
	switch {
	case !x.t.Status.Done():
		return Refuse(Conflict, "error.reopen.not_done", string(x.t.Status))
	case !x.solves() && !x.Roles.Team() && !x.MayReopenAsRequester(x.d, x.t, x.now):
		return Refuse(Conflict, "error.reopen.too_late")
	}
	return nil
}

func closable(x situation) error {
	switch {
	case x.t.Status != Resolved:
		return Refuse(Conflict, "error.status.close_unresolved")
	case x.t.OpenChildren > 0: // E7
		return x.conflict("error.close.children", x.t.OpenChildren)
	}
	return nil
}

// spamDays is for how long marking as spam can be undone (D25).
const spamDays = 30

func spammable(x situation) error {
	if !x.t.SpamAt.IsZero() && x.now.Sub(x.t.SpamAt) > spamDays*24*time.Hour {
		return Refuse(Conflict, "error.spam.too_late", spamDays)
	}
	return nil
}

func asked(x situation) error {
	if !slices.ContainsFunc(x.t.Approvals, func(a *Approval) bool { return a.State == ApprovalPending }) {
		return Refuse(Conflict, "error.approval.none")
	}
	return nil
}

func decidable(x situation) error {
	if !x.Approves {
		return Refuse(Conflict, "error.approval.over")
	}
	return nil
}
