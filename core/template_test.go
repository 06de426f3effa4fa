package core

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTemplateThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	good := func(kind TemplateKind) *Template {
		x := &Template{Kind: kind, Title: "  Toner \n ordered ", Text: "Hello", Language: English}
		if kind == TicketTemplate {
			x.Subject, x.Requester = "Check  the backup of {{Date}}", &Person{ID: 1}
			x.Schedule = &Schedule{Every: "day", At: "08:00", Timezone: "UTC"}
		}
		return x
	}
	for _, kind := range []TemplateKind{TicketTemplate, ReplyTemplate} {
		if x := good(kind); x.Check() != nil || x.Title != "Toner ordered" || strings.Contains(x.Subject, "  ") {
			t.Errorf("%s: %v, %+v", kind, x.Check(), x)
		}
	}
	for i, x := range []struct {
		kind  TemplateKind
		field string
		spoil func(*Template)
	}{
		{"letter", "kind", func(*Template) {}},
		{ReplyTemplate, "title", func(x *Template) { x.Title = " " }},
		{ReplyTemplate, "title", func(x *Template) { x.Title = strings.Repeat("x", 121) }},
		{ReplyTemplate, "text", func(x *Template) { x.Text = " \n" }},
		{ReplyTemplate, "text", func(x *Template) { x.Text = strings.Repeat("x", 20_001) }},
		{ReplyTemplate, "text", func(x *Template) { x.Text = "{{requester.password}}" }},
		{ReplyTemplate, "text", func(x *Template) { x.Text = "{{}}" }},
		{ReplyTemplate, "text", func(x *Template) { x.Text = "{{date}}" }},
		{ReplyTemplate, "language", func(x *Template) { x.Language = "" }},
		{ReplyTemplate, "language", func(x *Template) { x.Language = "de" }},
		{ReplyTemplate, "kind", func(x *Template) { x.Subject = "x" }},
		{ReplyTemplate, "kind", func(x *Template) { x.Fields = map[string]string{"a": "b"} }},
		{ReplyTemplate, "kind", func(x *Template) { x.Schedule = &Schedule{} }},
		{TicketTemplate, "subject", func(x *Template) { x.Subject = "{{me.name}}" }},
		{TicketTemplate, "subject", func(x *Template) { x.Subject = strings.Repeat("x", 241) }},
		{TicketTemplate, "subject", func(x *Template) { x.Subject = "" }},
		{TicketTemplate, "text", func(x *Template) { x.Text = "" }},
		{TicketTemplate, "category", func(x *Template) { x.Category = "cars" }},
		{TicketTemplate, "priority", func(x *Template) { x.Priority = "huge" }},
		{TicketTemplate, "requester", func(x *Template) { x.Requester = nil }},
		{TicketTemplate, "schedule.at", func(x *Template) { x.Schedule.At = "noon" }},
	} {
		template := good(x.kind)
		x.spoil(template)
		if e, ok := template.Check().(*Error); !ok || e.Field != x.field {
			t.Errorf("%d %s: %v, want a refusal of %s", i, x.kind, template.Check(), x.field)
		}
	}
	unknown := good(ReplyTemplate)
	unknown.Text = "{{nobody}}"
	if err := fmt.Sprint(unknown.Check()); !strings.Contains(err, "{{nobody}}") || !strings.Contains(err, "{{me.name}} {{yo.nombre}}") || strings.Contains(err, "date") {
		t.Errorf("the refusal does not list what is known: %s", err)
	}
}

// vendorDesk is a desk with a ticket whose solver is a vendor's, and whose requester is also main solver.
func vendorDesk() (*Directory, *Ticket) {
	d := &Directory{Desk: Desk{Name: "IT"}, Services: map[ServiceID]*Service{1: {ID: 1, Name: "Printers"}}, Organizations: map[OrganizationID]Organization{}}
	ana := &Person{ID: 1, Name: "Ana  Ruiz", Email: "ana@city.test", Organization: 1}
	d.Grants = map[ServiceID][]Grant{1: {{Role: MainSolver, Person: ana.ID}}}
	return d, &Ticket{Number: 1042, Service: 1, Subject: "Paper {{me.name}} jam", Requester: ana, Priority: Urgent,
		Solver: &Person{ID: 2, Name: "Vic Vendor", Email: "vic@vendor.test", Organization: 2}, Status: Open}
}

func TestReplyTemplateIsFilled(t *testing.T) {
	t.Parallel()
	d, ticket := vendorDesk()
	me := &Person{Name: "Sol Vega", Email: "sol@city.test"}
	for text, want := range map[string]string{
		"Hello {{requester.first_name}}, {{requester.name}}":                                          "Hello Ana, Ana Ruiz",
		"{{ticket.number}} {{ticket.tag}} {{service}}":                                                "1042 [IT #1042] Printers",
		"“{{ticket.subject}}”":                                                                        "“Paper {{me.name}} jam”", // of the requester: once, as it is
		"{{solver.name}} / {{ME.Name}} / {{ desk }}":                                                  "Vic Vendor / Sol Vega / IT",
		"{{Solicitante.Nombre}} {{solicitante.nombre_de_pila}} {{ticket.número}} {{ticket.etiqueta}}": "Ana Ruiz Ana 1042 [IT #1042]",
		"{{ticket.asunto}} {{servicio}} {{solver.nombre}} {{yo.nombre}} {{mesa}}":                     "Paper {{me.name}} jam Printers Vic Vendor Sol Vega IT",
		"{{date}} {{nobody}} {{":                                                                      "{{date}} {{nobody}} {{",
		"":                                                                                            "",
	} {
		if got := (&Template{Text: text}).Reply(d, ticket, me, time.Now()); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPlaceholderWithoutValueLeavesNoGap(t *testing.T) {
	t.Parallel()
	d, ticket := vendorDesk()
	ticket.Solver, ticket.Requester = nil, &Person{ID: 9, Email: "nobody@city.test"}
	for text, want := range map[string]string{
		"Hello {{requester.first_name}},":                           "Hello,",
		"Hello {{requester.first_name}}!":                           "Hello!",
		"{{requester.name}} wrote":                                  "wrote",
		"to {{solver.name}} now":                                    "to now",
		"ask {{solver.name}}":                                       "ask",
		"ask {{solver.name}} \nor us":                               "ask \nor us",
		"a {{solver.name}}{{requester.name}}, b":                    "a, b",
		"a {{solver.name}} {{requester.name}} b":                    "a b",
		"a {{solver.name}} {{requester.name}}.":                     "a.",
		"Regards\n{{solver.name}}\n{{desk}}":                        "Regards\nIT",
		"Regards\r\n{{solver.name}} {{requester.name}}\r\n{{desk}}": "Regards\r\nIT",
		"{{solver.name}}":                                           "",
		"  {{solver.name}}  x":                                      "  x",
		"({{solver.name}}) x-{{solver.name}}-y":                     "() x--y",
	} {
		if got := (&Template{Text: text}).Reply(d, ticket, &Person{}, time.Now()); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What is filled in is what a requester may see, though this one may see more: they are main solver as well.
func TestReplyTemplateHoldsNothingThatARequesterMayNotSee(t *testing.T) {
	t.Parallel()
	d, ticket := vendorDesk()
	ticket.Followers, ticket.Fields = []*Person{{ID: 3, Name: "Secret Follower"}}, map[string]string{"cost": "secret"}
	ticket.Solver.Name, ticket.Solver.Fields = "", map[string]string{"phone": "secret"}
	all := ""
	for _, p := range placeholders {
		all += "{{" + p.name + "}} {{" + p.spanish + "}}\n"
	}
	got := (&Template{Text: all}).Reply(d, ticket, &Person{Email: "me@vendor.test"}, time.Now())
	for _, secret := range []string{"@", "ecret", "urgent"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q stands in %q", secret, got)
		}
	}
}

func TestTicketTemplateHasTheDateOfItsLanguage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for language, want := range map[Language]string{English: "1 September 2026", Spanish: "1 de septiembre de 2026"} {
		subject, text := (&Template{Language: language, Subject: "Backup of {{date}}", Text: "{{Fecha}}: {{desk}}"}).Filled(at)
		if subject != "Backup of "+want || text != want+": {{desk}}" {
			t.Errorf("%q, %q", subject, text)
		}
	}
}

// FuzzFill: whatever stands in a template and in what people wrote, what they wrote comes out as it is and once, and nothing
// else is lost but spaces.
func FuzzFill(f *testing.F) {
	f.Add("Hello {{requester.name}}, {{ticket.subject}}", "{{desk}}", "")
	f.Add("{{{{desk}}}} {{ desk }}{{x}}\n{{me.name}}\n", "}}{{", " a  b ")
	f.Add("{{solver.name}} {{solver.name}}\r\n\t{{desk}}", "\x00", "é")
	f.Fuzz(func(t *testing.T, text, subject, name string) {
		if !utf8.ValidString(text) || !utf8.ValidString(subject) || !utf8.ValidString(name) {
			return
		}
		values := map[string]string{"ticket.subject": subject, "requester.name": name}
		got := fill(ReplyTemplate, text, values)
		want := ""
		last := 0
		for _, m := range marked.FindAllStringSubmatchIndex(text, -1) { // the plainest way: no tidying
			if key, ok := placeholderNamed(ReplyTemplate, text[m[2]:m[3]]); ok {
				want += text[last:m[0]] + strings.Join(strings.Fields(values[key]), " ")
				last = m[1]
			}
		}
		want += text[last:]
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(got) != bare(want) {
			t.Errorf("%q filled is %q, want %q", text, got, want)
		}
		if !utf8.ValidString(got) || len(got) > len(want) {
			t.Errorf("%q filled is %q", text, got)
		}
	})
}
