package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (o *office) merge(n, into core.Number) {
	o.Helper()
	o.do("mia", func(a *helpdesk.Act) error { _, err := a.MergeTicket(o.Context(), n, into, 0); return err })
}

// texts are the words that somebody reads in a ticket.
func (o *office) texts(who string, n core.Number) []string {
	o.Helper()
	_, log, err := o.desk.Log(o.Context(), o.People[who], n)
	if err != nil {
		o.Fatalf("%s: %v", who, err)
	}
	var list []string
	for _, r := range log {
		if r.Text != "" {
			list = append(list, r.Text)
		}
	}
	return list
}

// E10: whatever names a merged ticket leads to the surviving one, over several merges: tokens, Message-IDs, subject tags.
func TestMailToAMergedTicketReachesTheSurvivor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.open(post{id: "first@ben.test", body: "One."})
	o.take("sol", first)
	o.write("ben", first, "Any news?", true)
	ben, sol := o.notice(first, "ben"), o.notice(first, "sol")
	middle, last := o.open(post{body: "Two."}), o.open(post{body: "Three."})
	o.merge(first, middle)
	o.merge(middle, last)
	for name, p := range map[string]post{
		"the token":              {to: ben.reply},
		"our Message-ID":         {reply: "<" + ben.id + ">"},
		"the requester's own":    {refs: "<first@ben.test>"},
		"the subject tag":        {subject: fmt.Sprintf("Re: [IT #%d] Paper jam", first)},
		"the middle one's tag":   {subject: fmt.Sprintf("Re: [IT #%d] Paper jam", middle)},
		"the solver's token":     {from: "sol@city.test", to: sol.reply},
		"the solver's note":      {from: "sol@city.test", to: sol.note},
		"a holiday answer to it": {top: "Auto-Submitted: auto-replied\r\n", to: ben.reply},
	} {
		if p.from == "" {
			p.from = "ben@city.test"
		}
		p.body = name
		o.is(name, o.send(p), core.InboundApplied, last)
		if got := o.last(last); got.Text != name {
			t.Errorf("%s: the last record is %+v", name, got)
		}
	}
	for _, n := range []core.Number{first, middle} {
		if len(o.records(n)) != 0 {
			t.Errorf("%d records in a ticket that was merged", len(o.records(n)))
		}
	}
}

// Merged with a stranger's ticket: a reply goes on there, without a word of what either wrote before.
func TestMailToATicketMergedWithAStrangers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	bens := o.open(post{top: passed, body: "BANANA trouble."})
	evas := o.open(post{top: passed, from: "eva@city.test", body: "ELEPHANT trouble."})
	o.write("sol", bens, "About the BANANA.", true)
	token := o.notice(bens, "ben").reply
	o.merge(bens, evas)
	o.mails()
	o.is("the reply", o.send(post{top: passed, from: "ben@city.test", to: token, body: "I wait for news."}), core.InboundApplied, evas)
	o.told("the reply", "message_received eva", "message_received mia")
	if x := o.notice(evas, "eva"); !strings.Contains(x.content, "I wait for news.") || strings.Contains(x.content, "BANANA") {
		t.Errorf("eva is told %s", x.content)
	}
	o.write("sol", evas, "Done for both.", true)
	for _, who := range []string{"ben", "eva"} {
		if x := o.notice(evas, who); strings.Contains(x.content, "BANANA") || strings.Contains(x.content, "ELEPHANT") {
			t.Errorf("%s is told %s", who, x.content)
		}
	}
	if got := o.texts("ben", bens); !slices.Equal(got, []string{"I wait for news.", "Done for both."}) {
		t.Errorf("ben reads %q", got)
	}
	if got := o.texts("eva", evas); !slices.Equal(got, []string{"ELEPHANT trouble.", "I wait for news.", "Done for both."}) {
		t.Errorf("eva reads %q", got)
	}
}

// D16, E8: what comes too late is kept, and a person is told what to do instead; whatever may not be answered is not.
func TestLateReplyIsRefusedWithANotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	o.do("sol", func(a *helpdesk.Act) error {
		_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "Done."})
		return err
	})
	token := o.notice(n, "ben").reply
	o.now = o.now.Add(8 * 24 * time.Hour)
	o.mails()
	for name, c := range map[string]struct {
		top  string
		told []string
	}{
		"with proof":     {passed, []string{"message_received sol", "refusal ben"}},
		"without":        {"", []string{"message_received sol", "refusal ben"}},
		"silence please": {"X-Auto-Response-Suppress: All\r\n", []string{"message_received sol"}},
		"another desk":   {"X-RT-Loop-Prevention: other\r\n", []string{"message_received sol"}},
		"automatic":      {"Auto-Submitted: auto-replied\r\n", nil},
	} {
		o.is(name, o.send(post{top: c.top, from: "ben@city.test", to: token, body: "Late, " + name}), core.InboundApplied, n)
		o.told(name, c.told...)
		if got := o.last(n); got.Text != "Late, "+name {
			t.Errorf("%s: not kept: %+v", name, got)
		}
		if got := o.ticket(n).Status; got != core.Resolved {
			t.Errorf("%s made it %s", name, got)
		}
	}
	o.is("once more", o.send(post{from: "ben@city.test", to: token, body: "Once more."}), core.InboundApplied, n)
	x := o.notice(n, "ben")
	if !strings.Contains(x.content, `"refused": "too_late"`) || strings.Contains(x.content, "Once more.") {
		t.Errorf("ben is told %s", x.content)
	}
	o.mails()
	o.is("an answer to the refusal", o.send(post{from: "ben@city.test", to: x.reply, body: "But why?"}), core.InboundApplied, n)
	o.told("an answer to the refusal", "message_received sol", "refusal ben")
	o.sql("update service set reopen_days = 0 where id = $1", o.Printers)
	o.do("sol", func(a *helpdesk.Act) error { _, err := a.Reopen(t.Context(), n, 0); return err })
	o.mails()
	o.is("reopened by the team", o.send(post{from: "ben@city.test", to: token, body: "Thanks."}), core.InboundApplied, n)
	o.told("nothing is refused any more", "message_received sol")
}

// E8: or a late reply opens a linked ticket, and the old thread leads on into it.
func TestLateReplyOpensALinkedTicket(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update service set after_deadline = 'new_ticket' where id = $1", o.Printers)
	n := o.open(post{id: "root@ben.test", body: "It jams."})
	o.take("sol", n)
	o.do("sol", func(a *helpdesk.Act) error {
		_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "Done."})
		return err
	})
	done := o.notice(n, "ben")
	o.now = o.now.Add(8 * 24 * time.Hour)
	o.mails()
	o.is("automatic", o.send(post{top: "Auto-Submitted: auto-replied\r\n", from: "ben@city.test", to: done.reply, body: "Away."}), core.InboundApplied, n)
	o.told("automatic")
	row := o.send(post{top: passed, from: "ben@city.test", cc: "eva@city.test", to: done.reply, id: "late@ben.test", body: "It jams again."})
	o.is("late", row, core.InboundApplied, 0)
	next := row.Ticket
	if next == n {
		t.Fatal("it went to the old ticket")
	}
	o.told("late", "ticket_created ben", "ticket_created mia") // eva has the mail
	if x := o.notice(next, "ben"); !strings.Contains(x.content, "It jams again.") {
		t.Errorf("ben's acknowledgement is %s", x.content)
	}
	got := o.ticket(next)
	if len(got.Participants) != 1 || got.Participants[0].Email != "eva@city.test" || !slices.Equal(got.Links, []core.Number{n}) || o.ticket(n).TakesPart(o.People["eva"].ID) {
		t.Errorf("%+v", got)
	}
	for name, p := range map[string]post{
		"the old token":        {to: done.reply},
		"the old Message-ID":   {reply: "<" + done.id + ">"},
		"the old tag":          {subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n)},
		"the first mail":       {refs: "<root@ben.test>"},
		"the late mail itself": {reply: "<late@ben.test>", refs: "<root@ben.test> <" + done.id + "> <late@ben.test>"},
		"the new tag":          {subject: fmt.Sprintf("Re: [IT #%d] Paper jam", next)},
	} {
		p.from, p.body = "ben@city.test", name
		o.is(name, o.send(p), core.InboundApplied, next)
	}
	if got := o.ticket(n).Status; got != core.Resolved {
		t.Errorf("the old ticket is %s", got)
	}
}

// D22: mail to what takes no tickets opens nothing, lies where somebody sorts it, and whoever is known is told.
func TestMailToAFolderIsRefusedWithANotice(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{
		"opens a folder":                  "update mailbox set opens_id = (select id from service where name = 'IT')",
		"a folder's own, and nobody's":    "update mailbox set opens_id = null",
		"opens what is out of use by now": "update service set archived_at = now() where name = 'Printers'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if strings.HasPrefix(name, "a folder's own") {
				o.sql("update service set mailbox_id = null where id = $1", o.Printers)
			}
			o.sql(setting)
			row := o.send(post{from: "Ben Staff <ben@city.test>", id: "asks@ben.test", subject: "My SUBJECT", body: "My WORDS."})
			o.is("known", row, core.InboundQuarantined, 0)
			if !strings.Contains(row.Reason, "takes no tickets") {
				t.Errorf("the reason is %q", row.Reason)
			}
			o.told("known", "refusal ben")
			leased, err := o.desk.LeaseMail(t.Context(), uuid.New(), 10)
			if err != nil || len(leased) != 1 {
				t.Fatalf("%d mails to send: %v", len(leased), err)
			}
			got := leased[0]
			if got.Ticket != 0 || got.Reason != "refusal" || !got.Automatic || got.Language != core.English || got.Content.Refused != "folder" ||
				got.Content.Ticket.Service == "" || got.Content.Ticket.Subject != "" || got.Content.Record != nil || got.Content.ReplyAddress != "it@city.test" || got.Content.InReplyTo != "asks@ben.test" {
				t.Errorf("%+v", got.Outgoing)
			}
			again := post{from: "ben@city.test", id: "asks@ben.test", subject: "My SUBJECT", body: "My WORDS."}
			o.is("a copy", o.send(again), core.InboundDuplicate, 0)
			o.told("a copy")
			for what, p := range map[string]post{
				"unknown":          {from: "x@evil.test"},
				"disabled":         {from: "off@city.test"},
				"automatic":        {from: "ben@city.test", top: "Auto-Submitted: auto-generated\r\n"},
				"silence please":   {from: "ben@city.test", top: "X-Auto-Response-Suppress: All\r\n"},
				"no single sender": {from: "ben@city.test, eva@city.test"},
			} {
				p.body = what
				o.send(p)
				o.told(what)
			}
			o.is("spanish", o.send(post{from: "eva@city.test", body: "Hola."}), core.InboundQuarantined, 0)
			o.told("spanish", "refusal eva")
			var tickets int
			if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from ticket").Scan(&tickets); err != nil || tickets != 0 {
				t.Errorf("%d tickets: %v", tickets, err)
			}
			if list, _, err := o.desk.Quarantine(t.Context(), o.People["net"], 0, 10); err != nil || strings.HasPrefix(name, "opens what is out") && len(list) == 0 {
				t.Errorf("nobody sorts it: %v %v", list, err)
			}
		})
	}
}

// D15: whoever is copied later never gets what was written before, not even of the same moment.
func TestCopiedPeopleNeverGetEarlierMessages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed, body: "About my WAGES."})
	o.write("sol", n, "Your WAGES are fine.", true)
	o.sql("update ticket set updated_at = $1::timestamptz + interval '1 hour' where number = $2", o.now, n) // another daemon's clock is ahead
	o.sql("update log_record set at = $1::timestamptz + interval '1 hour' where text like 'Your%'", o.now)
	tag := fmt.Sprintf("Re: [IT #%d] Paper jam", n)
	o.is("copied", o.send(post{top: passed, from: "ben@city.test", cc: "eva@city.test", subject: tag, body: "Eva, please look."}), core.InboundApplied, n)
	o.mails()
	o.write("sol", n, "Welcome, Eva.", true)
	if x := o.notice(n, "eva"); strings.Contains(x.content, "WAGES") {
		t.Errorf("eva is told %s", x.content)
	}
	if got := o.texts("eva", n); !slices.Equal(got, []string{"Eva, please look.", "Welcome, Eva."}) {
		t.Errorf("eva reads %q", got)
	}
	find := func(q string) int {
		t.Helper()
		list, err := o.desk.Tickets(t.Context(), o.People["eva"], helpdesk.ListFilter{Query: q, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Tickets)
	}
	if find("wages") != 0 || find("please look") != 1 {
		t.Errorf("eva finds %d and %d", find("wages"), find("please look"))
	}
	if got := o.texts("ben", n); len(got) != 4 {
		t.Errorf("ben reads %q", got)
	}
}

// D25: mail to spam is kept, and nobody hears of it.
func TestMailToSpamIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	token := o.notice(n, "ben").reply
	o.do("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(t.Context(), n, 0); return err })
	o.mails()
	o.is("more", o.send(post{top: passed, from: "ben@city.test", to: token, body: "Buy now."}), core.InboundApplied, n)
	o.told("nobody")
	if got := o.last(n); got.Text != "Buy now." {
		t.Errorf("%+v", got)
	}
}
