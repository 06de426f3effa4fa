package helpdesk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
		if !strings.Contains(f.Text, "; ") { // what is wrong; what to do
			d.Errorf("%s does not say what to do: %s", f.Code, f.Text)
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

// D18: who named a delegate that will not be there is found before it matters.
func TestCheckDelegates(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	texts := func(want ...string) {
		t.Helper()
		found, err := c.desk.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			if f.Code != core.DelegateAway || f.Service != "" || !strings.HasPrefix(f.Text, f.Names+" is away from ") ||
				!strings.HasSuffix(f.Text, "; ask "+f.Names+" to name another one") {
				t.Errorf("%+v", f)
			}
			_, why, _ := strings.Cut(f.Text, ", and the delegate ")
			why, _, _ = strings.Cut(why, "; ")
			got = append(got, f.Names+": "+why)
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
	}
	c.mustBeAway("mia", day, 2*day, "pat")
	c.mustBeAway("eva", day, 2*day, "")
	texts()
	c.mustBeAway("pat", 3*day, day, "")
	texts() // the one ends when the other begins
	c.mustBeAway("pat", 3*day-time.Minute, day, "")
	away := "mia@city.test: pat@city.test is away too, from 2026-03-07 11:59 UTC to 2026-03-08 11:59 UTC"
	texts(away)
	c.now = c.now.Add(2 * day) // in effect, and the other to come
	texts(away)
	c.now = c.now.Add(day - time.Second) // both are in effect
	texts(away)
	c.now = c.now.Add(time.Second) // over, also before the job has noted it
	texts()
	c.mustBeAway("ben", 0, day, "sol")
	c.sql("update person set disabled_at = now() where id = $1", c.People["sol"].ID)
	texts("ben@city.test: sol@city.test is disabled")
	c.sql("update person set disabled_at = null, organization_id = (select id from organization where name = 'Vendor') where id = $1", c.People["sol"].ID)
	texts("ben@city.test: sol@city.test does not work in the same organization")
	c.sql("update person set organization_id = null where id in ($1, $2)", c.People["sol"].ID, c.People["ben"].ID)
	texts("ben@city.test: sol@city.test does not work in the same organization")
	c.sql("update person set disabled_at = now() where id = $1", c.People["ben"].ID)
	texts()
}

// D18: an address is dead when its last three mails within a week failed.
func TestCheckDeadAddresses(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	sent := 0
	mail := func(who, state string, ago time.Duration) {
		t.Helper()
		sent++
		c.sql(`insert into outbox (id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at, response)
			values (gen_random_uuid(), $1, $2, $3, 'assigned', 'solver', 'solver', 'en', true, $4, $5, $6, $6, $6, $7)`,
			c.Mailbox, c.People[who].ID, c.People[who].Email, fmt.Sprint(sent, "@city.test"), state, c.now.Add(-ago), fmt.Sprintf("550 5.1.1\n no %s, mail %d", who, sent))
	}
	dead := func(want ...string) {
		t.Helper()
		found, err := c.desk.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			if f.Code != core.DeadAddress || f.Service != "" {
				t.Errorf("%+v", f)
			}
			got = append(got, f.Names)
		}
		if !slices.Equal(got, want) {
			t.Errorf("dead are %q, want %q", got, want)
		}
	}
	mail("sol", "accepted", 6*day)
	mail("sol", "rejected", 5*day)
	mail("sol", "bounced", 3*day)
	mail("ben", "rejected", 8*day) // too long ago
	mail("ben", "rejected", 6*day)
	mail("ben", "rejected", 5*day)
	mail("eva", "rejected", 4*day)
	mail("eva", "rejected", 3*day)
	mail("eva", "rejected", 2*day)
	mail("eva", "accepted", day) // it works again
	dead()
	mail("sol", "queued", time.Hour)
	mail("sol", "parked", time.Hour) // its server cannot be reached: that says nothing of the address
	mail("sol", "rejected", 2*time.Hour)
	dead("sol@city.test")
	found, err := c.desk.Check(t.Context())
	want := fmt.Sprintf("the last three mails to sol@city.test were refused or came back, from 2026-02-27 12:00 UTC to 2026-03-04 10:00 UTC (550 5.1.1 no sol, mail %d); correct the address, or take the person out", sent)
	if err != nil || found[0].Text != want {
		t.Errorf("it says\n%s\nwant\n%s", found[0].Text, want)
	}
	mail("eva", "rejected", 3*time.Hour)
	mail("eva", "rejected", 2*time.Hour)
	dead("sol@city.test") // of the last three one arrived
	mail("eva", "rejected", time.Hour)
	dead("eva@city.test", "sol@city.test")
	c.sql("update person set email = 'vega@city.test' where id = $1", c.People["sol"].ID)
	dead("eva@city.test") // another address
	c.now = c.now.Add(7*day - 2*time.Hour)
	dead() // within a week no more
	for range 3 {
		mail("off", "rejected", time.Hour)
		mail("pat", "rejected", time.Hour)
	}
	dead("pat@city.test") // off is disabled
	c.sql("update person set origin = 'contact' where id = $1", c.People["pat"].ID)
	dead()
}
