package helpdesk_test

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// with runs one operation of somebody on a ticket, on its present state.
func (c *city) with(who string, op func(*helpdesk.Act) (core.Number, error)) (n core.Number, err error) {
	err = c.as(who, func(a *helpdesk.Act) (err error) { n, err = op(a); return err })
	return n, err
}

// done is with for what has to succeed.
func (c *city) done(who string, op func(*helpdesk.Act) (core.Number, error)) core.Number {
	c.Helper()
	n, err := c.with(who, op)
	if err != nil {
		c.Fatalf("%s: %v", who, err)
	}
	return n
}

func (c *city) move(who string, n core.Number, to core.ServiceID) error {
	_, err := c.with(who, func(a *helpdesk.Act) (core.Number, error) { return a.MoveTicket(c.Context(), n, to, 0) })
	return err
}

// grant gives a role; group 0 is none.
func (c *city) grant(service core.ServiceID, role core.Role, who string, group core.SolverGroupID) {
	c.Helper()
	c.sql("insert into role_grant (service_id, role, person_id, solver_group_id) values ($1, $2, $3, nullif($4::bigint, 0))",
		service, role, c.People[who].ID, int64(group))
}

// service adds one below another, which inherits its requesters and roles or not.
func (c *city) service(name string, parent core.ServiceID, inherit bool) (id core.ServiceID) {
	c.Helper()
	if err := c.Store.Pool().QueryRow(c.Context(), "insert into service (name, parent_id, inherit) values ($1, $2, $3) returning id", name, parent, inherit).Scan(&id); err != nil {
		c.Fatal(err)
	}
	c.sql("update desk set name = name")
	return id
}

// E6, A59: a ticket goes where its mover has a role and its requester is one; everywhere else is unknown to them.
func TestMovingNeedsAWayIn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	alone := c.service("Alone", c.IT, false) // nobody is a requester there
	gone := c.service("Gone", c.IT, true)
	c.sql("update service set archived_at = now() where id = $1", gone)
	for _, s := range []core.ServiceID{alone, gone, c.IT} {
		c.grant(s, core.MainSolver, "mia", 0)
	}
	n := c.open("ben")
	before := c.ticket(n)
	c.refused("no role there", core.Invalid, c.move("sol", n, c.Network))
	c.refused("unknown", core.Invalid, c.move("mia", n, 4711))
	c.refused("the requester is none there", core.Invalid, c.move("mia", n, alone))
	c.refused("archived", core.Invalid, c.move("mia", n, gone))
	c.refused("a folder", core.Invalid, c.move("mia", n, c.IT))
	c.refused("where it is", core.Conflict, c.move("mia", n, c.Printers))
	c.refused("a reader", core.Forbidden, c.move("rea", n, c.Network))
	c.refused("the requester", core.Forbidden, c.move("ben", n, c.Network))
	c.refused("somebody else", core.NotFound, c.move("net", n, c.Printers))
	c.told("refused")
	if got := c.ticket(n); got.Version != before.Version || got.Service != c.Printers {
		t.Errorf("a refused move changed it: %+v", got)
	}
	for _, role := range []core.Role{core.Reader, core.ExceptionalSolver} { // not among E6's
		c.sql("delete from role_grant where service_id = $1 and person_id = $2", c.Network, c.People["sol"].ID)
		c.grant(c.Network, role, "sol", 0)
		c.refused(string(role)+" there", core.Invalid, c.move("sol", n, c.Network))
	}
	for _, role := range []core.Role{core.MainSolver, core.Solver, core.Manager, core.TicketReporter} {
		n := c.open("ben")
		c.sql("delete from role_grant where service_id = $1 and person_id = $2", c.Network, c.People["sol"].ID)
		c.grant(c.Network, role, "sol", 0)
		if err := c.move("sol", n, c.Network); err != nil {
			t.Errorf("%s there: %v", role, err)
		}
	}
	if err := c.resolve("mia", n, ""); err != nil {
		t.Fatal(err)
	}
	c.refused("resolved", core.Conflict, c.move("man", n, c.Network))
}

// A59, A60: a ticket reporter moves it away, and does not find it any more; neither does who solved it before.
func TestMovedAwayIsNotFound(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.grant(c.Network, core.TicketReporter, "sol", 0)
	n := c.open("ben")
	if err := c.assign("mia", n, "vic", ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.move("sol", n, c.Network); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"sol", "vic", "mia", "rea"} {
		c.unseen(n, who)
	}
	c.sees(n, "ben")
	c.sees(n, "net")
	c.is(n, core.Triaged, "")
	c.told("moved", "moved net main_solver moved_here") // and nobody who does not see it
	if _, log, _ := c.desk.Log(t.Context(), c.People["ben"], n); !said(log, core.KindMoved, "IT/Printers", "IT/Network") {
		t.Errorf("its requester does not read where it went: %+v", log)
	}
}

// said tells whether the log has a change of that kind from one value to another.
func said(log []core.RecordView, kind core.RecordKind, from, to string) bool {
	for _, r := range log {
		if r.Kind == kind && r.Change != nil && r.Change.From == from && r.Change.To == to {
			return true
		}
	}
	return false
}

// E6: the solver stays where they are one there too, else the ticket is unassigned; an inherited group stays.
func TestWhoKeepsAMovedTicket(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	deep := c.service("Colour", c.Printers, true)
	for name, test := range map[string]struct {
		solver, group string
		to            core.ServiceID
		wantSolver    string
		wantGroup     core.SolverGroupID
		status        core.Status
	}{
		"a solver who is one there":            {"sol", "", deep, "sol", 0, core.InProgress},
		"a solver who is none there":           {"sol", "", c.Network, "", 0, core.Triaged},
		"a group that serves there":            {"", "Field", deep, "", c.Field, core.InProgress},
		"a group that does not":                {"", "Field", c.Network, "", 0, core.Triaged},
		"a member of a group that serves":      {"gus", "Field", deep, "gus", c.Field, core.InProgress},
		"a member of a group that does not":    {"gus", "Field", c.Network, "", 0, core.Triaged},
		"exceptional, and assigned to them":    {"exa", "", deep, "exa", 0, core.InProgress},
		"exceptional solvers do not go beyond": {"exa", "", c.Network, "", 0, core.Triaged},
	} {
		t.Run(name, func(t *testing.T) {
			c.T = t
			c.sql("delete from role_grant where service_id = $1 and person_id = $2", c.Network, c.People["mia"].ID)
			c.grant(c.Network, core.Manager, "mia", 0)
			n := c.open("ben")
			for _, err := range []error{c.assign("mia", n, test.solver, test.group), c.status("mia", n, core.InProgress), c.move("mia", n, test.to)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			c.is(n, test.status, test.wantSolver)
			if got := c.ticket(n); got.Group != test.wantGroup || got.Service != test.to || got.SLA == 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A38, D3, D20: where it comes to, a moved ticket goes the way of a new one, if it came unassigned.
func TestMovedTicketsAreRouted(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.grant(c.Network, core.TicketReporter, "mia", 0)
	c.grant(c.Network, core.Solver, "pat", 0)
	c.grant(c.Network, core.Reader, "sol", 0)
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.move("mia", n, c.Network); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "pat") // the only solver (A37)
	c.told("to the only solver", "moved net main_solver moved_here", "assigned pat solver assigned_to_you", "moved sol reader passed_on")
	if r := c.last(n); r.Kind != core.KindStatus && r.Author != nil {
		t.Errorf("somebody assigned it: %+v", r)
	}

	var team core.SolverGroupID
	if err := c.Store.Pool().QueryRow(t.Context(), "insert into solver_group (service_id, name) values ($1, 'Cables') returning id", c.Network).Scan(&team); err != nil {
		t.Fatal(err)
	}
	c.grant(c.Network, core.SolverGroupMember, "eva", team)
	c.sql("insert into service_category (service_id, category, group_id) values ($1, 'hardware', $2)", c.Network, team)
	n = c.open("ben")
	if err := c.move("mia", n, c.Network); err != nil {
		t.Fatal(err)
	}
	if got := c.ticket(n); got.Group != team || got.Solver != nil || got.Status != core.Triaged {
		t.Errorf("the category's group does not have it: %+v", got)
	}
	c.told("to the category's group", "moved net main_solver moved_here", "assigned_group eva solver_group assigned_to_group")

	c.grant(c.Network, core.Solver, "vic", 0)
	n = c.open("ben")
	if err := c.assign("mia", n, "vic", ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.move("mia", n, c.Network); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "vic") // who has it keeps it, whatever the category says
	c.told("kept", "moved vic solver moved_here")
}

// Waiting for the user ends with the solver who asked; what is kept goes on waiting (E9).
func TestMovedWhileWaiting(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.grant(c.Network, core.TicketReporter, "sol", 0)
	deep := c.service("Colour", c.Printers, true)
	n := c.waiting()
	if err := c.move("sol", n, deep); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Waiting, "sol")
	if err := c.move("sol", n, c.Network); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "")
	if got := c.ticket(n); !got.WaitingSince.Equal(time.Time{}) {
		t.Errorf("it waits since %v", got.WaitingSince)
	}
}
