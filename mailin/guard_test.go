package mailin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// A chase freezes the address for a day, visibly: its acknowledgements are cancelled, other automatic mail waits, people's
// replies go on, and when the day is over all is as before.
func TestChaseFreezes(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	r.answers[ben] = echo(ben, with("", newThread))
	row := r.send(post{top: passed, from: ben, subject: "The printer jams", body: "It does, every day at nine."})
	n := row.Ticket
	begun := r.now
	for range 40 {
		r.bringOut(time.Minute)
		var now []string
		for _, w := range r.waits {
			now = append(now, w.p.raw(r.office))
		}
		r.waits = nil
		r.now = r.now.Add(time.Minute)
		r.bringIn(now)
	}
	if r.robots[ben] != 5 { // one for the person's mail, four for the robot's
		t.Errorf("%d automatic mails before the freeze, want 5", r.robots[ben])
	}
	var until time.Time
	var why string
	var cancelled int
	err := r.Store.Pool().QueryRow(t.Context(), "select frozen_until, reason, (select count(*) from outbox where state = 'cancelled' and response like 'the address is frozen%') from address_guard where address = $1", ben).Scan(&until, &why, &cancelled)
	if err != nil || until.Before(begun.Add(24*time.Hour)) || why == "" || cancelled != 1 {
		t.Errorf("frozen until %s for %q, %d cancelled: %v", until, why, cancelled, err)
	}
	r.answers = map[string]func(got) []post{}
	r.take("sol", n)
	r.write("sol", n, "Please open tray two.", true)
	r.bringOut(time.Minute)
	if r.people[ben] != 1 || r.robots[ben] != 5 {
		t.Errorf("frozen: %d of people, %d of robots", r.people[ben], r.robots[ben])
	}
	r.now = r.now.Add(24 * time.Hour)
	r.send(post{top: passed, from: ben, subject: "Something else", body: "My chair is broken, can somebody look at it?"})
	r.bringOut(time.Minute)
	if r.robots[ben] != 6 {
		t.Errorf("a day later: %d of robots, want 6", r.robots[ben])
	}
}

// Somebody who writes four short mails in a row and gets four acknowledgements is no robot.
func TestBusyPersonIsNotFrozen(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	for i, text := range []string{"The printer on the second floor jams.", "I cannot open the shared calendar any more.", "Who can order a new headset for Ana?",
		"My password runs out tomorrow, what shall I do?", "There is water on the floor of the server room!", "Please add me to the list of the police."} {
		r.send(post{top: passed, from: ben, subject: fmt.Sprint("Matter ", i), body: text})
		r.now = r.now.Add(30 * time.Second)
		r.bringOut(time.Minute)
	}
	if r.robots[ben] != 6 {
		t.Errorf("%d acknowledgements, want 6", r.robots[ben])
	}
}

// A suspended address is written to again once a person writes from there; a robot's mail does not do.
func TestSuspensionIsLifted(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	if _, err := r.Store.Pool().Exec(t.Context(), "insert into address_guard (address, suspended_at) values ($1, $2)", ben, r.now); err != nil {
		t.Fatal(err)
	}
	suspended := func() (yes bool) {
		if err := r.Store.Pool().QueryRow(t.Context(), "select suspended_at is not null from address_guard where address = $1", ben).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	r.send(post{top: "Auto-Submitted: auto-replied\r\n" + passed, from: ben, body: "Away."})
	if !suspended() {
		t.Error("a robot lifts it")
	}
	r.send(post{top: passed, from: ben, body: "I am back."})
	r.bringOut(time.Minute)
	if suspended() || r.robots[ben] != 1 {
		t.Errorf("a person does not lift it: %d mails", r.robots[ben])
	}
	// The bounces of before do not count any more.
	for range 3 {
		if _, err := r.Store.Pool().Exec(t.Context(), `insert into outbox (id, mailbox_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at)
			values (gen_random_uuid(), $1, $2, 'closed', '', '', 'en', true, gen_random_uuid()::text, 'bounced', $3, $3, $3)`, r.Mailbox, ben, r.now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Store.InTx(t.Context(), func(tx *store.Tx) error { tx.SuspendAddress(ben, r.now); return nil }); err != nil {
		t.Fatal(err)
	}
	if suspended() {
		t.Error("bounces from before it was lifted suspend it again")
	}
}

// Automatic mail and lists open tickets only from senders that the service names; such a ticket is acknowledged to nobody
// and takes no commands (mail.md 2, rows 4 and 5).
func TestMachineSendersOpenTickets(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	r.sql("update service set unknown_senders = 'hold', machine_senders = '{alarms@sensors.test,@lists.test,ben@city.test}' where id = $1", r.Printers)
	for _, c := range []struct {
		name  string
		p     post
		state core.InboundState
	}{
		{"a sensor", post{from: "Rack 4 <ALARMS@sensors.test>", top: "Auto-Submitted: auto-generated\r\n", subject: "Hot", body: "#take\r\n41 degrees"}, core.InboundApplied},
		{"a list of a domain", post{from: "news@lists.test", top: "List-Id: <news.lists.test>\r\nPrecedence: bulk\r\n", subject: "Patch day"}, core.InboundApplied},
		{"a requester's robot", post{from: ben, top: "Precedence: auto_reply\r\n", subject: "Backup failed"}, core.InboundApplied},
		{"another sensor", post{from: "more@sensors.test", top: "Auto-Submitted: auto-generated\r\n"}, core.InboundSuppressed},
		{"a list of another domain", post{from: "news@other.test", top: "List-Id: <news.other.test>\r\n"}, core.InboundSuppressed},
		{"an answer of the sensor", post{from: "alarms@sensors.test", top: "Auto-Submitted: auto-replied\r\n"}, core.InboundSuppressed},
		{"its out-of-office", post{from: "alarms@sensors.test", top: "Precedence: auto_reply\r\n", subject: "Automatic reply: hello"}, core.InboundSuppressed},
		{"somebody in its name", post{from: ben, top: "Auto-Submitted: auto-generated\r\n" + failed, body: "forged"}, core.InboundQuarantined},
	} {
		row := r.send(c.p)
		r.is(c.name, row, c.state, 0)
		if c.state == core.InboundApplied {
			if x := r.ticket(row.Ticket); x.Requester.Email != core.FoldAddress(strings.Trim(c.p.from[strings.IndexByte(c.p.from, '<')+1:], ">")) || x.Solver != nil {
				t.Errorf("%s: requester %s, solver %v", c.name, x.Requester.Email, x.Solver)
			}
		}
	}
	r.bringOut(time.Minute)
	for address := range r.robots {
		if address != mia {
			t.Errorf("%s is written to", address)
		}
	}
	// A second alarm of the same thread goes into the first one's ticket, and changes nothing there.
	first := r.send(post{from: "alarms@sensors.test", top: "Auto-Submitted: auto-generated\r\n", id: "one@sensors.test", subject: "Hot again"})
	second := r.send(post{from: "alarms@sensors.test", top: "Auto-Submitted: auto-generated\r\n", refs: "<one@sensors.test>", subject: "Cool again"})
	r.is("the second of a thread", second, core.InboundApplied, first.Ticket)
}
