package store_test

import (
	"fmt"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// BenchmarkReport counts among a million tickets of three years in 40 services, for somebody who oversees them all and for
// somebody who oversees a sub-team in each: go test -bench Report -run ^$ ./core/store
func BenchmarkReport(b *testing.B) {
	c := storetest.NewCity(b)
	for _, sql := range []string{
		"insert into service (name, parent_id) select 'Service ' || n, (select id from service where name = 'IT') from generate_series(1, 40) n",
		"insert into person (email, organization_id) select 'p' || n || '@city.test', 1 from generate_series(1, 5000) n",
		"insert into requester_group (name) values ('Police')",
		"insert into requester_group_member (group_id, person_id) select (select id from requester_group where name = 'Police'), id from person where email like 'p%0@city.test'",
		`insert into ticket (number, service_id, subject, status, category, requester_id, solver_id, opened_via, root_message_id, created_at, updated_at,
			first_response_at, first_response_due, resolved_at, resolution_due)
			select 1000000 + n, s.first + n % 40, 'Paper jam', case when resolved is null then 'in_progress' else 'closed' end,
				(array['hardware', 'software', 'network', 'other'])[1 + n % 4], p.first + n % 5000, p.first + n % 97, 'mail', 'm@city.test', created, created,
				case when n % 11 > 0 then created + n % 400 * interval '1 minute' end, created + interval '4 hours', resolved, created + interval '3 days'
			from generate_series(1, 1000000) n, (select min(id) as first from service where name like 'Service%') s,
				(select min(id) as first from person where email like 'p%@city.test') p,
				lateral (select timestamptz '2023-04-01' + n * interval '94.6 seconds' as created) x,
				lateral (select case when n % 50 > 0 or n < 900000 then created + n % 9000 * interval '1 minute' end as resolved) y`,
		"vacuum analyze ticket", // as autovacuum does
	} {
		if _, err := c.Store.Pool().Exec(b.Context(), sql); err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
	}
	all, part := store.Grants{}, store.Grants{}
	dir, err := c.Store.Directory(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var police core.RequesterGroupID
	if err := c.Store.Pool().QueryRow(b.Context(), "select id from requester_group where name = 'Police'").Scan(&police); err != nil {
		b.Fatal(err)
	}
	one := store.Grants{}
	for id, s := range dir.Services {
		all.Add(id, 0)
		part.Add(id, police)
		if s.Name == "Service 7" {
			one.Add(id, 0)
		}
	}
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		what     string
		grants   store.Grants
		by       core.ReportBy
		from, to string
		every    core.ReportEvery
	}{
		{"quarter by week and service", all, "service", "2026-01-01", "2026-03-31", "week"},
		{"quarter by week and solver", all, "solver", "2026-01-01", "2026-03-31", "week"},
		{"quarter by week and service, sub-teams", part, "service", "2026-01-01", "2026-03-31", "week"},
		{"quarter by week, one service", one, "category", "2026-01-01", "2026-03-31", "week"},
		{"two days of long ago", all, "service", "2024-06-03", "2024-06-04", "day"},
		{"three years by month and service", all, "service", "2023-04-01", "2026-03-31", "month"},
	} {
		b.Run(fmt.Sprint(x.what), func(b *testing.B) {
			from, _ := core.ParseDate(x.from)
			to, _ := core.ParseDate(x.to)
			span, err := core.NewReportSpan(from, to, x.every, time.UTC)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				d, err := c.Store.Report(b.Context(), x.grants, x.by, span, now)
				if err != nil || d.Total.Created == 0 {
					b.Fatal(d, err)
				}
			}
		})
	}
}
