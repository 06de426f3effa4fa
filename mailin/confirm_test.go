package mailin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// confirm presses the button of somebody's newest receipt.
func (o *office) confirm(who string) (core.Number, error) {
	o.Helper()
	path := o.receipt(who).Confirm
	if !strings.HasPrefix(path, "/confirm/") {
		o.Fatalf("the receipt for %s leads to %q", who, path)
	}
	actor := core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}
	return o.desk.ConfirmMail(o.Context(), actor, strings.TrimPrefix(path, "/confirm/"))
}

// The page names nobody in Cc, so its button adds none of them.
func TestConfirmingAddsNobodyInCc(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.mails()
	p := post{from: "ben@city.test", to: "it@city.test", subject: o.tag(n), cc: "eva@city.test", body: "#participant pat@city.test\r\nWe go on."}
	o.is("without proof", o.send(p), core.InboundQuarantined, n)
	if _, err := o.confirm("ben"); err != nil {
		t.Fatal(err)
	}
	if x := o.ticket(n); x.TakesPart(o.People["eva"].ID) || !x.TakesPart(o.People["pat"].ID) {
		t.Errorf("participants: %+v", x.Participants)
	}
	if got := o.last(n).Copied; len(got) > 0 && !slices.Equal(got, []string{"eva@city.test"}) {
		t.Errorf("copied: %v", got)
	}
}

// What a solver orders without proof is held whole, and carried out whole by their button: text, commands and all.
func TestConfirmedCommandsAreCarriedOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Any news?", true)
	x := o.notice(n, "sol")
	o.mails()
	p := post{top: passed, from: "sol@city.test", to: "it@city.test", reply: x.id, subject: "Re: Paper jam", body: "#prioridad alta\n#esperar\nProbé con otro rodillo."}
	row := o.send(p)
	o.is("without a token", row, core.InboundQuarantined, 0)
	o.told("without a token", "receipt sol")
	before := o.ticket(n)
	if before.Priority == core.High || before.Status == core.Waiting {
		t.Fatal("it was carried out at once")
	}
	id := strings.TrimPrefix(o.receipt("sol").Confirm, "/confirm/")
	view, err := o.desk.Confirmation(t.Context(), o.People["sol"], id)
	if err != nil || !slices.Equal(view.Commands, []string{"#prioridad alta", "#esperar"}) || view.Text != "Probé con otro rodillo." {
		t.Fatalf("the page shows %+v, %v", view, err)
	}
	if _, err := o.desk.Confirmation(t.Context(), o.People["mia"], id); core.CodeOf(err) != core.NotFound {
		t.Errorf("somebody else looks: %v", err)
	}
	if got, err := o.confirm("sol"); err != nil || got != n {
		t.Fatalf("the button: ticket %d, %v", got, err)
	}
	after := o.ticket(n)
	if after.Priority != core.High || after.Status != core.Waiting {
		t.Errorf("the ticket is %s, %s", after.Priority, after.Status)
	}
	if r := o.last(n); r.Text != "Probé con otro rodillo." || !r.ShowToRequester || r.Author.ID != o.People["sol"].ID || r.Inbound != row.ID {
		t.Errorf("the text became %+v", r)
	}
	o.told("the button", "public_reply ben", "receipt sol")
	if r := o.receipt("sol"); len(r.Lines) != 2 || r.Lines[0].Outcome != core.CommandDone || r.Lines[1].Outcome != core.CommandDone || r.Confirm != "" {
		t.Errorf("the receipt says %+v", r)
	}
	// The same mail once more, by another way in, is a copy.
	p.id = row.MessageID
	if again := o.send(p); again.State != core.InboundDuplicate {
		t.Errorf("a copy is %s (%s)", again.State, again.Reason)
	}
	o.told("a copy")
}

// A copy of what is held asks nobody a second time.
func TestCopyOfHeldMailAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man")
	p := q.reply("man", "approve")
	p.top, p.id = "", "same@sender.test"
	o.send(p)
	o.told("the first", "receipt man")
	if row := o.send(p); row.State != core.InboundDuplicate {
		t.Errorf("the copy is %s (%s)", row.State, row.Reason)
	}
	o.told("the copy")
	if _, err := o.confirm("man"); err != nil {
		t.Fatal(err)
	}
	q.parts("confirmed", yes, yes)
}

// Without addresses for tokens a solver's words are a note at once; the button does what they were meant to (mail.md 4).
func TestConfirmingAfterANote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set plus_addresses = false")
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Any news?", true)
	x := o.notice(n, "sol")
	o.mails()
	row := o.send(post{top: passed, from: "sol@city.test", to: "it@city.test", reply: x.id, subject: "Re: Paper jam", body: "Ya está listo."})
	o.is("a note", row, core.InboundApplied, n)
	if r := o.last(n); r.ShowToRequester || r.Text != "Ya está listo." {
		t.Errorf("it became %+v", r)
	}
	o.told("a note", "receipt sol")
	if _, err := o.confirm("sol"); err != nil {
		t.Fatal(err)
	}
	if r := o.last(n); !r.ShowToRequester || r.Text != "Ya está listo." {
		t.Errorf("the button made it %+v", r)
	}
	if told := o.mails(); !slices.Contains(told, "public_reply ben") {
		t.Errorf("the button told %v", told)
	}
}

func TestConfirmationsEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	held := func() *question {
		o.Helper()
		q := o.ask(core.AllApprove, 0, "man")
		p := q.reply("man", "approve")
		p.top = ""
		o.is("unproven", o.send(p), core.InboundQuarantined, 0)
		o.mails()
		return q
	}
	wants := func(what string, q *question, key string, state core.ApprovalState) {
		o.Helper()
		if _, err := o.confirm("man"); core.CodeOf(err) != core.Conflict || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v, want %s", what, err, key)
		}
		q.parts(what, state, state)
		o.told(what)
	}

	q := held()
	o.now = o.now.Add(7 * 24 * time.Hour)
	wants("a week later", q, "error.confirm.expired", waits)

	q = held()
	var inbound int64
	if err := o.Store.Pool().QueryRow(t.Context(), "select max(inbound_id) from confirmation").Scan(&inbound); err != nil {
		t.Fatal(err)
	}
	mia := core.Actor{Person: o.People["mia"], Via: core.ViaDesk, Level: core.SignedIn}
	if err := o.desk.RefuseHeld(t.Context(), mia, inbound); err != nil {
		t.Fatal(err)
	}
	wants("refused by a triager", q, "error.confirm.overtaken", waits)

	// Put back into the queue it asks anew, on the same page.
	if err := o.desk.Replay(t.Context(), inbound); err != nil {
		t.Fatal(err)
	}
	wants("in the queue", q, "error.confirm.overtaken", waits)
	for _, row := range o.claim(o.Mailbox) {
		o.is("replayed", o.apply(row), core.InboundQuarantined, 0)
	}
	o.mails()
	if _, err := o.confirm("man"); err != nil {
		t.Error(err)
	}
	q.parts("replayed and confirmed", yes, yes)

	// Decided on the page meanwhile: carried out, it says what is so.
	q = held()
	o.do("man", func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(t.Context(), q.n, no, "", "", 0)
		return err
	})
	o.mails()
	if _, err := o.confirm("man"); err != nil {
		t.Error(err)
	}
	q.parts("decided meanwhile", no, no)
	o.told("decided meanwhile", "receipt man")
	o.line("decided meanwhile", "man", "approve", core.CommandRefused, "error.approval.twice_decided")
}
