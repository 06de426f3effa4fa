package rights_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// templateRoutes are proven here: templates by the rows A27 and A28 of the reviewed matrix.
var templateRoutes = strings.Split(`GET /api/v1/templates
POST /api/v1/templates
GET /api/v1/templates/{id}
PUT /api/v1/templates/{id}
DELETE /api/v1/templates/{id}`, "\n")

// drawer puts a template into a service of the library.
func (l *library) drawer(t *testing.T, kind core.TemplateKind, service, title string) (id string) {
	t.Helper()
	err := l.Store.Pool().QueryRow(t.Context(), `insert into template (id, kind, service_id, title, text, subject, language, created_at, updated_at)
		select gen_random_uuid(), $1, id, $2, 'Filled', case when $1 = 'ticket' then 'Filled' else '' end, 'en', now(), now() from service where name = $3 returning id`,
		kind, title, service[strings.LastIndex(service, "/")+1:]).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// templateAnswers is what somebody gets at a template: in the list, looking at it, changing, deleting, and writing another one
// beside it.
type templateAnswers struct {
	listed                    bool
	look, edit, delete, write string
}

// Both rows, for everybody who has one role alone, in their own service, one that inherits, one that does not, a foreign one, a
// folder and one out of use, through the API and the operation.
func TestTemplatesObeyTheMatrix(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	_, marks := readMatrix(t)
	l.sql(t, "update service set archived_at = now() where name = 'Closed'")
	l.sql(t, "update person set disabled_at = now() where email = 'late@library.test'")
	l.sql(t, "update desk set version = version + 1")
	l.People["late"].Disabled = true
	tried := 0
	for _, kind := range []core.TemplateKind{core.TicketTemplate, core.ReplyTemplate} {
		for service, counts := range l.places {
			id := l.drawer(t, kind, service, "Kept")
			for who, column := range l.column {
				uses := counts && marks["template.use"][column] == "yes"
				manages := counts && marks["template.manage"][column] == "yes"
				look := map[bool]string{true: "ok", false: "gone"}[uses]
				change := look
				if uses && !manages {
					change = "no"
				}
				write := map[bool]string{true: "ok", false: "no"}[manages]
				if strings.HasSuffix(service, "Closed") {
					write = "bad" // there is no such service
				}
				want := templateAnswers{uses, look, change, change, write}
				for _, by := range []func(*testing.T, string, core.TemplateKind, string, string, string) templateAnswers{l.templateByOperation, l.templateByAPI} {
					if who == "late" { // has no token any more, but may still be at work
						by = l.templateByOperation
					}
					doomed := l.drawer(t, kind, service, "doomed")
					if got := by(t, who, kind, service, id, doomed); got != want {
						t.Errorf("%s in %s: %s gets %+v, want %+v", kind, service, who, got, want)
					}
					l.sql(t, "delete from template where title in ('doomed', 'New')")
					tried++
				}
			}
		}
	}
	if tried != 4*len(l.places)*len(l.column) || tried < 250 {
		t.Errorf("%d tries", tried)
	}
}

func (l *library) templateByAPI(t *testing.T, who string, kind core.TemplateKind, service, id, doomed string) (got templateAnswers) {
	t.Helper()
	const base = "/api/v1/templates"
	var list struct{ Items []struct{ ID string } }
	w := l.call(t, who, http.MethodGet, base+"?kind="+string(kind), nil)
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", who, w.Code, w.Body)
	}
	for _, item := range list.Items {
		got.listed = got.listed || item.ID == id
	}
	got.look = answerOf(l.call(t, who, http.MethodGet, base+"/"+id, nil).Code)
	got.edit = answerOf(l.call(t, who, http.MethodPut, base+"/"+id, object{"text": "Filled"}).Code)
	got.delete = answerOf(l.call(t, who, http.MethodDelete, base+"/"+doomed, nil).Code)
	got.write = answerOf(l.call(t, who, http.MethodPost, base, object{"kind": kind, "service": service, "title": "New", "text": "x"}).Code)
	return got
}

func (l *library) templateByOperation(t *testing.T, who string, kind core.TemplateKind, service, id, doomed string) (got templateAnswers) {
	t.Helper()
	p := l.People[who]
	actor := core.Actor{Person: p, Via: core.ViaDesk, Level: core.SignedIn}
	list, err := l.desk.Templates(t.Context(), p, helpdesk.TemplateFilter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	got.listed = slices.ContainsFunc(list, func(v core.TemplateView) bool { return v.ID == id })
	_, err = l.desk.Template(t.Context(), p, id)
	got.look = answerOfError(err)
	title, text := "New", "x"
	_, err = l.desk.EditTemplate(t.Context(), actor, id, helpdesk.TemplateWriting{}, 0)
	got.edit = answerOfError(err)
	got.delete = answerOfError(l.desk.DeleteTemplate(t.Context(), actor, doomed, 0))
	_, err = l.desk.AddTemplate(t.Context(), actor, helpdesk.TemplateWriting{Kind: &kind, Service: &service, Title: &title, Text: &text})
	got.write = answerOfError(err)
	return got
}

// Using one is more than looking: a reply template on a ticket, a ticket template to open one, in the service itself and from
// the one above it.
func TestTemplatesAreUsedByTheMatrix(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	_, marks := readMatrix(t)
	l.column["late"] = "MG" // who has not left yet here
	numbers := map[string]core.Number{}
	for _, service := range []string{"Stacks", "Stacks/Shelf"} {
		l.drawer(t, core.ReplyTemplate, service, "Reply "+service)
		dir, err := l.desk.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.must(t, "rq", func(a *helpdesk.Act) (err error) {
			numbers[service], err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: dir.ServiceByName(service).ID, Subject: "x", Text: "x"})
			return err
		})
	}
	l.drawer(t, core.ReplyTemplate, "Annex", "Reply Annex")
	ticketTemplate, foreign := l.drawer(t, core.TicketTemplate, "Stacks", "Ticket"), l.drawer(t, core.TicketTemplate, "Annex", "Ticket")
	for who, column := range l.column {
		uses := marks["template.use"][column] == "yes"
		for title, in := range map[string]string{"Reply Stacks": "Stacks", "reply stacks": "Stacks/Shelf", "Reply Stacks/Shelf": "Stacks/Shelf", "Reply Annex": "Stacks"} {
			want := "gone"
			switch sees := who == "rq" || marks["ticket.view_all_in_service"][column] == "yes"; {
			case uses && who != "sub" && strings.HasSuffix(title, "Annex"):
				want = "bad"
			case uses && who != "sub": // who is solver for others' tickets alone does not see this one (D17)
				want = "ok"
			case sees && who != "sub":
				want = "no"
			}
			text := ""
			got := answerOfError(l.as(t, who, func(a *helpdesk.Act) (err error) {
				_, text, err = a.ReplyNamed(t.Context(), numbers[in], title)
				return err
			}))
			if got != want || (text == "Filled") != (want == "ok") {
				t.Errorf("%s in %s: %s is answered %q %q, want %q", title, in, who, got, text, want)
			}
		}
		for id, serves := range map[string]bool{ticketTemplate: true, foreign: false} {
			for _, in := range []string{"Stacks", "Stacks/Shelf"} {
				want := "bad"
				switch {
				case uses && serves && marks["ticket.create_on_behalf"][column] == "yes" && who != "sub":
					want = "ok"
				case uses && serves:
					want = "no"
				}
				var opened struct{ Subject string }
				w := l.call(t, who, http.MethodPost, "/api/v1/tickets", object{"service": in, "template": id, "on_behalf_of": "rq@library.test"})
				if got := answerOf(w.Code); got != want {
					t.Errorf("a ticket in %s with a template: %s is answered %q, want %q: %s", in, who, got, want, w.Body)
				}
				if err := json.Unmarshal(w.Body.Bytes(), &opened); err != nil || want == "ok" && opened.Subject != "Filled" {
					t.Errorf("%s opened %s", who, fmt.Sprint(w.Body, err))
				}
			}
		}
	}
}

// Tickets of a schedule are tickets for others: who manages templates sets one up only with the row of opening for others
// (A5), for that requester. The rest of such a template is theirs to write, and they can end it.
func TestSchedulesObeyTheRowOfOpeningForOthers(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	_, marks := readMatrix(t)
	l.column["late"] = "MG" // who has not left yet here
	const base = "/api/v1/templates"
	daily := func(at string) object { return object{"every": "day", "at": at, "timezone": "UTC"} }
	var refused []string
	for who, column := range l.column {
		manages, opens := marks["template.manage"][column] == "yes", marks["ticket.create_on_behalf"][column] == "yes" && who != "sub"
		id := l.drawer(t, core.TicketTemplate, "Stacks", "Scheduled "+who)
		l.sql(t, `update template set requester_id = $2, schedule = '{"every": "day", "at": "08:00", "timezone": "UTC"}', next_at = now() + interval '1 day' where id = $1`,
			id, l.People["rq"].ID)
		if manages && !opens {
			refused = append(refused, column)
		}
		for what, x := range map[string]struct {
			method, path string
			body         object
			opens        bool // it takes the row
		}{
			"a new one":           {http.MethodPost, base, object{"kind": "ticket", "service": "Stacks", "title": "New " + who, "subject": "x", "text": "x", "requester": "rq@library.test", "schedule": daily("08:00")}, true},
			"a requester alone":   {http.MethodPost, base, object{"kind": "ticket", "service": "Stacks", "title": "For " + who, "text": "x", "requester": "rq@library.test"}, true},
			"another time":        {http.MethodPut, base + "/" + id, object{"schedule": daily("09:00")}, true},
			"nobody's and no end": {http.MethodPut, base + "/" + l.drawer(t, core.TicketTemplate, "Stacks", "Plain "+who), object{"requester": "rq@library.test", "schedule": daily("08:00")}, true},
			"its text":            {http.MethodPut, base + "/" + id, object{"text": "y"}, false},
		} {
			want := "no"
			switch {
			case manages && (opens || !x.opens):
				want = "ok"
			case x.method == http.MethodPut && marks["template.use"][column] != "yes":
				want = "gone"
			}
			if w := l.call(t, who, x.method, x.path, x.body); answerOf(w.Code) != want {
				t.Errorf("%s: %s is answered %q, want %q: %s", what, who, answerOf(w.Code), want, w.Body)
			}
		}
	}
	if !slices.Contains(refused, "MG") || len(refused) < 2 { // and who is solver for others' tickets alone
		t.Errorf("who manages and may not open for others: %v", refused)
	}
}
