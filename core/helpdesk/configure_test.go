package helpdesk_test

import (
	"context"
	"errors"
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
slas: [{name: Standard, calendar: Office, first_response: 4h, resolution: 16h, warn_before: 1h, priorities: {urgent: {first_response: 1h}}}]
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
	if p := d.person("vic@vendor.test"); dir.Organizations[p.Organization].Name != "Vendor" {
		t.Errorf("organization by domain = %q", dir.Organizations[p.Organization])
	}
	if d.count("select first_response from sla") != 4*3600 || d.count("select (priorities->'urgent'->>'first_response')::int from sla") != 3600 ||
		d.count("select warn_before from sla") != 3600 {
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

// Whom a file disables may be the last one in a role that the file says nothing of.
func TestPeopleWhoAreMissedAfterAFileAreWarnedOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	people := "people:\n  - {email: root@city.test, name: Root, administrator: true, password_env: ROOT_PASSWORD}\n  - {email: mia@city.test, name: Mia Main}\n"
	for _, x := range []struct{ file, want string }{
		{people, ""},
		{strings.Replace(people, "administrator: true, ", "", 1), "nobody is administrator any more"},
		{strings.Split(people, "  - {email: mia")[0], "service IT/Printers has only main solvers who are disabled (mia@city.test)"},
		{"desk: {name: Help}", ""},
	} {
		difference, err := d.try(x.file, helpdesk.ConfigureOptions{DryRun: true})
		if err != nil || x.want == "" && len(difference.Warnings) > 0 || x.want != "" && (len(difference.Warnings) != 1 || !strings.Contains(difference.Warnings[0], x.want)) {
			t.Errorf("%s: %v, warnings %q, want %q", x.file, err, difference.Warnings, x.want)
		}
	}
	if difference := d.apply("people: []"); len(difference.Warnings) != 2 {
		t.Errorf("warnings %q", difference.Warnings)
	}
}

// A token service hands out new refresh tokens; applying the file with the first one must not bring that back.
// Who solves by another role that is left, or in a group that still serves, keeps the ticket.
// What somebody was granted does not come back unseen when they do, where the file says their roles.
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

// Somebody writes from a new address first, and is given it in the desk file later: both are one person from then on.
// Limits that nobody has set are the usual ones, not zero, which would silence the desk.
func TestLimitsNotSetAreTheUsualOnes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.expect("limits: {}")
	d.expect("limits: {acknowledgements_per_day: 20, automatic_per_hour: 20, automatic_per_day: 100, bundle_above: 60}")
	d.expect("limits: {bundle_above: 0}", "~ limits: bundle_above 60 → 0")
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil || *f.Limits.AutomaticPerDay != 100 || *f.Limits.BundleAbove != 0 {
		t.Errorf("%+v, %v", f.Limits, err)
	}
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
	err := d.desk.Do(t.Context(), core.Actor{}, func(*helpdesk.Act) error {
		_, err := d.desk.Configure(ctx, core.Actor{}, parse(t, "desk: {name: X}"), helpdesk.ConfigureOptions{})
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a change of the configuration went through beside an open transaction: %v", err)
	}
}
