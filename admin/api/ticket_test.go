package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

func keys(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func TestTicketHasTheFieldsOfTheContract(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	has := func(who string, a answer, contract string, extensions ...string) {
		t.Helper()
		want := append(strings.Fields(contract), extensions...)
		slices.Sort(want)
		if got := keys(a.JSON); got != strings.Join(want, " ") {
			t.Errorf("%s:\n got %s\nwant %s", who, got, strings.Join(want, " "))
		}
	}
	const contract = "actions approvals category children created_at followers number participants requester service status subject tag updated_at version"
	full := r.get(200, "mia", path)
	has("main solver", full, contract+" priority", "links", "merged", "organization")
	for _, key := range []string{"actions", "approvals", "children", "followers", "participants", "links", "merged"} {
		if _, ok := full.JSON[key].([]any); !ok {
			t.Errorf("%s is no list: %v", key, full.JSON[key])
		}
	}
	if full.JSON["tag"] != fmt.Sprintf("[IT #%.0f]", full.JSON["number"]) || full.JSON["status"] != "open" || full.JSON["service"] != "Printers" {
		t.Errorf("the ticket is %s", full.Raw)
	}
	if person := full.JSON["requester"].(map[string]any); person["email"] != "ben@city.test" || person["name"] != "Ben Staff" {
		t.Errorf("the requester is %v", person)
	}
	if full.Header.Get("ETag") != fmt.Sprintf("%q", fmt.Sprint(full.JSON["version"])) {
		t.Errorf("the tag of version %v is %s", full.JSON["version"], full.Header.Get("ETag"))
	}
	r.act(200, "mia", path, "assign", map[string]string{"solver": "vic@vendor.test", "group": ""})
	r.act(200, "mia", path, "resolve", nil)
	full = r.get(200, "mia", path)
	if full.JSON["resolved_at"] == nil || full.JSON["solver"].(map[string]any)["email"] != "vic@vendor.test" {
		t.Errorf("resolved: %s", full.Raw)
	}
	seen := r.get(200, "ben", path)
	has("requester", seen, contract+" resolved_at solver", "links", "merged", "organization") // the organization is their own (D9)
	if solver := seen.JSON["solver"].(map[string]any); keys(solver) != "name" {               // A73
		t.Errorf("a requester sees of a solver of another organization %v", solver)
	}
}

func TestRequesterSeesThePriorityOnlyWhereItIsSwitchedOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	if p, ok := r.get(200, "ben", path).JSON["priority"]; ok {
		t.Errorf("the requester sees the priority %v", p)
	}
	r.sql("update service set requester_sees = '{priority}' where name = 'Printers'")
	r.sql("update desk set version = version + 1")
	if p := r.get(200, "ben", path).JSON["priority"]; p != "normal" { // A76
		t.Errorf("switched on, the requester sees the priority %v", p)
	}
}

func TestTicketIsNotFoundForWhoMayNotSeeIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	nothing := r.get(404, "mia", "/tickets/999999")
	for _, who := range []string{"eva", "ken", "root", "tre", "exa", "net"} {
		for _, p := range []string{path, path + "/log", path + "/attachments/x"} {
			if a := r.get(404, who, p); who != "eva" && a.Raw != nothing.Raw {
				t.Errorf("%s as %s differs from what is not there: %s", p, who, a.Raw)
			}
		}
		for _, action := range core.Actions() {
			r.act(404, who, path, string(action), wellFormed(t, action))
		}
		r.get(404, who, path+"/who?event=ticket_created")
	}
	for _, malformed := range []string{"/tickets/x", "/tickets/0", "/tickets/-1"} {
		r.get(422, "mia", malformed)
	}
	r.get(404, "mia", path+"/nothing")
	r.want(405, "mia", "DELETE", "/api/v1"+path, nil)
}

func TestMergedNumberLeadsToTheSurvivor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	old, kept := r.open("ben", "Twice"), r.open("ben", "Once")
	r.sql("update ticket set merged_into = $1::bigint where number = $2::bigint", strings.TrimPrefix(kept, "/tickets/"), strings.TrimPrefix(old, "/tickets/"))
	if a := r.get(200, "mia", old); a.JSON["subject"] != "Once" {
		t.Errorf("the merged number shows %s", a.Raw)
	}
	if a := r.act(200, "mia", old, "take", nil); a.JSON["subject"] != "Once" {
		t.Errorf("acting on the merged number answers %s", a.Raw)
	}
}

func TestOpenTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ticket := func(more ...string) map[string]string {
		m := map[string]string{"service": "Printers", "subject": "Paper jam", "text": "It makes a noise."}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	a := r.post(201, "ben", "/tickets", ticket("category", "hardware", "priority", "urgent", "service", "it/printers"))
	if a.Header.Get("Location") != fmt.Sprintf("/api/v1/tickets/%.0f", a.JSON["number"]) || a.JSON["category"] != "hardware" {
		t.Errorf("opened: %s at %s", a.Raw, a.Header.Get("Location"))
	}
	if _, ok := a.JSON["priority"]; ok { // stated by the requester (C9), yet not shown (D8)
		t.Errorf("the answer shows the requester the priority: %s", a.Raw)
	}
	if a := r.get(200, "mia", fmt.Sprintf("/tickets/%.0f", a.JSON["number"])); a.JSON["priority"] != "urgent" {
		t.Errorf("the team sees the priority %v", a.JSON["priority"])
	}
	for field, value := range map[string]string{"service": "Nowhere", "subject": " ", "text": "", "category": "cars", "priority": "asap"} {
		if a := r.post(422, "ben", "/tickets", ticket(field, value)); a.JSON["field"] != field || a.JSON["code"] != "invalid" {
			t.Errorf("%s %q: %s", field, value, a.Raw)
		}
	}
	r.post(422, "ben", "/tickets", ticket("service", "IT")) // a folder takes no tickets (A31)
	if a := r.post(422, "ben", "/tickets", ticket("colour", "red")); a.JSON["field"] != "colour" {
		t.Errorf("an unknown field: %s", a.Raw)
	}
	r.post(422, "ben", "/tickets", `{"service": 1}`)
	r.post(400, "ben", "/tickets", `{"service":`)
	r.post(400, "ben", "/tickets", `{} {}`)
	r.post(415, "ben", "/tickets", "service=Printers", "Content-Type", "text/plain")
	r.post(403, "ken", "/tickets", ticket()) // no SLA
	r.post(403, "ben", "/tickets", ticket("on_behalf_of", "eva@city.test"))
	r.post(403, "man", "/tickets", ticket("on_behalf_of", "eva@city.test")) // a manager neither
	r.post(403, "exa", "/tickets", ticket("on_behalf_of", "eva@city.test"))
}

func TestOpenTicketOnBehalf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := func(whom string) map[string]string {
		return map[string]string{"service": "Printers", "subject": "Paper jam", "text": "x", "on_behalf_of": whom}
	}
	a := r.post(201, "sol", "/tickets", body("Ben@City.test"))
	if person := a.JSON["requester"].(map[string]any); person["email"] != "ben@city.test" {
		t.Errorf("the requester is %v", person)
	}
	// An unknown person, a disabled one and one who is no requester get the same answer (D28).
	unknown := r.post(422, "sol", "/tickets", body("nobody@city.test"))
	for _, whom := range []string{"ken@vendor.test", "off@city.test"} {
		if a := r.post(422, "sol", "/tickets", body(whom)); a.Raw != unknown.Raw {
			t.Errorf("%s and an unknown person differ:\n%s\n%s", whom, a.Raw, unknown.Raw)
		}
	}
	// Who may not open for others learns nothing of the kind.
	if known, unknown := r.post(403, "ben", "/tickets", body("eva@city.test")), r.post(403, "ben", "/tickets", body("nobody@city.test")); known.Raw != unknown.Raw {
		t.Errorf("known and unknown differ:\n%s\n%s", known.Raw, unknown.Raw)
	}
	// A ticket reporter sees the ticket no more (A60).
	a = r.post(201, "tre", "/tickets", body("ben@city.test"))
	if keys(a.JSON) != "number tag" || a.Header.Get("Location") != "" {
		t.Errorf("the ticket reporter gets %s", a.Raw)
	}
	r.get(404, "tre", fmt.Sprintf("/tickets/%.0f", a.JSON["number"]))
	r.post(403, "tre", "/tickets", body("")) // for themselves they need an SLA
}
