package helpdesk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// audited are the changes since an id, oldest first, in short.
func (d *configured) audited(since int64) (lines []string, last int64) {
	d.Helper()
	root := &core.Person{Administrator: true}
	page, _, err := d.desk.Audit(d.Context(), root, 0, 10_000)
	if err != nil {
		d.Fatal(err)
	}
	for _, e := range slices.Backward(page) {
		last = e.ID
		if e.ID > since {
			lines = append(lines, fmt.Sprintf("%s %s %s %v → %v by %s via %s", e.Action, e.Noun, e.Name, e.Before, e.After, e.ActorName, e.Via))
		}
	}
	return lines, last
}

func TestEveryChangeOfTheConfigurationIsAudited(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.desk.ActFor("ana")
	d.apply(office)
	lines, last := d.audited(0)
	for _, want := range []string{
		"changed desk  map[timezone:UTC] → map[timezone:America/Chicago] by ana via command",
		"added organization Vendor map[] → map[domains:vendor.test name:Vendor] by ana via command",
		"changed person root@city.test map[] → map[password:set] by ana via command",
		"changed requester_group Police map[members:] → map[members:ben@city.test] by ana via command",
		"changed mailbox it@city.test map[] → map[imap password:set] by ana via command",
		"added solver_group IT/Printers map[] → map[name:Field] by ana via command",
		"added role IT/Printers map[] → map[group:field person:gus@city.test role:solver_group] by ana via command",
		"added role IT/Printers map[] → map[members_of:Police role:reader] by ana via command",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("missing %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, noun := range []string{"added person mia@city.test", "added requester_group All staff", "added calendar Office", "added SLA", "added mailbox it@city.test", "added service IT/Printers"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(strings.ToLower(l), strings.ToLower(noun)) }) {
			t.Errorf("missing %q in\n%s", noun, strings.Join(lines, "\n"))
		}
	}
	if _, err := d.desk.CreateAPIToken(t.Context(), "gus@city.test", "script"); err != nil {
		t.Fatal(err)
	}
	d.env["IT_PASSWORD"] = "another-secret"
	_, err := d.desk.Configure(t.Context(), core.Actor{Person: d.person("root@city.test"), Via: core.ViaDesk},
		parse(t, edited(t, office, "  - {email: gus@city.test, name: Gus Group}\n", "", "people: [gus@city.test]", "people: [sol@city.test]", "reopen_days: 5", "reopen_days: 7",
			"members: [ben@city.test]", "members: [vic@vendor.test]", "calendar: Office, first_response: 4h", "calendar: Office, first_response: 5h")),
		helpdesk.ConfigureOptions{Secret: func(name string) string { return d.env[name] }})
	if err != nil {
		t.Fatal(err)
	}
	by := " by root@city.test via desk"
	want := []string{
		"added api_token gus@city.test map[] → map[name:script] by ana via command",
		"removed person gus@city.test map[administrator:false email:gus@city.test name:Gus Group organization:City] → map[]" + by,
		"removed api_token gus@city.test map[name:script] → map[]" + by,
		"changed requester_group Police map[members:ben@city.test] → map[members:vic@vendor.test]" + by,
		"changed sla Standard map[first_response:4h] → map[first_response:5h]" + by,
		"changed mailbox it@city.test map[] → map[imap password:replaced]" + by,
		"changed mailbox it@city.test map[] → map[smtp password:replaced]" + by,
		"changed service IT/Printers map[reopen_days:5] → map[reopen_days:7]" + by,
		"removed role IT/Printers map[group:field person:gus@city.test role:solver_group] → map[]" + by,
		"added role IT/Printers map[] → map[group:field person:sol@city.test role:solver_group]" + by,
	}
	if lines, last = d.audited(last); !slices.Equal(lines, want) {
		t.Errorf("audit:\n  %s\nwanted:\n  %s", strings.Join(lines, "\n  "), strings.Join(want, "\n  "))
	}
	var all string
	d.one(&all, "select string_agg(a::text, ' ') from audit a")
	for _, secret := range []string{"mailbox-secret", "another-secret", "pass phrase", "argon2", "pd_"} {
		if strings.Contains(all, secret) {
			t.Errorf("the audit has %q", secret)
		}
	}
	// Neither what is only tried nor what changes nothing is written down.
	before := d.exported()
	if _, err := d.try("people: []\nrequester_groups: []\nservices: []", helpdesk.ConfigureOptions{DryRun: true}); err != nil {
		t.Fatal(err)
	}
	if lines, _ := d.audited(last); len(lines) > 0 || d.exported() != before {
		t.Errorf("a dry run is audited: %q", lines)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	n := d.count("select count(*) from audit")
	for _, sql := range []string{"update audit set actor_name = 'somebody else'", "delete from audit", "delete from audit where false", "truncate audit"} {
		if _, err := d.store.Pool().Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n == 0 || d.count("select count(*) from audit where actor_name = 'operator'") != n {
		t.Error("the audit was changed")
	}
}

func TestAuditIsForAdministrators(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	for _, p := range []*core.Person{nil, d.person("mia@city.test"), {Administrator: true, Disabled: true}} {
		if page, _, err := d.desk.Audit(t.Context(), p, 0, 10); core.CodeOf(err) != core.NotFound || page != nil {
			t.Errorf("%v reads %d entries: %v", p, len(page), err)
		}
	}
	first, next, err := d.desk.Audit(t.Context(), d.person("root@city.test"), 0, 3)
	if err != nil || len(first) != 3 || next != first[2].ID || first[0].ID < first[1].ID {
		t.Fatalf("%d entries, next %d, %v", len(first), next, err)
	}
	if second, _, err := d.desk.Audit(t.Context(), d.person("root@city.test"), next, 3); err != nil || second[0].ID >= next {
		t.Errorf("the second page begins with %d, the first ends with %d (%v)", second[0].ID, next, err)
	}
}
