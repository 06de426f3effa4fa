package mailin

import (
	"fmt"
	"testing"

	"postdesk/core"
)

// Commands that count for the text below them come before it: whoever takes a ticket answers as its solver, so its main
// solver hears nothing, and who is added reads the answer. What ends the right to write comes after it.
func TestTakingAndAddingCountForTheTextBelow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	s := o.open(post{top: passed, subject: "Same jam"})
	o.take("sol", s)
	o.send(post{top: passed, from: "ben@city.test", subject: fmt.Sprintf("Re: [IT #%d] Same jam", s), body: "Any news?"})
	o.mails()
	to := o.notice(s, "sol").reply
	o.is("answered", o.send(post{top: passed, from: "sol@city.test", to: to, body: "#participant eva@city.test\n\nWe are on it."}), core.InboundApplied, s)
	o.told("who is added reads it", "receipt sol", "public_reply ben", "public_reply eva")
	o.is("and moved", o.send(post{top: passed, from: "sol@city.test", to: to, body: "#return\n\nI am off until Monday."}), core.InboundApplied, s)
	if r := o.records(s); r[len(r)-1].Kind != core.KindStatus && r[len(r)-1].Kind != core.KindAssignment {
		t.Errorf("the text was not written first: %+v", r[len(r)-1])
	}
	o.mails()
	to = o.notice(n, "mia").reply
	o.take("mia", n)
	o.is("returned", o.send(post{top: passed, from: "mia@city.test", to: to, body: "#return"}), core.InboundApplied, n)
	o.mails()
	o.is("taken", o.send(post{top: passed, from: "mia@city.test", to: o.notice(n, "mia").reply, body: "#take\n\nI have a look."}), core.InboundApplied, n)
	o.told("the answer of its solver", "receipt mia", "public_reply ben")
	to = o.notice(n, "mia").reply
	o.is("given", o.send(post{top: passed, from: "mia@city.test", to: to, body: "#assign sol\n#note\n\nRoom 12, bring the spare cable."}), core.InboundApplied, n)
	o.told("who is given it reads the note", "assigned sol", "note_added sol", "receipt mia")
	o.is("answered with a command", o.send(post{top: passed, from: "sol@city.test", to: o.notice(n, "sol").reply, body: "#waiting\n\nI have none, I ask the store."}), core.InboundApplied, n)
	o.told("an answer to a note stays inside, and orders", "receipt sol")
	if got := o.ticket(n); got.Status != core.Waiting || o.last(n).ShowToRequester && o.last(n).Text != "" {
		t.Errorf("%s: %+v", o.state(n), o.last(n))
	}
}
