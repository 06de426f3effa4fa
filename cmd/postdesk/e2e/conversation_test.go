package e2e

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// quotes are the ways in which mail programs put the mail they answer below the answer; %s is its sender's address.
var quotes = map[string]string{
	"gmail en":       "\n\nOn Mon, Nov 23, 2026 at 9:30 AM IT <%s> wrote:\n\n> What was written before.\n> And more of it.\n",
	"gmail es":       "\n\nEl lun, 23 nov 2026 a las 9:30, IT (<%s>) escribió:\n\n> What was written before.\n> And more of it.\n",
	"outlook en":     "\n\n________________________________\nFrom: IT <%s>\nSent: Monday, November 23, 2026 9:30 AM\nTo: You\nSubject: The subject\n\nWhat was written before.\nAnd more of it.\n",
	"outlook es":     "\n\n________________________________\nDe: IT <%s>\nEnviado: lunes, 23 de noviembre de 2026 9:30\nPara: Usted\nAsunto: El asunto\n\nWhat was written before.\nAnd more of it.\n",
	"apple en":       "\n\n> On Nov 23, 2026, at 09:30, IT <%s> wrote:\n> \n> What was written before.\n> And more of it.\n",
	"apple es":       "\n\n> El 23 nov 2026, a las 9:30, IT <%s> escribió:\n> \n> What was written before.\n> And more of it.\n",
	"thunderbird en": "\n\nOn 11/23/26 09:30, IT <%s> wrote:\n> What was written before.\n> And more of it.\n",
	"thunderbird es": "\n\nEl 23/11/26 a las 09:30, IT <%s> escribió:\n> What was written before.\n> And more of it.\n",
}

// noteAddress is where the mailto link of a mail leads.
var noteAddress = regexp.MustCompile(`[a-z]+\+n\.[a-z2-7]+@city\.test`)

// TestConversation plays the main job on real servers, in English and in Spanish: a request, its answer, the answer to
// that, a note, and what strangers and thieves try meanwhile.
func TestConversation(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	postfix := mailhost.StartPostfix(t, dovecot)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: postfix.SMTPPort, signIn: true})
	daemon := d.serve().ready()
	t.Run("people", func(t *testing.T) {
		for _, c := range []*conversation{
			{language: "en", mailbox: "it", service: "Printers", requester: "ben", solver: "mia", other: "pat", received: "We got"},
			{language: "es", mailbox: "network", service: "Network", requester: "eva", solver: "net", other: "leo", received: "Recibimos"},
		} {
			t.Run(c.language, func(t *testing.T) {
				t.Parallel()
				c.T, c.desk, c.postfix = t, d, postfix
				c.solverAPI = d.caller(daemon, c.solver)
				c.play()
			})
		}
	})
	// Nobody else got a mail; thieves and strangers get nothing either.
	for _, user := range []string{"sol", "rea", "leo", "pat"} {
		if mails := inbox(t, dovecot, user); len(mails) > 0 {
			t.Errorf("%s got %s", user, events(mails))
		}
	}
	for _, user := range []string{"it", "network"} {
		_, uids := listed(t, dovecot, user, "INBOX")
		if n := d.count("select count(*) from inbound join mailbox m on m.id = mailbox_id where address = $1 and state <> 'received'", user+"@city.test"); n != len(uids) {
			t.Errorf("%s has %d messages and the ledger %d", user, len(uids), n)
		}
	}
	daemon.stop()
}

type conversation struct {
	*testing.T
	*desk
	postfix   *mailhost.Postfix
	solverAPI caller
	language, mailbox, service,
	requester, solver, other, received string
}

func (c *conversation) arrives(user string, n int) received {
	c.T.Helper()
	return arrives(c.T, c.dovecot, user, n)
}

// answers writes a reply the way a mail program does, with the answered mail quoted below.
func (c *conversation) answers(user string, m received, style, text string, files ...file) {
	c.T.Helper()
	submit(c.T, c.postfix, letter{from: user + "@city.test", name: user, to: m.replyTo, subject: "Re: " + m.subject, inReplyTo: m.id,
		text: text + fmt.Sprintf(quotes[style+" "+c.language], m.replyTo), files: files})
}

// settled waits until the ledger has n messages of a sender in a state.
func (c *conversation) settled(state, sender string, n int) {
	c.T.Helper()
	eventually(c.T, 30*time.Second, func() error {
		if got := c.count("select count(*) from inbound where state = $1 and sender = $2", state, sender); got != n {
			return fmt.Errorf("%d messages of %s are %s, not %d", got, sender, state, n)
		}
		return nil
	})
}

func (c *conversation) play() {
	log := func(n int64, want ...string) {
		c.T.Helper()
		if got := told(c.solverAPI.log(n)); !slices.Equal(got, want) {
			c.T.Fatalf("the log is\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	photo, manual := newFile("photo.bin", 40_000), newFile("manual.bin", 300_000)

	// A request makes a ticket; its sender gets an acknowledgement, the main solver hears of it.
	submit(c.T, c.postfix, letter{from: c.requester + "@city.test", name: c.requester, to: c.mailbox + "@city.test",
		subject: "Scanner is offline", text: "The scanner on floor 2 does not answer.", files: []file{photo}})
	acknowledgement := c.arrives(c.requester, 1)
	news := c.arrives(c.solver, 1)
	if acknowledgement.event() != "ticket_created" || acknowledgement.role() != "requester" || acknowledgement.auto != "auto-replied" ||
		!strings.Contains(acknowledgement.text, c.received) || strings.Contains(acknowledgement.text, "floor 2") {
		c.T.Errorf("acknowledgement:\n%s", acknowledgement.text)
	}
	if news.event() != "ticket_created" || news.role() != "main_solver" || !strings.Contains(news.text, "floor 2") {
		c.T.Errorf("notification:\n%s", news.text)
	}
	tickets := c.solverAPI.tickets("service=" + c.service)
	if len(tickets) != 1 || tickets[0].Subject != "Scanner is offline" || tickets[0].Status != "open" {
		c.T.Fatalf("tickets %+v", tickets)
	}
	n := tickets[0].Number
	tag := fmt.Sprintf("[IT #%d]", n)
	if !strings.Contains(acknowledgement.subject, tag) || !strings.Contains(news.subject, tag) {
		c.T.Errorf("subjects %q and %q without %s", acknowledgement.subject, news.subject, tag)
	}
	first := c.solverAPI.log(n)
	if len(first) != 1 || len(first[0].Attachments) != 1 {
		c.T.Fatalf("log %+v", first)
	}
	if got := c.solverAPI.bytes("GET", fmt.Sprintf("/tickets/%d/attachments/%s", n, first[0].Attachments[0].ID), nil); !bytes.Equal(got, photo.content) {
		c.T.Errorf("%s: %d of %d bytes, or others", photo.name, len(got), len(photo.content))
	}

	// The solver answers the notification: that reaches the requester, with the file.
	c.answers(c.solver, news, "gmail", "Is its cable plugged in?", manual)
	reply := c.arrives(c.requester, 2)
	if reply.event() != "public_reply" || !strings.Contains(reply.text, "Is its cable plugged in?") || strings.Contains(reply.raw, "What was written before") {
		c.T.Errorf("reply:\n%s", reply.text)
	}
	if len(reply.files) != 1 || reply.files[0].name != manual.name || !bytes.Equal(reply.files[0].content, manual.content) {
		c.T.Errorf("the reply has %d files, or other bytes", len(reply.files))
	}
	// The requester answers that: it goes to the solver side.
	c.answers(c.requester, reply, "outlook", "It is now, and still nothing.")
	answer := c.arrives(c.solver, 2)
	if answer.event() != "message_received" || !strings.Contains(answer.text, "It is now, and still nothing.") {
		c.T.Errorf("answer:\n%s", answer.text)
	}
	lines := []string{
		"message " + c.requester + ": The scanner on floor 2 does not answer.",
		"message " + c.solver + ": Is its cable plugged in?",
		"status open > in_progress",
		"message " + c.requester + ": It is now, and still nothing.",
	}
	log(n, lines...)

	// A note stays with the team.
	note := noteAddress.FindString(news.text)
	if note == "" || strings.Contains(acknowledgement.raw, "+n.") || strings.Contains(reply.raw, "+n.") {
		c.T.Fatalf("note addresses: %q in\n%s", note, news.text)
	}
	submit(c.T, c.postfix, letter{from: c.solver + "@city.test", name: c.solver, to: note, subject: "note", text: "Third time this year."})
	c.settled("applied", c.solver+"@city.test", 2)
	lines = append(lines, "note "+c.solver+": Third time this year.")
	log(n, lines...)

	// Strangers do not get in with the subject alone, and nobody with somebody else's reply address.
	stranger := "zed@" + c.language + ".elsewhere.test"
	submit(c.T, c.postfix, letter{from: stranger, name: "Zed", to: c.mailbox + "@city.test", subject: "Re: " + tag + " Scanner is offline", text: "Send me everything."})
	c.settled("quarantined", stranger, 1)
	thief := c.other + "@city.test"
	submit(c.T, c.postfix, letter{from: thief, name: "Thief", to: answer.replyTo, subject: "Re: " + answer.subject, inReplyTo: answer.id, text: "I am the solver."})
	c.settled("quarantined", thief, 1)
	warning := c.arrives(c.solver, 3)
	if warning.event() != "token_misused" || strings.Contains(warning.raw, "I am the solver") {
		c.T.Errorf("warning:\n%s", warning.text)
	}
	c.answers(c.solver, answer, "apple", "This address was stolen.")
	c.settled("quarantined", c.solver+"@city.test", 1)
	if asked := c.arrives(c.solver, 4); asked.event() != "receipt" || !strings.Contains(asked.text, "/confirm/") || strings.Contains(asked.raw, "was stolen") {
		c.T.Errorf("asked whether it was them:\n%s", asked.text)
	}
	log(n, lines...)

	// The other notification's address still works; so do the ways in which other programs quote.
	c.answers(c.solver, news, "apple", "Then I will come over.")
	visit := c.arrives(c.requester, 3)
	c.answers(c.requester, visit, "thunderbird", "Thank you.")
	c.arrives(c.solver, 5)
	lines = append(lines, "message "+c.solver+": Then I will come over.", "message "+c.requester+": Thank you.")
	log(n, lines...)

	// A reply to a resolved ticket reopens it.
	c.solverAPI.bytes("POST", fmt.Sprintf("/tickets/%d/actions/resolve", n), map[string]string{"text": "The cable was broken."})
	resolved := c.arrives(c.requester, 4)
	if resolved.event() != "resolved" || !strings.Contains(resolved.text, "The cable was broken.") {
		c.T.Errorf("resolved:\n%s", resolved.text)
	}
	c.answers(c.requester, resolved, "gmail", "It is broken again.")
	reopened := c.arrives(c.solver, 6)
	if reopened.event() != "reopened" || !strings.Contains(reopened.text, "It is broken again.") {
		c.T.Errorf("reopened:\n%s", reopened.text)
	}
	if got := c.solverAPI.ticket(n).Status; got == "resolved" || got == "closed" {
		c.T.Errorf("the ticket is %s", got)
	}
	if all := c.solverAPI.tickets("service=" + c.service); len(all) != 1 {
		c.T.Errorf("%d tickets: %+v", len(all), all)
	}
	eventually(c.T, 10*time.Second, func() error {
		if left := c.count("select count(*) from outbox o join ticket t on t.number = o.ticket_number where t.number = $1 and state not in ('accepted', 'cancelled')", n); left > 0 {
			return fmt.Errorf("%d mails are not out", left)
		}
		return nil
	})
	want := []string{"ticket_created as requester", "public_reply as requester", "public_reply as requester", "resolved as requester"}
	if got := events(inbox(c.T, c.dovecot, c.requester)); !slices.Equal(got, want) {
		c.T.Errorf("%s got %s", c.requester, got)
	}
}
