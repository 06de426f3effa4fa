package storetest

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
	"postdesk/core/store"
)

// City is an organization with somebody in each role. Its services:
//
//	IT (folder)      all staff of city.test are requesters of what inherits from it
//	├─ Printers      every role below; writes from it@city.test
//	└─ Network       net@city.test is main solver, and nobody of Printers has a role in it
type City struct {
	Store    *store.Store
	IT       core.ServiceID
	Printers core.ServiceID
	Network  core.ServiceID
	Mailbox  core.MailboxID // it@city.test
	Field    core.SolverGroupID
	// People by the part of their address before the @:
	//
	//	mia main solver · sol solver (Spanish) · vic solver of another organization, vendor.test · gus, gil group Field
	//	exa exceptional solver · man manager · rea reader · tre ticket reporter (no requester) · net main solver of Network
	//	ben, eva (Spanish), pat staff without a role · ken of vendor.test, no role, no requester
	//	root administrator without a role · off disabled staff
	People map[string]*core.Person
}

var cityPeople = []struct {
	name, email, language string
	administrator         bool
	disabled              bool
}{
	{"Mia Main", "mia@city.test", "en", false, false},
	{"Sol Vega", "sol@city.test", "es", false, false},
	{"Vic Vendor", "vic@vendor.test", "", false, false},
	{"Gus Group", "gus@city.test", "", false, false},
	{"Gil Group", "gil@city.test", "", false, false},
	{"Exa Extra", "exa@city.test", "", false, false},
	{"Man Ager", "man@city.test", "", false, false},
	{"Rea Der", "rea@city.test", "", false, false},
	{"Tre Porter", "tre@desk.test", "", false, false},
	{"Net Work", "net@city.test", "", false, false},
	{"Ben Staff", "ben@city.test", "en", false, false},
	{"Eva Ruiz", "eva@city.test", "es", false, false},
	{"Pat Police", "pat@city.test", "", false, false},
	{"Ken Vendor", "ken@vendor.test", "", false, false},
	{"Root", "root@desk.test", "", true, false},
	{"Off Duty", "off@city.test", "", false, true},
}

// NewCity builds the city in a database of the test's own.
func NewCity(t testing.TB) *City {
	t.Helper()
	return BuildCity(t, New(t))
}

// BuildCity builds the city in an empty, migrated database.
func BuildCity(t testing.TB, s *store.Store) *City {
	t.Helper()
	c := &City{Store: s, People: map[string]*core.Person{}}
	id := func(sql string, args ...any) (n int64) {
		t.Helper()
		if err := s.Pool().QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return n
	}
	city := id("insert into organization (name, domains) values ('City', '{city.test,desk.test}') returning id")
	vendor := id("insert into organization (name, domains) values ('Vendor', '{vendor.test}') returning id")
	people := map[string]int64{}
	for _, p := range cityPeople {
		organization := city
		if core.DomainOf(p.email) == "vendor.test" {
			organization = vendor
		}
		people[local(p.email)] = id(`insert into person (email, name, organization_id, language, administrator, disabled_at)
			values ($1, $2, $3, nullif($4, ''), $5, case when $6 then now() end) returning id`,
			p.email, p.name, organization, p.language, p.administrator, p.disabled)
	}
	staff := id("insert into requester_group (name, domains) values ('All staff', '{city.test}') returning id")
	sla := id("insert into sla (name, first_response, resolution) values ('Standard', 14400, 57600) returning id")
	c.Mailbox = core.MailboxID(id(`insert into mailbox (address, plus_addresses, policy) values ('it@city.test', true, 'token') returning id`))
	it := id("insert into service (name, folder, mailbox_id) values ('IT', true, $1) returning id", c.Mailbox)
	c.IT = core.ServiceID(it)
	c.Printers = core.ServiceID(id("insert into service (name, parent_id, mailbox_id) values ('Printers', $1, $2) returning id", it, c.Mailbox))
	c.Network = core.ServiceID(id("insert into service (name, parent_id) values ('Network', $1) returning id", it))
	c.Field = core.SolverGroupID(id("insert into solver_group (service_id, name) values ($1, 'Field') returning id", c.Printers))
	b := &pgx.Batch{}
	b.Queue("insert into service_sla (service_id, position, group_id, sla_id) values ($1, 0, $2, $3)", it, staff, sla)
	b.Queue("update mailbox set opens_id = $2 where id = $1", c.Mailbox, c.Printers)
	grant := func(service core.ServiceID, role core.Role, person string, group any) {
		b.Queue("insert into role_grant (service_id, role, person_id, solver_group_id) values ($1, $2, $3, $4)", service, role, people[person], group)
	}
	grant(c.Printers, core.MainSolver, "mia", nil)
	grant(c.Printers, core.Solver, "sol", nil)
	grant(c.Printers, core.Solver, "vic", nil)
	grant(c.Printers, core.SolverGroupMember, "gus", c.Field)
	grant(c.Printers, core.SolverGroupMember, "gil", c.Field)
	grant(c.Printers, core.ExceptionalSolver, "exa", nil)
	grant(c.Printers, core.Manager, "man", nil)
	grant(c.Printers, core.Reader, "rea", nil)
	grant(c.Printers, core.TicketReporter, "tre", nil)
	grant(c.Network, core.MainSolver, "net", nil)
	b.Queue("update desk set version = version + 1")
	if err := s.Pool().SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range cityPeople {
		person, err := s.PersonByAddress(t.Context(), p.email)
		if err != nil {
			t.Fatal(err)
		}
		c.People[local(p.email)] = person
	}
	return c
}

func local(address string) string {
	name, _, _ := strings.Cut(address, "@")
	return name
}
