package core

import "time"

// A small desk for the tests of the rules: IT (folder) ─ Printers, Network; Printers has somebody in each role, and a
// sub-team for the police.
const (
	cityOrg, vendorOrg     OrganizationID   = 1, 2
	itID, printers         ServiceID        = 1, 2
	network                ServiceID        = 3
	staff, police          RequesterGroupID = 1, 2
	field                  SolverGroupID    = 1
	standardSLA, policeSLA SLAID            = 1, 2
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// desk is the picture and its people by name.
type desk struct {
	*Directory
	p map[string]*Person
}

func newDesk() *desk {
	d := &desk{p: map[string]*Person{}, Directory: &Directory{
		Desk: Desk{Name: "IT", Languages: []Language{English, Spanish}},
		Services: map[ServiceID]*Service{
			itID:     {ID: itID, Name: "IT", Folder: true, Inherit: true, Mailbox: 1, SLAs: []ServiceSLA{{Group: staff, SLA: standardSLA}}},
			printers: {ID: printers, Parent: itID, Name: "Printers", Inherit: true, ReopenDays: 7, UnknownSenders: HoldUnknown},
			network:  {ID: network, Parent: itID, Name: "Network", Inherit: true},
		},
		Grants:        map[ServiceID][]Grant{},
		SolverGroups:  map[SolverGroupID]SolverGroup{field: {ID: field, Service: printers, Name: "Field"}},
		Mailboxes:     map[MailboxID]*Mailbox{1: {ID: 1, Address: "it@city.test"}},
		Organizations: map[OrganizationID]Organization{cityOrg: {Name: "City"}, vendorOrg: {Name: "Vendor"}},
		People:        map[PersonID]*Person{},
	}}
	for i, name := range []string{"mia", "sol", "gus", "exa", "man", "rea", "tre", "net", "cop", "ben", "eva", "pat", "root", "off", "vic", "nil"} {
		p := &Person{ID: PersonID(i + 1), Email: name + "@city.test", Name: name, Organization: cityOrg, Groups: []RequesterGroupID{staff}}
		switch name {
		case "tre":
			p.Groups = nil
		case "root":
			p.Administrator, p.Groups = true, nil
		case "off":
			p.Disabled = true
		case "vic":
			p.Organization, p.Groups = vendorOrg, nil
		case "nil":
			p.Organization, p.Groups = 0, nil
		case "pat":
			p.Groups = []RequesterGroupID{staff, police}
		}
		d.p[name], d.People[p.ID] = p, p
	}
	d.grant(printers, MainSolver, "mia", 0)
	d.grant(printers, Solver, "sol", 0)
	d.grant(printers, Solver, "vic", 0)
	d.grant(printers, SolverGroupMember, "gus", 0)
	d.grant(printers, ExceptionalSolver, "exa", 0)
	d.grant(printers, Manager, "man", 0)
	d.grant(printers, Reader, "rea", 0)
	d.grant(printers, TicketReporter, "tre", 0)
	d.grant(printers, Solver, "cop", police)
	d.grant(network, MainSolver, "net", 0)
	d.grant(printers, MainSolver, "off", 0)
	return d
}

func (d *desk) grant(s ServiceID, r Role, name string, limit RequesterGroupID) {
	g := Grant{Service: s, Role: r, Person: d.p[name].ID, For: limit}
	if r == SolverGroupMember {
		g.SolverGroup = field
	}
	d.Grants[s] = append(d.Grants[s], g)
}

// ticket is ben's ticket in Printers, changed by the options.
func (d *desk) ticket(options ...func(*Ticket)) *Ticket {
	t := &Ticket{Number: 1042, Version: 3, Service: printers, Subject: "Paper jam", Status: Open, Category: "hardware", Priority: High,
		Requester: d.p["ben"], Organization: cityOrg, CreatedAt: noon, UpdatedAt: noon}
	for _, o := range options {
		o(t)
	}
	return t
}

func (d *desk) solver(name string) func(*Ticket) { return func(t *Ticket) { t.Solver = d.p[name] } }
func (d *desk) from(name string) func(*Ticket)   { return func(t *Ticket) { t.Requester = d.p[name] } }
func (d *desk) with(name string) func(*Ticket) {
	return func(t *Ticket) { t.Participants = append(t.Participants, d.p[name]) }
}
func (d *desk) followed(name string) func(*Ticket) {
	return func(t *Ticket) { t.Followers = append(t.Followers, d.p[name]) }
}
func grouped(t *Ticket) { t.Group = field }
func resolved(t *Ticket) {
	t.Status, t.ResolvedAt = Resolved, noon
}

func (d *desk) standing(name string, t *Ticket) Standing {
	return StandingOf(d.Directory, t, d.p[name])
}
