package core

import (
	"slices"
	"testing"
)

func TestServiceByName(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.Services[10] = &Service{ID: 10, Name: "HR", Folder: true}
	d.Services[11] = &Service{ID: 11, Parent: 10, Name: "Payroll"}
	d.Services[12] = &Service{ID: 12, Parent: 10, Name: "Network"}
	d.Services[13] = &Service{ID: 13, Parent: 10, Name: "Old", Archived: true}
	for name, want := range map[string]ServiceID{"IT/Printers": printers, "it/printers": printers, "Printers": printers, "HR/Network": 12,
		"Network": 0, "Old": 0, "HR/Old": 0, "": 0, "Printers/IT": 0, "payroll": 11} {
		var got ServiceID
		if s := d.ServiceByName(name); s != nil {
			got = s.ID
		}
		if got != want {
			t.Errorf("%q is service %d, want %d", name, got, want)
		}
	}
	d.Services[14] = &Service{ID: 14, Name: "Network"} // its path is its bare name
	for range 50 {                                     // whatever order the map has
		if s := d.ServiceByName("network"); s == nil || s.ID != 14 {
			t.Fatal("a path counts before bare names that are several")
		}
	}
}

// D23: roles and requesters come from the parents until a service stops inheriting.
func TestInheritance(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.grant(itID, Solver, "eva", 0)
	if roles, _ := d.RolesOf(d.p["eva"], printers, d.p["ben"]); !roles.Has(Solver) {
		t.Error("a role on the parent counts in the child")
	}
	if sla, ok := d.SLAFor(d.p["ben"], printers); !ok || sla != standardSLA {
		t.Error("the parent's requesters are the child's")
	}
	d.Services[printers].Inherit = false
	if roles, _ := d.RolesOf(d.p["eva"], printers, d.p["ben"]); !roles.Empty() {
		t.Error("inherited after it stopped")
	}
	if _, ok := d.SLAFor(d.p["ben"], printers); ok {
		t.Error("requesters are inherited after it stopped")
	}
	if box := d.MailboxOf(printers); box == nil || box.ID != 1 {
		t.Error("the mailbox is the nearest ancestor's, whatever is inherited")
	}
	d.Services[itID].Parent = printers // a circle must end
	d.Services[printers].Inherit = true
	if n := len(d.Lineage(printers)); n > 4 {
		t.Errorf("a lineage of %d in a circle", n)
	}
	_, _, _ = d.Path(printers), d.MailboxOf(99), d.Below(printers)
}

// D29: of two SLAs the first in the service's list counts, its own before the parent's.
func TestFirstSLACounts(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.Services[printers].SLAs = []ServiceSLA{{Group: police, SLA: policeSLA}, {Group: staff, SLA: standardSLA}}
	for name, want := range map[string]SLAID{"pat": policeSLA, "ben": standardSLA, "tre": 0, "off": 0} {
		if got, ok := d.SLAFor(d.p[name], printers); got != want || ok != (want != 0) {
			t.Errorf("%s has SLA %d, want %d", name, got, want)
		}
	}
	d.Services[printers].SLAs = []ServiceSLA{{Group: staff, SLA: standardSLA}, {Group: police, SLA: policeSLA}}
	if got, _ := d.SLAFor(d.p["pat"], printers); got != standardSLA {
		t.Error("the order of the list decides")
	}
}

// D17, A55: grants for everybody and those for each group the requester is in.
func TestSubTeams(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for requester, want := range map[string]bool{"pat": true, "ben": false, "": false} {
		if roles, _ := d.RolesOf(d.p["cop"], printers, d.p[requester]); roles.Has(Solver) != want {
			t.Errorf("the police's solver for %q: %v", requester, !want)
		}
	}
	d.Grants[printers] = append(d.Grants[printers], Grant{Service: printers, Role: Reader, Members: police})
	if roles, _ := d.RolesOf(d.p["pat"], printers, nil); !roles.Has(Reader) {
		t.Error("a grant to a group is its members'")
	}
	if roles, groups := d.RolesOf(d.p["gus"], printers, nil); !roles.Has(SolverGroupMember) || !slices.Equal(groups, []SolverGroupID{field}) {
		t.Error("a solver group's member knows the group")
	}
	if roles, _ := d.RolesOf(d.p["off"], printers, nil); !roles.Empty() {
		t.Error("a disabled person holds a role")
	}
}

func TestMailboxesAndServices(t *testing.T) {
	t.Parallel()
	d := newDesk()
	if d.ServiceOfMailbox(1) != itID {
		t.Error("no service but a folder writes from it: mail to it is refused (D22)")
	}
	if got := d.ServiceNear(1); got != printers {
		t.Errorf("held mail lies in %d", got)
	}
	d.Services[network].Mailbox = 1
	if d.ServiceOfMailbox(1) != network || d.ServiceNear(1) != network {
		t.Error("the only service that writes from a mailbox opens its tickets")
	}
	d.Services[printers].Mailbox = 1
	if d.ServiceOfMailbox(1) != 0 {
		t.Error("two write from it: nothing tells")
	}
	d.Mailboxes[1].Opens = network
	if d.ServiceOfMailbox(1) != network {
		t.Error("`opens` tells")
	}
	d.Services[network].Archived = true
	if d.ServiceNear(1) != printers {
		t.Error("held mail lies in a service that is out of use")
	}
	d.Mailboxes[1].Opens = itID
	if d.ServiceNear(1) != printers {
		t.Error("held mail lies in a folder, where nobody sorts it")
	}
	d.Mailboxes[2] = &Mailbox{ID: 2, Address: "net@city.test"}
	if d.MailboxOf(0).ID != 1 {
		t.Error("the desk's first mailbox is the last resort")
	}
	if d.MailboxAt("net@city.test").ID != 2 || d.MailboxAt("x@city.test") != nil {
		t.Error("a mailbox is found by its address")
	}
	d.Mailboxes[3] = &Mailbox{ID: 3, Address: "net+lab@city.test", ReplyDomain: "t.city.test"}
	if d.MailboxAt("Net+r.x@City.test").ID != 2 || d.MailboxAt("net+lab@city.test").ID != 3 {
		t.Error("a plus part leads to its mailbox, but for one that has it in its address")
	}
	if !d.Leads("r.x@t.city.test") || !d.Leads("it+r.x@city.test") || d.Leads("ben@city.test") || d.Leads("x@evil.test") {
		t.Error("the desk is reached at its mailboxes and reply domains, and nowhere else")
	}
	if g, ok := d.GroupByName(printers, "field"); !ok || g.ID != field {
		t.Error("a group is found by its name")
	}
	if _, ok := d.GroupByName(network, "Field"); ok {
		t.Error("a group of another service serves here")
	}
}
