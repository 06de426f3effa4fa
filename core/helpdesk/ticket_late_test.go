package helpdesk_test

import (
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// late is a resolved ticket of Ben's, with Eva as participant, that they may not reopen any more.
func (c *city) late(after core.AfterDeadline) core.Number {
	c.Helper()
	c.sql("update service set after_deadline = $1, reopen_days = 1 where id = $2", after, c.Printers)
	n := c.open("ben")
	for _, err := range []error{c.participant("ben", n, "eva", false), c.take("sol", n, 0), c.resolve("sol", n, "Done.")} {
		if err != nil {
			c.Fatal(err)
		}
	}
	c.now = c.now.Add(2 * day)
	c.mails()
	return n
}

func (c *city) reply(who string, n core.Number, text string) core.Number {
	c.Helper()
	return c.done(who, func(a *helpdesk.Act) (core.Number, error) {
		return a.AddRecord(c.Context(), n, helpdesk.NewRecord{Text: text})
	})
}

// D16, E8: too late to reopen, a message is kept, and changes no state.
func TestLateMessagesAreKept(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.late(core.RefuseLate)
	if got := c.reply("ben", n, "Again."); got != n {
		t.Errorf("it went to %d", got)
	}
	c.is(n, core.Resolved, "sol")
	c.told("late", "message_received eva participant participant", "message_received sol solver solver")
	c.reads("ben", n, "It jams.", "Done.", "Again.")
	c.refused("reopened", core.Conflict, c.reopen("ben", n))
	if err := c.reopen("rea", n); core.CodeOf(err) != core.Forbidden {
		t.Errorf("a reader reopens: %v", err)
	}
	if err := c.reopen("man", n); err != nil { // the team has no limit
		t.Error(err)
	}
}

// E8: or it opens a ticket that is linked; what comes later goes on there, each person's in their own.
func TestLateMessagesOpenALinkedTicket(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.late(core.NewTicketLate)
	next := c.reply("ben", n, "Again.")
	if next == n {
		t.Fatal("no new ticket")
	}
	got := c.ticket(next)
	if got.Requester.ID != c.People["ben"].ID || got.Service != c.Printers || got.Subject != "Paper jam" || len(got.Links) != 1 || got.Links[0] != n || len(got.Participants) != 0 {
		t.Errorf("%+v", got)
	}
	c.is(n, core.Resolved, "sol")
	c.told("opened", "ticket_created ben requester acknowledgement", "ticket_created mia main_solver new_ticket")
	c.reads("ben", n, "It jams.", "Done.")
	c.reads("ben", next, "Again.")
	c.unseen(next, "eva")

	if got := c.reply("ben", n, "And again."); got != next {
		t.Errorf("the second one went to %d, want %d", got, next)
	}
	c.told("goes on there", "message_received mia main_solver main_solver")
	evas := c.reply("eva", n, "Me too.")
	if evas == n || evas == next || c.ticket(evas).Requester.ID != c.People["eva"].ID {
		t.Errorf("a participant's went to %d", evas)
	}
	c.mails()
	if err := c.resolve("sol", next, ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if got := c.reply("ben", n, "Still."); got != next { // within its own deadline
		t.Errorf("it went to %d, want %d", got, next)
	}
	c.is(next, core.Open, "")
	c.told("reopened", "reopened mia main_solver main_solver")
	if err := c.resolve("sol", next, ""); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(2 * day)
	if got := c.reply("ben", n, "Years later."); got == n || got == next || got == evas {
		t.Errorf("it went to %d", got)
	}
	if err := c.record("sol", n, "The team writes where it is.", nil); err != nil {
		t.Fatal(err)
	}
	if r := c.last(n); r.Text != "The team writes where it is." {
		t.Errorf("%+v", r)
	}
}

// Where nothing can be opened the message stays, whatever the service says.
func TestLateMessagesStayWhereNothingOpens(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"archived":        "update service set archived_at = now() where name = 'Printers'",
		"a folder by now": "update service set folder = true where name = 'Printers'",
		"no SLA any more": "delete from service_sla",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			n := c.late(core.NewTicketLate)
			c.sql(sql)
			if got := c.reply("ben", n, "Again."); got != n {
				t.Errorf("it went to %d", got)
			}
			c.reads("ben", n, "It jams.", "Done.", "Again.")
		})
	}
}
