package helpdesk_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// to finds the one mail of an event to somebody among those since the last look.
func to(t *testing.T, mails []queued, who string, event core.Event) queued {
	t.Helper()
	i := slices.IndexFunc(mails, func(q queued) bool { return q.To == who && q.Event == string(event) })
	if i < 0 {
		t.Fatalf("no %s to %s", event, who)
	}
	return mails[i]
}

func says(q queued) string {
	if q.Record == nil {
		return ""
	}
	return q.Record.Text
}

// openWith is open with a file.
func (c *city) openWith(who string) core.Number {
	c.Helper()
	text := []byte("340 dollars")
	offer := core.Attachment{Name: "quote.pdf", ContentType: "application/pdf", Size: int64(len(text)), SHA256: sha256.Sum256(text), Data: text}
	var n core.Number
	c.must(who, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(c.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "Paper jam", Text: "It jams.", Category: "hardware",
			Priority: core.High, Attachments: []core.Attachment{offer}})
		return err
	})
	c.outbox()
	return n
}

// An approver decides on what the mail shows: the question and the request as it is, with its files. After an edit the
// mail shows the new text (E13).
func TestApproverReadsWhatIsAsked(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, until := c.openWith("ben"), c.now.Add(48*time.Hour)
	c.must("mia", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People["pat"]}, Text: "May we buy it?", ExpiresAt: until}, 0)
		return err
	})
	q := to(t, c.outbox(), "pat", core.EventApprovalAsked)
	switch {
	case says(q) != "It jams." || q.Record.Author.Email != "ben@city.test":
		t.Errorf("request %+v", q.Record)
	case q.Approval == nil || q.Approval.Text != "May we buy it?" || q.Approval.AskedBy.Email != "mia@city.test" || !q.Approval.ExpiresAt.Equal(until):
		t.Errorf("question %+v", q.Approval)
	case len(q.Files) != 1 || q.Files[0].Name != "quote.pdf":
		t.Errorf("files %+v", q.Files)
	case q.Role != "approver" || q.Reason != "approver" || q.InsteadOf != "" || q.Link == "":
		t.Errorf("%+v", q)
	}
	text := "It jams every day."
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.EditTicket(t.Context(), n, helpdesk.Edit{Text: &text}, 0)
		return err
	})
	if q = to(t, c.outbox(), "pat", core.EventApprovalAsked); says(q) != text {
		t.Errorf("after the edit the mail shows %q", says(q))
	}
}

// Whoever gets a ticket reads in the mail what it is about; whoever had it does not need that.
func TestWhoGetsATicketReadsIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.openWith("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	if q := to(t, c.outbox(), "sol", core.EventAssigned); says(q) != "It jams." || len(q.Files) != 1 {
		t.Errorf("assigned: %q with %d files", says(q), len(q.Files))
	}
	if err := c.assign("mia", n, "", "Field"); err != nil {
		t.Fatal(err)
	}
	mails := c.outbox()
	if q := to(t, mails, "gus", core.EventAssignedGroup); says(q) != "It jams." {
		t.Errorf("group: %q", says(q))
	}
	if q := to(t, mails, "sol", core.EventAssignedGroup); strings.Contains(says(q), "jams") || len(q.Files) != 0 || q.Reason != "passed_on" {
		t.Errorf("passed on: %q with %d files, %s", says(q), len(q.Files), q.Reason)
	}
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'ticket_reporter', $2)", c.Network, c.People["mia"].ID)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MoveTicket(t.Context(), n, c.Network, 0); return err })
	if q := to(t, c.outbox(), "net", core.EventMoved); says(q) != "It jams." || q.MovedFrom != "IT/Printers" || q.Reason != "moved_here" {
		t.Errorf("moved: %q from %q, %s", says(q), q.MovedFrom, q.Reason)
	}
}

// The team's date is told to the requester's side only where the service shows it (A71, A76), and nothing else with it.
func TestDeadlineGoesToWhoSeesIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	c.outbox()
	set := func(at time.Time) []queued {
		t.Helper()
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetInternalTarget(t.Context(), n, at, 0); return err })
		return c.outbox()
	}
	if mails := set(c.now.Add(48 * time.Hour)); len(mails) != 1 || mails[0].To != "sol" || mails[0].Ticket.InternalTarget == nil {
		t.Errorf("%+v", mails)
	}
	c.sql("update service set requester_sees = '{internal_target}' where id = $1", c.Printers)
	mails := set(c.now.Add(72 * time.Hour))
	q := to(t, mails, "ben", core.EventDeadlineChanged)
	if q.Ticket.InternalTarget == nil || q.Ticket.Priority != "" || q.Ticket.Group != "" || len(q.Ticket.Followers) != 0 || q.NoteAddress != "" || !q.RequesterSide {
		t.Errorf("%+v", q.Content)
	}
	if q = to(t, set(time.Time{}), "ben", core.EventDeadlineChanged); q.Ticket.InternalTarget != nil {
		t.Error("the cleared date is told")
	}
}
