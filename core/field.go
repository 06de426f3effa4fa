package core

// Field is something about a ticket that requesters are not shown by themselves (A68–A75), in the words of the desk
// file and of who (hidden).
type Field string

// The fields that a service can switch on for requesters (A76). Notes are none of them.
const (
	FieldPriority            Field = "priority"             // A68
	FieldWork                Field = "work"                 // A70
	FieldInternalTarget      Field = "internal_target"      // A71
	FieldRequesterFields     Field = "requester_fields"     // A72
	FieldSolverFields        Field = "solver_fields"        // A72
	FieldSolverDetails       Field = "solver_details"       // A73: of a solver from another organization
	FieldOrganizationFields  Field = "organization_fields"  // A74
	FieldOrganizationDetails Field = "organization_details" // A75: of a related organization that is not theirs
)

// OptionalFields lists them.
func OptionalFields() []string {
	return []string{string(FieldPriority), string(FieldWork), string(FieldInternalTarget), string(FieldRequesterFields),
		string(FieldSolverFields), string(FieldSolverDetails), string(FieldOrganizationFields), string(FieldOrganizationDetails)}
}

// shows tells whether a field of the ticket is shown: as SeesField says, but what is of one's own organization is no
// detail of another one (A73, A75), where none is nobody's own (D9). Custom fields go no further than the details of whom
// they describe.
func (s Standing) shows(t *Ticket, f Field) bool {
	switch f {
	case FieldSolverDetails:
		return s.SeesField(f) || t.Solver == nil || SameOrganization(t.Solver, s.Person)
	case FieldOrganizationDetails:
		return s.SeesField(f) || t.Organization != 0 && t.Organization == s.Person.Organization
	case FieldSolverFields:
		return s.SeesField(f) && s.shows(t, FieldSolverDetails)
	case FieldOrganizationFields:
		return s.SeesField(f) && s.shows(t, FieldOrganizationDetails)
	}
	return s.SeesField(f)
}

// RefOf names somebody who acts on the ticket. Of people from another organization requesters see the name, which is a
// column of their lists (D8); the rest is a detail (A73, D9).
func (s Standing) RefOf(p *Person) Ref {
	ref := p.Ref()
	if p.ID != s.Person.ID && !SameOrganization(p, s.Person) && !s.SeesField(FieldSolverDetails) {
		ref.Email = ""
	}
	return ref
}

// changeOf maps the field of a property record to the optional field that it is a change of.
func changeOf(field string) string {
	if field == "organization" {
		return string(FieldOrganizationDetails)
	}
	return field
}

// HiddenFrom lists what of a ticket is kept from somebody who sees it, in a fixed order; empty for the team.
func HiddenFrom(t *Ticket, s Standing) []string {
	hidden := []string{}
	if s.SeesInternal() {
		return hidden
	}
	hidden = append(hidden, "notes") // A69
	for _, f := range OptionalFields() {
		if !s.shows(t, Field(f)) {
			hidden = append(hidden, f)
		}
	}
	if len(s.fieldsOf(t)) < len(t.Fields) { // D27
		hidden = append(hidden, "fields")
	}
	hidden = append(hidden, "group", "followers", "relations", "approvals")
	if !s.Since.IsZero() { // D15
		hidden = append(hidden, "earlier_messages")
	}
	return hidden
}
