package desk_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// The team lists, writes, changes and deletes its templates (A27, A28).
func TestTemplatesAreWrittenAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	say := printer(t, core.English)
	if p := mia.get("/templates").want(200); !strings.Contains(p.text(".empty"), say.T("templates.no_replies")) || len(p.find(".rail a[href=/templates]")) != 1 {
		t.Errorf("an empty list reads %q", p.text("main"))
	}
	form := mia.get("/templates/new?kind=reply").want(200)
	values := fields(form.one("form.pattern"))
	values[slices.Index(values, "title")+1], values[slices.Index(values, "text")+1] = "Welcome", "Hello {{requester.first_name}}"
	p := mia.follow(mia.post("/templates/new?kind=reply", values...)).want(200)
	if got := p.text(".book strong"); got != "Welcome" || p.text(".said") != say.T("templates.said.saved", "Welcome") {
		t.Errorf("the list has %q and says %q", got, p.text(".said"))
	}
	address := attr(p.one(".book"), "href")
	edit := mia.get(address).want(200)
	values = fields(edit.one("form.pattern"))
	values[slices.Index(values, "text")+1] = "Hello {{requester.color}}"
	refused := mia.post(address, values...).want(422)
	if got := refused.text("#bad-text"); !strings.Contains(got, "{{requester.color}}") || !strings.Contains(refused.text("textarea"), "requester.color") {
		t.Errorf("an unknown placeholder reads %q", got)
	}
	values[slices.Index(values, "text")+1] = "Good morning {{requester.first_name}}"
	mia.follow(mia.post(address, values...)).want(200)
	stale := mia.post(address, values...).want(409)
	if stale.text(".alert") != say.T("error.template.stale") {
		t.Errorf("a stale template reads %q", stale.text(".alert"))
	}
	mia.post(address+"/delete", "version", "1").want(409)
	p = mia.follow(mia.post(address+"/delete", "version", "2")).want(200)
	if len(p.find(".book")) != 0 || p.text(".said") != say.T("templates.said.deleted", "Welcome") {
		t.Errorf("after deleting it says %q", p.text(".said"))
	}
	mia.post("/templates/new?kind=letter", "title", "x").want(400)
}

// Who uses no templates is told of none; who has a role elsewhere does not see those of Printers.
func TestTemplatesAreTheTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	v := w.template(t, "mia", moving())
	for who, want := range map[string]int{"mia": 200, "sol": 200, "gus": 200, "man": 200, "exa": 404, "rea": 404, "tre": 404, "ben": 404, "root": 404} {
		b := w.as(t, who)
		b.get("/templates").want(want)
		b.get("/templates/" + v.ID).want(want)
		b.get("/templates/new").want(want)
		if got := len(b.get("/dashboard/ithelpdesk").want(200).find(".rail a[href=/templates]")); (got == 1) != (want == 200) {
			t.Errorf("%s has %d links to templates", who, got)
		}
	}
	net := w.as(t, "net")
	net.get("/templates/" + v.ID).want(404)
	net.post("/templates/"+v.ID, "title", "x").want(404)
	net.post("/templates/"+v.ID+"/delete", "version", "1").want(404)
	if got := net.post("/templates/new?kind=reply", "service", "IT/Printers", "title", "x", "text", "x", "language", "en").want(403); len(got.find(".pattern")) != 1 {
		t.Error("what was typed is lost")
	}
	if len(net.get("/templates").want(200).find(".book")) != 0 {
		t.Error("the list of another team has it")
	}
}

// A periodic ticket: its schedule is written, told ahead, and shown with what went wrong.
func TestSchedulesAreWrittenAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	mia := w.as(t, "mia")
	say := printer(t, core.English)
	form := mia.get("/templates/new?kind=ticket").want(200)
	values := fields(form.one("form.pattern"))
	set := func(name, value string) { values[slices.Index(values, name)+1] = value }
	set("title", "Weekly cleaning")
	set("subject", "Cleaning of {{date}}")
	set("text", "Clean the rollers.")
	set("field:floor", "2")
	set("every", "week")
	set("requester", "ben@city.test")
	if got := mia.post("/templates/new?kind=ticket", values...).want(422); got.text("#bad-schedule.days") == "" && !strings.Contains(got.text(".periodic .alert"), "mon") {
		t.Errorf("a week without days reads %q", got.text(".alert"))
	}
	values = append(values, "days", "mon", "days", "thu")
	p := mia.follow(mia.post("/templates/new?kind=ticket", values...)).want(200)
	if got := p.text(".book .meta"); !strings.Contains(got, "every Monday and Thursday at 08:00") || len(p.find(".book time")) != 1 {
		t.Errorf("the list reads %q", got)
	}
	list, err := w.help.Templates(t.Context(), w.People["mia"], helpdesk.TemplateFilter{})
	if err != nil || len(list) != 1 || list[0].Fields["floor"] != "2" || list[0].Requester != "ben@city.test" || list[0].Schedule.Timezone == "" {
		t.Fatalf("written: %+v, %v", list, err)
	}
	edit := mia.get("/templates/" + list[0].ID).want(200)
	if len(edit.find(".runs li")) != 3 {
		t.Errorf("told ahead: %q", edit.text(".runs"))
	}
	// It can be left as it is by who may not open tickets for others (A5), but for its words.
	man := w.as(t, "man")
	values = fields(man.get("/templates/" + list[0].ID).want(200).one("form.pattern"))
	set("text", "Clean all rollers.")
	man.follow(man.post("/templates/"+list[0].ID, values...)).want(200)
	values = fields(man.get("/templates/" + list[0].ID).want(200).one("form.pattern"))
	set("at", "09:30")
	if got := man.post("/templates/"+list[0].ID, values...).want(403); got.text(".alert") != say.T("error.template.on_behalf") || attr(got.one("[name=at]"), "value") != "09:30" {
		t.Errorf("another time reads %q", got.text(".alert"))
	}
	w.exec(t, `update template set failure = '{"at":"2026-03-02T08:00:00Z","key":"error.open.no_requester"}'`)
	if got := mia.get("/templates").want(200).text(".failed"); !strings.Contains(got, say.T("error.open.no_requester")) {
		t.Errorf("what went wrong reads %q", got)
	}
}

// The next tickets are told while a schedule is being written.
func TestScheduleIsToldAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	next := func(values url.Values) page { return mia.get("/templates/next?" + values.Encode()).want(200) }
	p := next(url.Values{"every": {"month"}, "day": {"31"}, "at": {"07:15"}, "timezone": {"America/Chicago"}})
	var hours []string
	for _, run := range p.find(".runs time") {
		at, err := time.Parse(time.RFC3339, attr(run, "datetime"))
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation("America/Chicago")
		if err != nil {
			t.Fatal(err)
		}
		if last := at.In(zone).AddDate(0, 0, 1).Day(); last != 1 {
			t.Errorf("%s is not the last of its month", at.In(zone))
		}
		hours = append(hours, at.In(zone).Format("15:04"))
	}
	if !slices.Equal(hours, []string{"07:15", "07:15", "07:15"}) {
		t.Errorf("told ahead: %q", hours)
	}
	for _, values := range []url.Values{{}, {"every": {""}}} {
		if p := next(values); len(p.find(".runs")) != 0 || p.text("#next") != "" {
			t.Errorf("%v reads %q", values, p.text("#next"))
		}
	}
	if got := next(url.Values{"every": {"week"}, "at": {"08:00"}}).text("#next"); !strings.Contains(got, "mon") {
		t.Errorf("a week without days reads %q", got)
	}
	if got := w.browser(t).get("/templates/next?every=day&at=08:00"); got.status != 303 {
		t.Errorf("without signing in: %d", got.status)
	}
}
