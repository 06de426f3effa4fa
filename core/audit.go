package core

import "time"

// AuditEntry is one change of people, roles, services or settings, as it was made. Before and After have the fields that
// changed, as the difference of a desk file shows them; of a list of members, Before has who left and After who came. A
// secret is never in them, only that it was set.
type AuditEntry struct {
	ID        int64 // grows; 0 = not written yet
	At        time.Time
	Actor     PersonID // 0 = whoever ran a command on the machine
	ActorName string   // the actor's address at that time, the operator's name, or "desk" where a mail brought it about
	Via       Via
	Noun      AuditNoun
	Name      string // which one of them
	Action    AuditAction
	Before    map[string]string
	After     map[string]string
}

// ViaCommand is the way in of who runs `postdesk` on the machine.
const ViaCommand Via = "command"

// AuditNoun says what was changed.
type AuditNoun string

// The nouns. AuditRole is a role granted to somebody; its name is the service's path. AuditToken is named by its person,
// AuditMail by its number in the ledger, AuditKnowledge, AuditNews and AuditTemplate by their id.
const (
	AuditDesk           AuditNoun = "desk"
	AuditLimits         AuditNoun = "limits"
	AuditOrganization   AuditNoun = "organization"
	AuditPerson         AuditNoun = "person"
	AuditRequesterGroup AuditNoun = "requester_group"
	AuditCalendar       AuditNoun = "calendar"
	AuditSLA            AuditNoun = "sla"
	AuditMailbox        AuditNoun = "mailbox"
	AuditService        AuditNoun = "service"
	AuditSolverGroup    AuditNoun = "solver_group"
	AuditRole           AuditNoun = "role"
	AuditToken          AuditNoun = "api_token"
	AuditAbsence        AuditNoun = "absence"
	AuditNotifications  AuditNoun = "notifications"
	AuditAddress        AuditNoun = "address"
	AuditMail           AuditNoun = "mail"
	AuditKnowledge      AuditNoun = "knowledge"
	AuditNews           AuditNoun = "news"
	AuditTemplate       AuditNoun = "template"
)

// AuditAction says what happened to it.
type AuditAction string

// The actions. Removed things stay in the database, out of use, and may come back.
const (
	AuditAdded    AuditAction = "added"
	AuditChanged  AuditAction = "changed"
	AuditRemoved  AuditAction = "removed"
	AuditRestored AuditAction = "restored"
	AuditExported AuditAction = "exported" // a person: everything that is held about them was given out
	AuditErased   AuditAction = "erased"   // a person: named by what stands in the place of their address
)
