package mailin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// mail.md 3, in its order: the token, our Message-ID, the requester's own, the subject tag. What comes first wins where they
// name different tickets.
func TestWhichTicket(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var n [4]core.Number
	for i := range n {
		n[i] = o.open(post{id: fmt.Sprintf("root%d@ben.test", i), body: fmt.Sprint("Problem ", i)})
		if i > 0 && n[i] == n[i-1] {
			t.Fatal("a new mail is no reply")
		}
	}
	token, ours := o.notice(n[0], "ben").reply, "<"+o.notice(n[1], "ben").id+">"
	theirs, tag := "<root2@ben.test>", fmt.Sprintf("Re: [IT #%d] Paper jam", n[3])
	for name, c := range map[string]struct {
		p    post
		want core.Number
	}{
		"token first":                        {post{to: token, reply: ours, refs: theirs, subject: tag}, n[0]},
		"then our Message-ID":                {post{reply: ours, refs: theirs, subject: tag}, n[1]},
		"in References alone":                {post{refs: theirs + " <nobody@knows.test> " + ours, subject: tag}, n[1]},
		"then the requester's own":           {post{reply: theirs, subject: tag}, n[2]},
		"then the subject":                   {post{reply: "<unknown@x.test>", subject: tag}, n[3]},
		"a desk that had another name":       {post{subject: fmt.Sprintf("AW: [Old Desk #%d] Paper jam", n[3])}, n[3]},
		"a number alone is none":             {post{subject: fmt.Sprintf("Re: #%d Paper jam", n[3])}, 0},
		"a ticket that does not exist":       {post{subject: "Re: [IT #999999] Paper jam"}, 0},
		"a token that is not ours":           {post{to: "it+r." + strings.Repeat("a", 34) + "@city.test", subject: "New"}, 0},
		"a token with a letter changed":      {post{to: strings.Replace(token, "+r.", "+n.", 1), subject: "New"}, 0},
		"a token in capitals (some servers)": {post{to: strings.ToUpper(token)}, n[0]},
	} {
		c.p.from, c.p.body = "ben@city.test", name
		row := o.send(c.p)
		o.is(name, row, core.InboundApplied, c.want)
		if c.want == 0 && (row.Ticket == 0 || row.Ticket <= n[3]) {
			t.Errorf("%s: ticket %d", name, row.Ticket)
		}
		if got := o.last(row.Ticket); got.Text != name || got.Author.Email != "ben@city.test" {
			t.Errorf("%s: the record is %+v", name, got)
		}
	}
}

// Threading gives no rights: who may not write there opens a ticket of their own, linked for the team; strangers are held.
func TestThreadingGivesNoRights(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{id: "root@ben.test", body: "My secret."})
	ours := "<" + o.notice(n, "ben").id + ">"
	before := len(o.records(n))
	for _, from := range []string{"pat@city.test", "exa@city.test", "net@city.test"} {
		row := o.send(post{from: from, reply: ours, subject: fmt.Sprintf("Re: [IT #%d] x", n), body: "Let me in. " + from})
		o.is(from, row, core.InboundApplied, 0)
		if row.Ticket == n || o.ticket(row.Ticket).Requester.Email != from {
			t.Errorf("%s ended in %d", from, row.Ticket)
		}
		link := false
		for _, r := range o.records(row.Ticket) {
			link = link || r.Kind == core.KindLink && r.Change.To == fmt.Sprintf("#%d", n) && !r.ShowToRequester
		}
		if !link {
			t.Errorf("%s: no internal link to the presumed ticket", from)
		}
	}
	for _, from := range []string{"x@evil.test", "ken@vendor.test", "root@desk.test", "tre@desk.test"} {
		row := o.send(post{from: from, reply: ours, body: "Let me in. " + from})
		o.is(from, row, core.InboundQuarantined, 0)
	}
	if got := len(o.records(n)); got != before {
		t.Errorf("%d records were added to the ticket", got-before)
	}
}

// A reply that was fetched before its parent still ends in the parent's ticket (mail.md 1).
func TestReplyBeforeItsParent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	reply := o.send(post{from: "ben@city.test", id: "second@ben.test", reply: "<first@ben.test>", body: "And another thing."})
	parent := o.send(post{from: "ben@city.test", id: "first@ben.test", body: "The first thing."})
	o.is("the parent", parent, core.InboundApplied, reply.Ticket)
	third := o.send(post{from: "ben@city.test", refs: "<first@ben.test> <second@ben.test>", body: "Third."})
	o.is("a third", third, core.InboundApplied, reply.Ticket)
}

// The same content twice is a duplicate, whatever way it came; the same Message-ID with other content is not (mail.md 1).
func TestDuplicates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := post{from: "ben@city.test", id: "one@ben.test", body: "Once."}
	n := o.open(first)
	o.told("opened", "ticket_created ben", "ticket_created mia")
	first.top = "Received: from a by b; Wed, 04 Mar 2026 11:00:09 +0000\r\nDelivered-To: it@city.test\r\n"
	row := o.send(first)
	o.is("by another way", row, core.InboundDuplicate, n)
	if len(o.records(n)) != 1 {
		t.Errorf("%d records", len(o.records(n)))
	}
	o.told("twice")
	first.body = "Twice."
	o.is("other content", o.send(first), core.InboundApplied, 0)
	if again := o.apply(row); again.State != core.InboundDuplicate { // a second run finds the outcome and stops
		t.Errorf("again: %s", again.State)
	}
}

// Copies that are applied at the same moment, by two daemons, make one ticket.
func TestDuplicatesAtTheSameMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round := range 5 {
		p := post{from: "ben@city.test", id: fmt.Sprintf("same%d@ben.test", round), body: fmt.Sprint("Round ", round)}
		raws := make([]string, 6)
		for i := range raws {
			p.top = fmt.Sprintf("Received: from a by b%d; Wed, 04 Mar 2026 11:00:09 +0000\r\n", i)
			raws[i] = p.raw(o)
		}
		rows := o.accept(o.Mailbox, raws...)
		var wait sync.WaitGroup
		for _, row := range append(rows, rows...) { // and each by both daemons
			wait.Go(func() {
				if err := o.worker.Apply(context.WithoutCancel(t.Context()), row); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		states := map[core.InboundState]int{}
		for _, row := range rows {
			out, err := o.Store.Inbound(t.Context(), row.ID)
			if err != nil {
				t.Fatal(err)
			}
			states[out.State]++
		}
		if states[core.InboundApplied] != 1 || states[core.InboundDuplicate] != 5 {
			t.Errorf("round %d: %v", round, states)
		}
	}
	var tickets, records int
	if err := o.Store.Pool().QueryRow(t.Context(), "select (select count(*) from ticket), (select count(*) from log_record)").Scan(&tickets, &records); err != nil || tickets != 5 || records != 5 {
		t.Errorf("%d tickets with %d records, want 5 and 5: %v", tickets, records, err)
	}
}

// D29: one mail to two services is one ticket, in the service named first, whichever copy arrives first; the other's main
// solvers are told, with the mail.
func TestOneMailToTwoServices(t *testing.T) {
	t.Parallel()
	for _, firstArrives := range []string{"it", "net"} {
		t.Run(firstArrives, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			var second core.MailboxID
			if err := o.Store.Pool().QueryRow(t.Context(), "insert into mailbox (address, opens_id) values ('net@desk.test', $1) returning id", o.Network).Scan(&second); err != nil {
				t.Fatal(err)
			}
			o.sql("update service set mailbox_id = $1 where id = $2", second, o.Network)
			boxes := []core.MailboxID{o.Mailbox, second}
			if firstArrives == "net" {
				boxes = []core.MailboxID{second, o.Mailbox}
			}
			p := post{from: "ben@city.test", to: "it@city.test", cc: "Network <net@desk.test>", id: "both@ben.test", body: "For both."}
			raw := p.raw(o)
			a := o.sendRaw(boxes[0], raw)
			b := o.sendRaw(boxes[1], raw)
			o.is("the first copy", a, core.InboundApplied, 0)
			o.is("the second copy", b, core.InboundDuplicate, a.Ticket)
			if got := o.ticket(a.Ticket).Service; got != o.Printers {
				t.Errorf("it opened in service %d, want Printers", got)
			}
			o.told("both", "ticket_created ben", "ticket_created mia", "also_sent net")
			if x := o.notice(a.Ticket, "net"); !strings.Contains(x.content, "For both.") || !strings.Contains(x.content, "Printers") {
				t.Errorf("net is told %s", x.content)
			}
			if _, err := o.desk.Ticket(t.Context(), o.People["net"], a.Ticket); core.CodeOf(err) != core.NotFound {
				t.Errorf("net sees the ticket: %v", err)
			}
			p.to, p.cc, p.id = "net@desk.test, it@city.test", "", "other@ben.test"
			row := o.sendRaw(boxes[0], p.raw(o))
			if got := o.ticket(row.Ticket).Service; got != o.Network {
				t.Errorf("named first in To: service %d, want Network", got)
			}
			o.told("the other way round", "ticket_created ben", "ticket_created net", "also_sent mia")
		})
	}
}

// E8, D16: the requester's answer reopens a resolved ticket within the deadline, at any level; later it is only logged.
func TestReplyReopens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	resolve := func() {
		t.Helper()
		o.do("sol", func(a *helpdesk.Act) error {
			_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "Done."})
			return err
		})
		o.mails()
	}
	resolve()
	tag := fmt.Sprintf("Re: [IT #%d] Paper jam", n)
	o.is("an answer", o.send(post{from: "ben@city.test", subject: tag, body: "Still jams."}), core.InboundApplied, n)
	if got := o.ticket(n); got.Status != core.InProgress || !got.ResolvedAt.IsZero() {
		t.Errorf("after the answer it is %s", got.Status)
	}
	o.told("reopened", "reopened sol")
	resolve()
	o.is("a holiday answer", o.send(post{from: "ben@city.test", top: "Auto-Submitted: auto-replied\r\n", subject: tag, body: "I am away."}), core.InboundApplied, n)
	if got := o.ticket(n); got.Status != core.Resolved {
		t.Errorf("an automatic answer made it %s", got.Status)
	}
	o.told("an automatic answer")
	o.now = o.ticket(n).ResolvedAt.Add(8 * 24 * time.Hour)
	o.is("too late", o.send(post{from: "ben@city.test", subject: tag, body: "Now again."}), core.InboundApplied, n)
	if got := o.ticket(n); got.Status != core.Resolved || o.last(n).Text != "Now again." {
		t.Errorf("too late it is %s, and the text %q", got.Status, o.last(n).Text)
	}
}
