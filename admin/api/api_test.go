package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

func TestTokenIsNeeded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer pd_WRONG", "Basic " + r.token("mia"), "Token x"} {
		a := r.want(401, "", "GET", "/api/v1/tickets", nil, "Authorization", header)
		if a.Header.Get("WWW-Authenticate") == "" || a.JSON["title"] != "Unauthorized" || a.JSON["status"] != 401.0 {
			t.Errorf("%q: %s %v", header, a.Raw, a.Header)
		}
	}
	r.want(401, "", "GET", "/api/v1/nowhere", nil)
	r.want(200, "", "GET", "/api/v1/tickets", nil, "Authorization", "bearer "+r.token("mia")) // schemes have no case
	r.get(404, "mia", "/nowhere")
	r.sql("update person set disabled_at = now() where email = 'mia@city.test'")
	r.get(401, "mia", "/tickets")
	r.token("sol")
	r.sql("update api_token set revoked_at = now()")
	r.get(401, "sol", "/tickets")
}

func TestRefusalsSpeakThePersonsLanguage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	spanish, english := "Aquí no hay nada", "There is nothing here"
	for _, x := range []struct{ who, accept, want string }{
		{"eva", "", spanish},
		{"eva", "en", spanish}, // their own setting counts
		{"mia", "es", english},
		{"pat", "", english},
		{"pat", "es-MX, en;q=0.5", spanish},
		{"pat", "fr", english},
	} {
		a := r.want(404, x.who, "GET", "/api/v1/tickets/999", nil, "Accept-Language", x.accept)
		if detail := a.JSON["detail"].(string); !strings.HasPrefix(detail, x.want) {
			t.Errorf("%s asking for %q gets %q", x.who, x.accept, detail)
		}
	}
	if a := r.want(401, "", "GET", "/api/v1/tickets", nil, "Accept-Language", "es"); !strings.Contains(a.JSON["detail"].(string), "Se necesita un token") {
		t.Errorf("without a token: %s", a.Raw)
	}
	// The library's own refusals are said in the same shape, without an echo of what was sent.
	a := r.post(422, "eva", "/tickets/1001/actions/status", object{"status": "open", "Secreto": "Hidden"})
	if !strings.HasPrefix(a.JSON["detail"].(string), "La solicitud no tiene la forma") || a.JSON["code"] != "invalid" || strings.Contains(a.Raw, "Hidden") ||
		list(a, "errors")[0]["location"] != "body.Secreto" {
		t.Errorf("a field too many: %s", a.Raw)
	}
	r.post(415, "eva", "/tickets/1001/actions/status", form{strings.NewReader("<a/>"), "application/xml"})
	r.post(413, "eva", "/tickets/1001/actions/status", object{"status": strings.Repeat("x", 1<<20)})
}

func TestFailureIsLoggedUnderTheIdThatTheAnswerNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.token("mia")
	r.sql("alter table ticket rename to elsewhere")
	a := r.get(500, "mia", "/tickets")
	id, _ := a.JSON["id"].(string)
	if id == "" || !strings.Contains(r.log.String(), id) || !strings.Contains(r.log.String(), "relation") {
		t.Errorf("answer %s, log %s", a.Raw, r.log)
	}
	if strings.Contains(a.Raw, "relation") || strings.Contains(a.Raw, "SQLSTATE") {
		t.Errorf("the answer tells of the inside: %s", a.Raw)
	}
}

func TestDescriptionNamesEveryEndpoint(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.want(200, "", "GET", "/api/openapi.json", nil)
	var d struct {
		OpenAPI    string
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(a.Raw), &d); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range d.Paths {
		n += len(path)
	}
	if d.OpenAPI != "3.1.0" || n != 69 {
		t.Errorf("OpenAPI %s describes %d endpoints, want 69", d.OpenAPI, n)
	}
	for _, action := range core.Actions() {
		if d.Paths["/tickets/{number}/actions/"+string(action)]["post"] == nil {
			t.Errorf("the action %s has no endpoint", action)
		}
	}
	var ticket struct {
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(d.Components.Schemas["Ticket"], &ticket); err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{"links", "merged", "withdrawn", "spam", "work", "internal_target", "organization", "requester_fields", "solver_fields", "organization_fields",
		"first_response_due", "resolution_due", "current_target", "overdue"} {
		if ticket.Properties[extension].Description == "" {
			t.Errorf("the ticket's %s is not described", extension)
		}
	}
	for _, name := range []string{"Ticket", "Problem", "NewTicket", "NewRecord", "Opened"} {
		if d.Components.Schemas[name] == nil {
			t.Errorf("no schema %s in %v", name, slices.Sorted(maps.Keys(d.Components.Schemas)))
		}
	}
	if strings.Contains(a.Raw, "ErrorModel") || strings.Contains(a.Raw, `["array","null"]`) {
		t.Error("the description names the library's problem, or lists that may be null")
	}
	if body := string(d.Paths["/tickets"]["post"]); !strings.Contains(body, "multipart/form-data") || !strings.Contains(body, "NewTicket") || !strings.Contains(body, "Opened") {
		t.Errorf("opening a ticket is described as %s", body)
	}
}
