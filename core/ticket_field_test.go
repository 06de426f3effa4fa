package core

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// asking gives printers fields of their own, and the folder above it some for all.
func asking(d *desk) {
	top := d.Services[printers].Parent
	d.Services[top].TicketFields = []TicketField{{Name: "asset tag"}, {Name: "site", Requesters: true, Choices: []string{"north", "south"}}}
	d.Services[printers].TicketFields = []TicketField{{Name: "floor", Requesters: true}, {Name: "asset tag", Requesters: true}}
}

// D27: definitions go down the tree while services inherit; of one name the nearest counts.
func TestTicketFieldsAreInherited(t *testing.T) {
	t.Parallel()
	d := newDesk()
	asking(d)
	names := func(fields []TicketField) (list []string) {
		for _, f := range fields {
			list = append(list, fmt.Sprintf("%s/%t", f.Name, f.Requesters))
		}
		return list
	}
	top := d.Services[printers].Parent
	for _, c := range []struct {
		id   ServiceID
		team bool
		want string
	}{
		{printers, true, "floor/true asset tag/true site/true"},
		{printers, false, "floor/true asset tag/true site/true"},
		{top, true, "asset tag/false site/true"},
		{top, false, "site/true"},
	} {
		if got := strings.Join(names(d.FieldsFor(c.id, c.team)), " "); got != c.want {
			t.Errorf("service %d, team %t: %s, want %s", c.id, c.team, got, c.want)
		}
	}
	d.Services[printers].Inherit = false
	if got := strings.Join(names(d.TicketFields(printers)), " "); got != "floor/true asset tag/true" {
		t.Errorf("inheriting nothing it has %s", got)
	}
}

func TestSetFieldChecks(t *testing.T) {
	t.Parallel()
	known := []TicketField{{Name: "asset tag"}, {Name: "site", Choices: []string{"north", "south"}}}
	for _, c := range []struct{ name, text, want, key string }{
		{"asset tag", "  A 17\n\tB ", "A 17 B", ""},
		{"asset tag", " \n", "", ""},
		{"site", "", "", ""},
		{"site", "south", "south", ""},
		{"site", "South", "", "error.field.choice"},
		{"asset tag", strings.Repeat("ü", 500), strings.Repeat("ü", 500), ""},
		{"asset tag", strings.Repeat("ü", 501), "", "error.field.long"},
		{"asset tag", "a\x00b", "", "error.field.control"},
		{"asset tag", "a\xffb", "", "error.field.control"},
		{"color", "red", "", "error.field.unknown"},
		{"color", "", "", "error.field.unknown"},
	} {
		got, err := SetField(known, c.name, c.text)
		var refusal *Error
		if errors.As(err, &refusal); got != c.want || (err != nil) != (c.key != "") || err != nil && (refusal.Key != c.key || refusal.Code != Invalid) {
			t.Errorf("%s = %q: %q, %v", c.name, c.text, got, err)
		}
		if c.key == "error.field.unknown" && refusal.Args[1] != "asset tag, site" {
			t.Errorf("told to choose among %v", refusal.Args)
		}
	}
	var refusal *Error
	if _, err := SetField(nil, "color", "red"); !errors.As(err, &refusal) || refusal.Key != "error.field.none" {
		t.Errorf("where there is none: %v", err)
	}
}

// A76, D27: requesters and participants are shown the fields that are theirs, and what changed of these; the team all of
// them, with what the service does not have any more. No list of theirs has one (D8).
func TestTicketFieldsAreCut(t *testing.T) {
	t.Parallel()
	d := newDesk()
	asking(d)
	d.Services[printers].TicketFields[1].Requesters = false // nearest wins: the team's
	ticket := d.ticket(d.with("eva"), d.followed("net"), func(t *Ticket) {
		t.Fields = map[string]string{"floor": "3", "asset tag": "A-17", "site": "north", "gone": "old"}
	})
	change := func(name string) *Record {
		return &Record{Kind: KindProperty, At: noon, Author: d.p["mia"], Change: Change{Field: FieldProperty(name), From: "x", To: "y"}}
	}
	for who, want := range map[string]string{"ben": "floor site", "eva": "floor site", "mia": "asset tag floor gone site", "rea": "asset tag floor gone site", "net": "asset tag floor gone site"} {
		s := d.standing(who, ticket)
		v := ViewOf(d.Directory, ticket, s, noon)
		if got := strings.Join(slices.Sorted(maps.Keys(v.Fields)), " "); got != want {
			t.Errorf("%s is shown %s, want %s", who, got, want)
		}
		if hidden := slices.Contains(HiddenFrom(ticket, s), "fields"); hidden == s.SeesInternal() {
			t.Errorf("told that fields are hidden from %s: %t", who, hidden)
		}
		if list := v.InList(); !s.SeesInternal() && list.Fields != nil {
			t.Errorf("%s has %v in the list", who, list.Fields)
		}
		for _, name := range []string{"floor", "asset tag", "site", "gone"} {
			if _, ok := ViewOfRecord(change(name), s); ok != slices.Contains(slices.Collect(maps.Keys(v.Fields)), name) {
				t.Errorf("%s is shown that %s changed: %t", who, name, ok)
			}
		}
	}
	if got := ViewOf(d.Directory, ticket, d.standing("root", ticket), noon).Fields; got != nil {
		t.Errorf("who does not see the ticket is shown %v", got)
	}
	// A custom field bears the name of something else, and what is switched on of that does not count for it.
	d.Services[printers].RequesterSees = []string{"priority"}
	d.Services[printers].TicketFields = append(d.Services[printers].TicketFields, TicketField{Name: "priority"})
	if _, ok := ViewOfRecord(change("priority"), d.standing("ben", ticket)); ok {
		t.Error("the change of a field called priority is shown as that of the priority")
	}
	// What was shown once is not any more, when the service makes it the team's.
	d.Services[printers].TicketFields[0].Requesters = false
	shown := change("floor")
	shown.ShowToRequester = true
	if _, ok := ViewOfRecord(shown, d.standing("ben", ticket)); ok {
		t.Error("the history of a field that became the team's is shown")
	}
}

// What is kept for how long goes down the tree, also below a service that inherits no roles; 0 keeps for ever.
func TestRetentionOfServices(t *testing.T) {
	t.Parallel()
	d := newDesk()
	days := func(n int) *int { return &n }
	top := d.Services[printers].Parent
	if d.KeepMail(printers) != 0 || d.KeepFiles(printers) != 0 {
		t.Error("nothing is said, and something is not kept for ever")
	}
	d.Services[top].Retention = Retention{RawMailDays: days(365), AttachmentDays: days(30)}
	d.Services[printers].Retention = Retention{AttachmentDays: days(0)}
	d.Services[printers].Inherit = false
	if mail, files := d.KeepMail(printers), d.KeepFiles(printers); mail.Hours() != 365*24 || files != 0 {
		t.Errorf("printers keeps mail for %v, files for %v", mail, files)
	}
	if files := d.KeepFiles(top); files.Hours() != 30*24 {
		t.Errorf("the folder keeps files for %v", files)
	}
}
