package api_test

import (
	"strings"
	"testing"

	"postdesk/admin/api"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := r.post(201, "sol", "/templates", map[string]any{"kind": "reply", "service": "Printers", "title": "Welcome", "text": "Hello {{requester.first_name}}", "language": "en", "for_requesters": false})
	id, _ := made.JSON["id"].(string)
	if made.Header.Get("ETag") != `"1"` || made.JSON["service"] != "IT/Printers" || made.JSON["for_requesters"] != false || made.JSON["language"] != "en" || made.JSON["kind"] != "reply" {
		t.Errorf("%s %s", made.Header.Get("ETag"), made.Raw)
	}
	if again := r.get(200, "man", "/templates/"+id); again.Raw != made.Raw || again.Header.Get("ETag") != `"1"` {
		t.Errorf("read %s, written %s", again.Raw, made.Raw)
	}
	r.post(201, "sol", "/templates", map[string]any{"kind": "reply", "service": "Printers", "title": "Welcome", "text": "Hola {{solicitante.nombre_de_pila}}", "language": "es"})
	r.post(409, "sol", "/templates", map[string]any{"kind": "reply", "service": "Printers", "title": "welcome", "text": "x", "language": "en"})
	r.post(201, "sol", "/templates", map[string]any{"kind": "ticket", "service": "Printers", "title": "Clean", "text": "Clean it.", "subject": "Cleaning"})
	if got := titles(r.get(200, "sol", "/templates?kind=ticket")); got != "Clean" {
		t.Errorf("ticket templates: %s", got)
	}
	ticket := r.open("eva", "A {{desk}} jam")
	number := strings.TrimPrefix(ticket, "/tickets/")
	var filled []any
	for _, item := range list(r.get(200, "sol", "/templates?kind=reply&ticket="+number), "items") {
		filled = append(filled, item["filled"])
	}
	if len(filled) != 2 || filled[0] != "Hola Eva" || filled[1] != "Hello Eva" { // Eva reads Spanish
		t.Errorf("filled: %v", filled)
	}
	if got := titles(r.get(200, "ben", "/templates")); got != "" {
		t.Errorf("a requester is shown %s", got)
	}
	r.get(404, "ben", "/templates/"+id)
	r.get(404, "net", "/templates?ticket="+number)
	r.get(404, "sol", "/templates/none")
	r.get(422, "sol", "/templates?kind=letter")
	r.get(422, "sol", "/templates?service=Nowhere")
	for what, body := range map[string]map[string]any{
		"unknown placeholder": {"kind": "reply", "service": "Printers", "title": "x", "text": "{{solver.email}}"},
		"for requesters":      {"kind": "reply", "service": "Printers", "title": "x", "text": "x", "for_requesters": true},
		"no kind":             {"service": "Printers", "title": "x", "text": "x"},
		"unknown service":     {"kind": "reply", "service": "Nowhere", "title": "x", "text": "x"},
		"unknown field":       {"kind": "reply", "service": "Printers", "title": "x", "text": "x", "colour": "red"},
		"NUL":                 {"kind": "reply", "service": "Printers", "title": "x", "text": "x\x00"},
	} {
		if a := r.post(422, "sol", "/templates", body); what == "unknown placeholder" && !strings.Contains(a.JSON["detail"].(string), "{{solver.name}}") {
			t.Errorf("the refusal does not list what is known: %s", a.Raw)
		}
	}
	r.post(403, "sol", "/templates", map[string]any{"kind": "reply", "service": "Network", "title": "x", "text": "x"})
	edited := r.put(200, "gus", "/templates/"+id, made.Raw, "If-Match", `"1"`) // as it came
	if edited.JSON["version"] != 2.0 || edited.JSON["text"] != made.JSON["text"] {
		t.Errorf("edited: %s", edited.Raw)
	}
	stale := r.put(409, "gus", "/templates/"+id, map[string]any{"text": "x"}, "If-Match", `"1"`)
	if item, _ := stale.JSON["item"].(map[string]any); stale.JSON["code"] != "stale" || item["version"] != 2.0 {
		t.Errorf("stale: %s", stale.Raw)
	}
	r.put(422, "gus", "/templates/"+id, map[string]any{"kind": "ticket"})
	r.want(409, "gus", "DELETE", api.Base+"/templates/"+id, nil, "If-Match", `"1"`)
	r.want(404, "net", "DELETE", api.Base+"/templates/"+id, nil)
	r.want(204, "gus", "DELETE", api.Base+"/templates/"+id, nil, "If-Match", `"2"`)
	r.get(404, "gus", "/templates/"+id)
}

func TestTicketTemplateOpensTickets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := r.post(201, "sol", "/templates", map[string]any{"kind": "ticket", "service": "Printers", "title": "Clean", "text": "Clean it.", "subject": "Cleaning", "category": "hardware", "priority": "high"})
	id := made.JSON["id"]
	opened := r.post(201, "sol", "/tickets", map[string]any{"template": id})
	if opened.JSON["subject"] != "Cleaning" || opened.JSON["category"] != "hardware" || opened.JSON["priority"] != "high" || opened.JSON["service"] != "Printers" {
		t.Errorf("opened: %s", opened.Raw)
	}
	opened = r.post(201, "sol", "/tickets", map[string]any{"template": id, "service": "Printers", "subject": "Another", "on_behalf_of": "ben@city.test"})
	if opened.JSON["subject"] != "Another" || !strings.Contains(r.get(200, "sol", ticketPath(opened)+"/log").Raw, `"Clean it."`) {
		t.Errorf("opened: %s", opened.Raw)
	}
	r.post(422, "ben", "/tickets", map[string]any{"template": id, "service": "Printers", "subject": "x", "text": "x"})
	r.post(422, "sol", "/tickets", map[string]any{"template": id, "service": "Nowhere"})
	r.post(422, "sol", "/tickets", map[string]any{"subject": "x", "text": "x"})
}

func TestTemplateHasASchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := map[string]any{"kind": "ticket", "service": "Printers", "title": "Clean", "text": "Clean it on {{date}}.", "subject": "Cleaning", "requester": "ben@city.test",
		"schedule": map[string]any{"every": "week", "days": []string{"mon", "fri"}, "at": "08:00"}}
	made := r.post(201, "sol", "/templates", body)
	path := "/templates/" + made.JSON["id"].(string)
	schedule, _ := made.JSON["schedule"].(map[string]any)
	if made.JSON["next_at"] == nil || schedule["timezone"] == nil || made.JSON["requester"] != "ben@city.test" {
		t.Errorf("made: %s", made.Raw)
	}
	for what, wrong := range map[string]any{
		"no days":  map[string]any{"every": "week", "at": "08:00"},
		"a year":   map[string]any{"every": "year", "at": "08:00"},
		"no time":  map[string]any{"every": "day"},
		"day 40":   map[string]any{"every": "month", "day": 40, "at": "08:00"},
		"no zone":  map[string]any{"every": "day", "at": "08:00", "timezone": "Moon"},
		"no words": "daily",
	} {
		if a := r.call("sol", "PUT", api.Base+path, map[string]any{"schedule": wrong}); a.Status != 422 {
			t.Errorf("%s: %d %s", what, a.Status, a.Raw)
		}
	}
	r.put(422, "sol", path, map[string]any{"requester": "ken@vendor.test"})
	r.sql("update template set next_at = now() - interval '1 minute'")
	r.sql("update person set disabled_at = now() where email = 'ben@city.test'")
	r.sql("update desk set version = version + 1")
	if err := r.desk.Schedules(r.Context()); err == nil {
		t.Error("a ticket was opened for somebody disabled")
	}
	failure, _ := r.want(200, "sol", "GET", api.Base+path, nil, "Accept-Language", "es").JSON["failure"].(map[string]any)
	if detail, _ := failure["detail"].(string); !strings.HasPrefix(detail, "No se puede abrir un ticket para esta persona") || failure["at"] == nil {
		t.Errorf("failure: %v", failure)
	}
	r.sql("update person set disabled_at = null where email = 'ben@city.test'")
	r.sql("update template set next_at = now() - interval '1 minute'")
	r.sql("update desk set version = version + 1")
	if err := r.desk.Schedules(r.Context()); err != nil {
		t.Error(err)
	}
	if a := r.get(200, "sol", path); a.JSON["failure"] != nil {
		t.Errorf("still failed: %s", a.Raw)
	}
	if tickets := list(r.get(200, "ben", "/tickets"), "tickets"); len(tickets) != 1 || tickets[0]["subject"] != "Cleaning" {
		t.Errorf("opened: %v", tickets)
	}
	if a := r.put(200, "sol", path, map[string]any{"text": "x"}); a.JSON["schedule"] == nil || a.JSON["next_at"] == nil {
		t.Errorf("what was left out is gone: %s", a.Raw)
	}
	if a := r.put(200, "sol", path, map[string]any{"schedule": nil, "requester": ""}); a.JSON["schedule"] != nil || a.JSON["next_at"] != nil || a.JSON["requester"] != nil {
		t.Errorf("the schedule stays: %s", a.Raw)
	}
}
