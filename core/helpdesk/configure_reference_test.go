package helpdesk_test

import (
	"strings"
	"testing"
)

func TestRenamesKeepIdentity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	ids := func() string {
		var s string
		d.one(&s, `select concat((select string_agg(id::text, ',' order by id) from organization), ' ', (select string_agg(id::text, ',' order by id) from person), ' ',
			(select string_agg(id::text, ',' order by id) from service), ' ', (select string_agg(id::text, ',' order by id) from solver_group), ' ',
			(select string_agg(id::text, ',' order by id) from mailbox), ' ', (select string_agg(id::text, ',' order by id) from requester_group), ' ',
			(select string_agg(id::text, ',' order by id) from role_grant))`)
		return s
	}
	before := ids()
	renamed := edited(t, office, "{name: City,", "{name: Town, was: City,", "{email: mia@city.test,", "{email: mia.new@city.test, was: mia@city.test,", "people: [mia@city.test]",
		"people: [mia.new@city.test]", "name: Police,", "name: Constabulary, was: Police,", "groups: [Police]", "groups: [Constabulary]",
		"name: Office,", "name: Hours, was: Office,", "calendar: Office", "calendar: Hours", "name: Standard,", "name: Gold, was: Standard,", "sla: Standard", "sla: Gold",
		"address: it@city.test", "address: help@city.test\n    was: it@city.test", "mailbox: it@city.test", "mailbox: help@city.test",
		"{name: IT, folder", "{name: ICT, was: IT, folder", "name: Printers", "name: Printing\n    was: IT/Printers", "parent: IT", "parent: ICT",
		"{role: solver_group, group: Field,", "{role: solver_group, group: Outdoor, was: Field,", "{group: Field}", "{group: Outdoor}")
	d.expect(renamed, "~ organization City: name City → Town", "~ person mia@city.test: email mia@city.test → mia.new@city.test",
		"~ requester group Police: name Police → Constabulary", "~ calendar Office: name Office → Hours", "~ SLA Standard: name Standard → Gold",
		"~ mailbox it@city.test: address it@city.test → help@city.test", "~ service IT: name IT → ICT", "~ service ICT/Printers: name Printers → Printing, categories hardware to Field → hardware to Outdoor",
		"~ solver group Field of ICT/Printing: name Field → Outdoor")
	if after := ids(); after != before {
		t.Errorf("ids changed from %s to %s", before, after)
	}
}

func TestRenameInOneSectionIsFollowedInAbsentOnes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.expect("requester_groups: [{name: Everybody, was: All staff, domains: [city.test]}, {name: Police, members: [ben@city.test]}]",
		"~ requester group All staff: name All staff → Everybody")
	d.expect("organizations: [{name: Town, was: City, domains: [city.test]}, {name: Vendor, domains: [vendor.test]}]", "~ organization City: name City → Town")
	people := edited(t, section(office, "people"), "{email: sol@city.test,", "{email: sol.vega@city.test, was: sol@city.test, ")
	d.expect("people:\n"+people, "~ person sol@city.test: email sol@city.test → sol.vega@city.test")
	if f := d.exported(); !strings.Contains(f, "sol.vega@city.test") || strings.Contains(f, "sol@city.test") {
		t.Errorf("the grant does not follow:\n%s", f)
	}
	d.refused("requester_groups: [{name: All staff, domains: [city.test]}]", "service IT/Printers still refers to requester group Police")
}

func TestNamesMaySwap(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply("organizations: [{name: A, domains: [a.test]}, {name: B, domains: [b.test]}, {name: C}]")
	d.expect("organizations: [{name: A, was: B, domains: [b.test]}, {name: B, was: A, domains: [a.test]}, {name: C}]",
		"~ organization A: domains a.test → b.test", "~ organization B: domains b.test → a.test")
	d.expect("organizations: [{name: A, domains: [b.test]}, {name: C}]", "- organization B")
	d.expect("organizations: [{name: A, domains: [b.test]}, {name: B, was: C}]", "~ organization C: name C → B")
}

func TestMovedServiceKeepsIdentity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	id := d.count("select id from service where name = 'Printers'")
	d.expect(edited(t, office, "    parent: IT\n", "    requesters: [{group: All staff, sla: Standard}]\n"),
		"~ service IT/Printers: parent IT → none, requesters none → All staff/Standard")
	if now := d.count("select id from service where name = 'Printers'"); now != id {
		t.Errorf("the moved service has id %d, was %d", now, id)
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	for _, c := range []struct{ from, to, want string }{
		{"people: [mia@city.test]", "people: [mai@city.test]", `person "mai@city.test" does not exist: add it to people`},
		{"members: [ben@city.test]", "members: [nobody@city.test]", `person "nobody@city.test" does not exist`},
		{"name: Mia Main,", "name: Mia Main, organization: Town,", `organization "Town" does not exist`},
		{"calendar: Office", "calendar: Night", `calendar "Night" does not exist`},
		{"sla: Standard", "sla: Gold", `SLA "Gold" does not exist`},
		{"group: All staff", "group: Nobody", `requester group "Nobody" does not exist`},
		{"groups: [Police]", "groups: [Fire]", `requester group "Fire" does not exist`},
		{"parent: IT", "parent: HR", `service "HR" does not exist`},
		{"mailbox: it@city.test", "mailbox: hr@city.test", `mailbox "hr@city.test" does not exist`},
		{"{group: Field}", "{group: Fields}", `solver group "Fields" does not exist in IT/Printers`},
		{"{group: Field}", "{service: IT}", `which is a folder and takes no tickets`},
		{"address: it@city.test", "address: it@city.test\n    opens: HR", `service "HR" does not exist`},
		{"address: it@city.test", "address: it@city.test\n    opens: IT", `opens IT, which is a folder`},
		{"  - {name: IT, folder: true,", "  - {name: IT, folder: true, parent: Printers,", "is its own ancestor"},
		{"  - name: Printers\n", "  - {name: Scanners, parent: IT, mailbox: it@city.test, roles: [{role: main_solver, people: [mia@city.test]}]}\n  - name: Printers\n",
			"several services write from mailbox it@city.test (IT/Scanners, IT/Printers): say with opens"},
	} {
		t.Run(c.want, func(t *testing.T) {
			inner := *d
			inner.T = t
			inner.refused(edited(t, office, c.from, c.to), c.want)
		})
	}
}
