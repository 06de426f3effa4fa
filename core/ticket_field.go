package core

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TicketField is a custom field that the tickets of a service can have (D27), in the words of the desk file.
type TicketField struct {
	Name       string   `yaml:"name" json:"name"`
	Requesters bool     `yaml:"requesters,omitempty" json:"requesters"`          // they see it and may set it; else it is the team's
	Choices    []string `yaml:"choices,omitempty,flow" json:"choices,omitempty"` // none = any text
}

// propertyOfField begins the field of a property record that tells of a custom one, which may be called as anything else.
const propertyOfField = "fields."

// FieldProperty is what the log calls the custom field.
func FieldProperty(name string) string { return propertyOfField + name }

// PropertyField is the custom field that the log tells of; ok is false where it tells of something else.
func PropertyField(property string) (name string, ok bool) {
	return strings.CutPrefix(property, propertyOfField)
}

// TicketFields are the custom fields that tickets of a service have: its own, then those of the services above while each
// inherits (D23). Of one name the nearest counts.
func (d *Directory) TicketFields(id ServiceID) []TicketField {
	var fields []TicketField
	for _, s := range d.Lineage(id) {
		for _, f := range s.TicketFields {
			if !slices.ContainsFunc(fields, func(near TicketField) bool { return near.Name == f.Name }) {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// FieldsFor are those of them that somebody sees and may set: the team all, others those for requesters.
func (d *Directory) FieldsFor(id ServiceID, team bool) []TicketField {
	fields := d.TicketFields(id)
	if !team {
		fields = slices.DeleteFunc(fields, func(f TicketField) bool { return !f.Requesters })
	}
	return fields
}

// SetField checks what somebody gives for a custom field, where known are the fields that they may set, and returns the
// text as it is kept: without blanks around it, in one line. Empty is none. What a field is called that is not among known
// is not told, so that nobody finds out the team's fields by asking.
func SetField(known []TicketField, name, text string) (string, error) {
	i := slices.IndexFunc(known, func(f TicketField) bool { return f.Name == name })
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case i < 0 && len(known) == 0:
		return "", BadInput("fields", "error.field.none", name)
	case i < 0:
		names := make([]string, len(known))
		for i, f := range known {
			names[i] = f.Name
		}
		return "", BadInput("fields", "error.field.unknown", name, strings.Join(names, ", "))
	case text == "":
		return "", nil
	case strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text):
		return "", BadInput("fields", "error.field.control", name)
	case utf8.RuneCountInString(text) > longestFieldText:
		return "", BadInput("fields", "error.field.long", name, longestFieldText)
	case len(known[i].Choices) > 0 && !slices.Contains(known[i].Choices, text):
		return "", BadInput("fields", "error.field.choice", name, strings.Join(known[i].Choices, ", "))
	}
	return text, nil
}

// requesterFields names the custom fields that requesters see.
func (d *Directory) requesterFields(id ServiceID) []string {
	var names []string
	for _, f := range d.FieldsFor(id, false) {
		names = append(names, f.Name)
	}
	return names
}

// fieldsOf are the ticket's custom fields that the standing may see: the team's all of them, also those that the service
// does not have any more.
func (s Standing) fieldsOf(t *Ticket) map[string]string {
	if s.SeesInternal() || len(t.Fields) == 0 {
		return t.Fields
	}
	seen := map[string]string{}
	for _, name := range s.fields {
		if text, ok := t.Fields[name]; ok {
			seen[name] = text
		}
	}
	return seen
}
