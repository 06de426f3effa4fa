package helpdesk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// periodic makes a template of which a ticket is opened every day at eight, Chicago time.
func (c *city) periodic(title string) string {
	c.Helper()
	return c.addTemplate("sol", daily(drafted(core.TicketTemplate, "Printers", title, "It is {{date}}.", "subject", title+" {{date}}", "category", "hardware",
		"requester", "ben@city.test"))).ID
}

// subjects are those of the tickets, in the order of their numbers.
func (c *city) subjects() (list []string) {
	c.Helper()
	rows, err := c.Store.Pool().Query(c.Context(), "select subject from ticket order by number")
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			c.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func (c *city) opened(what string, want ...string) {
	c.Helper()
	if got := strings.Join(c.subjects(), ", "); got != strings.Join(want, ", ") {
		c.Errorf("%s: %s, want %s", what, got, strings.Join(want, ", "))
	}
}

func (c *city) schedules() error { return c.desk.Schedules(c.Context()) }

func TestPeriodicTicketIsOpenedWhenItIsDue(t *testing.T) {
	t.Parallel()
	c := newCity(t) // 4 March 2026, 12:00 in UTC
	id := c.periodic("Backup")
	at := func(s string) {
		t.Helper()
		var err error
		if c.now, err = time.Parse(time.RFC3339, s); err != nil {
			t.Fatal(err)
		}
		if err := c.schedules(); err != nil {
			t.Error(err)
		}
	}
	at("2026-03-04T13:59:59Z")
	c.opened("before its time")
	c.told("before its time")
	at("2026-03-04T14:00:00Z")
	c.opened("at its time", "Backup 4 March 2026")
	seen := c.seen
	for _, q := range c.outbox() { // nobody asked for it; the title of the template is the team's
		if !q.Scheduled || q.Schedule != map[string]string{"mia": "Backup"}[q.To] {
			t.Errorf("%s is told: by schedule %v, %q", q.To, q.Scheduled, q.Schedule)
		}
	}
	c.seen = seen
	c.told("at its time", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket")
	at("2026-03-04T14:00:00Z")
	at("2026-03-05T13:59:00Z")
	c.opened("once", "Backup 4 March 2026")
	at("2026-03-08T12:59:00Z") // three were missed, and clocks were set forward
	c.opened("what was missed, in its order", "Backup 4 March 2026", "Backup 5 March 2026", "Backup 6 March 2026", "Backup 7 March 2026")
	at("2026-03-08T13:00:00Z")
	if list := c.subjects(); len(list) != 5 || list[4] != "Backup 8 March 2026" {
		t.Errorf("after the change of clocks: %q", list)
	}
	numbers, err := c.Store.Pool().Query(t.Context(), "select number from ticket")
	if err != nil {
		t.Fatal(err)
	}
	numbers.Next()
	var n core.Number
	if err := numbers.Scan(&n); err != nil {
		t.Fatal(err)
	}
	numbers.Close()
	ticket := c.ticket(n)
	records, err := c.Store.Records(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if ticket.Requester.Email != "ben@city.test" || ticket.Category != "hardware" || ticket.OpenedVia != core.ViaDesk || ticket.SLA == 0 ||
		records[0].Text != "It is 4 March 2026." || records[0].Author != nil || !records[0].ShowToRequester {
		t.Errorf("the ticket is %+v, its first record %+v", ticket, records[0])
	}
	if r := records[1]; r.Change != (core.Change{Field: "template", To: "Backup"}) || r.ShowToRequester {
		t.Errorf("the log does not say where it comes from: %+v", r)
	}
	if err := c.desk.DeleteTemplate(t.Context(), c.actor("mia"), id, 0); err != nil {
		t.Fatal(err)
	}
	at("2026-04-01T00:00:00Z")
	if n := len(c.subjects()); n != 5 {
		t.Errorf("%d tickets after it was deleted", n)
	}
}

// A desk that was off for long catches up step by step.
func TestMissedTicketsAreBoundedPerRun(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.periodic("A")
	c.periodic("B")
	c.now = c.now.Add(50 * day)
	for run, want := range []int{40, 80, 100, 100} {
		if err := c.schedules(); err != nil {
			t.Fatal(err)
		}
		if n := len(c.subjects()); n != want {
			t.Errorf("run %d: %d tickets, want %d", run, n, want)
		}
	}
}

// However many daemons look at once, and whichever of them is stopped where, each ticket is opened once.
func TestPeriodicTicketIsOpenedOnce(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	city := storetest.BuildCity(t, storetest.Open(t, url))
	c := &sharedClock{now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	var desks []*helpdesk.Helpdesk
	for range 3 {
		desks = append(desks, helpdesk.New(storetest.Open(t, url), c.clock))
	}
	actor := core.Actor{Person: city.People["sol"], Via: core.ViaDesk, Level: core.SignedIn}
	for i := range 2 {
		w := daily(drafted(core.TicketTemplate, "Printers", fmt.Sprint("T", i), "x", "subject", fmt.Sprint("T", i, " {{date}}"), "requester", "ben@city.test"))
		if _, err := desks[0].AddTemplate(t.Context(), actor, w); err != nil {
			t.Fatal(err)
		}
	}
	for step := range 10 { // five months together, over a change of clocks
		c.add(15 * day)
		var wait sync.WaitGroup
		for i, desk := range desks {
			wait.Go(func() {
				ctx := t.Context()
				if (step+i)%3 == 0 { // this one is killed on its way
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Duration(5+7*step)*time.Millisecond)
					defer cancel()
				}
				if err := desk.Schedules(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	for range 5 {
		if err := desks[0].Schedules(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var all, distinct, unfinished int
	if err := city.Store.Pool().QueryRow(t.Context(), "select count(*), count(distinct subject) from ticket").Scan(&all, &distinct); err != nil {
		t.Fatal(err)
	}
	if all != 2*150 || distinct != all {
		t.Errorf("%d tickets, %d different ones, want %d", all, distinct, 2*150)
	}
	err := city.Store.Pool().QueryRow(t.Context(), `select count(*) from ticket t where (select count(*) from log_record where ticket_number = number) <> 2
		or (select count(*) from outbox where ticket_number = number) <> 2`).Scan(&unfinished)
	if err != nil || unfinished != 0 {
		t.Errorf("%d tickets are not whole, %v", unfinished, err)
	}
	rows, err := city.Store.Pool().Query(t.Context(), "select subject from ticket where subject like 'T0%' order by number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := 0; rows.Next(); i++ {
		var got string
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
		if want := time.Date(2026, 3, 4+i, 8, 0, 0, 0, time.UTC).Format("T0 2 January 2006"); got != want {
			t.Fatalf("%d: %s, want %s", i, got, want)
		}
	}
}

// sharedClock is a clock that several share.
type sharedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *sharedClock) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *sharedClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// One transaction opens the ticket and says when the next one is: where the second fails, the first has not happened.
func TestPeriodicTicketIsOpenedWithItsScheduleOrNotAtAll(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.periodic("Backup")
	c.now = c.now.Add(day)
	c.sql(`create function fall() returns trigger language plpgsql as $$ begin raise exception 'power is gone'; end $$`)
	c.sql(`create trigger fall before update on template for each row execute function fall()`)
	if err := c.schedules(); err == nil || !strings.Contains(err.Error(), "power is gone") {
		t.Errorf("%v", err)
	}
	c.opened("nothing")
	c.told("nobody")
	c.sql(`drop trigger fall on template`)
	if err := c.schedules(); err != nil || c.template(id).Failure != nil {
		t.Error(err, c.template(id).Failure)
	}
	c.opened("afterwards", "Backup 4 March 2026")
}

// What cannot be opened is noted with the template, keeps no other waiting, and is tried again with its next moment.
func TestPeriodicTicketThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for what, x := range map[string]struct{ spoil, mend, key string }{
		"no requester any more": {"delete from service_sla", "insert into service_sla (service_id, position, group_id, sla_id) select (select id from service where name = 'IT'), 0, (select min(id) from requester_group), (select min(id) from sla)",
			"error.open.no_requester"},
		"requester disabled": {"update person set disabled_at = now() where email = 'ben@city.test'", "update person set disabled_at = null where email = 'ben@city.test'",
			"error.open.no_requester"},
		"requester forgotten": {"update template set requester_id = null where title = 'Bad'", "update template set requester_id = (select id from person where email = 'ben@city.test') where title = 'Bad'",
			"error.open.no_requester"},
		"service archived":  {"update service set archived_at = now() where name = 'Printers'", "update service set archived_at = null where name = 'Printers'", "error.service.unknown"},
		"service a folder":  {"update service set folder = true where name = 'Printers'", "update service set folder = false where name = 'Printers'", "error.service.folder"},
		"a field that went": {"update template set fields = '{\"asset\": \"1\"}' where title = 'Bad'", "update template set fields = '{}' where title = 'Bad'", "error.field.none"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			bad := c.periodic("Bad")
			good := c.addTemplate("net", daily(drafted(core.TicketTemplate, "Network", "Good", "x", "subject", "Good {{date}}", "requester", "eva@city.test"))).ID
			c.sql(x.spoil)
			c.now = c.now.Add(4 * time.Hour)
			err := c.schedules()
			if err == nil || !strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), x.key) {
				t.Errorf("the log is told %v", err)
			}
			if what == "no requester any more" { // of the other one either
				if c.template(good).Failure == nil {
					t.Error("the other one has no failure")
				}
			} else {
				c.opened("the other one", "Good 4 March 2026")
			}
			failed := c.template(bad)
			if f := failed.Failure; f == nil || f.Key != x.key || !f.At.Equal(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)) {
				t.Errorf("failure = %+v", failed.Failure)
			}
			if !failed.NextAt.Equal(time.Date(2026, 3, 5, 14, 0, 0, 0, time.UTC)) {
				t.Errorf("next at %v", failed.NextAt)
			}
			if err := c.schedules(); err != nil {
				t.Errorf("nothing is due: %v", err)
			}
			c.sql(x.mend)
			c.now = c.now.Add(day)
			if err := c.schedules(); err != nil {
				t.Error(err)
			}
			if c.template(bad).Failure != nil {
				t.Errorf("still failed: %+v", c.template(bad).Failure)
			}
			if list := strings.Join(c.subjects(), ", "); !strings.Contains(list, "Bad 5 March 2026") || strings.Contains(list, "Bad 4 March") {
				t.Errorf("opened: %s", list)
			}
		})
	}
}

// A schedule that changes begins with its next moment; one that stays keeps what was missed.
func TestScheduleThatChangesForgetsWhatWasMissed(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.periodic("Backup")
	c.now = c.now.Add(3 * day)
	text := "y"
	if _, err := c.desk.EditTemplate(t.Context(), c.actor("sol"), id, daily(helpdesk.TemplateWriting{Text: &text}), 0); err != nil {
		t.Fatal(err)
	}
	if next := c.template(id).NextAt; next.Day() != 4 {
		t.Errorf("next at %v", next)
	}
	w := helpdesk.TemplateWriting{SetSchedule: true, Schedule: &core.Schedule{Every: "month", Day: 31, At: "09:00"}}
	if _, err := c.desk.EditTemplate(t.Context(), c.actor("sol"), id, w, 0); err != nil {
		t.Fatal(err)
	}
	if x := c.template(id); x.NextAt.Month() != time.March || x.NextAt.Day() != 31 || x.Schedule.Timezone == "" {
		t.Errorf("next at %v in %q", x.NextAt, x.Schedule.Timezone)
	}
	if err := c.schedules(); err != nil {
		t.Error(err)
	}
	c.opened("nothing")
}

// Somebody who changes the template while its ticket is opened waits, or the daemon does: neither undoes the other.
func TestTemplateIsChangedWhileItsTicketIsOpened(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.periodic("Backup")
	c.now = c.now.Add(4 * time.Hour)
	done := make(chan error)
	err := c.Store.InTx(t.Context(), func(tx *store.Tx) error {
		locked, err := tx.LockTemplate(t.Context(), id)
		if err != nil {
			return err
		}
		go func() { done <- c.schedules() }()
		select {
		case err := <-done:
			return errors.Join(errors.New("it did not wait"), err)
		case <-time.After(200 * time.Millisecond):
		}
		locked.Schedule, locked.NextAt = nil, time.Time{}
		return tx.SaveTemplate(t.Context(), locked)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.opened("nothing")
}

// Opening tickets for others is a row of its own (A5) that managers have not: neither a schedule nor moving one is a way around
// it. What stays as it is keeps nobody from writing the rest.
func TestManagerOpensNoTicketsForOthersByASchedule(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.Network, c.People["man"].ID)
	id := c.periodic("Backup")
	schedule := *c.template(id).Schedule
	edit := func(w helpdesk.TemplateWriting) error {
		_, err := c.desk.EditTemplate(t.Context(), c.actor("man"), id, w, 0)
		return err
	}
	later := schedule
	later.At = "09:00"
	ben, eva, himself, stranger, nobody, network, title, text := "ben@city.test", "eva@city.test", "man@city.test", "nobody@city.test", "", "Network", "Mine", "y"
	for what, w := range map[string]helpdesk.TemplateWriting{
		"another requester": {Requester: &eva},
		"another time":      {SetSchedule: true, Schedule: &later},
		"another service":   {Service: &network},
		"an unknown person": {Requester: &stranger},
	} {
		c.refusedWith(what, "error.template.on_behalf", edit(w))
	}
	_, err := c.desk.AddTemplate(t.Context(), c.actor("man"), daily(drafted(core.TicketTemplate, "Printers", "More", "x", "subject", "x", "requester", ben)))
	c.refusedWith("a new one", "error.template.on_behalf", err)
	if err := edit(helpdesk.TemplateWriting{Title: &title, Text: &text, Requester: &ben, SetSchedule: true, Schedule: &schedule}); err != nil {
		t.Errorf("the rest: %v", err)
	}
	if err := edit(helpdesk.TemplateWriting{Requester: &himself}); err != nil {
		t.Errorf("for himself: %v", err)
	}
	if err := edit(helpdesk.TemplateWriting{Requester: &nobody, SetSchedule: true}); err != nil {
		t.Errorf("its end: %v", err)
	}
}
