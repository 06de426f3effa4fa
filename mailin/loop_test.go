package mailin

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

const (
	ben   = "ben@city.test"
	mia   = "mia@city.test"
	other = "help@other.test" // another desk, whose mail its domain vouches for
)

// echo answers every mail, with what change makes of it.
func echo(from string, change func(got, *post)) func(got) []post {
	return func(x got) []post {
		p := post{from: from, to: "it@city.test", subject: "Re: " + x.subject, reply: "<" + x.id + ">", body: "I have got your mail."}
		if x.replyTo != "" {
			p.to = x.replyTo
		}
		change(x, &p)
		return []post{p}
	}
}

// newThread answers under a subject of its own, to the plain address, with no word of what it answers.
func newThread(x got, p *post) {
	p.to, p.reply, p.subject, p.refs = "it@city.test", "", fmt.Sprintf("We have got your message, number %d", 4000+x.nth), ""
	p.body = fmt.Sprintf("Thank you. Your message has the number %d and somebody reads it within two working days.", 4000+x.nth)
}

func with(field string, more ...func(got, *post)) func(got, *post) {
	return func(x got, p *post) {
		p.top = passing(core.DomainOf(p.from)) + field
		for _, m := range more {
			m(x, p)
		}
	}
}

func titled(subject string) func(got, *post) {
	return func(x got, p *post) { p.subject, p.to, p.reply = subject, "it@city.test", "" }
}

const dsn = "Content-Type: text/plain\r\n\r\nThe mail did not arrive.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
	"Reporting-MTA: dns; mx.city.test\r\n\r\nFinal-Recipient: rfc822; ben@city.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"

// The oracle of a day with robots: how many automatic mails a party gets at most. Where it can be known for a robot that
// is two, else the freeze of a chase or the limit of a day.
func TestLoops(t *testing.T) {
	t.Parallel()
	const known, chased, aDay = 2, 5, 20
	cases := []struct {
		name   string
		human  bool // nothing tells it from a person: its answer to a resolved ticket reopens that
		party  string
		max    int
		delay  time.Duration
		answer func(got) []post
	}{
		{"out of office, RFC 3834", false, ben, known, time.Minute, echo(ben, with("Auto-Submitted: auto-replied\r\n"))},
		{"out of office, RFC 3834 with comment, new subject", false, ben, known, time.Minute, echo(ben, with("Auto-Submitted: Auto-Replied (vacation)\r\n", newThread))},
		{"out of office, Precedence", false, ben, known, time.Minute, echo(ben, with("Precedence: auto_reply\r\n", newThread))},
		{"out of office, X-Autoreply", false, ben, known, time.Minute, echo(ben, with("X-Autoreply: yes\r\n", newThread))},
		{"out of office, X-Autorespond", false, ben, known, time.Minute, echo(ben, with("X-Autorespond: x\r\n", newThread))},
		{"out of office, X-AutoReply-From", false, ben, known, time.Minute, echo(ben, with("X-AutoReply-From: ben@city.test\r\n", newThread))},
		{"out of office, null return path", false, ben, known, time.Minute, echo(ben, with("Return-Path: <>\r\n", newThread))},
		{"out of office, by its subject alone", false, ben, known, time.Minute, echo(ben, with("", titled("Automatic reply: Paper jam")))},
		{"out of office, by its subject alone, Spanish", false, ben, known, time.Minute, echo(ben, with("", titled("Respuesta automática: Atasco")))},
		{"out of office, by its subject alone, German", false, ben, known, time.Minute, echo(ben, with("", titled("Abwesenheitsnotiz: Papierstau")))},
		{"out of office, in the thread, without any sign", true, ben, chased, time.Minute, echo(ben, with(""))},
		{"vacation that answers every mail, requests included", false, ben, known, time.Second, echo(ben, with("X-Vacation: yes\r\n", newThread))},
		{"a desk with our loop mark", false, other, known, time.Minute, echo(other, with("X-Postdesk-Loop: theirs\r\n", newThread))},
		{"a desk with its own loop mark", false, other, known, time.Minute, echo(other, with("X-RT-Loop-Prevention: other\r\n", newThread))},
		{"a desk that says X-Loop", false, other, known, time.Minute, echo(other, with("X-Loop: help@other.test\r\n", newThread))},
		{"a desk that says Auto-Submitted", false, other, known, time.Minute, echo(other, with("Auto-Submitted: auto-generated\r\n", newThread))},
		{"a desk that asks for silence", false, other, known, time.Minute, echo(other, with("X-Auto-Response-Suppress: All\r\n", newThread))},
		{"a desk that answers in the thread, without any sign", true, other, chased, time.Minute, echo(other, with(""))},
		{"a desk without any sign, new subjects", false, other, chased, time.Minute, echo(other, with("", newThread))},
		{"a slow robot without any sign, new subjects", false, ben, aDay, 12 * time.Minute, echo(ben, with("", newThread))},
		{"a confirmation service without any sign", false, other, chased, 2 * time.Minute, echo(other, with("", func(x got, p *post) {
			newThread(x, p)
			p.subject, p.body = "Please confirm your message", fmt.Sprintf("Your message waits. Open https://other.test/%d to have it delivered to the person it is for.", x.nth)
		}))},
		{"nobody reads it: noreply", false, "noreply@other.test", known, time.Minute, echo("noreply@other.test", with("", newThread))},
		{"a list that says so", false, other, known, time.Minute, echo(other, with("List-Id: <all.other.test>\r\n", newThread))},
		{"a list, by Precedence", false, other, known, time.Minute, echo(other, with("Precedence: list\r\n", newThread))},
		{"bounces", false, ben, known, time.Minute, echo(ben, func(x got, p *post) {
			p.from, p.to, p.top, p.subject = "Mailer <mailer-daemon@city.test>", "it@city.test", "Return-Path: <>\r\n", "Undelivered Mail Returned to Sender"
			p.as, p.body = `multipart/report; report-type=delivery-status; boundary="b"`, "--b\r\n"+dsn+"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <"+x.id+">\r\nSubject: x\r\n\r\nx\r\n--b--"
		})},
		{"bounces that are no reports", false, ben, known, time.Minute, echo(ben, func(x got, p *post) {
			p.from, p.to, p.top, p.subject, p.reply = "mailer-daemon@city.test", "it@city.test", "", "failure notice", ""
			p.body = "Hi. This is the qmail-send program at city.test.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n<ben@city.test>:\r\nno such mailbox\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <" + x.id + ">\r\n"
		})},
		{"read receipts", false, ben, known, time.Minute, echo(ben, func(x got, p *post) {
			p.as, p.body = `multipart/report; report-type=disposition-notification; boundary="b"`,
				"--b\r\nContent-Type: text/plain\r\n\r\nIt was read.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <"+x.id+">\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--"
		})},
		{"our mail comes back whole", false, ben, known, time.Minute, echo(ben, func(x got, p *post) { p.from, p.to, p.id, p.body = "IT <it@city.test>", "it@city.test", x.id, x.text })},
		{"our mail comes back without its headers", false, ben, known, time.Minute, echo(ben, func(x got, p *post) {
			newThread(x, p)
			p.top, p.body = passed, strings.ReplaceAll(x.text, "\r\n", "\r\n  ")
		})},
		{"a forwarder that writes itself as sender", false, other, known, time.Minute, echo(other, with("", func(x got, p *post) {
			p.to, p.reply, p.body = "it@city.test", "", x.text
		}))},
		{"a circle of servers", false, ben, known, time.Minute, echo(ben, func(x got, p *post) {
			newThread(x, p)
			p.top = strings.Repeat("Received: from a by b; Wed, 04 Mar 2026 11:00:00 +0000\r\n", 31)
		})},
		{"a solver's robot", false, mia, known, time.Minute, echo(mia, with("", titled("Fuera de la oficina")))},
	}
	if len(cases) != 32 {
		t.Fatalf("%d cases", len(cases))
	}
	r := newRing(t)
	asking := func(from string) core.Number {
		row := r.send(post{top: passing(core.DomainOf(from)), from: from, subject: "Before", body: "Something older."})
		return row.Ticket
	}
	for _, c := range cases {
		from := c.party
		if from == mia {
			from = ben
		}
		// An older ticket of the party is resolved: its robot hears of it, and must not reopen it.
		r.clear()
		old := asking(from)
		if old != 0 {
			r.take("sol", old)
			r.do("sol", func(a *helpdesk.Act) error {
				_, err := a.Resolve(t.Context(), old, helpdesk.NewRecord{Text: "It is done."})
				return err
			})
		}
		since, before := r.lastInbound(), r.states() // what was queued is delivered now
		r.answers[c.party] = c.answer
		r.day(c.delay, post{top: passing(core.DomainOf(from)), from: from, subject: "The printer jams", body: "It does, every day at nine."})
		if n := r.robots[c.party]; n > c.max {
			t.Errorf("%s: %d automatic mails, want at most %d; %v", c.name, n, c.max, r.events)
		}
		if n := r.robots[c.party]; n == 0 && c.party != "noreply@other.test" {
			t.Errorf("%s: the party heard nothing, so nothing was tried", c.name)
		}
		after := r.states()
		maps.DeleteFunc(after, func(n core.Number, _ string) bool { _, ok := before[n]; return !ok })
		if !c.human && !maps.Equal(before, after) {
			t.Errorf("%s: robots changed tickets: %v, before %v", c.name, after, before)
		}
		r.nothingLost(c.name, since)
	}
}
