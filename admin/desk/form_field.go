package desk

import (
	"net/url"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// formField is a custom field (D27) in a form where the service can still be chosen. One that several services have alike
// stands there once.
type formField struct {
	core.TicketField
	Value string
	Of    []string // paths of the services that have it
	Some  bool     // not every service has it
	Wrong bool
}

// formFields are the fields of the services, in the services' order.
func formFields(services []helpdesk.ServiceView) (list []formField) {
	for _, s := range services {
		for _, f := range s.Fields {
			i := slices.IndexFunc(list, func(x formField) bool { return x.Name == f.Name && slices.Equal(x.Choices, f.Choices) })
			if i < 0 {
				i = len(list)
				list = append(list, formField{TicketField: f})
			}
			list[i].Of = append(list[i].Of, s.Path)
		}
	}
	for i := range list {
		list[i].Some = len(list[i].Of) < len(services)
	}
	return list
}

// Input is the name of the field's input. Fields of one name and other choices share it.
func (f formField) Input() string { return "field:" + f.Name }

// Where says for the script in which services the field is asked for, a line each.
func (f formField) Where() string { return strings.Join(f.Of, "\n") }

// read takes what was typed: without a script the form sends the fields of all services, where only some are filled in.
func (f *formField) read(form url.Values) {
	for _, value := range form[f.Input()] {
		if fits := len(f.Choices) == 0 || slices.Contains(f.Choices, value); value != "" && (fits || f.Value == "") {
			f.Value = value
		}
	}
}

// given are the values of the fields that the service at the path has.
func given(fields []formField, path string) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		if slices.Contains(f.Of, path) {
			values[f.Name] = f.Value
		}
	}
	return values
}
