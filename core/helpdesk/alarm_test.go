package helpdesk_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// secret stands in everything of a ticket that administrators without a role must not read (A87).
const secret = "xyzzy"

// openSecret opens a ticket full of secrets in Printers, for somebody.
func (c *city) openSecret(who string) (n core.Number) {
	c.Helper()
	c.must(who, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(c.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "About " + secret, Text: "It is " + secret + ".",
			Attachments: []core.Attachment{{Name: secret + ".txt", ContentType: "text/plain", Size: 1, Data: []byte("x")}}})
		return err
	})
	return n
}

// alarms wants one mail to the administrator about the ticket among those since the last look, and no secret in it.
func (c *city) alarms(what string, n core.Number) {
	c.Helper()
	found := 0
	for _, m := range c.outbox() {
		if m.Event != "configuration_alert" {
			continue
		}
		found++
		all, err := json.Marshal(m)
		if err != nil {
			c.Fatal(err)
		}
		for _, leak := range []string{secret, "ben@", "Ben Staff", "eva@", "Paper jam"} {
			if strings.Contains(string(all), leak) {
				c.Errorf("%s: the alarm has %q: %s", what, leak, all)
			}
		}
		if m.To != "root" || m.Reason != "administrator" || !m.Automatic || m.Content.Ticket.Number != n || m.Content.Ticket.Service != "IT/Printers" ||
			m.Content.Ticket.Tag == "" || len(m.Purposes) > 0 || m.Link != "" {
			c.Errorf("%s: the alarm is %s", what, all)
		}
	}
	if found != 1 {
		c.Errorf("%s: %d alarms, want one", what, found)
	}
}

// D17: of a ticket that reaches nobody the administrators hear number and service, and nothing that it says; each time
// that it comes to lie there.
func TestTicketWithoutMainSolverAlarms(t *testing.T) {
	t.Parallel()
	for name, miss := range map[string]func(c *city){
		"none": func(c *city) {
			c.sql("delete from role_grant where role = 'main_solver' and service_id = $1", c.Printers)
		},
		"disabled": func(c *city) { c.sql("update person set disabled_at = now() where id = $1", c.People["mia"].ID) },
		"other sub-team": func(c *city) {
			c.sql(`with g as (insert into requester_group (name) values ('Police') returning id)
				update role_grant set for_group_id = g.id from g where role = 'main_solver' and service_id = $1`, c.Printers)
		},
		"empty group": func(c *city) {
			c.sql(`with g as (insert into requester_group (name) values ('Nobody') returning id)
				update role_grant set members_of = g.id, person_id = null from g where role = 'main_solver' and service_id = $1`, c.Printers)
		},
		"disabled, with delegate": func(c *city) { // A30 is not satisfied by a delegate
			c.mustBeAway("mia", 0, 100*day, "eva")
			c.sql("update person set disabled_at = now() where id = $1", c.People["mia"].ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			miss(c)
			n := c.openSecret("ben")
			c.alarms("a new ticket", n)
			c.refused("the administrator", core.NotFound, func() error { _, err := c.desk.Ticket(t.Context(), c.People["root"], n); return err }())
			c.check(c.take("sol", n, 0))
			c.check(c.record("sol", n, "Note "+secret, nil))
			c.told("somebody has it")
			c.must("sol", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err })
			c.alarms("given back", n)
			c.check(c.assign("sol", n, "", "Field"))
			c.mails()
			c.check(c.resolve("gus", n, "Done, "+secret))
			c.mails()
			c.check(c.reopen("ben", n))
			c.told("reopened for the group", "reopened gil solver_group group_member", "reopened gus solver_group group_member")
			c.must("sol", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err })
			c.mails()
			c.check(c.resolve("sol", n, "Done, "+secret))
			c.mails()
			c.check(c.reopen("ben", n))
			c.alarms("reopened", n)
		})
	}
}

// Where somebody is reached nobody is alarmed: a main solver is there, even an absent one without a delegate.
func TestNoAlarmWhereSomebodyIsReached(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.openSecret("ben")
	c.told("main solver", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket")
	c.mustBeAway("mia", 0, 10*day, "")
	c.openSecret("ben")
	c.told("absent main solver", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket")
	c.sql("delete from role_grant where role = 'main_solver' and service_id = $1", c.Printers)
	c.sql("delete from role_grant where role = 'solver' and person_id = $1", c.People["vic"].ID)
	n := c.openSecret("ben") // A37: goes to the one solver
	c.is(n, core.Triaged, "sol")
	for _, m := range c.outbox() {
		if m.Event == "configuration_alert" {
			t.Errorf("alarm: %+v", m)
		}
	}
}

// alert runs the daily check once, some time later.
func (c *city) alert(later time.Duration) {
	c.Helper()
	c.now = c.now.Add(later)
	c.check(c.desk.AlertConfiguration(c.Context()))
}

// A33, D18: an alert a day while a service lacks a main solver, over restarts and several daemons.
func TestConfigurationAlertIsDaily(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.alert(0)
	c.told("all is well")
	c.sql("delete from role_grant where role = 'main_solver' and service_id = $1", c.Network)
	c.sql("update person set administrator = true where id in ($1, $2)", c.People["eva"].ID, c.People["off"].ID)
	c.now = c.now.Add(time.Hour)
	another := helpdesk.New(c.Store, func() time.Time { return c.now })
	var looks sync.WaitGroup
	for i := range 6 {
		looks.Go(func() {
			if err := []*helpdesk.Helpdesk{c.desk, another}[i%2].AlertConfiguration(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	looks.Wait()
	mails := c.outbox()
	if len(mails) != 2 || mails[0].To != "eva" || mails[1].To != "root" || mails[0].Language != "es" {
		t.Fatalf("administrators, disabled ones not: %+v", mails)
	}
	for _, m := range mails {
		if len(m.Findings) != 1 || m.Findings[0].Code != core.NoMainSolver || m.Findings[0].Service != "IT/Network" || m.Reason != "administrator" {
			t.Errorf("it says %+v", m)
		}
	}
	c.desk = helpdesk.New(c.Store, func() time.Time { return c.now }) // a restart
	c.alert(0)
	c.alert(24*time.Hour - time.Second)
	c.told("within a day")
	c.alert(time.Second)
	c.told("the day after", "configuration_alert eva administrator administrator", "configuration_alert root administrator administrator")
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", c.Network, c.People["net"].ID)
	c.alert(2 * day)
	c.told("mended")
}

// A33: only for a missing main solver, there but disabled or in an empty group included; never for other findings.
func TestConfigurationAlertIsForMissingMainSolvers(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql(`with g as (insert into requester_group (name) values ('Police') returning id)
		update role_grant set for_group_id = g.id from g where role = 'main_solver' and service_id = $1`, c.Printers)
	c.sql("insert into mailbox_state (mailbox_id, failing_since, failure) values ($1, now(), 'refused')", c.Mailbox)
	c.mustBeAway("mia", 0, 100*day, "eva")
	c.mustBeAway("eva", 0, 100*day, "")
	found, err := c.desk.Check(t.Context())
	if err != nil || len(found) < 3 {
		t.Fatalf("too little is wrong here: %v, %v", found, err)
	}
	c.alert(0)
	c.told("findings that stand on the page")
	c.sql("update person set disabled_at = now() where id = $1", c.People["net"].ID)
	c.alert(0)
	c.told("only a disabled one", "configuration_alert root administrator administrator")
}

// An alert that nobody could be sent does not count as the day's.
func TestConfigurationAlertThatReachedNobody(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("delete from role_grant where role = 'main_solver' and service_id = $1", c.Network)
	c.sql("update mailbox set archived_at = now()")
	c.alert(0)
	c.told("no mailbox")
	c.sql("update mailbox set archived_at = null")
	c.sql("update person set administrator = false")
	c.alert(time.Minute)
	c.told("no administrator")
	c.sql("update person set administrator = true where id = $1", c.People["root"].ID)
	c.alert(time.Minute)
	c.told("now", "configuration_alert root administrator administrator")
}
