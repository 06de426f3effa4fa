package store_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// asked notes the last query of a store.
type asked struct {
	sql  string
	args []any
}

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	a.sql, a.args = d.SQL, d.Args
	return ctx
}

func (a *asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// dueTickets is how many tickets the queries of the jobs are measured with.
const dueTickets = 20_000

// What is looked for each minute and hour is found by an index, and reads next to nothing where nothing is due, however
// many tickets wait, are resolved for ever, or had mail.
func TestLookingForWhatIsDueDoesNotScan(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	storetest.BuildCity(t, storetest.Open(t, url))
	var last asked
	s, err := store.Open(t.Context(), url, storetest.Secrets(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = &last })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, fill := range []struct {
		sql  string
		args []any
	}{
		{"update service set remind_days = '{3,7}', resolve_waiting_days = 14, close_after_days = 10 where name = 'Printers'", nil},
		{"update service set remind_days = '{30}', resolve_waiting_days = 0, close_after_days = 0 where name = 'Network'", nil},
		// A tenth waits: in Printers for a day, in Network for a year and reminded. The others are resolved: in Printers since
		// yesterday, in Network for a year, which never closes any.
		{`insert into ticket (number, service_id, subject, status, requester_id, opened_via, root_message_id, created_at, updated_at, waiting_since, reminded, resolved_at)
			select 10000 + i, s.id, 'Paper jam', case when i % 10 = 0 then 'waiting' else 'resolved' end, p.id, 'mail', i || '@city.test', $2::timestamptz, $2, at, n, at
			from generate_series(1, $1::int) i, person p,
				lateral (select s.id, case s.name when 'Network' then 1 else 0 end, $2::timestamptz - case s.name when 'Network' then interval '365 days' else interval '1 day' end
					from service s where s.name = case when i % 20 < 11 then 'Network' else 'Printers' end) s (id, n, at)
			where p.email = 'ben@city.test'`, []any{dueTickets, now}},
		{`insert into approval (id, ticket_number, rule, state, digest, asked_by, asked_at, expires_at)
			select gen_random_uuid(), t.number, 'all', case when t.number % 2 = 0 then 'pending' else 'approved' end, sha256(''), t.requester_id, $1::timestamptz, $1::timestamptz + interval '1 day'
			from ticket t where t.number % 4 < 2`, []any{now}},
		// Half of what is older than a week went to Eva, and since then what was refused.
		{`insert into outbox (id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at)
			select gen_random_uuid(), m.id, p.id, p.email, 'assigned', 'solver', 'solver', 'en', true, i || '@city.test', s, $2::timestamptz, $2, $2 - i * interval '1 minute'
			from generate_series(1, $1::int) i cross join lateral (values (case when i % 500 = 0 then 'rejected' else 'accepted' end)) x (s) cross join mailbox m
			join person p on p.email = case when s = 'rejected' or i > 10080 and i % 2 = 0 then 'eva@city.test' else 'ben@city.test' end`, []any{dueTickets, now}},
		{"vacuum analyze ticket", nil}, {"vacuum analyze approval", nil}, {"vacuum analyze outbox", nil}, {"vacuum analyze service", nil}, {"vacuum analyze person", nil},
	} {
		if _, err := s.Pool().Exec(t.Context(), fill.sql, fill.args...); err != nil {
			t.Fatalf("%s: %v", fill.sql, err)
		}
	}
	scan := regexp.MustCompile(`Seq Scan on (ticket|approval|outbox)\b`)
	for what, look := range map[string]func() (int, error){
		"waiting":   func() (int, error) { n, err := s.WaitingDue(t.Context(), now, 10_000); return len(n), err },
		"closing":   func() (int, error) { n, err := s.ClosingDue(t.Context(), now, 10_000); return len(n), err },
		"approvals": func() (int, error) { n, err := s.ExpiredApprovals(t.Context(), now, 10_000); return len(n), err },
		"addresses": func() (int, error) { n, err := s.DeadAddresses(t.Context(), now.AddDate(0, 0, -7)); return len(n), err },
	} {
		found, err := look()
		if dead := map[bool]int{true: 1}[what == "addresses"]; err != nil || found != dead {
			t.Errorf("%s: %d are due, %v", what, found, err)
		}
		rows, err := s.Pool().Query(t.Context(), "explain (analyze, buffers, costs off) "+last.sql, last.args...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		plan, pages := strings.Join(lines, "\n"), 0
		if m := regexp.MustCompile(`Buffers: shared hit=(\d+)(?: read=(\d+))?`).FindStringSubmatch(plan); m != nil {
			hit, _ := strconv.Atoi(m[1])
			read, _ := strconv.Atoi(m[2])
			pages = hit + read
		}
		t.Log(what, pages, lines[len(lines)-1])
		if scan.MatchString(plan) || pages == 0 || pages > 300 {
			t.Errorf("%s reads %d pages:\n%s", what, pages, plan)
		}
	}
}
