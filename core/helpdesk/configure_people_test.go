package helpdesk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

func TestPeopleWhoLoseOpenTickets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, line string }{
		"disabled":      {"  - {email: sol@city.test, name: Sol Vega, language: es}\n", "", "- person sol@city.test"},
		"grant removed": {"people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]", "- grant IT/Printers: solver to sol@city.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.apply(office)
			mine, grouped, other := d.ticket("Printers", "sol@city.test", ""), d.ticket("Printers", "sol@city.test", "Field"), d.ticket("Printers", "vic@vendor.test", "")
			file := edited(t, office, c.from, c.to)
			if name == "disabled" {
				file = edited(t, file, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]")
			}
			difference, err := d.try(file, helpdesk.ConfigureOptions{})
			told := fmt.Sprintf("! sol@city.test is no longer solver in IT/Printers: 2 open tickets (#%d #%d)", mine, grouped)
			if !errors.Is(err, helpdesk.ErrNeedsYes) || difference.Tickets != 2 || len(difference.Lines) == 0 || difference.Lines[0] != told || !slices.Contains(difference.Lines, c.line) {
				t.Fatalf("%v: %q", err, difference.Lines)
			}
			if d.read(mine).Solver == nil || d.person("sol@city.test").Disabled {
				t.Fatal("applied without yes")
			}
			if _, err := d.try(file, helpdesk.ConfigureOptions{DryRun: true}); err != nil {
				t.Errorf("a dry run needs no yes: %v", err)
			}
			d.apply(file)
			if x := d.read(mine); x.Solver != nil || x.Version != 2 {
				t.Errorf("ticket keeps its solver: %+v", x)
			}
			if x := d.read(grouped); x.Solver != nil || x.Group == 0 {
				t.Errorf("the ticket is to stay in its group: %+v", x)
			}
			if x := d.read(other); x.Solver == nil || x.Version != 1 {
				t.Error("another solver's ticket was touched")
			}
			records, err := d.store.Records(t.Context(), mine)
			if err != nil || len(records) != 1 || records[0].Kind != core.KindAssignment || records[0].ShowToRequester ||
				records[0].Change != (core.Change{Field: "solver", From: "Sol Vega"}) {
				t.Errorf("log = %+v, %v", records, err)
			}
			d.expect(file)
		})
	}
}

func TestSolverWithAnotherRoleKeepsTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "people: [gus@city.test]", "people: [gus@city.test, sol@city.test]")
	d.apply(file)
	n := d.ticket("Printers", "sol@city.test", "")
	d.expect(edited(t, file, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]"), "- grant IT/Printers: solver to sol@city.test")
	if d.read(n).Solver == nil {
		t.Error("lost although they are in a solver group")
	}
}

func TestRolesOfOneSubTeamAreLostThereOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := edited(t, office, "people: [sol@city.test, vic@vendor.test]}", "people: [sol@city.test, vic@vendor.test], for_requesters: Police}")
	d.apply(file)
	n := d.ticket("Printers", "sol@city.test", "") // Ben's, who is in Police
	difference, err := d.try(edited(t, file, "members: [ben@city.test]", "members: []"), helpdesk.ConfigureOptions{})
	if !errors.Is(err, helpdesk.ErrNeedsYes) || difference.Tickets != 1 {
		t.Errorf("Ben leaves the sub-team's requesters, so its solver loses #%d: %v %q", n, err, difference.Lines)
	}
}

func TestDisabledPersonHasNoWayInLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n := d.ticket("Printers", "", "")
	gus, outbox := d.person("gus@city.test"), uuid.NewString()
	err := d.store.InTx(t.Context(), func(tx *store.Tx) error {
		tx.AddAPIToken(gus.ID, "script", []byte("hash"), d.now)
		tx.AddSignInLink([]byte("link"), gus.ID, d.now.Add(time.Hour))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		fmt.Sprintf(`insert into outbox (id, ticket_number, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, next_at, created_at)
			select '%s', %d, id, %d, 'gus@city.test', 'assigned', 'solver', '', 'en', true, 'x@city.test', now(), now() from mailbox`, outbox, n, gus.ID),
		fmt.Sprintf(`insert into reply_token (token, person_id, ticket_number, purpose, outbox_id, expires_at)
			values ('0123456789abcdef', %d, %d, 'reply', '%s', now() + interval '1 year')`, gus.ID, n, outbox),
	} {
		if _, err := d.store.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	people := edited(t, section(office, "people"), "  - {email: gus@city.test, name: Gus Group}\n", "")
	d.expect("people:\n"+people, "- person gus@city.test")
	if d.count("select count(*) from reply_token where token = '0123456789abcdef' and revoked_at is not null") != 1 {
		t.Error("the reply token still works")
	}
	if _, err := d.store.PersonWithToken(t.Context(), []byte("hash"), d.now); core.CodeOf(err) != core.NotFound {
		t.Errorf("API token: %v", err)
	}
	err = d.store.InTx(t.Context(), func(tx *store.Tx) error { _, err := tx.UseSignInLink(t.Context(), []byte("link"), d.now); return err })
	if core.CodeOf(err) != core.NotFound {
		t.Errorf("sign-in link: %v", err)
	}
	if strings.Contains(d.exported(), "gus@city.test") {
		t.Error("a disabled person is exported")
	}
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.desk.Configure(t.Context(), core.Actor{}, f, helpdesk.ConfigureOptions{DryRun: true}); err != nil || !again.Empty() {
		t.Errorf("export and apply: %q, %v", again.Lines, err)
	}
	d.apply("people:\n" + section(office, "people"))
	if d.count("select count(*) from reply_token where token = '0123456789abcdef' and revoked_at is not null") != 1 {
		t.Error("the reply token works again")
	}
}

func TestReturningPersonGetsNoForgottenGrants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.apply("people:\n" + edited(t, section(office, "people"), "  - {email: vic@vendor.test, name: Vic Vendor}\n", ""))
	without := edited(t, office, "people: [sol@city.test, vic@vendor.test]", "people: [sol@city.test]")
	d.expect(without, "- grant IT/Printers: solver to vic@vendor.test", "+ person vic@vendor.test (again)")
}

func TestArchivingServicesAndGroupsWithOpenTicketsNeedsYes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n, m := d.ticket("Printers", "", "Field"), d.ticket("Printers", "gus@city.test", "Field")
	file := edited(t, office, "      - {role: solver_group, group: Field, people: [gus@city.test]}\n", "", "    categories: {hardware: {group: Field}}\n", "")
	difference, err := d.try(file, helpdesk.ConfigureOptions{})
	if !errors.Is(err, helpdesk.ErrNeedsYes) || difference.Tickets != 2 {
		t.Fatalf("%v %q", err, difference.Lines)
	}
	d.expect(file, fmt.Sprintf("! solver group Field of IT/Printers ends: 2 open tickets (#%d #%d)", n, m), fmt.Sprintf("! gus@city.test is no longer solver in IT/Printers: 1 open ticket (#%d)", m),
		"- solver group Field of IT/Printers", "- grant IT/Printers: solver_group field to gus@city.test",
		"~ service IT/Printers: categories hardware to Field → none")
	if x := d.read(n); x.Group != 0 {
		t.Errorf("the ticket is still in the group: %+v", x)
	}
	if records, err := d.store.Records(t.Context(), n); err != nil || len(records) != 1 || records[0].Change.From != "Field" || records[0].Change.To != "" {
		t.Errorf("log = %+v, %v", records, err)
	}
	difference, err = d.try("services: []", helpdesk.ConfigureOptions{})
	if !errors.Is(err, helpdesk.ErrNeedsYes) || difference.Tickets != 2 || !strings.HasPrefix(difference.Lines[0], "! service IT/Printers is archived: 2 open tickets") {
		t.Errorf("%v %q", err, difference.Lines)
	}
}

func TestContactBecomesConfigured(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	err := d.store.InTx(t.Context(), func(tx *store.Tx) error {
		_, _, err := tx.AddPerson(t.Context(), core.Person{Email: "new@city.test", Name: "New", Origin: core.Contact}, d.now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.expect("people:\n" + section(office, "people")) // contacts are nothing that the file could miss
	d.refused("services: [{name: X, roles: [{role: main_solver, people: [new@city.test]}]}]", `person "new@city.test" does not exist`)
	d.expect("people:\n"+section(office, "people")+"  - {email: new@city.test, name: New Hire}\n", "+ person new@city.test (again)")
	if p := d.person("new@city.test"); p.Origin != core.Configured || p.Name != "New Hire" {
		t.Errorf("%+v", p)
	}
}

func TestContactTurnsOutToBeSomebodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	err := d.store.InTx(t.Context(), func(tx *store.Tx) (err error) {
		for _, email := range []string{"benjamin@city.test", "ben@home.test"} {
			if _, _, err = tx.AddPerson(t.Context(), core.Person{Email: email, Origin: core.Contact}, d.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := d.ticket("Printers", "", "")
	if _, err := d.store.Pool().Exec(t.Context(), "update ticket set requester_id = $2 where number = $1", n, d.person("ben@home.test").ID); err != nil {
		t.Fatal(err)
	}
	ben := d.person("ben@city.test").ID
	file := edited(t, office, "{email: ben@city.test,", "{email: benjamin@city.test, was: ben@city.test, addresses: [ben@home.test, ben@city.test],", "members: [ben@city.test]", "members: [benjamin@city.test]")
	d.expect(file, "~ person ben@city.test: email ben@city.test → benjamin@city.test, addresses none → ben@city.test ben@home.test",
		"~ person benjamin@city.test: is who wrote to the desk from another address")
	for _, address := range []string{"benjamin@city.test", "ben@home.test", "ben@city.test"} {
		if p := d.person(address); p.ID != ben || p.Disabled {
			t.Errorf("%s is %+v", address, p)
		}
	}
	if x := d.read(n); x.Requester.ID != ben {
		t.Errorf("the ticket's requester is %+v", x.Requester)
	}
}

func TestOtherAddressesMoveBetweenPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply("people: [{email: a@city.test, addresses: [x@city.test, y@city.test]}, {email: b@city.test}]")
	d.expect("people: [{email: a@city.test, addresses: [y@city.test]}, {email: b@city.test, addresses: [X@city.test]}]",
		"~ person a@city.test: addresses x@city.test y@city.test → y@city.test", "~ person b@city.test: addresses none → x@city.test")
	if p := d.person("x@city.test"); p.Email != "b@city.test" {
		t.Errorf("x belongs to %s", p.Email)
	}
	d.refused("people: [{email: a@city.test, addresses: [b@city.test]}]", "address b@city.test belongs to b@city.test, who is disabled")
}

// mail.md 4: role lost, reply addresses revoked in the same transaction; those of one's own requests and of other
// services stay.
func TestLostRoleEndsItsReplyAddresses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n := d.ticket("Printers", "", "")
	token := func(who string) {
		t.Helper()
		outbox := uuid.NewString()
		for _, sql := range []string{
			fmt.Sprintf(`insert into outbox (id, ticket_number, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, next_at, created_at)
				select '%s', %d, id, %d, '%s', 'ticket_created', 'solver', '', 'en', true, '%s', now(), now() from mailbox`, outbox, n, d.person(who).ID, who, outbox),
			fmt.Sprintf(`insert into reply_token (token, person_id, ticket_number, purpose, outbox_id, expires_at)
				values (decode(replace('%[1]s', '-', ''), 'hex'), %[2]d, %[3]d, 'reply', '%[1]s', now() + interval '1 year')`, outbox, d.person(who).ID, n),
		} {
			if _, err := d.store.Pool().Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	revoked := func(who string) int {
		return d.count("select count(*) from reply_token where person_id = $1 and revoked_at is not null", d.person(who).ID)
	}
	for _, who := range []string{"sol@city.test", "gus@city.test", "ben@city.test"} {
		token(who)
	}
	d.expect(edited(t, office, "people: [sol@city.test, vic@vendor.test]", "people: [vic@vendor.test]"), "- grant IT/Printers: solver to sol@city.test")
	if revoked("sol@city.test") != 1 || revoked("gus@city.test") != 0 || revoked("ben@city.test") != 0 {
		t.Errorf("revoked: sol %d, gus %d, ben %d; want sol's alone", revoked("sol@city.test"), revoked("gus@city.test"), revoked("ben@city.test"))
	}
}

func TestShortFirstPasswordIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name := range d.env {
		d.env[name] = "seven77"
	}
	_, err := d.try(office, helpdesk.ConfigureOptions{})
	if err == nil || !strings.Contains(err.Error(), "shorter than 8") || strings.Contains(err.Error(), "seven77") {
		t.Errorf("a password of seven characters: %v", err)
	}
}
