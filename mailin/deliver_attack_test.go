package mailin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Mails that only look alike are different mails: other subjects, or a device's alarm that carries neither Message-ID nor
// Date. The very same bytes are a copy.
func TestWhatLooksLikeACopyIsNotSwallowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.send(post{from: "ben@city.test", id: "same@city.test", subject: "Door 1 open", body: "-"})
	two := o.send(post{from: "ben@city.test", id: "same@city.test", subject: "Door 2 open", body: "-"})
	o.is("first door", one, core.InboundApplied, 0)
	o.is("second door", two, core.InboundApplied, 0)
	alarm := func(at string) string {
		return "Received: by mx.city.test; " + at + "\r\nFrom: ben@city.test\r\nTo: it@city.test\r\nSubject: Server room is hot\r\n\r\n41 degrees\r\n"
	}
	first := o.sendRaw(o.Mailbox, alarm("Wed, 04 Mar 2026 11:00:00 +0000"))
	later := o.sendRaw(o.Mailbox, alarm("Mon, 13 Apr 2026 03:00:00 +0000"))
	o.is("first alarm", first, core.InboundApplied, 0)
	o.is("the same alarm weeks later", later, core.InboundApplied, 0)
	if first.Ticket == later.Ticket {
		t.Error("the second alarm went into the first one's ticket")
	}
	o.is("the same bytes again", o.sendRaw(o.Mailbox, alarm("Mon, 13 Apr 2026 03:00:00 +0000")), core.InboundDuplicate, later.Ticket)
}

// Who has a copy of a solver's mail could deliver it first without proof, and have the real one taken for a duplicate.
func TestProvenCopyReplacesTheHeldOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set policy = 'strict'")
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	p := post{from: "sol@city.test", to: x.reply, id: "copy@city.test", body: "REALTEXT"}
	held := o.send(p)
	o.is("copy without proof", held, core.InboundQuarantined, 0)
	p.top = passed
	o.is("proven copy", o.send(p), core.InboundApplied, n)
	if r := o.last(n); r.Text != "REALTEXT" || !r.ShowToRequester {
		t.Errorf("the record is %+v", r)
	}
	again, err := o.Store.Inbound(t.Context(), held.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.is("the held copy then", again, core.InboundDuplicate, 0)
	p.top = ""
	o.is("another unproven copy", o.send(p), core.InboundDuplicate, n)
}

// A solver's forward, a line that may be a command, and an out-of-office answer are not said to the requester.
func TestSolversAsidesStayInside(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	for name, p := range map[string]post{
		"command":       {body: "#note\r\ndo not tell Ben"},
		"mistyped":      {body: "#notte do not tell Ben"},
		"forward":       {subject: "Fwd: [IT #1] Paper jam", body: "Do you know this user?"},
		"forward in es": {subject: "RV: [IT #1] Atasco", body: "¿Lo conoces?"},
	} {
		o.mails()
		p.top, p.from, p.to = passed, "sol@city.test", x.reply
		o.is(name, o.send(p), core.InboundApplied, n)
		if r := o.last(n); r.ShowToRequester || r.Kind != core.KindNote {
			t.Errorf("%s became %s, shown %v", name, r.Kind, r.ShowToRequester)
		}
		for _, m := range o.mails() {
			if strings.HasSuffix(m, " ben") {
				t.Errorf("%s: ben was mailed: %s", name, m)
			}
		}
	}
	o.is("number, not command", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "#12 is the tray to use"}), core.InboundApplied, n)
	if r := o.last(n); !r.ShowToRequester {
		t.Error("#12 is text and goes to the requester")
	}
}

// mail.md 2, row 9: an out-of-office subject close behind our own mail is an automatic answer; else it is a person's.
func TestOutOfOfficeSubjectBehindOurMailIsAutomatic(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	away := post{top: passed, from: "sol@city.test", to: x.reply, subject: "Respuesta automática: Paper jam", body: "Vuelvo el lunes."}
	if _, err := o.Store.Pool().Exec(t.Context(), "update outbox set state = 'accepted', finished_at = $1", o.now); err != nil {
		t.Fatal(err)
	}
	o.mails()
	o.is("answer of a machine", o.send(away), core.InboundApplied, n)
	if r := o.last(n); r.Kind != core.KindMail || r.ShowToRequester {
		t.Errorf("it became %s, shown %v", r.Kind, r.ShowToRequester)
	}
	o.told("answer of a machine")
	// A requester's mail program answers the acknowledgement: no new ticket, no new acknowledgement.
	o.is("machine without a thread", o.send(post{from: "ben@city.test", subject: "Automatic reply: out of office", body: "Away."}), core.InboundSuppressed, 0)
	if _, err := o.Store.Pool().Exec(t.Context(), "update outbox set finished_at = $1", o.now.Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	o.is("long after our mail", o.send(post{from: "ben@city.test", subject: "Out of office printer", body: "It is out of order."}), core.InboundApplied, 0)
}

// Anybody can refer to anything: a reference to a stranger's thread must not draw that stranger's mail into one's ticket.
func TestForeignReferencesDrawNobodyIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	eva := o.open(post{top: passed, from: "eva@city.test", refs: "<company-thread@city.test> <future@city.test>"})
	o.do("eva", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), eva, o.People["pat"], 0)
		return err
	})
	row := o.send(post{top: passed, from: "pat@city.test", refs: "<company-thread@city.test>", body: "For the desk alone."})
	o.is("same foreign thread", row, core.InboundApplied, 0)
	parent := o.send(post{top: passed, from: "pat@city.test", id: "future@city.test", body: "Mine."})
	o.is("a mail that was referred to before it came", parent, core.InboundApplied, 0)
	if row.Ticket == eva || parent.Ticket == eva {
		t.Error("pat's mail went into eva's ticket")
	}
	o.is("the requester's own thread", o.send(post{top: passed, from: "eva@city.test", refs: "<company-thread@city.test>"}), core.InboundApplied, eva)
}

// With the role lost, neither an old reply address nor the thread opens a way in, and the words do not become a ticket.
func TestReplyOfWhoLostSightIsHeld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	o.sql("delete from role_grant where person_id = $1", o.People["sol"].ID)
	o.is("former solver", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "It is done."}), core.InboundQuarantined, 0)
}

// A border that looked and found no pass is evidence: the token alone does only where nobody looked (mail.md 4).
func TestTokenAloneNeedsNoEvidenceAtAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set policy = 'token'")
	n := o.open(post{})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	for _, result := range []string{"dmarc=none", "dmarc=temperror header.from=city.test", "spf=softfail", "dkim=pass header.d=evil.test", "dmarc=pass header.from=evil.test"} {
		top := "Authentication-Results: mx.city.test; " + result + "\r\n" + border
		o.is(result, o.send(post{top: top, from: "sol@city.test", to: x.reply, body: "Done " + result}), core.InboundQuarantined, 0)
	}
	o.is("nobody looked", o.send(post{from: "sol@city.test", to: x.reply, body: "Done."}), core.InboundApplied, n)
}

// Who has a copy of a solver's mail could deliver it first as a robot's, and have the real one taken for a duplicate.
func TestRobotsCopyKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	p := post{top: "Auto-Submitted: auto-replied\r\n", from: "sol@city.test", to: o.notice(n, "sol").reply, id: "copy@city.test", body: "#resolve\r\nREALTEXT"}
	o.is("marked copy", o.send(p), core.InboundApplied, n)
	p.top = passed
	o.is("the person's own", o.send(p), core.InboundApplied, n)
	if got := o.ticket(n).Status; got != core.Resolved {
		t.Errorf("the ticket is %s", got)
	}
	o.is("again", o.send(p), core.InboundDuplicate, n)
	p.top = "Auto-Submitted: auto-replied\r\n"
	o.is("marked again", o.send(p), core.InboundDuplicate, n)
}

// What the sender's domain disowns is no sign of them: it neither freezes nor frees their address.
func TestForgedMailCountsForNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.is("forged", o.send(post{top: failed, from: "ben@city.test", subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n), body: "The door is stuck again."}), core.InboundApplied, n)
	var counted int
	if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from inbound where likeness is not null").Scan(&counted); err != nil || counted != 1 {
		t.Errorf("%d mails count for ben, want 1: %v", counted, err)
	}
}
