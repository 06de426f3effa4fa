package helpdesk_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) merge(who string, n, into core.Number) error {
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.MergeTicket(c.Context(), n, into, 0) })
	return err
}

// write opens a ticket with a text and perhaps a file.
func (c *city) write(who, text, file string) core.Number {
	c.Helper()
	n := helpdesk.NewTicket{Service: c.Printers, Subject: "About " + who, Text: text}
	if file != "" {
		n.Attachments = []core.Attachment{{Name: "a.txt", ContentType: "text/plain", Size: int64(len(file)), SHA256: sha256.Sum256([]byte(file)), Data: []byte(file)}}
	}
	return c.done(who, func(a *helpdesk.Act) (core.Number, error) { return a.OpenTicket(c.Context(), n) })
}

// texts are the words that somebody reads in a ticket's log, in its order.
func (c *city) texts(who string, n core.Number) []string {
	c.Helper()
	_, log, err := c.desk.Log(c.Context(), c.People[who], n)
	if err != nil {
		c.Fatalf("%s reads %d: %v", who, n, err)
	}
	if !slices.IsSortedFunc(log, func(a, b core.RecordView) int { return a.At.Compare(b.At) }) {
		c.Errorf("the log of %d is out of order", n)
	}
	var list []string
	for _, r := range log {
		if r.Text != "" {
			list = append(list, r.Text)
		}
	}
	return list
}

func (c *city) reads(who string, n core.Number, want ...string) {
	c.Helper()
	if got := c.texts(who, n); !slices.Equal(got, want) {
		c.Errorf("%s reads %q in ticket %d, want %q", who, got, n, want)
	}
}

// finds is whether a search brings the ticket to somebody.
func (c *city) finds(who, query string, n core.Number) bool {
	c.Helper()
	list, err := c.desk.Tickets(c.Context(), c.People[who], helpdesk.ListFilter{Query: query, Limit: 50})
	if err != nil {
		c.Fatal(err)
	}
	return slices.ContainsFunc(list.Tickets, func(v core.View) bool { return v.Number == n })
}

// E10: the log moves into its place by time, files stay open, and the number leads to the survivor.
func TestMergingTicketsOfOneRequester(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	first := c.write("ben", "First one.", "paper")
	second := c.write("ben", "Second one.", "")
	for _, err := range []error{c.record("sol", second, "Seen.", yes()), c.record("sol", first, "A note.", nil), c.record("ben", second, "Thanks.", nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.refused("the requester merges", core.Forbidden, c.merge("ben", first, second))
	c.refused("a reader merges", core.Forbidden, c.merge("rea", first, second))
	c.refused("somebody else merges", core.NotFound, c.merge("net", first, second))
	c.refused("into itself", core.Invalid, c.merge("sol", first, first))
	c.refused("into nothing", core.Invalid, c.merge("sol", first, 4711))
	far := c.write("ben", "In Network.", "")
	c.sql("update ticket set service_id = $1 where number = $2", c.Network, far)
	c.refused("into one they do not see", core.Invalid, c.merge("sol", first, far))
	c.mails()

	got := c.done("sol", func(a *helpdesk.Act) (core.Number, error) { return a.MergeTicket(t.Context(), first, second, 0) })
	if got != second {
		t.Errorf("it answers with %d, want the survivor", got)
	}
	c.told("merged")
	c.reads("ben", first, "First one.", "Second one.", "Seen.", "Thanks.")
	c.reads("sol", second, "First one.", "Second one.", "Seen.", "A note.", "Thanks.")
	view, log, err := c.desk.Log(t.Context(), c.People["ben"], first)
	if err != nil || view.Number != second || len(log[0].Attachments) != 1 {
		t.Fatalf("%+v %+v %v", view, log, err)
	}
	for _, n := range []core.Number{first, second} {
		_, r, err := c.desk.OpenAttachment(t.Context(), c.People["ben"], n, log[0].Attachments[0].ID)
		if err != nil {
			t.Fatalf("its file by number %d: %v", n, err)
		}
		content, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(content, []byte("paper")) {
			t.Errorf("%q %v", content, err)
		}
		r.Close()
	}
	list, err := c.desk.Tickets(t.Context(), c.People["ben"], helpdesk.ListFilter{Limit: 50})
	if err != nil || list.Counts.Total != 2 || len(list.Tickets) != 2 {
		t.Errorf("the list has %d, counts %+v: %v", len(list.Tickets), list.Counts, err)
	}
	if m := c.ticket(first); m.Status != core.Closed || m.ClosedAt.IsZero() {
		t.Errorf("what is merged is %s since %v", m.Status, m.ClosedAt)
	}
	// What stands in the survivor's request is still its own, although older words came (E13).
	text := "Second one, corrected."
	c.done("ben", func(a *helpdesk.Act) (core.Number, error) {
		return a.EditTicket(t.Context(), first, helpdesk.Edit{Text: &text}, 0)
	})
	c.reads("ben", second, "First one.", text, "Seen.", "Thanks.")
}

// E10: numbers lead to the survivor for ever, over any number of merges, for whatever is done with them.
func TestMergedNumbersLeadOnForEver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	a, b, last, d := c.open("ben"), c.open("ben"), c.open("ben"), c.open("ben")
	for _, step := range [][2]core.Number{{a, b}, {b, last}, {d, a}} { // the last one into a number that is merged itself
		if err := c.merge("sol", step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.ticket(last).Merged; !slices.Equal(got, []core.Number{a, b, d}) {
		t.Errorf("merged into it: %v", got)
	}
	for _, n := range []core.Number{a, b, d} {
		if v, err := c.desk.Ticket(t.Context(), c.People["ben"], n); err != nil || v.Number != last {
			t.Errorf("%d leads to %d: %v", n, v.Number, err)
		}
		if err := c.record("ben", n, "Still there?", nil); err != nil {
			t.Error(err)
		}
		if m := c.ticket(n); m.MergedInto != last {
			t.Errorf("%d was merged into %d", n, m.MergedInto)
		}
	}
	c.refused("an older number into a later one of the same ticket", core.Invalid, c.merge("sol", a, d))
	if err := c.take("sol", a, 0); err != nil {
		t.Error(err)
	}
	c.is(last, core.Triaged, "sol")
}

// Nobody is shown a stranger's words by a merge, on neither side: not in the desk, by mail or in a search (design of E10).
func TestMergingTicketsOfDifferentRequesters(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	bens := c.write("ben", "Bananas in the scanner.", "secret of Ben")
	evas := c.write("eva", "Elephants in the lift.", "")
	for _, err := range []error{c.record("sol", bens, "Which bananas?", yes()), c.record("sol", evas, "Which elephants?", yes()),
		c.participant("ben", bens, "pat", false), c.follower("sol", bens, "net", false), c.follower("sol", bens, "eva", false)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, log, err := c.desk.Log(t.Context(), c.People["ben"], bens)
	if err != nil {
		t.Fatal(err)
	}
	file := log[0].Attachments[0].ID
	c.mails()
	if err := c.merge("sol", bens, evas); err != nil {
		t.Fatal(err)
	}
	c.told("merged")
	if err := c.record("sol", evas, "Solved for both.", yes()); err != nil {
		t.Fatal(err)
	}
	for _, q := range c.outbox() {
		text := ""
		if q.Record != nil {
			text = q.Record.Text
		}
		if text != "Solved for both." || strings.Contains(text, "ananas") {
			t.Errorf("%s gets %q", q.To, text)
		}
	}
	c.reads("eva", evas, "Elephants in the lift.", "Which elephants?", "Solved for both.")
	c.reads("ben", bens, "Solved for both.")
	c.reads("pat", evas, "Solved for both.")
	c.reads("sol", evas, "Bananas in the scanner.", "Elephants in the lift.", "Which bananas?", "Which elephants?", "Solved for both.")
	got := c.ticket(evas)
	if got.Requester.ID != c.People["eva"].ID || !got.TakesPart(c.People["ben"].ID) || !got.TakesPart(c.People["pat"].ID) || !got.Follows(c.People["net"].ID) || got.Follows(c.People["eva"].ID) {
		t.Errorf("people: %+v", got)
	}
	for who, words := range map[string][]string{"eva": {"banana"}, "ben": {"banana", "elephant"}, "pat": {"banana", "elephant"}} {
		for _, w := range words {
			if c.finds(who, w, evas) {
				t.Errorf("%s finds %s", who, w)
			}
		}
		if !c.finds(who, "solved for", evas) {
			t.Errorf("%s does not find what they read", who)
		}
	}
	if !c.finds("sol", "banana", evas) {
		t.Error("the team does not find what moved")
	}
	for _, who := range []string{"eva", "ben", "pat"} {
		_, _, err := c.desk.OpenAttachment(t.Context(), c.People[who], evas, file)
		c.refused(who+" opens the file", core.NotFound, err)
	}
	if _, r, err := c.desk.OpenAttachment(t.Context(), c.People["sol"], evas, file); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	// Later participants of Ben's ticket came by a word, those of Eva's too: an edit does not tell what was before either.
	text := "Elephants, two of them."
	c.done("eva", func(a *helpdesk.Act) (core.Number, error) {
		return a.EditTicket(t.Context(), evas, helpdesk.Edit{Text: &text}, 0)
	})
	if _, log, _ := c.desk.Log(t.Context(), c.People["ben"], evas); said(log, core.KindProperty, "Elephants in the lift.", text) {
		t.Error("the edit of a request shows it to who came later")
	}
}

// Somebody who takes part in the surviving ticket alone is a stranger to the other, although both have one requester.
func TestMergingKeepsWordsFromTheOtherTicketsParticipants(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	private, shared := c.write("ben", "My wages.", ""), c.write("ben", "The lamp.", "")
	if err := c.participant("ben", shared, "pat", false); err != nil {
		t.Fatal(err)
	}
	if err := c.merge("sol", private, shared); err != nil {
		t.Fatal(err)
	}
	c.reads("pat", shared, "The lamp.")
	c.reads("sol", shared, "My wages.", "The lamp.")
	if c.finds("pat", "wages", shared) {
		t.Error("pat finds the wages")
	}
}

// The merged ticket's requester must be one where it goes (A65).
func TestMergingNeedsTheRequesterThere(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	alone := c.service("Alone", c.IT, false)
	c.grant(alone, core.Solver, "sol", 0)
	from, into := c.open("ben"), c.open("eva")
	c.sql("update ticket set service_id = $1 where number = $2", alone, into)
	c.refused("no requester there", core.Invalid, c.merge("sol", from, into))
	if c.ticket(from).MergedInto != 0 {
		t.Error("it was merged")
	}
}

// What stands around a merged ticket goes along: children, links; what waits for a decision does not (D12).
func TestWhatGoesAlongWithAMerge(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	from, into, child, linked := c.open("ben"), c.open("ben"), c.open("ben"), c.open("ben")
	above := c.open("ben")
	c.parent("sol", child, from)
	c.parent("sol", from, above)
	c.done("sol", func(a *helpdesk.Act) (core.Number, error) { return a.LinkTicket(t.Context(), from, linked, 0) })
	c.done("sol", func(a *helpdesk.Act) (core.Number, error) { return a.LinkTicket(t.Context(), from, into, 0) })
	c.ask("mia", from, core.AllApprove, "pat")
	c.mails()
	c.refused("into its own child", core.Conflict, c.merge("sol", from, child))
	c.refused("two below", core.Conflict, c.merge("sol", above, child))
	c.sees(from, "pat")
	if err := c.merge("sol", from, into); err != nil {
		t.Fatal(err)
	}
	got := c.ticket(into)
	if !slices.Equal(got.Children, []core.Number{child}) || !slices.Equal(got.Links, []core.Number{linked}) || got.OpenChildren != 1 || got.Parent != 0 {
		t.Errorf("the survivor: %+v", got)
	}
	if got := c.ticket(child); got.Parent != into || len(got.Ancestors) != 1 || got.Ancestors[0].Number != into {
		t.Errorf("the child: parent %d below %+v", got.Parent, got.Ancestors)
	}
	if got := c.ticket(above); len(got.Children) != 0 || got.OpenChildren != 0 {
		t.Errorf("the ticket above: %+v", got)
	}
	if got := c.ticket(linked).Links; !slices.Equal(got, []core.Number{into}) {
		t.Errorf("the linked one: %v", got)
	}
	c.unseen(from, "pat") // the decision is not wanted any more
	if got := c.ticket(from).Approvals[0].State; got != core.ApprovalCancelled {
		t.Errorf("the approval is %s", got)
	}
	if err := c.merge("sol", child, into); err != nil { // a child into its parent
		t.Fatal(err)
	}
	if got := c.ticket(into); len(got.Children) != 0 {
		t.Errorf("%+v", got)
	}
}

// Both directions at once, next to links the other way round: one merge wins, and nothing waits for ever.
func TestMergingBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for range 5 {
		a, b, x := c.open("ben"), c.open("ben"), c.open("ben")
		c.now = c.now.Add(time.Minute)
		results := make(chan error, 4)
		act := func(op func(*helpdesk.Act) (core.Number, error)) {
			results <- c.desk.Do(t.Context(), c.actor("sol"), func(a *helpdesk.Act) error { _, err := op(a); return err })
		}
		go act(func(act *helpdesk.Act) (core.Number, error) { return act.MergeTicket(t.Context(), a, b, 0) })
		go act(func(act *helpdesk.Act) (core.Number, error) { return act.MergeTicket(t.Context(), b, a, 0) })
		go act(func(act *helpdesk.Act) (core.Number, error) { return act.LinkTicket(t.Context(), b, x, 0) })
		go act(func(act *helpdesk.Act) (core.Number, error) { return act.SetParent(t.Context(), x, a, 0) })
		merged := 0
		for range 4 {
			switch err := <-results; core.CodeOf(err) {
			case "":
				merged++
			case core.Invalid: // into itself by now
			default:
				t.Errorf("%v", err)
			}
		}
		if merged != 3 || (c.ticket(a).MergedInto == 0) == (c.ticket(b).MergedInto == 0) {
			t.Errorf("%d went well; %d and %d", merged, c.ticket(a).MergedInto, c.ticket(b).MergedInto)
		}
	}
}

// Records of the same microsecond keep their order, each log's in itself.
func TestMergingLogsOfTheSameMoment(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	a, b := c.write("ben", "a0", ""), c.write("ben", "b0", "")
	for _, r := range []struct {
		n    core.Number
		text string
	}{{a, "a1"}, {b, "b1"}, {a, "a2"}, {b, "b2"}, {a, "a3"}} {
		if err := c.record("ben", r.n, r.text, nil); err != nil {
			t.Fatal(err)
		}
	}
	c.sql(`with x as (select id, row_number() over (partition by ticket_number order by at) as i from log_record)
		update log_record r set at = timestamptz '2026-03-04 13:00:00+00' + x.i * interval '1 microsecond' from x where x.id = r.id`)
	if err := c.merge("sol", a, b); err != nil {
		t.Fatal(err)
	}
	var as, bs []string
	for _, text := range c.texts("sol", b) {
		if strings.HasPrefix(text, "a") {
			as = append(as, text)
		} else {
			bs = append(bs, text)
		}
	}
	if !slices.Equal(as, []string{"a0", "a1", "a2", "a3"}) || !slices.Equal(bs, []string{"b0", "b1", "b2"}) {
		t.Errorf("%v %v", as, bs)
	}
}
