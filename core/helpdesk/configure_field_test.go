package helpdesk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Ticket fields and retention reach the rules, come back in the export, and go with the file.
func TestTicketFieldsAndRetentionOfServices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	file := edited(t, office, "    reopen_days: 5\n", "    reopen_days: 5\n    ticket_fields:\n      - {name: asset tag}\n      - {name: floor, requesters: true, choices: [\"1\", \"2, left\"]}\n"+
		"    retention: {raw_mail_days: 365, attachment_days: 0}\n")
	d.expect(file, `~ service IT/Printers: ticket_fields none → asset tag, floor (requesters) ["1" "2, left"], raw_mail_days none → 365, attachment_days none → for ever`)
	dir, err := d.store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := dir.ServiceByName("IT/Printers")
	if got := fmt.Sprint(dir.TicketFields(s.ID)); got != "[{asset tag false []} {floor true [1 2, left]}]" {
		t.Errorf("the fields are %s", got)
	}
	if dir.KeepMail(s.ID) != 365*24*time.Hour || s.Retention.AttachmentDays == nil || *s.Retention.AttachmentDays != 0 {
		t.Errorf("kept: %v, %+v", dir.KeepMail(s.ID), s.Retention)
	}
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.desk.Configure(t.Context(), core.Actor{}, f, helpdesk.ConfigureOptions{DryRun: true}); err != nil || !again.Empty() {
		t.Errorf("export and apply: %q, %v", again.Lines, err)
	}
	d.expect(edited(t, file, `choices: ["1", "2, left"]`, `choices: ["1", "2", "left"]`, "raw_mail_days: 365, attachment_days: 0", "raw_mail_days: 30"),
		`~ service IT/Printers: ticket_fields asset tag, floor (requesters) ["1" "2, left"] → asset tag, floor (requesters) ["1" "2" "left"], raw_mail_days 365 → 30, attachment_days for ever → none`)
	d.expect(office, `~ service IT/Printers: ticket_fields asset tag, floor (requesters) ["1" "2" "left"] → none, raw_mail_days 30 → none`)
}

func TestTicketFieldsAndRetentionAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ticket_fields: [{name: Asset}]":                                              `services[0].ticket_fields[0].name: "Asset" is no name of a field`,
		"ticket_fields: [{requesters: true}]":                                         `"" is no name of a field`,
		"ticket_fields: [{name: a}, {name: a}]":                                       "services[0].ticket_fields[1].name: field a stands in ticket_fields twice",
		"ticket_fields: [{name: a, choices: [x, x]}]":                                 `services[0].ticket_fields[0].choices[1]: "x" can be chosen twice`,
		"ticket_fields: [{name: a, choices: [\"\"]}]":                                 `"" cannot be chosen`,
		"ticket_fields: [{name: a, choices: [\"x  y\"]}]":                             `"x  y" cannot be chosen`,
		"ticket_fields: [{name: a, choices: [\"" + strings.Repeat("x", 501) + "\"]}]": "there can be 500",
		"ticket_fields: [" + strings.Repeat("{name: a}, ", 31) + "]":                  "31 fields: there can be 30",
		"retention: {raw_mail_days: -1}":                                              "services[0].retention.raw_mail_days: -1 is out of 0 to 36500",
		"retention: {attachment_days: 40000}":                                         "40000 is out of",
	} {
		f := parse(t, "services: [{name: A, "+text+"}]")
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
