package helpdesk_test

import (
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) tryOpen(who string, n helpdesk.NewTicket) (core.Number, error) {
	if n.Service == 0 {
		n.Service = c.Printers
	}
	if n.Subject == "" {
		n.Subject, n.Text = "Paper jam", "It jams."
	}
	var number core.Number
	err := c.as(who, func(a *helpdesk.Act) (err error) {
		number, err = a.OpenTicket(c.Context(), n)
		return err
	})
	return number, err
}

// A4, A5, D28, readings 2–4: who may open for whom.
func TestWhoMayOpen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for _, who := range strings.Fields("ben mia sol gus exa man rea net") { // staff all of them
		if _, err := c.tryOpen(who, helpdesk.NewTicket{}); err != nil {
			t.Errorf("%s for themself: %v", who, err)
		}
	}
	for _, who := range []string{"tre", "vic", "ken", "root"} { // no SLA
		_, err := c.tryOpen(who, helpdesk.NewTicket{})
		c.refused(who+" without SLA", core.Forbidden, err)
	}
	for who, may := range map[string]bool{"mia": true, "sol": true, "gus": true, "tre": true, "vic": true,
		"exa": false, "man": false, "rea": false, "net": false, "pat": false, "root": false} {
		n, err := c.tryOpen(who, helpdesk.NewTicket{OnBehalfOf: c.People["ben"]})
		if may != (err == nil) {
			t.Errorf("%s on behalf of ben: %v", who, err)
		}
		if err == nil && (c.ticket(n).Requester.ID != c.People["ben"].ID || c.ticket(n).Status != core.Open) {
			t.Errorf("%s opened %+v", who, c.ticket(n))
		}
		if err != nil {
			c.refused(who+" on behalf", core.Forbidden, err)
		}
		// Whether somebody is known here is told to nobody (D28): nobody, no requester and disabled answer alike.
		answers := map[string]bool{}
		for _, p := range []*core.Person{{Email: "nobody@else.test", Disabled: true}, c.People["ken"], c.People["off"]} {
			_, err := c.tryOpen(who, helpdesk.NewTicket{OnBehalfOf: p})
			if err == nil {
				t.Errorf("%s opens for %s", who, p.Email)
				continue
			}
			answers[err.Error()] = true
		}
		if len(answers) != 1 {
			t.Errorf("%s learns who is known: %v", who, answers)
		}
	}
	n, err := c.tryOpen("tre", helpdesk.NewTicket{OnBehalfOf: c.People["ben"]})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.desk.Ticket(t.Context(), c.People["tre"], n) // A60
	c.refused("the reporter looks at it", core.NotFound, err)
}

func TestOpeningChecksItsInput(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for name, n := range map[string]helpdesk.NewTicket{
		"folder (A31)":     {Service: c.IT},
		"no such service":  {Service: 9999},
		"unknown category": {Category: "food"},
		"unknown priority": {Priority: "now"},
		"no text":          {Subject: "Only a subject"},
		"no subject":       {Subject: " \t ", Text: "x"},
	} {
		_, err := c.tryOpen("ben", n)
		c.refused(name, core.Invalid, err)
	}
	c.told("nothing was opened")
	var tickets int
	if err := c.Store.Pool().QueryRow(t.Context(), "select count(*) from ticket").Scan(&tickets); err != nil || tickets != 0 {
		t.Errorf("%d tickets: %v", tickets, err)
	}
	n, err := c.tryOpen("ben", helpdesk.NewTicket{Subject: strings.Repeat("ñ ", 300) + "\r\nBcc: x@evil.test", Text: "x"})
	if s := c.ticket(n).Subject; err != nil || len([]rune(s)) > 250 || strings.ContainsAny(s, "\r\n") {
		t.Errorf("subject %q: %v", s, err)
	}
}

// A37, D3: exactly one solver, groups expanded, disabled and other sub-teams not counted; the main solvers are told all the
// same.
func TestSoleSolverGetsNewTickets(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, err := c.tryOpen("ben", helpdesk.NewTicket{})
	if err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Open, "") // sol and vic are two
	c.told("new", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket")
	c.sql("update person set disabled_at = now() where email = 'vic@vendor.test'")
	n, _ = c.tryOpen("ben", helpdesk.NewTicket{})
	c.is(n, core.Triaged, "sol")
	c.told("sole solver", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket", "assigned sol solver assigned_to_you")
	c.sql("insert into requester_group (name) values ('Police')")
	c.sql("insert into requester_group_member select g.id, p.id from requester_group g, person p where g.name = 'Police' and p.email = 'pat@city.test'")
	c.sql(`insert into role_grant (service_id, role, person_id, for_group_id) select $1, 'solver', p.id, g.id from requester_group g, person p
		where g.name = 'Police' and p.email = 'eva@city.test'`, c.Printers)
	n, _ = c.tryOpen("ben", helpdesk.NewTicket{})
	c.is(n, core.Triaged, "sol") // eva solves for the police alone
	c.People["pat"], err = c.Store.PersonByAddress(t.Context(), "pat@city.test")
	if err != nil {
		t.Fatal(err)
	}
	n, _ = c.tryOpen("pat", helpdesk.NewTicket{})
	c.is(n, core.Open, "")
	c.sql("delete from role_grant where role = 'solver'")
	c.sql("insert into role_grant (service_id, role, members_of) select $1, 'solver', id from requester_group where name = 'Police'", c.Printers)
	n, _ = c.tryOpen("ben", helpdesk.NewTicket{})
	c.is(n, core.Triaged, "pat") // the only member
}

// D20: a category leads to a group or to another service.
func TestCategoriesLeadOn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("insert into service_category (service_id, category, group_id) values ($1, 'hardware', $2)", c.Printers, c.Field)
	c.sql("insert into service_category (service_id, category, target_id) values ($1, 'network', $2)", c.Printers, c.Network)
	n, err := c.tryOpen("ben", helpdesk.NewTicket{Category: "hardware"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.ticket(n); got.Group != c.Field || got.Solver != nil || got.Status != core.Triaged || got.Service != c.Printers {
		t.Errorf("hardware: %+v", got)
	}
	c.told("group", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket",
		"assigned_group gil solver_group assigned_to_group", "assigned_group gus solver_group assigned_to_group")
	n, err = c.tryOpen("ben", helpdesk.NewTicket{Category: "network"})
	if err != nil || c.ticket(n).Service != c.Network {
		t.Errorf("network: %+v, %v", c.ticket(n), err)
	}
	c.told("service", "ticket_created ben requester acknowledgement", "ticket_created net main_solver new_ticket")
	c.sql("update service set inherit = false where id = $1", c.Network) // nobody has an SLA there now
	if n, err = c.tryOpen("ben", helpdesk.NewTicket{Category: "network"}); err != nil || c.ticket(n).Service != c.Printers {
		t.Errorf("without SLA there: %+v, %v", c.ticket(n), err)
	}
}

// E3: the acknowledgement goes out however the ticket was opened; opened by the team it says by whom.
func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	if _, err := c.tryOpen("eva", helpdesk.NewTicket{}); err != nil {
		t.Fatal(err)
	}
	ack := c.outbox()[0]
	if ack.To != "eva" || ack.Language != "es" || !ack.Automatic || ack.OnBehalf || !ack.Echo || ack.Record.Text != "It jams." ||
		ack.Ticket.Priority != "" || !ack.RequesterSide || len(ack.Purposes) != 1 || ack.NoteAddress != "" || !strings.HasPrefix(ack.ReplyAddress, "it+r.") {
		t.Errorf("%+v", ack)
	}
	if _, err := c.tryOpen("sol", helpdesk.NewTicket{OnBehalfOf: c.People["ben"]}); err != nil {
		t.Fatal(err)
	}
	for _, q := range c.outbox() {
		switch q.To {
		case "ben":
			if !q.OnBehalf || q.Actor.Name != "Sol Vega" || q.Record.Text != "It jams." {
				t.Errorf("%+v", q)
			}
		case "mia":
			if q.RequesterSide || q.Ticket.Priority != core.Normal || len(q.Purposes) != 2 || !strings.HasPrefix(q.NoteAddress, "it+n.") {
				t.Errorf("%+v", q)
			}
		default:
			t.Errorf("%s is told", q.To)
		}
	}
	if _, err := c.tryOpen("mia", helpdesk.NewTicket{}); err != nil { // a main solver's own: one mail, the acknowledgement
		t.Fatal(err)
	}
	c.told("mia's own", "ticket_created mia requester acknowledgement")
}
