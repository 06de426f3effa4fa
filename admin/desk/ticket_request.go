package desk

import (
	"net/url"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Acts that change what the request is, where it belongs, and by when.
var (
	// Custom fields come in turns of name and field, for they can be called as anything else (D27).
	doEdit = act{[]string{"subject", "text", "organization", "field", "name"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		subject, text := form.Get("subject"), lineEnds(form.Get("text"))
		e := helpdesk.Edit{Subject: &subject, Text: &text, Fields: map[string]string{}}
		if form.Has("organization") {
			organization := strings.TrimSpace(form.Get("organization"))
			e.Organization = &organization
		}
		for i, name := range form["name"] {
			if i < len(form["field"]) {
				e.Fields[name] = form["field"][i]
			}
		}
		return a.EditTicket(v.r.Context(), n, e, version)
	}}
	doMove = act{[]string{"service"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		to, err := a.ServiceNamed(v.r.Context(), n, form.Get("service"))
		if err != nil {
			return n, err
		}
		return a.MoveTicket(v.r.Context(), n, to, version)
	}}
	doDue = act{[]string{"target", "undo"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		var to time.Time
		if !form.Has("undo") {
			var err error
			if to, err = v.localTime(form, "target"); err != nil {
				return n, err
			}
			if to.IsZero() {
				return n, core.BadInput("target", "error.due.missing")
			}
		}
		return a.SetInternalTarget(v.r.Context(), n, to, version)
	}}
	doSpam = act{[]string{"undo"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		if form.Has("undo") {
			return a.UnmarkSpam(v.r.Context(), n, version)
		}
		return a.MarkSpam(v.r.Context(), n, version)
	}}
)

// localForm is how a field of type datetime-local writes a moment (HTML, 2.3.5.4).
const localForm = "2006-01-02T15:04"

// localTime reads a moment that was typed in the desk's zone; empty is the zero time.
func (v *visit) localTime(form url.Values, field string) (time.Time, error) {
	typed := strings.TrimSpace(form.Get(field))
	if typed == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{localForm, localForm + ":05", "2006-01-02 15:04", "2006-01-02"} { // what browsers without such a field let people type
		if t, err := time.ParseInLocation(layout, typed, v.zone()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, core.BadInput(field, "error.moment", typed)
}
