package core

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// Service is a node of the service tree (D23). A folder groups services and takes no tickets (A31).
type Service struct {
	ID             ServiceID
	Parent         ServiceID
	Name           string
	Description    Wording // what it is for, for who chooses a service
	Folder         bool
	Mailbox        MailboxID // 0 = the nearest ancestor's, or the desk's first
	Language       Language
	ReopenDays     int // days × 24 h from resolution; 0 = never (D16)
	CloseAfterDays int // resolved becomes closed by itself; 0 = never (E7)
	UnknownSenders UnknownSenders
	MachineSenders []string // robots whose mail opens tickets: addresses, or @domain (mail.md 2)
	AfterDeadline  AfterDeadline
	RemindDays     []int           // days of waiting after which the requester is reminded, ascending (E9)
	ResolveWaiting int             // days of waiting after which the ticket is resolved; 0 = never (E9)
	RequesterSees  []string        // optional fields switched on for requesters (A76)
	Notifications  map[string]bool // reasons switched for everybody here (E4)
	Inherit        bool            // roles and requesters of the parent count too (D23)
	TicketFields   []TicketField   // own ones; Directory.TicketFields has those of the services above too (D27)
	Retention      Retention       // as it is said here; Directory.KeepMail and KeepFiles tell what holds
	Archived       bool
	SLAs           []ServiceSLA // own entries, first match counts (D29)
	Categories     map[Category]CategoryRoute
}

// UnknownSenders says what happens to mail from an address that is no person and no requester (mail.md 4).
type UnknownSenders string

// The choices.
const (
	HoldUnknown   UnknownSenders = "hold"
	GuestUnknown  UnknownSenders = "guest"
	RefuseUnknown UnknownSenders = "refuse"
)

// AfterDeadline says what a requester's mail to a resolved ticket does when the reopen deadline is over (E8, D16).
type AfterDeadline string

// The choices: the text is logged and its sender told what to do, or it opens a new ticket that is linked.
const (
	RefuseLate    AfterDeadline = "refuse"
	NewTicketLate AfterDeadline = "new_ticket"
)

// ServiceSLA makes the members of a requester group requesters of the service (A65).
type ServiceSLA struct {
	Group RequesterGroupID
	SLA   SLAID
}

// CategoryRoute is where tickets of a category go by default (D20): a solver group of the service or another service.
type CategoryRoute struct {
	Group   SolverGroupID
	Service ServiceID
}

// ReopenUntil is the last moment at which a requester may reopen what was resolved at the given time (D16).
// ok is false where the service never lets requesters reopen.
func (s *Service) ReopenUntil(resolved time.Time) (until time.Time, ok bool) {
	if s.ReopenDays <= 0 {
		return time.Time{}, false
	}
	return resolved.Add(time.Duration(s.ReopenDays) * 24 * time.Hour), true
}

// TakesFrom tells whether automatic mail from the address opens tickets.
func (s *Service) TakesFrom(address string) bool {
	return slices.Contains(s.MachineSenders, address) || slices.Contains(s.MachineSenders, "@"+DomainOf(address))
}

// Sees tells whether requesters are shown the optional field (A76).
func (s *Service) Sees(field string) bool {
	for _, f := range s.RequesterSees {
		if f == field {
			return true
		}
	}
	return false
}

// Grant gives a role on a service to one person, or to the members of a requester group.
type Grant struct {
	Service     ServiceID
	Role        Role
	Person      PersonID         // either a person
	Members     RequesterGroupID // or the members of this group
	SolverGroup SolverGroupID    // with role solver_group: which team (A39)
	For         RequesterGroupID // only for tickets of these requesters; 0 = for everybody (A55, D17)
}

// HeldBy tells whether the person holds the grant, by name or as member of the group it names.
func (g Grant) HeldBy(p *Person) bool { return g.Person == p.ID || g.Members != 0 && p.In(g.Members) }

// SolverGroup is a team of solvers of one service and of those that inherit from it (A39, A42).
type SolverGroup struct {
	ID      SolverGroupID
	Service ServiceID
	Name    string
}

// Mailbox is what the rules need to know of a mailbox; the connection's settings are the edges' business.
type Mailbox struct {
	ID            MailboxID
	Address       string
	PlusAddresses bool
	ReplyDomain   string    // carries the tokens where there are no plus addresses
	Opens         ServiceID // the service whose tickets mail to it opens
	AuthservIDs   []string  // Authentication-Results of these are trusted…
	Borders       []string  // …above the topmost Received by one of these (mail.md 4)
	DKIM          bool
	Policy        TrustPolicy
}

// CarriesTokens tells whether reply addresses can lead to the mailbox (mail.md 4).
func (m *Mailbox) CarriesTokens() bool { return m.PlusAddresses || m.ReplyDomain != "" }

// TrustDigest tells one set of trust settings from another: a probe of the border counts for those that it was made with.
func (m *Mailbox) TrustDigest() []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %t %q", m.AuthservIDs, m.Borders, m.DKIM, m.Policy))
	return sum[:]
}

// TrustPolicy says what a reply token is worth where a mailbox gives no evidence of the sender's domain.
type TrustPolicy string

// The policies of mail.md 4.
const (
	StrictPolicy TrustPolicy = "strict" // person proven only with domain evidence and token
	TokenPolicy  TrustPolicy = "token"  // the token alone will do where there is no evidence at all
)
