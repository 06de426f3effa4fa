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

// HiddenFrom lists what of a ticket is kept from somebody who sees it, in a fixed order; empty for the team.
func HiddenFrom(t *Ticket, s Standing) []string {
	hidden := []string{}
	if s.SeesInternal() {
		return hidden
	}
	hidden = append(hidden, "notes") // A69
	for _, f := range OptionalFields() {
		own := Field(f) == FieldSolverDetails && (t.Solver == nil || SameOrganization(t.Solver, s.Person)) ||
			Field(f) == FieldOrganizationDetails && t.Organization != 0 && t.Organization == s.Person.Organization
		if !own && !s.SeesField(Field(f)) {
			hidden = append(hidden, f)
		}
	}
	hidden = append(hidden, "group", "followers", "relations", "approvals")
	if !s.Since.IsZero() { // D15
		hidden = append(hidden, "earlier_messages")
	}
	return hidden
}
