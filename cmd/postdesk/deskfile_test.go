package main

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"postdesk/core"
)

func TestDeskFileIsReadWhole(t *testing.T) {
	t.Parallel()
	d, err := readDeskFile("testdata/desk.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := d.file
	if f.Desk.Timezone != "America/Chicago" || *f.Limits.BundleAbove != 30 || len(f.People) != 7 || len(f.Services) != 4 {
		t.Errorf("not read whole: %+v", f)
	}
	if p := f.People[6]; p.Organization == nil || *p.Organization != "" {
		t.Errorf("organization \"\" is to differ from an absent one: %+v", p)
	}
	if f.People[1].Organization != nil {
		t.Error("an absent organization was read as a given one")
	}
	if a := f.Mailboxes[0].After; a != (core.After{Action: core.AfterMove, Folder: "Done"}) {
		t.Errorf("after = %v", a)
	}
	if f.Mailboxes[1].Start != "2026-11-01" || *f.Mailboxes[1].PlusAddresses {
		t.Errorf("mailbox = %+v", f.Mailboxes[1])
	}
	if r := f.Services[1].Roles[3]; r.Role != core.Solver || r.ForRequesters != "Police" || r.People[0] != "sam@vendor.test" {
		t.Errorf("role = %+v", r)
	}
	if s := f.Services[1]; s.AfterDeadline != core.NewTicketLate || !reflect.DeepEqual(s.Waiting, core.WaitingEntry{RemindDays: []int{2, 4}, ResolveAfterDays: 7}) ||
		!reflect.DeepEqual(s.Notifications, map[string]core.Toggle{"new_ticket": core.Off, "requester": core.On}) {
		t.Errorf("service = %+v", s)
	}
	if fields := f.People[2].Fields; !reflect.DeepEqual(fields, map[string]string{"room": "4.12", "phone": "555", "desk_no": "on"}) {
		t.Errorf("fields = %v", fields)
	}
	if s := f.SLAs[0]; s.FirstResponse != "4h" || s.WarnBefore != "90m" || s.Priorities[core.Urgent].Resolution != "4h" {
		t.Errorf("SLA = %+v", s)
	}
}

func TestSectionsAbsentAndEmptyDiffer(t *testing.T) {
	t.Parallel()
	d, err := parseDeskFile("desk.yaml", []byte("people: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d.file.People == nil || d.file.Services != nil {
		t.Errorf("people = %v, services = %v", d.file.People, d.file.Services)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if d, err := parseDeskFile("desk.yaml", []byte(empty)); err != nil || !reflect.DeepEqual(d.file, core.DeskFile{}) {
			t.Errorf("%q: %+v, %v", empty, d, err)
		}
	}
}

func manyFields(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf("f%d: x", i)
	}
	return strings.Join(fields, ", ")
}

// Each fault is told with its line and column, one clear line first.
func TestDeskFileFaultsHavePositions(t *testing.T) {
	t.Parallel()
	mailbox := "mailboxes:\n  - address: it@city.test\n    imap: {host: h, username: it, password_env: P}\n    smtp: {host: h}\n"
	for text, want := range map[string]string{
		"desk: {name: IT}\nbogus: 1\n":              `desk.yaml:2:1: unknown key "bogus"`,
		"people:\n  - {email: a@b.test, bogs: 1}\n": `desk.yaml:2:23: unknown key "bogs"`,
		"people: 5\n":                               `desk.yaml:1:9: int was used where sequence is expected`,
		"people:\n  - {email: [a]}\n":               `desk.yaml:2:13: wrong type: a text is needed here`,
		"services: [{name: A, folder: 5}]\n":        `desk.yaml:1:30: wrong type: true or false is needed here`,
		"services: [{name: A, reopen_days: x}]\n":   `desk.yaml:1:35: wrong type: a whole number is needed here`,
		"services: [{name: A, reopen_days: 1.5}]\n": `desk.yaml:1:35: 1.5 is no whole number`,
		"services: [{name: A, reopen_days: -1}]\n":  `desk.yaml:1:35: -1 is out of 0 to 3650`,
		"people:\n":                     `desk.yaml:1:9: a value is missing`,
		"people: []\n---\npeople: []\n": `desk.yaml:3:7: a desk file is one document`,
		"people: []\npeople: []\n":      `desk.yaml:2:1: mapping key "people" already defined`,
		"x: [\n":                        `desk.yaml:1:4: sequence end token ']' not found`,
		"- a\n":                         `desk.yaml:1:1: sequence was used where mapping is expected`,
		"people:\n  - {name: Ana}\n":    `desk.yaml:2:6: "" is no mail address`,
		"people: [{email: ana}]\n":      `desk.yaml:1:18: "ana" is no mail address`,
		"people: [{email: a@b.test}, {email: A@b.test}]\n":                            `desk.yaml:1:37: address A@b.test stands in the file twice`,
		"people: [{email: a@b.test, language: fr}]\n":                                 `desk.yaml:1:38: language "fr" is unknown: use en or es`,
		"people: [{email: a@b.test, name: \"A\\nBcc: x\"}]\n":                         `desk.yaml:1:34: "A\nBcc: x" has a line break`,
		"people: [{email: a@b.test, password_env: hunter-2}]\n":                       `desk.yaml:1:42: this is no name of an environment variable`,
		"desk: {languages: [en, fr]}\n":                                               `desk.yaml:1:24: language "fr" is unknown`,
		"desk: {languages: []}\n":                                                     `desk.yaml:1:19: the desk needs a language`,
		"desk: {timezone: Chicago}\n":                                                 `desk.yaml:1:18: time zone "Chicago" is unknown`,
		"desk: {name: \"IT #1\"}\n":                                                   `desk.yaml:1:14: "IT #1" cannot stand in the subject tag`,
		"desk: {second_factor: sometimes}\n":                                          `desk.yaml:1:23: "sometimes" is unknown: use off, administrators, everybody`,
		"desk: {oidc: [{name: ID, issuer: \"http://id.city.test\", client_id: x}]}\n": `desk.yaml:1:34: "http://id.city.test" is no https address without ? and #`,
		"desk: {oidc: [{name: ID, issuer: \"https://id.city.test\"}]}\n":              `client_id is missing`,
		"desk: {oidc: [{name: ID, issuer: \"https://a.test\", client_id: x}, {name: id, issuer: \"https://a.test\", client_id: y}]}\n": `desk.yaml:1:74: "id" stands in oidc twice`,
		"limits: {automatic_per_day: -1}\n":                                                     `desk.yaml:1:29: -1 is out of 0 to`,
		"organizations: [{name: A, domains: [x.test]}, {name: B, domains: [X.test]}]\n":         `desk.yaml:1:67: domain X.test belongs to A already`,
		"organizations: [{name: A}, {name: a}]\n":                                               `desk.yaml:1:35: "a" stands in organizations twice`,
		"organizations: [{name: A, domains: [\"@x.test\"]}]\n":                                  `desk.yaml:1:37: "@x.test" is no domain`,
		"requester_groups: [{name: A, members: [x]}]\n":                                         `desk.yaml:1:40: "x" is no mail address`,
		"calendars: [{name: A, hours: {someday: []}}]\n":                                        `desk.yaml:1:31: "someday" names no days`,
		"calendars: [{name: A, hours: {mon: [\"8-12\"]}}]\n":                                    `desk.yaml:1:31: mon: "8-12" is no interval`,
		"calendars: [{name: A, hours: {mon: [\"22:00-06:00\"]}}]\n":                             `desk.yaml:1:31: mon: "22:00-06:00" ends before it begins`,
		"calendars: [{name: A, hours: {mon-tue: [\"08:00-12:00\"], tue: [\"11:00-13:00\"]}}]\n": `desk.yaml:1:31: the hours of tue overlap`,
		"calendars: [{name: A, holidays: [Xmas]}]\n":                                            `desk.yaml:1:34: "Xmas" is no date`,
		"slas: [{name: A, calendar: C, first_response: 2d}]\n":                                  `desk.yaml:1:47: "2d" is no duration`,
		"slas: [{name: A, first_response: 2h}]\n":                                               `desk.yaml:1:9: SLA A has targets but no calendar`,
		"slas: [{name: A, calendar: C, warn_before: soon}]\n":                                   `desk.yaml:1:44: "soon" is no duration`,
		"slas: [{name: A, warn_before: 1h}]\n":                                                  `desk.yaml:1:31: SLA A warns some hours before deadlines but has no calendar`,
		"slas: [{name: A, calendar: C, priorities: {huge: {resolution: 1h}}}]\n":                `desk.yaml:1:51: "huge" is unknown: use low, normal, high, urgent`,
		mailbox + "    start: later\n":                                                          `desk.yaml:5:12: "later" is unknown: use now, all or a date`,
		mailbox + "    after: burn\n":                                                           `desk.yaml:5:12: after "burn" is unknown`,
		mailbox + "    after: move\n":                                                           `desk.yaml:5:12: after: move needs a folder`,
		mailbox + "    after: {mv: X}\n":                                                        `desk.yaml:5:13: unknown key "mv"`,
		mailbox + "    trust: {borders: [\"*\"]}\n":                                             `desk.yaml:5:23: "*" is no host`,
		mailbox + "    trust: {borders: [\"*.test\"]}\n":                                        `desk.yaml:5:23: "*.test" is no host`,
		mailbox + "    trust: {borders: [\"mx*.city.test\"]}\n":                                 `desk.yaml:5:23: "mx*.city.test" is no host`,
		mailbox + "    trust: {policy: lax}\n":                                                  `desk.yaml:5:21: "lax" is unknown: use strict, token`,
		mailbox + "    imap2: {}\n":                                                             `desk.yaml:5:5: unknown key "imap2"`,
		strings.Replace(mailbox, "host: h, user", "host: h, tls: ssl, user", 1):                 `desk.yaml:3:26: "ssl" is unknown: use implicit, starttls, none`,
		strings.Replace(mailbox, ", password_env: P", "", 1):                                    `desk.yaml:3:12: user it has no password`,
		strings.Replace(mailbox, "it@city", "it+x@city", 1):                                     `desk.yaml:2:14: it+x@city.test has a plus part`,
		mailbox + "    auth: {method: basic, token_url: http://x.test, client_id: a}\n":         `desk.yaml:5:12: neither client_secret_env nor refresh_token_env`,
		"services: [{name: A/B}]\n":                                                             `desk.yaml:1:19: "A/B" has a slash`,
		"services: [{name: A, unknown_senders: eat}]\n":                                         `desk.yaml:1:39: "eat" is unknown: use hold, guest, refuse`,
		"services: [{name: A, machine_senders: [alarms]}]\n":                                    `desk.yaml:1:40: "alarms" is neither an address nor a domain`,
		"services: [{name: A, requester_sees: [notes]}]\n":                                      `desk.yaml:1:39: "notes" is unknown`,
		"services: [{name: A, after_deadline: eat}]\n":                                          `desk.yaml:1:38: "eat" is unknown: use refuse, new_ticket`,
		"services: [{name: A, waiting: {remind_days: [2, 2]}}]\n":                               `desk.yaml:1:49: 2 does not come after 2`,
		"services: [{name: A, waiting: {remind_days: [0]}}]\n":                                  `desk.yaml:1:46: 0 is out of 1 to 3650`,
		"services: [{name: A, waiting: {remind_days: [2, 7], resolve_after_days: 7}}]\n":        `desk.yaml:1:49: a reminder after 7 days comes too late`,
		"services: [{name: A, waiting: {resolve_after_days: -1}}]\n":                            `desk.yaml:1:52: -1 is out of 0 to 3650`,
		"services: [{name: A, waiting: {days: 1}}]\n":                                           `desk.yaml:1:32: unknown key "days"`,
		"services: [{name: A, notifications: {weather: on}}]\n":                                 `desk.yaml:1:47: "weather" is unknown: use requester,`,
		"services: [{name: A, notifications: {approver: off}}]\n":                               `"approver" is unknown`, // nobody misses a decision that waits for them
		"services: [{name: A, notifications: {new_ticket: maybe}}]\n":                           `desk.yaml:1:50: "maybe" is unknown: use on, off`,
		"people: [{email: a@b.test, fields: {Room: x}}]\n":                                      `desk.yaml:1:43: "Room" is no name of a field`,
		"people: [{email: a@b.test, fields: {room: \"\"}}]\n":                                   `desk.yaml:1:43: field room is empty`,
		"people: [{email: a@b.test, fields: {room: \"a\\nb\"}}]\n":                              `desk.yaml:1:43: "a\nb" has a line break`,
		"organizations: [{name: A, fields: {note: " + strings.Repeat("é", 501) + "}}]\n":        `desk.yaml:1:42: field note has 501 characters`,
		"people: [{email: a@b.test, fields: {" + manyFields(31) + "}}]\n":                       `31 fields: there can be 30`,
		"services: [{name: A, requesters: [{group: G}]}]\n":                                     `desk.yaml:1:36: requesters need a group and an sla`,
		"services: [{name: A, categories: {cars: {group: G}}}]\n":                               `desk.yaml:1:42: "cars" is unknown: use hardware, software`,
		"services: [{name: A, categories: {access: {}}}]\n":                                     `category access needs a group or a service`,
		"services: [{name: A, roles: [{role: boss, people: [a@b.test]}]}]\n":                    `desk.yaml:1:37: "boss" is unknown: use main_solver, solver,`,
		"services: [{name: A, roles: [{role: approver, people: [a@b.test]}]}]\n":                `desk.yaml:1:37: "approver" is unknown`,
		"services: [{name: A, roles: [{role: solver}]}]\n":                                      `desk.yaml:1:31: nobody gets role solver`,
		"services: [{name: A, roles: [{role: solver_group, people: [a@b.test]}]}]\n":            `desk.yaml:1:31: role solver_group needs group`,
		"services: [{name: A, roles: [{role: solver, group: G, people: [a@b.test]}]}]\n":        `desk.yaml:1:52: only role solver_group has a group`,
	} {
		_, err := parseDeskFile("desk.yaml", []byte(text))
		if err == nil {
			t.Errorf("taken silently: %s", text)
			continue
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		if !strings.Contains(first, want) || !strings.HasPrefix(first, "desk.yaml:") {
			t.Errorf("%s\ngives  %s\nwanted %s", text, first, want)
		}
	}
}

func TestAllFaultsAreToldInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	_, err := parseDeskFile("d.yaml", []byte("services: [{name: \"\"}]\npeople:\n  - {email: x}\n  - {email: y}\ndesk: {timezone: Z}\n"))
	var got []string
	for line := range strings.Lines(err.Error()) {
		got = append(got, strings.Join(strings.Split(line, ":")[:2], ":"))
	}
	if want := []string{"d.yaml:1", "d.yaml:3", "d.yaml:4", "d.yaml:5"}; !reflect.DeepEqual(got, want) {
		t.Errorf("faults at %v, wanted %v", got, want)
	}
}

// Nothing that a secret was mistakenly written into comes back in an error.
func TestSecretWrittenIntoTheFileIsNotEchoed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"people: [{email: a@b.test, password_env: \"s3cret!\"}]\n",
		"mailboxes: [{address: a@b.test, imap: {host: h, username: u, password_env: \"s3cret!\"}, smtp: {host: h}}]\n"} {
		if _, err := parseDeskFile("desk.yaml", []byte(text)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error %v", err)
		}
	}
}

func TestWrittenDeskFileReadsTheSame(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/desk.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDeskFile("desk.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	nothing := 0
	target, _, err := d.file.Resolve(&core.DeskFile{Limits: &core.LimitsEntry{BundleAbove: &nothing}})
	if err != nil {
		t.Fatal(err)
	}
	var out, again bytes.Buffer
	if err := writeDeskFile(&out, target); err != nil {
		t.Fatal(err)
	}
	back, err := parseDeskFile("export.yaml", out.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if err := writeDeskFile(&again, &back.file); err != nil || out.String() != again.String() {
		t.Errorf("written twice:\n%s\n%s%v", out.String(), again.String(), err)
	}
	for _, line := range []string{
		"  - {email: ana@city.test, name: Ana Ruiz, organization: City, language: es, addresses: [ana.ruiz@city.test]}\n",
		"    after: {move: Done}\n",
		"      - {role: solver, people: [sam@vendor.test], for_requesters: Police}\n",
		"resolution: 16h, warn_before: 1h30m, priorities: {urgent: {first_response: 1h, resolution: 4h}}",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("missing %q in\n%s", line, out.String())
		}
	}
}

func FuzzDeskFile(f *testing.F) {
	data, err := os.ReadFile("testdata/desk.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("services: [{name: A, parent: A}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseDeskFile("f.yaml", data)
		if err != nil {
			return
		}
		zero := 0
		target, _, err := d.file.Resolve(&core.DeskFile{Desk: &core.DeskEntry{Name: "IT", Languages: []core.Language{core.English}, Timezone: "UTC"},
			Limits: &core.LimitsEntry{BundleAbove: &zero}})
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := writeDeskFile(&out, target); err != nil {
			t.Fatal(err)
		}
		if _, err := parseDeskFile("again.yaml", out.Bytes()); err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
	})
}
