package helpdesk_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) draft(who string, n core.Number, kind core.DraftKind, text string) {
	c.Helper()
	if err := c.desk.SaveDraft(c.Context(), c.People[who], core.Draft{Ticket: n, Kind: kind, Text: text}, nil); err != nil {
		c.Fatalf("%s writes: %v", who, err)
	}
}

// send sends what is being written, as the ticket is now.
func (c *city) send(who string, n core.Number, kind core.DraftKind, status core.Status) error {
	return c.desk.SendDraft(c.Context(), c.actor(who), core.Draft{Ticket: n, Kind: kind, Text: c.written(who, n, kind), Status: status}, 0)
}

func (c *city) written(who string, n core.Number, kind core.DraftKind) string {
	c.Helper()
	all, err := c.desk.Drafts(c.Context(), c.People[who], n)
	if err != nil {
		c.Fatal(err)
	}
	for _, d := range all {
		if d.Kind == kind && d.SendAt.IsZero() {
			return d.Text
		}
	}
	return ""
}

// pass lets time go by, and the daemon look at the clock.
func (c *city) pass(d time.Duration) {
	c.Helper()
	c.now = c.now.Add(d)
	if err := c.desk.SendDue(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// drafts are what somebody writes in a ticket: "kind: text", with what waits in brackets.
func (c *city) drafts(who string, n core.Number) (list []string) {
	c.Helper()
	all, err := c.desk.Drafts(c.Context(), c.People[who], n)
	if err != nil {
		c.Fatal(err)
	}
	for _, d := range all {
		s := string(d.Kind) + ": " + d.Text
		for _, f := range d.Files {
			s += " +" + f.Name
		}
		if !d.SendAt.IsZero() {
			s = "[" + s + "]"
		}
		if d.Failure != nil {
			s += " !" + d.Failure.Key
		}
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

func (c *city) wantDrafts(what, who string, n core.Number, want ...string) {
	c.Helper()
	if got := c.drafts(who, n); !slices.Equal(got, want) {
		c.Errorf("%s: %s writes %q, want %q", what, who, got, want)
	}
}

// said are the texts of a ticket's messages and notes.
func (c *city) said(n core.Number) (list []string) {
	c.Helper()
	_, log, err := c.desk.Log(c.Context(), c.People["mia"], n)
	if err != nil {
		c.Fatal(err)
	}
	for _, r := range log {
		if r.Kind == core.KindMessage || r.Kind == core.KindNote {
			list = append(list, string(r.Kind)+": "+r.Text)
		}
	}
	return list
}

func (c *city) file(name, content string) core.Attachment {
	c.Helper()
	a, err := c.desk.PutFile(c.Context(), name, "text/plain", strings.NewReader(content))
	if err != nil {
		c.Fatal(err)
	}
	return a
}

func TestDraftIsKeptApartAndForItsAuthorAlone(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.draft("mia", n, core.ReplyDraft, "Dear Ben")
	c.draft("mia", n, core.NoteDraft, "Order two")
	c.draft("mia", n, core.ReplyDraft, "Dear Ben, ")
	c.draft("sol", n, core.ReplyDraft, "Hello")
	files, err := c.desk.AddDraftFiles(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.NoteDraft}, []core.Attachment{c.file("a.txt", "a"), c.file("b.txt", "b")})
	if err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("both", "mia", n, "note: Order two +a.txt +b.txt", "reply: Dear Ben, ")
	c.wantDrafts("another's", "sol", n, "reply: Hello")
	if err := c.desk.SaveDraft(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.NoteDraft}, []string{files[0].ID}); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("a file dropped", "mia", n, "note:  +b.txt", "reply: Dear Ben, ")
	if err := c.desk.SaveDraft(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.NoteDraft}, []string{files[1].ID}); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("an empty one is gone", "mia", n, "reply: Dear Ben, ")
	if err := c.desk.DiscardDraft(t.Context(), c.People["mia"], n, core.ReplyDraft); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("thrown away", "mia", n)
	c.refused("who does not see the ticket", core.NotFound, c.desk.SaveDraft(t.Context(), c.People["eva"], core.Draft{Ticket: n, Kind: core.ReplyDraft, Text: "x"}, nil))
	if _, err := c.desk.AddDraftFiles(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.NoteDraft}, slices.Repeat([]core.Attachment{c.file("a.txt", "a")}, 21)); core.CodeOf(err) != core.Invalid {
		t.Errorf("21 files: %v", err)
	}
	if err := c.desk.SaveDraft(t.Context(), c.People["ben"], core.Draft{Kind: core.TicketDraft, Text: "It jams", Fields: map[string]string{"subject": "Paper"}}, nil); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("a new ticket", "ben", 0, "ticket: It jams")
}

// For ten seconds a message can be taken back: until then it is nowhere but with its author.
func TestSendingWaitsAndCanBeUndone(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.draft("mia", n, core.ReplyDraft, "Try again")
	if _, err := c.desk.AddDraftFiles(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.ReplyDraft}, []core.Attachment{c.file("how.txt", "so")}); err != nil {
		t.Fatal(err)
	}
	if err := c.send("mia", n, core.ReplyDraft, core.Waiting); err != nil {
		t.Fatal(err)
	}
	c.pass(helpdesk.UndoTime - time.Second)
	c.told("while it waits")
	if got := c.said(n); !slices.Equal(got, []string{"message: It jams."}) {
		t.Errorf("while it waits the log says %q", got)
	}
	c.wantDrafts("waiting", "mia", n, "[reply: Try again +how.txt]")

	waiting, _ := c.desk.Drafts(t.Context(), c.People["mia"], n)
	_, err := c.desk.UndoSend(t.Context(), c.People["sol"], waiting[0].ID)
	c.refused("another's message", core.Conflict, err)
	c.draft("mia", n, core.ReplyDraft, "One more thing")
	if _, err := c.desk.UndoSend(t.Context(), c.People["mia"], waiting[0].ID); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("taken back", "mia", n, "reply: Try again\n\nOne more thing +how.txt")
	c.pass(time.Minute)
	c.told("taken back")

	if err := c.send("mia", n, core.ReplyDraft, core.Waiting); err != nil {
		t.Fatal(err)
	}
	waiting, _ = c.desk.Drafts(t.Context(), c.People["mia"], n)
	c.pass(helpdesk.UndoTime)
	c.told("sent", "public_reply ben requester requester")
	c.wantDrafts("sent", "mia", n)
	_, err = c.desk.UndoSend(t.Context(), c.People["mia"], waiting[0].ID)
	c.refused("too late", core.Conflict, err)
	v, log, err := c.desk.Log(t.Context(), c.People["mia"], n)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(log, func(r core.RecordView) bool { return strings.HasPrefix(r.Text, "Try again") })
	if i < 0 || v.Status != core.Waiting || len(log[i].Attachments) != 1 || log[i].Attachments[0].Name != "how.txt" {
		t.Errorf("sent: %v, %+v", v.Status, log)
	}
}

// What is refused is refused at once, and stays with its author.
func TestSendingIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.refused("nothing", core.Invalid, c.send("mia", n, core.ReplyDraft, ""))
	c.refused("a requester writes a note", core.Forbidden, c.desk.SaveDraft(t.Context(), c.People["ben"], core.Draft{Ticket: n, Kind: core.NoteDraft, Text: "for the team"}, nil))
	c.refused("a requester sends a note", core.Forbidden, c.send("ben", n, core.NoteDraft, ""))
	c.draft("ben", n, core.ReplyDraft, "It is done")
	c.refused("a requester resolves", core.Forbidden, c.send("ben", n, core.ReplyDraft, core.Resolved))
	c.draft("mia", n, core.ReplyDraft, "Hello")
	c.refused("an unknown status", core.Invalid, c.send("mia", n, core.ReplyDraft, core.Closed))
	v, err := c.desk.Ticket(t.Context(), c.People["mia"], n)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.record("ben", n, "Still", nil); err != nil {
		t.Fatal(err)
	}
	c.mails()
	c.refused("an old page", core.Stale, c.desk.SendDraft(t.Context(), c.actor("mia"), core.Draft{Ticket: n, Kind: core.ReplyDraft, Text: "Hello"}, v.Version))
	c.pass(time.Minute)
	c.told("refused")
	c.wantDrafts("refused", "mia", n, "reply: Hello")
	c.wantDrafts("refused", "ben", n, "reply: It is done")
}

// What happened while it waited may refuse it: then it is its author's again, who is told why.
func TestMessageRefusedAtTheEndGoesBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	c.draft("mia", n, core.ReplyDraft, "Resolved")
	if err := c.send("mia", n, core.ReplyDraft, core.Resolved); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"rea", "man"} {
		c.draft(who, n, core.NoteDraft, "Seen")
		if err := c.send(who, n, core.NoteDraft, ""); err != nil {
			t.Fatalf("%s: %v", who, err)
		}
	}
	c.draft("man", n, core.NoteDraft, "And more")
	if err := c.resolve("sol", n, "It works"); err != nil {
		t.Fatal(err)
	}
	c.sql("delete from role_grant where person_id = $1", c.People["rea"].ID)
	c.sql("update person set disabled_at = now() where id = $1", c.People["man"].ID)
	c.mails()
	c.pass(helpdesk.UndoTime)
	c.told("nothing left")
	c.wantDrafts("resolved meanwhile", "mia", n, "reply: Resolved !error.status.done")
	c.wantDrafts("lost sight", "rea", n, "note: Seen !error.not_found")
	c.wantDrafts("disabled", "man", n, "note: Seen\n\nAnd more !error.forbidden")
	for _, who := range []string{"mia", "rea"} {
		if unsent, err := c.desk.UnsentCount(t.Context(), c.People[who]); err != nil || unsent != 1 {
			t.Errorf("%s has %d unsent, %v", who, unsent, err)
		}
	}
	c.draft("mia", n, core.ReplyDraft, "So it works?")
	c.wantDrafts("written again", "mia", n, "reply: So it works?")
}

// A button that is pressed twice, in one window or two, sends one message (E5): until it has left, the ticket's version does
// not tell the presses apart. The same words with another file or another end are another message.
func TestPressingSendTwiceSendsOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	v, err := c.desk.Ticket(t.Context(), c.People["mia"], n)
	if err != nil {
		t.Fatal(err)
	}
	attach := func(name string) {
		if _, err := c.desk.AddDraftFiles(t.Context(), c.People["mia"], core.Draft{Ticket: n, Kind: core.ReplyDraft}, []core.Attachment{c.file(name, name)}); err != nil {
			t.Fatal(err)
		}
	}
	press := func(status core.Status) {
		if err := c.desk.SendDraft(t.Context(), c.actor("mia"), core.Draft{Ticket: n, Kind: core.ReplyDraft, Text: "Done", Status: status}, v.Version); err != nil {
			t.Error(err)
		}
	}
	attach("a.txt")
	var presses sync.WaitGroup
	for range 4 {
		presses.Go(func() { press("") })
	}
	presses.Wait()
	c.wantDrafts("pressed four times", "mia", n, "[reply: Done +a.txt]")
	attach("a.txt")
	press("")
	c.wantDrafts("with the same file", "mia", n, "[reply: Done +a.txt]")
	attach("b.txt")
	press("")
	press(core.Waiting)
	c.wantDrafts("something else", "mia", n, "[reply: Done +a.txt]", "[reply: Done +b.txt]", "[reply: Done]")
}

// What is sent is what the form says, not what another window kept meanwhile.
func TestTheWordsOfTheFormAreSent(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.draft("mia", n, core.ReplyDraft, "Half a thought from another win")
	if err := c.desk.SendDraft(t.Context(), c.actor("mia"), core.Draft{Ticket: n, Kind: core.ReplyDraft, Text: "All of it"}, 0); err != nil {
		t.Fatal(err)
	}
	c.pass(helpdesk.UndoTime)
	if got := c.said(n); !slices.Equal(got, []string{"message: It jams.", "message: All of it"}) {
		t.Errorf("the log says %q", got)
	}
	c.wantDrafts("sent", "mia", n)
}

// Several daemons look at the clock at once, and one of them is always too early to have seen the other's work.
func TestEachMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	for _, text := range []string{"one", "two", "three"} {
		c.draft("mia", n, core.ReplyDraft, text)
		if err := c.send("mia", n, core.ReplyDraft, ""); err != nil {
			t.Fatal(err)
		}
		c.now = c.now.Add(time.Second)
	}
	c.now = c.now.Add(time.Minute)
	var daemons sync.WaitGroup
	for range 4 {
		daemons.Go(func() {
			if err := helpdesk.New(c.Store, func() time.Time { return c.now }).SendDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	daemons.Wait()
	got := c.said(n)
	slices.Sort(got)
	if !slices.Equal(got, []string{"message: It jams.", "message: one", "message: three", "message: two"}) {
		t.Errorf("sent: %q", got)
	}
	c.wantDrafts("all sent", "mia", n)
}

// A draft goes with its ticket into the one that this is merged into, and is thrown away when nobody goes on with it.
func TestDraftFollowsItsTicketAndEnds(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, into := c.open("ben"), c.open("ben")
	c.draft("mia", n, core.ReplyDraft, "Both")
	c.draft("mia", n, core.NoteDraft, "Here")
	c.draft("mia", into, core.NoteDraft, "There")
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MergeTicket(t.Context(), n, into, 0); return err })
	c.wantDrafts("merged", "mia", into, "note: There", "reply: Both")
	c.wantDrafts("merged", "mia", n, "note: Here")
	all, err := c.desk.DraftsOf(t.Context(), c.People["mia"])
	if err != nil || len(all) != 3 {
		t.Errorf("all drafts: %d, %v", len(all), err)
	}
	c.now = c.now.Add(91 * 24 * time.Hour)
	c.draft("mia", into, core.ReplyDraft, "Still at it")
	if err := c.desk.DropDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.wantDrafts("after 90 days", "mia", into, "reply: Still at it")
}
