package helpdesk_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

// city is a desk with somebody in each role, a clock, and a look into the outbox.
type city struct {
	*testing.T
	*storetest.City
	desk *helpdesk.Helpdesk
	now  time.Time
	seen int64 // the outbox up to here was looked at
}

func newCity(t *testing.T) *city {
	c := &city{T: t, City: storetest.NewCity(t), now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	c.desk = helpdesk.New(c.Store, func() time.Time { return c.now })
	return c
}

// sql changes the configuration behind the program's back; the picture of it is renewed.
func (c *city) sql(statement string, args ...any) {
	c.Helper()
	if _, err := c.Store.Pool().Exec(c.Context(), statement, args...); err != nil {
		c.Fatalf("%s: %v", statement, err)
	}
	if _, err := c.Store.Pool().Exec(c.Context(), "update desk set version = version + 1"); err != nil {
		c.Fatal(err)
	}
}

func (c *city) actor(who string) core.Actor {
	return core.Actor{Person: c.People[who], Via: core.ViaDesk, Level: core.SignedIn}
}

// as runs one operation as somebody signed in; time goes on by a minute.
func (c *city) as(who string, fn func(*helpdesk.Act) error) error {
	c.now = c.now.Add(time.Minute)
	return c.desk.Do(c.Context(), c.actor(who), fn)
}

// must is as for what has to succeed.
func (c *city) must(who string, fn func(*helpdesk.Act) error) {
	c.Helper()
	if err := c.as(who, fn); err != nil {
		c.Fatalf("%s: %v", who, err)
	}
}

// refused wants the code.
func (c *city) refused(what string, want core.Code, err error) {
	c.Helper()
	if core.CodeOf(err) != want || err == nil {
		c.Errorf("%s: %v, want %s", what, err, want)
	}
}

// open opens a ticket in Printers for the person, and forgets its mails.
func (c *city) open(who string) core.Number {
	c.Helper()
	var n core.Number
	c.must(who, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(c.Context(), helpdesk.NewTicket{Service: c.Printers, Subject: "Paper jam", Text: "It jams.", Category: "hardware", Priority: core.High})
		return err
	})
	c.mails()
	return n
}

func (c *city) assign(by string, n core.Number, who, group string) error {
	return c.as(by, func(a *helpdesk.Act) error {
		_, err := a.Assign(c.Context(), n, helpdesk.Assignee{Solver: c.People[who], Group: group}, 0)
		return err
	})
}

func (c *city) take(who string, n core.Number, version int) error {
	return c.as(who, func(a *helpdesk.Act) error { _, err := a.Take(c.Context(), n, version); return err })
}

func (c *city) record(who string, n core.Number, text string, show *bool) error {
	return c.as(who, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(c.Context(), n, helpdesk.NewRecord{Text: text, Show: show})
		return err
	})
}

func (c *city) status(who string, n core.Number, to core.Status) error {
	return c.as(who, func(a *helpdesk.Act) error { _, err := a.SetStatus(c.Context(), n, to, 0); return err })
}

func (c *city) resolve(who string, n core.Number, text string) error {
	return c.as(who, func(a *helpdesk.Act) error {
		_, err := a.Resolve(c.Context(), n, helpdesk.NewRecord{Text: text})
		return err
	})
}

func (c *city) reopen(who string, n core.Number) error {
	return c.as(who, func(a *helpdesk.Act) error { _, err := a.Reopen(c.Context(), n, 0); return err })
}

func (c *city) ticket(n core.Number) *core.Ticket {
	c.Helper()
	t, err := c.Store.Ticket(c.Context(), n)
	if err != nil {
		c.Fatal(err)
	}
	return t
}

// is wants the ticket's status and solver ("" = none).
func (c *city) is(n core.Number, status core.Status, solver string) {
	c.Helper()
	t, who := c.ticket(n), ""
	if t.Solver != nil {
		who, _, _ = strings.Cut(t.Solver.Email, "@")
	}
	if t.Status != status || who != solver {
		c.Errorf("ticket is %s with solver %q, want %s with %q", t.Status, who, status, solver)
	}
}

// queued is a mail of the outbox with what it says.
type queued struct {
	To, Event, Role, Reason, Language string
	Automatic                         bool
	Purposes                          []string
	core.Content
}

// outbox gives the mails queued since the last look, in their order.
func (c *city) outbox() []queued {
	c.Helper()
	rows, err := c.Store.Pool().Query(c.Context(), `select seq, split_part(address, '@', 1), event, role, reason, language, automatic, content,
		array(select purpose::text from reply_token where outbox_id = o.id order by purpose desc)
		from outbox o join outbox_content on outbox_id = id where seq > $1 order by seq`, c.seen)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	var out []queued
	for rows.Next() {
		var q queued
		var content []byte
		if err := rows.Scan(&c.seen, &q.To, &q.Event, &q.Role, &q.Reason, &q.Language, &q.Automatic, &content, &q.Purposes); err != nil {
			c.Fatal(err)
		}
		if err := json.Unmarshal(content, &q.Content); err != nil {
			c.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

// mails are those mails as "event to role reason", sorted.
func (c *city) mails() []string {
	c.Helper()
	list := []string{}
	for _, q := range c.outbox() {
		list = append(list, strings.Join([]string{q.Event, q.To, q.Role, q.Reason}, " "))
	}
	slices.Sort(list)
	return list
}

// told wants exactly these mails since the last look.
func (c *city) told(what string, want ...string) {
	c.Helper()
	slices.Sort(want)
	if got := c.mails(); !slices.Equal(got, append([]string{}, want...)) {
		c.Errorf("%s: told\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }
