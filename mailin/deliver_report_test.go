package mailin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// leave makes the newest mail of a ticket to somebody one that the server took, and returns it.
func (o *office) leave(n core.Number, who string) (id string, x notice) {
	o.Helper()
	x = o.notice(n, who)
	o.outbox(x.id, "accepted")
	if err := o.Store.Pool().QueryRow(o.Context(), "select id from outbox where message_id = $1", x.id).Scan(&id); err != nil {
		o.Fatal(err)
	}
	return id, x
}

func (o *office) outbox(messageID, state string) {
	o.Helper()
	o.sql("update outbox set state = $2, finished_at = $3 where message_id = $1", messageID, state, o.now)
}

// stands is where a mail of the outbox stands: state, the server's answer, what was heard of it.
func (o *office) stands(messageID string) (state core.OutboundState, response, note string) {
	o.Helper()
	row, err := o.Store.MailNamed(o.Context(), messageID)
	if err != nil {
		o.Fatal(err)
	}
	return row.State, row.Response, row.Note
}

// bounceOf is a delivery report as Postfix writes it (RFC 3464, 6522).
func bounceOf(action, status, recipient, original string) post {
	return post{top: "Return-Path: <>\r\n", from: "MAILER-DAEMON@mx.vendor.test (Mail Delivery System)", subject: "Undelivered Mail Returned to Sender",
		as: `multipart/report; report-type=delivery-status; boundary="b"`,
		body: "--b\r\nContent-Type: text/plain\r\n\r\nThis is the mail system at mx.vendor.test. I'm sorry.\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.vendor.test\r\n\r\n" +
			"Final-Recipient: rfc822; " + recipient + "\r\nAction: " + action + "\r\nStatus: " + status + "\r\n" +
			"Diagnostic-Code: smtp; 550 " + status + " <" + recipient + ">: no such user\r\n\r\n" +
			"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: [IT #1] Paper jam\r\nMessage-ID: <" + original + ">\r\n\r\n--b--\r\n"}
}

// A mail that came back is bounced, stands in the log, and is told to who works on the ticket: once, whatever comes after.
func TestBounceIsJoinedToItsMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("sol", n, "Try now.", true)
	id, x := o.leave(n, "ben")
	o.mails()
	p := bounceOf("failed", "5.1.1", "ben@city.test", x.id)
	row := o.send(p)
	o.is("the bounce", row, core.InboundSuppressed, n)
	if want := "bounce: failed 5.1.1: mail " + id + " to ben@city.test"; row.Reason != want {
		t.Errorf("the ledger says %q, want %q", row.Reason, want)
	}
	state, response, _ := o.stands(x.id)
	if state != core.OutboundBounced || response != "550 5.1.1 <ben@city.test>: no such user" {
		t.Errorf("the mail is %s: %s", state, response)
	}
	o.told("the bounce", "delivery_failed sol")
	if told := o.notice(n, "sol").content; !strings.Contains(told, "no such user") || !strings.Contains(told, "ben@city.test") {
		t.Errorf("sol is told %s", told)
	}
	last := o.last(n)
	want := core.Change{Field: "delivery", From: "ben@city.test", To: "bounced"}
	if last.Kind != core.KindMail || last.Change != want || last.Text != response || last.ShowToRequester || last.Author != nil || last.Inbound != row.ID {
		t.Errorf("the log says %+v", last)
	}
	records := len(o.records(n))
	again := o.send(p)
	o.is("the same again", again, core.InboundSuppressed, n)
	if !strings.Contains(again.Reason, "bounced already") || len(o.records(n)) != records {
		t.Errorf("again: %s, %d records", again.Reason, len(o.records(n))-records)
	}
	o.told("the same again")
	if got := o.ticket(n); got.Status != core.InProgress {
		t.Errorf("a bounce made the ticket %s", got.Status)
	}

	// Those who read the whole log see it at the record that the mail told of; the requester's side does not.
	for who, sees := range map[string]bool{"sol": true, "mia": true, "ben": false} {
		_, log, err := o.desk.Log(t.Context(), o.People[who], n)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range log {
			for _, d := range r.Deliveries {
				found = true
				if r.Text != "Try now." || d != (core.Delivery{To: "ben@city.test", State: core.OutboundBounced, Response: response}) {
					t.Errorf("%s: %+v at %q", who, d, r.Text)
				}
			}
		}
		if found != sees {
			t.Errorf("%s sees the failed delivery: %v", who, found)
		}
	}
}

// Our Message-ID is found wherever a server leaves it.
func TestBounceNamesItsMailAnywhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	plain := post{top: "Return-Path: <>\r\n", from: "MAILER-DAEMON@mx.vendor.test", subject: "failure notice"}
	said := "I was not able to deliver your message.\r\n<ben@city.test>: 550 5.1.1 no such user\r\n\r\n"
	for name, write := range map[string]func(id string) post{
		"in the returned header": func(id string) post { return bounceOf("failed", "5.1.1", "ben@city.test", id) },
		"in the text": func(id string) post {
			p := plain
			p.body = said + "--- Below this line is a copy of the message.\r\n\r\nReceived: (qmail 1)\r\nMessage-ID: <" + id + ">\r\nSubject: x\r\n\r\nBody\r\n"
			return p
		},
		"in the text, bare": func(id string) post { p := plain; p.body = said + "The message was " + id + ".\r\n"; return p },
		"in In-Reply-To":    func(id string) post { p := plain; p.body, p.reply = said, "<"+id+">"; return p },
		"in References":     func(id string) post { p := plain; p.body, p.refs = said, "<root@x.test> <"+id+">"; return p },
		"in a header of its own": func(id string) post {
			p := plain
			p.body, p.top = said, p.top+"X-Original-Message-ID: <"+id+">\r\n"
			return p
		},
		"in the returned mail": func(id string) post {
			p := bounceOf("failed", "5.1.1", "ben@city.test", "")
			p.body = strings.Replace(strings.Replace(p.body, "text/rfc822-headers", "message/rfc822", 1), "Message-ID: <>", "Message-ID: <"+id+">", 1)
			return p
		},
		"in a file": func(id string) post {
			p := plain
			p.as = `multipart/mixed; boundary="f"`
			p.body = "--f\r\nContent-Type: text/plain\r\n\r\n" + said + "--f\r\nContent-Type: text/plain; name=\"details.txt\"\r\nContent-Disposition: attachment\r\n\r\n" +
				"Message-ID: <" + id + ">\r\n--f--\r\n"
			return p
		},
		"where the mail was forwarded": func(id string) post { return bounceOf("failed", "5.1.1", "ben@elsewhere.test", id) },
		"with no recipient": func(id string) post {
			p := plain
			p.body, p.reply = "Your message could not be delivered.\r\n", "<"+id+">"
			return p
		},
	} {
		n := o.open(post{top: passed, subject: name})
		_, x := o.leave(n, "ben")
		row := o.send(write(x.id))
		if state, _, _ := o.stands(x.id); row.Ticket != n || state != core.OutboundBounced {
			t.Errorf("%s: %s (ticket %d): the mail is %s", name, row.Reason, row.Ticket, state)
		}
		if forwarded := strings.Contains(row.Reason, "went on to ben@elsewhere.test"); forwarded != (name == "where the mail was forwarded") {
			t.Errorf("%s: %s", name, row.Reason)
		}
	}
}

// Whoever does not name a mail of ours by its id proves nothing: nobody is told and nothing changes state.
func TestForgedBounceChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	id, x := o.leave(n, "ben")
	o.sql("update outbox set state = 'accepted', finished_at = created_at where state = 'queued'")
	records := len(o.records(n))
	o.mails()
	made := "pd.01900000-0000-7000-8000-000000000000@city.test"
	for name, c := range map[string]struct {
		post   post
		reason string
	}{
		"a made-up id":     {bounceOf("failed", "5.1.1", "ben@city.test", made), "noted with the only mail to that address, " + id},
		"no id":            {bounceOf("failed", "5.1.1", "ben@city.test", ""), "noted with the only mail to that address, " + id},
		"an id of others":  {bounceOf("failed", "5.1.1", "sol@city.test", "x@vendor.test"), "it names no mail of ours, only sol@city.test"},
		"nobody we mailed": {bounceOf("failed", "5.1.1", "nobody@city.test", ""), "it names no mail of ours, only nobody@city.test"},
		"several":          {bounceOf("failed", "5.1.1", "ben@city.test\r\n\r\nFinal-Recipient: rfc822; eva@city.test\r\nAction: failed", ""), "only ben@city.test, eva@city.test"},
		"the ticket's tag": {post{top: "Return-Path: <>\r\n", from: "MAILER-DAEMON@x.test", subject: fmt.Sprintf("Undeliverable: [IT #%d]", n), body: "Your message could not be delivered: user unknown."}, "it names no mail of ours"},
	} {
		row := o.send(c.post)
		o.is(name, row, core.InboundSuppressed, 0)
		if row.Ticket != 0 || !strings.Contains(row.Reason, c.reason) {
			t.Errorf("%s: ticket %d, %s", name, row.Ticket, row.Reason)
		}
	}
	o.told("forged bounces")
	state, response, note := o.stands(x.id)
	if state != core.OutboundAccepted || response != "" || len(o.records(n)) != records {
		t.Errorf("forged bounces made the mail %s (%s), %d records", state, response, len(o.records(n))-records)
	}
	if !strings.Contains(note, "perhaps this one") {
		t.Errorf("the mail's note is %q", note)
	}
}

// A report to an id that is another desk's, or of a mail that never left, or was refused, changes no state either.
func TestBounceOfWhatNeverLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for state, bounces := range map[string]bool{"queued": false, "sending": true, "uncertain": true, "accepted": true, "rejected": false,
		"parked": false, "cancelled": false, "bounced": false} {
		n := o.open(post{top: passed, subject: state})
		_, x := o.leave(n, "ben")
		o.outbox(x.id, state)
		o.mails()
		o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id))
		now, _, _ := o.stands(x.id)
		if want := map[bool]string{true: "bounced", false: state}[bounces]; string(now) != want {
			t.Errorf("%s became %s", state, now)
		}
		if told := len(o.mails()) > 0; told != bounces {
			t.Errorf("%s: somebody was told: %v", state, told)
		}
	}
	n := o.open(post{top: passed})
	_, x := o.leave(n, "ben")
	o.outbox(x.id, "queued")
	o.sql("update outbox set resent = true where message_id = $1", x.id) // left once, waits to leave again
	o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id))
	if now, _, _ := o.stands(x.id); now != core.OutboundBounced {
		t.Errorf("what waits to be sent once more is %s", now)
	}
}

// Delayed, delivered and read are noted with the mail, and are no failure.
func TestReportsThatAreNoFailure(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	_, x := o.leave(n, "ben")
	records := len(o.records(n))
	o.mails()
	receipt := func(body string) post {
		return post{from: "ben@city.test", subject: "Read: [IT #1] Paper jam", as: `multipart/report; report-type=disposition-notification; boundary="b"`,
			body: "--b\r\nContent-Type: text/plain\r\n\r\nYour message was displayed.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n" + body + "\r\n\r\n--b--\r\n"}
	}
	complaint := post{from: "abuse@vendor.test", subject: "Abuse report", as: `multipart/report; report-type=feedback-report; boundary="b"`,
		body: "--b\r\nContent-Type: text/plain\r\n\r\nComplaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n" +
			"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + x.id + ">\r\nSubject: x\r\n\r\nBody\r\n--b--\r\n"}
	for _, c := range []struct {
		what string
		post post
		note string
	}{
		{"delayed", bounceOf("delayed", "4.4.1", "ben@city.test", x.id), "delayed 550 4.4.1"},
		{"delivered", bounceOf("delivered", "2.0.0", "ben@city.test", x.id), "delivered 550 2.0.0"},
		{"relayed", bounceOf("relayed", "2.0.0", "ben@city.test", x.id), "relayed"},
		{"read", receipt("Final-Recipient: rfc822; ben@city.test\r\nOriginal-Message-ID: <" + x.id + ">\r\nDisposition: manual-action/MDN-sent-manually; displayed"), "read displayed"},
		{"a complaint", complaint, "complaint"},
	} {
		row := o.send(c.post)
		o.is(c.what, row, core.InboundSuppressed, n)
		state, _, note := o.stands(x.id)
		if state != core.OutboundAccepted || !strings.Contains(note, c.note) {
			t.Errorf("%s: the mail is %s, its note %q; ledger %q", c.what, state, note, row.Reason)
		}
	}
	o.told("no failures")
	if len(o.records(n)) != records {
		t.Errorf("%d new records", len(o.records(n))-records)
	}
}

// A mail that says that a mail did not arrive bounces too where somebody's own server is down: that is told to nobody (E3).
func TestBounceOfABounceNoticeEndsThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("sol", n, "Try now.", true)
	_, x := o.leave(n, "ben")
	o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id))
	o.mails()
	_, news := o.leave(n, "sol")
	row := o.send(bounceOf("failed", "5.1.1", "sol@city.test", news.id))
	o.is("the bounce of the news", row, core.InboundSuppressed, n)
	if state, _, _ := o.stands(news.id); state != core.OutboundBounced {
		t.Errorf("the news are %s", state)
	}
	o.told("the bounce of the news")
}

// A mail without ticket just gets its state; the bounce of a merged ticket's mail is the survivor's.
func TestBounceWithoutTicketAndOfAMergedOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, two := o.open(post{top: passed}), o.open(post{top: passed})
	_, x := o.leave(one, "ben")
	o.merge(one, two)
	o.mails()
	o.is("of a merged ticket", o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id)), core.InboundSuppressed, two)
	if last := o.last(two); last.Change.Field != "delivery" {
		t.Errorf("the survivor's log says %+v", last)
	}
	o.sql("update outbox set state = 'accepted', ticket_number = null, event = 'sign_in' where message_id = $1", x.id)
	o.mails()
	row := o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id))
	o.is("of a sign-in link", row, core.InboundSuppressed, 0)
	if state, _, _ := o.stands(x.id); state != core.OutboundBounced || row.Ticket != 0 {
		t.Errorf("a sign-in link that came back is %s, ticket %d", state, row.Ticket)
	}
	o.told("of a sign-in link")
}

// D18: addresses from which mail comes back are found by the check.
func TestCheckFindsAddressesThatBounce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 3 {
		if dead := o.dead(); len(dead) != 0 {
			t.Errorf("after %d bounces: %q", i, dead)
		}
		n := o.open(post{top: passed, subject: fmt.Sprint("No ", i)})
		_, x := o.leave(n, "ben")
		o.send(bounceOf("failed", "5.1.1", "ben@city.test", x.id))
		o.now = o.now.Add(time.Hour)
	}
	dead := o.dead()
	if len(dead) != 1 || !strings.Contains(dead[0], "ben@city.test") || !strings.Contains(dead[0], "5.1.1") {
		t.Errorf("the check finds %q", dead)
	}
}

func (o *office) dead() (found []string) {
	o.Helper()
	findings, err := o.desk.Check(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	for _, f := range findings {
		if f.Code == core.DeadAddress {
			found = append(found, f.Text)
		}
	}
	return found
}

// Three failures that last suspend an address; full mailboxes, expired queues and forgeries do not, however many.
func TestOnlyLastingFailuresSuspend(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	back := func(who, status string) {
		t.Helper()
		n := o.open(post{top: passed, from: who + "@city.test", subject: status})
		_, x := o.leave(n, who)
		o.send(bounceOf("failed", status, who+"@city.test", x.id))
	}
	suspended := func(who string) (found bool) {
		t.Helper()
		if err := o.Store.Pool().QueryRow(t.Context(), "select exists (select from address_guard where address = $1 and suspended_at is not null)", who+"@city.test").Scan(&found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, status := range []string{"5.2.2", "4.4.7", "5.3.4", "4.2.2", "5.1.1", "5.1.1"} {
		back("ben", status)
	}
	for range 4 {
		o.send(bounceOf("failed", "5.1.1", "ben@city.test", ""))
	}
	if suspended("ben") {
		t.Error("two lasting failures suspend ben")
	}
	n := o.open(post{top: passed})
	_, x := o.leave(n, "ben")
	p := bounceOf("failed", "5.1.1", "ben@city.test", x.id)
	o.send(p)
	if !suspended("ben") || suspended("eva") {
		t.Errorf("after three: ben %v, eva %v", suspended("ben"), suspended("eva"))
	}
}
