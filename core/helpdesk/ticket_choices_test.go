package helpdesk_test

import (
	"slices"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// E6: only services are offered into which the person can move the ticket, and each that is offered takes it.
func TestMoveTargetsTakeTheTicket(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'ticket_reporter', $2)", c.Network, c.People["sol"].ID)
	n := c.open("ben")
	for who, want := range map[string][]string{"sol": {"IT/Network"}, "mia": nil, "rea": nil, "ben": nil} {
		got, err := c.desk.MoveTargets(t.Context(), c.People[who], n)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is offered %v, %v, want %v", who, got, err, want)
		}
	}
	_, err := c.desk.MoveTargets(t.Context(), c.People["net"], n)
	c.refused("who does not see it", core.NotFound, err)
	c.must("sol", func(a *helpdesk.Act) error { _, err := a.MoveTicket(t.Context(), n, c.Network, 0); return err })
}

// Services in which the requester is nobody are not offered.
func TestMoveTargetsServeTheRequester(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", c.Network, c.People["mia"].ID)
	c.sql("update service set inherit = false where id = $1", c.Network)
	if got, err := c.desk.MoveTargets(t.Context(), c.People["mia"], n); err != nil || got != nil {
		t.Errorf("offered %v, %v", got, err)
	}
}

// D27: whoever edits a request gets its text and the fields that are theirs to set; nobody else gets anything.
func TestEditableRequestIsForWhoMayEdit(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql(`update service set ticket_fields = '[{"name": "Room", "requesters": true}, {"name": "Asset"}]' where id = $1`, c.Printers)
	n := c.open("ben")
	for who, want := range map[string]int{"ben": 1, "mia": 2} {
		got, err := c.desk.EditableRequest(t.Context(), c.People[who], n)
		if err != nil || got.Text != "It jams." || len(got.Fields) != want || got.Organization != (who == "mia") {
			t.Errorf("%s gets %+v, %v", who, got, err)
		}
	}
	_, err := c.desk.EditableRequest(t.Context(), c.People["rea"], n)
	c.refused("a reader", core.Forbidden, err)
	_, err = c.desk.EditableRequest(t.Context(), c.People["eva"], n)
	c.refused("somebody else", core.NotFound, err)
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{}); return err })
	_, err = c.desk.EditableRequest(t.Context(), c.People["ben"], n)
	c.refused("after the end", core.Conflict, err)
}

// Of tickets around another one only those are told that the person sees, and of those what lists show (D8).
func TestInListsShowsWhatIsSeen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, other := c.open("ben"), c.open("eva")
	for who, want := range map[string]int{"mia": 2, "ben": 1, "ken": 0} {
		views, err := c.desk.InLists(t.Context(), c.People[who], []core.Number{n, other, 9999})
		if err != nil || len(views) != want {
			t.Errorf("%s sees %v, %v", who, views, err)
		}
		if v := views[n]; who == "ben" && (v.Subject != "Paper jam" || v.Priority != "" || v.ResolutionDue != nil) {
			t.Errorf("ben's is %+v", v)
		}
	}
}
