package mailout

import (
	"maps"
	"strings"
	"time"

	"postdesk/core"
)

var (
	sampleAt  = time.Date(2026, 10, 12, 13, 40, 0, 0, time.UTC)
	ben       = core.Ref{Email: "ben@city.test", Name: "Ben Ortega"}
	cleo      = core.Ref{Email: "cleo@city.test", Name: "Cleo Paz"}
	mia       = core.Ref{Email: "mia@city.test", Name: "Mia Main"}
	sol       = core.Ref{Email: "sol@city.test", Name: "Sol Vega"}
	gus       = core.Ref{Email: "gus@vendor.test", Name: "Gus Grau"}
	noPerson  *core.Ref
	deskZone  = time.FixedZone("desk", -5*3600)
	request   = "Since Friday the payroll printer takes every envelope crooked and stops.\nI cleaned it twice.\n\nPhotos: https://photos.city.test/p?id=7&size=l"
	answer    = "Hello Ben,\n\nplease open tray 2 and press both green levers down. Does it still stop?\n\nSol"
	rollers   = core.File{Name: "rollers.jpg", ContentType: "image/jpeg", Size: 340_400, SHA256: make([]byte, 32)}
	eventsLog = core.File{Name: "printer-events.log", ContentType: "text/plain", Size: 12_100, SHA256: make([]byte, 32)}
	video     = core.File{Name: "jam.mp4", ContentType: "video/mp4", Size: 48_200_000, SHA256: make([]byte, 32)}
)

// sample is a mail of the ticket to somebody on the solver side, or on the requester's.
func sample(event core.Event, role core.Role, reason string, actor *core.Ref, changes ...func(*core.Outgoing)) core.Outgoing {
	o := core.Outgoing{
		ID: "0199d0a0-0000-7000-8000-000000000042", Ticket: 1042, Person: &core.Person{Email: mia.Email, Name: mia.Name},
		Address: mia.Email, Event: event, Role: role, Reason: reason, Automatic: true, CreatedAt: sampleAt,
		MessageID: "0199d0a0-0000-7000-8000-000000000042@city.test",
		Content: core.Content{
			Ticket: core.View{
				Number: 1042, Tag: "[IT #1042]", Subject: "Payroll printer jams on envelopes", Status: core.InProgress,
				Category: "hardware", Priority: core.Urgent, Service: "Printers", Requester: ben, Solver: &sol,
				CreatedAt: sampleAt.Add(-28 * time.Minute), UpdatedAt: sampleAt, Version: 3,
				Actions: []core.Action{core.ActStatus, core.ActResolve, core.ActRecord},
			},
			Actor: actor, Desk: "IT", ReplyAddress: "it+r.q7w2e5@city.test", NoteAddress: "it+n.k3f9a1@city.test",
			FromName: "IT", FromAddress: "it@city.test", InReplyTo: "root@pc.city.test",
			References: []string{"root@pc.city.test"}, Link: "/dashboard/ithelpdesk/1042",
		},
	}
	switch role {
	case core.Requester, core.Participant:
		who := ben
		if role == core.Participant {
			who = cleo
		}
		o.Person, o.Address = &core.Person{Email: who.Email, Name: who.Name}, who.Email
		k := &o.Content
		k.RequesterSide, k.NoteAddress = true, ""
		k.Ticket.Priority, k.Ticket.Group, k.Ticket.Actions = "", "", []core.Action{core.ActRecord}
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

func wrote(kind core.RecordKind, by core.Ref, text string) func(*core.Outgoing) {
	return func(o *core.Outgoing) {
		o.Content.Record = &core.RecordView{ID: "r", At: sampleAt.Add(-28 * time.Minute), Kind: kind, Author: &by, Text: text,
			ShowToRequester: kind == core.KindMessage}
		if kind == core.KindNote {
			o.Content.ReplyAddress = strings.Replace(o.Content.ReplyAddress, "+r.", "+i.", 1)
		}
	}
}

func byPerson(o *core.Outgoing) {
	o.Automatic = false
	o.Content.FromName = "Sol Vega (IT)"
}

func with(f ...core.File) func(*core.Outgoing) {
	return func(o *core.Outgoing) { o.Content.Files = f }
}

func inGroup(group string) func(*core.Outgoing) {
	return func(o *core.Outgoing) { o.Content.Ticket.Solver, o.Content.Ticket.Group = nil, group }
}

func content(change func(*core.Content)) func(*core.Outgoing) {
	return func(o *core.Outgoing) { change(&o.Content) }
}

// scheduled is a ticket of a template; its title is cut to the team.
func scheduled(title string) func(*core.Outgoing) {
	return content(func(k *core.Content) { k.Scheduled, k.Schedule = true, title })
}

// samples are the mails whose forms are kept in testdata, by name.
func samples() map[string]core.Outgoing {
	opened := wrote(core.KindMessage, ben, request)
	answered := wrote(core.KindMessage, sol, answer)
	echo := content(func(k *core.Content) { k.Echo = true })
	unsolved := inGroup("")
	all := map[string]core.Outgoing{
		"ticket_created-main_solver": sample(core.EventTicketCreated, core.MainSolver, "new_ticket", &ben, opened, unsolved,
			with(rollers, eventsLog), content(func(k *core.Content) { k.FilesAsLinks = []core.File{video} })),
		"ticket_created-main_solver-unverified": sample(core.EventTicketCreated, core.MainSolver, "new_ticket", &ben, opened, unsolved,
			content(func(k *core.Content) { k.Unverified, k.FilesAsLinks = true, []core.File{rollers, eventsLog} })),
		"ticket_created-main_solver-on_behalf": sample(core.EventTicketCreated, core.MainSolver, "new_ticket", &sol, wrote(core.KindMessage, sol, request), unsolved),
		"ticket_created-requester":             sample(core.EventTicketCreated, core.Requester, "acknowledgement", &ben, opened, echo, with(rollers)),
		"ticket_created-requester-unproven":    sample(core.EventTicketCreated, core.Requester, "acknowledgement", &ben, opened, with(rollers)),
		"ticket_created-requester-on_behalf": sample(core.EventTicketCreated, core.Requester, "acknowledgement", &mia,
			wrote(core.KindMessage, mia, request), echo, content(func(k *core.Content) { k.OnBehalf = true })),
		"ticket_created-requester-scheduled": sample(core.EventTicketCreated, core.Requester, "acknowledgement", noPerson,
			wrote(core.KindMessage, core.Ref{}, request), echo, scheduled("")),
		"ticket_created-main_solver-scheduled": sample(core.EventTicketCreated, core.MainSolver, "new_ticket", noPerson,
			wrote(core.KindMessage, core.Ref{}, request), unsolved, scheduled("Rollers, every <month>")),
		"ticket_created-participant": sample(core.EventTicketCreated, core.Participant, "participant", &ben, opened),

		"assigned-solver":              sample(core.EventAssigned, core.Solver, "assigned_to_you", &mia, opened, with(rollers, eventsLog)),
		"assigned-passed_on":           sample(core.EventAssigned, core.Solver, "passed_on", &mia, opened),
		"assigned-taken":               sample(core.EventAssigned, core.Solver, "passed_on", &sol, opened),
		"assigned_group-solver_group":  sample(core.EventAssignedGroup, core.SolverGroupMember, "assigned_to_group", &mia, opened, inGroup("Print shop")),
		"assigned_group-passed_on":     sample(core.EventAssignedGroup, core.Solver, "passed_on", &mia, inGroup("Print shop")),
		"returned-main_solver":         sample(core.EventReturned, core.MainSolver, "returned", &mia, opened, unsolved, content(func(k *core.Content) { k.Previous = sol.Name })),
		"returned-passed_on":           sample(core.EventReturned, core.Solver, "passed_on", &mia, unsolved, content(func(k *core.Content) { k.Previous = sol.Name })),
		"unassigned-main_solver":       sample(core.EventUnassigned, core.MainSolver, "unassigned", noPerson, unsolved, content(func(k *core.Content) { k.Previous = gus.Name })),
		"message_received-solver":      sample(core.EventMessageReceived, core.Solver, "solver", &ben, opened, with(rollers)),
		"message_received-main_solver": sample(core.EventMessageReceived, core.MainSolver, "main_solver", &ben, opened, unsolved),
		"message_received-group": sample(core.EventMessageReceived, core.SolverGroupMember, "group_member", &ben, opened, inGroup("Print shop"),
			content(func(k *core.Content) { k.NoteAddress = "" })),
		"message_received-requester": sample(core.EventMessageReceived, core.Requester, "requester", &cleo, wrote(core.KindMessage, cleo, "Mine does the same.")),
		"message_received-follower": sample(core.EventMessageReceived, core.Follower, "follower", &ben, opened,
			content(func(k *core.Content) { k.Ticket.Actions = []core.Action{core.ActRecord} })),
		"message_received-copied": sample(core.EventMessageReceived, core.Solver, "solver", &ben, opened, with(rollers), content(func(k *core.Content) {
			k.Record.Copied = []string{"kim@else.test", "ana@city.test"}
			k.Ticket.Actions = append(k.Ticket.Actions, core.ActParticipant)
		})),
		"note_added-solver":        sample(core.EventNoteAdded, core.Solver, "solver", &mia, wrote(core.KindNote, mia, "The vendor knows this fault: rollers of batch 7.\nAsk Gus.")),
		"public_reply-requester":   sample(core.EventPublicReply, core.Requester, "requester", &sol, answered, byPerson, with(rollers)),
		"public_reply-participant": sample(core.EventPublicReply, core.Participant, "participant", &sol, answered, byPerson),
		"public_reply-solver":      sample(core.EventPublicReply, core.Solver, "solver", &mia, wrote(core.KindMessage, mia, answer)),
		"resolved-requester":       sample(core.EventResolved, core.Requester, "requester", &sol, wrote(core.KindMessage, sol, "New rollers are in. It printed 200 envelopes."), byPerson),
		"resolved-requester-plain": sample(core.EventResolved, core.Requester, "requester", &sol),
		"resolved-passed_on":       sample(core.EventResolved, core.Solver, "passed_on", &mia),
		"reopened-solver":          sample(core.EventReopened, core.Solver, "solver", &ben, wrote(core.KindMessage, ben, "It jams again.")),
		"reopened-requester":       sample(core.EventReopened, core.Requester, "requester", &mia),
		"closed-requester":         sample(core.EventClosed, core.Requester, "requester", &sol),
		"closed-participant":       sample(core.EventClosed, core.Participant, "participant", noPerson),
		"delivery_failed-solver": sample(core.EventDeliveryFailed, core.Solver, "solver", noPerson,
			content(func(k *core.Content) {
				k.Failed = &core.Failure{To: "ben@city.test", Response: "550 5.1.1 <ben@city.test>: no such user"}
			})),
		"also_sent-main_solver": sample(core.EventAlsoSent, core.MainSolver, "also_sent", &ben, opened, unsolved,
			content(func(k *core.Content) { k.Ticket.Service, k.AlsoIn = "Network", "IT/Printers" })),
		"token_misused-solver":    sample(core.EventTokenMisused, core.Solver, "token_misused", noPerson),
		"token_misused-requester": sample(core.EventTokenMisused, core.Requester, "token_misused", noPerson),
		"sign_in": sample(core.EventSignIn, "", "sign_in", noPerson, func(o *core.Outgoing) {
			o.Ticket, o.Content = 0, core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", Link: "/login/link/b64c0de"}
		}),
	}
	maps.Copy(all, lifeSamples())
	maps.Copy(all, receiptSamples())
	maps.Copy(all, addressSamples())
	maps.Copy(all, digestSamples())
	maps.Copy(all, newsSamples())
	return all
}
