package mailin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// question is an approval that waits, with the approve addresses of those who were asked.
type question struct {
	*office
	n   core.Number
	id  string
	to  map[string]string // approve addresses
	ids map[string]string // Message-IDs of the mails that ask
}

// ask lets mia ask people about a new ticket of ben's; lasts 0 = for ever.
func (o *office) ask(rule core.ApprovalRule, lasts time.Duration, who ...string) *question {
	o.Helper()
	q := &question{office: o, n: o.open(post{top: passed, subject: "New printer", body: "May I have a new printer?"})}
	var approvers []*core.Person
	for _, w := range who {
		approvers = append(approvers, o.People[w])
	}
	o.do("mia", func(a *helpdesk.Act) error {
		ask := helpdesk.NewApproval{Approvers: approvers, Rule: rule, Text: "900 dollars"}
		if lasts != 0 {
			ask.ExpiresAt = o.now.Add(lasts)
		}
		_, err := a.AskApproval(o.Context(), q.n, ask, 0)
		return err
	})
	q.read(who...)
	o.mails()
	return q
}

// read finds the approve addresses in the newest mails of people.
func (q *question) read(who ...string) {
	q.Helper()
	q.to, q.ids, q.id = map[string]string{}, map[string]string{}, q.approval().ID
	for _, w := range who {
		x := q.notice(q.n, w)
		if !approveAddress.MatchString(x.reply) {
			q.Fatalf("the mail to %s has the reply address %q", w, x.reply)
		}
		q.to[w], q.ids[w] = x.reply, x.id
	}
}

func (q *question) approval() *core.Approval { q.Helper(); return q.ticket(q.n).Approvals[0] }

// answer is a reply to the mail that asks, with evidence in its trace fields.
func (q *question) answer(who, body string) *store.Inbound {
	q.Helper()
	return q.send(q.reply(who, body))
}

func (q *question) reply(who, body string) post {
	return post{top: passed, from: q.People[who].Email, to: q.to[who], subject: fmt.Sprintf("RE: [IT #%d] New printer", q.n), reply: q.ids[who], body: body}
}

// receipt is the newest receipt of somebody.
func (o *office) receipt(who string) (r core.Receipt) {
	o.Helper()
	var raw []byte
	err := o.Store.Pool().QueryRow(o.Context(), `select content->'receipt' from outbox join outbox_content on outbox_id = id
		where event = 'receipt' and address = $1 order by seq desc limit 1`, o.People[who].Email).Scan(&raw)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		o.Fatalf("no receipt for %s: %v", who, err)
	}
	return r
}

// line wants one line in somebody's newest receipt.
func (o *office) line(what, who, command string, outcome core.CommandOutcome, reason string) {
	o.Helper()
	r := o.receipt(who)
	if len(r.Lines) != 1 || r.Lines[0].Command != command || r.Lines[0].Outcome != outcome || r.Lines[0].Reason != reason {
		o.Errorf("%s: the receipt says %+v, want %s %s %s", what, r, command, outcome, reason)
	}
}

// parts are the states of the approval and of those who were asked.
func (q *question) parts(what string, want ...core.ApprovalState) {
	q.Helper()
	a := q.approval()
	got := []core.ApprovalState{a.State}
	for _, s := range a.Approvers {
		got = append(got, s.State)
	}
	if !slices.Equal(got, want) {
		q.Errorf("%s: %v, want %v", what, got, want)
	}
}

const (
	waits, yes, no = core.ApprovalPending, core.ApprovalApproved, core.ApprovalRejected
	over           = core.ApprovalCancelled
)

func TestDecisionWords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]core.ApprovalState{
		"approve": yes, "Approved.": yes, "YES to  approve!": yes, "#approve": yes, "apruebo": yes, "Aprobado": yes, "#aprobar": yes,
		"\n\n  Apruebo.\n\nGracias": yes, "Reject": no, "rejected": no, "rechazo": no, "RECHAZADO!": no, "#Rechazar": no, "réchazo": no,
		"yes": "", "ok": "", "I approve": "", "approve it": "", "approve?": "", "not approve": "", "approve / reject": "", "no": "",
		"approve, but only one": "", "Hello\napprove": "", "> approve": "", "": "", "sí": "", "#": "", "##approve": "", "approve:": "",
	} {
		m := Read(strings.NewReader("From: man@city.test\r\nSubject: Re: x\r\n\r\n"+body+"\r\n"), Options{})
		if verdict, _, ok := decisionOf(m); verdict != want || ok != (want != "") {
			t.Errorf("%q is read as %q, want %q", body, verdict, want)
		}
	}
	for what, head := range map[string]string{
		"a forward":        "Subject: RV: [IT #1] x",
		"an out-of-office": "Subject: Automatic reply: x",
		"a robot":          "Subject: Re: x\r\nAuto-Submitted: auto-replied",
		"a list":           "Subject: Re: x\r\nList-Id: <l.test>",
	} {
		m := Read(strings.NewReader("From: man@city.test\r\n"+head+"\r\n\r\napprove\r\n"), Options{})
		if _, _, ok := decisionOf(m); ok {
			t.Errorf("%s decides", what)
		}
	}
}

func TestDecidingByMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)

	q := o.ask(core.AllApprove, 0, "man", "eva")
	o.is("approving", q.answer("man", "Approve\n\nFine with me.\n\n> approve / reject?"), core.InboundApplied, q.n)
	q.parts("one of two", waits, yes, waits)
	o.told("one of two", "receipt man") // nobody else is told before it is over
	o.line("approving", "man", "approve", core.CommandDone, "")
	if s := q.approval().Of(o.People["man"].ID); s.Text != "Fine with me." || s.DecidedBy != nil {
		t.Errorf("the decision is %+v", s)
	}
	o.is("rechazar sin razón", q.answer("eva", "Rechazo"), core.InboundApplied, q.n)
	q.parts("rejecting", no, yes, no)
	o.told("rejecting", "receipt eva", "approval_finished mia")
	o.line("rejecting", "eva", "reject", core.CommandDone, "")

	q = o.ask(core.AnyApprove, 0, "man", "eva")
	q.answer("eva", "apruebo")
	q.parts("any", yes, over, yes)
	o.told("any", "receipt eva", "approval_finished mia")
	o.is("not needed any more", q.answer("man", "reject"), core.InboundSuppressed, 0)
	q.parts("any, and another word", yes, over, yes)
	o.told("not needed any more", "receipt man")
	o.line("not needed any more", "man", "reject", core.CommandRefused, "error.approval.granted")

	q = o.ask(core.AllApprove, 0, "man", "eva")
	q.answer("eva", "rechazado")
	o.mails()
	q.answer("man", "approve")
	o.line("rejected before", "man", "approve", core.CommandRefused, "error.approval.rejected")
}

func TestDoubleAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man", "eva")
	q.answer("man", "approve")
	o.mails()
	row := q.answer("man", "reject\n\nI thought again.")
	o.is("thinking again", row, core.InboundApplied, q.n)
	q.parts("thinking again", waits, yes, waits)
	o.told("thinking again", "receipt man", "note_added mia")
	o.line("thinking again", "man", "reject", core.CommandRefused, "error.approval.twice_decided")
	if r := o.last(q.n); r.ShowToRequester || r.Text != "I thought again." {
		t.Errorf("the words were lost: %+v", r)
	}
	// Decided on the page, then by mail.
	o.do("eva", func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(t.Context(), q.n, no, "", "", 0)
		return err
	})
	o.mails()
	q.answer("eva", "apruebo")
	q.parts("page, then mail", no, yes, no)
	o.line("page, then mail", "eva", "approve", core.CommandRefused, "error.approval.twice_decided")
	// Who decided may not see the ticket any more, so may not write to it: a triager sorts it.
	o.is("after the decision", q.answer("eva", "¿Y ahora?"), core.InboundQuarantined, 0)
	if r := o.receipt("eva"); r.Text != core.TextHeld {
		t.Errorf("the receipt says %+v", r)
	}
}

func TestLateAndCancelledAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 24*time.Hour, "man", "eva")
	o.now = o.now.Add(25 * time.Hour)
	q.answer("man", "approve") // nobody has noted yet that the time is over
	o.line("late", "man", "approve", core.CommandRefused, "error.approval.late")
	if err := o.desk.Life(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.mails()
	o.is("late with words", q.answer("eva", "rechazo\n\nPorque es caro."), core.InboundQuarantined, 0) // the address is over: nothing proves her
	q.parts("late", core.ApprovalExpired, core.ApprovalExpired, core.ApprovalExpired)
	o.told("late with words", "receipt eva")
	o.line("late with words", "eva", "reject", core.CommandRefused, "error.approval.late")

	q = o.ask(core.AllApprove, 0, "man")
	o.do("mia", func(a *helpdesk.Act) error { _, err := a.CancelApproval(t.Context(), q.n, "", 0); return err })
	o.mails()
	o.is("cancelled", q.answer("man", "approve"), core.InboundSuppressed, 0)
	q.parts("cancelled", over, over)
	o.told("cancelled", "receipt man")
	o.line("cancelled", "man", "approve", core.CommandRefused, "error.approval.cancelled")
}

// The digest of the request is bound to the address: another text is another question (E13).
func TestAnswerToAnEditedRequest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man")
	text := "May I have ten new printers?"
	o.do("mia", func(a *helpdesk.Act) error {
		_, err := a.EditTicket(t.Context(), q.n, helpdesk.Edit{Text: &text}, 0)
		return err
	})
	o.told("edited", "approval_requested man")
	o.is("the old question", q.answer("man", "approve"), core.InboundSuppressed, 0)
	q.parts("the old question", waits, waits)
	o.told("the old question", "receipt man")
	o.line("the old question", "man", "approve", core.CommandRefused, "error.approval.changed")
	var address string
	if err := o.Store.Pool().QueryRow(t.Context(), `select content->>'reply_address' from outbox join outbox_content on outbox_id = id
		where event = 'approval_requested' and ticket_number = $1 order by seq desc limit 1`, q.n).Scan(&address); err != nil {
		t.Fatal(err)
	}
	q.to["man"] = address
	q.answer("man", "approve")
	q.parts("the new question", yes, yes)
}

func TestWhatDecidesNothingGetsHelp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man", "eva")
	o.is("a question", q.answer("man", "How much is that a month?"), core.InboundApplied, q.n)
	q.parts("a question", waits, waits, waits)
	o.told("a question", "receipt man", "note_added mia")
	if r := o.receipt("man"); r.Approval != q.id || r.Undecided != "" || len(r.Lines) > 0 {
		t.Errorf("a question: the receipt says %+v", r)
	}
	if r := o.last(q.n); r.Kind != core.KindNote || r.ShowToRequester || r.Text != "How much is that a month?" {
		t.Errorf("the question became %+v", r)
	}
	o.is("#resolve is no decision", q.answer("eva", "#resolve\nsí"), core.InboundApplied, q.n)
	if o.ticket(q.n).Status == core.Resolved {
		t.Error("an approve address took another command")
	}
	o.mails()
	q.answer("man", "approve") // the address is not spent by a question
	q.parts("after a question", waits, yes, waits)
}

// The receipt of what decided nothing asks again: it is answered with the word, like the mail before it, with the same proof
// and of the same request; where nothing waits any more it says so and asks nothing.
func TestAnswerToTheReceiptOfNoDecisionDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 24*time.Hour, "man", "eva")
	first := q.to["man"]
	q.answer("man", "How much is that a month?")
	o.mails()
	q.read("man")
	if q.to["man"] == first {
		t.Error("the receipt repeats the address")
	}
	var expires time.Time
	if err := o.Store.Pool().QueryRow(t.Context(), `select max(expires_at) from reply_token where purpose = 'approve' and person_id = $1`,
		o.People["man"].ID).Scan(&expires); err != nil || !expires.Equal(q.approval().ExpiresAt) {
		t.Errorf("the address is good until %v, %v, the question until %v", expires, err, q.approval().ExpiresAt)
	}
	o.is("the receipt answered", q.answer("man", "Approve\n\nThen yes."), core.InboundApplied, q.n)
	q.parts("the receipt answered", waits, yes, waits)
	o.told("the receipt answered", "receipt man")
	q.to["man"] = first
	q.answer("man", "Reject")
	o.line("the first address later", "man", "reject", core.CommandRefused, "error.approval.twice_decided")
	q.parts("the first address later", waits, yes, waits)

	q = o.ask(core.AllApprove, 0, "man")
	q.answer("man", "Why?")
	q.read("man")
	text := "May I have ten new printers?"
	o.do("mia", func(a *helpdesk.Act) error {
		_, err := a.EditTicket(t.Context(), q.n, helpdesk.Edit{Text: &text}, 0)
		return err
	})
	q.answer("man", "approve")
	o.line("the request changed", "man", "approve", core.CommandRefused, "error.approval.changed")
	q.parts("the request changed", waits, waits)
	o.mails()
	q.answer("man", "Why ten?")
	if r := o.receipt("man"); r.Approval != "" || r.Undecided != "error.approval.changed" || approveAddress.MatchString(q.notice(q.n, "man").reply) {
		t.Errorf("to the address of the request before: the receipt says %+v", r)
	}

	o.sql("update mailbox set policy = 'strict'")
	q = o.ask(core.AllApprove, 0, "man")
	p := q.reply("man", "Why?")
	p.top = ""
	o.send(p)
	if r := o.receipt("man"); r.Confirm == "" || r.Approval != "" || approveAddress.MatchString(q.notice(q.n, "man").reply) {
		t.Errorf("without proof: the receipt says %+v", r)
	}
}

// A decision needs the domain proven besides; else it waits for a button (mail.md 4).
func TestUnprovenDecisionWaitsForAButton(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		top    string
		mails  []string
		button bool
	}{
		"no evidence":        {"", []string{"receipt man"}, true},
		"border saw nothing": {"Authentication-Results: mx.city.test; spf=none\r\n" + border, []string{"receipt man"}, true},
		"forged":             {failed, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			q := o.ask(core.AllApprove, 0, "man")
			p := q.reply("man", "approve")
			p.top = c.top
			row := o.send(p)
			o.is(name, row, core.InboundQuarantined, 0)
			q.parts(name, waits, waits)
			o.told(name, c.mails...)
			if !c.button {
				return
			}
			o.line(name, "man", "approve", core.CommandConfirm, "")
			path := o.receipt("man").Confirm
			id := strings.TrimPrefix(path, "/confirm/")
			if id == path {
				t.Fatalf("the page is %q", path)
			}
			man := core.Actor{Person: o.People["man"], Via: core.ViaDesk, Level: core.SignedIn}
			view, err := o.desk.Confirmation(t.Context(), man.Person, id)
			if err != nil || view.State != helpdesk.ConfirmationOpen || !slices.Equal(view.Commands, []string{"approve"}) || view.Ticket == nil || view.Ticket.Number != q.n {
				t.Fatalf("the page shows %+v, %v", view, err)
			}
			if _, err := o.desk.ConfirmMail(t.Context(), core.Actor{Person: o.People["mia"], Level: core.SignedIn}, id); core.CodeOf(err) != core.NotFound {
				t.Errorf("somebody else confirmed: %v", err)
			}
			q.parts("before the button", waits, waits)
			if _, err := o.desk.ConfirmMail(t.Context(), man, id); err != nil {
				t.Fatal(err)
			}
			q.parts("after the button", yes, yes)
			o.told("after the button", "receipt man", "approval_finished mia")
			o.line("after the button", "man", "approve", core.CommandDone, "")
			if row, _ = o.Store.Inbound(t.Context(), row.ID); row.State != core.InboundApplied || !strings.HasPrefix(row.Reason, "confirmed by man@city.test") {
				t.Errorf("the ledger says %s: %s", row.State, row.Reason)
			}
			if _, err := o.desk.ConfirmMail(t.Context(), man, id); core.CodeOf(err) != core.Conflict {
				t.Errorf("a second press: %v", err)
			}
		})
	}
}

// A delegate is asked besides and decides in place; not once the absent one is here again (E14).
func TestDelegateDecidesByMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	absent := func(lasts time.Duration, delegate string) {
		o.Helper()
		actor := core.Actor{Person: o.People["man"], Via: core.ViaDesk, Level: core.SignedIn}
		if err := o.desk.SetAbsence(t.Context(), actor, o.now, o.now.Add(lasts), o.People[delegate].Email); err != nil {
			t.Fatal(err)
		}
	}
	absent(24*time.Hour, "pat")
	q := o.ask(core.AllApprove, 0, "man")
	q.read("man", "pat")
	q.answer("pat", "approved\n\nMan would too.")
	q.parts("in place", yes, yes)
	if s := q.approval().Approvers[0]; s.DecidedBy == nil || s.DecidedBy.ID != o.People["pat"].ID || s.Text != "Man would too." {
		t.Errorf("decided by %+v", s)
	}
	o.told("in place", "receipt pat", "approval_finished mia")
	q.answer("man", "reject")
	o.line("the absent one later", "man", "reject", core.CommandRefused, "error.approval.granted")

	q = o.ask(core.AllApprove, 0, "man")
	q.read("man", "pat")
	o.now = o.now.Add(25 * time.Hour)
	o.mails()
	o.is("a delegate no more", q.answer("pat", "approve"), core.InboundSuppressed, 0)
	q.parts("a delegate no more", waits, waits)
	o.told("a delegate no more", "receipt pat")
	o.line("a delegate no more", "pat", "approve", core.CommandRefused, "error.approval.back")
	q.answer("man", "approve")
	q.parts("back", yes, yes)

	// The requester cannot grant their own request through somebody's absence.
	absent(24*time.Hour, "ben")
	o.ask(core.AllApprove, 0, "man")
	if asked := o.mails(); slices.Contains(asked, "approval_requested ben") {
		t.Errorf("the requester was asked: %v", asked)
	}
}

// Robots decide nothing, whatever they say.
func TestOutOfOfficeNeverDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man")
	for what, change := range map[string]func(*post){
		"auto-submitted": func(p *post) { p.top = "Auto-Submitted: auto-replied\r\n" + passed },
		"by its subject": func(p *post) { p.subject = "Automatic reply: New printer" },
		"in Spanish":     func(p *post) { p.subject = "Respuesta automática: New printer" },
		"a list":         func(p *post) { p.top = "List-Id: <x.test>\r\n" + passed },
		"null path":      func(p *post) { p.top = "Return-Path: <>\r\n" + passed },
	} {
		p := q.reply("man", "approve")
		change(&p)
		o.send(p)
		q.parts(what, waits, waits)
	}
	o.told("robots")
}

// An approve address in another hand decides nothing and is worth nothing any more.
func TestForwardedApproveAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "man", "eva")
	p := q.reply("man", "approve")
	p.from = "eva@city.test"
	o.is("another hand", o.send(p), core.InboundQuarantined, 0)
	q.parts("another hand", waits, waits, waits)
	o.told("another hand", "token_misused man")
	row := q.answer("man", "approve") // revoked: he has to confirm
	o.is("revoked", row, core.InboundQuarantined, 0)
	o.line("revoked", "man", "approve", core.CommandConfirm, "")

	// A forward to the address itself is no answer.
	p = q.reply("eva", "apruebo")
	p.subject = "RV: [IT #1] New printer"
	o.send(p)
	q.parts("a forward", waits, waits, waits)
	if r := o.receipt("eva"); r.Approval != q.id {
		t.Errorf("a forward: the receipt says %+v", r)
	}
}

// At an ordinary reply address nothing decides, however well the sender is proven.
func TestApproveCommandAtAnotherAddressWaitsForAButton(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	q := o.ask(core.AllApprove, 0, "sol", "man")
	o.take("sol", q.n)
	o.write("ben", q.n, "Any news?", true)
	x := o.notice(q.n, "sol")
	if approveAddress.MatchString(x.reply) {
		t.Fatalf("a message is answered to the approve address %q", x.reply)
	}
	o.mails()
	row := o.send(post{top: passed, from: "sol@city.test", to: x.reply, reply: x.id, body: "#approve"})
	o.is("#approve elsewhere", row, core.InboundQuarantined, 0)
	q.parts("#approve elsewhere", waits, waits, waits)
	o.told("#approve elsewhere", "receipt sol")
	o.line("#approve elsewhere", "sol", "approve", core.CommandConfirm, "")
}

// Where the mailbox can carry no token the page alone decides, and the mail does not promise anything else.
func TestNoApproveAddressWithoutPlusAddresses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set plus_addresses = false")
	n := o.open(post{top: passed})
	o.do("mia", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{o.People["man"]}}, 0)
		return err
	})
	x := o.notice(n, "man")
	if x.reply != "it@city.test" || strings.Contains(x.content, `"decides"`) {
		t.Errorf("the mail says %s", x.content)
	}
}

// Who is copied on the mail that asks them is asked all the same: from the copy they can decide nothing.
func TestCopiedApproverIsAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	o.mails()
	o.is("ask", o.send(post{top: passed, from: "sol@city.test", to: x.reply, cc: "man@city.test", body: "#ask man@city.test\r\nMay we?"}), core.InboundApplied, n)
	o.told("ask", "approval_requested man", "receipt sol")
	if to := o.notice(n, "man").reply; !approveAddress.MatchString(to) {
		t.Errorf("man answers to %q", to)
	}
}
