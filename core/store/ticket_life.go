package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Days are 24 hours here, in winter and summer, as in the rules (D16).

// WaitingDue are the waiting tickets whose requester is to be reminded, or that are to be resolved (E9), oldest first. Each
// service has days of its own: the limits keep the planner at one look into the index for each of them.
func (r reads) WaitingDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `with due as (
			select t.* from service s cross join generate_subscripts(s.remind_days, 1) nth cross join lateral (
				select number, waiting_since from ticket where status = 'waiting' and service_id = s.id and reminded = nth - 1
					and waiting_since <= $1::timestamptz - s.remind_days[nth] * interval '24 hours' and spam_at is null and merged_into is null
				order by waiting_since limit $2) t
			union
			select t.* from service s cross join lateral (
				select number, waiting_since from ticket where status = 'waiting' and service_id = s.id
					and waiting_since <= $1::timestamptz - s.resolve_waiting_days * interval '24 hours' and spam_at is null and merged_into is null
				order by waiting_since limit $2) t
			where s.resolve_waiting_days > 0)
		select number from due order by waiting_since, number limit $2`, now, limit)
}

// ClosingDue are the resolved tickets that close by themselves (E7), oldest first; those with open children wait.
func (r reads) ClosingDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `select t.number from service s cross join lateral (
			select number, resolved_at from ticket p where status = 'resolved' and service_id = s.id
				and resolved_at <= $1::timestamptz - s.close_after_days * interval '24 hours' and spam_at is null and merged_into is null
				and not exists (select from ticket c where c.parent_number = p.number and c.status not in ('resolved', 'closed') and c.spam_at is null)
			order by resolved_at limit $2) t
		where s.close_after_days > 0 order by t.resolved_at limit $2`, now, limit)
}

// ClockDue are the tickets whose clock has something to tell, or is to be worked out again (E12), longest due first.
func (r reads) ClockDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, "select number from ticket where clock_next_at <= $1 order by clock_next_at limit $2", now, limit)
}

// RecountSLA has the clocks of the open tickets under an SLA worked out again: it has changed.
func (tx *Tx) RecountSLA(id int64, now time.Time) {
	tx.write("update ticket set clock_next_at = $2 where sla_id = $1 and "+counting, id, now)
}

// RecountCalendar has the clocks of the open tickets worked out again whose hours are those of a calendar.
func (tx *Tx) RecountCalendar(id int64, now time.Time) {
	tx.write("update ticket set clock_next_at = $2 where sla_id in (select id from sla where calendar_id = $1) and "+counting, id, now)
}

const counting = "status not in ('resolved', 'closed') and merged_into is null and spam_at is null"

// SolvedBy are the open tickets of a solver.
func (r reads) SolvedBy(ctx context.Context, id core.PersonID) ([]core.Number, error) {
	return r.numbers(ctx, `select number from ticket where solver_id = $1 and status not in ('resolved', 'closed') and merged_into is null
		order by number`, id)
}

func (r reads) numbers(ctx context.Context, sql string, args ...any) ([]core.Number, error) {
	rows, err := r.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[core.Number])
}
