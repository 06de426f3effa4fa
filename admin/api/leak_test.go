package api_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
)

// What the team keeps to itself must stand in no answer to the requester's side, to other organizations, or to an
// administrator without a role (A66–A77, A87): neither in bodies and headers nor in what a search finds or counts.
func TestNothingInternalLeaks(t *testing.T) {
	t.Parallel()
	const mark = "Xyzzy93"
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "ben", path, "participant", object{"add": "pat@city.test"})
	r.act(200, "mia", path, "record", formOf([]file{{mark + "-file.txt", "text/plain", mark + " content"}}, "text", mark+" note"))
	r.act(200, "mia", path, "assign", object{"solver": "vic@vendor.test"})
	r.act(200, "mia", path, "priority", object{"priority": "urgent"})
	r.act(200, "mia", path, "follower", object{"add": "rea@city.test"})
	r.act(200, "mia", path, "due", object{"internal_target": "2099-01-02T03:04:05Z"})
	r.act(200, "mia", path, "record", object{"text": mark + " effort", "work": 77})
	r.act(200, "mia", path, "ask", object{"approvers": []string{"gus@city.test"}, "text": mark + " question"})
	r.act(200, "gus", path, "reject", object{"text": mark + " verdict"})
	held := r.hold(r.city.Printers, "evil@vendor.test", mark+" held", mark+" text")
	r.sql("update outbox set state = 'bounced', response = '550 no' where record_id is not null and event = 'ticket_created'")

	var id string
	for _, rec := range list(r.get(200, "mia", path+"/log"), "records") {
		for _, f := range rec["attachments"].([]any) {
			id = f.(object)["id"].(string)
		}
	}
	team := r.get(200, "mia", path).Raw + r.get(200, "mia", path+"/log").Raw + r.get(200, "mia", path+"/who?event=closed").Raw + r.get(200, "mia", "/tickets?q="+mark).Raw + r.get(200, "mia", "/quarantine").Raw +
		r.get(200, "mia", path+"/attachments/"+id).Raw
	for _, planted := range []string{mark + " note", mark + "-file", mark + " content", mark + " held", "urgent", "vic@vendor.test", "rea@city.test", `"total":1`,
		"2099-01-02", `"work":77`, mark + " effort", mark + " question", mark + " verdict", "gus@city.test", `"recipients"`, `"deliveries":[{`} {
		if !strings.Contains(team, planted) {
			t.Fatalf("the team does not see %q: the test would find nothing", planted)
		}
	}
	for _, who := range []string{"ben", "pat", "eva", "ken", "root", "tre", "exa", "net"} {
		var answers []answer
		for _, get := range []string{path, path + "/log", path + "/attachments/" + id, "/tickets", "/tickets?queue=mine", "/tickets?status=triaged",
			path + "/who?event=closed", "/tickets?queue=spam", "/approvals", "/reports", "/reports.csv?by=solver", "/me", "/me/addresses", "/me/notifications",
			"/services", "/people?q=" + mark, "/people?q=vic", "/people?q=rea", "/quarantine", "/admin/mail/inbound", "/admin/mail/outbound",
			"/tickets?q=" + mark, "/tickets?q=" + mark + "%20note"} {
			a := r.call(who, "GET", "/api/v1"+get, nil)
			if strings.HasPrefix(get, "/people") || who == "root" && strings.HasPrefix(get, "/admin/mail") {
				// Colleagues' addresses are no secret, nor is where the desk's mail goes to those who run it; what it says is.
				a.Raw = strings.NewReplacer("vic@vendor.test", "", "rea@city.test", "", "gus@city.test", "").Replace(a.Raw)
			}
			answers = append(answers, a)
			if strings.Contains(get, "/tickets?q=") && (len(list(a, "tickets")) != 0 || fmt.Sprint(a.JSON["counts"]) != "map[mine:0 open:0 overdue:0 total:0]") {
				t.Errorf("%s finds a hidden word: %s", who, a.Raw)
			}
		}
		for _, action := range core.Actions() { // whoever sees the ticket gets it with the refusal (E5)
			answers = append(answers, r.call(who, "POST", "/api/v1"+path+"/actions/"+string(action), wellFormed(t, action), "If-Match", "1"))
		}
		answers = append(answers,
			r.call(who, "POST", "/api/v1"+path+"/actions/record", object{"text": "Hello"}),
			r.call(who, "POST", "/api/v1"+path+"/actions/participant", object{"add": "eva@city.test"}),
			r.call(who, "POST", "/api/v1"+path+"/actions/participant", object{"remove": "eva@city.test"}),
			r.call(who, "POST", "/api/v1"+path+"/actions/assign", object{"solver": "sol@city.test"}),
			r.call(who, "POST", fmt.Sprintf("/api/v1/quarantine/%d/refuse", held), nil),
			r.call(who, "POST", fmt.Sprintf("/api/v1/quarantine/%d/attach", held), object{"number": 1001}))
		for i, a := range answers {
			everything := a.Raw + fmt.Sprint(a.Header)
			for _, secret := range []string{mark, "urgent", "priority", "vic@vendor.test", "rea@city.test", "note_added", "gus@city.test", "2099", `"work"`, `"recipients"`, `"deliveries"`} {
				if strings.Contains(everything, secret) && !(who == "root" && secret == "note_added") {
					t.Errorf("%s reads %q in answer %d: %s", who, secret, i, everything)
				}
			}
		}
	}
}
