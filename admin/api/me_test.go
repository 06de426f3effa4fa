package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// absence is one that begins and ends so far from now.
func absence(from, until time.Duration, delegate any) object {
	now := time.Now().UTC().Truncate(time.Second)
	return object{"from": now.Add(from), "until": now.Add(until), "delegate": delegate}
}

func TestMe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.get(200, "eva", "/me")
	if a.JSON["email"] != "eva@city.test" || a.JSON["name"] != "Eva Ruiz" || a.JSON["organization"] != "City" || a.JSON["language"] != "es" ||
		a.JSON["administrator"] != false || a.JSON["absence"] != nil || fmt.Sprint(a.JSON["stands_in_for"]) != "[]" {
		t.Errorf("eva is %s", a.Raw)
	}
	if a := r.get(200, "root", "/me"); a.JSON["administrator"] != true || a.JSON["language"] != nil {
		t.Errorf("root is %s", a.Raw)
	}
}

func TestAbsence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	put := func(status int, who string, body any) answer {
		t.Helper()
		return r.want(status, who, "PUT", "/api/v1/me/absence", body)
	}
	r.get(404, "mia", "/me/absence")
	r.want(409, "mia", "DELETE", "/api/v1/me/absence", nil)
	for _, wrong := range []object{
		absence(time.Hour, -time.Hour, nil), absence(-2*time.Hour, -time.Hour, nil), absence(0, 1000*24*time.Hour, nil),
		absence(0, time.Hour, "mia@city.test"), absence(0, time.Hour, 7), {"until": time.Now().Add(time.Hour)}, {"from": "now", "until": "later"},
	} {
		put(422, "mia", wrong)
	}
	unknown := put(422, "mia", absence(0, time.Hour, "nobody@city.test"))
	for _, who := range []string{"ken@vendor.test", "off@city.test"} { // another organization, disabled (D28)
		if a := put(422, "mia", absence(0, time.Hour, who)); a.Raw != unknown.Raw {
			t.Errorf("%s and an unknown person differ:\n%s\n%s", who, a.Raw, unknown.Raw)
		}
	}
	body := absence(-time.Hour, 24*time.Hour, "sol@city.test")
	a := put(200, "mia", body)
	if a.JSON["from"] != body["from"].(time.Time).Format(time.RFC3339) || a.JSON["until"] != body["until"].(time.Time).Format(time.RFC3339) || a.JSON["delegate"] != "sol@city.test" {
		t.Errorf("set: %s", a.Raw)
	}
	if got := r.get(200, "mia", "/me/absence"); got.Raw != a.Raw {
		t.Errorf("set %s, got %s", a.Raw, got.Raw)
	}
	if me := r.get(200, "mia", "/me"); me.JSON["absence"] == nil {
		t.Errorf("mia is %s", me.Raw)
	}
	if me := r.get(200, "sol", "/me"); !strings.Contains(fmt.Sprint(me.JSON["stands_in_for"]), "mia@city.test") {
		t.Errorf("sol is %s", me.Raw)
	}
	r.get(404, "sol", "/me/absence") // only one's own
	path := r.open("ben", "Paper jam")
	if a := r.act(200, "sol", path, "spam", nil); a.JSON["spam"] != true { // in place of the main solver (E14)
		t.Errorf("marked: %s", a.Raw)
	}
	if a := put(200, "mia", absence(time.Hour, 24*time.Hour, nil)); a.JSON["delegate"] != nil {
		t.Errorf("set without delegate: %s", a.Raw)
	}
	r.want(204, "mia", "DELETE", "/api/v1/me/absence", nil)
	r.get(404, "mia", "/me/absence")
	r.act(403, "sol", path, "spam", object{"undo": true})
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	stands := func(service, reason, want string) {
		t.Helper()
		for _, n := range list(r.get(200, "mia", "/me/notifications?service="+service), "notifications") {
			if n["reason"] == reason {
				if got := fmt.Sprint(n["wanted"], " ", n["from"]); got != want {
					t.Errorf("%s in %q: %s, want %s", reason, service, got, want)
				}
				return
			}
		}
		t.Errorf("%s is not in the list", reason)
	}
	put := func(status int, body object) answer {
		t.Helper()
		return r.want(status, "mia", "PUT", "/api/v1/me/notifications", body)
	}
	told := func() bool {
		return strings.Contains(r.get(200, "sol", path+"/who?event=ticket_created").Raw, "mia@city.test")
	}

	stands("", "new_ticket", "true default")
	if !told() {
		t.Error("mia is not told of new tickets")
	}
	r.sql(`update service set notifications = '{"new_ticket": false}' where name = 'IT'`)
	r.sql("update desk set version = version + 1")
	stands("Printers", "new_ticket", "false service") // of the folder above it
	stands("", "new_ticket", "true default")
	put(200, object{"reason": "new_ticket", "wanted": true})
	stands("Printers", "new_ticket", "true person")
	a := put(200, object{"reason": "new_ticket", "service": "IT/Printers", "wanted": false})
	stands("Printers", "new_ticket", "false person_service")
	stands("Network", "new_ticket", "true person")
	if own := list(a, "own"); len(own) != 2 || !strings.Contains(a.Raw, `{"reason":"new_ticket","service":"IT/Printers","wanted":false}`) {
		t.Errorf("mia said %v", own)
	}
	if told() {
		t.Error("mia is told of what she switched off")
	}
	if own := list(r.get(200, "sol", "/me/notifications"), "own"); len(own) != 0 { // only one's own
		t.Errorf("sol said %v", own)
	}
	put(200, object{"reason": "new_ticket", "service": "Printers", "wanted": nil})
	put(200, object{"reason": "new_ticket", "wanted": nil})
	stands("Printers", "new_ticket", "false service")

	for _, wrong := range []object{
		{"reason": "approver", "wanted": false}, // who is asked cannot switch that off (E4)
		{"reason": "x", "wanted": false}, {"reason": "new_ticket"}, {"wanted": true}, {"reason": "new_ticket", "wanted": "no"},
		{"reason": "new_ticket", "wanted": true, "service": "Nowhere"},
	} {
		put(422, wrong)
	}
	r.get(422, "mia", "/me/notifications?service=Nowhere")
}
