package core

import (
	"slices"
	"time"
)

// Number is a ticket's number, its identity everywhere. Numbers grow and may have gaps.
type Number int64

// Status is where a ticket is in its life (C12).
type Status string

// The six statuses are fixed (D1).
const (
	Open       Status = "open"
	Triaged    Status = "triaged"
	InProgress Status = "in_progress"
	Waiting    Status = "waiting"
	Resolved   Status = "resolved"
	Closed     Status = "closed"
)

// Statuses lists them in the order of a ticket's life.
func Statuses() []Status { return []Status{Open, Triaged, InProgress, Waiting, Resolved, Closed} }

// Done tells whether nobody has to work on the ticket any more.
func (s Status) Done() bool { return s == Resolved || s == Closed }

// Priority (C11).
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// Priorities lists them, lowest first.
func Priorities() []Priority { return []Priority{Low, Normal, High, Urgent} }

// Category (C10).
type Category string

// Categories lists them in the order of C10; the last is the default.
func Categories() []Category {
	return []Category{"hardware", "software", "network", "access", "email", "phone", "account", "other"}
}

// OtherCategory is what a ticket is filed under until somebody says better.
const OtherCategory Category = "other"

// Via says by which way something came into the desk.
type Via string

// The ways in.
const (
	ViaMail Via = "mail"
	ViaDesk Via = "desk"
	ViaAPI  Via = "api"
)

// Ticket is one request and its state. Fields that a viewer may not see are cut by ViewOf; nothing outside core and
// its operations hands a Ticket to a page, mail or API.
type Ticket struct {
	Number        Number
	Version       int // grows with every change
	Service       ServiceID
	Subject       string
	Status        Status
	Category      Category
	Priority      Priority
	Requester     *Person
	Organization  OrganizationID // the requester's at opening (D27)
	Solver        *Person        // nil = none
	Group         SolverGroupID
	Participants  []*Person
	Followers     []*Person
	Parent        Number
	Children      []Number
	MergedInto    Number
	OpenedVia     Via
	SLA           SLAID
	RootMessageID string // every mail of the ticket refers to it first
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ResolvedAt    time.Time // zero = not resolved
	ClosedAt      time.Time
	FirstResponse time.Time // first public message by the team (E11); zero = none yet

	WaitingSince   time.Time // since when it waits for the user; zero = it does not (E9)
	Reminded       int       // reminders sent since then
	Withdrawn      bool      // resolved because the requester took it back (D25)
	SpamAt         time.Time // zero = no spam (D25)
	InternalTarget time.Time // the team's own date (A71); zero = none

	Clock  Clock             // service level (E11)
	Fields map[string]string // custom fields (D27)

	// What stands around it.
	Ancestors    []Ancestor             // the tickets above it (A54)
	OpenChildren int                    // children that are neither done nor spam (E7)
	Links        []Number               // tickets that have to do with it
	Merged       []Number               // tickets that were merged into it (E10)
	Since        map[PersonID]time.Time // participants who see only what is later (D15)
	Approvals    []*Approval
	Work         int // minutes noted in its log (A70)
}

// Ancestor is a ticket above another one, as far as it decides who sees the one below (A54, D10).
type Ancestor struct {
	Number    Number
	Service   ServiceID
	Requester *Person
}

// TakesPart tells whether the person is the ticket's requester or a participant (A84).
func (t *Ticket) TakesPart(id PersonID) bool {
	return t.Requester != nil && t.Requester.ID == id || slices.ContainsFunc(t.Participants, has(id))
}

// Follows tells whether the person is a follower (D14).
func (t *Ticket) Follows(id PersonID) bool { return slices.ContainsFunc(t.Followers, has(id)) }

// SolvedBy tells whether the person is the solver.
func (t *Ticket) SolvedBy(id PersonID) bool { return t.Solver != nil && t.Solver.ID == id }

func has(id PersonID) func(*Person) bool { return func(p *Person) bool { return p.ID == id } }

// ValidStatus tells whether s is one of the six.
func ValidStatus(s Status) bool { return slices.Contains(Statuses(), s) }

// ValidPriority tells whether p is one of the four.
func ValidPriority(p Priority) bool { return slices.Contains(Priorities(), p) }

// ValidCategory tells whether c is one of C10's.
func ValidCategory(c Category) bool { return slices.Contains(Categories(), c) }
