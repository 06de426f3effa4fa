package rights_test

import (
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// byMail is who may write to a ticket by mail: ok, held (kept for the triage, nothing written), or new where it becomes a
// ticket of its own. Everybody's domain vouches for them; who was mailed about the ticket answers that mail, and is proven
// as a person by it. Given is assigned by an operation, so that the solver was told.
const byMail = `
answer | plain | mia ben=ok rea sol=held eva=new tre root ken=held
answer | given:sol | sol ben=ok
answer | given:exa | exa=ok
answer | given:exa given:sol | sol=ok exa=held
answer | with:pat | pat=ok
answer | from:pat | pat=ok ben=new
answer | asked:ken | ken=ok
answer | decided:ken | ken=held
answer | follow:ken | ken=held
answer | child | net=held
answer | status:resolved | ben=ok
answer | spam | ben=ok
answer | merged | ben=ok eva=new
open | - | ben sol pat=new tre ken vic root=held
`

func TestMailObeysTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range readCells(t, byMail) {
		var plain, given []string
		for _, word := range strings.Fields(c.state) {
			if who, ok := cut(word, "given:"); ok {
				given = append(given, who)
			} else {
				plain = append(plain, word)
			}
		}
		s := w.build(t, plain)
		for _, who := range given {
			w.must(t, "mia", func(a *helpdesk.Act) error {
				_, err := a.Assign(t.Context(), s.ticket, helpdesk.Assignee{Solver: w.People[who]}, 0)
				return err
			})
		}
		n := s.number
		if c.operation == "open" {
			n = 0
		}
		before, tickets := w.footprint(t, s), w.count(t)
		row := w.send(t, c.who, n, "More.")
		got := string(row.State)
		switch {
		case row.State == core.InboundApplied && n != 0 && row.Ticket == s.ticket:
			got = "ok"
		case row.State == core.InboundApplied && row.Ticket != s.ticket:
			got = "new"
		case row.State == core.InboundQuarantined:
			got = "held"
		}
		if got != c.want {
			t.Errorf("%s, %s: %s is %q (%s), want %q", c.operation, c.state, c.who, got, row.Reason, c.want)
		}
		if opened := w.count(t) - tickets; opened != map[string]int{"new": 1}[c.want] {
			t.Errorf("%s, %s: by %s %d tickets were opened", c.operation, c.state, c.who, opened)
		}
		after := w.footprint(t, s)
		if c.want == "held" { // its sender is told so
			after[2] = before[2]
		}
		if (after != before) != (c.want == "ok") {
			t.Errorf("%s, %s: what %s wrote is there, or is not, against the table", c.operation, c.state, c.who)
		}
	}
}

func (w *world) count(t *testing.T) (n int) {
	t.Helper()
	if err := w.Store.Pool().QueryRow(t.Context(), "select count(*) from ticket").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
