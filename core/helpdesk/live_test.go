package helpdesk_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// listening is a page of somebody that stands open.
type listening struct {
	*helpdesk.Listener
	c    *city
	who  string
	told []core.Number // since hears was asked last
}

func (c *city) listen(who string, open core.Number) *listening {
	c.Helper()
	l, err := c.desk.Listen(c.Context(), c.People[who], open, false)
	if err != nil {
		c.Fatalf("%s listens: %v", who, err)
	}
	c.Cleanup(l.Close)
	return &listening{Listener: l, c: c, who: who}
}

// hears waits until the listener heard of the ticket.
func (l *listening) hears(n core.Number) {
	l.c.Helper()
	l.told = nil
	ctx, cancel := context.WithTimeout(l.c.Context(), 20*time.Second)
	defer cancel()
	for {
		select {
		case <-l.Wake():
			l.told = append(l.told, l.News().Changed...)
			if slices.Contains(l.told, n) {
				return
			}
		case <-ctx.Done():
			l.c.Fatalf("%s is not told of %d", l.who, n)
		}
	}
}

// deaf wants that the listener was told of nothing. It is asked after somebody else heard of it, by the same turn of the tail.
func (l *listening) deaf(why string) {
	l.c.Helper()
	if news := l.News(); len(news.Changed) > 0 {
		l.c.Errorf("%s is told of %v: %s", l.who, news.Changed, why)
	}
}

func TestPagesHearOfWhatTheirReadersMaySee(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	mia, ben, eva, net := c.listen("mia", 0), c.listen("ben", 0), c.listen("eva", 0), c.listen("net", 0)
	n := c.open("ben")
	mia.hears(n)
	ben.hears(n)
	if err := c.record("sol", n, "The drum is worn.", no()); err != nil {
		t.Fatal(err)
	}
	mia.hears(n)
	ben.deaf("a note is not for requesters")
	if err := c.record("sol", n, "We bring a new drum.", yes()); err != nil {
		t.Fatal(err)
	}
	ben.hears(n)
	mia.hears(n)
	eva.deaf("it is not her ticket")
	net.deaf("Network has no part in Printers")
}

// Another process writes by a Helpdesk of its own; only the database is between them.
func TestPagesHearOfWhatOtherProcessesWrite(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	mia := c.listen("mia", 0)
	n := c.open("ben")
	mia.hears(n)
	other := helpdesk.New(c.Store, time.Now)
	err := other.Do(t.Context(), core.Actor{Person: c.People["ben"], Via: core.ViaMail, Level: core.PersonProven}, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "It still jams."})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	mia.hears(n)
}

// What was committed long after it was named is told all the same.
func TestPagesHearOfWhatIsCommittedLate(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	mia := c.listen("mia", 0)
	n := c.open("ben")
	mia.hears(n)
	err := c.as("sol", func(a *helpdesk.Act) error {
		if _, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "Slow", Show: yes()}); err != nil {
			return err
		}
		time.Sleep(4 * time.Second) // longer than what the tail looks back in most turns
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mia.hears(n)
}

func TestWhoLosesSightIsToldOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.grant(c.Network, core.MainSolver, "mia", 0)
	sol, second, net := c.listen("sol", 0), c.listen("sol", 0), c.listen("net", 0)
	n, unseen := c.open("ben"), c.open("ben")
	sol.hears(unseen)
	second.hears(unseen)
	list, err := c.desk.Tickets(t.Context(), c.People["sol"], helpdesk.ListFilter{Before: unseen, Limit: 50})
	if err != nil || len(list.Tickets) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, number := range []core.Number{unseen, n} {
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.MoveTicket(t.Context(), number, c.Network, 0); return err })
	}
	sol.hears(n)
	second.hears(n)
	net.hears(n)
	for _, l := range []*listening{sol, second} {
		if slices.Contains(l.told, unseen) {
			t.Error("told of a ticket that was not on the page and is out of sight")
		}
	}
	if err := c.record("net", n, "Now it is ours.", yes()); err != nil {
		t.Fatal(err)
	}
	net.hears(n)
	sol.deaf("the ticket is out of sight")
}

func TestAMergedTicketLeavesTheList(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	mia := c.listen("mia", 0)
	into, n := c.open("ben"), c.open("ben")
	mia.hears(n)
	if _, err := c.desk.Tickets(t.Context(), c.People["mia"], helpdesk.ListFilter{Limit: 50}); err != nil {
		t.Fatal(err)
	}
	c.must("sol", func(a *helpdesk.Act) error { _, err := a.MergeTicket(t.Context(), n, into, 0); return err })
	mia.hears(n)
}

func TestWhoIsPresentIsToldToTheTeamAlone(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	mia, ben := c.listen("mia", n), c.listen("ben", n)
	people := func(want ...string) {
		t.Helper()
		end := time.After(20 * time.Second)
		for {
			select {
			case <-mia.Wake():
			case <-end:
				t.Fatalf("never told of %v", want)
			}
			var got []string
			news := mia.News()
			for _, x := range news.People {
				if x.Writing {
					got = append(got, x.Name+" writes")
				} else {
					got = append(got, x.Name)
				}
			}
			if news.Moved && slices.Equal(got, want) {
				return
			}
		}
	}
	enter := func(who string, writing bool) {
		t.Helper()
		if err := c.desk.Enter(t.Context(), c.People[who], n, writing); err != nil {
			t.Fatal(err)
		}
	}
	enter("mia", true) // herself she knows
	enter("sol", false)
	people("Sol Vega")
	enter("sol", true)
	enter("ben", false)
	people("Ben Staff", "Sol Vega writes")
	if err := c.desk.Leave(t.Context(), c.People["sol"], n); err != nil {
		t.Fatal(err)
	}
	people("Ben Staff")
	if news := ben.News(); len(news.People) > 0 {
		t.Errorf("the requester is told that %v look at it", news.People)
	}
	c.refused("enter what one does not see", core.NotFound, c.desk.Enter(t.Context(), c.People["eva"], n, true))
	c.refused("see what one does not see", core.NotFound, c.desk.See(t.Context(), c.People["eva"], n, false))
	if _, err := c.desk.Listen(t.Context(), c.People["eva"], n, false); core.CodeOf(err) != core.NotFound {
		t.Errorf("listen at what one does not see: %v", err)
	}
}

func TestNobodyListensTooOften(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var all []*listening
	for range 8 {
		all = append(all, c.listen("mia", 0))
	}
	_, err := c.desk.Listen(t.Context(), c.People["mia"], 0, true)
	c.refused("the ninth", core.Conflict, err)
	c.listen("sol", 0)
	all[0].Close()
	c.listen("mia", 0)
}

func TestUnreadFollowsWhatOneMayRead(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	unread := func(who string) bool {
		t.Helper()
		list, err := c.desk.Tickets(t.Context(), c.People[who], helpdesk.ListFilter{Limit: 50})
		if err != nil || len(list.Tickets) != 1 {
			t.Fatalf("%s: %v, %v", who, list, err)
		}
		return list.Tickets[0].Unread
	}
	mine := func(who string, want int) {
		t.Helper()
		if got, err := c.desk.UnreadMine(t.Context(), c.People[who]); err != nil || got != want {
			t.Errorf("%s has %d unread in the queue, %v; want %d", who, got, err, want)
		}
	}
	see := func(who string, again bool) {
		t.Helper()
		c.now = c.now.Add(time.Second)
		if err := c.desk.See(t.Context(), c.People[who], n, again); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what, who string, want bool) {
		t.Helper()
		if got := unread(who); got != want {
			t.Errorf("%s: unread for %s is %v", what, who, got)
		}
	}
	want("just opened", "mia", true)
	want("just opened", "ben", false)
	mine("mia", 1)
	mine("sol", 0)
	see("mia", false)
	want("seen", "mia", false)
	mine("mia", 0)
	if err := c.record("sol", n, "The drum is worn.", no()); err != nil {
		t.Fatal(err)
	}
	want("a note", "mia", true)
	want("a note", "ben", false)
	want("a note", "sol", true) // of Ben's message, which he never opened
	if err := c.record("sol", n, "We come at ten.", yes()); err != nil {
		t.Fatal(err)
	}
	want("an answer", "ben", true)
	see("ben", false)
	want("read", "ben", false)
	see("ben", true)
	want("kept as unread", "ben", true)
}
