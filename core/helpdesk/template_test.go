package helpdesk_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// drafted is what the words say: title, text and what follows in pairs of name and value.
func drafted(kind core.TemplateKind, service, title, text string, more ...string) helpdesk.TemplateWriting {
	w := helpdesk.TemplateWriting{Kind: &kind, Service: &service, Title: &title, Text: &text}
	for i := 0; i < len(more); i += 2 {
		value := more[i+1]
		switch more[i] {
		case "language":
			language := core.Language(value)
			w.Language = &language
		case "subject":
			w.Subject = &value
		case "category":
			category := core.Category(value)
			w.Category = &category
		case "priority":
			priority := core.Priority(value)
			w.Priority = &priority
		case "requester":
			w.Requester = &value
		}
	}
	return w
}

// daily is that with a schedule: every day at eight in the morning, Chicago time.
func daily(w helpdesk.TemplateWriting) helpdesk.TemplateWriting {
	w.SetSchedule, w.Schedule = true, &core.Schedule{Every: "day", At: "08:00", Timezone: "America/Chicago"}
	return w
}

func (c *city) addTemplate(who string, w helpdesk.TemplateWriting) core.TemplateView {
	c.Helper()
	v, err := c.desk.AddTemplate(c.Context(), c.actor(who), w)
	if err != nil {
		c.Fatalf("%s: %v", who, err)
	}
	return v
}

func (c *city) template(id string) *core.Template {
	c.Helper()
	t, err := c.Store.Template(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return t
}

func TestTemplateLivesAndEnds(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	v := c.addTemplate("sol", daily(drafted(core.TicketTemplate, "Printers", "Clean", "Clean the {{date}} tray.", "subject", "Cleaning", "category", "hardware",
		"priority", "low", "language", "es", "requester", "BEN@city.test")))
	if v.Service != "IT/Printers" || v.Requester != "ben@city.test" || v.Version != 1 || v.NextAt == nil || !v.NextAt.Equal(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)) ||
		!slices.Equal(v.Actions, []string{"edit", "delete"}) || v.ForRequesters {
		t.Errorf("made: %+v", v)
	}
	got, err := c.desk.Template(t.Context(), c.People["man"], v.ID)
	if err != nil || got.Text != "Clean the {{date}} tray." || got.Schedule == nil || !got.Schedule.Equal(*v.Schedule) || got.Language != core.Spanish {
		t.Errorf("read: %+v, %v", got, err)
	}
	title := "Clean well"
	c.now = c.now.Add(time.Hour)
	edited, err := c.desk.EditTemplate(t.Context(), c.actor("gus"), v.ID, helpdesk.TemplateWriting{Title: &title}, 1)
	if err != nil || edited.Title != title || edited.Version != 2 || edited.Priority != core.Low || !edited.NextAt.Equal(*v.NextAt) || edited.Requester != "ben@city.test" {
		t.Errorf("edited: %+v, %v", edited, err)
	}
	_, err = c.desk.EditTemplate(t.Context(), c.actor("gus"), v.ID, helpdesk.TemplateWriting{Title: &title}, 1)
	c.refused("an old version", core.Stale, err)
	c.refused("an old version", core.Stale, c.desk.DeleteTemplate(t.Context(), c.actor("gus"), v.ID, 1))
	edited, err = c.desk.EditTemplate(t.Context(), c.actor("gus"), v.ID, helpdesk.TemplateWriting{SetSchedule: true}, 0)
	if err != nil || edited.Schedule != nil || edited.NextAt != nil {
		t.Errorf("without schedule: %+v, %v", edited, err)
	}
	if err := c.desk.DeleteTemplate(t.Context(), c.actor("mia"), v.ID, 3); err != nil {
		t.Error(err)
	}
	_, err = c.desk.Template(t.Context(), c.People["mia"], v.ID)
	c.refused("a deleted one", core.NotFound, err)
	_, err = c.desk.Template(t.Context(), c.People["mia"], "no id")
	c.refused("no id", core.NotFound, err)
	var audited int
	if err := c.Store.Pool().QueryRow(t.Context(), "select count(*) from audit where noun = 'template' and name = $1 and concat(before, after) not like '%tray%'", v.ID).Scan(&audited); err != nil || audited != 4 {
		t.Errorf("%d entries of the audit, %v", audited, err)
	}
}

func TestTemplateIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	reply := c.addTemplate("sol", drafted(core.ReplyTemplate, "Printers", "Welcome", "Hello"))
	periodic := func(more ...string) helpdesk.TemplateWriting {
		return daily(drafted(core.TicketTemplate, "Printers", "Clean", "x", append([]string{"subject", "x"}, more...)...))
	}
	unsigned := c.actor("sol")
	unsigned.Level = core.PersonProven
	for what, x := range map[string]struct {
		actor core.Actor
		want  core.Code
		w     helpdesk.TemplateWriting
	}{
		"a service where one may not":     {c.actor("sol"), core.Forbidden, drafted(core.ReplyTemplate, "Network", "x", "x")},
		"the service above":               {c.actor("sol"), core.Forbidden, drafted(core.ReplyTemplate, "IT", "x", "x")},
		"a requester":                     {c.actor("ben"), core.Forbidden, drafted(core.ReplyTemplate, "Printers", "x", "x")},
		"not signed in":                   {unsigned, core.Forbidden, drafted(core.ReplyTemplate, "Printers", "x", "x")},
		"nobody":                          {core.Actor{Level: core.SignedIn}, core.Forbidden, drafted(core.ReplyTemplate, "Printers", "x", "x")},
		"an unknown service":              {c.actor("sol"), core.Invalid, drafted(core.ReplyTemplate, "Nowhere", "x", "x")},
		"no service":                      {c.actor("sol"), core.Invalid, helpdesk.TemplateWriting{}},
		"the title of another":            {c.actor("sol"), core.Conflict, drafted(core.ReplyTemplate, "Printers", " welcome ", "x")},
		"an unknown placeholder":          {c.actor("sol"), core.Invalid, drafted(core.ReplyTemplate, "Printers", "x", "{{solver.email}}")},
		"a custom field that is none":     {c.actor("sol"), core.Invalid, withFields(drafted(core.TicketTemplate, "Printers", "x", "x"), map[string]string{"asset": "1"})},
		"a requester who is none":         {c.actor("sol"), core.Invalid, periodic("requester", "ken@vendor.test")},
		"a requester who is disabled":     {c.actor("sol"), core.Invalid, periodic("requester", "off@city.test")},
		"a requester whom nobody knows":   {c.actor("sol"), core.Invalid, periodic("requester", "nobody@city.test")},
		"a schedule for nobody":           {c.actor("sol"), core.Invalid, periodic()},
		"a requester who is none, unused": {c.actor("sol"), core.Invalid, drafted(core.TicketTemplate, "Printers", "x", "x", "requester", "ken@vendor.test")},
	} {
		_, err := c.desk.AddTemplate(t.Context(), x.actor, x.w)
		c.refused(what, x.want, err)
	}
	if _, err := c.desk.AddTemplate(t.Context(), c.actor("sol"), drafted(core.ReplyTemplate, "Printers", "Welcome", "Hola", "language", "es")); err != nil {
		t.Errorf("the same title in the other language: %v", err)
	}
	kind, service := core.TicketTemplate, "Network"
	_, err := c.desk.EditTemplate(t.Context(), c.actor("sol"), reply.ID, helpdesk.TemplateWriting{Kind: &kind}, 0)
	c.refused("another kind", core.Invalid, err)
	_, err = c.desk.EditTemplate(t.Context(), c.actor("sol"), reply.ID, helpdesk.TemplateWriting{Service: &service}, 0)
	c.refused("into a service where one may not", core.Forbidden, err)
	_, err = c.desk.EditTemplate(t.Context(), c.actor("net"), reply.ID, helpdesk.TemplateWriting{}, 0)
	c.refused("of a service that one does not see", core.NotFound, err)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'solver', $2)", c.IT, c.People["sol"].ID)
	w := periodic("requester", "ben@city.test")
	*w.Service = "IT"
	_, err = c.desk.AddTemplate(t.Context(), c.actor("sol"), w)
	c.refused("a schedule of a folder", core.Invalid, err)
	c.sql("insert into template (id, kind, service_id, title, language, created_at, updated_at) select gen_random_uuid(), 'reply', $1, 'x' || n, 'en', now(), now() from generate_series(1, 200) n", c.Printers)
	_, err = c.desk.AddTemplate(t.Context(), c.actor("sol"), drafted(core.ReplyTemplate, "Printers", "One more", "x"))
	c.refused("too many", core.Conflict, err)
}

func withFields(w helpdesk.TemplateWriting, fields map[string]string) helpdesk.TemplateWriting {
	w.Fields = fields
	return w
}

// Templates are listed in the services where the person has the right; for a ticket filled in, its requester's language first.
func TestTemplatesAreListedWhereTheyServe(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.IT, c.People["man"].ID)
	c.addTemplate("sol", drafted(core.ReplyTemplate, "Printers", "A welcome", "Hello {{requester.first_name}}"))
	c.addTemplate("sol", drafted(core.ReplyTemplate, "Printers", "B bienvenida", "Hola {{requester.first_name}}", "language", "es"))
	c.addTemplate("man", drafted(core.ReplyTemplate, "IT", "C above", "{{service}}"))
	c.addTemplate("sol", drafted(core.TicketTemplate, "Printers", "D clean", "x"))
	c.addTemplate("net", drafted(core.ReplyTemplate, "Network", "E router", "x"))
	ben, eva := c.open("ben"), c.open("eva")
	for i, x := range []struct {
		who    string
		filter helpdesk.TemplateFilter
		want   string
	}{
		{"man", helpdesk.TemplateFilter{}, "A B C D E"},
		{"man", helpdesk.TemplateFilter{Kind: core.ReplyTemplate}, "A B C E"},
		{"man", helpdesk.TemplateFilter{Kind: core.TicketTemplate}, "D"},
		{"man", helpdesk.TemplateFilter{Service: "Network"}, "C E"},
		{"man", helpdesk.TemplateFilter{Service: "IT"}, "C"},
		{"sol", helpdesk.TemplateFilter{Service: "Printers"}, "A B D"},
		{"sol", helpdesk.TemplateFilter{Service: "Network"}, ""},
		{"sol", helpdesk.TemplateFilter{}, "A B D"},
		{"ben", helpdesk.TemplateFilter{}, ""}, {"rea", helpdesk.TemplateFilter{}, ""}, {"root", helpdesk.TemplateFilter{}, ""},
		{"man", helpdesk.TemplateFilter{Kind: core.ReplyTemplate, Ticket: ben}, "A:Hello Ben C:Printers B:Hola Ben"},
		{"man", helpdesk.TemplateFilter{Ticket: eva}, "B:Hola Eva A:Hello Eva C:Printers D"},
		{"ben", helpdesk.TemplateFilter{Ticket: ben}, ""},
	} {
		list, err := c.desk.Templates(t.Context(), c.People[x.who], x.filter)
		var got []string
		for _, v := range list {
			s := v.Title[:1]
			if v.Filled != "" {
				s += ":" + v.Filled
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != x.want || err != nil {
			t.Errorf("%d %s: %q, %v, want %q", i, x.who, s, err, x.want)
		}
	}
	for what, x := range map[string]struct {
		who  string
		f    helpdesk.TemplateFilter
		want core.Code
	}{
		"a kind that is none":           {"sol", helpdesk.TemplateFilter{Kind: "letter"}, core.Invalid},
		"an unknown service":            {"sol", helpdesk.TemplateFilter{Service: "Nowhere"}, core.Invalid},
		"a ticket that one cannot see":  {"net", helpdesk.TemplateFilter{Ticket: ben}, core.NotFound},
		"a ticket that there is not":    {"sol", helpdesk.TemplateFilter{Ticket: 999999}, core.NotFound},
		"a ticket of another requester": {"eva", helpdesk.TemplateFilter{Ticket: ben}, core.NotFound},
	} {
		_, err := c.desk.Templates(t.Context(), c.People[x.who], x.f)
		c.refused(what, x.want, err)
	}
	c.sql("update service set archived_at = now() where id = $1", c.Network)
	if list, err := c.desk.Templates(t.Context(), c.People["man"], helpdesk.TemplateFilter{}); err != nil || len(list) != 4 {
		t.Errorf("of an archived service %d are seen, %v", len(list), err)
	}
}

// A new ticket that names a template gets from it what it leaves out, where its opener may use it.
func TestTicketIsOpenedWithATemplate(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update desk set timezone = 'Pacific/Auckland'") // where it is the fifth already
	c.sql(`update service set ticket_fields = '[{"name": "asset"}, {"name": "room", "requesters": true}]' where id = $1`, c.Printers)
	v := c.addTemplate("sol", withFields(drafted(core.TicketTemplate, "Printers", "Clean", "Clean it.\n{{date}}", "subject", "Cleaning of {{date}}", "category", "hardware", "priority", "urgent"),
		map[string]string{"asset": "P1", "room": "4"}))
	reply := c.addTemplate("sol", drafted(core.ReplyTemplate, "Printers", "Welcome", "Hello"))
	open := func(who string, n helpdesk.NewTicket) (number core.Number, err error) {
		err = c.as(who, func(a *helpdesk.Act) error { number, err = a.OpenTicket(t.Context(), n); return err })
		return number, err
	}
	n, err := open("sol", helpdesk.NewTicket{Template: v.ID})
	if err != nil {
		t.Fatal(err)
	}
	ticket := c.ticket(n)
	records, err := c.Store.Records(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if ticket.Subject != "Cleaning of 5 March 2026" || ticket.Category != "hardware" || ticket.Priority != core.Urgent || ticket.Service != c.Printers ||
		records[0].Text != "Clean it.\n5 March 2026" || !maps.Equal(ticket.Fields, map[string]string{"asset": "P1", "room": "4"}) {
		t.Errorf("opened %+v with %q", ticket, records[0].Text)
	}
	if r := records[1]; r.Kind != core.KindProperty || r.Change != (core.Change{Field: "template", To: "Clean"}) || r.ShowToRequester || r.Author == nil {
		t.Errorf("the log says %+v", r)
	}
	n, err = open("sol", helpdesk.NewTicket{Template: v.ID, Service: c.Printers, Subject: "Mine", Text: "My {{date}}", Priority: core.Low, OnBehalfOf: c.People["ben"], Fields: map[string]string{"room": "5"}})
	if err != nil {
		t.Fatal(err)
	}
	if records, err = c.Store.Records(t.Context(), n); err != nil || records[0].Text != "My {{date}}" {
		t.Errorf("%q, %v", records[0].Text, err)
	}
	if ticket = c.ticket(n); ticket.Subject != "Mine" || ticket.Priority != core.Low || ticket.Category != "hardware" || !maps.Equal(ticket.Fields, map[string]string{"asset": "P1", "room": "5"}) {
		t.Errorf("opened %+v", ticket)
	}
	for what, x := range map[string]struct {
		who string
		n   helpdesk.NewTicket
	}{
		"by a requester":      {"ben", helpdesk.NewTicket{Template: v.ID}},
		"in another service":  {"sol", helpdesk.NewTicket{Template: v.ID, Service: c.Network, Subject: "x", Text: "x"}},
		"a reply template":    {"sol", helpdesk.NewTicket{Template: reply.ID, Service: c.Printers, Subject: "x", Text: "x"}},
		"one that is none":    {"sol", helpdesk.NewTicket{Template: "x", Service: c.Printers, Subject: "x", Text: "x"}},
		"by who sees nothing": {"ken", helpdesk.NewTicket{Template: v.ID}},
	} {
		_, err := open(x.who, x.n)
		c.refused(what, core.Invalid, err)
	}
}

// The filled text is shown to a solver and sent to a requester: whatever the solver may see besides, it holds only what the
// requester may.
func TestFilledTemplateHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var all []string
	for _, p := range []string{"requester.name", "requester.first_name", "ticket.number", "ticket.tag", "ticket.subject", "service", "solver.name", "me.name", "desk"} {
		all = append(all, p+"={{"+p+"}}")
	}
	c.addTemplate("mia", drafted(core.ReplyTemplate, "Printers", "All", strings.Join(all, "\n")))
	n := c.open("ben")
	if err := c.assign("mia", n, "vic", ""); err != nil {
		t.Fatal(err)
	}
	c.sql("update person set name = '', fields = '{\"phone\": \"SECRET\"}' where id in ($1, $2)", c.People["vic"].ID, c.People["mia"].ID)
	if err := c.record("mia", n, "SECRET note", no()); err != nil {
		t.Fatal(err)
	}
	mia, err := c.Store.Person(t.Context(), c.People["mia"].ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.desk.Templates(t.Context(), mia, helpdesk.TemplateFilter{Ticket: n})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d templates, %v", len(list), err)
	}
	for _, secret := range []string{"SECRET", "vic@", "mia@", "@", "high"} {
		if strings.Contains(list[0].Filled, secret) {
			t.Errorf("%q stands in %q", secret, list[0].Filled)
		}
	}
	if !strings.Contains(list[0].Filled, "requester.name=Ben Staff") || !strings.Contains(list[0].Filled, "solver.name=\n") {
		t.Errorf("filled: %q", list[0].Filled)
	}
}

// Who answers by the number of a ticket that was merged writes to the surviving one, and the template is filled with that (E10).
func TestReplyTemplateOfAMergedTicketIsTheSurvivors(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.addTemplate("sol", drafted(core.ReplyTemplate, "Printers", "Welcome", "Hello {{requester.first_name}}, {{ticket.number}}"))
	merged, into := c.open("ben"), c.open("eva")
	if err := c.merge("mia", merged, into); err != nil {
		t.Fatal(err)
	}
	c.must("sol", func(a *helpdesk.Act) error {
		_, text, err := a.ReplyNamed(t.Context(), merged, "Welcome")
		if want := fmt.Sprintf("Hello Eva, %d", into); text != want {
			t.Errorf("filled in %q, want %q", text, want)
		}
		return err
	})
}
