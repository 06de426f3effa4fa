package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// templatePage is the form of one template, with what was typed before it was refused.
type templatePage struct {
	web.Frame
	ID           string // "" = a new one
	Version      int
	MayEdit      bool
	Kind         core.TemplateKind
	Places       []helpdesk.TemplatePlace
	Fields       []formField
	Values       url.Values // as the form has them
	Categories   []core.Category
	Priorities   []core.Priority
	Languages    []core.Language
	Weekdays     []weekday
	Next         []time.Time // the next tickets of its schedule
	Failure      string
	Field, Alert string
	Placeholders []string
}

// Get is a value of the form.
func (p *templatePage) Get(name string) string { return p.Values.Get(name) }

// Has tells whether a value is among those of that name.
func (p *templatePage) Has(name, value string) bool { return slices.Contains(p.Values[name], value) }

// templateInputs are the names of the form, custom fields aside.
var templateInputs = []string{"kind", "version", "service", "title", "text", "language", "subject", "category", "priority", "requester",
	"every", "days", "day", "at", "timezone"}

// templateForm is the form for the kind.
func (v *visit) templateForm(kind core.TemplateKind) (*templatePage, error) {
	places, err := v.Helpdesk.TemplatePlaces(v.r.Context(), v.me)
	if err != nil {
		return nil, err
	}
	p := &templatePage{Kind: kind, Places: places, Values: url.Values{}, Categories: core.Categories(), Priorities: core.Priorities(),
		Languages: []core.Language{core.English, core.Spanish}, Weekdays: v.weekdays(),
		Placeholders: core.Placeholders(kind, v.printer.Language())}
	if kind == core.TicketTemplate {
		services := make([]helpdesk.ServiceView, len(places))
		for i, place := range places {
			services[i] = helpdesk.ServiceView{Path: place.Path, Fields: place.Fields}
		}
		p.Fields = formFields(services)
	}
	return p, nil
}

// fill puts a template into the form.
func (p *templatePage) fill(t core.TemplateView) {
	p.ID, p.Version, p.Kind, p.MayEdit = t.ID, t.Version, t.Kind, slices.Contains(t.Actions, "edit")
	p.Values = url.Values{"service": {t.Service}, "title": {t.Title}, "text": {t.Text}, "language": {string(t.Language)}, "subject": {t.Subject},
		"category": {string(t.Category)}, "priority": {string(t.Priority)}, "requester": {t.Requester}, "version": {strconv.Itoa(t.Version)}}
	if s := t.Schedule; s != nil {
		p.Values["every"], p.Values["days"], p.Values["at"], p.Values["timezone"] = []string{s.Every}, s.Days, []string{s.At}, []string{s.Timezone}
		if s.Day != 0 {
			p.Values.Set("day", strconv.Itoa(s.Day))
		}
	}
	for i, f := range p.Fields {
		p.Fields[i].Value = t.Fields[f.Name]
	}
}

// writing is what the form says.
func (p *templatePage) writing() helpdesk.TemplateWriting {
	text := func(name string) *string {
		s := lineEnds(p.Values.Get(name))
		return &s
	}
	language := core.Language(p.Values.Get("language"))
	w := helpdesk.TemplateWriting{Kind: &p.Kind, Service: text("service"), Title: text("title"), Text: text("text"), Language: &language}
	if p.Kind == core.ReplyTemplate {
		return w
	}
	category, priority := core.Category(p.Values.Get("category")), core.Priority(p.Values.Get("priority"))
	w.Subject, w.Category, w.Priority, w.Fields, w.SetSchedule, w.Schedule = text("subject"), &category, &priority, map[string]string{}, true, p.schedule()
	for name, value := range given(p.Fields, *w.Service) {
		if value != "" {
			w.Fields[name] = value
		}
	}
	requester := strings.TrimSpace(p.Values.Get("requester"))
	w.Requester = &requester
	return w
}

// schedule is the one that the form says; nil = none.
func (p *templatePage) schedule() *core.Schedule { return scheduleOf(p.Values) }

func scheduleOf(form url.Values) *core.Schedule {
	s := &core.Schedule{Every: form.Get("every"), At: form.Get("at"), Timezone: form.Get("timezone")}
	switch s.Every {
	case "":
		return nil
	case "week":
		s.Days = form["days"]
	case "month":
		s.Day, _ = strconv.Atoi(form.Get("day")) // what is no number is refused as no day
	}
	return s
}
