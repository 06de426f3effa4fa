package core

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// wrapped is ben's ticket with something in every field, solved by vic and about the organization of vic.
func wrapped(d *desk) *Ticket {
	d.p["ben"].Fields, d.p["vic"].Fields = map[string]string{"room": "f-ben"}, map[string]string{"phone": "f-vic"}
	d.Organizations[vendorOrg] = Organization{Name: "Vendor", Fields: map[string]string{"code": "f-vendor"}}
	return d.ticket(d.solver("vic"), d.with("eva"), d.followed("net"), grouped, func(t *Ticket) {
		t.Priority, t.Work, t.InternalTarget, t.Organization = Urgent, 47, noon.AddDate(5, 0, 0), vendorOrg
		t.Parent, t.Children, t.Links, t.Merged = 1001, []Number{1077}, []Number{1078}, []Number{1079}
		t.Approvals = []*Approval{{ID: "q", Text: "f-asked", AskedBy: d.p["sol"], Approvers: []ApproverState{{Person: d.p["pat"]}}}}
	})
}

// shownIn is which of the hidden fields' values stand in a view.
func shownIn(t *testing.T, v any) (fields []string) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]string{"priority": `"urgent"`, "work": `"work":47`, "internal_target": "2031", "requester_fields": "f-ben",
		"solver_fields": "f-vic", "solver_details": "vic@city.test", "organization_fields": "f-vendor", "organization_details": `"Vendor"`,
		"group": "Field", "followers": "net@city.test", "parent": "1001", "children": "1077", "links": "1078", "merged": "1079", "approvals": "f-asked"} {
		if strings.Contains(string(raw), value) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// A68–A76: a requester is shown a field where the service switched on just that one; custom fields of whom they are shown
// no details of need both switches. What no switch speaks of is never shown.
func TestEachOptionalFieldHasItsSwitch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ on, shown string }{
		{"", ""},
		{"priority", "priority"}, {"work", "work"}, {"internal_target", "internal_target"}, {"requester_fields", "requester_fields"},
		{"solver_fields", ""}, {"solver_details", "solver_details"}, {"solver_details solver_fields", "solver_details solver_fields"},
		{"organization_fields", ""}, {"organization_details", "organization_details"},
		{"organization_details organization_fields", "organization_details organization_fields"},
		{strings.Join(OptionalFields(), " "), "internal_target organization_details organization_fields priority requester_fields solver_details solver_fields work"},
	} {
		d := newDesk()
		ticket := wrapped(d)
		d.Services[printers].RequesterSees = strings.Fields(c.on)
		for _, who := range []string{"ben", "eva"} {
			s := d.standing(who, ticket)
			if got := shownIn(t, ViewOf(d.Directory, ticket, s, noon)); strings.Join(got, " ") != c.shown {
				t.Errorf("on: %q: %s is shown %v, want %s", c.on, who, got, c.shown)
			}
			for _, f := range OptionalFields() {
				if hidden, shown := slices.Contains(HiddenFrom(ticket, s), f), slices.Contains(strings.Fields(c.shown), f); hidden == shown {
					t.Errorf("on: %q: told that %s is hidden from %s: %v", c.on, f, who, hidden)
				}
			}
		}
		for _, who := range []string{"mia", "rea", "net", "vic"} {
			s := d.standing(who, ticket)
			if got := shownIn(t, ViewOf(d.Directory, ticket, s, noon)); len(got) != 15 || len(HiddenFrom(ticket, s)) != 0 {
				t.Errorf("%s is shown only %v", who, got)
			}
		}
	}
}

// A73, A75, D9: what is of one's own organization is no secret; who has none shares it with nobody, also not with a
// ticket or solver that has none.
func TestOwnOrganizationIsNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := wrapped(d)
	ken := *d.p["ben"]
	ken.ID, ken.Organization = 90, vendorOrg
	ticket.Participants = append(ticket.Participants, &ken)
	if got := shownIn(t, ViewOf(d.Directory, ticket, StandingOf(d.Directory, ticket, &ken), noon)); strings.Join(got, " ") != "organization_details solver_details" {
		t.Errorf("a participant of the vendor is shown %v", got)
	}
	ticket = d.ticket(d.from("nil"), d.solver("nil"), func(t *Ticket) { t.Organization = 0 })
	other := *d.p["nil"]
	other.ID, other.Email = 91, "other@nowhere.test"
	ticket.Solver = &other
	v := ViewOf(d.Directory, ticket, d.standing("nil", ticket), noon)
	if v.Solver.Email != "" || v.Organization != "" {
		t.Errorf("having no organization is not the same as having the same one: %+v", v)
	}
	if rv, ok := ViewOfRecord(&Record{Kind: KindMessage, Author: &other, ShowToRequester: true}, d.standing("nil", ticket)); !ok || rv.Author.Email != "" {
		t.Errorf("in the log: %+v", rv.Author)
	}
}

// A67, D8: the columns of a requester's list, and nothing beside them but what programs need to go on.
func TestRequestersListHasSelectedColumns(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := wrapped(d)
	ticket.Solver, ticket.Status, ticket.ResolvedAt, ticket.Withdrawn, ticket.Organization = d.p["sol"], Resolved, noon, true, cityOrg
	keys := func(who string) string {
		raw, err := json.Marshal(ViewOf(d.Directory, ticket, d.standing(who, ticket), noon).InList())
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(m, func(_ string, v any) bool { list, is := v.([]any); return is && len(list) == 0 })
		if solver := m["solver"].(map[string]any); (solver["email"] != nil) != (who == "mia") || solver["name"] != "sol" {
			t.Errorf("%s is shown the solver as %v", who, solver)
		}
		return strings.Join(slices.Sorted(maps.Keys(m)), " ")
	}
	const columns = "actions category created_at number participants requester service solver status subject tag updated_at version"
	if got := keys("ben"); got != columns {
		t.Errorf("ben's list: %s", got)
	}
	if got := keys("eva"); got != columns {
		t.Errorf("eva's list: %s", got)
	}
	d.Services[printers].RequesterSees = []string{"priority"} // A76 goes for lists too
	if got := keys("ben"); got != strings.Replace(columns, "requester", "priority requester", 1) {
		t.Errorf("with the priority switched on: %s", got)
	}
	if got := keys("mia"); !strings.Contains(got, "resolved_at") || !strings.Contains(got, "organization") {
		t.Errorf("mia's list: %s", got)
	}
}

// A76, A77: whoever is shown a field is shown its changes, and nobody else; who made them is named as elsewhere (A73).
func TestChangesAreShownWithTheirField(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := wrapped(d)
	changes := map[string]string{"priority": "priority", "internal_target": "internal_target", "organization": "organization_details", "spam": ""}
	for field, of := range changes {
		r := &Record{Kind: KindProperty, Author: d.p["vic"], At: noon, Change: Change{Field: field, From: "x", To: "y"}}
		for _, on := range append(OptionalFields(), "") {
			d.Services[printers].RequesterSees = []string{on}
			v, ok := ViewOfRecord(r, d.standing("ben", ticket))
			if want := of != "" && on == of; ok != want {
				t.Errorf("with %q on, ben is shown the change of %s: %v", on, field, ok)
			} else if ok && (v.Author.Email != "" || v.Author.Name != "vic") {
				t.Errorf("by %+v", v.Author)
			}
		}
		if _, ok := ViewOfRecord(r, d.standing("rea", ticket)); !ok {
			t.Errorf("rea is not shown the change of %s", field)
		}
	}
	reply := &Record{Kind: KindMessage, Author: d.p["vic"], At: noon, ShowToRequester: true, Work: 12}
	for on, want := range map[string]struct {
		work  int
		email string
	}{"": {}, "work": {work: 12}, "solver_details": {email: "vic@city.test"}} {
		d.Services[printers].RequesterSees = []string{on}
		if v, ok := ViewOfRecord(reply, d.standing("ben", ticket)); !ok || v.Work != want.work || v.Author.Email != want.email {
			t.Errorf("with %q on, ben is shown %+v by %+v", on, v, v.Author)
		}
	}
	for _, kind := range []RecordKind{KindNote, KindAssignment, KindLink, KindApproval, KindMail, KindMerged, KindSplit} {
		d.Services[printers].RequesterSees = OptionalFields()
		if _, ok := ViewOfRecord(&Record{Kind: kind, At: noon, Work: 5, Change: Change{Field: "priority"}}, d.standing("ben", ticket)); ok {
			t.Errorf("ben is shown a %s (A69, A77)", kind)
		}
	}
}

// D15: who came later by a copy or a merge reads what came after, and their own words; an edit tells what stood before.
func TestLaterParticipantsReadNothingEarlier(t *testing.T) {
	t.Parallel()
	d := newDesk()
	since := noon.Add(time.Hour)
	ticket := d.ticket(d.with("eva"), d.with("pat"), func(x *Ticket) { x.Since = map[PersonID]time.Time{d.p["eva"].ID: since} })
	record := func(at time.Time, by string, kind RecordKind, field string) *Record {
		return &Record{Kind: kind, At: at, Author: d.p[by], ShowToRequester: true, Change: Change{Field: field}}
	}
	for name, c := range map[string]struct {
		r        *Record
		eva, pat bool
	}{
		"before":             {record(since.Add(-time.Microsecond), "sol", KindMessage, ""), false, true},
		"at that moment":     {record(since, "sol", KindMessage, ""), true, true},
		"their own, before":  {record(noon, "eva", KindMessage, ""), true, true},
		"an edit, after":     {record(since.Add(time.Hour), "ben", KindProperty, "text"), false, true},
		"a new subject":      {record(since.Add(time.Hour), "ben", KindProperty, "subject"), true, true},
		"a category, before": {record(noon, "sol", KindProperty, "category"), false, true},
	} {
		for who, want := range map[string]bool{"eva": c.eva, "pat": c.pat, "ben": true, "rea": true} {
			if _, ok := ViewOfRecord(c.r, d.standing(who, ticket)); ok != want {
				t.Errorf("%s: %s is shown it: %v", name, who, ok)
			}
		}
	}
	ticket.Since[d.p["eva"].ID] = ticket.CreatedAt // copied in the mail that opened it
	if _, ok := ViewOfRecord(record(since, "ben", KindProperty, "text"), d.standing("eva", ticket)); !ok {
		t.Error("who was there from the beginning reads the edit")
	}
	ticket.Since[d.p["ben"].ID] = since
	if _, ok := ViewOfRecord(record(noon, "sol", KindMessage, ""), d.standing("ben", ticket)); !ok {
		t.Error("the requester reads all of their own ticket")
	}
}

// A78: what the team thinks of a ticket, and what stands below it, is told to nobody else by a refusal either.
func TestRefusalsTellRequestersNothingInternal(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for name, c := range map[string]struct {
		ticket *Ticket
		action Action
		team   string
	}{
		"spam":               {d.ticket(func(t *Ticket) { t.SpamAt = noon }), ActEdit, "error.spam.is"},
		"open tickets below": {d.ticket(resolved, func(t *Ticket) { t.OpenChildren = 2 }), ActClose, "error.close.children"},
	} {
		for who, want := range map[string]string{"ben": "error.not_now", "sol": c.team} {
			var refusal *Error
			err := Decide(d.Directory, c.ticket, d.standing(who, c.ticket), c.action, noon)
			if !errors.As(err, &refusal) || refusal.Key != want || who == "ben" && len(refusal.Args) > 0 {
				t.Errorf("%s: %s is told %v", name, who, err)
			}
		}
	}
}
