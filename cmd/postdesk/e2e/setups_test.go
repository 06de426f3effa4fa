package e2e

import (
	"fmt"
	"testing"
	"time"
)

type fields map[string]any

// A88: main solvers take new tickets themselves; nobody else is needed from the first mail until the ticket closes by itself.
func TestMainSolversOnly(t *testing.T) {
	t.Parallel()
	p := stage(t, "main-solvers.yaml")
	n := p.asks("ben", "it@city.test", "Scanner is offline", "The scanner on floor 2 does not answer.")
	p.told("a first mail", mails{"ben": "ticket_created as requester", "mia": "ticket_created as main_solver", "max": "ticket_created as main_solver"})
	p.misses(n, "root", "eva")
	p.acts("mia", n, "take", nil)
	p.told("taking it", nil)
	p.notes("mia", "Third time this year.")
	p.told("a note of the solver", nil)
	p.acts("max", n, "record", fields{"text": "The spare one is in the cellar.", "show_to_requester": false})
	p.told("a note of somebody else", mails{"mia": "note_added as main_solver"})
	p.acts("mia", n, "record", fields{"text": "Is its cable plugged in?", "show_to_requester": true})
	p.told("a reply", mails{"ben": "public_reply as requester"})
	p.acts("mia", n, "status", fields{"status": "waiting"})
	p.told("waiting", nil)
	p.answers("ben", "It is now. Thank you!")
	p.told("the requester's answer", mails{"mia": "message_received as main_solver"})
	p.is("mia", n, "in_progress")
	p.acts("mia", n, "resolve", fields{"text": "Good. I close this."})
	p.told("resolving", mails{"ben": "resolved as requester"})
	p.reads("ben", n, "The scanner on floor 2 does not answer.", "Is its cable plugged in?", "It is now. Thank you!", "Good. I close this.")
	p.reads("max", n, "The scanner on floor 2 does not answer.", "Third time this year.", "The spare one is in the cellar.",
		"Is its cable plugged in?", "It is now. Thank you!", "Good. I close this.")

	// Five days later, as close_after_days says, it closes by itself; the job that does it looks every minute.
	p.count("with later as (update ticket set resolved_at = resolved_at - interval '5 days' where number = $1 returning 1) select count(*) from later", n)
	eventually(t, 90*time.Second, func() error {
		if got := p.as("mia").ticket(n).Status; got != "closed" {
			return fmt.Errorf("the ticket is %s", got)
		}
		return nil
	})
	p.told("closing by itself", mails{"ben": "closed as requester"})
	p.ends()
}

// A89: the first line hands out, solvers work on what they are given and pass it on; a service with one solver needs
// nobody to hand out (A37), and a reporter moves a ticket there without seeing it any more (A59, A60).
func TestTwoLines(t *testing.T) {
	t.Parallel()
	p := stage(t, "two-lines.yaml")
	n := p.asks("eva", "it@city.test", "La contraseña no sirve", "Desde hoy no puedo entrar.")
	p.told("a first mail", mails{"eva": "ticket_created as requester", "mia": "ticket_created as main_solver", "max": "ticket_created as main_solver"})
	p.sees(n, "sol", "leo", "man", "rea") // they see the queue, and get no mail of it
	p.misses(n, "net", "ben", "root")
	p.acts("mia", n, "assign", fields{"solver": "sol@city.test"})
	p.told("assigning", mails{"sol": "assigned as solver"})
	p.acts("mia", n, "record", fields{"text": "She changed departments last week.", "show_to_requester": false})
	p.told("a note of the first line", mails{"sol": "note_added as solver"})
	p.acts("sol", n, "record", fields{"text": "¿Qué mensaje aparece?", "show_to_requester": true})
	p.told("a reply", mails{"eva": "public_reply as requester"})
	p.answers("eva", "Dice que la cuenta está bloqueada.")
	p.told("the requester's answer", mails{"sol": "message_received as solver"})
	p.acts("sol", n, "assign", fields{"solver": "leo@city.test"})
	p.told("passing it on", mails{"leo": "assigned as solver"})
	p.answers("leo", "I reset your account. Please try again.")
	p.told("a reply by mail", mails{"eva": "public_reply as requester"})
	p.acts("leo", n, "status", fields{"status": "waiting"})
	p.told("waiting", nil)
	p.answers("eva", "Ya puedo entrar, gracias.")
	p.told("the answer that ends waiting", mails{"leo": "message_received as solver"})
	p.is("leo", n, "in_progress")
	p.acts("leo", n, "resolve", fields{"text": "You are welcome."})
	p.told("resolving", mails{"eva": "resolved as requester"})
	p.acts("eva", n, "close", nil)
	p.told("closing, by the requester", nil)
	p.is("sol", n, "closed")
	p.reads("eva", n, "Desde hoy no puedo entrar.", "¿Qué mensaje aparece?", "Dice que la cuenta está bloqueada.",
		"I reset your account. Please try again.", "Ya puedo entrar, gracias.", "You are welcome.")

	wifi := p.asks("ben", "network@city.test", "No Wi-Fi", "Not in the council chamber.")
	p.told("a mail to the service with one solver", mails{"ben": "ticket_created as requester", "max": "ticket_created as main_solver", "net": "assigned as solver"})
	p.is("net", wifi, "triaged")
	p.acts("net", wifi, "resolve", nil)
	p.told("resolving without a word", mails{"ben": "resolved as requester"})
	p.acts("net", wifi, "close", nil)
	p.told("closing, by the solver", mails{"ben": "closed as requester"})

	cable := p.asks("ben", "it@city.test", "The network socket is broken", "Somebody stepped on it.")
	p.told("another first mail", mails{"ben": "ticket_created as requester", "mia": "ticket_created as main_solver", "max": "ticket_created as main_solver"})
	p.acts("mia", cable, "move", fields{"service": "Network"})
	p.told("moving", mails{"net": "assigned as solver", "max": "moved as main_solver"})
	p.misses(cable, "mia", "sol")
	p.acts("ben", cable, "withdraw", nil)
	p.told("withdrawing", mails{"net": "resolved as solver"})
	p.ends()
}

// A90: autonomous teams. A ticket goes to a group, from one of its members to somebody of an outside firm and back, with
// an approval in between; sub-teams and categories bring tickets to their own team.
func TestGroups(t *testing.T) {
	t.Parallel()
	p := stage(t, "groups.yaml")
	n := p.asks("ben", "it@city.test", "The copier prints stripes", "Every page, since Monday.")
	p.told("a first mail", mails{"ben": "ticket_created as requester", "mia": "ticket_created as main_solver"})
	p.misses(n, "pia", "net", "vic", "val", "dan")
	p.acts("mia", n, "assign", fields{"group": "Field"})
	p.told("giving it to a group", mails{"gus": "assigned_group as solver_group", "gil": "assigned_group as solver_group"})
	p.acts("ben", n, "record", fields{"text": "It is the one on floor 3."})
	p.told("a message while the group has it", mails{"gus": "message_received as solver_group", "gil": "message_received as solver_group"})
	p.acts("gus", n, "take", nil)
	p.told("taking it", nil)
	p.notes("gus", "The drum is worn out.")
	p.told("a note by mail", nil)
	p.answers("gus", "Hello Ben, it needs a new drum.")
	p.told("a reply by mail", mails{"ben": "public_reply as requester"})

	p.acts("gus", n, "ask", fields{"approvers": []string{"dan@city.test"}, "rule": "all", "text": "A drum for 240 dollars?"})
	p.told("asking for approval", mails{"dan": "approval_requested as approver"})
	p.sees(n, "dan")
	p.acts("dan", n, "approve", fields{"text": "Yes, from my budget."})
	p.told("approving", mails{"gus": "approval_finished as solver_group"})
	p.misses(n, "dan")

	p.acts("gus", n, "assign", fields{"solver": "vic@vendor.test"})
	p.told("giving it to the outside firm", mails{"vic": "assigned as exceptional_solver"})
	p.sees(n, "vic")
	p.misses(n, "val")
	p.answers("vic", "I can come on Friday at nine. Does that suit you?")
	p.told("the firm's reply", mails{"ben": "public_reply as requester"})
	p.acts("vic", n, "status", fields{"status": "waiting"})
	p.answers("ben", "Friday is fine.")
	p.told("the requester's answer", mails{"vic": "message_received as exceptional_solver"})
	p.is("vic", n, "in_progress")
	p.acts("vic", n, "assign", fields{"solver": "gus@city.test"})
	p.told("giving it back", mails{"gus": "assigned as solver_group"})
	p.misses(n, "vic")
	p.acts("gus", n, "resolve", fields{"text": "The new drum is in."})
	p.told("resolving", mails{"ben": "resolved as requester"})
	p.acts("ben", n, "close", nil)
	p.told("closing", nil)
	p.is("gil", n, "closed")
	p.reads("ben", n, "Every page, since Monday.", "It is the one on floor 3.", "Hello Ben, it needs a new drum.",
		"I can come on Friday at nine. Does that suit you?", "Friday is fine.", "The new drum is in.")

	police := p.asks("pat", "it@city.test", "Radio in car 12", "It only hisses.")
	p.told("a mail from the police", mails{"pat": "ticket_created as requester", "pia": "ticket_created as main_solver"})
	p.misses(police, "mia")
	p.sees(police, "man", "gus")

	open := func(who, service, category string) int64 {
		t.Helper()
		var answer ticket
		p.as(who).ask("POST", "/tickets", fields{"service": service, "subject": "About " + category, "text": "Please.", "category": category}, &answer)
		return answer.Number
	}
	open("ben", "Workplace", "hardware")
	p.told("a category with a group", mails{"ben": "ticket_created as requester", "mia": "ticket_created as main_solver",
		"gus": "assigned_group as solver_group", "gil": "assigned_group as solver_group"})
	network := open("ben", "Workplace", "network")
	p.told("a category of another service", mails{"ben": "ticket_created as requester", "net": "ticket_created as main_solver"})
	p.misses(network, "mia", "gus")
	p.sees(network, "nat", "man")
	file := open("dan", "Personnel files", "other")
	p.told("a service that inherits nothing", mails{"dan": "ticket_created as requester", "hal": "ticket_created as main_solver"})
	p.misses(file, "man", "mia", "root")
	p.ends()
}
