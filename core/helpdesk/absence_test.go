package helpdesk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// away sets somebody's absence, from some time on for some time; delegate "" = nobody.
func (c *city) away(who string, in, lasts time.Duration, delegate string) error {
	from := c.now.Add(in)
	if delegate != "" {
		delegate = c.People[delegate].Email
	}
	return c.desk.SetAbsence(c.Context(), c.actor(who), from, from.Add(lasts), delegate)
}

func (c *city) mustBeAway(who string, in, lasts time.Duration, delegate string) {
	c.Helper()
	if err := c.away(who, in, lasts, delegate); err != nil {
		c.Fatal(err)
	}
}

// E14: what an absence must be like. Somebody unknown, disabled or of another organization gets one answer (D28).
func TestSettingAnAbsence(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for what, err := range map[string]error{
		"before it begins":     c.away("mia", day, -time.Hour, ""),
		"in the past":          c.away("mia", -2*day, day, ""),
		"for ever":             c.away("mia", 0, 3*366*day, ""),
		"oneself":              c.away("mia", 0, day, "mia"),
		"another organization": c.away("mia", 0, day, "ken"),
		"disabled":             c.away("mia", 0, day, "off"),
		"unknown":              c.desk.SetAbsence(t.Context(), c.actor("mia"), c.now, c.now.Add(day), "nobody@city.test"),
		"without organization": c.away("ken", 0, day, "mia"),
	} {
		c.refused(what, core.Invalid, err)
	}
	unproven := c.actor("mia")
	unproven.Level = core.PersonProven
	c.refused("not signed in", core.Forbidden, c.desk.SetAbsence(t.Context(), unproven, c.now, c.now.Add(day), ""))
	c.refused("nobody", core.Forbidden, c.desk.SetAbsence(t.Context(), core.Actor{Level: core.SignedIn}, c.now, c.now.Add(day), ""))
	c.refused("nothing to end", core.Conflict, c.desk.EndAbsence(t.Context(), c.actor("mia")))
	c.mustBeAway("mia", 0, day, "eva")
	if d, err := c.desk.Directory(t.Context()); err != nil || !d.Away(c.People["mia"].ID) || !d.StandsIn(c.People["eva"].ID, c.People["mia"].ID) {
		t.Errorf("the absence is not in effect, %v", err)
	}
	if err := c.desk.EndAbsence(t.Context(), c.actor("mia")); err != nil {
		t.Error(err)
	}
	if d, err := c.desk.Directory(t.Context()); err != nil || d.Away(c.People["mia"].ID) || len(d.Absences) > 0 {
		t.Errorf("the absence is still there, %v", err)
	}
}

// A35, E14: while a main solver is away the delegate does their duties: sees, is told in addition, takes and assigns.
func TestDelegateOfAMainSolver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.mustBeAway("mia", time.Hour, 10*day, "pat")
	c.unseen(n, "pat")
	c.refused("before the absence", core.NotFound, c.take("pat", n, 0))
	c.now = c.now.Add(2 * time.Hour)
	c.sees(n, "pat")
	list, err := c.desk.Tickets(t.Context(), c.People["pat"], helpdesk.ListFilter{Limit: 50})
	if err != nil || !slices.Contains(numbers(list), n) {
		t.Errorf("the delegate's list has %v, %v", numbers(list), err)
	}
	var second core.Number
	c.must("ben", func(a *helpdesk.Act) (err error) {
		second, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "Toner", Text: "Empty.", Category: "software"})
		return err
	})
	c.told("a new ticket", "ticket_created ben requester acknowledgement",
		"ticket_created mia main_solver new_ticket", "ticket_created pat main_solver new_ticket")
	if people, _, err := c.desk.Assignees(t.Context(), c.People["sol"], n); err != nil || !slices.Contains(people, c.People["pat"].Ref()) {
		t.Errorf("the delegate is not among %v, %v", people, err)
	}
	if people, _, err := c.desk.Assignees(t.Context(), c.People["net"], c.openIn(c.Network, "ben")); err != nil || slices.Contains(people, c.People["pat"].Ref()) {
		t.Errorf("elsewhere the delegate is among %v, %v", people, err)
	}
	if err := c.take("pat", n, 0); err != nil {
		t.Errorf("taking: %v", err)
	}
	c.is(n, core.Triaged, "pat")
	if err := c.assign("pat", second, "sol", ""); err != nil {
		t.Errorf("assigning: %v", err)
	}
	c.mails()
	c.must("pat", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), second, 0); return err })
	c.told("given back", "returned mia main_solver returned", "returned sol solver passed_on")
	c.refused("elsewhere", core.NotFound, func() error { // the duties are those of mia
		_, err := c.desk.Ticket(t.Context(), c.People["pat"], c.openIn(c.Network, "eva"))
		return err
	}())
}

// openIn opens a ticket in another service, and forgets its mails.
func (c *city) openIn(service core.ServiceID, who string) (n core.Number) {
	c.Helper()
	c.must(who, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(c.Context(), helpdesk.NewTicket{Service: service, Subject: "Elsewhere", Text: "It is."})
		return err
	})
	c.mails()
	return n
}

// E14: delegation goes one step only.
func TestDelegationIsNotTransitive(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.mustBeAway("mia", 0, 10*day, "eva")
	c.mustBeAway("eva", 0, 10*day, "pat")
	c.sees(n, "eva")
	c.unseen(n, "pat")
	if err := c.record("ben", n, "Still.", nil); err != nil {
		t.Fatal(err)
	}
	c.told("a message", "message_received eva main_solver main_solver", "message_received mia main_solver main_solver")
}

// E14: who does not work in the same organization any more, or is disabled, stands in for nobody, whenever that came about;
// nor does anybody for somebody who is disabled.
func TestDelegateMustFitAllTheTime(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.mustBeAway("mia", 0, 10*day, "pat")
	c.sees(n, "pat")
	c.sql("update person set organization_id = (select id from organization where name = 'Vendor') where id = $1", c.People["pat"].ID)
	c.unseen(n, "pat")
	c.sql("update person set organization_id = null where id in ($1, $2)", c.People["pat"].ID, c.People["mia"].ID) // D9: none is no match
	c.unseen(n, "pat")
	c.sql("update person set organization_id = (select id from organization where name = 'City') where id in ($1, $2)", c.People["pat"].ID, c.People["mia"].ID)
	c.sees(n, "pat")
	c.sql("update person set disabled_at = now() where id = $1", c.People["mia"].ID)
	c.unseen(n, "pat")
}

// When the absence is over the delegate loses sight, and with it what they took by that role alone: the main solvers get
// one mail with the list (D26). What a role of their own lets them keep stays theirs.
func TestEndOfAnAbsence(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(c *city){
		"its time is over": func(c *city) { c.live(10 * day) },
		"back early":       func(c *city) { c.check(c.desk.EndAbsence(c.Context(), c.actor("mia"))) },
		"another delegate": func(c *city) { c.check(c.away("mia", 0, 10*day, "eva")) },
		"put off":          func(c *city) { c.check(c.away("mia", day, 10*day, "pat")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'solver', $2)", c.Network, c.People["pat"].ID)
			c.sql("update service set close_after_days = 0")
			c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", c.Network, c.People["mia"].ID)
			one, two, group := c.open("ben"), c.open("eva"), c.open("ben")
			done, own := c.open("eva"), c.openIn(c.Network, "ben") // A37: pat is the one solver there
			c.mustBeAway("mia", 0, 10*day, "pat")
			c.check(c.assign("mia", group, "", "Field"))
			for _, n := range []core.Number{one, two, group, done} {
				c.check(c.take("pat", n, 0))
			}
			c.check(c.resolve("pat", done, "Done."))
			c.is(own, core.Triaged, "pat")
			c.mails()
			end(c)
			for _, n := range []core.Number{one, two, group} {
				c.is(n, core.Triaged, "")
				c.unseen(n, "pat")
				if r := c.last(n); r.Kind != core.KindAssignment || r.Author != nil || r.Change.From != "Pat Police" {
					t.Errorf("logged as %+v", r)
				}
			}
			if c.ticket(group).Group != c.Field {
				t.Error("the ticket left its group")
			}
			c.is(done, core.Resolved, "pat") // who solved it stays known
			c.is(own, core.Triaged, "pat")
			told := map[string]int{}
			for _, m := range c.outbox() {
				if m.Event != "unassigned" || m.Reason != "unassigned" {
					t.Errorf("%s is told %s for %s", m.To, m.Event, m.Reason)
				}
				told[m.To] += len(m.Tickets)
			}
			if want := map[string]int{"mia": 3, "eva": 3}; told["mia"] != 3 || name == "another delegate" && told["eva"] != want["eva"] {
				t.Errorf("told of so many tickets: %v", told)
			}
			c.live(20 * day)
			c.told("once")
			if d, err := c.desk.Directory(t.Context()); err != nil || len(d.Absences) > 0 {
				t.Errorf("absences that are over are kept: %v, %v", d.Absences, err)
			}
		})
	}
}

func (c *city) check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// Nobody is away any longer than they said, also while no daemon runs: the clock decides, not the job that tidies up.
func TestAbsenceEndsByTheClock(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.mustBeAway("mia", 0, day, "pat")
	c.now = c.now.Add(day - time.Second)
	c.sees(n, "pat")
	c.now = c.now.Add(time.Second)
	c.unseen(n, "pat")
}

// An absence that is set anew while a daemon is about to forget the one before is not forgotten with it.
func TestNewAbsenceOutlivesTheOneBefore(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.mustBeAway("mia", 0, day, "pat")
	c.now = c.now.Add(2 * day)
	c.unseen(n, "pat") // the picture with the old absence is in memory now
	changes := make(chan error, 2)
	err := c.Store.InTx(t.Context(), func(tx *store.Tx) error { // while it lasts no change of the configuration begins
		if err := tx.Flush(t.Context()); err != nil {
			return err
		}
		go func() { changes <- c.away("mia", 0, day, "pat") }()
		c.changesWait(1)
		go func() { changes <- c.desk.Life(t.Context()) }() // sees the old absence, and gets its turn behind the new one
		c.changesWait(2)
		return nil
	})
	for range 2 {
		err = errors.Join(err, <-changes)
	}
	c.check(err)
	c.sees(n, "pat")
}

// changesWait waits until so many changes of the configuration wait for their turn.
func (c *city) changesWait(n int) {
	c.Helper()
	for limit := time.Now().Add(8 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		waiting := 0
		err := c.Store.Pool().QueryRow(c.Context(), `select count(*) from pg_locks where locktype = 'advisory' and not granted
			and database = (select oid from pg_database where datname = current_database())`).Scan(&waiting)
		if err == nil && waiting == n {
			return
		}
		if err != nil || time.Now().After(limit) {
			c.Errorf("%d changes wait, want %d: %v", waiting, n, err)
			return
		}
	}
}

// E13, E14: a delegate decides for an absent approver, in their name; the requester never does through a delegation,
// neither as the delegate nor as the one who is away.
func TestDelegateOfAnApprover(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	ask := func(n core.Number, who string) {
		t.Helper()
		c.must("mia", func(a *helpdesk.Act) error {
			_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People[who]}, Text: "May we?"}, 0)
			return err
		})
	}
	decide := func(who string, n core.Number) error {
		return c.as(who, func(a *helpdesk.Act) error {
			_, err := a.DecideApproval(t.Context(), n, core.ApprovalApproved, "", "Yes.", 0)
			return err
		})
	}
	c.mustBeAway("pat", 0, 10*day, "ben")
	ask(n, "pat")
	c.told("the delegate is the requester", "approval_requested pat approver approver")
	if err := decide("ben", n); core.CodeOf(err) != core.Forbidden {
		t.Errorf("the requester approves as delegate: %v", err)
	}
	c.check(c.away("pat", 0, 10*day, "eva"))
	c.sees(n, "eva")
	other := c.open("ben")
	ask(other, "pat")
	told := c.outbox()
	if len(told) != 2 || told[1].To != "eva" || told[1].InsteadOf != "Pat Police" || told[0].InsteadOf != "" {
		t.Errorf("asked: %+v", told)
	}
	c.check(decide("eva", n))
	c.told("decided", "approval_finished mia main_solver main_solver")
	if s := c.ticket(n).Approvals[0].Approvers[0]; s.State != core.ApprovalApproved || s.DecidedBy == nil || s.DecidedBy.ID != c.People["eva"].ID {
		t.Errorf("decided %+v", s)
	}
	c.unseen(n, "eva") // D12
	c.sees(other, "eva")
	c.now = c.now.Add(11 * day)
	c.unseen(other, "eva")
	c.refused("after the absence", core.NotFound, decide("eva", other))
}

// A37, D3: of the solvers who are there exactly one.
func TestAbsentSolversDoNotCount(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.mustBeAway("vic", time.Hour, 10*day, "")
	n := c.open("ben")
	c.is(n, core.Open, "") // two solvers
	c.now = c.now.Add(2 * time.Hour)
	n = c.open("ben")
	c.is(n, core.Triaged, "sol")
	c.mustBeAway("sol", 0, 10*day, "pat") // a delegate has main solver's and approver's duties only
	n = c.open("ben")
	c.is(n, core.Open, "")
	c.unseen(n, "pat")
	c.now = c.now.Add(11 * day)
	n = c.open("ben")
	c.is(n, core.Open, "") // both are back, although nobody has tidied up
}
