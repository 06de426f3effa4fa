package mailin

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// passOn is a user's mail, forwarded to the desk.
func passOn(of, above string) string {
	return above + "\r\n\r\n---------- Forwarded message ---------\r\nFrom: Somebody <" + of + ">\r\nDate: Wed, Mar 4, 2026\r\nSubject: Paper jam\r\nTo: <sol@city.test>\r\n\r\nIt jams again.\r\n"
}

// mail.md 5: who may open tickets for others and forwards a user's mail opens one for that user.
func TestForwardOpensATicketForTheUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	row := o.send(post{top: passed, from: "Sol Vega <sol@city.test>", subject: "Fwd: Paper jam", body: passOn("pat@city.test", "INTERNALWORDS")})
	o.is("forwarded", row, core.InboundApplied, 0)
	ticket, records := o.ticket(row.Ticket), o.records(row.Ticket)
	if ticket.Requester.ID != o.People["pat"].ID || ticket.Subject != "Paper jam" {
		t.Errorf("opened for %s as %q", ticket.Requester.Email, ticket.Subject)
	}
	first, note := records[0], o.last(row.Ticket)
	if first.Text != "It jams again." || first.Author == nil || first.Author.ID != o.People["pat"].ID || first.Verified == nil || *first.Verified || !first.ShowToRequester {
		t.Errorf("first: %+v", first)
	}
	if note.Kind != core.KindNote || note.Text != "INTERNALWORDS" || note.ShowToRequester || note.Author == nil || note.Author.ID != o.People["sol"].ID {
		t.Errorf("note: %+v", note)
	}
	o.told("forwarded", "ticket_created pat", "ticket_created mia", "receipt sol")
	for _, m := range o.notices("pat@city.test") {
		if strings.Contains(m, "INTERNALWORDS") {
			t.Errorf("the user reads the forwarder's words: %s", m)
		}
	}
	o.is("answer to it", o.send(post{from: "pat@city.test", to: o.notice(row.Ticket, "pat").reply, body: "Thanks."}), core.InboundApplied, row.Ticket)

	reporter := o.send(post{top: "Authentication-Results: mx.city.test; dmarc=pass header.from=desk.test\r\n" + border, from: "tre@desk.test", subject: "FW: Paper jam", body: passOn("pat@city.test", "From the lobby.")})
	o.is("a reporter's", reporter, core.InboundApplied, 0)
	if got := o.ticket(reporter.Ticket).Requester; got.ID != o.People["pat"].ID || o.last(reporter.Ticket).Text != "From the lobby." {
		t.Errorf("a reporter opened for %s", got.Email)
	}
	listed := o.send(post{top: passed, from: "sol@city.test", subject: "FW: Paper jam", body: passOn("newcomer@city.test", "")})
	o.is("a contact's", listed, core.InboundApplied, 0)
	if got := o.ticket(listed.Ticket).Requester; got.Email != "newcomer@city.test" || got.Origin != core.Contact {
		t.Errorf("a contact: %+v", got)
	}
	o.uid++
	attached := o.sendRaw(o.Mailbox, passed+attachedForward("Look at this"))
	o.is("attached", attached, core.InboundApplied, 0)
	if got := o.records(attached.Ticket)[0]; o.ticket(attached.Ticket).Requester.ID != o.People["pat"].ID || got.Text != "It jams again." || len(got.Attachments) != 1 {
		t.Errorf("attached: %+v", got)
	}
}

// What is enclosed beside the user's mail is the forwarder's, for the team alone.
func TestForwardersFilesStayInside(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.uid++
	extra := "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=internal.log\r\n\r\nINTERNALLOG\r\n--b--\r\n"
	row := o.sendRaw(o.Mailbox, passed+strings.Replace(attachedForward("Look at this"), "--b--\r\n", extra, 1))
	o.is("attached", row, core.InboundApplied, 0)
	first, note := o.records(row.Ticket)[0], o.last(row.Ticket)
	if len(first.Attachments) != 1 || first.Attachments[0].Name != "jam.eml" {
		t.Errorf("the user has %+v", first.Attachments)
	}
	if note.ShowToRequester || len(note.Attachments) != 1 || note.Attachments[0].Name != "internal.log" {
		t.Errorf("the team has %+v, shown %v", note.Attachments, note.ShowToRequester)
	}
}

// Where it cannot be the user's ticket it is the sender's own, and the team reads whose mail it was. Who may not open for
// others, and the desk's own mail, open what they always did.
func TestForwardThatIsNotForTheUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, c := range map[string]struct {
		p        post
		proposed string
	}{
		"unproven":           {post{from: "sol@city.test", body: passOn("pat@city.test", "See.")}, "pat@city.test"},
		"forged":             {post{top: failed, from: "sol@city.test", body: passOn("pat@city.test", "See. ")}, "pat@city.test"},
		"no requester there": {post{top: passed, from: "sol@city.test", body: passOn("ken@vendor.test", "See.")}, "ken@vendor.test"},
		"unknown":            {post{top: passed, from: "sol@city.test", body: passOn("kim@else.test", "See.")}, "kim@else.test"},
		"disabled":           {post{top: passed, from: "sol@city.test", body: passOn("off@city.test", "See.")}, "off@city.test"},
		"may not":            {post{top: passed, from: "ben@city.test", body: passOn("pat@city.test", "See.")}, ""},
		"the desk's own":     {post{top: passed, from: "sol@city.test", body: passOn("it@city.test", "See.")}, ""},
		"their own":          {post{top: passed, from: "sol@city.test", body: passOn("sol@city.test", "See.")}, ""},
	} {
		c.p.subject = "FW: Paper jam"
		row := o.send(c.p)
		o.is(name, row, core.InboundApplied, 0)
		sender, _ := o.Store.PersonByAddress(t.Context(), c.p.from)
		if got := o.ticket(row.Ticket).Requester; got.ID != sender.ID {
			t.Errorf("%s: opened for %s", name, got.Email)
		}
		var proposed []string
		for _, r := range o.records(row.Ticket) {
			if r.Change.Field == "forwarded" && !r.ShowToRequester {
				proposed = append(proposed, r.Change.To)
			}
		}
		want := []string{}
		if c.proposed != "" {
			want = append(want, c.proposed)
		}
		if !slices.Equal(proposed, want) {
			t.Errorf("%s: proposed %q, want %q", name, proposed, want)
		}
	}
	o.is("a reporter at their own word", o.send(post{from: "tre@desk.test", subject: "FW: x", body: passOn("pat@city.test", "")}), core.InboundQuarantined, 0)
}
