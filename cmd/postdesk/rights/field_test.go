package rights_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Custom fields of tickets (D27), through the API: what each person is shown of a ticket of ben's, in which pat takes part and
// which net follows, and what they may change. Upper case = changed too: F is the team's field, R the requesters'. Given
// is assigned to the exceptional solver. The team sets both, and so does who may solve; readers, followers and participants set none, and a reporter sees none.
const fieldMarks = `
open      mia FR  sol FR  vic FR  gus FR  gil FR  man FR  exa -   rea fr  net fr  tre -   ben R   pat r   eva -   ken -   root -
assigned  mia FR  sol FR  vic FR  gus FR  gil FR  man FR  exa -   rea fr  net fr  tre -   ben R   pat r   eva -   ken -   root -
given     mia FR  sol FR  vic FR  gus FR  gil FR  man FR  exa FR  rea fr  net fr  tre -   ben R   pat r   eva -   ken -   root -
resolved  mia fr  sol fr  vic fr  gus fr  gil fr  man fr  exa -   rea fr  net fr  tre -   ben r   pat r   eva -   ken -   root -
`

func TestTicketFieldsObeyTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sql(t, `update service set ticket_fields = '[{"name": "team tag"}, {"name": "room", "requesters": true}]' where id = $1`, w.IT)
	w.sql(t, "update desk set version = version + 1")
	tried := 0
	for _, line := range strings.Split(strings.TrimSpace(fieldMarks), "\n") {
		marks := strings.Fields(line)
		for i := 1; i < len(marks); i += 2 {
			who, want := marks[i], marks[i+1]
			n := w.withFields(t, marks[0])
			if got := w.fieldMark(t, who, n); got != want {
				t.Errorf("%s, %s: %s, want %s", marks[0], who, got, want)
			}
			tried++
		}
	}
	if tried != 4*15 {
		t.Errorf("%d were tried", tried)
	}
}

// withFields opens a ticket that has both.
func (w *world) withFields(t *testing.T, state string) (n core.Number) {
	t.Helper()
	w.must(t, "mia", func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: w.Printers, Subject: "Jam", Text: "x", OnBehalfOf: w.People["ben"],
			Fields: map[string]string{"team tag": "A-17", "room": "4"}})
		return err
	})
	steps := []func(*helpdesk.Act) error{
		func(a *helpdesk.Act) error {
			_, err := a.AddParticipant(t.Context(), n, w.People["pat"], 0)
			return err
		},
		func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, w.People["net"], 0); return err },
	}
	switch state {
	case "assigned", "given":
		to := map[string]string{"assigned": "vic", "given": "exa"}[state]
		steps = append(steps, func(a *helpdesk.Act) error {
			_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: w.People[to]}, 0)
			return err
		})
	case "resolved":
		steps = append(steps, func(a *helpdesk.Act) error { _, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{}); return err })
	}
	for _, step := range steps {
		w.must(t, "mia", step)
	}
	return n
}

func (w *world) fieldMark(t *testing.T, who string, n core.Number) string {
	t.Helper()
	path := fmt.Sprintf("/api/v1/tickets/%d", n)
	var seen struct{ Fields map[string]string }
	if a := w.call(t, who, "GET", path, nil); a.Code == 200 {
		if err := json.Unmarshal(a.Body.Bytes(), &seen); err != nil {
			t.Fatal(err)
		}
	}
	mark := ""
	for _, f := range []struct{ name, short string }{{"team tag", "f"}, {"room", "r"}} {
		sees := seen.Fields[f.name] != ""
		sets := w.call(t, who, "POST", path+"/actions/edit", object{"fields": object{f.name: "changed by " + who}}).Code == 200
		if kept, err := w.Store.Ticket(t.Context(), n); err != nil || (kept.Fields[f.name] == "changed by "+who) != sets || sets && !sees {
			t.Errorf("%s: answered %t, kept %v, seen %v: %v", who, sets, kept.Fields, seen.Fields, err)
		}
		switch {
		case sets:
			mark += strings.ToUpper(f.short)
		case sees:
			mark += f.short
		}
	}
	if mark == "" {
		return "-"
	}
	return mark
}
