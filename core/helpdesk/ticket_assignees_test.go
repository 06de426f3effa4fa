package helpdesk_test

import (
	"slices"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

// A ticket is offered to those who may receive it, never to managers (A49), and only to who may assign (A12) is the list
// shown at all.
func TestAssigneesMayReceive(t *testing.T) {
	t.Parallel()
	city := storetest.NewCity(t)
	h := helpdesk.New(city.Store, time.Now)
	var n core.Number
	err := h.Do(t.Context(), core.Actor{Person: city.People["ben"], Via: core.ViaDesk, Level: core.SignedIn}, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: city.Printers, Subject: "Toner", Text: "Empty."})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for who, offered := range map[string]bool{"mia": true, "man": true, "rea": false, "ben": false} {
		people, groups, err := h.Assignees(t.Context(), city.People[who], n)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		names := []string{}
		for _, p := range people {
			names = append(names, p.Name)
		}
		wantNames, wantGroups := []string{}, []string(nil)
		if offered {
			wantNames, wantGroups = []string{"Exa Extra", "Gil Group", "Gus Group", "Mia Main", "Sol Vega", "Vic Vendor"}, []string{"Field"}
		}
		if !slices.Equal(names, wantNames) || !slices.Equal(groups, wantGroups) {
			t.Errorf("%s is offered %q and %q", who, names, groups)
		}
	}
	if _, _, err := h.Assignees(t.Context(), city.People["net"], n); core.CodeOf(err) != core.NotFound {
		t.Errorf("who does not see the ticket gets %v", err)
	}
}
