package helpdesk_test

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// findings runs the check and wants exactly these, each as "code service".
func (d *configured) findings(want ...string) {
	d.Helper()
	all, err := d.desk.Check(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	got := []string{}
	for _, f := range all {
		got = append(got, strings.TrimSpace(string(f.Code)+" "+f.Service))
		if f.Text == "" {
			d.Errorf("%s has no text", f.Code)
		}
	}
	if !slices.Equal(got, want) {
		d.Errorf("findings %q, wanted %q", got, want)
	}
}

func TestCheckFindsNothingOnAGoodDesk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if all, err := d.desk.Check(t.Context()); err != nil || all == nil || len(all) != 0 {
		t.Errorf("an empty desk: %v, %v", all, err)
	}
	d.apply(office)
	d.findings()
}

func TestCheckMainSolvers(t *testing.T) {
	t.Parallel()
	const mia = "      - {role: main_solver, people: [mia@city.test]}\n"
	for name, c := range map[string]struct {
		roles string // in place of Mia's
		want  []string
	}{
		"none":              {"", []string{"no_main_solver IT/Printers"}},
		"group":             {"      - {role: main_solver, groups: [Police]}\n", nil},
		"other group empty": {"      - {role: main_solver, groups: [Nobody]}\n", []string{"main_solver_group_empty IT/Printers"}},
		"sub-team only": {"      - {role: main_solver, people: [mia@city.test], for_requesters: Police}\n",
			[]string{"subteam_without_main_solver IT/Printers"}}, // the others of All staff
		"all sub-teams": {"      - {role: main_solver, people: [mia@city.test], for_requesters: Police}\n" +
			"      - {role: main_solver, people: [mia@city.test], for_requesters: All staff}\n", nil},
		"sub-team beside everybody's": {mia + "      - {role: solver, people: [mia@city.test], for_requesters: Police}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			file := edited(t, office, mia, c.roles)
			if strings.Contains(c.roles, "Nobody") {
				file = edited(t, file, "requester_groups: [", "requester_groups: [{name: Nobody}, ")
			}
			d.apply(file)
			d.findings(c.want...)
		})
	}
	t.Run("disabled", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.apply(office)
		people := edited(t, section(office, "people"), "  - {email: mia@city.test, name: Mia Main, language: en}\n", "")
		d.apply("people:\n" + people)
		d.findings("main_solver_disabled IT/Printers")
		d.apply("people:\n" + section(office, "people"))
		d.findings()
	})
	t.Run("inherited", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		file := edited(t, office, mia, "", "{name: IT, folder: true,", "{name: IT, folder: true, roles: [{role: main_solver, people: [mia@city.test]}],")
		d.apply(file)
		d.findings()
		d.apply(edited(t, file, "reopen_days: 5", "inherit: false\n    requesters: [{group: All staff, sla: Standard}]"))
		d.findings("no_main_solver IT/Printers")
	})
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.apply("services: [{name: A, folder: true}]")
		d.findings()
	})
}

func TestCheckMailboxesAndSLAs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	boxes, err := d.store.MailboxAccesses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.LeaseMailbox(t.Context(), boxes[0].ID, [16]byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := d.store.MailboxFailed(t.Context(), boxes[0].ID, "login refused", d.now); err != nil {
		t.Fatal(err)
	}
	d.findings("mailbox_failing IT/Printers")
	all, err := d.desk.Check(t.Context())
	if err != nil || all[0].Code != core.MailboxFailing || !strings.Contains(all[0].Text, "it@city.test") || !strings.Contains(all[0].Text, "login refused") {
		t.Errorf("%+v, %v", all, err)
	}
	if err := d.store.MailboxOK(t.Context(), boxes[0].ID, d.now); err != nil {
		t.Fatal(err)
	}
	d.findings()
	d.apply(edited(t, office, "    mailbox: it@city.test\n", "", "groups: [Police]", "people: [ben@city.test]"))
	d.findings("no_mailbox IT/Printers", "group_without_sla")
	d.apply(edited(t, office, "{name: IT, folder: true,", "{name: IT, folder: true, mailbox: it@city.test,", "    mailbox: it@city.test\n    reopen", "    reopen",
		"address: it@city.test", "address: it@city.test\n    opens: Printers"))
	d.findings() // a parent's mailbox will do
}
