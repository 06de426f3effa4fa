package core

import (
	"crypto/sha256"
	"slices"
	"time"
)

// Approval is a question to one or several persons whether the ticket's request may be met (E13). It keeps the digest
// of the request as they were shown it: another text is another question.
type Approval struct {
	ID        string
	Rule      ApprovalRule
	State     ApprovalState
	Text      string // what the team asks
	Digest    [32]byte
	AskedBy   *Person
	AskedAt   time.Time
	ExpiresAt time.Time // zero = never
	Approvers []ApproverState
}

// ApprovalRule says how many have to approve.
type ApprovalRule string

// The rules.
const (
	AllApprove ApprovalRule = "all" // everybody must
	AnyApprove ApprovalRule = "any" // one suffices
)

// ApprovalState is where an approval, or one approver's part in it, stands.
type ApprovalState string

// The states.
const (
	ApprovalPending   ApprovalState = "pending"
	ApprovalApproved  ApprovalState = "approved"
	ApprovalRejected  ApprovalState = "rejected"
	ApprovalCancelled ApprovalState = "cancelled" // no longer wanted (D12)
	ApprovalExpired   ApprovalState = "expired"
)

// ApproverState is one approver's part.
type ApproverState struct {
	Person    *Person
	State     ApprovalState
	DecidedBy *Person // the delegate, where one decided in their place (E14)
	At        time.Time
	Text      string
}

// RequestDigest is the digest of a request: of what an approval is asked for.
func RequestDigest(subject, text string) [32]byte {
	return sha256.Sum256([]byte(subject + "\x00" + text))
}

// Ask makes a new approval: at least one approver, each once, none of them the ticket's requester, who cannot grant
// their own request; an expiry lies in the future.
func Ask(t *Ticket, rule ApprovalRule, approvers []*Person, expires, now time.Time) (*Approval, error) {
	a := &Approval{Rule: rule, State: ApprovalPending, AskedAt: now, ExpiresAt: expires}
	switch {
	case rule != AllApprove && rule != AnyApprove:
		return nil, BadInput("rule", "error.approval.rule", string(rule))
	case len(approvers) == 0:
		return nil, BadInput("approvers", "error.approval.nobody")
	case !expires.IsZero() && !expires.After(now):
		return nil, BadInput("expires_at", "error.approval.expires")
	}
	for _, p := range approvers {
		switch {
		case p.Disabled || p.Origin != Configured: // D28: unknown and not able get the same answer
			return nil, BadInput("approvers", "error.approval.unknown", p.Email)
		case t.Requester != nil && p.ID == t.Requester.ID:
			return nil, BadInput("approvers", "error.approval.requester", p.Email)
		case a.Of(p.ID) != nil:
			return nil, BadInput("approvers", "error.approval.twice", p.Email)
		}
		a.Approvers = append(a.Approvers, ApproverState{Person: p, State: ApprovalPending})
	}
	return a, nil
}

// Of is a person's part in the approval, nil where they have none.
func (a *Approval) Of(id PersonID) *ApproverState {
	i := slices.IndexFunc(a.Approvers, func(s ApproverState) bool { return s.Person != nil && s.Person.ID == id })
	if i < 0 {
		return nil
	}
	return &a.Approvers[i]
}

// Waits tells whether the decision of the approver is waited for (A64, D12).
func (a *Approval) Waits(s *ApproverState) bool {
	return s != nil && a.State == ApprovalPending && s.State == ApprovalPending
}

// Decide notes an approver's decision and what follows: one rejection rejects, and the approval is granted by everybody
// or by the first, as its rule says. Whoever was not needed any more is cancelled.
func (a *Approval) Decide(approver PersonID, by *Person, verdict ApprovalState, text string, now time.Time) error {
	s := a.Of(approver)
	if !a.Waits(s) || a.late(now) {
		return Refuse(Conflict, "error.approval.over")
	}
	s.State, s.At, s.Text = verdict, now, text
	if by.ID != approver {
		s.DecidedBy = by
	}
	switch {
	case verdict == ApprovalRejected:
		a.end(ApprovalRejected)
	case a.Rule == AnyApprove, !slices.ContainsFunc(a.Approvers, func(s ApproverState) bool { return s.State == ApprovalPending }):
		a.end(ApprovalApproved)
	}
	return nil
}

// end finishes the approval; decisions that are still missing are no longer wanted.
func (a *Approval) end(state ApprovalState) {
	a.State = state
	rest := ApprovalCancelled
	if state == ApprovalExpired {
		rest = ApprovalExpired
	}
	for i := range a.Approvers {
		if a.Approvers[i].State == ApprovalPending {
			a.Approvers[i].State = rest
		}
	}
}

// Cancel ends an approval that nobody wants any more.
func (a *Approval) Cancel() error {
	if a.State != ApprovalPending {
		return Refuse(Conflict, "error.approval.over")
	}
	a.end(ApprovalCancelled)
	return nil
}

// Expire ends an approval whose time is over.
func (a *Approval) Expire(now time.Time) bool {
	if a.State != ApprovalPending || !a.late(now) {
		return false
	}
	a.end(ApprovalExpired)
	return true
}

// late tells whether the time to decide is over, also where nobody has noted it yet.
func (a *Approval) late(now time.Time) bool { return !a.ExpiresAt.IsZero() && !now.Before(a.ExpiresAt) }

// AskAgain puts the question anew, because the request is another one now: pending and granted approvals lose what was
// decided on the old text (E13). Its time begins again.
func (a *Approval) AskAgain(digest [32]byte, now time.Time) bool {
	if a.Digest == digest || a.State != ApprovalPending && a.State != ApprovalApproved {
		return false
	}
	if !a.ExpiresAt.IsZero() {
		a.ExpiresAt = now.Add(a.ExpiresAt.Sub(a.AskedAt))
	}
	a.Digest, a.State, a.AskedAt = digest, ApprovalPending, now
	for i, s := range a.Approvers {
		a.Approvers[i] = ApproverState{Person: s.Person, State: ApprovalPending}
	}
	return true
}

// approvalsWaitingFor finds the parts in a ticket's approvals that the person may decide: their own, and those of
// absent approvers whom they stand in for (E14). The requester of a ticket has none through a delegation, neither as
// the delegate nor as the one who is absent.
func approvalsWaitingFor(d *Directory, t *Ticket, p *Person) []PendingDecision {
	var list []PendingDecision
	for _, a := range t.Approvals {
		for i := range a.Approvers {
			s := &a.Approvers[i]
			if !a.Waits(s) {
				continue
			}
			owner := t.Requester != nil && (t.Requester.ID == p.ID || t.Requester.ID == s.Person.ID)
			if s.Person.ID == p.ID || !owner && d.StandsIn(p.ID, s.Person.ID) {
				list = append(list, PendingDecision{Approval: a, Approver: s.Person.ID})
			}
		}
	}
	return list
}

// PendingDecision is a decision that waits for somebody.
type PendingDecision struct {
	Approval *Approval
	Approver PersonID // whose decision it is; a delegate's is that of the absent person
}

// DecisionsOf lists the decisions that wait for the person, their own before those of people they stand in for.
func DecisionsOf(d *Directory, t *Ticket, p *Person) []PendingDecision {
	list := approvalsWaitingFor(d, t, p)
	slices.SortStableFunc(list, func(a, b PendingDecision) int {
		switch own, other := a.Approver == p.ID, b.Approver == p.ID; {
		case own == other:
			return 0
		case own:
			return -1
		}
		return 1
	})
	return list
}
