package helpdesk_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

const day = 24 * time.Hour

// live looks at the clock once, some time later.
func (c *city) live(later time.Duration) {
	c.Helper()
	c.now = c.now.Add(later)
	if err := c.desk.Life(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// waiting is a ticket of Ben's that Sol works on, and that waits for an answer since now.
func (c *city) waiting() core.Number {
	c.Helper()
	n := c.open("ben")
	for _, err := range []error{c.take("sol", n, 0), c.record("sol", n, "Which room?", yes()), c.status("sol", n, core.Waiting)} {
		if err != nil {
			c.Fatal(err)
		}
	}
	c.mails()
	return n
}

// last is the latest record of the ticket's log.
func (c *city) last(n core.Number) *core.Record {
	c.Helper()
	records, err := c.Store.Records(c.Context(), n)
	if err != nil || len(records) == 0 {
		c.Fatal(len(records), err)
	}
	return records[len(records)-1]
}

// unseen wants the ticket to be as if it were not there for them.
func (c *city) unseen(n core.Number, who string) {
	c.Helper()
	_, err := c.desk.Ticket(c.Context(), c.People[who], n)
	c.refused(who+" looks", core.NotFound, err)
}

func (c *city) sees(n core.Number, who string) {
	c.Helper()
	if _, err := c.desk.Ticket(c.Context(), c.People[who], n); err != nil {
		c.Errorf("%s does not see the ticket: %v", who, err)
	}
}

// E9: each reminder once, at its day; the answer that is waited for comes along, and when waiting ends by itself.
func TestWaitingReminders(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{3,7}', resolve_waiting_days = 14 where id = $1", c.Printers)
	n := c.waiting()
	since := c.now
	c.live(3*day - time.Second)
	c.told("before the first day")
	c.live(time.Second)
	mails := c.outbox()
	if len(mails) != 1 || mails[0].To != "ben" || mails[0].Event != "waiting_reminder" || mails[0].Reason != "requester" || !mails[0].Automatic {
		t.Fatalf("first reminder: %+v", mails)
	}
	if r, at := mails[0].Record, mails[0].ResolvesAt; r == nil || r.Text != "Which room?" || at == nil || !at.Equal(since.Add(14*day)) {
		t.Errorf("the reminder says %+v, and that waiting ends %v", r, at)
	}
	c.live(time.Minute)
	c.live(3 * day)
	c.told("between the days")
	c.live(day)
	c.told("second day", "waiting_reminder ben requester requester")
	c.live(day)
	c.told("nothing more to say")
	c.is(n, core.Waiting, "sol")

	if err := c.record("ben", n, "Room 12.", nil); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol")
	c.mails()
	c.live(30 * day)
	c.told("answered")
	c.is(n, core.InProgress, "sol")

	if err := c.status("sol", n, core.Waiting); err != nil {
		t.Fatal(err)
	}
	c.live(3*day - time.Second)
	c.told("waiting began anew")
	c.live(time.Second)
	c.told("its first day", "waiting_reminder ben requester requester")
}

// After an outage of the daemon the reminders that were missed are one mail.
func TestMissedRemindersAreOneMail(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{1,2,3,9}' where id = $1", c.Printers)
	n := c.waiting()
	c.live(5 * day)
	mails := c.outbox()
	if len(mails) != 1 || mails[0].ResolvesAt != nil {
		t.Errorf("after five days: %+v", mails)
	}
	c.live(time.Minute)
	c.told("all of them are said")
	c.live(4 * day)
	c.told("the last one", "waiting_reminder ben requester requester")
	c.live(100 * day)
	c.told("without a day on which waiting ends")
	c.is(n, core.Waiting, "sol")
}

// E9: waiting ends by itself, and everybody concerned hears of it; participants, too. Nobody is the author.
func TestWaitingEndsByItself(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{7}', resolve_waiting_days = 14 where id = $1", c.Printers)
	n := c.waiting()
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, c.People["eva"], 0)
		return err
	})
	c.mails()
	c.live(14*day - 2*time.Minute)
	c.told("a reminder", "waiting_reminder ben requester requester")
	c.live(time.Minute)
	c.told("resolved", "resolved ben requester requester", "resolved eva participant participant")
	c.is(n, core.Resolved, "sol")
	if r := c.last(n); r.Kind != core.KindStatus || r.Author != nil || r.Change.From != "waiting" || r.Change.To != "resolved" || !r.ShowToRequester {
		t.Errorf("logged as %+v", r)
	}
	if x := c.ticket(n); !x.ResolvedAt.Equal(c.now) || !x.WaitingSince.IsZero() || x.Withdrawn {
		t.Errorf("resolved at %s, waiting since %s, withdrawn %t", x.ResolvedAt, x.WaitingSince, x.Withdrawn)
	}
	c.live(time.Minute)
	c.told("once")
}

// Automatic mail changes no state: an out-of-office answer neither ends waiting nor puts off its end (E8, mail.md 2).
func TestAutomaticMailDoesNotEndWaiting(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{3}', resolve_waiting_days = 5, close_after_days = 1 where id = $1", c.Printers)
	n := c.waiting()
	automatic := func(id int64) {
		t.Helper()
		c.sql(`insert into inbound (id, mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at)
			overriding system value values ($1, $2, 1, 1, $1, '', 0, now(), now())`, id, c.Mailbox)
		_, err := c.desk.ApplyMail(t.Context(), id, helpdesk.Letter{MessageID: fmt.Sprint(id, "@city.test"), Sender: "ben@city.test", From: "ben@city.test"},
			func(m *helpdesk.Mail) (store.Outcome, error) {
				number, err := m.RecordAutomatic(t.Context(), n, "ben@city.test", "I am away.", &helpdesk.MailSource{Inbound: id})
				return store.Outcome{State: core.InboundApplied, Ticket: number}, err
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	c.now = c.now.Add(2 * day)
	automatic(1)
	c.is(n, core.Waiting, "sol")
	c.live(day)
	c.told("reminded as if nothing had come", "waiting_reminder ben requester requester")
	c.live(2 * day)
	c.is(n, core.Resolved, "sol")
	c.told("resolved as if nothing had come", "resolved ben requester requester")
	automatic(2)
	c.is(n, core.Resolved, "sol")
	c.live(day)
	c.is(n, core.Closed, "sol")
}

// E7: resolved becomes closed after the service's days, counted from the last time it was resolved; 0 = never.
func TestResolvedClosesByItself(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	resolved := func(who string) core.Number {
		n := c.open(who)
		if err := c.resolve("mia", n, "Done."); err != nil {
			t.Fatal(err)
		}
		c.mails()
		return n
	}
	n := resolved("ben")
	c.sql("update service set close_after_days = 0 where id = $1", c.Printers)
	c.live(1000 * day)
	c.is(n, core.Resolved, "")
	c.sql("update service set close_after_days = 5, reopen_days = 2000 where id = $1", c.Printers)
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	c.live(day)
	c.is(n, core.Open, "")
	if err := c.resolve("mia", n, "Now."); err != nil {
		t.Fatal(err)
	}
	at := c.now
	c.mails()
	c.live(at.Add(5*day - time.Second).Sub(c.now))
	c.told("before its time")
	c.live(time.Second)
	c.told("closed", "closed ben requester requester")
	c.is(n, core.Closed, "")
	if r := c.last(n); r.Author != nil || r.Change.To != "closed" || !c.ticket(n).ClosedAt.Equal(c.now) {
		t.Errorf("logged as %+v, closed at %s", r, c.ticket(n).ClosedAt)
	}
	c.live(5 * day)
	c.told("once")
}

// E7: a ticket with open children does not close before they are done.
func TestClosingWaitsForChildren(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set close_after_days = 5 where id = $1", c.Printers)
	parent, child := c.open("ben"), c.open("eva")
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetParent(t.Context(), child, parent, 0); return err })
	if err := c.resolve("mia", parent, "Done."); err != nil {
		t.Fatal(err)
	}
	c.mails()
	c.live(6 * day)
	c.is(parent, core.Resolved, "")
	c.told("a child is open")
	if err := c.resolve("mia", child, "Done too."); err != nil {
		t.Fatal(err)
	}
	c.mails()
	c.live(time.Minute)
	c.is(parent, core.Closed, "")
	c.is(child, core.Resolved, "")
	c.told("the parent's time is long over", "closed ben requester requester")

	second, spam := c.open("ben"), c.open("eva") // a child that is spam is nobody's work any more (D25)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetParent(t.Context(), spam, second, 0); return err })
	c.check(c.resolve("mia", second, "Done."))
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(t.Context(), spam, 0); return err })
	c.live(5 * day)
	c.is(second, core.Closed, "")
}

// E7, E9: whoever solves the ticket above hears of a child whose waiting ended by itself.
func TestParentHearsOfAChildThatEndedByItself(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set resolve_waiting_days = 5 where id = $1", c.Printers)
	parent, child := c.open("eva"), c.waiting()
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetParent(t.Context(), child, parent, 0); return err })
	c.check(c.take("vic", parent, 0))
	c.mails()
	c.live(5 * day)
	c.told("both sides", "resolved ben requester requester", "child_resolved vic solver child_resolved")
}

// D25: of spam nobody hears; undone, it goes on where it stood.
func TestLifeLeavesSpamAlone(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{3}', resolve_waiting_days = 5, close_after_days = 5 where id = $1", c.Printers)
	waits, done := c.waiting(), c.open("eva")
	if err := c.resolve("mia", done, "Done."); err != nil {
		t.Fatal(err)
	}
	for _, n := range []core.Number{waits, done} {
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(t.Context(), n, 0); return err })
	}
	c.mails()
	c.live(20 * day)
	c.is(waits, core.Waiting, "sol")
	c.is(done, core.Resolved, "")
	c.told("spam")
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.UnmarkSpam(t.Context(), done, 0); return err })
	c.mails()
	c.live(time.Minute)
	c.is(done, core.Closed, "")
}

// E13, D12: what nobody decided in time is over: the solver side is told, and the approver loses sight.
func TestApprovalExpires(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	ask := func(who ...string) {
		t.Helper()
		var approvers []*core.Person
		for _, w := range who {
			approvers = append(approvers, c.People[w])
		}
		c.must("mia", func(a *helpdesk.Act) error {
			_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: approvers, Text: "May we?", ExpiresAt: c.now.Add(2 * day)}, 0)
			return err
		})
		c.mails()
	}
	decide := func(who string) error {
		return c.as(who, func(a *helpdesk.Act) error {
			_, err := a.DecideApproval(t.Context(), n, core.ApprovalApproved, "", "", 0)
			return err
		})
	}
	ask("eva", "pat")
	if err := decide("eva"); err != nil {
		t.Fatal(err)
	}
	c.mails()
	c.sees(n, "pat")
	c.live(2*day - 2*time.Minute)
	c.told("before its time")
	c.sees(n, "pat")
	c.now = c.now.Add(2 * time.Minute)
	c.refused("a decision after the end, before anybody noted it", core.Conflict, decide("pat"))
	c.live(0)
	mails := c.outbox()
	if len(mails) != 1 || mails[0].To != "sol" || mails[0].Event != "approval_finished" || mails[0].Approval == nil || mails[0].Approval.State != core.ApprovalExpired {
		t.Errorf("the solver is told %+v", mails)
	}
	c.unseen(n, "pat")
	q := c.ticket(n).Approvals[0]
	if q.State != core.ApprovalExpired || q.Approvers[0].State != core.ApprovalApproved || q.Approvers[1].State != core.ApprovalExpired {
		t.Errorf("the approval stands %+v", q)
	}
	if r := c.last(n); r.Kind != core.KindApproval || r.Author != nil || r.ShowToRequester || r.Change.To != "expired" {
		t.Errorf("logged as %+v", r)
	}
	c.live(day)
	c.told("once")

	// Two of one ticket at once, and nobody who solves it: each ends, for the main solvers.
	ask("eva")
	ask("pat")
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err })
	c.mails()
	c.live(3 * day)
	c.told("both", "approval_finished mia main_solver main_solver", "approval_finished mia main_solver main_solver")
}

// Two daemons that look at the same moment do everything once.
func TestLifeOfTwoDaemons(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{1}', resolve_waiting_days = 10, close_after_days = 20 where id = $1", c.Printers)
	const each = 8
	for range each { // to be reminded, to be resolved, to be closed, to expire
		c.waiting()
		old, done, asked := c.waiting(), c.open("eva"), c.open("pat")
		c.sql("update ticket set waiting_since = waiting_since - interval '30 days', reminded = 1 where number = $1", old)
		if err := c.resolve("mia", done, "Done."); err != nil {
			t.Fatal(err)
		}
		c.sql("update ticket set resolved_at = resolved_at - interval '30 days' where number = $1", done)
		c.must("mia", func(a *helpdesk.Act) error {
			_, err := a.AskApproval(t.Context(), asked, helpdesk.NewApproval{Approvers: []*core.Person{c.People["ben"]}, ExpiresAt: c.now.Add(time.Hour)}, 0)
			return err
		})
	}
	c.mails()
	c.now = c.now.Add(day + time.Hour)
	another := helpdesk.New(c.Store, func() time.Time { return c.now })
	var looks sync.WaitGroup
	for i := range 6 {
		looks.Go(func() {
			if err := []*helpdesk.Helpdesk{c.desk, another}[i%2].Life(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	looks.Wait()
	counts := map[string]int{}
	for _, m := range c.mails() {
		counts[strings.Fields(m)[0]]++
	}
	want := map[string]int{"waiting_reminder": each, "resolved": each, "closed": each, "approval_finished": each}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("mails %v, want %v", counts, want)
	}
}

// A ticket that somebody holds keeps no other waiting for long: it is left for the next look.
func TestHeldTicketDelaysNoOther(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{1}' where id = $1", c.Printers)
	held, good := c.waiting(), c.waiting()
	tx, err := c.Store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select from ticket where number = $1 for update", held); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(day)
	began := time.Now()
	if err := c.desk.Life(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("waiting of ticket %d: ", held)) {
		t.Errorf("the ticket that is held: %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the look took %s", took)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.ticket(good).Reminded != 1 || c.ticket(held).Reminded != 0 {
		t.Errorf("reminded %d and %d times", c.ticket(good).Reminded, c.ticket(held).Reminded)
	}
	c.live(0)
	if c.ticket(held).Reminded != 1 {
		t.Error("the ticket is not reminded of at the next look")
	}
}

// A ticket that cannot be worked on keeps no other waiting.
func TestFailingTicketDelaysNoOther(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update service set remind_days = '{1,2}' where id = $1", c.Printers)
	broken, good := c.waiting(), c.waiting()
	c.sql(fmt.Sprintf("alter table ticket add constraint broken check (number <> %d or reminded = 0)", broken))
	c.now = c.now.Add(day)
	err := c.desk.Life(t.Context())
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("waiting of ticket %d: ", broken)) || strings.Contains(err.Error(), fmt.Sprint(good)) {
		t.Errorf("the failure: %v", err)
	}
	c.told("the good one", "waiting_reminder ben requester requester")
	if x := c.ticket(good); x.Reminded != 1 {
		t.Errorf("reminded %d times", x.Reminded)
	}
	c.sql("alter table ticket drop constraint broken")
	c.live(time.Minute)
	c.told("once it is mended", "waiting_reminder ben requester requester")
}
