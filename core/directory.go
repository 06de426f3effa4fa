package core

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Desk is what is set once for the whole desk.
type Desk struct {
	Name      string // stands in the subject tag: [IT #1042]
	Languages []Language
	Timezone  string
	// SecondFactor says who must have one; OIDC are the providers at which people sign in besides.
	SecondFactor FactorRule
	OIDC         []OIDCEntry
}

// Tag is the subject tag of a ticket, neutral in language (D21).
func (d Desk) Tag(n Number) string { return fmt.Sprintf("[%s #%d]", d.Name, n) }

// Directory is what is configured, as one consistent picture: the service tree, who holds which role, the mailboxes,
// and the people that grants name. It is small (it grows with the organization's structure, not with its tickets or
// staff) and read-only; Version tells pictures apart.
type Directory struct {
	Version       int64
	Desk          Desk
	Limits        Limits
	Services      map[ServiceID]*Service
	SLAs          map[SLAID]*SLA
	Grants        map[ServiceID][]Grant // by the service that they stand on
	SolverGroups  map[SolverGroupID]SolverGroup
	Mailboxes     map[MailboxID]*Mailbox
	Organizations map[OrganizationID]Organization
	// People are the persons that a grant names directly; others are looked up when needed.
	People map[PersonID]*Person
	// Absences are those that are not over, people who are away with their groups (E14); At picks the ones in effect.
	Absences []Absence
	away     []Absence
}

// Lineage is the service and, while each inherits, its ancestors: where roles and requesters are looked up (D23).
func (d *Directory) Lineage(id ServiceID) []*Service {
	var line []*Service
	for s := d.Services[id]; s != nil && len(line) <= len(d.Services); s = d.Services[s.Parent] {
		line = append(line, s)
		if !s.Inherit {
			break
		}
	}
	return line
}

// Below is the service and all that stand below it in the tree.
func (d *Directory) Below(id ServiceID) []ServiceID {
	below := []ServiceID{id}
	for i := 0; i < len(below); i++ {
		for _, s := range d.Services {
			if s.Parent == below[i] && !slices.Contains(below, s.ID) {
				below = append(below, s.ID)
			}
		}
	}
	return below
}

// ServiceByName finds a service by its path (IT/Printers) or by its bare name where only one bears it.
func (d *Directory) ServiceByName(name string) *Service {
	var found []*Service
	for _, s := range d.Services {
		switch {
		case s.Archived:
		case strings.EqualFold(d.Path(s.ID), name): // a path counts before every bare name
			return s
		case strings.EqualFold(s.Name, name):
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// Path is the service's name with its ancestors': IT/Printers.
func (d *Directory) Path(id ServiceID) string {
	var names []string
	for s := d.Services[id]; s != nil && len(names) <= len(d.Services); s = d.Services[s.Parent] {
		names = append(names, s.Name)
	}
	slices.Reverse(names)
	return strings.Join(names, "/")
}

// Effective lists the grants that hold in a service for a ticket of the requester: those for everybody and those for
// each group the requester is in, inherited ones included (D17, D23). A nil requester gets the grants for everybody.
func (d *Directory) Effective(id ServiceID, requester *Person) []Grant {
	var grants []Grant
	for _, s := range d.Lineage(id) {
		for _, g := range d.Grants[s.ID] {
			if g.For == 0 || requester != nil && requester.In(g.For) {
				grants = append(grants, g)
			}
		}
	}
	return grants
}

// RolesOf gives the roles a person holds in a service for a ticket of the requester, and the solver groups they are in.
func (d *Directory) RolesOf(p *Person, id ServiceID, requester *Person) (RoleSet, []SolverGroupID) {
	var roles RoleSet
	var groups []SolverGroupID
	if p == nil || p.Disabled {
		return roles, nil
	}
	for _, g := range d.Effective(id, requester) {
		if !g.HeldBy(p) {
			continue
		}
		roles = roles.With(g.Role)
		if g.Role == SolverGroupMember {
			groups = append(groups, g.SolverGroup)
		}
	}
	if !roles.Has(MainSolver) && d.standsInAsMainSolver(p, id, requester) {
		roles = roles.With(MainSolver)
	}
	return roles, groups
}

// TeamRoles gives the roles a person holds in a service for anybody's ticket: those for everybody, and those in its
// sub-teams (D17).
func (d *Directory) TeamRoles(p *Person, id ServiceID) RoleSet {
	anybody := &Person{}
	for _, s := range d.Lineage(id) {
		for _, g := range d.Grants[s.ID] {
			if g.For != 0 {
				anybody.Groups = append(anybody.Groups, g.For)
			}
		}
	}
	roles, _ := d.RolesOf(p, id, anybody)
	return roles
}

// RolesIn gives what a person is in a service where no ticket is in question: the roles for anybody's ticket, and requester
// where they have an SLA (A65). Articles, news and templates are judged by it (A21–A28).
func (d *Directory) RolesIn(p *Person, id ServiceID) RoleSet {
	roles := d.TeamRoles(p, id)
	if _, ok := d.SLAFor(p, id); ok {
		roles = roles.With(Requester)
	}
	return roles
}

// standsInAsMainSolver tells whether somebody who is away and is main solver there named p as delegate (A35, E14).
func (d *Directory) standsInAsMainSolver(p *Person, id ServiceID, requester *Person) bool {
	absent := d.StandsFor(p)
	return len(absent) > 0 && slices.ContainsFunc(d.Effective(id, requester), func(g Grant) bool {
		return g.Role == MainSolver && slices.ContainsFunc(absent, func(x *Person) bool { return g.HeldBy(x) })
	})
}

// SLAFor is the SLA under which a person is a requester of the service: the first in its list, then the parents' (A65, D29).
func (d *Directory) SLAFor(p *Person, id ServiceID) (SLAID, bool) {
	if p == nil || p.Disabled {
		return 0, false
	}
	for _, s := range d.Lineage(id) {
		for _, e := range s.SLAs {
			if p.In(e.Group) {
				return e.SLA, true
			}
		}
	}
	return 0, false
}

// MailboxOf is the mailbox a service writes from: its own, its nearest ancestor's, or the desk's first (mail.md 7).
func (d *Directory) MailboxOf(id ServiceID) *Mailbox {
	for s := d.Services[id]; s != nil; s = d.Services[s.Parent] {
		if m := d.Mailboxes[s.Mailbox]; m != nil {
			return m
		}
	}
	var first *Mailbox
	for _, m := range d.Mailboxes {
		if first == nil || m.ID < first.ID {
			first = m
		}
	}
	return first
}

// MailboxAt finds the mailbox to which mail to an address goes, with a plus part or without (RFC 5233).
func (d *Directory) MailboxAt(address string) *Mailbox {
	local, domain, _ := strings.Cut(FoldAddress(address), "@")
	bare, _, _ := strings.Cut(local, "+")
	var plus *Mailbox
	for _, m := range d.Mailboxes {
		switch m.Address {
		case local + "@" + domain:
			return m
		case bare + "@" + domain:
			plus = m
		}
	}
	return plus
}

// Leads tells whether mail to an address reaches the desk: at a mailbox, or at a domain that carries reply addresses.
func (d *Directory) Leads(address string) bool {
	if d.MailboxAt(address) != nil {
		return true
	}
	domain := DomainOf(FoldAddress(address))
	for _, m := range d.Mailboxes {
		if m.ReplyDomain != "" && m.ReplyDomain == domain {
			return true
		}
	}
	return false
}

// ServiceOfMailbox is the service to which mail to this mailbox goes: the one named by `opens`, else the only one that
// writes from it; 0 where neither tells. It may be one that takes no tickets: a folder where no other service writes from
// the mailbox, for mail to it is refused (D22), or one that is archived.
func (d *Directory) ServiceOfMailbox(id MailboxID) ServiceID {
	if m := d.Mailboxes[id]; m != nil && m.Opens != 0 {
		return m.Opens
	}
	var only, closed ServiceID
	for _, s := range d.Services {
		switch {
		case s.Mailbox != id || id == 0:
		case s.Folder || s.Archived:
			if closed == 0 || s.ID < closed {
				closed = s.ID
			}
		case only != 0:
			return 0
		default:
			only = s.ID
		}
	}
	return cmp.Or(only, closed)
}

// ServiceNear is ServiceOfMailbox, or where that tells nothing, or none that takes tickets, the service that comes first:
// held mail must lie in somebody's triage.
func (d *Directory) ServiceNear(id MailboxID) ServiceID {
	if s := d.Services[d.ServiceOfMailbox(id)]; s != nil && !s.Folder && !s.Archived {
		return s.ID
	}
	var first *Service
	for _, s := range d.Services {
		if s.Folder || s.Archived {
			continue
		}
		near := s.Mailbox == id
		if first == nil || near && first.Mailbox != id || near == (first.Mailbox == id) && s.ID < first.ID {
			first = s
		}
	}
	if first == nil {
		return 0
	}
	return first.ID
}

// GroupByName finds a solver group that serves in the service, its own or an inherited one.
func (d *Directory) GroupByName(id ServiceID, name string) (SolverGroup, bool) {
	for _, s := range d.Lineage(id) {
		for _, g := range d.SolverGroups {
			if g.Service == s.ID && strings.EqualFold(g.Name, name) {
				return g, true
			}
		}
	}
	return SolverGroup{}, false
}

// ServedBy finds the solver group where it serves in the service: one of its own, or an inherited one.
func (d *Directory) ServedBy(id ServiceID, group SolverGroupID) (SolverGroup, bool) {
	g, ok := d.SolverGroups[group]
	if !ok {
		return SolverGroup{}, false
	}
	return g, slices.ContainsFunc(d.Lineage(id), func(s *Service) bool { return s.ID == g.Service })
}

// AtTheDesk tells whether the person works here: a role in a team anywhere, standing in for somebody, or setting the desk
// up. What the desk tells them is their work, so limits bundle it and never hold it back (mail.md 2).
func (d *Directory) AtTheDesk(p *Person) bool {
	if p == nil || p.Administrator || len(d.StandsFor(p)) > 0 {
		return p != nil
	}
	for _, grants := range d.Grants {
		for _, g := range grants {
			if (RoleSet(0).With(g.Role).Team() || g.Role == ExceptionalSolver) && g.HeldBy(p) {
				return true
			}
		}
	}
	return false
}
