package mailin

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

func TestOneWordAsksForQuiet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"stop": "stop", "Stop.": "stop", " PARAR ": "stop", "¡parar!": "stop", "\"stop\"": "stop", "start": "start", "Seguir\n": "start",
		"": "", "stop it": "", "stop\n\nMia": "", "#stop": "", "stopp": "", "please stop": "", "parar ahora": "", "stop\nparar": "",
	} {
		if got := quietWord(text); string(got) != want {
			t.Errorf("%q asks for %q, want %q", text, got, want)
		}
	}
}

func (o *office) said(who, reason string) (list []bool) {
	o.Helper()
	p, err := o.Store.Person(o.Context(), o.People[who].ID)
	if err != nil {
		o.Fatal(err)
	}
	for _, s := range p.Settings {
		if s.Reason == reason && s.Service == o.Printers {
			list = append(list, s.Wanted)
		}
	}
	return list
}

// E4: the one word stop switches the reason of the answered mail off for its recipient in that service, and start on again;
// it is no message, and the receipt says what is off and how to undo it.
func TestStopSwitchesTheReasonOfThatMailOff(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][2]string{"english": {"Stop.", "start"}, "spanish": {"parar", "Seguir"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			n := o.open(post{top: passed})
			o.take("sol", n)
			o.write("ben", n, "Hello?", true)
			x, records := o.notice(n, "sol"), len(o.records(n))
			o.mails()
			quoted := "\r\n\r\nOn Wed, 4 Mar 2026 at 11:00, IT <it@city.test> wrote:\r\n> Hello?\r\n> Answer with the one word stop to get no more of these.\r\n"
			o.is("stop", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: words[0] + quoted}), core.InboundApplied, n)
			o.told("stop", "receipt sol")
			if r := o.notice(n, "sol"); !strings.Contains(r.content, `"args": ["solver", "IT/Printers"]`) || !strings.Contains(r.content, `"outcome": "done"`) {
				t.Errorf("the receipt says %s", r.content)
			}
			if got := o.said("sol", "solver"); !slices.Equal(got, []bool{false}) || len(o.records(n)) != records {
				t.Errorf("switched %v, %d records (were %d)", got, len(o.records(n)), records)
			}
			o.write("ben", n, "Still there?", true)
			o.told("after stop")
			if audit, _, err := o.desk.Audit(t.Context(), o.People["root"], 0, 1); err != nil || audit[0].Noun != core.AuditNotifications || audit[0].After["wanted"] != "off" {
				t.Errorf("the audit tells %+v, %v", audit, err)
			}
			o.is("start", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: words[1]}), core.InboundApplied, n)
			o.told("start", "receipt sol")
			o.write("ben", n, "And now?", true)
			o.told("after start", "message_received sol")
		})
	}
}

// The receipt of such a word is answered with the other one, and switches what it is about, in its service.
func TestStartInAnswerToTheReceiptOfStop(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	records := len(o.records(n))
	answer := func(body string) post {
		x := o.notice(n, "sol")
		return post{top: passed, from: "sol@city.test", to: x.reply, reply: x.id, body: body}
	}
	o.send(answer("stop"))
	for _, c := range []struct {
		word   string
		wanted bool
	}{{"Start", true}, {"parar", false}, {"stop", false}, {"seguir", true}} {
		o.mails()
		o.is(c.word, o.send(answer(c.word)), core.InboundApplied, n)
		o.told(c.word, "receipt sol")
		if got := o.said("sol", "solver"); !slices.Equal(got, []bool{c.wanted}) {
			t.Errorf("%s: switched %v", c.word, got)
		}
		if r := o.receipt("sol"); len(r.Lines) != 1 || !slices.Equal(r.Lines[0].Args, []string{"solver", "IT/Printers"}) || r.Lines[0].Outcome != core.CommandDone {
			t.Errorf("%s: the receipt says %+v", c.word, r)
		}
	}
	if len(o.records(n)) != records {
		t.Error("the ticket got a word that was not meant for it")
	}

	o.sql("update mailbox set policy = 'strict'")
	unproven := answer("stop")
	unproven.top = ""
	o.is("unproven", o.send(unproven), core.InboundSuppressed, 0)
	o.is("proven in answer to the refusal", o.send(answer("stop")), core.InboundApplied, n)
	if got := o.said("sol", "solver"); !slices.Equal(got, []bool{false}) {
		t.Errorf("after the refusal: switched %v", got)
	}

	// What cannot be switched off cannot be by way of its receipt either.
	o.send(answer("start"))
	o.write("ben", n, "And now?", true)
	x := answer("stop")
	o.sql("update outbox set event = 'delivery_failed' where message_id = $1", x.reply)
	o.is("always on", o.send(x), core.InboundSuppressed, 0)
	o.is("the receipt of that", o.send(answer("stop")), core.InboundSuppressed, 0)
	o.line("the receipt of that", "sol", "stop", core.CommandRefused, "error.quiet.always")
	if got := o.said("sol", "solver"); !slices.Equal(got, []bool{true}) {
		t.Errorf("always on: switched %v", got)
	}
}

// Nothing is switched without proof, where the table does not allow it, or by the word start where nothing is off.
func TestStopTakesProofAndASwitch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set policy = 'strict'")
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	o.mails()
	o.is("unproven", o.send(post{from: "sol@city.test", to: x.reply, body: "stop"}), core.InboundSuppressed, 0)
	o.told("unproven", "receipt sol")
	if r := o.notice(n, "sol"); !strings.Contains(r.content, "error.quiet.unproven") {
		t.Errorf("the receipt says %s", r.content)
	}
	o.is("forged", o.send(post{top: failed, from: "sol@city.test", to: x.reply, body: "stop"}), core.InboundQuarantined, 0)
	o.told("forged")
	o.is("words more", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "Stop the printer."}), core.InboundApplied, n)
	o.told("words more", "public_reply ben")
	o.is("start where nothing is off is a message", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "Start"}), core.InboundApplied, n)
	if r := o.last(n); r.Text != "Start" || !r.ShowToRequester {
		t.Errorf("it became %+v", r)
	}
	o.mails()
	o.is("without a reply address it is a message", o.send(post{top: passed, from: "ben@city.test", reply: o.notice(n, "ben").id, body: "stop"}), core.InboundApplied, n)
	if r := o.last(n); r.Text != "stop" {
		t.Errorf("it became %+v", r)
	}
	o.mails()
	if _, err := o.Store.Pool().Exec(t.Context(), "update outbox set event = 'delivery_failed' where ticket_number = $1 and address = 'sol@city.test'", n); err != nil {
		t.Fatal(err)
	}
	o.is("always on", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "stop!"}), core.InboundSuppressed, 0)
	o.told("always on", "receipt sol")
	if r := o.notice(n, "sol"); !strings.Contains(r.content, "error.quiet.always") {
		t.Errorf("the receipt says %s", r.content)
	}
	if got := o.said("sol", "solver"); len(got) > 0 {
		t.Errorf("switched %v", got)
	}
}

// The address for notes stands in the text of a mail, where others read it: with it alone nobody switches another's mails.
func TestStopToTheNoteAddressTakesEvidence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set policy = 'token'")
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	o.is("token alone", o.send(post{from: "sol@city.test", to: x.note, body: "stop"}), core.InboundSuppressed, 0)
	if got := o.said("sol", "solver"); len(got) != 0 {
		t.Errorf("switched %v", got)
	}
	o.is("with evidence", o.send(post{top: passed, from: "sol@city.test", to: x.note, body: "stop"}), core.InboundApplied, n)
	if got := o.said("sol", "solver"); !slices.Equal(got, []bool{false}) {
		t.Errorf("switched %v", got)
	}
}
