package helpdesk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// sight wants what a file would do to people's sight: told by a dry run and by applying it, and not the second time.
func (d *configured) sight(text string, want ...string) {
	d.Helper()
	for _, o := range []helpdesk.ConfigureOptions{{DryRun: true}, {Yes: true}} {
		difference, err := d.try(text, o)
		if err != nil {
			d.Fatal(err)
		}
		if !slices.Equal(difference.Sight, want) {
			d.Errorf("sight (dry run %v):\n  %s\nwanted:\n  %s\nof\n  %s", o.DryRun, strings.Join(difference.Sight, "\n  "), strings.Join(want, "\n  "), strings.Join(difference.Lines, "\n  "))
		}
	}
	if again := d.apply(text); !again.Empty() || len(again.Sight) > 0 {
		d.Errorf("the second time: %q %q", again.Lines, again.Sight)
	}
}

// of opens a ticket for somebody.
func (d *configured) of(requester, service string) core.Number {
	d.Helper()
	n := d.ticket(service, "", "")
	if _, err := d.store.Pool().Exec(d.Context(), "update ticket set requester_id = $2 where number = $1", n, d.person(requester).ID); err != nil {
		d.Fatal(err)
	}
	return n
}

func TestSightOfGrants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	for range 3 {
		d.ticket("Printers", "", "")
	}
	closed := d.ticket("Printers", "", "")
	if _, err := d.store.Pool().Exec(t.Context(), "update ticket set status = 'closed' where number = $1", closed); err != nil {
		t.Fatal(err)
	}
	d.sight(edited(t, office, "reopen_days: 5", "reopen_days: 6"))
	// A role that sees, one that does not, and one that somebody else's group gives.
	file := edited(t, office, "people: [mia@city.test]", "people: [mia@city.test, root@city.test]", "{role: reader, groups: [Police]}", "{role: ticket_reporter, groups: [Police]}")
	d.sight(file, "~ sight: ben@city.test would lose sight of 3 open tickets (IT/Printers 3)", "~ sight: root@city.test would see 3 more open tickets (IT/Printers 3)")
	// Disabled, and back again: the grants wait.
	people := section(file, "people")
	d.sight("people:\n"+edited(t, people, "  - {email: vic@vendor.test, name: Vic Vendor}\n", ""), "~ sight: vic@vendor.test would lose sight of 3 open tickets (IT/Printers 3)")
	d.sight("people:\n"+people, "~ sight: vic@vendor.test would see 3 more open tickets (IT/Printers 3)")
	// One of two roles is no loss.
	both := edited(t, file, "people: [gus@city.test]", "people: [gus@city.test, sol@city.test]")
	d.sight(both)
	d.sight(edited(t, both, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]"))
}

func TestSightOfMembersOfGroups(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.ticket("Printers", "", "")
	d.sight(edited(t, office, "members: [ben@city.test]", "members: [vic@vendor.test, root@city.test]"), // Vic sees them as solver
		"~ sight: ben@city.test would lose sight of 1 open ticket (IT/Printers 1)", "~ sight: root@city.test would see 1 more open ticket (IT/Printers 1)")
	var people []string
	for i := range 9 {
		people = append(people, fmt.Sprintf("p%d@city.test", i))
	}
	file := "people:\n" + section(office, "people") + "  - {email: " + strings.Join(people, "}\n  - {email: ") + "}\n"
	d.apply(file)
	d.sight("requester_groups: [{name: All staff, domains: [city.test]}, {name: Police, members: ["+strings.Join(people, ", ")+", root@city.test]}]",
		"~ sight: p0@city.test, p1@city.test, p2@city.test, p3@city.test, p4@city.test and 4 others would see 1 more open ticket (IT/Printers 1)")
}

func TestSightOfInheritedRoles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "requesters: [{group: All staff, sla: Standard}]}\n", "requesters: [{group: All staff, sla: Standard}], roles: [{role: manager, people: [root@city.test]}]}\n") +
		"  - {name: Network, parent: IT, mailbox: it@city.test, roles: [{role: main_solver, people: [mia@city.test]}]}\n"
	file = edited(t, file, "    imap:", "    opens: Printers\n    imap:")
	d.apply(file)
	d.ticket("Printers", "", "")
	d.ticket("Network", "", "")
	d.ticket("Network", "", "")
	cut := edited(t, file, "    reopen_days: 5\n", "    reopen_days: 5\n    inherit: false\n    requesters: [{group: All staff, sla: Standard}]\n")
	d.sight(cut, "~ sight: root@city.test would lose sight of 1 open ticket (IT/Printers 1)")
	d.sight(file, "~ sight: root@city.test would see 1 more open ticket (IT/Printers 1)")
	moved := edited(t, file, "roles: [{role: manager, people: [root@city.test]}]", "roles: [{role: reader, people: [sol@city.test]}]")
	d.sight(moved, "~ sight: root@city.test would lose sight of 3 open tickets (IT/Network 2, IT/Printers 1)",
		"~ sight: sol@city.test would see 2 more open tickets (IT/Network 2)")
}

func TestSightOfSubTeams(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.of("ben@city.test", "Printers") // in Police
	d.of("root@city.test", "Printers")
	d.of("root@city.test", "Printers")
	split := edited(t, office, "people: [sol@city.test, vic@vendor.test]}", "people: [sol@city.test], for_requesters: Police}\n      - {role: solver, people: [vic@vendor.test]}")
	d.sight(split, "~ sight: sol@city.test would lose sight of 2 open tickets (IT/Printers 2)")
	d.sight(edited(t, split, "members: [ben@city.test]", "members: [root@city.test]"), // who asks changes, for the sub-team and for those who held a role by it
		"~ sight: ben@city.test would lose sight of 3 open tickets (IT/Printers 3)", "~ sight: root@city.test would see 3 more open tickets (IT/Printers 3)",
		"~ sight: sol@city.test would lose sight of 1 open ticket (IT/Printers 1)", "~ sight: sol@city.test would see 2 more open tickets (IT/Printers 2)")
	d.sight(edited(t, split, "name: Police, members: [ben@city.test]", "name: Fire, members: [ben@city.test]", "for_requesters: Police", "for_requesters: Fire", "groups: [Police]", "groups: [Fire]"),
		"~ sight: ben@city.test would see 3 more open tickets (IT/Printers 3)", "~ sight: root@city.test would lose sight of 3 open tickets (IT/Printers 3)",
		"~ sight: sol@city.test would lose sight of 2 open tickets (IT/Printers 2)", "~ sight: sol@city.test would see 1 more open ticket (IT/Printers 1)")
}

// Counting a hundred thousand open tickets, and reading the one that loses its solver, holds no one up.
func TestManyOpenTicketsAreCountedInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.ticket("Printers", "sol@city.test", "")
	_, err := d.store.Pool().Exec(t.Context(), `insert into ticket (service_id, subject, requester_id, solver_id, opened_via, root_message_id, created_at, updated_at)
		select s.id, 'x', p.id, m.id, 'mail', 'x', now(), now() from service s, person p, person m, generate_series(1, 100000)
		where s.name = 'Printers' and p.email = 'ben@city.test' and m.email = 'mia@city.test'`)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	difference, err := d.try(edited(t, office, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]"), helpdesk.ConfigureOptions{Yes: true})
	if err != nil || difference.Tickets != 1 || len(difference.Sight) != 1 ||
		difference.Sight[0] != "~ sight: sol@city.test would lose sight of 100001 open tickets (IT/Printers 100001)" {
		t.Fatalf("%v: %q %q", err, difference.Lines, difference.Sight)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
