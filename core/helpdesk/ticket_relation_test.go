package helpdesk_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) setParent(who string, n, parent core.Number) error {
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.SetParent(c.Context(), n, parent, 0) })
	return err
}

// parent is setParent for what has to succeed.
func (c *city) parent(who string, n, parent core.Number) {
	c.Helper()
	if err := c.setParent(who, n, parent); err != nil {
		c.Fatalf("%s puts %d below %d: %v", who, n, parent, err)
	}
}

// E10: a link is seen from both sides, by those who read the whole log.
func TestLinks(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	a, b := c.open("ben"), c.open("eva")
	link := func(who string, n, to core.Number) error {
		_, err := c.with(who, func(x *helpdesk.Act) (core.Number, error) { return x.LinkTicket(t.Context(), n, to, 0) })
		return err
	}
	unlink := func(who string, n, to core.Number) error {
		_, err := c.with(who, func(x *helpdesk.Act) (core.Number, error) { return x.UnlinkTicket(t.Context(), n, to, 0) })
		return err
	}
	c.refused("by its requester", core.Forbidden, link("ben", a, b))
	c.refused("by a reader", core.Forbidden, link("rea", a, b))
	c.refused("with itself", core.Invalid, link("sol", a, a))
	c.refused("with nothing", core.Invalid, link("sol", a, 4711))
	c.refused("none yet", core.Conflict, unlink("sol", a, b))
	if err := link("sol", b, a); err != nil {
		t.Fatal(err)
	}
	c.refused("twice", core.Conflict, link("sol", a, b))
	for n, other := range map[core.Number]core.Number{a: b, b: a} {
		v, log, err := c.desk.Log(t.Context(), c.People["rea"], n)
		if err != nil || !slices.Equal(v.Links, []core.Number{other}) || !said(log, core.KindLink, "", fmt.Sprint("#", other)) {
			t.Errorf("%d: %v %v", n, v.Links, err)
		}
	}
	if v, log, _ := c.desk.Log(t.Context(), c.People["ben"], a); len(v.Links) != 0 || said(log, core.KindLink, "", fmt.Sprint("#", b)) {
		t.Error("a requester learns of a link")
	}
	if err := unlink("sol", a, b); err != nil {
		t.Fatal(err)
	}
	if len(c.ticket(a).Links)+len(c.ticket(b).Links) != 0 {
		t.Error("still linked")
	}
	c.told("links")
}

// A54, D10: the parent's team sees what stands below it, wherever and however deep, and changes nothing there.
func TestChildrenAreSeenThroughTheirParents(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.grant(c.Network, core.Solver, "eva", 0)
	c.grant(c.Printers, core.TicketReporter, "eva", 0)
	top := c.open("ben")
	child := c.write("ben", "Crocodiles.", "")
	grand := c.write("ben", "Dinosaurs.", "")
	for _, n := range []core.Number{child, grand} {
		c.sql("update ticket set service_id = $1, solver_id = $2 where number = $3", c.Network, c.People["eva"].ID, n)
	}
	if err := c.assign("mia", top, "exa", ""); err != nil {
		t.Fatal(err)
	}
	list := func(who string) int {
		t.Helper()
		l, err := c.desk.Tickets(t.Context(), c.People[who], helpdesk.ListFilter{Limit: 50})
		if err != nil || len(l.Tickets) != l.Counts.Total || l.Counts.Open != l.Counts.Total {
			t.Errorf("%s: %d in the list, counts %+v: %v", who, len(l.Tickets), l.Counts, err)
		}
		return l.Counts.Total
	}
	if got := list("sol"); got != 1 {
		t.Errorf("sol sees %d before", got)
	}
	c.refused("below a ticket they do not see", core.Invalid, c.setParent("eva", child, top))
	c.grant(c.Network, core.Solver, "sol", 0)
	c.parent("sol", grand, child)
	c.parent("sol", child, top)
	c.sql("delete from role_grant where service_id = $1 and person_id = $2", c.Network, c.People["sol"].ID)
	for _, who := range []string{"mia", "sol", "gus", "man"} {
		c.sees(child, who)
		c.sees(grand, who)
		if got := list(who); got != 3 {
			t.Errorf("%s sees %d tickets", who, got)
		}
		if !c.finds(who, "dinosaurs", grand) || !c.finds(who, fmt.Sprint("#", grand), grand) {
			t.Errorf("%s does not find the child's child", who)
		}
		if got := c.texts(who, grand); !slices.Contains(got, "Dinosaurs.") {
			t.Errorf("%s reads %q", who, got)
		}
		v, err := c.desk.Ticket(t.Context(), c.People[who], grand)
		if err != nil || len(v.Actions) != 0 {
			t.Errorf("%s may %v there: %v", who, v.Actions, err)
		}
		c.refused(who+" writes", core.Forbidden, c.record(who, grand, "x", nil))
		c.refused(who+" takes", core.Forbidden, c.take(who, grand, 0))
		c.refused(who+" moves", core.Forbidden, c.move(who, grand, c.Printers))
	}
	for _, who := range []string{"exa", "rea", "net"} { // ES and RD do not inherit it; and nothing is seen upwards
		if who != "net" {
			c.unseen(child, who)
			c.unseen(grand, who)
		}
		if c.finds(who, "dinosaurs", grand) != (who == "net") {
			t.Errorf("%s and the child's child", who)
		}
	}
	c.unseen(top, "net")
	c.parent("eva", grand, 0)
	c.unseen(grand, "sol")
	c.sees(child, "sol")
	if c.finds("sol", "dinosaurs", grand) || list("sol") != 2 {
		t.Error("sight did not end with the parent")
	}
	c.parent("eva", child, 0)
	c.unseen(child, "sol")
}

// No circle, however long, and only by who solves the child and reads the parent.
func TestParentsFormNoCircle(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var chain []core.Number
	for i := range 5 {
		chain = append(chain, c.open("ben"))
		if i > 0 {
			c.parent("sol", chain[i], chain[i-1])
		}
	}
	for _, n := range chain {
		c.refused("a circle", map[bool]core.Code{true: core.Invalid, false: core.Conflict}[n == chain[0]], c.setParent("sol", chain[0], n))
	}
	c.refused("twice", core.Conflict, c.setParent("sol", chain[1], chain[0]))
	c.refused("by the requester", core.Forbidden, c.setParent("ben", chain[0], chain[4]))
	c.refused("none to leave", core.Conflict, c.setParent("sol", chain[0], 0))
	c.refused("below nothing", core.Invalid, c.setParent("sol", chain[0], 4711))
	// A middle one goes elsewhere with all that is below it.
	other := c.open("ben")
	c.parent("sol", chain[2], other)
	if got := c.ticket(chain[4]).Ancestors; len(got) != 3 || !slices.ContainsFunc(got, func(a core.Ancestor) bool { return a.Number == other }) {
		t.Errorf("above the last one: %+v", got)
	}
	if got := c.ticket(chain[1]).OpenChildren; got != 0 {
		t.Errorf("%d children stayed", got)
	}
	if _, log, _ := c.desk.Log(t.Context(), c.People["sol"], other); !said(log, core.KindLink, "", fmt.Sprint("#", chain[2])) {
		t.Error("the parent's log does not say so")
	}
}

// E7: a parent stays until its children are done, and its solver learns of each; spam holds nothing up.
func TestParentsWaitForTheirChildren(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	top, one, two, spam := c.open("ben"), c.open("eva"), c.open("eva"), c.open("eva")
	for _, n := range []core.Number{one, two, spam} {
		c.parent("mia", n, top)
	}
	if err := c.take("sol", top, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("sol", top, ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	c.refused("with open children", core.Conflict, c.status("sol", top, core.Closed))
	c.refused("by its requester", core.Conflict, c.status("ben", top, core.Closed))
	if err := c.resolve("gus", one, ""); err != nil {
		t.Fatal(err)
	}
	if got := c.outbox(); len(got) != 2 || got[0].Event != "child_resolved" || got[0].To != "sol" || got[0].Child == nil || got[0].Child.Number != one || got[0].Ticket.Number != top {
		t.Errorf("the parent's solver is told %+v", got)
	}
	c.refused("with one left", core.Conflict, c.status("sol", top, core.Closed))
	c.done("mia", func(a *helpdesk.Act) (core.Number, error) { return a.MarkSpam(t.Context(), spam, 0) })
	c.done("eva", func(a *helpdesk.Act) (core.Number, error) { return a.Withdraw(t.Context(), two, 0) })
	c.told("withdrawn", "resolved mia main_solver main_solver", "child_resolved sol solver child_resolved")
	if err := c.status("sol", top, core.Closed); err != nil {
		t.Error(err)
	}
	c.refused("an open child for a closed parent", core.Conflict, c.setParent("sol", c.open("ben"), top))
}

// E10: a message becomes a ticket of its own for who wrote it; it stays where it is, and the two are linked.
func TestSplitting(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.participant("ben", n, "eva", false); err != nil {
		t.Fatal(err)
	}
	file := []byte("a picture")
	c.must("eva", func(a *helpdesk.Act) error {
		_, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "And my lamp flickers.", Attachments: []core.Attachment{
			{Name: "lamp.txt", ContentType: "text/plain", Size: int64(len(file)), SHA256: sha256.Sum256(file), Data: file}}})
		return err
	})
	message := c.last(n).ID
	if err := c.record("sol", n, "A note.", nil); err != nil {
		t.Fatal(err)
	}
	note := c.last(n).ID
	if err := c.record("sol", n, "I look at it.", yes()); err != nil {
		t.Fatal(err)
	}
	split := func(who, record string) error {
		_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.SplitTicket(t.Context(), n, record, 0) })
		return err
	}
	other := c.open("ben")
	c.refused("a note", core.Conflict, split("sol", note))
	c.refused("an event", core.Conflict, split("sol", c.last(n).ID))
	c.refused("nothing", core.Invalid, split("sol", "no-record"))
	c.refused("another ticket's", core.Invalid, split("sol", c.last(other).ID))
	c.refused("by a manager, who creates for nobody", core.Forbidden, split("man", message))
	c.refused("by the requester", core.Forbidden, split("ben", message))
	c.mails()
	if err := split("sol", message); err != nil {
		t.Fatal(err)
	}
	got := c.ticket(n + 2)
	if got.Requester.ID != c.People["eva"].ID || got.Service != c.Printers || !slices.Equal(got.Links, []core.Number{n}) || !slices.Equal(c.ticket(n).Links, []core.Number{got.Number}) {
		t.Fatalf("%+v", got)
	}
	if _, log, _ := c.desk.Log(t.Context(), c.People["sol"], n); !said(log, core.KindSplit, "", fmt.Sprint("#", got.Number)) {
		t.Error("the first log does not say so")
	}
	c.reads("eva", n, "It jams.", "And my lamp flickers.", "I look at it.")
	c.reads("eva", got.Number, "And my lamp flickers.")
	c.unseen(got.Number, "ben")
	_, log, err := c.desk.Log(t.Context(), c.People["eva"], got.Number)
	if err != nil || len(log[0].Attachments) != 1 || log[0].Author.Email != "eva@city.test" {
		t.Fatalf("%+v %v", log, err)
	}
	_, r, err := c.desk.OpenAttachment(t.Context(), c.People["eva"], got.Number, log[0].Attachments[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	mails := c.outbox()
	if len(mails) != 2 || mails[0].To != "eva" || mails[0].Reason != "acknowledgement" || !mails[0].OnBehalf || !mails[0].Echo ||
		mails[0].Actor == nil || mails[0].Actor.Email != "sol@city.test" || mails[0].Record == nil || mails[0].Record.Text != "And my lamp flickers." || mails[1].To != "mia" {
		t.Errorf("told %+v", mails)
	}
}

// A solver's answer that is split is the requester's ticket; an unproven sender's words stay so, and go back to nobody.
func TestSplittingOthersWords(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.record("sol", n, "We also replace the lamp.", yes()); err != nil {
		t.Fatal(err)
	}
	var answer string
	records, err := c.Store.Records(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Text == "We also replace the lamp." {
			answer = r.ID
		}
	}
	c.mails()
	split := c.done("mia", func(a *helpdesk.Act) (core.Number, error) { return a.SplitTicket(t.Context(), n, answer, 0) })
	if split != n {
		t.Errorf("it answers with %d, want the ticket it was split from", split)
	}
	if got := c.ticket(n + 1); got.Requester.ID != c.People["ben"].ID || c.last(n+1).Author != nil && c.last(n+1).Author.ID == c.People["ben"].ID {
		t.Errorf("%+v", got)
	}
	c.mails()
	c.sql("update log_record set verified = false where id::text = $1", answer)
	c.done("mia", func(a *helpdesk.Act) (core.Number, error) { return a.SplitTicket(t.Context(), n, answer, 0) })
	first, err := c.Store.FirstRecord(t.Context(), n+2)
	if err != nil || first.Verified == nil || *first.Verified {
		t.Errorf("it counts as verified: %+v %v", first, err)
	}
	for _, q := range c.outbox() {
		if q.To == "ben" && (q.Echo || q.Record != nil || q.Ticket.Subject != "") {
			t.Errorf("an unproven sender's words are echoed: %+v", q.Content)
		}
	}
}
