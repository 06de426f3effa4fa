package store_test

import (
	"context"
	"regexp"
	"slices"
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

// batched notes the queries of batches.
type batched struct {
	asked
	all []asked
}

func (b *batched) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (b *batched) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	b.all = append(b.all, asked{d.SQL, d.Args})
}

func (b *batched) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// pagesRead runs a query again and tells how many pages of the database it looks at.
func pagesRead(t *testing.T, s *store.Store, q asked) (pages int, plan string) {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), "explain (analyze, buffers, costs off) "+q.sql, q.args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
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

// overdueTickets is how many tickets the count of what is overdue is measured with; it was looked at with 200,000 as well.
const overdueTickets = 30_000

// D19: what is overdue is counted exactly and listed newest first, and either reads what is overdue, not what there is:
// for the team of a service, somebody who sees very many, and a requester.
func TestOverdueIsExactAndCheap(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	c := storetest.BuildCity(t, storetest.Open(t, url))
	var traced batched
	s, err := store.Open(t.Context(), url, storetest.Secrets(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = &traced })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, fill := range []struct {
		sql  string
		args []any
	}{
		{"insert into service (name, parent_id) select 'Service ' || i, $1 from generate_series(1, 20) i", []any{c.IT}},
		{"insert into person (email) select 'p' || i || '@city.test' from generate_series(1, 300) i", nil},
		// A tenth is open and due in a week; one in 300 is late, by up to a day and whatever its number; some of that is spam.
		{`insert into ticket (number, service_id, subject, status, requester_id, opened_via, root_message_id, created_at, updated_at, resolved_at, due_at, spam_at)
			select 10000 + i, s[1 + i % array_length(s, 1)], 'Paper jam', case when i % 10 = 0 then 'in_progress' else 'closed' end, p[1 + i % array_length(p, 1)], 'mail',
				i || '@city.test', $2::timestamptz, $2, case when i % 10 = 0 then null else $2 end,
				case when i % 300 = 0 then $2 - (i * 7919 % 86400 + 1) * interval '1 second' when i % 10 = 0 then $2 + interval '7 days' end,
				case when i % 6000 = 0 then $2 end
			from generate_series(1, $1::int) i, (select array_agg(id order by id) from service where not folder) x (s),
				(select array_agg(id order by id) from person where email like 'p%') y (p)`, []any{overdueTickets, now}},
		{"update ticket set requester_id = $1 where number % 1700 = 0", []any{c.People["ben"].ID}},
		{"vacuum analyze ticket", nil}, {"vacuum analyze service", nil}, {"vacuum analyze person", nil},
	} {
		if _, err := s.Pool().Exec(t.Context(), fill.sql, fill.args...); err != nil {
			t.Fatalf("%s: %v", fill.sql, err)
		}
	}
	var services []core.ServiceID
	rows, err := s.Pool().Query(t.Context(), "select id from service")
	if err == nil {
		services, err = pgx.CollectRows(rows, pgx.RowTo[core.ServiceID])
	}
	if err != nil {
		t.Fatal(err)
	}
	scan := regexp.MustCompile(`Seq Scan on ticket\b`)
	for what, x := range map[string]struct {
		scope store.Scope
		sees  string
		pages int
	}{
		"team":       {store.Scope{Person: c.People["mia"].ID, View: store.Grants{Services: []core.ServiceID{c.Printers}}}, "service_id = " + strconv.Itoa(int(c.Printers)), 120},
		"everything": {store.Scope{Person: c.People["mia"].ID, View: store.Grants{Services: services}}, "true", 500},
		"requester":  {store.Scope{Person: c.People["ben"].ID}, "requester_id = " + strconv.Itoa(int(c.People["ben"].ID)), 120},
	} {
		rows, err := s.Pool().Query(t.Context(), `select number from ticket where due_at < $1 and spam_at is null and `+x.sees+` order by number desc`, now)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pgx.CollectRows(rows, pgx.RowTo[core.Number])
		if err != nil {
			t.Fatal(err)
		}
		traced.all = nil
		counts, err := s.Counts(t.Context(), x.scope, store.Filter{Now: now})
		if err != nil || counts.Overdue != len(want) || len(want) == 0 || counts.More && len(want) < 1000 && counts.Total < 1000 {
			t.Errorf("%s: %d are overdue, want %d; %v", what, counts.Overdue, len(want), err)
		}
		i := slices.IndexFunc(traced.all, func(a asked) bool { return strings.Contains(a.sql, "order by t.due_at") })
		if i < 0 {
			t.Fatal("no query of the batch counts what is overdue")
		}
		count := traced.all[i]
		list, err := s.Tickets(t.Context(), x.scope, store.Filter{Queue: "overdue", Now: now, Limit: 51})
		if err != nil {
			t.Fatal(err)
		}
		for i, q := range list {
			if i >= len(want) || q.Number != want[i] {
				t.Fatalf("%s: the list is not of the newest", what)
			}
		}
		if len(list) != min(51, len(want)) {
			t.Errorf("%s: %d of %d are listed", what, len(list), len(want))
		}
		for how, q := range map[string]asked{"count": count, "list": traced.asked} {
			pages, plan := pagesRead(t, s, q)
			t.Log(what, how, pages, plan[strings.LastIndex(plan, "Execution"):])
			if scan.MatchString(plan) || pages == 0 || pages > x.pages {
				t.Errorf("%s: the %s reads %d pages:\n%s", what, how, pages, plan)
			}
		}
	}
	if numbers, err := s.ClockDue(t.Context(), now, 10_000); err != nil || len(numbers) != 0 {
		t.Errorf("%d clocks are due, %v", len(numbers), err)
	}
	if pages, plan := pagesRead(t, s, traced.asked); scan.MatchString(plan) || pages > 10 {
		t.Errorf("looking for clocks reads %d pages:\n%s", pages, plan)
	}
}
