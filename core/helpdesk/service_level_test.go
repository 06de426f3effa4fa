package helpdesk_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// promising is a city whose SLA counts office hours: Monday to Friday from 8 to 18 in UTC, 4 hours to the first response and
// 16 to the resolution, half of it for urgent tickets. The clock stands on Wednesday at noon.
func promising(t *testing.T) *city {
	c := newCity(t)
	c.sql(`with hours as (insert into calendar (name, timezone, hours, holidays)
			values ('Office', 'UTC', '{"mon-fri": ["08:00-18:00"]}', '{}') returning id)
		update sla set calendar_id = hours.id, priorities = '{"urgent": {"first_response": 7200, "resolution": 28800}}' from hours`)
	return c
}

// moment is a time of the week in which these tests play.
func moment(day int, clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", fmt.Sprintf("2026-03-%02d %s", day, clock))
	if err != nil {
		panic(err)
	}
	return t
}

// until looks at the clocks again and again up to the moment, and a minute before it.
func (c *city) until(at time.Time) {
	c.Helper()
	for c.now.Before(at) {
		switch left := at.Sub(c.now); {
		case left > 16*time.Minute:
			c.now = c.now.Add(15 * time.Minute)
		case left > time.Minute:
			c.now = at.Add(-time.Minute)
		default:
			c.now = at
		}
		c.check(c.desk.Deadlines(c.Context()))
	}
}

// due wants the ticket's deadlines.
func (c *city) due(what string, n core.Number, first, resolution time.Time) {
	c.Helper()
	if k := c.ticket(n).Clock; !k.FirstResponseDue.Equal(first) || !k.ResolutionDue.Equal(resolution) {
		c.Errorf("%s: due %s and %s, want %s and %s", what, k.FirstResponseDue, k.ResolutionDue, first, resolution)
	}
}

// clock is what the log says of deadlines, as "field from to".
func (c *city) clock(n core.Number) []string {
	c.Helper()
	records, err := c.Store.Records(c.Context(), n)
	if err != nil {
		c.Fatal(err)
	}
	list := []string{}
	for _, r := range records {
		if r.Kind == core.KindSLA {
			if r.ShowToRequester || r.Author != nil {
				c.Errorf("%+v is not the desk's, for the team", r)
			}
			list = append(list, strings.Join(strings.Fields(r.Change.Field+" "+r.Change.From+" "+r.Change.To), " "))
		}
	}
	return list
}

func (c *city) logged(what string, n core.Number, want ...string) {
	c.Helper()
	if got := c.clock(n); !slices.Equal(got, append([]string{}, want...)) {
		c.Errorf("%s: logged\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const (
	warnsMia    = "sla_warning mia main_solver sla_solver"
	breachesMia = "sla_breach mia main_solver sla_solver"
)

// E11, E12: each warning and breach at its minute, once, to who has the ticket in care; breaches stand in the log.
func TestDeadlinesAreTold(t *testing.T) {
	t.Parallel()
	c := promising(t)
	n := c.open("ben") // Wednesday 12:01
	c.due("opened", n, moment(4, "16:01"), moment(6, "08:01"))
	c.until(moment(4, "15:12"))
	c.told("nothing is near")
	c.until(moment(4, "15:13"))
	mails := c.outbox()
	if len(mails) != 1 || mails[0].To != "mia" || mails[0].Event != "sla_warning" || !mails[0].Automatic || len(mails[0].Deadlines) != 1 ||
		mails[0].Deadlines[0].Target != core.TargetFirstResponse || !mails[0].Deadlines[0].Due.Equal(moment(4, "16:01")) {
		t.Fatalf("the first warning: %+v", mails)
	}
	c.until(moment(4, "16:00"))
	c.told("between warning and breach")
	c.until(moment(4, "16:01"))
	c.told("the breach", breachesMia)
	c.logged("the breach", n, "first_response 2026-03-04T16:01:00Z missed")
	c.check(c.assign("mia", n, "sol", ""))
	c.check(c.record("sol", n, "Which room?", yes())) // the first response, late
	c.mails()
	c.until(moment(5, "14:48"))
	c.told("the resolution is far")
	c.until(moment(5, "14:49"))
	c.told("its warning is the solver's", "sla_warning sol solver sla_solver")
	c.until(moment(6, "08:01"))
	c.told("its breach", "sla_breach sol solver sla_solver")
	c.until(moment(6, "12:00"))
	c.told("nothing more to say")
	c.logged("both", n, "first_response 2026-03-04T16:01:00Z missed", "resolution 2026-03-06T08:01:00Z missed")
	if x := c.ticket(n); !x.Clock.NextAt.IsZero() {
		t.Errorf("the clock is looked at again at %s", x.Clock.NextAt)
	}
}

// A group that has the ticket is told; who switched it off is not; managers are where they asked, for their requesters.
func TestWhoIsToldOfDeadlines(t *testing.T) {
	t.Parallel()
	c := promising(t)
	c.grant(c.IT, core.Manager, "pat", 0) // the folder's manager is the service's, too
	c.sql("insert into requester_group (name, domains) values ('Vendors', '{vendor.test}')")
	c.sql(`insert into role_grant (service_id, role, person_id, for_group_id) select $1, 'manager', $2, id from requester_group where name = 'Vendors'`,
		c.Printers, c.People["net"].ID)
	for _, who := range []string{"man", "pat", "net", "rea", "ben"} { // a manager of other people's tickets, a reader, the requester
		c.wants(who, "sla_manager", 0, yes())
	}
	c.wants("gil", "sla_solver", 0, no())
	n := c.open("ben")
	c.check(c.assign("mia", n, "", "Field"))
	c.mails()
	managers := []string{"sla_warning man manager sla_manager", "sla_warning pat manager sla_manager"}
	c.until(moment(4, "15:30"))
	c.told("the group, and managers", append(managers, "sla_warning gus solver_group sla_solver")...)
	c.wants("man", "sla_manager", c.Printers, no())
	c.wants("pat", "sla_manager", 0, nil)
	c.until(moment(4, "16:30"))
	c.told("nobody asked any more", "sla_breach gus solver_group sla_solver")

	list, err := c.desk.Who(t.Context(), nil, n, core.EventSLABreach)
	if err != nil || len(list) != 1 || list[0].Email != "gus@city.test" || list[0].Reason != "sla_solver" {
		t.Errorf("who would be told: %+v, %v", list, err)
	}
}

// E12: over restarts and with several daemons each warning and breach is one mail to each person.
func TestDeadlinesAreToldOnceByAllDaemons(t *testing.T) {
	t.Parallel()
	c := promising(t)
	c.wants("man", "sla_manager", 0, yes())
	const tickets = 10
	for range tickets {
		n := c.open("ben")
		c.must("mia", func(a *helpdesk.Act) error {
			_, err := a.SetInternalTarget(t.Context(), n, moment(5, "10:00"), 0)
			return err
		})
	}
	c.mails()
	got := map[string]int{}
	at := c.now
	for at.Before(moment(6, "09:00")) {
		at = at.Add(20 * time.Minute)
		now := at
		var looks sync.WaitGroup
		for range 2 { // as after a restart: nothing that was told is remembered but in the database
			desk := helpdesk.New(c.Store, func() time.Time { return now })
			for range 2 {
				looks.Go(func() {
					if err := desk.Deadlines(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		looks.Wait()
		for _, q := range c.outbox() {
			got[fmt.Sprintf("%d %s %s %s", q.Ticket.Number, q.Event, q.Deadlines[0].Target, q.To)]++
		}
	}
	if want := tickets * 3 * 2 * 2; len(got) != want { // three targets, warned of and missed, two people
		t.Errorf("%d different mails, want %d", len(got), want)
	}
	for what, n := range got {
		if n != 1 {
			t.Errorf("%s: %d times", what, n)
		}
	}
}

// A look after a long outage tells what was missed once, and no warning of what is past.
func TestMissedWarningIsNotToldWithTheBreach(t *testing.T) {
	t.Parallel()
	c := promising(t)
	c.open("ben")
	c.now = moment(9, "12:00")
	c.check(c.desk.Deadlines(t.Context()))
	c.told("after five days", breachesMia, breachesMia)
	c.check(c.desk.Deadlines(t.Context()))
	c.told("once")
}

// After an upgrade, and under an SLA that has its first targets, what had passed before is worked out and not told.
func TestDeadlinesThatCameLateAreNotTold(t *testing.T) {
	t.Parallel()
	c := newCity(t) // the SLA has no calendar
	old := c.open("ben")
	c.sql("update ticket set created_at = created_at - interval '30 days'")
	before := c.ticket(old)
	fresh := c.open("ben")
	c.sql(`with hours as (insert into calendar (name, timezone, hours, holidays) values ('Office', 'UTC', '{"mon-fri": ["08:00-18:00"]}', '{}') returning id)
		update sla set calendar_id = hours.id from hours`)
	c.sql("update ticket set clock_next_at = created_at") // as the migration does
	c.check(c.desk.Deadlines(t.Context()))
	c.told("the first look")
	c.untouched("the first look", before)
	c.logged("the first look", old)
	if x := c.ticket(old); x.Clock.ResolutionDue.IsZero() || !x.Overdue(c.now) {
		t.Errorf("the old ticket is due %v", x.Clock)
	}
	c.due("the fresh one", fresh, moment(4, "16:02"), moment(6, "08:02"))
	c.until(moment(4, "15:20"))
	c.told("what comes is told", warnsMia)
	c.until(moment(4, "16:20"))
	c.told("what passes is told", breachesMia)
}

// untouched wants a ticket as it was for who is at work on it, and for who sees when it last changed.
func (c *city) untouched(what string, before *core.Ticket) {
	c.Helper()
	if now := c.ticket(before.Number); now.Version != before.Version || !now.UpdatedAt.Equal(before.UpdatedAt) {
		c.Errorf("%s: version %d of %s became version %d of %s", what, before.Version, before.UpdatedAt, now.Version, now.UpdatedAt)
	}
}

// What the desk works out by itself refuses nobody who acts on what they saw, and is no "updated" of the requester's: neither
// a warning nor a recount that moves nothing. What is logged is.
func TestLookAtTheClockIsNoChangeOfTheTicket(t *testing.T) {
	t.Parallel()
	c := promising(t)
	n := c.open("ben") // Wednesday 12:01
	seen := c.ticket(n)
	c.sql("update ticket set clock_next_at = $1", c.now) // as a changed SLA does
	c.check(c.desk.Deadlines(t.Context()))
	if next := c.ticket(n).Clock.NextAt; !next.Equal(moment(4, "15:13")) {
		t.Errorf("next at %s", next)
	}
	c.untouched("a recount", seen)
	c.until(moment(4, "15:13"))
	c.told("near", warnsMia)
	c.untouched("a warning", seen)
	if told := c.ticket(n).Clock.Told; !slices.Equal(told, []string{"first_response.warning"}) {
		t.Errorf("told %q", told)
	}
	if err := c.take("mia", n, seen.Version); err != nil {
		t.Errorf("on what she saw: %v", err)
	}
	seen = c.ticket(n)
	c.until(moment(4, "16:01"))
	if now := c.ticket(n); now.Version != seen.Version+1 || !now.UpdatedAt.After(seen.UpdatedAt) {
		t.Errorf("missed, which is logged: version %d became %d", seen.Version, now.Version)
	}
}

// The log has whole seconds: a pause that moves a deadline by less says nothing.
func TestShortPauseIsNotLogged(t *testing.T) {
	t.Parallel()
	c := promising(t)
	n := c.open("ben")
	c.check(c.status("mia", n, core.Waiting))
	for _, pause := range []time.Duration{300 * time.Millisecond, 2 * time.Second} {
		c.now = c.now.Add(pause - time.Minute)
		c.check(c.status("mia", n, core.InProgress))
		c.check(c.status("mia", n, core.Waiting))
	}
	c.logged("two seconds and a bit", n, "first_response_due 2026-03-04T16:01:00Z 2026-03-04T16:01:02Z", "resolution_due 2026-03-06T08:01:00Z 2026-03-06T08:01:02Z")
}

// E9, E11: waiting stops the clock, and the requester's mail starts it again: the deadlines move by the operating time
// between, which is logged, and told by that mail alone.
func TestWaitingMovesDeadlines(t *testing.T) {
	t.Parallel()
	c := promising(t)
	n := c.open("ben") // Wednesday 12:01
	c.check(c.assign("mia", n, "sol", ""))
	c.now = moment(4, "12:59")
	c.check(c.status("sol", n, core.Waiting)) // 13:00
	c.mails()
	c.until(moment(4, "23:00"))
	c.told("it stands")
	if x := c.ticket(n); x.Overdue(c.now) || !x.Clock.DueAt.IsZero() || !x.Clock.NextAt.IsZero() {
		t.Errorf("it stands with %+v", x.Clock)
	}
	c.now = moment(5, "09:59")
	c.sql(`insert into inbound (id, mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at)
		overriding system value values (1, $1, 1, 1, 1, '', 0, now(), now())`, c.Mailbox)
	c.now = c.now.Add(time.Minute)
	_, err := c.desk.ApplyMail(t.Context(), 1, helpdesk.Letter{MessageID: "1@city.test", Sender: "ben@city.test", From: "ben@city.test"},
		func(m *helpdesk.Mail) (store.Outcome, error) {
			m.Become(c.People["ben"], core.PersonProven)
			_, err := m.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "Room 12.", Mail: &helpdesk.MailSource{Inbound: 1, MessageID: "1@city.test"}})
			return store.Outcome{State: core.InboundApplied, Ticket: n}, err
		})
	if err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol")
	c.told("the message", "message_received sol solver solver")
	// It stood for five hours on Wednesday and two on Thursday.
	c.due("it runs", n, moment(5, "13:01"), moment(6, "15:01"))
	c.logged("the pause", n, "first_response_due 2026-03-04T16:01:00Z 2026-03-05T13:01:00Z", "resolution_due 2026-03-06T08:01:00Z 2026-03-06T15:01:00Z")
	c.until(moment(5, "12:13"))
	c.told("the new warning", "sla_warning sol solver sla_solver")
}

// What is resolved, merged or spam has no deadline; reopened it goes on, without the time that it was done.
func TestClockOfWhatIsDoneStands(t *testing.T) {
	t.Parallel()
	c := promising(t)
	done, merged, into, spam := c.open("ben"), c.open("ben"), c.open("ben"), c.open("ben") // 12:01 to 12:04
	c.check(c.resolve("mia", done, "Done."))                                               // 12:05
	c.check(c.merge("mia", merged, into))
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(t.Context(), spam, 0); return err }) // 12:07
	for what, n := range map[string]core.Number{"resolved": done, "merged": merged, "spam": spam} {
		if k := rawClock(c, n); k != "" {
			t.Errorf("the clock of what is %s is looked at: %s", what, k)
		}
	}
	c.mails()
	c.until(moment(5, "12:07"))
	c.told("the surviving ticket's", warnsMia, breachesMia)
	c.check(c.reopen("ben", done)) // Thursday 12:08, 10 operating hours and 3 minutes after it was resolved
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.UnmarkSpam(t.Context(), spam, 0); return err })
	c.due("reopened", done, c.ticket(done).Clock.FirstResponseDue, moment(9, "08:04"))
	c.due("no spam", spam, moment(5, "16:06"), moment(9, "08:06"))
}

// rawClock is what the database would look for; "" = nothing.
func rawClock(c *city, n core.Number) (s string) {
	c.Helper()
	if err := c.Store.Pool().QueryRow(c.Context(), `select coalesce(due_at::text, '') || coalesce(clock_next_at::text, '')
		from ticket where number = $1`, n).Scan(&s); err != nil {
		c.Fatal(err)
	}
	return s
}

// A priority or a service with other targets moves the deadlines: logged, and told to both sides with the new dates, but
// not to who did it; nothing of the team's own shows.
func TestChangedPriorityMovesDeadlines(t *testing.T) {
	t.Parallel()
	c := promising(t)
	n := c.open("ben")
	c.check(c.assign("mia", n, "sol", ""))
	c.must("mia", func(a *helpdesk.Act) error {
		_, err := a.SetInternalTarget(t.Context(), n, moment(5, "10:00"), 0)
		return err
	})
	c.mails()
	urgent := func(p core.Priority) error {
		return c.as("mia", func(a *helpdesk.Act) error { _, err := a.SetPriority(t.Context(), n, p, 0); return err })
	}
	c.check(urgent(core.Urgent))
	mails := c.outbox()
	if len(mails) != 2 {
		t.Fatalf("told: %+v", mails)
	}
	for _, q := range mails {
		if q.Event != "deadline_changed" || q.To != "sol" && q.To != "ben" || len(q.Deadlines) != 2 || !q.Deadlines[0].Due.Equal(moment(4, "14:01")) ||
			!q.Deadlines[1].Due.Equal(moment(5, "10:01")) {
			t.Errorf("%s is told %s of %+v", q.To, q.Event, q.Deadlines)
		}
		if q.To == "ben" && (q.Ticket.Priority != "" || q.Ticket.InternalTarget != nil) {
			t.Errorf("the requester's mail holds %+v", q.Ticket)
		}
	}
	c.logged("earlier", n, "first_response_due 2026-03-04T16:01:00Z 2026-03-04T14:01:00Z", "resolution_due 2026-03-06T08:01:00Z 2026-03-05T10:01:00Z")
	c.check(c.record("sol", n, "Which room?", yes()))
	c.mails()
	c.check(urgent(core.Low)) // the first response is given: only the resolution is news
	for _, q := range c.outbox() {
		if len(q.Deadlines) != 1 || q.Deadlines[0].Target != core.TargetResolution || !q.Deadlines[0].Due.Equal(moment(6, "08:01")) {
			t.Errorf("%s is told of %+v", q.To, q.Deadlines)
		}
	}
	c.check(urgent(core.Normal))
	c.told("the same targets")
}

func TestMoveTakesTheDeadlinesOfTheOtherSLA(t *testing.T) {
	t.Parallel()
	c := promising(t)
	c.sql(`with quick as (insert into sla (name, calendar_id, first_response, resolution) select 'Quick', calendar_id, 3600, 7200 from sla returning id)
		insert into service_sla (service_id, position, group_id, sla_id) select $1, 0, g.id, quick.id from quick, requester_group g`, c.Network)
	c.grant(c.Network, core.Solver, "mia", 0)
	n := c.open("ben")
	c.check(c.move("mia", n, c.Network))
	c.due("moved", n, moment(4, "13:01"), moment(4, "14:01"))
	if mails := c.mails(); !slices.Contains(mails, "deadline_changed ben requester requester") {
		t.Errorf("told %q", mails)
	}
}

// A new target or other hours hold for the open tickets: worked out by the job, logged, without a mail.
func TestAppliedSLAMovesDeadlines(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	c := &city{T: t, City: &storetest.City{Store: d.store}, desk: d.desk}
	opened := func() (n core.Number) {
		t.Helper()
		dir, err := d.store.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = d.desk.Do(t.Context(), core.Actor{Person: d.person("ben@city.test"), Via: core.ViaDesk, Level: core.SignedIn}, func(a *helpdesk.Act) (err error) {
			n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: dir.ServiceByName("Printers").ID, Subject: "Jam", Text: "It jams."})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	works := func(what string, n core.Number, first, resolution string) {
		t.Helper()
		d.now = d.now.Add(time.Minute)
		c.check(d.desk.Deadlines(t.Context()))
		k := d.read(n).Clock
		if got := k.FirstResponseDue.UTC().Format("02 15:04") + ", " + k.ResolutionDue.UTC().Format("02 15:04"); got != first+", "+resolution {
			t.Errorf("%s: due %s, want %s, %s", what, got, first, resolution)
		}
	}
	n, closed := opened(), opened() // Monday, 9 o'clock in Chicago
	if _, err := d.store.Pool().Exec(t.Context(), "update ticket set status = 'closed', clock_next_at = null where number = $1", closed); err != nil {
		t.Fatal(err)
	}
	works("opened", n, "02 20:00", "04 15:00")
	version := d.read(n).Version
	c.mails()
	shorter := edited(t, office, "resolution: 16h", "resolution: 8h")
	d.apply(shorter)
	works("a shorter target", n, "02 20:00", "03 15:00")
	d.apply(edited(t, shorter, `hours: {mon-fri: ["08:00-12:00", "13:00-17:00"]}`, `hours: {mon-fri: ["08:00-12:00"]}`))
	works("shorter hours", n, "03 15:00", "04 15:00")
	c.logged("both", n, "resolution_due 2026-11-04T15:00:00Z 2026-11-03T15:00:00Z",
		"first_response_due 2026-11-02T20:00:00Z 2026-11-03T15:00:00Z", "resolution_due 2026-11-03T15:00:00Z 2026-11-04T15:00:00Z")
	c.told("nobody did it to the ticket")
	if now := d.read(n).Version; now != version+2 {
		t.Errorf("the ticket changed %d times", now-version)
	}
	if x := d.read(closed); !x.Clock.NextAt.IsZero() {
		t.Error("the clock of a closed ticket is worked out again")
	}
}
