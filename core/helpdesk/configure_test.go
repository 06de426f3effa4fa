package helpdesk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

const office = `
desk: {name: IT, languages: [en, es], timezone: America/Chicago}
organizations: [{name: City, domains: [city.test]}, {name: Vendor, domains: [vendor.test]}]
people:
  - {email: root@city.test, name: Root, administrator: true, password_env: ROOT_PASSWORD}
  - {email: mia@city.test, name: Mia Main, language: en}
  - {email: sol@city.test, name: Sol Vega, language: es}
  - {email: gus@city.test, name: Gus Group}
  - {email: ben@city.test, name: Ben Staff}
  - {email: vic@vendor.test, name: Vic Vendor}
requester_groups: [{name: All staff, domains: [city.test]}, {name: Police, members: [ben@city.test]}]
calendars: [{name: Office, timezone: America/Chicago, hours: {mon-fri: ["08:00-12:00", "13:00-17:00"]}, holidays: ["2026-12-25"]}]
slas: [{name: Standard, calendar: Office, first_response: 4h, resolution: 16h, priorities: {urgent: {first_response: 1h}}}]
mailboxes:
  - address: it@city.test
    imap: {host: 127.0.0.1, port: 1143, tls: none, username: it, password_env: IT_PASSWORD}
    smtp: {host: 127.0.0.1, port: 1025, tls: none, username: it, password_env: IT_PASSWORD}
services:
  - {name: IT, folder: true, requesters: [{group: All staff, sla: Standard}]}
  - name: Printers
    parent: IT
    mailbox: it@city.test
    reopen_days: 5
    categories: {hardware: {group: Field}}
    roles:
      - {role: main_solver, people: [mia@city.test]}
      - {role: solver, people: [sol@city.test, vic@vendor.test]}
      - {role: solver_group, group: Field, people: [gus@city.test]}
      - {role: reader, groups: [Police]}
`

// edited is a desk file with some of its text replaced, old and new in turn.
func edited(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in the file", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func parse(t *testing.T, text string) core.DeskFile {
	t.Helper()
	var f core.DeskFile
	if err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return f
}

// configured is a desk under test with its clock and its environment.
type configured struct {
	*testing.T
	store *store.Store
	desk  *helpdesk.Helpdesk
	now   time.Time
	env   map[string]string
}

func newDesk(t *testing.T) *configured {
	d := &configured{T: t, store: storetest.New(t), now: time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC),
		env: map[string]string{"ROOT_PASSWORD": "a long pass phrase", "IT_PASSWORD": "mailbox-secret"}}
	d.desk = helpdesk.New(d.store, func() time.Time { return d.now })
	return d
}

func (d *configured) try(text string, o helpdesk.ConfigureOptions) (helpdesk.Difference, error) {
	d.Helper()
	o.Secret = func(name string) string { return d.env[name] }
	return d.desk.Configure(d.Context(), core.Actor{}, parse(d.T, text), o)
}

func (d *configured) apply(text string) helpdesk.Difference {
	d.Helper()
	difference, err := d.try(text, helpdesk.ConfigureOptions{Yes: true})
	if err != nil {
		d.Fatal(err)
	}
	return difference
}

// expect applies a file, wants exactly these lines, and wants the second time to change nothing.
func (d *configured) expect(text string, want ...string) {
	d.Helper()
	if got := d.apply(text).Lines; !slices.Equal(got, want) {
		d.Errorf("difference:\n  %s\nwanted:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if again := d.apply(text).Lines; len(again) > 0 {
		d.Errorf("the second time changes again:\n  %s", strings.Join(again, "\n  "))
	}
}

// refused applies a file and wants an error that says all this; nothing must have been changed.
func (d *configured) refused(text string, want ...string) {
	d.Helper()
	before := d.exported()
	_, err := d.try(text, helpdesk.ConfigureOptions{Yes: true})
	if err == nil {
		d.Fatal("taken")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			d.Errorf("error %q does not say %q", err, w)
		}
	}
	if after := d.exported(); before != after {
		d.Errorf("changed although refused:\n%s\n%s", before, after)
	}
}

func (d *configured) exported() string {
	d.Helper()
	f, err := d.desk.ExportDesk(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		d.Fatal(err)
	}
	return string(text)
}

func (d *configured) one(into any, sql string, args ...any) {
	d.Helper()
	if err := d.store.Pool().QueryRow(d.Context(), sql, args...).Scan(into); err != nil {
		d.Fatalf("%s: %v", sql, err)
	}
}

func (d *configured) count(sql string, args ...any) (n int) {
	d.Helper()
	d.one(&n, sql, args...)
	return n
}

func (d *configured) person(email string) *core.Person {
	d.Helper()
	p, err := d.store.PersonByAddress(d.Context(), email)
	if err != nil {
		d.Fatal(err)
	}
	return p
}

// ticket opens a ticket of Printers for Ben, with a solver and a solver group where they are named.
func (d *configured) ticket(service, solver, group string) core.Number {
	d.Helper()
	dir, err := d.store.Directory(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	s := dir.ServiceByName(service)
	t := &core.Ticket{Version: 1, Service: s.ID, Subject: "Paper jam", Status: core.InProgress, Category: "hardware", Priority: core.Normal,
		Requester: d.person("ben@city.test"), OpenedVia: core.ViaMail, RootMessageID: uuid.NewString() + "@city.test", CreatedAt: d.now, UpdatedAt: d.now}
	if solver != "" {
		t.Solver = d.person(solver)
	}
	if group != "" {
		g, ok := dir.GroupByName(s.ID, group)
		if !ok {
			d.Fatalf("no group %s", group)
		}
		t.Group = g.ID
	}
	err = d.store.InTx(d.Context(), func(tx *store.Tx) (err error) {
		if t.Number, err = tx.NextNumber(d.Context()); err == nil {
			tx.AddTicket(t)
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return t.Number
}

func (d *configured) read(n core.Number) *core.Ticket {
	d.Helper()
	t, err := d.store.Ticket(d.Context(), n)
	if err != nil {
		d.Fatal(err)
	}
	return t
}

func TestApplyIsIdempotent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.apply(office)
	for _, line := range []string{"+ organization City", "+ person mia@city.test", "+ requester group Police", "~ requester group Police: members +ben@city.test",
		"+ calendar Office", "+ SLA Standard", "+ mailbox it@city.test", "+ service IT", "+ service IT/Printers", "+ solver group Field of IT/Printers",
		"+ grant IT/Printers: main_solver to mia@city.test", "+ grant IT/Printers: solver_group field to gus@city.test",
		"+ grant IT/Printers: reader to members of Police", "~ desk: timezone UTC → America/Chicago"} {
		if !slices.Contains(first.Lines, line) {
			t.Errorf("missing %q in\n%s", line, strings.Join(first.Lines, "\n"))
		}
	}
	if len(first.Warnings) > 0 {
		t.Errorf("warnings: %v", first.Warnings)
	}
	version := d.count("select version from desk")
	d.expect(office)
	if v := d.count("select version from desk"); v != version {
		t.Errorf("no changes, but the version went from %d to %d", version, v)
	}
	d.expect("")
	d.expect("people:\n" + section(office, "people"))
}

// section cuts one section out of the file, without its key.
func section(text, key string) string {
	_, rest, _ := strings.Cut(text, "\n"+key+":\n")
	end := len(rest)
	for i := 0; i < len(rest); i++ {
		if (i == 0 || rest[i-1] == '\n') && rest[i] != ' ' {
			end = i
			break
		}
	}
	return rest[:end]
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := d.exported()
	difference, err := d.try(office, helpdesk.ConfigureOptions{DryRun: true})
	if err != nil || difference.Empty() {
		t.Fatalf("%+v, %v", difference, err)
	}
	if d.exported() != before || d.count("select count(*) from person") != 0 || d.count("select version from desk") != 1 {
		t.Error("a dry run wrote something")
	}
	// What a dry run tried must not be what others see (pictures are kept by version).
	if dir, err := d.store.Directory(t.Context()); err != nil || len(dir.Services) != 0 {
		t.Errorf("directory has %d services, %v", len(dir.Services), err)
	}
	d.apply(office)
	if dir, err := d.store.Directory(t.Context()); err != nil || len(dir.Services) != 2 {
		t.Errorf("directory has %d services, %v", len(dir.Services), err)
	}
}

func TestDirectoryReadsWhatWasApplied(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	dir, err := d.store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := dir.ServiceByName("IT/Printers")
	if s == nil || s.ReopenDays != 5 || s.CloseAfterDays != 5 || s.UnknownSenders != core.HoldUnknown || !s.Inherit || s.Language != core.English {
		t.Fatalf("service = %+v", s)
	}
	if m := dir.MailboxOf(s.ID); m == nil || m.Address != "it@city.test" || !m.PlusAddresses || m.Policy != core.StrictPolicy || dir.ServiceOfMailbox(m.ID) != s.ID {
		t.Errorf("mailbox = %+v", m)
	}
	g, ok := dir.GroupByName(s.ID, "field")
	if !ok || s.Categories["hardware"].Group != g.ID {
		t.Errorf("category routes to %+v, group is %+v", s.Categories, g)
	}
	ben := d.person("ben@city.test")
	if sla, ok := dir.SLAFor(ben, s.ID); !ok || sla == 0 {
		t.Error("Ben is no requester through the parent's SLA")
	}
	for email, role := range map[string]core.Role{"mia@city.test": core.MainSolver, "sol@city.test": core.Solver, "gus@city.test": core.SolverGroupMember, "ben@city.test": core.Reader} {
		if roles, _ := dir.RolesOf(d.person(email), s.ID, ben); !roles.Has(role) || roles.Count() != 1 {
			t.Errorf("%s has roles %b", email, roles)
		}
	}
	if p := d.person("vic@vendor.test"); dir.Organizations[p.Organization] != "Vendor" {
		t.Errorf("organization by domain = %q", dir.Organizations[p.Organization])
	}
	if d.count("select first_response from sla") != 4*3600 || d.count("select (priorities->'urgent'->>'first_response')::int from sla") != 3600 {
		t.Error("SLA targets are not in seconds")
	}
}

func TestAbsentSectionsAreUntouchedAndPresentOnesComplete(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.expect("desk: {name: Help, timezone: America/Chicago}", "~ desk: name IT → Help")
	d.expect(edited(t, office, "desk: {name: IT,", "desk: {name: Help,", "  - {email: gus@city.test, name: Gus Group}\n", "", "      - {role: solver_group, group: Field, people: [gus@city.test]}\n",
		"      - {role: solver_group, group: Field}\n", "reopen_days: 5", "reopen_days: 7", ", {name: Vendor, domains: [vendor.test]}", ""),
		"- organization Vendor", "- person gus@city.test", "- grant IT/Printers: solver_group field to gus@city.test",
		"~ person vic@vendor.test: organization Vendor → none", "~ service IT/Printers: reopen_days 5 → 7")
	if !d.person("gus@city.test").Disabled {
		t.Error("Gus is not disabled")
	}
	d.expect("services: []\nmailboxes: []", "- mailbox it@city.test", "- service IT", "- service IT/Printers")
	if n := d.count("select count(*) from service where archived_at is not null"); n != 2 {
		t.Errorf("%d services archived", n)
	}
	d.expect(edited(t, office, "    mailbox: it@city.test\n", "", section(office, "mailboxes"), "", "\nmailboxes:\n", "\nmailboxes: []\n"),
		"~ desk: name Help → IT", "+ organization Vendor (again)", "+ person gus@city.test (again)", "~ person vic@vendor.test: organization none → Vendor",
		"+ service IT (again)", "+ service IT/Printers (again)", "+ grant IT/Printers: solver_group field to gus@city.test")
	if n := d.count("select count(*) from service"); n != 2 {
		t.Errorf("%d services, the archived ones were not taken up again", n)
	}
}

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

func TestServiceWithoutMainSolverIsAppliedWithAWarning(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	difference := d.apply(edited(t, office, "      - {role: main_solver, people: [mia@city.test]}\n", ""))
	if len(difference.Warnings) != 1 || !strings.Contains(difference.Warnings[0], "service IT/Printers has no main solver") {
		t.Errorf("warnings = %q", difference.Warnings)
	}
	if d.count("select count(*) from service where archived_at is null") != 2 {
		t.Error("not applied")
	}
}

func TestSecretsAreSealedAndNeverShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env["IT_PASSWORD"] = ""
	d.refused(office, "IT_PASSWORD is not set", "mailboxes[0].imap.password_env")
	d.env["IT_PASSWORD"] = "mailbox-secret"
	d.env["ROOT_PASSWORD"] = ""
	d.refused(office, "ROOT_PASSWORD is not set", "people[0].password_env")
	d.env["ROOT_PASSWORD"] = "a long pass phrase"
	lines := strings.Join(d.apply(office).Lines, "\n")
	var row, hash string
	d.one(&row, "select concat(m::text, encode(m.secrets, 'escape')) from mailbox m")
	d.one(&hash, "select password_hash from person where email = 'root@city.test'")
	for _, where := range []string{lines, row, hash, d.exported()} {
		if strings.Contains(where, "mailbox-secret") || strings.Contains(where, "pass phrase") {
			t.Errorf("a secret is readable in %s", where)
		}
	}
	if !strings.Contains(d.exported(), "password_env: IT_PASSWORD") || !strings.Contains(d.exported(), "password_env: ROOT_PASSWORD") {
		t.Error("the names of the variables are not exported")
	}
	if !helpdesk.CheckPassword(t.Context(), hash, "a long pass phrase") {
		t.Error("the password was not set")
	}
	access := func() core.MailboxAccess {
		t.Helper()
		all, err := d.store.MailboxAccesses(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		return all[0]
	}
	if a := access(); a.IMAP.Password != "mailbox-secret" || a.SMTP.Password != "mailbox-secret" || strings.Contains(fmt.Sprintf("%v %+v %#v", a, a, a), "mailbox-secret") {
		t.Errorf("access = %+v", a)
	}
	d.env["IT_PASSWORD"], d.env["ROOT_PASSWORD"] = "", "" // unset later = unchanged
	d.expect(office)
	d.env["IT_PASSWORD"], d.env["ROOT_PASSWORD"] = "new-secret", "another pass phrase"
	d.expect(office, "~ mailbox it@city.test: imap password replaced", "~ mailbox it@city.test: smtp password replaced")
	if a := access(); a.IMAP.Password != "new-secret" {
		t.Error("the new password is not stored")
	}
	d.one(&hash, "select password_hash from person where email = 'root@city.test'")
	if helpdesk.CheckPassword(t.Context(), hash, "another pass phrase") {
		t.Error("the password of somebody who has one was replaced")
	}
}

// A token service hands out new refresh tokens; applying the file with the first one must not bring that back.
func TestRefreshTokenThatRotatedIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env["REFRESH"] = "first-token"
	file := edited(t, office, "    smtp: {host: 127.0.0.1, port: 1025, tls: none, username: it, password_env: IT_PASSWORD}\n",
		"    smtp: {host: 127.0.0.1, port: 1025, tls: none, username: it}\n    auth: {method: xoauth2, token_url: \"https://login.cloud.test/t\", client_id: desk, refresh_token_env: REFRESH}\n")
	d.apply(file)
	all, err := d.store.MailboxAccesses(t.Context())
	if err != nil || all[0].OAuth.RefreshToken != "first-token" {
		t.Fatalf("%v", err)
	}
	if err := d.store.SaveRefreshToken(t.Context(), all[0].ID, "rotated-token"); err != nil {
		t.Fatal(err)
	}
	d.expect(file)
	if all, err = d.store.MailboxAccesses(t.Context()); err != nil || all[0].OAuth.RefreshToken != "rotated-token" || all[0].IMAP.Password != "mailbox-secret" {
		t.Errorf("the rotated token was lost, or the password (%v)", err)
	}
	d.env["REFRESH"] = "second-token"
	d.expect(file, "~ mailbox it@city.test: refresh token replaced")
	if all, err = d.store.MailboxAccesses(t.Context()); err != nil || all[0].OAuth.RefreshToken != "second-token" {
		t.Errorf("a token that the operator gave anew was not taken (%v)", err)
	}
}

func TestMailboxStartIsSetOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	start := func() *time.Time {
		var at *time.Time
		d.one(&at, "select start_at from mailbox")
		return at
	}
	added := d.now
	d.now = d.now.Add(48 * time.Hour)
	d.expect(office)
	d.expect(edited(t, office, "port: 1143", "port: 2143"), "~ mailbox it@city.test: imap 127.0.0.1:1143 none it INBOX IT_PASSWORD → 127.0.0.1:2143 none it INBOX IT_PASSWORD")
	if at := start(); at == nil || !at.Equal(added) {
		t.Errorf("start = %v, the mailbox was added at %v", at, added)
	}
	d.apply(edited(t, office, "address: it@city.test", "address: it@city.test\n    start: all"))
	if at := start(); at != nil {
		t.Errorf("start all = %v", at)
	}
	d.apply(edited(t, office, "address: it@city.test", "address: it@city.test\n    start: 2026-11-01"))
	if at := start(); at == nil || !at.Equal(time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("start on a date = %v, wanted midnight in Chicago", at)
	}
}

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

// Who solves by another role that is left, or in a group that still serves, keeps the ticket.
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
	if u, err := d.store.ReplyToken(t.Context(), []byte("0123456789abcdef")); err != nil || !u.Revoked {
		t.Errorf("reply token %+v, %v", u, err)
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
	if u, err := d.store.ReplyToken(t.Context(), []byte("0123456789abcdef")); err != nil || !u.Revoked {
		t.Errorf("the reply token works again (%v)", err)
	}
}

// What somebody was granted does not come back unseen when they do, where the file says their roles.
func TestReturningPersonGetsNoForgottenGrants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	d.apply("people:\n" + edited(t, section(office, "people"), "  - {email: vic@vendor.test, name: Vic Vendor}\n", ""))
	without := edited(t, office, "people: [sol@city.test, vic@vendor.test]", "people: [sol@city.test]")
	d.expect(without, "- grant IT/Printers: solver to vic@vendor.test", "+ person vic@vendor.test (again)")
}

func TestServiceWithOpenTicketsCannotBecomeAFolder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n := d.ticket("Printers", "", "")
	file := edited(t, office, "  - name: Printers\n", "  - name: Printers\n    folder: true\n")
	d.refused(file, "service IT/Printers cannot become a folder", "1 open ticket", "services[1].folder")
	if _, err := d.store.Pool().Exec(t.Context(), "update ticket set status = 'closed' where number = $1", n); err != nil {
		t.Fatal(err)
	}
	d.apply(file)
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
		_, err := tx.AddPerson(t.Context(), core.Person{Email: "new@city.test", Name: "New", Origin: core.Contact}, d.now)
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

// Somebody writes from a new address first, and is given it in the desk file later: both are one person from then on.
func TestContactTurnsOutToBeSomebodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	err := d.store.InTx(t.Context(), func(tx *store.Tx) (err error) {
		for _, email := range []string{"benjamin@city.test", "ben@home.test"} {
			if _, err = tx.AddPerson(t.Context(), core.Person{Email: email, Origin: core.Contact}, d.now); err != nil {
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

func TestOrderOfServicesIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply("services: [{name: A, folder: true}, {name: B, folder: true}]")
	d.expect("services: [{name: A, folder: true}, {name: N, folder: true}, {name: B, folder: true}]", "+ service N")
	d.expect("services: [{name: B, folder: true}, {name: A, folder: true}, {name: N, folder: true}]", "~ order of services")
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil || f.Services[0].Name != "B" || f.Services[2].Name != "N" {
		t.Errorf("%+v, %v", f.Services, err)
	}
}

func TestChangeWaitsForRunningTransactions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := d.store.InTx(t.Context(), func(*store.Tx) error {
		_, err := d.desk.Configure(ctx, core.Actor{}, parse(t, "desk: {name: X}"), helpdesk.ConfigureOptions{})
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a change of the configuration went through beside an open transaction: %v", err)
	}
}
