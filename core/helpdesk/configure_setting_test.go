package helpdesk_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// What a service says of late replies, waiting and notifications, and the custom fields of people and organizations,
// reach the rules, come back in the export, and go with the file.
func TestSettingsOfServicesAndCustomFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	file := edited(t, office, "    reopen_days: 5\n", "    reopen_days: 5\n    after_deadline: new_ticket\n    waiting: {remind_days: [2, 4], resolve_after_days: 7}\n    notifications: {new_ticket: off, follower: on}\n    requester_sees: [work, internal_target]\n    machine_senders: [Alarms@city.test, '@sensors.test']\n",
		"{name: Vendor, domains: [vendor.test]}", "{name: Vendor, domains: [vendor.test], fields: {contract: A-17}}",
		"{email: gus@city.test, name: Gus Group}", "{email: gus@city.test, name: Gus Group, fields: {room: \"4.12\", phone: \"555\"}}")
	d.expect(file, "~ organization Vendor: fields none → contract=A-17", "~ person gus@city.test: fields none → phone=555, room=4.12",
		"~ service IT/Printers: machine_senders none → @sensors.test alarms@city.test, after_deadline refuse → new_ticket, remind_days none → 2 4, resolve_after_days 0 → 7, notifications none → follower=on, new_ticket=off, requester_sees none → internal_target work")
	dir, err := d.store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := dir.ServiceByName("IT/Printers")
	if s.AfterDeadline != core.NewTicketLate || !slices.Equal(s.RemindDays, []int{2, 4}) || s.ResolveWaiting != 7 ||
		!maps.Equal(s.Notifications, map[string]bool{"new_ticket": false, "follower": true}) || !s.Sees("work") || s.Sees("priority") ||
		!s.TakesFrom("alarms@city.test") || !s.TakesFrom("x@sensors.test") || s.TakesFrom("x@city.test") || s.TakesFrom("") {
		t.Errorf("service = %+v", s)
	}
	if gus := d.person("gus@city.test"); !maps.Equal(gus.Fields, map[string]string{"room": "4.12", "phone": "555"}) {
		t.Errorf("fields of Gus: %v", gus.Fields)
	}
	if o := dir.Organizations[d.person("vic@vendor.test").Organization]; !maps.Equal(o.Fields, map[string]string{"contract": "A-17"}) {
		t.Errorf("fields of the organization: %v", o.Fields)
	}
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.desk.Configure(t.Context(), core.Actor{}, f, helpdesk.ConfigureOptions{DryRun: true}); err != nil || !again.Empty() {
		t.Errorf("export and apply: %q, %v", again.Lines, err)
	}
	d.expect(edited(t, file, "    notifications: {new_ticket: off, follower: on}\n", "    notifications: {new_ticket: on}\n", ", fields: {room: \"4.12\", phone: \"555\"}", ", fields: {room: \"4.13\"}"),
		"~ person gus@city.test: fields phone=555, room=4.12 → room=4.13", "~ service IT/Printers: notifications follower=on, new_ticket=off → new_ticket=on")
	d.expect(office, "~ organization Vendor: fields contract=A-17 → none", "~ person gus@city.test: fields room=4.13 → none",
		"~ service IT/Printers: machine_senders @sensors.test alarms@city.test → none, after_deadline new_ticket → refuse, remind_days 2 4 → none, resolve_after_days 7 → 0, notifications new_ticket=on → none, requester_sees internal_target work → none")
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"services: [{name: A, waiting: {remind_days: [4, 2]}}]":                            "2 does not come after 4",
		"services: [{name: A, waiting: {remind_days: [4000]}}]":                            "4000 is out of 1 to 3650",
		"services: [{name: A, notifications: {delivery_failed: off}}]":                     `"delivery_failed" is unknown`,
		"people: [{email: a@b.test, fields: {\" room\": x}}]":                              `" room" is no name of a field`,
		"people: [{email: a@b.test, fields: {" + strings.Repeat("x", 41) + ": y}}]":        "is no name of a field",
		"organizations: [{name: A, fields: {room: \"" + strings.Repeat("x", 501) + "\"}}]": "there can be 500",
	} {
		f := parse(t, text)
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	f := parse(t, "services: [{name: A, waiting: {remind_days: [1, 6], resolve_after_days: 7}}, {name: B, waiting: {remind_days: [30]}}]\n"+
		"people: [{email: a@b.test, fields: {"+strings.Repeat("x", 40)+": \""+strings.Repeat("é", 500)+"\"}}]")
	if err := f.Check(); err != nil {
		t.Error(err)
	}
}
