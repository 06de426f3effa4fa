package core

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// atGrade are the rows that no action on a ticket asks: they are compared as the matrix gives them, for every set of one
// or two roles. What tells, shows or manages by them has tests of its own.
var atGrade = []Permission{
	NotifyNewTicket, NotifyUnassignedTicket, NotifyAssignedToMyGroup, NotifyInMyGroupWithoutSolver, NotifyAssignedToMe,
	LogViewShownToRequester, // whoever holds it but the requester reads the whole log besides
	KnowledgeViewForRequesters, KnowledgeViewForTeam, KnowledgeManage,
	NewsViewForRequesters, NewsViewForTeam, NewsManage, TemplateUse, TemplateManage,
}

var columnRoles = []Role{MainSolver, Solver, SolverGroupMember, ExceptionalSolver, Manager, Reader, TicketReporter, Approver, Requester}

func TestSweepRowsWithoutAction(t *testing.T) {
	t.Parallel()
	m := readMarks(t)
	for _, p := range atGrade {
		for i, a := range columnRoles {
			for j, b := range columnRoles {
				want := Grade(m.strongest(p, 1<<i|1<<j))
				if got := RoleSet(0).With(a).With(b).Grade(p); got != want {
					t.Errorf("%s for %s and %s: %d, want %d", p, a, b, got, want)
				}
			}
		}
	}
}

// Nothing that could decide is left out of the sweep: a new action, row, role, status, state of an approval or field of
// what the rules look at has to be given its place first.
func TestSweepKnowsAllThatDecides(t *testing.T) {
	t.Parallel()
	var inTable []Action
	rows := map[Permission]bool{TicketSolveUnassigned: true, TicketSolveInGroup: true, TicketSolveAssignedToMe: true, TicketSolveAssignedToAnother: true} // solve
	for _, d := range readDecisions(t) {
		inTable = append(inTable, d.action)
		for _, p := range d.rows {
			rows[p] = true
		}
	}
	if !slices.Equal(inTable, Actions()) {
		t.Errorf("the table has the actions %q, the code %q", inTable, Actions())
	}
	for _, l := range looks {
		for _, p := range l.rows {
			rows[p] = true
		}
	}
	for _, p := range atGrade {
		rows[p] = true
	}
	if in, file := slices.Sorted(maps.Keys(rows)), slices.Sorted(maps.Keys(readMarks(t))); !slices.Equal(in, file) {
		t.Errorf("swept are the rows\n%q, the file has\n%q", in, file)
	}

	for _, role := range GrantedRoles() {
		if !slices.ContainsFunc(columns[:7], func(c string) bool { return granted[c] == role }) {
			t.Errorf("the role %s is not swept", role)
		}
	}
	where := map[string]string{ // of the other roles; the dimension that sweeps them
		"Approver": "approvals", "Requester": "relations", "Participant": "relations", "Follower": "relations",
	}
	for _, name := range constants(t, "role.go", "Role") {
		if where[name] == "" && !slices.Contains(GrantedRoles(), Role(value(t, "role.go", name))) {
			t.Errorf("the role %s is not swept", name)
		}
	}

	names := func(dimension []state) (all []string) {
		for _, s := range dimension {
			all = append(all, s.name)
		}
		return all
	}
	for _, status := range Statuses() {
		if !slices.Contains(names(progress), string(status)) {
			t.Errorf("the status %s is not swept", status)
		}
	}
	stage := newStage(seats[0], nil)
	var states []string
	for _, a := range approvals {
		ticket := stage.ticket()
		a.make(stage, ticket)
		for _, x := range ticket.Approvals {
			states = append(states, string(x.State))
		}
	}
	for _, name := range constants(t, "approval.go", "ApprovalState") {
		if !slices.Contains(states, value(t, "approval.go", name)) {
			t.Errorf("approvals that are %s are not swept", name)
		}
	}

	const plain = "decides nothing"
	for _, look := range []struct {
		of     any
		fields map[string]string // the dimension that varies it
	}{
		{Ticket{}, map[string]string{"Service": "seats", "Status": "progress", "ResolvedAt": "progress", "Requester": "relations",
			"Participants": "relations", "Followers": "relations", "Since": "relations", "Solver": "assignments", "Group": "assignments",
			"SpamAt": "turns", "OpenChildren": "turns", "Ancestors": "seats", "Approvals": "approvals",
			"Children": "turns", "Merged": "turns", "Links": "turns", "Organization": "turns", "Withdrawn": "turns", "InternalTarget": "turns",
			"MergedInto": "acts reach the survivor: swept against the database",
			"Number":     plain, "Version": plain, "Subject": plain, "Category": plain, "Priority": plain, "Parent": plain, "OpenedVia": plain, "SLA": plain,
			"RootMessageID": plain, "CreatedAt": plain, "UpdatedAt": plain, "ClosedAt": plain, "FirstResponse": plain, "WaitingSince": plain,
			"Reminded": plain, "Work": plain, "Clock": plain, "Fields": plain}},
		{Person{}, map[string]string{"ID": "all", "Organization": "seats", "Administrator": "seats", "Disabled": "seats", "Groups": "seats",
			"Email": plain, "Name": plain, "Language": plain, "Origin": plain, "Fields": plain, "Settings": plain}},
		{Grant{}, map[string]string{"Service": "seats", "Role": "roleSets", "Person": "seats", "Members": "seats", "For": "seats", "SolverGroup": "roleSets"}},
		{Absence{}, map[string]string{"Person": "seats", "From": "seats", "Until": "seats", "Delegate": "seats"}},
		{Ancestor{}, map[string]string{"Service": "seats", "Requester": "seats", "Number": plain}},
		{Approval{}, map[string]string{"State": "approvals", "Approvers": "approvals", "ID": plain, "Rule": plain, "Text": plain, "Digest": plain,
			"AskedBy": plain, "AskedAt": plain, "ExpiresAt": plain}},
		{ApproverState{}, map[string]string{"Person": "approvals", "State": "approvals", "DecidedBy": plain, "At": plain, "Text": plain}},
	} {
		typ := reflect.TypeOf(look.of)
		for i := range typ.NumField() {
			if look.fields[typ.Field(i).Name] == "" {
				t.Errorf("does %s.%s decide who may do something? It is not swept", typ.Name(), typ.Field(i).Name)
			}
		}
		if typ.NumField() != len(look.fields) {
			t.Errorf("%s has %d fields, %d are known", typ.Name(), typ.NumField(), len(look.fields))
		}
	}
}

// constants are the names of a type's constants in a file.
func constants(t *testing.T, file, typ string) (names []string) {
	t.Helper()
	for name := range constantsOf(t, file, typ) {
		names = append(names, name)
	}
	if len(names) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typ)
	}
	return names
}

func value(t *testing.T, file, name string) string {
	t.Helper()
	return constantsOf(t, file, "")[name]
}

func constantsOf(t *testing.T, file, typ string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		of, literal := v.Type, v.Values[0]
		if name, ok := of.(*ast.Ident); ok && (typ == "" || name.Name == typ) {
			if b, ok := literal.(*ast.BasicLit); ok {
				found[v.Names[0].Name] = strings.Trim(b.Value, `"`)
			}
		}
		return true
	})
	return found
}

// unfelt are the cells of roles.csv that change nothing on a ticket whatever they say, and why.
var unfelt = map[string]string{
	"ticket.view_all_in_service AP":           "an approver is one by a ticket that they see already (A2, A64)",
	"ticket.view_all_in_service RQ":           "what counts of a requester counts on their own tickets, which they see (A66)",
	"ticket.create_for_self AP":               "one opens in a service, and is approver of a ticket only",
	"ticket.solve_unassigned ES":              "an exceptional solver sees only what is assigned to them (A44)",
	"ticket.solve_in_group_without_solver ES": "as above",
	"ticket.solve_assigned_to_another ES":     "as above",
}

// The sweep cannot pass vacuously: whichever cell of roles.csv said something else, some outcome would have to be another
// one, and as the code agrees with the outcomes as they are, the sweep would fail. The cells of which that is not true are
// few, and each has a reason.
func TestSweepFeelsEveryCell(t *testing.T) {
	t.Parallel()
	m, table := readMarks(t), readDecisions(t)
	var all []facts
	for _, c := range append([]string{""}, columns[:7]...) {
		for _, roles := range [][]string{{c}, {c, "RD"}} { // a right of somebody who sees nothing by it shows beside a reader's sight
			if c == "" {
				roles = nil
			}
			s := newStage(seats[0], roles)
			grid([][]state{assignments, {progress[0], progress[4], progress[5]}, relations, approvals[:3]}, func(states []state) {
				if _, f := s.situationOf(seats[0], roles, states); !s.impossible(f) {
					all = append(all, f)
					f.sla, f.above = false, ms // no requester, and sight alone by a ticket above
					all = append(all, f)
				}
			})
		}
	}
	differs := func(a, b marks, f facts) bool {
		for i := range table {
			if table[i].outcome(a, f) != table[i].outcome(b, f) {
				return true
			}
		}
		for _, l := range looks {
			if l.want(a, f) != l.want(b, f) {
				return true
			}
		}
		return false
	}
	felt := 0
	for p := range m {
		for i, column := range columns {
			for _, mark := range []byte{0, 1, 2} {
				if mark == m[p][i] || mark == 1 && p != LogCreate { // "own" means something for what is written only
					continue
				}
				flipped := maps.Clone(m)
				row := *m[p]
				row[i] = mark
				flipped[p] = &row
				cell := fmt.Sprintf("%s %s", p, column)
				changed := slices.Contains(atGrade, p) || slices.ContainsFunc(all, func(f facts) bool { return differs(m, flipped, f) })
				switch {
				case changed && unfelt[cell] != "":
					t.Errorf("%s is felt after all", cell)
				case !changed && unfelt[cell] == "":
					t.Errorf("nobody feels it when %s says %d instead of %d", cell, mark, m[p][i])
				}
				felt++
			}
		}
	}
	if felt < 26*9 {
		t.Errorf("only %d cells were changed", felt)
	}
}
