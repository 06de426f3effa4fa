package desk_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Whoever names an address gets the same answer whether it is somebody's or nobody's, unless they may add that person (D28):
// a form must not tell who works here.
func TestActsTellNobodyWhoIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.open(t, "ben", helpdesk.NewTicket{Subject: "Jam", Text: "It is jammed."})
	foreign := w.open(t, "eva", helpdesk.NewTicket{Subject: "Not Ben's", Text: "It is not his."})
	ticket, err := w.Store.Ticket(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	now := ticket.Version
	for _, c := range []struct {
		who     string
		ticket  core.Number
		version int
	}{{"ben", mine, 1}, {"ben", mine, now}, {"ben", foreign, 1}, {"ben", 99_999, 1}, {"net", mine, now}, {"mia", mine, 1}, {"mia", mine, now}, {"rea", mine, now}} {
		b := w.as(t, c.who)
		for _, act := range []string{"participant", "follower"} {
			for _, field := range []string{"add", "remove"} {
				var answers []string
				// somebody who is no requester and may not be found, somebody who may not sign in, and nobody
				for _, address := range []string{"ken@vendor.test", "off@city.test", "nobody@city.test"} {
					if act == "follower" && field == "add" && address == "ken@vendor.test" && slices.Contains([]string{"mia", "rea"}, c.who) {
						continue // anybody can be one
					}
					p := b.post(fmt.Sprintf("/dashboard/ithelpdesk/%d/actions/%s", c.ticket, act), field, address, "version", strconv.Itoa(c.version))
					answers = append(answers, fmt.Sprint(p.status, " ", strings.ReplaceAll(p.text(".alert"), address, "…")))
				}
				if len(slices.Compact(slices.Clone(answers))) != 1 {
					t.Errorf("%s, %s %s in %d at version %d: %q", c.who, field, act, c.ticket, c.version, answers)
				}
			}
		}
	}
}
