package helpdesk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// The database filters by scope, the rule is Standing.Sees: for every person and ticket of a random desk both must say the
// same, in lists, counts and searches; a search finds nothing in what its asker may not read.
func TestListsAgreeWithTheRule(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx := t.Context()
	c.sql("insert into requester_group (name) values ('Police'), ('Fire')")
	c.sql("insert into service (name, inherit, parent_id) values ('Alone', false, $1), ('Deep', true, $2)", c.IT, c.Printers)
	names := make([]string, 0, len(c.People))
	for name := range c.People {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(r *rapid.T) {
		pool := c.Store.Pool()
		exec := func(sql string, args ...any) {
			if _, err := pool.Exec(ctx, sql, args...); err != nil {
				r.Fatalf("%s: %v", sql, err)
			}
		}
		exec("delete from log_record")
		exec("delete from ticket_person")
		exec("delete from ticket")
		exec("delete from role_grant")
		exec("delete from requester_group_member")
		var groups, services []int64
		if err := pool.QueryRow(ctx, "select array(select id from requester_group order by id), array(select id from service order by id)").Scan(&groups, &services); err != nil {
			r.Fatal(err)
		}
		pick := func(what string) int64 { return int64(c.People[rapid.SampledFrom(names).Draw(r, what)].ID) }
		for i := range rapid.IntRange(0, 8).Draw(r, "members") {
			exec("insert into requester_group_member values ($1, $2) on conflict do nothing", rapid.SampledFrom(groups[1:]).Draw(r, fmt.Sprint("group", i)), pick("member"))
		}
		for range rapid.IntRange(0, 14).Draw(r, "grants") {
			role := rapid.SampledFrom(core.GrantedRoles()).Draw(r, "role")
			var person, members, limit, team any = pick("holder"), nil, nil, nil
			if rapid.IntRange(0, 3).Draw(r, "to a group") == 0 {
				person, members = nil, rapid.SampledFrom(groups[1:]).Draw(r, "holders")
			}
			if rapid.Bool().Draw(r, "sub-team") {
				limit = rapid.SampledFrom(groups).Draw(r, "for")
			}
			if role == core.SolverGroupMember {
				team = c.Field
			}
			exec("insert into role_grant (service_id, role, person_id, members_of, for_group_id, solver_group_id) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
				rapid.SampledFrom(services).Draw(r, "service"), role, person, members, limit, team)
		}
		exec("update desk set version = version + 1")
		count := rapid.IntRange(1, 8).Draw(r, "tickets")
		for i := range count {
			n := 2000 + i
			var solver, group any
			if rapid.Bool().Draw(r, "has a solver") {
				solver = pick("solver")
			}
			if rapid.Bool().Draw(r, "in a group") {
				group = c.Field
			}
			exec(`insert into ticket (number, service_id, subject, status, requester_id, solver_id, group_id, opened_via, root_message_id, created_at, updated_at)
				values ($1, $2, $3, $4, $5, $6, $7, 'desk', 'x', now(), now())`, n, rapid.SampledFrom(services).Draw(r, "its service"), fmt.Sprintf("subject%dx", i),
				rapid.SampledFrom(core.Statuses()).Draw(r, "status"), pick("requester"), solver, group)
			for range rapid.IntRange(0, 2).Draw(r, "people") {
				exec("insert into ticket_person values ($1, $2, $3, now()) on conflict do nothing", n, pick("part"), rapid.SampledFrom([]string{"participant", "follower"}).Draw(r, "as"))
			}
			for kind, show := range map[string]bool{"public": true, "secret": false} {
				exec("insert into log_record (id, ticket_number, at, kind, via, text, show_to_requester) values (gen_random_uuid(), $1, clock_timestamp(), 'message', 'desk', $2, $3)",
					n, fmt.Sprintf("%s%dx", kind, i), show)
			}
		}
		exec("select search_refresh(number, true) from ticket")
		dir, err := c.Store.Directory(ctx)
		if err != nil {
			r.Fatal(err)
		}
		tickets := make([]*core.Ticket, count)
		for i := range tickets {
			if tickets[i], err = c.Store.Ticket(ctx, core.Number(2000+i)); err != nil {
				r.Fatal(err)
			}
		}
		searched := rapid.IntRange(0, count-1).Draw(r, "searched")
		for _, name := range rapid.Permutation(names).Draw(r, "viewers")[:6] {
			p, err := c.Store.Person(ctx, c.People[name].ID)
			if err != nil {
				r.Fatal(err)
			}
			var want, mine []core.Number
			statuses := map[core.Status]int{}
			for i := count - 1; i >= 0; i-- {
				n := core.Number(2000 + i)
				ticket := tickets[i]
				s := core.StandingOf(dir, ticket, p)
				found := func(q string) bool {
					list, err := c.desk.Tickets(ctx, p, helpdesk.ListFilter{Query: q, Limit: 50})
					if err != nil {
						r.Fatal(err)
					}
					if (list.Counts.Total > 0) != (len(list.Tickets) > 0) {
						r.Fatalf("%s searches %s: %d counted, %d listed", name, q, list.Counts.Total, len(list.Tickets))
					}
					return list.Counts.Total > 0
				}
				for q, may := range map[string]bool{fmt.Sprintf("subject%dx", i): s.Sees(), fmt.Sprintf("public%dx", i): s.May(core.LogViewShownToRequester),
					fmt.Sprintf("SECRET%dX", i): s.SeesInternal(), fmt.Sprint("#", n): s.Sees()} {
					if i == searched && found(q) != may {
						r.Fatalf("%s searches %q: found %v, by the rule %v (%+v)", name, q, !may, may, s)
					}
				}
				if !s.Sees() {
					continue
				}
				want = append(want, n)
				statuses[ticket.Status]++
				if queueOf(ticket, s) {
					mine = append(mine, n)
				}
			}
			list, err := c.desk.Tickets(ctx, p, helpdesk.ListFilter{Limit: 50})
			if err != nil {
				r.Fatal(err)
			}
			if got := numbers(list); !slices.Equal(got, want) || list.Counts.Total != len(want) {
				r.Fatalf("%s is listed %v and counted %d, by the rule it is %v", name, got, list.Counts.Total, want)
			}
			for _, status := range core.Statuses() {
				if list.Counts.Statuses[status] != statuses[status] {
					r.Fatalf("%s: %d are %s, by the rule %d", name, list.Counts.Statuses[status], status, statuses[status])
				}
			}
			queue, err := c.desk.Tickets(ctx, p, helpdesk.ListFilter{Queue: "mine", Limit: 50})
			if err != nil {
				r.Fatal(err)
			}
			if got := numbers(queue); !slices.Equal(got, mine) || queue.Counts.Mine != len(mine) {
				r.Fatalf("%s's queue is %v and counted %d, by D19 it is %v", name, got, queue.Counts.Mine, mine)
			}
		}
	})
}

// queueOf is D19's "My queue".
func queueOf(t *core.Ticket, s core.Standing) bool {
	switch {
	case t.Status.Done():
		return false
	case t.Solver != nil:
		return s.Solver
	case t.Group != 0:
		return slices.Contains(s.Groups, t.Group)
	}
	return s.Roles.Has(core.MainSolver)
}

func numbers(l helpdesk.TicketList) (out []core.Number) {
	for _, v := range l.Tickets {
		out = append(out, v.Number)
	}
	return out
}

// Pages are complete and overlap nowhere, newest first.
func TestListPages(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var want []core.Number
	for range 7 {
		want = append([]core.Number{c.open("ben")}, want...)
	}
	var got []core.Number
	for before := core.Number(0); ; {
		page, err := c.desk.Tickets(t.Context(), c.People["mia"], helpdesk.ListFilter{Before: before, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, numbers(page)...)
		if before = page.Next; before == 0 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages %v, want %v", got, want)
	}
	for _, f := range []helpdesk.ListFilter{{Queue: "theirs"}, {Statuses: []core.Status{"new"}}, {Service: "Nowhere"}} {
		_, err := c.desk.Tickets(t.Context(), c.People["mia"], f)
		c.refused(fmt.Sprint(f), core.Invalid, err)
	}
}

// What is offered is what works: every action in the list succeeds or lacks only its input, every other one is refused.
func TestActionsOfferedAreThoseThatWork(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	other := c.People["pat"]
	undo := fmt.Errorf("undone")
	acts := map[core.Action]func(*helpdesk.Act) error{
		core.ActTake: func(a *helpdesk.Act) error { _, err := a.Take(t.Context(), n, 0); return err },
		core.ActAssign: func(a *helpdesk.Act) error {
			_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: c.People["vic"]}, 0)
			return err
		},
		core.ActReturn:  func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err },
		core.ActStatus:  func(a *helpdesk.Act) error { _, err := a.SetStatus(t.Context(), n, core.Waiting, 0); return err },
		core.ActResolve: func(a *helpdesk.Act) error { _, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{}); return err },
		core.ActReopen:  func(a *helpdesk.Act) error { _, err := a.Reopen(t.Context(), n, 0); return err },
		core.ActRecord: func(a *helpdesk.Act) error {
			_, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "x"})
			return err
		},
		core.ActPriority:    func(a *helpdesk.Act) error { _, err := a.SetPriority(t.Context(), n, core.Urgent, 0); return err },
		core.ActCategory:    func(a *helpdesk.Act) error { _, err := a.SetCategory(t.Context(), n, "phone", 0); return err },
		core.ActParticipant: func(a *helpdesk.Act) error { _, err := a.AddParticipant(t.Context(), n, other, 0); return err },
		core.ActFollower:    func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, other, 0); return err },
		core.ActClose:       func(a *helpdesk.Act) error { _, err := a.Close(t.Context(), n, 0); return err },
	}
	prepare := []struct {
		state string
		fn    func() error
	}{
		{"open", func() error { return c.participant("ben", n, "eva", false) }},
		{"with a follower", func() error { return c.follower("mia", n, "ken", false) }},
		{"in a group", func() error { return c.assign("mia", n, "", "Field") }},
		{"the exceptional solver's", func() error { return c.assign("mia", n, "exa", "") }},
		{"sol's", func() error { return c.assign("mia", n, "sol", "") }},
		{"resolved by the manager", func() error { return c.resolve("man", n, "") }},
		{"closed", func() error { return c.status("mia", n, core.Closed) }},
		{"long ago", func() error { c.now = c.now.Add(30 * 24 * time.Hour); return nil }},
	}
	for _, p := range prepare {
		if err := p.fn(); err != nil {
			t.Fatalf("%s: %v", p.state, err)
		}
		for name := range c.People {
			if name == "off" {
				continue
			}
			v, err := c.desk.Ticket(t.Context(), c.People[name], n)
			visible := err == nil
			for action, act := range acts {
				err := c.desk.Do(t.Context(), c.actor(name), func(a *helpdesk.Act) error {
					if err := act(a); err != nil {
						return err
					}
					return undo
				})
				offered := slices.Contains(v.Actions, action)
				switch code := core.CodeOf(err); {
				case offered && err != undo, !offered && err == undo:
					t.Errorf("%s: %s is offered %s: %v, but it answers %v", p.state, name, action, offered, err)
				case !visible && code != core.NotFound, visible && code == core.NotFound:
					t.Errorf("%s: %s sees it: %v, and %s answers %v", p.state, name, visible, action, err)
				}
			}
		}
	}
}
