package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Whoever worked with somebody who was erased reads a word of their language in the place of the name, and all the rest.
func TestPagesOfErasedPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Secret subject", Text: "Secret words."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: w.People["sol"]}, 0)
		return err
	})
	w.do(t, "sol", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, w.People["eva"], 0)
		return err
	})
	w.record(t, "eva", n, "Eva's words.", true, w.file(t, "secret.txt", "text/plain", "x"))
	w.record(t, "sol", n, "Sol answers.", true)
	for _, who := range []string{"ben@city.test", "eva@city.test"} {
		if _, err := w.help.ErasePerson(t.Context(), core.Actor{}, who, helpdesk.EraseOptions{Yes: true}); err != nil {
			t.Fatal(err)
		}
	}
	at := fmt.Sprintf("/dashboard/ithelpdesk/%d", n)
	for who, word := range map[string]string{"mia": "erased person", "sol": "persona borrada"} {
		for _, path := range []string{"/dashboard/ithelpdesk", at} {
			body := string(w.as(t, who).get(path).want(200).body)
			if path == at && !strings.Contains(body, word) {
				t.Errorf("%s at %s does not read %q", who, path, word)
			}
			for _, gone := range []string{"@invalid", "Secret", "secret", "Ben Staff", "Eva", "ben@city.test"} {
				if strings.Contains(body, gone) {
					t.Errorf("%s at %s still reads %q", who, path, gone)
				}
			}
		}
	}
	if body := string(w.as(t, "mia").get(at).want(200).body); !strings.Contains(body, "Sol answers.") || !strings.Contains(body, "Sol Vega") {
		t.Error("what others wrote is gone")
	}
}
