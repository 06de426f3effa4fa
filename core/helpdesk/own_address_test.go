package helpdesk_test

import (
	"fmt"
	"testing"
	"time"

	"postdesk/core"
)

func (c *city) add(who, address string) error {
	_, err := c.desk.AddOwnAddress(c.Context(), c.actor(who), address)
	return err
}

func TestAddingAddressesIsBounded(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	proven := c.actor("ben")
	proven.Level, proven.Via = core.ActProven, core.ViaMail
	if _, err := c.desk.AddOwnAddress(t.Context(), proven, "ben@home.test"); core.CodeOf(err) != core.Forbidden {
		t.Errorf("by mail: %v", err)
	}
	for i := range 5 {
		if err := c.add("ben", fmt.Sprintf("ben%d@home.test", i)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	c.refused("a sixth", core.Conflict, c.add("ben", "ben6@home.test"))
	c.refused("one that is not there", core.NotFound, c.desk.DropOwnAddress(t.Context(), c.actor("ben"), "x@home.test"))
	c.refused("the primary one", core.Conflict, c.desk.DropOwnAddress(t.Context(), c.actor("ben"), "ben@city.test"))
	for i := range 5 { // the mails of a day are bounded too, whatever was taken away in between
		address := fmt.Sprintf("ben%d@home.test", i)
		if err := c.desk.DropOwnAddress(t.Context(), c.actor("ben"), address); err != nil {
			t.Error(err)
		}
		if err := c.add("ben", address); err != nil {
			t.Errorf("again %d: %v", i, err)
		}
	}
	c.refused("an eleventh mail", core.Conflict, c.add("ben", "ben0@home.test"))
	// Nobody's inbox is filled by several together.
	for _, who := range []string{"pat", "mia", "sol"} {
		if err := c.add(who, "victim@home.test"); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	c.refused("a fourth to one address", core.Conflict, c.add("gus", "victim@home.test"))
	c.now = c.now.Add(25 * time.Hour)
	if err := c.add("gus", "victim@home.test"); err != nil {
		t.Errorf("a day later: %v", err)
	}
	c.sql("update mailbox set plus_addresses = false")
	c.refused("no answer can come", core.Conflict, c.add("gus", "gus@home.test"))
}

// TestDeskFileLeavesConfirmedAddressesAlone: they are no difference, an export has them not, and whom the file gives one
// has it.
func TestDeskFileLeavesConfirmedAddressesAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply("people: [{email: a@city.test, addresses: [x@city.test]}, {email: b@city.test}]")
	confirm := func(address, email string) {
		t.Helper()
		if _, err := d.store.Pool().Exec(t.Context(), `insert into person_address (address, person_id, confirmed_at)
			select $1, id, now() from person where email = $2`, address, email); err != nil {
			t.Fatal(err)
		}
	}
	confirm("a@home.test", "a@city.test")
	confirm("z@home.test", "a@city.test")
	confirm("b@home.test", "b@city.test")
	d.expect("people: [{email: a@city.test, addresses: [x@city.test]}, {email: b@city.test}]")
	d.expect("people: [{email: a@city.test, name: Ann, addresses: [x@city.test]}, {email: b@city.test, addresses: [a@home.test]}]",
		"~ person a@city.test: name none → Ann", "~ person b@city.test: addresses none → a@home.test")
	d.apply("people: [{email: a@city.test, name: Ann, addresses: [x@city.test]}, {email: b@city.test, addresses: [a@home.test]}, {email: z@home.test}]")
	for address, want := range map[string]string{"a@home.test": "b@city.test", "b@home.test": "b@city.test", "z@home.test": "z@home.test", "x@city.test": "a@city.test"} {
		if p, err := d.store.PersonByAddress(t.Context(), address); err != nil || p.Email != want {
			t.Errorf("%s is %+v's (%v), want %s", address, p, err, want)
		}
	}
	if n := d.count("select count(*) from person_address where address = 'z@home.test'"); n != 0 {
		t.Error("an address is one person's primary and another's confirmed one")
	}
}
