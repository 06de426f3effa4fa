package rights_test

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// told is who is mailed of an event, by the rows A6–A10 of the matrix and no others: a solver hears of no new ticket, a
// manager is told nothing of the queue and gets no tickets, and of deadlines only on asking, a reader and a ticket reporter nothing at all.
const told = `
ticket_created | plain | ben mia
unassigned | plain | mia
returned | plain | mia
assigned | solver:sol | sol
assigned | solver:mia | mia
assigned | solver:gus | gus
assigned | solver:exa | exa
assigned | solver:man |
assigned | solver:rea |
assigned_group | group | gus gil
note_added | plain | mia
note_added | group | gus gil
note_added | group solver:sol | sol
note_added | follow:ken | mia ken
ticket_created | from:pat | pat mia
sla_warning | plain | mia
sla_warning | group | gus gil
sla_warning | solver:sol | sol
sla_breach | plain | mia
sla_breach | group | gus gil
sla_breach | solver:exa | exa
sla_breach | follow:ken | mia
approval_requested | asked:ken | ken
approval_requested | asked:pat | pat net
`

func TestMailsFollowTheMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, line := range strings.Split(strings.TrimSpace(told), "\n") {
		parts := strings.Split(line, "|")
		s := w.build(t, strings.Fields(parts[1]))
		list, err := w.desk.Who(t.Context(), nil, s.ticket, core.Event(strings.TrimSpace(parts[0])))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got, want := []string{}, strings.Fields(parts[2])
		for _, x := range list {
			name, _, _ := strings.Cut(x.Email, "@")
			got = append(got, name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: told are %q", line, got)
		}
	}
}
