package core

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func full(d *desk) *Ticket {
	return d.ticket(d.solver("vic"), d.with("eva"), d.followed("net"), grouped, func(t *Ticket) {
		t.Status, t.Parent, t.Children, t.FirstResponse = InProgress, 1001, []Number{1077}, noon
	})
}

// What a requester is never shown stands in no form that leaves core (A68–A75, D8).
func TestRequestersViewHidesTheMachinery(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for _, who := range []string{"ben", "eva"} {
		v := ViewOf(d.Directory, full(d), d.standing(who, full(d)), noon)
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"high", "Field", "net@city.test", "vic@city.test", "1001", "1077"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s is shown %s: %s", who, secret, raw)
			}
		}
		if v.Solver == nil || v.Solver.Name != "vic" || v.Subject != "Paper jam" || v.Tag != "[IT #1042]" || v.Service != "Printers" ||
			v.Internal || v.TeamSide || len(v.Participants) != 1 {
			t.Errorf("%s misses what requesters are shown (D8): %+v", who, v)
		}
	}
	ticket := full(d)
	ticket.Solver = d.p["sol"]
	if v := ViewOf(d.Directory, ticket, d.standing("ben", ticket), noon); v.Solver.Email != "sol@city.test" {
		t.Errorf("a solver of their own organization is no secret: %+v", v.Solver)
	}
	ticket = d.ticket(d.from("nil"), d.solver("nil")) // D9
	s := d.standing("nil", ticket)
	s.Roles = RoleSet(0).With(Requester)
	other := *d.p["nil"]
	other.ID, other.Email = 99, "other@nowhere.test"
	ticket.Solver = &other
	s.Solver = false
	if v := ViewOf(d.Directory, ticket, s, noon); v.Solver.Email != "" {
		t.Error("having no organization is not the same as having the same one (D9)")
	}
}

// A76: a service can show the priority to its requesters.
func TestOptionalFieldsAreSwitchedOnByService(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.Services[printers].RequesterSees = []string{"priority"}
	v := ViewOf(d.Directory, full(d), d.standing("ben", full(d)), noon)
	if v.Priority != High || v.Group != "" {
		t.Errorf("priority %q, group %q", v.Priority, v.Group)
	}
}

// The team, readers and followers read everything.
func TestTeamSeesAll(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for _, who := range []string{"mia", "sol", "gus", "man", "rea", "net"} {
		v := ViewOf(d.Directory, full(d), d.standing(who, full(d)), noon)
		if v.Priority != High || v.Group != "Field" || len(v.Followers) != 1 || v.Parent != 1001 || len(v.Children) != 1 ||
			v.Solver.Email == "" || !v.Internal || !v.TeamSide {
			t.Errorf("%s sees %+v", who, v)
		}
	}
}

// A18, A19, A77: of the log, requesters see what is shown to them, without what is the team's.
func TestRecordsAreCut(t *testing.T) {
	t.Parallel()
	d := newDesk()
	yes := true
	shown := &Record{ID: "1", Kind: KindMessage, Author: d.p["vic"], Text: "Fixed.", Folded: "> a secret", ShowToRequester: true,
		Verified: &yes, MessageID: "m@city.test", Attachments: []Attachment{{ID: "a", Name: "n.txt", Size: 3}}}
	note := &Record{ID: "2", Kind: KindNote, Author: d.p["sol"], Text: "a secret"}
	stranger := &Record{ID: "3", Kind: KindMessage, AuthorAddress: "x@evil.test", Text: "hello", ShowToRequester: true}
	for _, who := range []string{"ben", "eva"} {
		s := d.standing(who, full(d))
		if _, ok := ViewOfRecord(note, s); ok {
			t.Errorf("%s sees a note", who)
		}
		v, ok := ViewOfRecord(shown, s)
		if !ok || v.Text != "Fixed." || v.Folded != "" || v.Verified != nil || v.MessageID != "" || v.Author.Name != "vic" || v.Author.Email != "" || len(v.Attachments) != 1 {
			t.Errorf("%s sees %+v", who, v)
		}
		if v, ok := ViewOfRecord(stranger, s); !ok || v.Author != nil {
			t.Errorf("%s sees the address of a stranger: %+v", who, v.Author)
		}
	}
	no := false
	unproven := &Record{ID: "4", Kind: KindMessage, Author: d.p["ben"], Text: "hello", ShowToRequester: true, Verified: &no}
	if v, _ := ViewOfRecord(unproven, d.standing("eva", full(d))); v.Verified == nil || *v.Verified {
		t.Error("eva is not told that words under ben's name are not proven to be his")
	}
	if v, _ := ViewOfRecord(unproven, d.standing("ben", full(d))); v.Verified != nil {
		t.Error("ben is told that his own words are not proven")
	}
	for _, who := range []string{"sol", "rea", "net"} {
		if v, ok := ViewOfRecord(note, d.standing(who, full(d))); !ok || v.Text != "a secret" {
			t.Errorf("%s sees no note", who)
		}
		if v, ok := ViewOfRecord(shown, d.standing(who, full(d))); !ok || v.Folded == "" || v.Verified == nil || v.Author.Email == "" {
			t.Errorf("%s sees %+v", who, v)
		}
	}
	for _, who := range []string{"tre", "root", "exa", "off", "pat"} {
		if _, ok := ViewOfRecord(shown, d.standing(who, full(d))); ok {
			t.Errorf("%s sees a record of a ticket that they do not see", who)
		}
	}
}

// The actions offered, person by person.
func TestActions(t *testing.T) {
	t.Parallel()
	d := newDesk()
	const work = "status resolve move record priority category participant follower edit split link due"
	for _, c := range []struct {
		who, name string
		ticket    *Ticket
		want      string
	}{
		{"mia", "unassigned", d.ticket(), "take assign " + work + " spam ask merge parent"},
		{"sol", "in a group", d.ticket(grouped), "take assign return " + work + " ask merge parent"},
		{"sol", "theirs", d.ticket(d.solver("sol")), "assign return " + work + " ask merge parent"},
		{"man", "unassigned", d.ticket(), "assign status resolve move record priority category participant follower edit link due ask merge parent"},
		{"man", "resolved by them", d.ticket(resolved, d.solver("man")), "reopen record participant follower"},
		{"exa", "theirs", d.ticket(d.solver("exa")), "assign return status resolve move record priority category participant edit link due merge parent"},
		{"rea", "unassigned", d.ticket(), "record participant follower"},
		{"net", "follows", d.ticket(d.followed("net")), "record participant follower"},
		{"ben", "own", d.ticket(), "record participant withdraw edit"},
		{"ben", "own, resolved", d.ticket(resolved), "reopen record participant close"},
		{"eva", "takes part, resolved", d.ticket(resolved, d.with("eva")), "reopen record participant close"},
		{"mia", "resolved", d.ticket(resolved), "reopen record participant follower close split link spam merge parent"},
		{"tre", "none", d.ticket(), ""},
		{"root", "none", d.ticket(), ""},
	} {
		var got []string
		for _, a := range ActionsOf(d.Directory, c.ticket, d.standing(c.who, c.ticket), noon.Add(time.Hour)) {
			got = append(got, string(a))
		}
		if !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s, %s: %q, want %q", c.who, c.name, got, c.want)
		}
	}
}
