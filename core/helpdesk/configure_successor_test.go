package helpdesk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// mails are the mails in the outbox since a number of them, in short, with the tickets that they list.
func (d *configured) mails(since int) (lines []string) {
	d.Helper()
	rows, err := d.store.Pool().Query(d.Context(), `select o.event || ' to ' || o.address || ' because ' || o.reason || ' of #' || o.ticket_number
		|| coalesce(' listing ' || (select string_agg('#' || (x->>'number') || ' ' || (x->>'service'), ' ' order by x->>'number') from jsonb_array_elements(c.content->'tickets') x), '')
		from outbox o join outbox_content c on c.outbox_id = o.id where o.seq > $1 order by o.seq`, since)
	if err != nil {
		d.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			d.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

const withoutSol = "people: [sol@city.test, vic@vendor.test]\x00people: [vic@vendor.test]"

func cut(t *testing.T, text, change string) string {
	t.Helper()
	from, to, _ := strings.Cut(change, "\x00")
	return edited(t, text, from, to)
}

// D26: one mail with the list to each main solver and service, however many tickets somebody leaves behind.
func TestMainSolversGetOneMailWithWhatSomebodyLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "people: [mia@city.test]", "people: [mia@city.test, root@city.test]") +
		"  - {name: Network, parent: IT, roles: [{role: main_solver, people: [mia@city.test]}, {role: solver, people: [sol@city.test]}]}\n"
	d.apply(file)
	a, b, n := d.ticket("Printers", "sol@city.test", ""), d.ticket("Printers", "sol@city.test", "Field"), d.ticket("Network", "sol@city.test", "")
	gone := edited(t, file, "  - {email: sol@city.test, name: Sol Vega, language: es}\n", "", "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]", ", {role: solver, people: [sol@city.test]}", "")
	if _, err := d.try(gone, helpdesk.ConfigureOptions{}); !errors.Is(err, helpdesk.ErrNeedsYes) || len(d.mails(0)) > 0 {
		t.Fatalf("%v: %q", err, d.mails(0))
	}
	d.apply(gone)
	want := []string{
		fmt.Sprintf("unassigned to mia@city.test because unassigned of #%d listing #%d Printers #%d Printers", a, a, b),
		fmt.Sprintf("unassigned to root@city.test because unassigned of #%d listing #%d Printers #%d Printers", a, a, b),
		fmt.Sprintf("unassigned to mia@city.test because unassigned of #%d listing #%d Network", n, n),
	}
	got := d.mails(0)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("mails:\n  %s\nwanted:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if x := d.read(b); x.Solver != nil || x.Group == 0 {
		t.Errorf("#%d is to stay in its group: %+v", b, x)
	}
}

// Main solvers of one sub-team hear of its requesters' tickets only.
func TestListOfWhatSomebodyLeftIsCutBySubTeams(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "people: [mia@city.test]}", "people: [mia@city.test]}\n      - {role: main_solver, people: [root@city.test], for_requesters: Police}")
	d.apply(file)
	police, other := d.ticket("Printers", "sol@city.test", ""), d.ticket("Printers", "sol@city.test", "")
	if _, err := d.store.Pool().Exec(t.Context(), "update ticket set requester_id = $2 where number = $1", other, d.person("gus@city.test").ID); err != nil {
		t.Fatal(err)
	}
	d.apply(cut(t, file, withoutSol))
	want := []string{fmt.Sprintf("unassigned to root@city.test because unassigned of #%d listing #%d Printers", police, police),
		fmt.Sprintf("unassigned to mia@city.test because unassigned of #%d listing #%d Printers #%d Printers", police, police, other)}
	got := d.mails(0)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("mails %q, wanted %q", got, want)
	}
}

func TestSuccessorGetsTheTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := office + "  - {name: Network, parent: IT, roles: [{role: main_solver, people: [mia@city.test]}, {role: solver, people: [sol@city.test]}]}\n"
	d.apply(file)
	a, b, n := d.ticket("Printers", "sol@city.test", ""), d.ticket("Printers", "sol@city.test", "Field"), d.ticket("Network", "sol@city.test", "")
	gone := edited(t, file, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]", ", {role: solver, people: [sol@city.test]}", "")
	o := helpdesk.ConfigureOptions{Successors: map[string]string{"Sol@city.test": "vic@vendor.test"}}
	difference, err := d.try(gone, o)
	if !errors.Is(err, helpdesk.ErrNeedsYes) || difference.Tickets != 3 {
		t.Fatalf("people lose tickets, which needs yes: %v %d", err, difference.Tickets)
	}
	for _, line := range []string{
		fmt.Sprintf("! sol@city.test is no longer solver in IT/Printers, vic@vendor.test takes over: 2 open tickets (#%d #%d)", a, b),
		fmt.Sprintf("! sol@city.test is no longer solver in IT/Network, and vic@vendor.test has no role there to take over with: 1 open ticket (#%d)", n),
	} {
		if !slices.Contains(difference.Lines, line) {
			t.Errorf("missing %q in\n%s", line, strings.Join(difference.Lines, "\n"))
		}
	}
	o.Yes = true
	if _, err := d.try(gone, o); err != nil {
		t.Fatal(err)
	}
	if x, y, z := d.read(a), d.read(b), d.read(n); !x.SolvedBy(d.person("vic@vendor.test").ID) || !y.SolvedBy(d.person("vic@vendor.test").ID) || y.Group == 0 || z.Solver != nil {
		t.Errorf("solvers are %v, %v (group %d), %v", x.Solver, y.Solver, y.Group, z.Solver)
	}
	records, err := d.store.Records(t.Context(), a)
	if err != nil || len(records) != 1 || records[0].Change != (core.Change{Field: "solver", From: "Sol Vega", To: "Vic Vendor"}) {
		t.Errorf("log = %+v, %v", records, err)
	}
	want := []string{fmt.Sprintf("assigned to vic@vendor.test because assigned_to_you of #%d", a), fmt.Sprintf("assigned to vic@vendor.test because assigned_to_you of #%d", b),
		fmt.Sprintf("unassigned to mia@city.test because unassigned of #%d listing #%d Network", n, n)}
	if got := d.mails(0); !slices.Equal(got, want) {
		t.Errorf("mails:\n  %s\nwanted:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestSuccessorsWhoCannot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n := d.ticket("Printers", "sol@city.test", "")
	gone := cut(t, office, withoutSol)
	for _, c := range []struct{ from, to, want string }{
		{"sol@city.test", "nobody@city.test", "there is no person nobody@city.test"},
		{"nobody@city.test", "vic@vendor.test", "there is no person nobody@city.test"},
		{"sol@city.test", "sol@city.test", "is the same person"},
	} {
		_, err := d.try(gone, helpdesk.ConfigureOptions{Yes: true, Successors: map[string]string{c.from: c.to}})
		if err == nil || !strings.Contains(err.Error(), c.want) || d.read(n).Solver == nil {
			t.Errorf("%s=%s: %v", c.from, c.to, err)
		}
	}
	// A manager is never given one (A49), nor who is disabled in the same file.
	manager := edited(t, gone, "{role: reader, groups: [Police]}", "{role: manager, groups: [Police]}")
	difference, err := d.try(manager, helpdesk.ConfigureOptions{DryRun: true, Successors: map[string]string{"sol@city.test": "ben@city.test"}})
	if want := fmt.Sprintf("! sol@city.test is no longer solver in IT/Printers, and ben@city.test has no role there to take over with: 1 open ticket (#%d)", n); err != nil || !slices.Contains(difference.Lines, want) {
		t.Errorf("%v: %q", err, difference.Lines)
	}
	both := edited(t, gone, "  - {email: vic@vendor.test, name: Vic Vendor}\n", "", "      - {role: solver, people: [vic@vendor.test]}\n", "")
	difference, err = d.try(both, helpdesk.ConfigureOptions{DryRun: true, Successors: map[string]string{"sol@city.test": "vic@vendor.test"}})
	if want := fmt.Sprintf("! sol@city.test is no longer solver in IT/Printers, and vic@vendor.test is disabled and cannot take over: 1 open ticket (#%d)", n); err != nil || !slices.Contains(difference.Lines, want) {
		t.Errorf("%v: %q", err, difference.Lines)
	}
	difference, err = d.try(gone, helpdesk.ConfigureOptions{Yes: true, Successors: map[string]string{"gus@city.test": "vic@vendor.test"}})
	if err != nil || len(difference.Warnings) != 1 || !strings.Contains(difference.Warnings[0], "gus@city.test loses no open ticket") {
		t.Errorf("%v: %q", err, difference.Warnings)
	}
}

// Who stands in for a main solver has what they took by that only as long as the other one is main solver (E14).
func TestDelegateOfSomebodyWhoLeaves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "people: [mia@city.test]", "people: [mia@city.test, vic@vendor.test]", "people: [sol@city.test, vic@vendor.test]", "people: [sol@city.test]")
	d.apply(file)
	mia := core.Actor{Person: d.person("mia@city.test"), Via: core.ViaDesk, Level: core.SignedIn}
	if err := d.desk.SetAbsence(t.Context(), mia, d.now.Add(-time.Hour), d.now.Add(48*time.Hour), "gus@city.test"); err != nil {
		t.Fatal(err)
	}
	file = edited(t, file, "      - {role: solver_group, group: Field, people: [gus@city.test]}\n", "      - {role: solver_group, group: Field}\n")
	d.sight(file) // Gus still sees as Mia
	n := d.ticket("Printers", "gus@city.test", "")
	gone := edited(t, file, "people: [mia@city.test, vic@vendor.test]", "people: [vic@vendor.test]")
	difference, err := d.try(gone, helpdesk.ConfigureOptions{Yes: true})
	if err != nil || !slices.Contains(difference.Lines, fmt.Sprintf("! gus@city.test is no longer solver in IT/Printers: 1 open ticket (#%d)", n)) ||
		!slices.Equal(difference.Sight, []string{"~ sight: gus@city.test, mia@city.test would lose sight of 1 open ticket (IT/Printers 1)"}) || d.read(n).Solver != nil {
		t.Errorf("%v: %q %q", err, difference.Lines, difference.Sight)
	}
	if got := d.mails(0); len(got) != 1 || !strings.HasPrefix(got[0], "unassigned to vic@vendor.test") {
		t.Errorf("mails %q", got)
	}
}
