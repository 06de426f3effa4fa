package desk_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// withFields gives Printers a field for requesters, one of the team's and one with choices, and Network one of its own.
func (w *world) withFields(t *testing.T) {
	t.Helper()
	w.exec(t, `update service set ticket_fields = '[{"name":"asset tag","requesters":true},{"name":"floor","requesters":true,"choices":["1","2"]},{"name":"cost center"}]',
		description = '{"en":"Paper, toner, scans","es":"Papel, tóner, escaneos"}' where id = $1`, w.Printers)
	w.exec(t, `update service set ticket_fields = '[{"name":"asset tag","requesters":true},{"name":"socket","requesters":true}]' where id = $1`, w.Network)
	w.exec(t, "update desk set version = version + 1")
}

// What a service asks for beyond the usual is asked for, kept where the form is refused, and never taken from another one.
func TestOpenTicketWithFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	ben := w.as(t, "ben")
	form := ben.get("/dashboard/ithelpdesk/new").want(200)
	if got := form.text(".services"); !strings.Contains(got, "Paper, toner, scans") {
		t.Errorf("the services read %q", got)
	}
	var asked []string
	for _, f := range form.find(".extra .field") {
		asked = append(asked, fields(f)[0]+" "+strings.ReplaceAll(attr(f, "data-of"), "\n", "+"))
	}
	if want := []string{"field:asset tag ", "field:socket IT/Network", "field:floor IT/Printers"}; !slices.Equal(asked, want) {
		t.Errorf("asked for are %q, want %q", asked, want)
	}
	typed := []string{"subject", "No paper", "text", "None.", "category", "hardware", "priority", "normal", "field:asset tag", "PC-17", "field:socket", "", "field:floor"}
	refused := ben.upload("/dashboard/ithelpdesk/new", nil, append(slices.Clone(typed), "9", "service", "IT/Printers")...).want(422)
	if got := refused.text("#wrong-fields"); got != printer(t, core.English).T("error.field.choice", "floor", "1, 2") || attr(refused.one("[aria-invalid]"), "name") != "field:floor" {
		t.Errorf("an unknown choice reads %q", got)
	}
	if kept := fields(refused.one("form[enctype]")); !slices.Contains(kept, "PC-17") {
		t.Errorf("a field is lost: %q", kept)
	}
	ben.follow(ben.upload("/dashboard/ithelpdesk/new", nil, append(slices.Clone(typed), "2", "service", "IT/Printers")...)).want(200)
	if got := fmt.Sprint(w.view(t, "mia", 1001).Fields); got != "map[asset tag:PC-17 floor:2]" {
		t.Errorf("the fields are %s", got)
	}
	ben.follow(ben.upload("/dashboard/ithelpdesk/new", nil, append(slices.Clone(typed), "2", "service", "IT/Network")...)).want(200)
	if got := fmt.Sprint(w.view(t, "net", 1002).Fields); got != "map[asset tag:PC-17]" { // a floor typed before another service was chosen
		t.Errorf("the fields are %s", got)
	}
	ben.upload("/dashboard/ithelpdesk/new", nil, append(slices.Clone(typed), "2", "service", "IT/Printers", "field:cost center", "17")...).want(400) // the team's
	if mia := w.as(t, "mia").get("/dashboard/ithelpdesk/new").want(200); !strings.Contains(mia.text(".extra"), "cost center") {
		t.Errorf("the team is asked for %q", mia.text(".extra"))
	}
}

func (w *world) template(t *testing.T, who string, write helpdesk.TemplateWriting) core.TemplateView {
	t.Helper()
	v, err := w.help.AddTemplate(t.Context(), core.Actor{Person: w.People[who], Via: core.ViaDesk, Level: core.SignedIn}, write)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func pointer[T any](v T) *T { return &v }

// moving is a ticket template for Printers.
func moving() helpdesk.TemplateWriting {
	return helpdesk.TemplateWriting{Kind: pointer(core.TicketTemplate), Service: pointer("Printers"), Title: pointer("Printer moves"), Subject: pointer("Move on {{date}}"),
		Text: pointer("From:\nTo:"), Category: pointer(core.Category("hardware")), Priority: pointer(core.Low), Fields: map[string]string{"floor": "2"}}
}

// The team begins with a template (A27); the ticket's log says so. Others are offered none.
func TestOpenTicketWithTemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	template := w.template(t, "mia", moving())
	address := "/dashboard/ithelpdesk/new?" + url.Values{"template": {template.ID}}.Encode()
	mia := w.as(t, "mia")
	if got := mia.get("/dashboard/ithelpdesk/new").want(200).find(`a[href=` + address + `]`); len(got) != 1 {
		t.Error("the template is not offered")
	}
	form := mia.get(address).want(200)
	values := fields(form.one("form[enctype]"))
	for name, want := range map[string]string{"subject": "Move on " + time.Now().UTC().Format("2 January 2006"), "text": "From: To:", "category": "hardware", "priority": "low", "service": "IT/Printers", "field:floor": "2", "template": template.ID} {
		if i := slices.Index(values, name); i < 0 || values[i+1] != want {
			t.Errorf("%s is not %q: %q", name, want, values)
		}
	}
	wrong := slices.Clone(values)
	wrong[slices.Index(wrong, "on_behalf_of")+1] = "nobody@city.test"
	refused := mia.upload("/dashboard/ithelpdesk/new", nil, wrong...).want(422)
	if again := fields(refused.one("form[enctype]")); !slices.Contains(again, template.ID) {
		t.Error("the template is forgotten where the form is refused")
	}
	mia.follow(mia.upload("/dashboard/ithelpdesk/new", nil, values...)).want(200)
	if log := w.log(t, "mia", 1001); len(log) < 2 || log[1].Change == nil || log[1].Change.Field != "template" || log[1].Change.To != "Printer moves" {
		t.Errorf("the log is %+v", log)
	}
	if err := w.help.DeleteTemplate(t.Context(), core.Actor{Person: w.People["mia"], Level: core.SignedIn}, template.ID, 0); err != nil {
		t.Fatal(err)
	}
	gone := mia.upload("/dashboard/ithelpdesk/new", nil, values...).want(422)
	left := fields(gone.one("form[enctype]"))
	if gone.text(".alert") != printer(t, core.English).T("error.template.no_ticket_template") || slices.Contains(left, "template") {
		t.Errorf("a template that is gone: %q, %q", gone.text(".alert"), left)
	}
	mia.follow(mia.upload("/dashboard/ithelpdesk/new", nil, left...)).want(200) // what was typed is enough
	ben := w.as(t, "ben")
	if got := ben.get("/dashboard/ithelpdesk/new").want(200).find(".begin .menu"); len(got) != 0 {
		t.Error("a requester is offered templates")
	}
	ben.get(address).want(404)
}

// Knowledge is offered while one writes, and only what the reader may see.
func TestKnowledgeIsOfferedToWhoOpensATicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for title, public := range map[string]bool{"Paper jam in the printer": true, "Paper jam: what the vendor charges": false} {
		if _, err := w.help.AddArticle(t.Context(), core.Actor{Person: w.People["mia"], Level: core.SignedIn}, core.Knowledge, helpdesk.ArticleWriting{Service: pointer("Printers"),
			ArticleChange: core.ArticleChange{Title: &title, Text: pointer("Open the <b>rear</b> door."), ForRequesters: &public}}); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[string]int{"ben": 1, "mia": 2, "root": 0} {
		p := w.as(t, who).get("/dashboard/ithelpdesk/new/knowledge?q=" + url.QueryEscape("there is a paper jam")).want(200)
		if got := len(p.find("details")); got != want {
			t.Errorf("%s is offered %d: %s", who, got, p.text(".matches"))
		}
	}
	if p := w.as(t, "ben").get("/dashboard/ithelpdesk/new/knowledge?q=coffee").want(200); len(p.find(".matches")) != 0 {
		t.Errorf("nothing fits and it says %q", p.text(".matches"))
	}
	if p := w.browser(t).get("/dashboard/ithelpdesk/new/knowledge?q=paper"); p.status != 303 {
		t.Errorf("without signing in: %d", p.status)
	}
}

// What is being written is kept, on whatever machine one goes on, until the ticket is open or it is thrown away.
func TestNewTicketIsKeptWhileItIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	typed := []string{"service", "IT/Printers", "subject", "Smoke", "text", "A lot.", "category", "phone", "priority", "high", "field:asset tag", "PC-17", "field:floor", "2", "field:socket", ""}
	ben := w.as(t, "ben")
	const draft = "/dashboard/ithelpdesk/new/draft"
	ben.post(draft, typed...).want(204)
	form := w.as(t, "ben").get("/dashboard/ithelpdesk/new").want(200)
	kept := fields(form.one("#new"))
	for i := 2; i < len(typed); i += 2 {
		if at := slices.Index(kept, typed[i]); at < 0 || kept[at+1] != typed[i+1] {
			t.Errorf("%s is not kept: %q", typed[i], kept)
		}
	}
	if at := form.find("input[name=service][checked]"); len(at) != 1 || attr(at[0], "value") != "IT/Printers" {
		t.Error("the service is not kept")
	}
	if got := fields(w.as(t, "eva").get("/dashboard/ithelpdesk/new").want(200).one("#new")); slices.Contains(got, "Smoke") {
		t.Error("somebody else reads it")
	}
	ben.follow(ben.upload("/dashboard/ithelpdesk/new", nil, typed...)).want(200)
	empty := func(when string) {
		t.Helper()
		if p := ben.get("/dashboard/ithelpdesk/new").want(200); slices.Contains(fields(p.one("#new")), "Smoke") || len(p.find(".from")) != 0 {
			t.Errorf("%s it is still there", when)
		}
	}
	empty("opened")
	ben.post(draft, typed...).want(204)
	ben.follow(ben.post(draft + "/discard")).want(200)
	empty("thrown away")
	ben.post(draft, typed...).want(204)
	ben.post(draft, "service", "IT/Printers", "subject", " ", "text", "", "category", "other", "priority", "normal").want(204)
	empty("emptied")
	ben.post(draft, "color", "red").want(400)
}
