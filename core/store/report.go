package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// counted is what reports are about: nothing that was merged, is spam or was withdrawn. The indexes of reports say the same.
const counted = "t.merged_into is null and t.spam_at is null and not t.withdrawn"

// reportKeys are the columns by which reports tell tickets apart.
var reportKeys = map[core.ReportBy]string{
	"service": "t.service_id", "category": "t.category", "group": "t.group_id", "solver": "t.solver_id", "priority": "t.priority",
}

// What the rows of the report's statement are about.
const (
	eventCreated = iota
	eventAnswered
	eventResolved
	openBefore
	openNow
)

// ageLimits are the limits between core.Ages, in seconds: 1, 3, 7 and 30 days.
const ageLimits = "86400, 259200, 604800, 2592000"

// Report counts the tickets that the grants cover, in one statement and so at one moment. Each event of a ticket that
// falls into the span is a row: its opening, its first response, its resolution, and a deadline that passed without.
//
// The clock stands while a ticket waits and when it is done, so a deadline has passed only where it lies before that (E9).
func (r reads) Report(ctx context.Context, g Grants, by core.ReportBy, span *core.ReportSpan, now time.Time) (*core.ReportData, error) {
	key, ok := reportKeys[by]
	if !ok {
		return nil, fmt.Errorf("report by %q", by)
	}
	c := &conditions{}
	c.and("t.service_id = any (" + c.arg(g.services()) + ")")
	if len(g.PairServices) > 0 {
		c.and("(" + c.holds("t", g) + ")")
	}
	c.and(counted)
	starts, at := c.arg(span.Starts)+"::timestamptz[]", c.arg(now)+"::timestamptz"
	from, to := c.arg(span.Starts[0]), c.arg(span.Starts[len(span.Days)])
	sql := ""
	event := func(measure int, when, outcome, done, where string) {
		if sql != "" {
			sql += "\nunion all "
		}
		minutes := "extract(epoch from " + done + " - t.created_at)::float8 / 60"
		sql += fmt.Sprintf("select %d as m, %s as p, %s::text as k, %s as outcome, %s as minutes from ticket t where %s and %s",
			measure, when, key, outcome, minutes, c.where(), where)
	}
	within := func(column string) string { return column + " >= " + from + " and " + column + " < " + to }
	period := func(column string) string { return "width_bucket(" + column + ", " + starts + ") - 1" }
	kept := func(due, done string) string { // missed is a deadline that had passed when it was done, or when the clock stopped before
		return "case when " + due + " is null then 'none' when " + due + " < least(" + done + ", t.clock_stopped_at, t.resolved_at) then 'missed' else 'met' end"
	}
	passed := func(due string) string {
		return within(due) + " and " + due + " < least(" + at + ", t.clock_stopped_at, t.resolved_at)"
	}
	const null, never = "null", "null::timestamptz"
	event(eventCreated, period("t.created_at"), null, never, within("t.created_at"))
	event(eventAnswered, period("t.first_response_at"), kept("t.first_response_due", "t.first_response_at"), "t.first_response_at", within("t.first_response_at"))
	event(eventAnswered, period("t.first_response_due"), "'missed'", never, passed("t.first_response_due")+" and t.first_response_at is null")
	event(eventResolved, period("t.resolved_at"), kept("t.resolution_due", "t.resolved_at"), "t.resolved_at", within("t.resolved_at"))
	event(eventResolved, period("t.resolution_due"), "'missed'", never, passed("t.resolution_due")+" and t.resolved_at is null")
	event(openBefore, "0", null, never, "t.created_at < "+from+" and (t.resolved_at is null or t.resolved_at >= "+from+")")
	event(openNow, "width_bucket(extract(epoch from "+at+" - t.created_at)::float8, array["+ageLimits+"]::float8[])", null, never, "t.resolved_at is null")
	rows, err := r.db.Query(ctx, `select m, p, coalesce(k, ''), count(*), count(minutes), count(*) filter (where outcome = 'met'),
		count(*) filter (where outcome = 'missed'), count(*) filter (where outcome = 'none'),
		percentile_cont(array[0.5, 0.9]) within group (order by minutes) from (`+sql+`) e group by grouping sets ((m, p, k), (m))`, c.args...)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	d := &core.ReportData{Cells: map[core.ReportCell]*core.Tally{}, Before: map[string]int{}, Ages: map[string][]int{}}
	var row eventRow
	var p *int
	_, err = pgx.ForEachRow(rows, []any{&row.event, &p, &row.key, &row.count, &row.done, &row.met, &row.missed, &row.none, &row.minutes}, func() error {
		if p == nil {
			row.addTo(&d.Total)
			return nil
		}
		switch row.event {
		case openBefore:
			d.Before[row.key] = row.count
		case openNow:
			if d.Ages[row.key] == nil {
				d.Ages[row.key] = make([]int, len(core.Ages()))
			}
			d.Ages[row.key][*p] = row.count
		default:
			cell := core.ReportCell{Period: *p, Key: row.key}
			if d.Cells[cell] == nil {
				d.Cells[cell] = &core.Tally{}
			}
			row.addTo(d.Cells[cell])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return d, nil
}

// eventRow is what was counted of one kind of event.
type eventRow struct {
	event, count, done, met, missed, none int
	key                                   string
	minutes                               []*float64 // median and 90th percentile
}

func (e *eventRow) addTo(t *core.Tally) {
	promise := core.Promise{Met: e.met, Missed: e.missed, None: e.none}
	if len(e.minutes) == 2 {
		promise.Median, promise.P90 = rounded(e.minutes[0]), rounded(e.minutes[1])
	}
	switch e.event {
	case eventCreated:
		t.Created = e.count
	case eventAnswered:
		t.FirstResponse = promise
	case eventResolved:
		t.Resolved, t.Resolution = e.done, promise
	}
}

func rounded(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(math.Round(*f))
	return &n
}

// services are all in which one of the grants holds.
func (g Grants) services() []core.ServiceID {
	return append(slices.Clone(g.Services), g.PairServices...)
}

// Empty tells whether nothing is granted.
func (g Grants) Empty() bool { return len(g.services()) == 0 }

// Within keeps what is granted in the services.
func (g Grants) Within(services []core.ServiceID) (kept Grants) {
	for _, id := range g.Services {
		if slices.Contains(services, id) {
			kept.Add(id, 0)
		}
	}
	for i, id := range g.PairServices {
		if slices.Contains(services, id) {
			kept.Add(id, g.PairGroups[i])
		}
	}
	return kept
}

// SolverGroupNames names solver groups, those out of use included: tickets may still be theirs.
func (r reads) SolverGroupNames(ctx context.Context, ids []int64) (map[core.SolverGroupID]core.SolverGroup, error) {
	rows, err := r.db.Query(ctx, "select id, service_id, name from solver_group where id = any ($1)", ids)
	if err != nil {
		return nil, fmt.Errorf("solver groups: %w", err)
	}
	groups := map[core.SolverGroupID]core.SolverGroup{}
	var g core.SolverGroup
	_, err = pgx.ForEachRow(rows, []any{&g.ID, &g.Service, &g.Name}, func() error { groups[g.ID] = g; return nil })
	return groups, err
}
