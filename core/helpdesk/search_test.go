package helpdesk_test

import (
	"strconv"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// searched wants that these people find the ticket by the words, and that nobody else of the city does; what is counted is
// what is found.
func (c *city) searched(n core.Number, q string, who ...string) {
	c.Helper()
	may := map[string]bool{}
	for _, name := range who {
		may[name] = true
	}
	for name := range c.People {
		p, err := c.Store.Person(c.Context(), c.People[name].ID)
		if err != nil {
			c.Fatal(err)
		}
		list, err := c.desk.Tickets(c.Context(), p, helpdesk.ListFilter{Query: q, Limit: 50})
		if err != nil {
			c.Fatalf("%s: %q: %v", name, q, err)
		}
		found := len(list.Tickets) == 1 && list.Tickets[0].Number == n
		if found != may[name] || list.Counts.Total != len(list.Tickets) || !found && len(list.Tickets) > 0 {
			c.Errorf("%s searches %q: %v, counted %d; allowed %v", name, q, numbers(list), list.Counts.Total, may[name])
		}
	}
}

var printersTeam = []string{"mia", "sol", "vic", "gus", "gil", "man", "rea"}

func with(more ...string) []string { return append(append([]string{}, printersTeam...), more...) }

// Who finds what follows the ticket: notes, a follower, an exceptional solver while it is theirs, edits, spam.
func TestSearchFollowsRights(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	yes, no := true, false
	c.check(c.record("mia", n, "The tray is bent.", &yes))
	c.check(c.record("mia", n, "Budget unclear.", &no))
	c.searched(n, "bent", with("ben")...)
	c.searched(n, "budget", with()...)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.AddFollower(c.Context(), n, c.People["net"], 0); return err })
	c.searched(n, "budget", with("net")...)
	c.check(c.assign("mia", n, "exa", ""))
	c.searched(n, "budget", with("net", "exa")...)
	c.check(c.assign("mia", n, "sol", ""))
	c.searched(n, "budget", with("net")...)

	subject, text := "Toner empty", "Please refill."
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.EditTicket(c.Context(), n, helpdesk.Edit{Subject: &subject, Text: &text}, 0)
		return err
	})
	c.searched(n, "toner refill", with("ben", "net")...)
	c.searched(n, "jam")

	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(c.Context(), n, 0); return err })
	c.searched(n, "toner")
	list, err := c.desk.Tickets(t.Context(), c.People["mia"], helpdesk.ListFilter{Query: "toner", Queue: "spam", Limit: 50})
	if err != nil || len(list.Tickets) != 1 {
		t.Errorf("the main solver finds %d in the spam, %v", len(list.Tickets), err)
	}
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.UnmarkSpam(c.Context(), n, 0); return err })
	c.sql("update person set disabled_at = now() where id = $1", c.People["ben"].ID)
	c.searched(n, "toner", with("net")...)
}

// E6: with a move the old team finds it no more, and the new one does.
func TestSearchFollowsAMove(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	no := false
	c.check(c.record("mia", n, "Rather a network thing.", &no))
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'ticket_reporter', $2)", c.Network, c.People["mia"].ID)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MoveTicket(c.Context(), n, c.Network, 0); return err })
	c.searched(n, "rather", "net")
	c.searched(n, "jams", "net", "ben")
}

// D15, E10: a merge shows nobody a stranger's words, neither to whom it brings into the ticket nor to its requester.
func TestSearchFollowsAMerge(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, other := c.open("ben"), c.open("eva")
	yes := true
	c.check(c.record("eva", other, "Elderberry.", &yes))
	c.check(c.record("ben", n, "Banana.", &yes))
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.MergeTicket(c.Context(), other, n, 0); return err })
	c.searched(n, "elderberry", with()...)
	c.searched(n, "banana", with("ben")...)
	c.searched(n, "elderberry banana", with()...)
	c.check(c.record("mia", n, "Cherry.", &yes))
	c.searched(n, "cherry", with("ben", "eva")...)
	c.searched(n, "cherry banana", with("ben")...)
	list, err := c.desk.Tickets(t.Context(), c.People["mia"], helpdesk.ListFilter{Query: strconv.FormatInt(int64(other), 10), Limit: 50})
	if err != nil || len(list.Tickets) != 1 || list.Tickets[0].Number != n {
		t.Errorf("the merged number leads to %v, %v", numbers(list), err)
	}
}

// A84: a participant finds what the requester finds, from the beginning, until they are taken away.
func TestSearchFollowsParticipants(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.check(c.participant("ben", n, "eva", false))
	c.searched(n, "jams", with("ben", "eva")...)
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.RemoveParticipant(c.Context(), n, c.People["eva"], 0)
		return err
	})
	c.searched(n, "jams", with("ben")...)
}

// D27: a custom field is found by requesters where the nearest definition says so, and by the team.
func TestSearchFindsFields(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.sql(`update service set ticket_fields = '[{"name":"asset","requesters":true},{"name":"cost","requesters":true}]' where id = $1`, c.IT)
	c.sql(`update service set ticket_fields = '[{"name":"cost"}]' where id = $1`, c.Printers)
	c.sql(`update ticket set fields = '{"asset":"Zebra","cost":"Giraffe","gone":"Okapi"}' where number = $1`, n)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetPriority(c.Context(), n, core.Low, 0); return err })
	c.searched(n, "zebra", with("ben")...)
	c.searched(n, "giraffe", with()...)
	c.searched(n, "okapi", with()...)
}

// D27: where a field is kept from requesters from now on, they find nothing by it any more.
func TestSearchFollowsTheDefinitionOfFields(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql(`update service set ticket_fields = '[{"name":"asset","requesters":true}]' where id = $1`, c.IT)
	n := c.open("ben")
	c.sql(`update ticket set fields = '{"asset":"Zebra"}' where number = $1`, n)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.SetPriority(c.Context(), n, core.Low, 0); return err })
	c.searched(n, "zebra", with("ben")...)
	file, err := c.desk.ExportDesk(t.Context())
	c.check(err)
	file.Calendars, file.SLAs, file.Mailboxes = nil, nil, nil // absent = untouched
	for i := range file.Services {
		for k := range file.Services[i].TicketFields {
			file.Services[i].TicketFields[k].Requesters = false
		}
	}
	_, err = c.desk.Configure(t.Context(), core.Actor{}, file, helpdesk.ConfigureOptions{Yes: true})
	c.check(err)
	c.check(c.desk.RefreshSearch(t.Context()))
	c.searched(n, "zebra", with()...)
}
