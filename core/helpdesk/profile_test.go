package helpdesk_test

import (
	"fmt"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// The person's own language stands beside the desk file's, which comes back when it is taken back.
func TestOwnLanguage(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	speaks := func(want core.Language) {
		t.Helper()
		if p, err := c.desk.PersonByAddress(t.Context(), "sol@city.test"); err != nil || p.Language != want {
			t.Errorf("%q, want %q (%v)", p.Language, want, err)
		}
	}
	set := func(l core.Language) error { return c.desk.SetLanguage(t.Context(), c.actor("sol"), l) }
	speaks(core.Spanish)
	c.check(set(core.English))
	speaks(core.English)
	var err error
	if c.People["sol"], err = c.desk.PersonByAddress(t.Context(), "sol@city.test"); err != nil {
		t.Fatal(err)
	}
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	var mailed string
	if err := c.Store.Pool().QueryRow(t.Context(), "select language from outbox where person_id = $1 order by id desc limit 1", c.People["sol"].ID).Scan(&mailed); err != nil || mailed != "en" {
		t.Errorf("mailed in %q, %v", mailed, err)
	}
	var file string
	if err := c.Store.Pool().QueryRow(t.Context(), "select language from person where id = $1", c.People["sol"].ID).Scan(&file); err != nil || file != "es" {
		t.Errorf("the desk file's word is %q, %v", file, err)
	}
	c.check(set(""))
	speaks(core.Spanish)
	c.refused("an unknown one", core.Invalid, set("de"))
	proven := c.actor("sol")
	proven.Level = core.PersonProven
	c.refused("not signed in", core.Forbidden, c.desk.SetLanguage(t.Context(), proven, core.English))
	var audited int
	if err := c.Store.Pool().QueryRow(t.Context(), `select count(*) from audit where noun = 'person' and name = 'sol@city.test' and actor_id = $1 and
		(before->>'language', after->>'language') in (('es', 'en'), ('en', ''))`, c.People["sol"].ID).Scan(&audited); err != nil || audited != 2 {
		t.Errorf("%d entries in the audit, %v", audited, err)
	}
}

func TestOwnAPITokens(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ben := c.actor("ben")
	token, err := c.desk.AddAPIToken(t.Context(), ben, "  script ")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.desk.PersonOfToken(t.Context(), token); err != nil || p.ID != ben.Person.ID {
		t.Fatalf("%+v, %v", p, err)
	}
	list, err := c.desk.APITokens(t.Context(), ben)
	if err != nil || len(list) != 1 || list[0].Name != "script" || list[0].UsedAt.IsZero() || list[0].CreatedAt.IsZero() {
		t.Fatalf("%+v, %v", list, err)
	}
	c.refused("somebody else's", core.NotFound, c.desk.RevokeAPIToken(t.Context(), c.actor("mia"), list[0].ID))
	if _, err := c.desk.PersonOfToken(t.Context(), token); err != nil {
		t.Errorf("it ended: %v", err)
	}
	c.check(c.desk.RevokeAPIToken(t.Context(), ben, list[0].ID))
	if _, err := c.desk.PersonOfToken(t.Context(), token); core.CodeOf(err) != core.NotFound {
		t.Errorf("a revoked one: %v", err)
	}
	c.refused("twice", core.NotFound, c.desk.RevokeAPIToken(t.Context(), ben, list[0].ID))
	proven := ben
	proven.Level = core.PersonProven
	_, err = c.desk.AddAPIToken(t.Context(), proven, "x")
	c.refused("not signed in", core.Forbidden, err)
	_, err = c.desk.AddAPIToken(t.Context(), ben, " ")
	c.refused("without a name", core.Invalid, err)
	for i := range 20 {
		if _, err := c.desk.AddAPIToken(t.Context(), ben, fmt.Sprint("t", i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.desk.AddAPIToken(t.Context(), ben, "one more")
	c.refused("too many", core.Conflict, err)
}

// Of several choices all are written, or none.
func TestNoticeChoicesAreOne(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.refused("an unknown service", core.Invalid, c.desk.SetNotice(t.Context(), c.actor("mia"),
		helpdesk.NoticeChoice{Reason: "main_solver", Wanted: no()}, helpdesk.NoticeChoice{Reason: "news", Service: 4711, Wanted: no()}))
	if p, err := c.desk.PersonByAddress(t.Context(), "mia@city.test"); err != nil || len(p.Settings) != 0 {
		t.Errorf("%+v, %v", p.Settings, err)
	}
}
