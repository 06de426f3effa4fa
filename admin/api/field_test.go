package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// asking gives tickets of Printers custom fields: floor is for requesters, asset tag is the team's.
func (r *rig) asking() {
	r.Helper()
	r.sql(`update service set ticket_fields = '[{"name": "floor", "requesters": true, "choices": ["1", "2"]}, {"name": "asset tag"}]' where id = $1`, r.city.Printers)
	r.sql("update desk set version = version + 1")
}

// D27: fields are set with the ticket, as JSON and by a form, and changed by edit; each sees their own.
func TestTicketFields(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.asking()
	opening := func(fields any) object {
		return object{"service": "Printers", "subject": "Jam", "text": "x", "fields": fields}
	}
	for _, malformed := range []any{"floor", []string{"floor"}, object{"floor": 1}, object{"floor": nil, "x": object{}}, 7} {
		r.post(422, "ben", "/tickets", opening(malformed))
	}
	if a := r.post(422, "ben", "/tickets", opening(object{"asset tag": "A-17"})); a.JSON["field"] != "fields" || !strings.Contains(a.Raw, "floor") || strings.Contains(a.Raw, "A-17") {
		t.Errorf("a field of the team's: %s", a.Raw)
	}
	if a := r.post(422, "ben", "/tickets", opening(object{"floor": "3"})); !strings.Contains(a.Raw, "1, 2") {
		t.Errorf("none of the choices: %s", a.Raw)
	}
	r.post(422, "ben", "/tickets", opening(object{"floor": strings.Repeat("1", 501)}))
	path := ticketPath(r.post(201, "ben", "/tickets", opening(object{"floor": "2"})))
	if a := r.act(200, "mia", path, "edit", object{"fields": object{"asset tag": "A-17"}}); fmt.Sprint(a.JSON["fields"]) != "map[asset tag:A-17 floor:2]" {
		t.Errorf("mia sees %v", a.JSON["fields"])
	}
	r.act(422, "mia", path, "edit", object{"fields": object{"asset tag": 17}})
	r.act(422, "ben", path, "edit", object{"fields": object{"asset tag": ""}})
	r.act(403, "rea", path, "edit", object{"fields": object{"floor": "1"}})
	r.act(409, "ben", path, "edit", object{"fields": object{"floor": "2"}})
	r.act(409, "ben", path, "edit", object{"fields": object{}})
	if a := r.act(200, "ben", path, "edit", object{"fields": object{"floor": "1"}}); fmt.Sprint(a.JSON["fields"]) != "map[floor:1]" {
		t.Errorf("ben sees %v", a.JSON["fields"])
	}
	if raw := r.get(200, "ben", path).Raw + r.get(200, "ben", path+"/log").Raw + r.get(200, "ben", "/tickets").Raw; strings.Contains(raw, "asset") || strings.Contains(raw, "A-17") {
		t.Errorf("ben reads of the team's field: %s", raw)
	}
	if raw := r.get(200, "ben", "/tickets").Raw; strings.Contains(raw, `"fields"`) { // D8
		t.Errorf("ben's list has fields: %s", raw)
	}
	if raw := r.get(200, "rea", path+"/log").Raw; !strings.Contains(raw, "fields.asset tag") || !strings.Contains(raw, "fields.floor") {
		t.Errorf("rea does not read what changed: %s", raw)
	}
	if a := r.act(200, "ben", path, "edit", object{"fields": object{"floor": ""}}); a.JSON["fields"] != nil {
		t.Errorf("cleared: %v", a.JSON["fields"])
	}
	a := r.post(201, "mia", "/tickets", formOf([]file{{"a.txt", "text/plain", "x"}}, "service", "Printers", "subject", "Jam", "text", "x", "fields", `{"asset tag":"A-18"}`))
	if fmt.Sprint(a.JSON["fields"]) != "map[asset tag:A-18]" {
		t.Errorf("by a form: %s", a.Raw)
	}
	r.post(422, "mia", "/tickets", formOf(nil, "service", "Printers", "subject", "Jam", "text", "x", "fields", "asset tag"))
	for who, want := range map[string]string{"ben": "floor", "mia": "floor asset tag"} {
		for _, s := range list(r.get(200, who, "/services"), "services") {
			var names []string
			for _, f := range s["fields"].([]any) {
				names = append(names, f.(object)["name"].(string))
			}
			if got := strings.Join(names, " "); s["name"] == "Printers" && got != want {
				t.Errorf("%s is told of the fields %s, want %s", who, got, want)
			}
		}
	}
}

// Custom fields of people and organizations (A72, A74) are cut from what the API answers, until a service shows them.
func TestFieldsOfPeopleAndOrganizationsAreCut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sql(`update person set fields = '{"room": "canary-requester"}' where email = 'ben@city.test'`)
	r.sql(`update person set fields = '{"phone": "canary-solver"}' where email = 'sol@city.test'`)
	r.sql(`update organization set fields = '{"code": "canary-organization"}' where name = 'City'`)
	r.sql("update desk set version = version + 1")
	path := r.open("ben", "Paper jam")
	r.act(200, "sol", path, "take", nil)
	seen := func(who string) (seen []string) {
		raw := r.get(200, who, path).Raw + r.get(200, who, path+"/log").Raw + r.get(200, who, "/tickets").Raw
		for _, word := range []string{"requester", "solver", "organization"} {
			if strings.Contains(raw, "canary-"+word) {
				seen = append(seen, word)
			}
		}
		return seen
	}
	if got := seen("ben"); got != nil {
		t.Errorf("ben sees the fields of %v", got)
	}
	if got := seen("rea"); len(got) != 3 {
		t.Errorf("rea sees only the fields of %v", got)
	}
	for field, want := range map[string]string{"requester_fields": "[requester]", "solver_fields": "[solver]", "organization_fields": "[organization]"} {
		r.sql("update service set requester_sees = array[$2] where id = $1", r.city.Printers, field)
		r.sql("update desk set version = version + 1")
		if got := fmt.Sprint(seen("ben")); got != want {
			t.Errorf("with %s switched on, ben sees the fields of %s", field, got)
		}
	}
}

// A file whose time is over answers with a sentence that says so, in the reader's language, and only to who may see it.
func TestFileWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "ben", path, "record", formOf([]file{{"photo.txt", "text/plain", "a photo"}}, "text", "Look"))
	attachment := func(who string) object {
		return list(r.get(200, who, path+"/log"), "records")[1]["attachments"].([]any)[0].(object)
	}
	at := path + "/attachments/" + attachment("ben")["id"].(string)
	if a := r.get(200, "ben", at); a.Raw != "a photo" {
		t.Fatalf("the file is %q", a.Raw)
	}
	r.sql("update service set keep_attachment_days = 1 where id = $1", r.city.Printers)
	r.sql("update desk set version = version + 1")
	r.sql("update ticket set status = 'closed', closed_at = $1", time.Now().Add(-25*time.Hour))
	r.sql("update log_record set at = at - interval '26 hours'")
	if d, err := r.desk.DropExpired(t.Context()); err != nil || d.Files != 0 {
		t.Fatalf("a mail of it waits, and %+v was dropped: %v", d, err)
	}
	r.sql("update outbox set state = 'accepted', finished_at = now()")
	if d, err := r.desk.DropExpired(t.Context()); err != nil || d.Files != 1 {
		t.Fatalf("dropped %+v: %v", d, err)
	}
	if a := r.get(404, "ben", at); !strings.Contains(a.Raw, "was removed") {
		t.Errorf("answered %s", a.Raw)
	}
	if a := r.get(404, "sol", at); !strings.Contains(a.Raw, "se eliminó") {
		t.Errorf("answered %s", a.Raw)
	}
	if a := r.get(404, "ken", at); strings.Contains(a.Raw, "removed") {
		t.Errorf("who does not see the ticket is told %s", a.Raw)
	}
	if got := attachment("mia"); got["removed"] != true || got["name"] != "photo.txt" || got["size"] != 7.0 {
		t.Errorf("the log has %v", got)
	}
}
