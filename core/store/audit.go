package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// AddAudit writes a change down in the transaction that makes it. The database refuses to change such a row later.
func (tx *Tx) AddAudit(e core.AuditEntry) {
	tx.write(`insert into audit (at, actor_id, actor_name, via, noun, name, action, before, after)
		values ($1, nullif($2::bigint, 0), $3, $4, $5, $6, $7, $8, $9)`,
		e.At, e.Actor, e.ActorName, e.Via, e.Noun, e.Name, e.Action, e.Before, e.After)
}

// Audit lists changes, newest first; before is the id that the page before ended with, 0 at first.
func (r reads) Audit(ctx context.Context, before int64, limit int) ([]core.AuditEntry, error) {
	rows, err := r.db.Query(ctx, `select id, at, coalesce(actor_id, 0), actor_name, via, noun, name, action, before, after from audit
		where $1 = 0 or id < $1 order by id desc limit $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[core.AuditEntry])
}

// RevokeAPITokens ends the API tokens of a person that still work, and names them.
func (tx *Tx) RevokeAPITokens(ctx context.Context, person core.PersonID, now time.Time) ([]string, error) {
	rows, err := tx.db.Query(ctx, "update api_token set revoked_at = $2 where person_id = $1 and revoked_at is null returning name", person, now)
	if err != nil {
		return nil, fmt.Errorf("revoke tokens: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
