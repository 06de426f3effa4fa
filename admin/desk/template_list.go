package desk

import (
	"net/http"
	"slices"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

const templateHome = "/templates"

// templatesPage lists the templates that the reader may use (A27), those of a kind together.
type templatesPage struct {
	web.Frame
	Kinds   []templateKind
	Manages bool // somewhere they write them (A28)
}

type templateKind struct {
	Kind core.TemplateKind
	Rows []templateRow
}

type templateRow struct {
	core.TemplateView
	Runs    string // its schedule in words; "" = none
	Failure string // why its last ticket could not be opened
}

func listTemplates(v *visit) error {
	list, err := v.Helpdesk.Templates(v.r.Context(), v.me, helpdesk.TemplateFilter{})
	if err != nil {
		return err
	}
	uses, err := v.usesTemplates()
	if err != nil {
		return err
	}
	if !uses { // who uses none is not told of any
		return core.Refuse(core.NotFound, "error.not_found")
	}
	places, err := v.Helpdesk.TemplatePlaces(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	p := templatesPage{Frame: v.frame(v.printer.T("templates.title"), templateHome), Manages: len(places) > 0}
	for _, kind := range []core.TemplateKind{core.ReplyTemplate, core.TicketTemplate} {
		k := templateKind{Kind: kind}
		for _, t := range list {
			if t.Kind == kind {
				k.Rows = append(k.Rows, v.templateRow(t))
			}
		}
		p.Kinds = append(p.Kinds, k)
	}
	return v.pages.Render(v.w, http.StatusOK, "templates", p)
}

func (v *visit) usesTemplates() (bool, error) {
	areas, err := v.Helpdesk.Areas(v.r.Context(), v.me, 0)
	return areas.Templates, err
}

func (v *visit) templateRow(t core.TemplateView) templateRow {
	r := templateRow{TemplateView: t, Runs: v.scheduleWords(t.Schedule)}
	if f := t.Failure; f != nil {
		args := make([]any, len(f.Args))
		for i, a := range f.Args {
			args[i] = a
		}
		r.Failure = v.printer.T(f.Key, args...)
	}
	return r
}

// scheduleWords says a schedule as a sentence: on Monday and Thursday at 8:00.
func (v *visit) scheduleWords(s *core.Schedule) string {
	switch {
	case s == nil:
		return ""
	case s.Every == "week":
		days := ""
		for i, d := range s.Days {
			switch {
			case i == 0:
			case i == len(s.Days)-1:
				days += " " + v.printer.T("templates.days_and") + " "
			default:
				days += ", "
			}
			days += v.weekday(d).Name
		}
		return v.printer.T("templates.every_week", days, s.At)
	case s.Every == "month":
		return v.printer.T("templates.every_month", s.Day, s.At)
	}
	return v.printer.T("templates.every_day", s.At)
}

// weekday is a day of the week for a form: as schedules have it, and in the reader's language.
type weekday struct{ Key, Name, Short string }

func (v *visit) weekdays() (days []weekday) {
	names, short := strings.Fields(v.printer.T("date.weekdays")), strings.Fields(v.printer.T("date.weekdays_short"))
	for i, key := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		days = append(days, weekday{key, names[i], short[i]})
	}
	return days
}

func (v *visit) weekday(key string) weekday {
	days := v.weekdays()
	return days[max(0, slices.IndexFunc(days, func(d weekday) bool { return d.Key == key }))]
}
