package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Days are 24 hours here, in winter and summer, as in the rules (D16).

// WaitingDue are the waiting tickets whose requester is to be reminded, or that are to be resolved (E9), oldest first.
func (r reads) WaitingDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `with due as (
			select t.number, t.waiting_since, t.spam_at, t.merged_into
			from service s cross join generate_subscripts(s.remind_days, 1) nth
			join ticket t on t.status = 'waiting' and t.service_id = s.id and t.reminded = nth - 1
				and t.waiting_since <= $1::timestamptz - s.remind_days[nth] * interval '24 hours'
			union
			select t.number, t.waiting_since, t.spam_at, t.merged_into
			from service s join ticket t on t.status = 'waiting' and t.service_id = s.id
				and t.waiting_since <= $1::timestamptz - s.resolve_waiting_days * interval '24 hours'
			where s.resolve_waiting_days > 0)
		select number from due where spam_at is null and merged_into is null order by waiting_since, number limit $2`, now, limit)
}

// ClosingDue are the resolved tickets that close by themselves (E7), oldest first; those with open children wait.
func (r reads) ClosingDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `select t.number from service s join ticket t on t.status = 'resolved' and t.service_id = s.id
			and t.resolved_at <= $1::timestamptz - s.close_after_days * interval '24 hours'
		where s.close_after_days > 0 and t.spam_at is null and t.merged_into is null
		and not exists (select from ticket c where c.parent_number = t.number and c.status not in ('resolved', 'closed') and c.spam_at is null)
		order by t.resolved_at limit $2`, now, limit)
}

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
