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
	return r.numbers(ctx, `select t.number from ticket t join service s on s.id = t.service_id
		where t.status = 'waiting' and t.spam_at is null and t.merged_into is null and (
			t.waiting_since + s.remind_days[t.reminded + 1] * interval '24 hours' <= $1
			or s.resolve_waiting_days > 0 and t.waiting_since + s.resolve_waiting_days * interval '24 hours' <= $1)
		order by t.waiting_since limit $2`, now, limit)
}

// ClosingDue are the resolved tickets that close by themselves (E7), oldest first; those with open children wait.
func (r reads) ClosingDue(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `select t.number from ticket t join service s on s.id = t.service_id
		where t.status = 'resolved' and s.close_after_days > 0 and t.resolved_at + s.close_after_days * interval '24 hours' <= $1
		and t.spam_at is null and t.merged_into is null
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
