package store_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// planTickets is how many tickets plans are looked at with; bench/search measures with a million.
const planTickets = 40_000

// keptPlan runs a query as the list does, with a plan for whoever asks, and tells how many pages it looked at.
func keptPlan(t *testing.T, s *store.Store, q asked) (pages int, plan string) {
	t.Helper()
	conn, err := s.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	var args []string
	for _, a := range q.args {
		text := fmt.Sprint(a)
		if v := reflect.ValueOf(a); v.Kind() == reflect.Slice {
			text = "{" + strings.Join(strings.Fields(strings.Trim(text, "[]")), ",") + "}"
		} else if at, ok := a.(time.Time); ok {
			text = at.Format(time.RFC3339Nano)
		}
		args = append(args, "'"+text+"'")
	}
	execute := "execute looked"
	if len(args) > 0 {
		execute += "(" + strings.Join(args, ", ") + ")"
	}
	for _, sql := range []string{"set plan_cache_mode = force_generic_plan", "prepare looked as " + q.sql} {
		if _, err := conn.Conn().PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	rows, err := conn.Query(t.Context(), "explain (analyze, buffers, costs off, timing off) "+execute, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "deallocate looked"); err != nil {
		t.Fatal(err)
	}
	plan = strings.Join(lines, "\n")
	if m := regexp.MustCompile(`Buffers: shared hit=(\d+)(?: read=(\d+))?`).FindStringSubmatch(plan); m != nil {
		hit, _ := strconv.Atoi(m[1])
		read, _ := strconv.Atoi(m[2])
		pages = hit + read
	}
	return pages, plan
}

// No list and no count reads the whole table of tickets, whoever asks and however it is narrowed: indexes give what is
// newest, and counting ends where counts are rounded.
func TestNoListReadsAllTickets(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	c := storetest.BuildCity(t, storetest.Open(t, url))
	var traced batched
	s, err := store.Open(t.Context(), url, storetest.Secrets(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = &traced })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, fill := range []struct {
		sql  string
		args []any
	}{
		{"insert into service (name, parent_id) select 'Service ' || i, $1 from generate_series(1, 40) i", []any{c.IT}},
		{"insert into person (email) select 'p' || i || '@city.test' from generate_series(1, 2000) i", nil},
		// Half of all is in one service. What is not closed is among the newest, and all over.
		{`insert into ticket (number, service_id, subject, status, category, priority, requester_id, solver_id, group_id, opened_via, root_message_id, created_at, updated_at, due_at)
			select 10000 + i, case when i % 2 = 0 then $2 else s[1 + i % array_length(s, 1)] end, 'Paper jam',
				case when i > $1 * 0.97 or i % 300 = 7 then (array['open', 'triaged', 'in_progress', 'waiting', 'resolved'])[1 + i % 5] else 'closed' end,
				case when i % 200 = 0 then 'phone' when i % 3 = 0 then 'network' else 'hardware' end, case when i % 150 = 3 then 'urgent' else 'normal' end,
				p[1 + (i * 7919::bigint) % array_length(p, 1)], case when i % 10 < 7 then p[1 + (i * 7::bigint) % 60] end, case when i % 500 = 1 then $3::bigint end,
				'mail', i || '@city.test', now(), now(), case when i > $1 * 0.97 and i % 5 <> 4 then now() + interval '1 day' end
			from generate_series(1, $1::int) i, (select array_agg(id order by id) from service where not folder) x (s),
				(select array_agg(id order by id) from person where email like 'p%') y (p)`, []any{planTickets, c.Printers, c.Field}},
		{"update ticket set requester_id = $1 where number % 50 = 0", []any{c.People["ben"].ID}},
		{"update ticket set spam_at = now() where number % 4000 = 0", nil},
		{"vacuum analyze ticket", nil}, {"vacuum analyze service", nil}, {"vacuum analyze person", nil},
	} {
		if _, err := s.Pool().Exec(t.Context(), fill.sql, fill.args...); err != nil {
			t.Fatalf("%s: %v", fill.sql, err)
		}
	}
	rows, err := s.Pool().Query(t.Context(), "select id from service")
	if err != nil {
		t.Fatal(err)
	}
	services, err := pgx.CollectRows(rows, pgx.RowTo[core.ServiceID])
	if err != nil {
		t.Fatal(err)
	}
	var solver core.PersonID
	if err := s.Pool().QueryRow(t.Context(), "select solver_id from ticket where solver_id is not null order by number desc limit 1").Scan(&solver); err != nil {
		t.Fatal(err)
	}
	scope := func(who string, in ...core.ServiceID) store.Scope {
		g := store.Grants{Services: in}
		return store.Scope{Person: c.People[who].ID, View: g, Main: g, Team: g, Groups: map[core.SolverGroupID]store.Grants{c.Field: g}}
	}
	scopes := map[string]store.Scope{"team": scope("mia", c.Printers), "everything": scope("sol", services...), "little": scope("vic", services[len(services)-1]),
		"requester": {Person: c.People["ben"].ID}, "nobody": {Person: c.People["eva"].ID}}
	live := []core.Status{core.Open, core.Triaged, core.InProgress, core.Waiting}
	filters := map[string]store.Filter{"all": {}, "undone": {Statuses: live}, "waiting": {Statuses: []core.Status{core.Waiting}}, "closed": {Statuses: []core.Status{core.Closed}},
		"mine": {Queue: "mine"}, "unassigned": {Queue: "unassigned"}, "overdue": {Queue: "overdue"}, "approval": {Queue: "approval"}, "spam": {Queue: "spam"},
		"phone": {Category: "phone", Statuses: live}, "phone, all": {Category: "phone"}, "urgent": {Priority: core.Urgent, Statuses: live}, "urgent, all": {Priority: core.Urgent},
		"normal": {Priority: core.Normal}, "solver": {Solver: solver}, "group": {Groups: []core.SolverGroupID{c.Field}}, "service": {Services: services[len(services)-1:]}, "later page": {Before: 10000 + planTickets/2},
	}
	whole := regexp.MustCompile(`Seq Scan on ticket\b`)
	for who, scope := range scopes {
		for how, f := range filters {
			f.Now, f.Limit = time.Now(), 51
			traced.all = nil
			if _, err := s.Tickets(t.Context(), scope, f); err != nil {
				t.Fatalf("%s, %s: %v", who, how, err)
			}
			if _, err := s.Counts(t.Context(), scope, f); err != nil {
				t.Fatalf("%s, %s: %v", who, how, err)
			}
			looked := 0
			for _, q := range traced.all {
				if !strings.Contains(q.sql, "from ticket t where") || strings.Contains(q.sql, "select t.number, array(") {
					continue
				}
				looked++
				// A tenth of a table that is read row by row, and more than all that counting up to a thousand needs.
				if pages, plan := keptPlan(t, s, q); whole.MatchString(plan) || pages > planTickets/10 {
					t.Errorf("%s, %s: %d pages\n%s\n%s", who, how, pages, q.sql, plan)
				}
			}
			if looked != 4 { // the page; by status, mine, overdue
				t.Fatalf("%s, %s: %d queries looked at", who, how, looked)
			}
		}
	}
}
