package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// counted is what reports are about: nothing that was merged, is spam or was withdrawn. The indexes of reports say the same.
const counted = "t.merged_into is null and t.spam_at is null and not t.withdrawn"

// reportKeys are the columns by which reports tell tickets apart.
var reportKeys = map[core.ReportBy]string{
	"service": "t.service_id", "category": `t.category collate "C"`, "group": "t.group_id", "solver": "t.solver_id", "priority": `t.priority collate "C"`,
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
	if len(g.PairServices) > 0 { // as a set that is made once, where Grants of lists look each ticket's requester up
		c.and("(t.service_id = any (" + c.arg(g.Services) + ") or (t.service_id, t.requester_id) in (select u.s, m.person_id from unnest(" +
			c.arg(g.PairServices) + "::bigint[], " + c.arg(g.PairGroups) + "::bigint[]) u (s, g) join requester_group_person m on m.group_id = u.g))")
	}
	c.and(counted)
	starts, at := c.arg(span.Starts)+"::timestamptz[]", c.arg(now)+"::timestamptz"
	from, to := c.arg(span.Starts[0]), c.arg(span.Starts[len(span.Days)])
	within := func(column string) string { return column + " >= " + from + " and " + column + " < " + to }
	period := func(column string) string { return "width_bucket(" + column + ", " + starts + ") - 1" }
	tickets := func(when, where string) string {
		return "select " + when + " as p, " + key + " as k from ticket t where " + c.where() + " and " + where
	}
	sums := func(event int, tickets ...string) string {
		return fmt.Sprintf("select %d, p, coalesce(k::text, ''), count(*), 0, 0, 0, 0, null from (%s) e group by p, k", event, strings.Join(tickets, "\nunion all "))
	}
	// missed is a deadline that had passed when it was done, or when the clock stopped before.
	promises := func(event int, done, due string) string {
		passed := due + " < least(" + done + ", t.clock_stopped_at, t.resolved_at, " + at + ")"
		return fmt.Sprintf(`select %d, p, coalesce(k::text, ''), count(*), count(minutes), count(*) filter (where not missed), count(*) filter (where missed),
			count(*) filter (where missed is null), percentile_cont(array[0.5, 0.9]) within group (order by minutes) from (
			select %s as p, %s as k, %s as missed, date_part('epoch', %s - t.created_at) / 60 as minutes from ticket t where %s and %s
			union all select %s, %s, true, null from ticket t where %s and %s and %s and %s is null) e group by grouping sets ((p, k), ())`,
			event, period(done), key, passed, done, c.where(), within(done), period(due), key, c.where(), within(due), passed, done)
	}
	sql := strings.Join([]string{
		sums(eventCreated, tickets(period("t.created_at"), within("t.created_at"))),
		promises(eventAnswered, "t.first_response_at", "t.first_response_due"),
		promises(eventResolved, "t.resolved_at", "t.resolution_due"),
		sums(openBefore, tickets("0", "t.created_at < "+from+" and t.resolved_at is null"), tickets("0", "t.created_at < "+from+" and t.resolved_at >= "+from)),
		sums(openNow, tickets("width_bucket(date_part('epoch', "+at+" - t.created_at), array["+ageLimits+"]::float8[])", "t.resolved_at is null")),
	}, "\nunion all ")
	d := &core.ReportData{Cells: map[core.ReportCell]*core.Tally{}, Before: map[string]int{}, Ages: map[string][]int{}}
	b := &pgx.Batch{}
	b.Queue("select set_config('jit', 'off', true), set_config('work_mem', '32MB', true)") // compiling takes longer than counting
	b.Queue(sql, c.args...).Query(func(rows pgx.Rows) error {
		var row eventRow
		var period *int
		_, err := pgx.ForEachRow(rows, []any{&row.event, &period, &row.key, &row.count, &row.done, &row.met, &row.missed, &row.none, &row.minutes}, func() error {
			row.addTo(d, period)
			return nil
		})
		return err
	})
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
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

// addTo puts the row into its place; without a period it is about all of them.
func (e *eventRow) addTo(d *core.ReportData, period *int) {
	promise := core.Promise{Met: e.met, Missed: e.missed, None: e.none}
	if len(e.minutes) == 2 {
		promise.Median, promise.P90 = rounded(e.minutes[0]), rounded(e.minutes[1])
	}
	tally := &d.Total
	if cell := (core.ReportCell{Key: e.key}); period != nil && e.event <= eventResolved {
		cell.Period = *period
		if d.Cells[cell] == nil {
			d.Cells[cell] = &core.Tally{}
		}
		tally = d.Cells[cell]
	}
	switch e.event {
	case eventCreated:
		tally.Created = e.count
		d.Total.Created += e.count
	case eventAnswered:
		tally.FirstResponse = promise
	case eventResolved:
		tally.Resolved, tally.Resolution = e.done, promise
	case openBefore:
		d.Before[e.key] = e.count
	case openNow:
		if d.Ages[e.key] == nil {
			d.Ages[e.key] = make([]int, len(core.Ages()))
		}
		d.Ages[e.key][*period] = e.count
	}
}

func rounded(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(math.Round(*f))
	return &n
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
