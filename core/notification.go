package core

import (
	"fmt"
	"slices"
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
	EventMoved           Event = "moved"
	EventApprovalAsked   Event = "approval_requested"
	EventApprovalEnded   Event = "approval_finished"
	EventDeadlineChanged Event = "deadline_changed"
	EventSLAWarning      Event = "sla_warning"
	EventSLABreach       Event = "sla_breach"
	EventChildResolved   Event = "child_resolved"
	EventWaitingReminder Event = "waiting_reminder"
	EventRefusal         Event = "refusal"
	EventConfiguration   Event = "configuration_alert"
	EventTokenMisused    Event = "token_misused"
	EventAlsoSent        Event = "also_sent"
	EventSignIn          Event = "sign_in"
	EventReceipt         Event = "receipt"
	EventDigest          Event = "digest"
	EventAddress         Event = "address_confirmation"
	EventNews            Event = "news"
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
	ToOrphaned       Audience = "orphaned"  // the main solvers, where reopening cleared the solver (D5)
	ToArrival        Audience = "arrival"   // the solver side, or the main solvers where the service gave the ticket away by itself (A38, D3)
	ToWithdrawn      Audience = "withdrawn" // the solver side, where the requester took the ticket back (D25)
	ToManagers       Audience = "managers"  // the managers of the service for the requester
	ToApprovers      Audience = "approvers" // who is asked, and who stands in for them (E14)
	ToReaders        Audience = "readers"   // who may read news (E15); of a ticket nobody
)

// Notice is one line of the table: on the event the audience is told, for the reason.
type Notice struct {
	Event    Event
	Audience Audience
	// Reason is the key of the sentence that says why the mail came (E4), below reason. in the locale files.
	Reason string
	// Row is the permission that a recipient of the solver side must hold (A6–A10); "" = none beyond seeing the ticket.
	Row    Permission
	Switch Switch
	// Own tells that the mail goes to its cause as well: only the acknowledgement does (E3).
	Own bool
}

// Switch says whether somebody may switch a mail off, and whether it is on where nobody says anything (E4).
type Switch string

// The switches.
const (
	AlwaysOn Switch = "always"
	OnFirst  Switch = "on"
	OffFirst Switch = "off"
)

// NoticeSetting is what somebody said about a reason: everywhere (Service 0) or in a service and those below it.
type NoticeSetting struct {
	Service ServiceID `json:"service"`
	Reason  string    `json:"reason"`
	Wanted  bool      `json:"wanted"`
}

// NoticeSource says whose word decides whether somebody is told for a reason, strongest first (E4).
type NoticeSource string

// The sources.
const (
	PersonForService NoticeSource = "person_service" // the person's word for the service or one above it
	PersonAnywhere   NoticeSource = "person"         // the person's word for everywhere
	ServiceForAll    NoticeSource = "service"        // the service's word for everybody
	TableOfNotices   NoticeSource = "default"
)

// NoticeState is how a reason stands for a person.
type NoticeState struct {
	Reason string       `json:"reason"`
	Wanted bool         `json:"wanted"`
	From   NoticeSource `json:"from"`
}

// Wants tells whether a person is told for the reason in a service. The strongest word counts: the person's for the
// service, the person's for everywhere, the service's, the table's (E4). What is said of a service counts below it too.
func (d *Directory) Wants(p *Person, id ServiceID, reason string, s Switch) bool {
	if s == AlwaysOn {
		return true
	}
	return d.noticeState(p, id, reason, s).Wanted
}

func (d *Directory) noticeState(p *Person, id ServiceID, reason string, s Switch) NoticeState {
	said := func(service ServiceID) (wanted, ok bool) {
		for _, x := range p.Settings {
			if x.Service == service && x.Reason == reason {
				return x.Wanted, true
			}
		}
		return false, false
	}
	path := d.upwards(id)
	for _, service := range path {
		if wanted, ok := said(service.ID); ok {
			return NoticeState{reason, wanted, PersonForService}
		}
	}
	if wanted, ok := said(0); ok {
		return NoticeState{reason, wanted, PersonAnywhere}
	}
	for _, service := range path {
		if wanted, ok := service.Notifications[reason]; ok {
			return NoticeState{reason, wanted, ServiceForAll}
		}
	}
	return NoticeState{reason, s == OnFirst, TableOfNotices}
}

// NoticeStates lists how all reasons that can be switched stand for a person in a service, or with 0 where nothing is
// said of a service.
func (d *Directory) NoticeStates(p *Person, id ServiceID) []NoticeState {
	list := []NoticeState{}
	for _, reason := range SwitchableReasons() {
		s := OnFirst // what has its reason from the audience
		for _, n := range noticeLines {
			if n.Reason == reason && n.Switch != AlwaysOn {
				s = n.Switch
			}
		}
		list = append(list, d.noticeState(p, id, reason, s))
	}
	return list
}

// upwards is a service with all above it, whether it inherits roles or not.
func (d *Directory) upwards(id ServiceID) []*Service {
	var path []*Service
	for s := d.Services[id]; s != nil && len(path) <= len(d.Services); s = d.Services[s.Parent] {
		path = append(path, s)
	}
	return path
}

// derived are the reasons that lines without one get from their audience, by how the person came into it.
var derived = []string{"requester", "participant", "follower", "solver", "group_member", "main_solver"}

// SwitchableReasons are the reasons that people and services can switch (E4), in the order of the table.
func SwitchableReasons() []string {
	list := slices.Clone(derived)
	for _, n := range noticeLines {
		if n.Reason != "" && n.Switch != AlwaysOn && !slices.Contains(list, n.Reason) {
			list = append(list, n.Reason)
		}
	}
	return list
}

// MaySwitch tells whether people may switch off the mails that an event sends for a reason.
func MaySwitch(e Event, reason string) bool {
	return slices.Contains(SwitchableReasons(), reason) && slices.ContainsFunc(noticesOf[e], func(n Notice) bool {
		return n.Switch != AlwaysOn && (n.Reason == reason || n.Reason == "")
	})
}

// notices is THE table: who is told what, and why. Of several lines that reach one person the first counts (E3: one mail
// per person and event, for the strongest reason). An exclamation mark sends to the actor too.
const notices = `
# event             audience         reason              row                               switch
ticket_created      requester        acknowledgement     -                                 on      !
ticket_created      participants     participant         -                                 on
ticket_created      main_solvers     new_ticket          notify.new_ticket                 on
assigned            solver           assigned_to_you     notify.assigned_to_me             on
assigned            previous_solver  passed_on           -                                 on
assigned_group      group_members    assigned_to_group   notify.assigned_to_my_group       on
assigned_group      previous_solver  passed_on           -                                 on
unassigned          main_solvers     unassigned          notify.unassigned_ticket          on
returned            main_solvers     returned            notify.unassigned_ticket          on
returned            previous_solver  passed_on           -                                 on
moved               arrival          moved_here          -                                 on
moved               previous_solver  passed_on           -                                 on
message_received    solver_side      -                   -                                 on
message_received    requester        requester           -                                 on
message_received    participants     participant         -                                 on
message_received    followers        follower            -                                 on
note_added          solver_side      -                   -                                 on
note_added          followers        follower            -                                 on
public_reply        requester        requester           -                                 on
public_reply        participants     participant         -                                 on
public_reply        solver_side      -                   -                                 on
public_reply        followers        follower            -                                 on
deadline_changed    solver_side      -                   -                                 on
deadline_changed    requester        requester           -                                 on
deadline_changed    participants     participant         -                                 on
deadline_changed    followers        follower            -                                 on
sla_warning         solver_side      sla_solver          -                                 on
sla_warning         managers         sla_manager         -                                 off
sla_breach          solver_side      sla_solver          -                                 on
sla_breach          managers         sla_manager         -                                 off
waiting_reminder    requester        requester           -                                 on
resolved            requester        requester           -                                 on
resolved            participants     participant         -                                 on
resolved            previous_solver  passed_on           -                                 on
resolved            withdrawn        -                   -                                 on
resolved            followers        follower            -                                 on
reopened            solver_side      -                   -                                 on
reopened            orphaned         -                   -                                 on
reopened            requester        requester           -                                 on
reopened            participants     participant         -                                 on
reopened            followers        follower            -                                 on
closed              requester        requester           -                                 on
closed              participants     participant         -                                 on
child_resolved      solver_side      child_resolved      -                                 on
approval_requested  approvers        approver            ticket.approve_or_reject          always
approval_finished   solver_side      -                   -                                 on
delivery_failed     solver_side      -                   -                                 always
also_sent           main_solvers     also_sent           -                                 on
news                readers          news                -                                 on
`

// noticeLines are the lines of the table, parsed at start; noticesOf has them by event.
var (
	noticeLines = parseNotices(notices)
	noticesOf   = byEvent(noticeLines)
)

func parseNotices(text string) []Notice {
	var list []Notice
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) < 5 {
			panic(fmt.Sprintf("notice table: %q", line))
		}
		n := Notice{Event: Event(f[0]), Audience: Audience(f[1]), Switch: Switch(f[4]), Own: len(f) == 6}
		if f[2] != "-" {
			n.Reason = f[2]
		}
		if f[3] != "-" {
			n.Row = Permission(f[3])
			if _, known := cells[n.Row]; !known {
				panic(fmt.Sprintf("notice table: unknown row %q", f[3]))
			}
		}
		if n.Switch != AlwaysOn && n.Switch != OnFirst && n.Switch != OffFirst {
			panic(fmt.Sprintf("notice table: unknown switch %q", f[4]))
		}
		list = append(list, n)
	}
	return list
}

func byEvent(lines []Notice) map[Event][]Notice {
	m := map[Event][]Notice{}
	for _, n := range lines {
		m[n.Event] = append(m[n.Event], n)
	}
	return m
}

// ToldEvents are the events of the table, in its order.
func ToldEvents() []Event {
	var events []Event
	for _, n := range noticeLines {
		if !slices.Contains(events, n.Event) {
			events = append(events, n.Event)
		}
	}
	return events
}

// NoticesOf lists who is told about an event, strongest reason first.
func NoticesOf(e Event) []Notice { return noticesOf[e] }
