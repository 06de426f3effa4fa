package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// words of a list as it is printed.
func words(printed string) []string { return strings.Fields(strings.Trim(printed, "[]")) }

func TestMove(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	to := func(service string) object { return object{"service": service} }
	r.act(403, "ben", path, "move", to("Network"))
	r.act(403, "rea", path, "move", to("Network"))
	r.act(422, "mia", path, "move", object{})
	unknown := r.act(422, "mia", path, "move", to("Nowhere"))
	if hidden := r.act(422, "mia", path, "move", to("Network")); hidden.Raw != unknown.Raw { // D28
		t.Errorf("a service that is not open to mia and one that is not there differ:\n%s\n%s", hidden.Raw, unknown.Raw)
	}
	r.act(409, "mia", path, "move", to("Printers"))
	r.grant(r.city.Network, core.Solver, "mia")
	r.grant(r.city.Network, core.TicketReporter, "sol")
	r.get(404, "net", path)
	a := r.act(204, "sol", path, "move", to("IT/Network")) // a reporter there does not see it (A60)
	if a.Raw != "" || a.Header.Get("ETag") != "" {
		t.Errorf("the answer tells %q %v", a.Raw, a.Header)
	}
	r.get(404, "sol", path)
	if a := r.get(200, "net", path); a.JSON["service"] != "Network" {
		t.Errorf("moved: %s", a.Raw)
	}
	if a := r.act(200, "mia", path, "move", to("printers")); a.JSON["service"] != "Printers" {
		t.Errorf("moved back: %s", a.Raw)
	}
	r.act(200, "mia", path, "resolve", nil)
	r.act(409, "mia", path, "move", to("Network"))
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "ben", path, "participant", object{"add": "eva@city.test"})
	r.act(403, "mia", path, "withdraw", nil)
	r.act(403, "eva", path, "withdraw", nil) // the requester only (D25)
	if a := r.act(200, "ben", path, "withdraw", nil); a.JSON["status"] != "resolved" || a.JSON["withdrawn"] != true {
		t.Errorf("withdrawn: %s", a.Raw)
	}
	r.act(409, "ben", path, "withdraw", nil)
	if a := r.act(200, "ben", path, "reopen", nil); a.JSON["status"] != "open" || a.JSON["withdrawn"] != nil {
		t.Errorf("reopened: %s", a.Raw)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "ben", path, "participant", object{"add": "eva@city.test"})
	r.act(403, "eva", path, "edit", object{"subject": "x"})
	r.act(403, "rea", path, "edit", object{"subject": "x"})
	r.act(422, "ben", path, "edit", object{"subject": " "})
	r.act(422, "ben", path, "edit", object{"text": " "})
	r.act(422, "ben", path, "edit", object{"colour": "red"})
	r.act(422, "ben", path, "edit", object{"subject": "a\x00b"})
	r.act(409, "ben", path, "edit", object{"subject": "Paper jam", "text": "It makes a noise."})
	if a := r.act(200, "ben", path, "edit", object{"subject": "Toner", "text": "It is empty."}); a.JSON["subject"] != "Toner" {
		t.Errorf("edited: %s", a.Raw)
	}
	log := list(r.get(200, "mia", path+"/log"), "records")
	if log[0]["text"] != "It is empty." {
		t.Errorf("the request says %v", log[0]["text"])
	}
	if raw := fmt.Sprint(log); !strings.Contains(raw, "Paper jam") || !strings.Contains(raw, "It makes a noise.") { // E13: what was there before
		t.Errorf("the log does not keep the old words: %s", raw)
	}
	r.act(403, "ben", path, "edit", object{"organization": "Vendor"}) // the team's (D27)
	r.act(422, "mia", path, "edit", object{"organization": "Nobody's"})
	if a := r.act(200, "mia", path, "edit", object{"organization": "Vendor"}); a.JSON["organization"] != "Vendor" {
		t.Errorf("related to %v", a.JSON["organization"])
	}
	if a := r.get(200, "ben", path); a.JSON["organization"] != nil { // A75
		t.Errorf("the requester sees the organization %v", a.JSON["organization"])
	}
	if a := r.act(200, "mia", path, "edit", object{"organization": ""}); a.JSON["organization"] != nil {
		t.Errorf("related to %v", a.JSON["organization"])
	}
	r.act(200, "mia", path, "resolve", nil)
	r.act(409, "ben", path, "edit", object{"subject": "x"})
}

func TestInternalTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	due := func(at any) object { return object{"internal_target": at} }
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	r.act(403, "ben", path, "due", due(tomorrow))
	r.act(403, "rea", path, "due", due(nil))
	for _, malformed := range []object{{}, due("tomorrow"), due(7), due(time.Now().Add(-time.Minute))} {
		r.act(422, "mia", path, "due", malformed)
	}
	r.act(409, "mia", path, "due", due(nil))
	a := r.act(200, "mia", path, "due", due(tomorrow.In(time.FixedZone("", -6*3600))))
	if a.JSON["internal_target"] != tomorrow.Format(time.RFC3339) {
		t.Errorf("the target is %v, want %v", a.JSON["internal_target"], tomorrow)
	}
	if got := r.get(200, "ben", path).JSON["internal_target"]; got != nil { // A71
		t.Errorf("the requester sees the target %v", got)
	}
	if a := r.act(200, "mia", path, "due", due(nil)); a.JSON["internal_target"] != nil {
		t.Errorf("cleared, it is %v", a.JSON["internal_target"])
	}
}

func TestSpam(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Cheap pills")
	r.act(403, "sol", path, "spam", nil) // main solvers only (D25)
	r.act(403, "ben", path, "spam", nil)
	r.act(422, "mia", path, "spam", object{"undone": true})
	r.act(409, "mia", path, "spam", object{"undo": true})
	if a := r.act(200, "mia", path, "spam", nil); a.JSON["spam"] != true || fmt.Sprint(a.JSON["actions"]) != "[record spam]" {
		t.Errorf("marked: %s", a.Raw)
	}
	for query, want := range map[string]string{"": "", "?queue=all": "", "?queue=unassigned": "", "?queue=spam": "Cheap pills"} {
		if got := subjects(r.get(200, "mia", "/tickets"+query)); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	for _, who := range []string{"sol", "ben"} {
		if got := subjects(r.get(200, who, "/tickets?queue=spam")); got != "" {
			t.Errorf("%s finds %q in the spam", who, got)
		}
	}
	r.act(409, "mia", path, "spam", object{})
	r.act(409, "mia", path, "take", nil)
	r.act(409, "mia", path, "resolve", object{"text": "x"})
	if a := r.act(200, "mia", path, "spam", object{"undo": true}); a.JSON["spam"] != nil {
		t.Errorf("undone: %s", a.Raw)
	}
	if got := subjects(r.get(200, "mia", "/tickets")); got != "Cheap pills" {
		t.Errorf("undone, the list has %q", got)
	}
	r.act(200, "mia", path, "spam", object{"undo": false})
	r.sql("update ticket set spam_at = spam_at - interval '31 days'")
	r.act(409, "mia", path, "spam", object{"undo": true})
}

func TestWork(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(403, "ben", path, "record", object{"text": "x", "work": 5})
	for _, malformed := range []any{-1, "long", 1.5, 1_000_000} {
		r.act(422, "mia", path, "record", object{"text": "x", "work": malformed})
	}
	r.act(200, "mia", path, "record", object{"text": "Looked at it", "work": 20})
	a := r.act(200, "sol", path, "record", formOf([]file{{"a.txt", "text/plain", "x"}}, "text", "Mended", "work", "25", "show_to_requester", "true"))
	if a.JSON["work"] != 45.0 {
		t.Errorf("the work is %v, want 45", a.JSON["work"])
	}
	work := map[any]any{}
	for _, rec := range list(r.get(200, "rea", path+"/log"), "records") {
		work[rec["text"]] = rec["work"]
	}
	if work["Looked at it"] != 20.0 || work["Mended"] != 25.0 {
		t.Errorf("the log has the work %v", work)
	}
	if raw := r.get(200, "ben", path).Raw + r.get(200, "ben", path+"/log").Raw; strings.Contains(raw, `"work"`) { // A70
		t.Errorf("the requester sees the work: %s", raw)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path, other := r.open("ben", "Paper jam"), r.open("ben", "Other")
	r.act(200, "ben", path, "record", formOf([]file{{"photo.txt", "text/plain", "a photo"}}, "text", "And the phone is dead."))
	r.act(200, "mia", path, "record", object{"text": "A note"})
	log := list(r.get(200, "mia", path+"/log"), "records")
	message, note := log[1]["id"], log[2]["id"]
	record := func(id any) object { return object{"record": id} }
	r.act(403, "ben", path, "split", record(message))
	r.act(403, "rea", path, "split", record(message))
	r.act(403, "man", path, "split", record(message)) // solves, and opens for nobody else (A5)
	r.act(422, "mia", path, "split", object{})
	r.act(422, "mia", path, "split", record("x"))
	r.act(422, "mia", path, "split", record("0190a1b2-0000-7000-8000-000000000000"))
	r.act(422, "mia", other, "split", record(message)) // of another ticket
	r.act(409, "mia", path, "split", record(note))
	a := r.act(200, "mia", path, "split", record(message))
	links, _ := a.JSON["links"].([]any)
	if ticketPath(a) != path || len(links) != 1 {
		t.Fatalf("split: %s", a.Raw)
	}
	opened := fmt.Sprintf("/tickets/%.0f", links[0])
	if a := r.get(200, "ben", opened); a.JSON["requester"].(object)["email"] != "ben@city.test" {
		t.Errorf("opened: %s", a.Raw)
	}
	first := list(r.get(200, "ben", opened+"/log"), "records")[0]
	if files, _ := first["attachments"].([]any); first["text"] != "And the phone is dead." || len(files) != 1 {
		t.Errorf("the new ticket begins with %v", first)
	}
	if links := r.get(200, "mia", opened).JSON["links"].([]any); !slices.Contains(links, a.JSON["number"]) {
		t.Errorf("the new ticket links %v", links)
	}
}
