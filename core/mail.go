package core

import (
	"slices"
	"strings"
)

// InboundState is where a message stands in the ledger (mail.md 1). Every message that the server lists ends in one of
// the states but Received.
type InboundState string

// The states of the ledger.
const (
	InboundReceived    InboundState = "received"
	InboundApplied     InboundState = "applied"
	InboundDuplicate   InboundState = "duplicate"
	InboundSuppressed  InboundState = "suppressed"
	InboundQuarantined InboundState = "quarantined"
	InboundParked      InboundState = "parked"
)

// OutboundState is where a mail stands in the outbox (mail.md 1).
type OutboundState string

// The states of the outbox.
const (
	OutboundQueued    OutboundState = "queued"
	OutboundSending   OutboundState = "sending"
	OutboundAccepted  OutboundState = "accepted"
	OutboundRejected  OutboundState = "rejected"
	OutboundUncertain OutboundState = "uncertain"
	OutboundParked    OutboundState = "parked"
	OutboundCancelled OutboundState = "cancelled"
	OutboundBounced   OutboundState = "bounced"
)

// Level is how well a mail's sender is proven (mail.md 4). L4, signed in, is what the desk and the API have.
type Level int

// The levels.
const (
	Machine      Level = iota // L0
	Unverified                // L1
	DomainProven              // L2
	PersonProven              // L3
	ActProven                 // L3 with L2 evidence, at an address that nobody has written to before
	SignedIn                  // L4
)

// Purpose is what a reply token is good for.
type Purpose string

// The purposes. A note address stands in mail bodies, so its token is good for notes only (mail.md 4).
const (
	PurposeReply Purpose = "reply"
	PurposeNote  Purpose = "note"
	// PurposeInternal is the Reply-To of mail about something internal: an answer to it stays internal (mail.md 5). It stands
	// in no body, so it proves as much as PurposeReply.
	PurposeInternal Purpose = "internal"
	// PurposeApprove decides one approval, once, of the request as it was shown.
	PurposeApprove Purpose = "approve"
	// PurposeConfirm makes the address that it was sent to the person's own.
	PurposeConfirm Purpose = "confirm"
)

// Evidence is what is known of a sender, found by the mail edge and judged by Actor.
type Evidence struct {
	Level Level
	// Why tells operators how the level was reached or lost.
	Why string
}

// Actor is who acts, by which way, and how well they are proven. The zero Actor is the desk itself.
type Actor struct {
	Person *Person
	Via    Via
	Level  Level
	// Approval is the one that a mail to its approve address may decide; "" = none. Signed in, any.
	Approval string
}

// Proves tells whether the actor is proven well enough for an action (mail.md 4). To decide by mail takes the approve
// address of the very question besides.
func (a Actor) Proves(action Action) bool {
	if (action == ActApprove || action == ActReject) && a.Level < SignedIn && a.Approval == "" {
		return false
	}
	return a.Level >= NeededLevel(action)
}

// Is tells whether the actor is this person.
func (a Actor) Is(p *Person) bool { return a.Person != nil && p != nil && a.Person.ID == p.ID }

// MessageID names a mail that the desk sends (RFC 5322 3.6.4), without angle brackets. The mark before the id tells
// our own mail when it comes back.
func MessageID(id, domain string) string { return "pd." + id + "@" + domain }

// IsOwnMessageID tells whether the id is one that MessageID made for one of these domains.
func IsOwnMessageID(messageID string, domains []string) bool {
	id, domain, _ := strings.Cut(messageID, "@")
	id, marked := strings.CutPrefix(id, "pd.")
	return marked && len(id) == 36 && slices.Contains(domains, domain)
}
