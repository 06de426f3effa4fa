package core

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The oracle of the sweep: what roles.csv and the rules say, in words of its own. It reads the reviewed file, knows
// nothing of the code's matrix, rules or standings, and judges facts about a person and a ticket.

// marks are the cells of roles.csv: by row, one for each column; 0 denied, 1 own, 2 yes.
type marks map[Permission]*[9]byte

// columns is the head of roles.csv.
var columns = strings.Split("MS,S,SG,ES,MG,RD,TR,AP,RQ", ",")

func readMarks(t *testing.T) marks {
	t.Helper()
	f, err := os.Open("testdata/roles.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || !slices.Equal(rows[0][1:], columns) {
		t.Fatalf("the file has the columns %q: %v", rows[0], err)
	}
	m := marks{}
	for _, row := range rows[1:] {
		m[Permission(row[0])] = &[9]byte{}
		for i, mark := range row[1:] {
			m[Permission(row[0])][i] = map[string]byte{"": 0, "own": 1, "yes": 2}[mark]
		}
	}
	return m
}

// held is a set of columns.
type held uint16

func hold(names ...string) (h held) {
	for _, name := range names {
		i := slices.Index(columns, name)
		if i < 0 {
			panic("no column " + name)
		}
		h |= 1 << i
	}
	return h
}

// Columns that the rules name.
var (
	ms, es, rd, ap, rq = hold("MS"), hold("ES"), hold("RD"), hold("AP"), hold("RQ")

	team = hold("MS", "S", "SG", "MG") // A50
)

// strongest is the best mark that the columns have in a row (D11: rights add up).
func (m marks) strongest(p Permission, h held) (best byte) {
	row := m[p]
	for i := range row {
		if h&(1<<i) != 0 && row[i] > best {
			best = row[i]
		}
	}
	return best
}

// facts are what the rules ask of a person and a ticket.
type facts struct {
	held    held // granted in the ticket's service, for its requester (A1, D17, D23), and what a delegate stands in for (E14)
	sla     bool // a requester of the service (A65)
	above   held // granted in the service of a ticket above this one
	outcast bool // disabled

	solver string // whose the ticket is: "", me, other
	group  bool   // it is in a group
	owner  bool   // they are its requester
	part   bool   // requester or participant
	since  bool   // a participant only since after the record
	follow bool
	asked  bool // a decision of theirs is waited for
	over   bool // they were asked, and it is not waited for any more

	status   Status
	late     bool // the reopen deadline is over
	pending  bool // some approval waits
	children bool // open ones
	spam     string
}

// sees: A3 by the service, A43 the exceptional solver's own, A66 and A84 who takes part, A58 followers, A64 approvers, A54
// and D10 the team of a ticket above. A87: being administrator is no fact at all.
func (m marks) sees(f facts) bool {
	switch {
	case f.outcast:
		return false
	case m.strongest(TicketViewAllInService, f.held|m.perTicket(f)) == 2:
		return true
	}
	return f.held&es != 0 && f.solver == "me" || f.part || f.follow || f.asked || f.above&team != 0
}

// perTicket are the columns that come with the ticket: approver while asked (D12), requester where one takes part (A84).
func (m marks) perTicket(f facts) (h held) {
	if f.asked {
		h |= ap
	}
	if f.part {
		h |= rq
	}
	return h
}

// mark is what a row gives on the ticket: by the roles that count there, a follower's being a reader's on the log (D14),
// and reading alone for the team above (D10). An exceptional solver's count on tickets of their own only (A43–A45).
func (m marks) mark(p Permission, f facts) byte {
	h := f.held | m.perTicket(f)
	if f.solver != "me" {
		h &^= es
	}
	best := m.strongest(p, h)
	if f.follow && strings.HasPrefix(string(p), "log.") {
		best = max(best, m.strongest(p, rd))
	}
	if f.above&team != 0 && strings.HasPrefix(string(p), "log.view_") {
		best = 2
	}
	return best
}

// solve picks among the rows A13–A16 by the ticket's state.
func (m marks) solve(f facts) bool {
	row := TicketSolveUnassigned
	switch {
	case f.solver == "me":
		row = TicketSolveAssignedToMe
	case f.solver == "other":
		row = TicketSolveAssignedToAnother
	case f.group:
		row = TicketSolveInGroup
	}
	return m.mark(row, f) == 2
}

// decisions is the table: for each action who may do it (one of the terms; + joins terms that must hold together), and what
// stands against it then, as the condition and the sentence that says so. Spam stands against all but its own undoing and
// the keeping of what people write (D25). A sentence with an exclamation mark is for who reads the whole log; others hear
// that it cannot be done now (A77).
const decisions = `
# action     who                                          what stands against it
take         row:ticket.self_assign                       done=error.assign.done mine=error.assign.same
assign       row:ticket.assign_to_other_or_group          done=error.assign.done
return       row:ticket.assign_to_other_or_group          done=error.assign.done unassigned=error.return.unassigned
status       solve                                        done=error.status.done
resolve      solve                                        done=error.status.done
reopen       solve team part                              undone=error.reopen.not_done late=error.reopen.too_late
move         solver team                                  done=error.move.done
record       own:log.create                               anyway=
priority     solve                                        done=error.status.done
category     solve                                        done=error.status.done
participant  own:log.create                               -
follower     team reader follower                         -
close        solve part                                   unresolved=error.status.close_unresolved children=!error.close.children
withdraw     owner                                        done=error.status.done
edit         solve owner                                  done=error.status.done
split        solve+row:ticket.create_on_behalf            -
link         solve                                        -
due          solve                                        done=error.status.done
spam         main                                         anyway= old=error.spam.too_late
ask          team                                         done=error.status.done
cancel_ask   team                                         nothing_asked=error.approval.none
approve      row:ticket.approve_or_reject over            not_asked=error.approval.over
reject       row:ticket.approve_or_reject over            not_asked=error.approval.over
merge        solve                                        -
parent       solve                                        -
`

// terms say who may; row: and own: look a row up.
var terms = map[string]func(marks, facts) bool{
	"solve":    func(m marks, f facts) bool { return m.solve(f) },
	"team":     func(_ marks, f facts) bool { return f.held&team != 0 },
	"main":     func(_ marks, f facts) bool { return f.held&ms != 0 },
	"reader":   func(_ marks, f facts) bool { return f.held&rd != 0 },
	"follower": func(_ marks, f facts) bool { return f.follow },
	"solver":   func(_ marks, f facts) bool { return f.solver == "me" },
	"owner":    func(_ marks, f facts) bool { return f.owner },
	"part":     func(_ marks, f facts) bool { return f.part },
	"over":     func(_ marks, f facts) bool { return f.over },
}

// against are the conditions. A deadline binds who has no other right to reopen (A79, D16).
var against = map[string]func(marks, facts) bool{
	"done":          func(_ marks, f facts) bool { return f.status == "resolved" || f.status == "closed" },
	"undone":        func(_ marks, f facts) bool { return f.status != "resolved" && f.status != "closed" },
	"unresolved":    func(_ marks, f facts) bool { return f.status != "resolved" },
	"mine":          func(_ marks, f facts) bool { return f.solver == "me" },
	"unassigned":    func(_ marks, f facts) bool { return f.solver == "" && !f.group },
	"late":          func(m marks, f facts) bool { return f.late && !m.solve(f) && f.held&team == 0 },
	"children":      func(_ marks, f facts) bool { return f.children },
	"old":           func(_ marks, f facts) bool { return f.spam == "old" },
	"nothing_asked": func(_ marks, f facts) bool { return !f.pending },
	"not_asked":     func(_ marks, f facts) bool { return !f.asked },
	"anyway":        func(marks, facts) bool { return false }, // marks what spam does not stand against
}

// decision is a line of the table.
type decision struct {
	action  Action
	who     [][]func(marks, facts) bool
	rows    []Permission
	against []struct {
		holds func(marks, facts) bool
		key   string
	}
	anyway bool
}

func readDecisions(t *testing.T) []decision {
	t.Helper()
	var list []decision
	for _, line := range strings.Split(decisions, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		d := decision{action: Action(f[0])}
		for _, word := range f[1:] {
			if condition, key, ok := strings.Cut(word, "="); ok {
				holds := against[condition]
				if holds == nil {
					t.Fatalf("no condition %s", condition)
				}
				d.anyway = d.anyway || condition == "anyway"
				d.against = append(d.against, struct {
					holds func(marks, facts) bool
					key   string
				}{holds, key})
				continue
			}
			if word == "-" {
				continue
			}
			var all []func(marks, facts) bool
			for _, name := range strings.Split(word, "+") {
				all = append(all, d.term(t, name))
			}
			d.who = append(d.who, all)
		}
		list = append(list, d)
	}
	return list
}

func (d *decision) term(t *testing.T, name string) func(marks, facts) bool {
	t.Helper()
	if kind, row, ok := strings.Cut(name, ":"); ok {
		p, least := Permission(row), map[string]byte{"row": 2, "own": 1}[kind]
		if least == 0 {
			t.Fatalf("no term %s", name)
		}
		d.rows = append(d.rows, p)
		return func(m marks, f facts) bool { return m.mark(p, f) >= least }
	}
	if terms[name] == nil {
		t.Fatalf("no term %s", name)
	}
	return terms[name]
}

// outcome is what has to come of an action: ok, not_found, forbidden, or conflict with its sentence.
func (d *decision) outcome(m marks, f facts) string {
	if !m.sees(f) {
		return string(NotFound)
	}
	if !slices.ContainsFunc(d.who, func(all []func(marks, facts) bool) bool {
		for _, holds := range all {
			if !holds(m, f) {
				return false
			}
		}
		return true
	}) {
		return string(Forbidden)
	}
	if f.spam != "" && !d.anyway {
		return m.conflict(f, "!error.spam.is")
	}
	for _, a := range d.against {
		if a.holds(m, f) {
			return m.conflict(f, a.key)
		}
	}
	return "ok"
}

func (m marks) conflict(f facts, key string) string {
	if secret, ok := strings.CutPrefix(key, "!"); ok {
		if key = secret; m.mark(LogViewAll, f) != 2 {
			key = "error.not_now"
		}
	}
	return "conflict " + key
}

// looks are what else is asked of the facts: what one is shown, and what one may open in the service.
var looks = []struct {
	name string
	rows []Permission
	want func(marks, facts) bool
}{
	{"ticket", []Permission{TicketViewAllInService}, marks.sees},
	{"internal record", []Permission{LogViewAll}, func(m marks, f facts) bool { return m.sees(f) && m.mark(LogViewAll, f) == 2 }},
	{"shown record", []Permission{LogViewShownToRequester}, func(m marks, f facts) bool {
		return m.sees(f) && (m.mark(LogViewAll, f) == 2 || m.mark(LogViewShownToRequester, f) == 2 && !f.since) // D15
	}},
	{"write a note", []Permission{LogCreate}, func(m marks, f facts) bool { return m.sees(f) && m.mark(LogCreate, f) == 2 }}, // D7
	{"open on behalf", []Permission{TicketCreateOnBehalf}, func(m marks, f facts) bool { // A5
		return !f.outcast && m.strongest(TicketCreateOnBehalf, f.held|sla(f)) == 2
	}},
	{"open for self", []Permission{TicketCreateForSelf}, func(m marks, f facts) bool { // A4, A65
		return !f.outcast && m.strongest(TicketCreateForSelf, f.held|sla(f)) == 2
	}},
	{"be given it", []Permission{NotifyAssignedToMe}, func(m marks, f facts) bool { // A43, A49: who is told "assigned to you"
		return !f.outcast && m.strongest(NotifyAssignedToMe, f.held) == 2
	}},
}

func sla(f facts) (h held) {
	if f.sla {
		h = rq
	}
	return h
}

func (f facts) String() string {
	var names []string
	for i, c := range columns {
		if f.held&(1<<i) != 0 {
			names = append(names, c)
		}
	}
	return fmt.Sprintf("%s %+v", strings.Join(names, "+"), struct {
		sla, outcast               bool
		above                      bool
		solver                     string
		group, owner, part, follow bool
		asked, over, pending       bool
		status                     Status
		late, children             bool
		spam                       string
	}{f.sla, f.outcast, f.above&team != 0, f.solver, f.group, f.owner, f.part, f.follow, f.asked, f.over, f.pending, f.status, f.late, f.children, f.spam})
}
