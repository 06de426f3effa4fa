package core

import (
	"fmt"
	"strings"
)

// Event is something people are told about, in the words of the reason header (mail.md 7).
type Event string

// The events.
const (
	EventTicketCreated   Event = "ticket_created"
	EventMessageReceived Event = "message_received"
	EventNoteAdded       Event = "note_added"
	EventPublicReply     Event = "public_reply"
	EventAssigned        Event = "assigned"
	EventAssignedGroup   Event = "assigned_group"
	EventUnassigned      Event = "unassigned"
	EventReturned        Event = "returned"
	EventResolved        Event = "resolved"
	EventReopened        Event = "reopened"
	EventClosed          Event = "closed"
	EventDeliveryFailed  Event = "delivery_failed"
	EventTokenMisused    Event = "token_misused"
	EventAlsoSent        Event = "also_sent"
	EventSignIn          Event = "sign_in"
)

// Audience is a set of people around a ticket.
type Audience string

// The audiences. SolverSide is its solver; if none, the members of its group; if none, the main solvers (E1).
const (
	ToRequester      Audience = "requester"
	ToParticipants   Audience = "participants"
	ToFollowers      Audience = "followers"
	ToSolver         Audience = "solver"
	ToPreviousSolver Audience = "previous_solver"
	ToGroupMembers   Audience = "group_members"
	ToMainSolvers    Audience = "main_solvers"
	ToSolverSide     Audience = "solver_side"
	ToOrphaned       Audience = "orphaned" // the main solvers, where reopening cleared the solver (D5)
)

// Notice is one line of the table: on the event the audience is told, for the reason.
type Notice struct {
	Event    Event
	Audience Audience
	// Reason is the key of the sentence that says why the mail came (E4), below reason. in the locale files.
	Reason string
	// Row is the permission that a recipient of the solver side must hold (A6–A10); "" = none beyond seeing the ticket.
	Row Permission
	// Own tells that the mail goes to its cause as well: only the acknowledgement does (E3).
	Own bool
}

// notices is THE table: who is told what, and why. Of several lines that reach one person the first counts (E3: one mail
// per person and event, for the strongest reason). An exclamation mark sends to the actor too.
const notices = `
# event            audience         reason              row
ticket_created     requester        acknowledgement     -                       !
ticket_created     participants     participant         -
ticket_created     main_solvers     new_ticket          notify.new_ticket
assigned           solver           assigned_to_you     notify.assigned_to_me
assigned           previous_solver  passed_on           -
assigned_group     group_members    assigned_to_group   notify.assigned_to_my_group
assigned_group     previous_solver  passed_on           -
returned           main_solvers     returned            notify.unassigned_ticket
returned           previous_solver  passed_on           -
unassigned         main_solvers     unassigned          notify.unassigned_ticket
message_received   solver_side      -                   -
message_received   requester        requester           -
message_received   participants     participant         -
message_received   followers        follower            -
note_added         solver_side      -                   -
note_added         followers        follower            -
public_reply       requester        requester           -
public_reply       participants     participant         -
public_reply       solver_side      -                   -
public_reply       followers        follower            -
resolved           requester        requester           -
resolved           participants     participant         -
resolved           previous_solver  passed_on           -
resolved           followers        follower            -
reopened           solver_side      -                   -
reopened           orphaned         -                   -
reopened           requester        requester           -
reopened           participants     participant         -
reopened           followers        follower            -
closed             requester        requester           -
closed             participants     participant         -
delivery_failed    solver_side      -                   -
also_sent          main_solvers     also_sent           -
`

// noticesOf holds the table by event (parsed at start).
var noticesOf = parseNotices(notices)

func parseNotices(text string) map[Event][]Notice {
	m := map[Event][]Notice{}
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) < 4 {
			panic(fmt.Sprintf("notice table: %q", line))
		}
		n := Notice{Event: Event(f[0]), Audience: Audience(f[1]), Own: len(f) == 5}
		if f[2] != "-" {
			n.Reason = f[2]
		}
		if f[3] != "-" {
			n.Row = Permission(f[3])
			if _, known := cells[n.Row]; !known {
				panic(fmt.Sprintf("notice table: unknown row %q", f[3]))
			}
		}
		m[n.Event] = append(m[n.Event], n)
	}
	return m
}

// NoticesOf lists who is told about an event, strongest reason first.
func NoticesOf(e Event) []Notice { return noticesOf[e] }
