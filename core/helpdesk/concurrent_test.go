package helpdesk_test

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

const clients = 32

// deed is an operation on one ticket at a version; made by prepare, which brings a new ticket into the state for it.
type deed func(a *helpdesk.Act, ctx context.Context, version int) error

// contest is an operation that several can ask for at once.
type contest struct {
	method  string // of helpdesk.Act
	who     string
	prepare func(c *city) (core.Number, deed)
}

// ready opens ben's ticket and does things to it before the contest.
func ready(do func(a *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error), before ...func(c *city, n core.Number)) func(*city) (core.Number, deed) {
	return func(c *city) (core.Number, deed) {
		n := c.open("ben")
		for _, f := range before {
			f(c, n)
		}
		return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
			_, err := do(a, ctx, n, version)
			return err
		}
	}
}

func taken(c *city, n core.Number)  { _ = c.take("sol", n, 0) }
func solved(c *city, n core.Number) { _ = c.resolve("mia", n, "") }
func asked(c *city, n core.Number) {
	c.must("sol", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(c.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People["mia"]}}, 0)
		return err
	})
}

// pair is ready for operations on two tickets; the other one is opened before or after.
func pair(first bool, do func(a *helpdesk.Act, ctx context.Context, n, other core.Number, version int) (core.Number, error), before ...func(c *city, n, other core.Number)) func(*city) (core.Number, deed) {
	return func(c *city) (core.Number, deed) {
		n, other := c.open("ben"), c.open("ben")
		if first {
			n, other = other, n
		}
		for _, f := range before {
			f(c, n, other)
		}
		return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
			_, err := do(a, ctx, n, other, version)
			return err
		}
	}
}

func person(c *city, who string, do func(a *helpdesk.Act, ctx context.Context, n core.Number, p *core.Person, version int) (core.Number, error), n core.Number) (core.Number, deed) {
	return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
		_, err := do(a, ctx, n, c.People[who], version)
		return err
	}
}

var contests = []contest{
	{"Take", "sol", ready((*helpdesk.Act).Take)},
	{"Assign", "mia", func(c *city) (core.Number, deed) {
		n := c.open("ben")
		return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
			_, err := a.Assign(ctx, n, helpdesk.Assignee{Solver: c.People["sol"]}, version)
			return err
		}
	}},
	{"Return", "mia", ready((*helpdesk.Act).Return, taken)},
	{"SetStatus", "mia", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.SetStatus(ctx, n, core.Waiting, v)
	})},
	{"Resolve", "man", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.Resolve(ctx, n, helpdesk.NewRecord{Text: "Done.", IfVersion: v})
	}, taken)},
	{"Reopen", "ben", ready((*helpdesk.Act).Reopen, solved)},
	{"Close", "ben", ready((*helpdesk.Act).Close, solved)},
	{"Withdraw", "ben", ready((*helpdesk.Act).Withdraw)},
	{"MoveTicket", "mia", func(c *city) (core.Number, deed) {
		n := c.open("ben")
		return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
			_, err := a.MoveTicket(ctx, n, c.Network, version)
			return err
		}
	}},
	{"AddRecord", "ben", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.AddRecord(ctx, n, helpdesk.NewRecord{Text: "More.", IfVersion: v})
	})},
	{"SetPriority", "mia", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.SetPriority(ctx, n, core.Urgent, v)
	})},
	{"SetCategory", "mia", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.SetCategory(ctx, n, "phone", v)
	})},
	{"SetInternalTarget", "mia", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.SetInternalTarget(ctx, n, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), v)
	})},
	{"EditTicket", "ben", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		subject := "Another jam"
		return a.EditTicket(ctx, n, helpdesk.Edit{Subject: &subject}, v)
	}, asked)},
	{"MarkSpam", "mia", ready((*helpdesk.Act).MarkSpam)},
	{"UnmarkSpam", "mia", ready((*helpdesk.Act).UnmarkSpam, func(c *city, n core.Number) {
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.MarkSpam(c.Context(), n, 0); return err })
	})},
	{"AddParticipant", "ben", func(c *city) (core.Number, deed) {
		return person(c, "eva", (*helpdesk.Act).AddParticipant, c.open("ben"))
	}},
	{"RemoveParticipant", "ben", func(c *city) (core.Number, deed) {
		n := c.open("ben")
		c.must("ben", func(a *helpdesk.Act) error {
			_, err := a.AddParticipant(c.Context(), n, c.People["eva"], 0)
			return err
		})
		return person(c, "eva", (*helpdesk.Act).RemoveParticipant, n)
	}},
	{"AddFollower", "mia", func(c *city) (core.Number, deed) { return person(c, "eva", (*helpdesk.Act).AddFollower, c.open("ben")) }},
	{"RemoveFollower", "mia", func(c *city) (core.Number, deed) {
		n := c.open("ben")
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.AddFollower(c.Context(), n, c.People["eva"], 0); return err })
		return person(c, "eva", (*helpdesk.Act).RemoveFollower, n)
	}},
	{"AskApproval", "sol", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		p, err := a.PersonNamed(ctx, "mia@city.test")
		if err != nil {
			return n, err
		}
		return a.AskApproval(ctx, n, helpdesk.NewApproval{Approvers: []*core.Person{p}}, v)
	})},
	{"CancelApproval", "sol", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.CancelApproval(ctx, n, "", v)
	}, asked)},
	{"DecideApproval", "mia", ready(func(a *helpdesk.Act, ctx context.Context, n core.Number, v int) (core.Number, error) {
		return a.DecideApproval(ctx, n, core.ApprovalApproved, "", "Yes.", v)
	}, asked)},
	{"SplitTicket", "mia", func(c *city) (core.Number, deed) {
		n := c.open("ben")
		records, err := c.Store.Records(c.Context(), n)
		if err != nil {
			c.Fatal(err)
		}
		return n, func(a *helpdesk.Act, ctx context.Context, version int) error {
			_, err := a.SplitTicket(ctx, n, records[0].ID, version)
			return err
		}
	}},
	{"LinkTicket", "mia", pair(false, (*helpdesk.Act).LinkTicket)},
	{"UnlinkTicket", "mia", pair(true, (*helpdesk.Act).UnlinkTicket, func(c *city, n, other core.Number) {
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.LinkTicket(c.Context(), other, n, 0); return err })
	})},
	{"SetParent", "mia", pair(true, (*helpdesk.Act).SetParent)},
	{"MergeTicket", "mia", pair(false, (*helpdesk.Act).MergeTicket)},
	{"MergeTicket", "mia", pair(true, (*helpdesk.Act).MergeTicket, func(c *city, n, other core.Number) { taken(c, n); solved(c, n) })},
}

// no versions: these begin a ticket, or are no operations on one.
var uncontested = []string{"OpenTicket", "PersonNamed", "AssigneeNamed", "SomebodyNamed", "ServiceNamed", "GroupNamed", "ReplyNamed", "Try"}

// E5: whoever acts on an outdated version gets a conflict. Of 32 who do the same on the same version at once one wins, and
// the ticket, its log and its mails are as if that one had been alone.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	act := reflect.TypeFor[*helpdesk.Act]()
	for i := range act.NumMethod() {
		name := act.Method(i).Name
		if slices.Contains(uncontested, name) == slices.ContainsFunc(contests, func(x contest) bool { return x.method == name }) {
			t.Errorf("%s has to be contested, or said to have no version", name)
		}
	}
	c := newCity(t)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.Network, c.People["mia"].ID) // who moves tickets there
	for _, x := range contests {
		alone := c.contest(x, 1)
		if crowd := c.contest(x, clients); alone != crowd {
			t.Errorf("%s: alone it made %+v, of many %+v", x.method, alone, crowd)
		}
	}
}

// trace is what one operation left: versions, log records and mails.
type trace struct{ versions, records, mails int }

// contest runs the operation as so many clients at once and checks that one of them won.
func (c *city) contest(x contest, many int) trace {
	c.Helper()
	n, do := x.prepare(c)
	version := c.ticket(n).Version
	records := c.count("select count(*) from log_record")
	c.outbox()
	var wait sync.WaitGroup
	results, start := make(chan error, many), make(chan struct{})
	c.now = c.now.Add(time.Minute)
	for range many {
		wait.Go(func() {
			<-start
			results <- c.desk.Do(c.Context(), c.actor(x.who), func(a *helpdesk.Act) error { return do(a, c.Context(), version) })
		})
	}
	close(start)
	wait.Wait()
	won := 0
	for range many {
		switch err := <-results; {
		case err == nil:
			won++
		case core.CodeOf(err) != core.Stale:
			c.Errorf("%s: a loser hears %v", x.method, err)
		}
	}
	if won != 1 {
		c.Errorf("%s: %d of %d won", x.method, won, many)
	}
	return trace{c.ticket(n).Version - version, c.count("select count(*) from log_record") - records, len(c.outbox())}
}

func (c *city) count(sql string, args ...any) (n int) {
	c.Helper()
	if err := c.Store.Pool().QueryRow(c.Context(), sql, args...).Scan(&n); err != nil {
		c.Fatal(err)
	}
	return n
}

// Operations on two tickets, in both directions at once, beside work on each of them: whatever comes first, everybody gets
// an answer that a person can be told, nothing stands still, and the relations stay a forest.
func TestTwoTicketsInBothDirections(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	type twoDeed func(a *helpdesk.Act, ctx context.Context, n, m core.Number) error
	two := func(f func(*helpdesk.Act, context.Context, core.Number, core.Number, int) (core.Number, error)) twoDeed {
		return func(a *helpdesk.Act, ctx context.Context, n, m core.Number) error {
			_, err := f(a, ctx, n, m, 0)
			return err
		}
	}
	write := func(a *helpdesk.Act, ctx context.Context, n, _ core.Number) error {
		_, err := a.AddRecord(ctx, n, helpdesk.NewRecord{Text: "x"})
		return err
	}
	link, unlink, below, merge := two((*helpdesk.Act).LinkTicket), two((*helpdesk.Act).UnlinkTicket), two((*helpdesk.Act).SetParent), two((*helpdesk.Act).MergeTicket)
	merged := func(a, b core.Number) {
		c.must("mia", func(x *helpdesk.Act) error { _, err := x.MergeTicket(t.Context(), b, a, 0); return err })
	}
	for name, deeds := range map[string][]twoDeed{
		"old numbers":          {write, link, write, below},
		"link":                 {link},
		"link and unlink":      {link, unlink, write},
		"parent":               {below},
		"merge":                {merge},
		"merge under a parent": {below, merge, link, write},
		"everything":           {merge, link, unlink, below, write, link},
	} {
		for round := range 3 {
			a, b, child := c.open("ben"), c.open("ben"), c.open("ben")
			if round > 0 && name != "old numbers" {
				c.must("mia", func(x *helpdesk.Act) error { _, err := x.SetParent(t.Context(), child, b, 0); return err })
			}
			if name == "old numbers" {
				merged(a, b)
			}
			var wait sync.WaitGroup
			results, start := make(chan error, 3*clients), make(chan struct{})
			do := func(d twoDeed, n, m core.Number) {
				wait.Go(func() {
					<-start
					results <- c.desk.Do(t.Context(), c.actor("mia"), func(x *helpdesk.Act) error { return d(x, t.Context(), n, m) })
				})
			}
			for i := range clients / 2 {
				d := deeds[i%len(deeds)]
				do(d, a, b)
				do(d, b, a)
				if round == 2 {
					do(d, child, a)
					do(d, b, child)
				}
			}
			close(start)
			wait.Wait()
			close(results)
			won := 0
			for err := range results {
				if err == nil {
					won++
				} else if core.CodeOf(err) == "" {
					t.Errorf("%s: %v", name, err)
				}
			}
			if won == 0 {
				t.Errorf("%s: nobody won", name)
			}
		}
	}
	for what, sql := range map[string]string{
		"tickets above themselves":      "select count(*) from ticket_ancestor where ticket_number = ancestor_number",
		"merged into a merged one":      "select count(*) from ticket a join ticket b on a.merged_into = b.number where b.merged_into is not null",
		"merged into itself":            "select count(*) from ticket where merged_into = number",
		"merged, with a log of its own": "select count(*) from ticket join log_record on ticket_number = number where merged_into is not null",
		"below a merged one":            "select count(*) from ticket a join ticket b on a.parent_number = b.number where b.merged_into is not null",
		"linked with a merged one":      "select count(*) from ticket_link join ticket on number in (low, high) where merged_into is not null",
		"ancestors that the parents do not give": `with recursive above as (
			select number, parent_number as up from ticket where parent_number is not null
			union select a.number, t.parent_number from above a join ticket t on t.number = a.up where t.parent_number is not null),
			closure as (select ticket_number, ancestor_number from ticket_ancestor)
			select (select count(*) from (select * from above except select * from closure) x) + (select count(*) from (select * from closure except select * from above) x)`,
	} {
		if n := c.count(sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// A version that somebody saw of a ticket says nothing of the one that it was merged into (E5, E10), whatever the numbers.
func TestVersionOfAMergedTicketIsOutdated(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	survivor := c.open("ben")
	for range 4 {
		n := c.open("ben")
		for range 1 + int(n)%4 {
			if err := c.record("ben", n, "More.", nil); err != nil {
				t.Fatal(err)
			}
		}
		version := c.ticket(n).Version
		c.must("mia", func(a *helpdesk.Act) error { _, err := a.MergeTicket(t.Context(), n, survivor, 0); return err })
		for seen := 1; seen <= version; seen++ {
			c.refused("acting on what became part of another", core.Stale, c.take("sol", n, seen))
		}
	}
}
