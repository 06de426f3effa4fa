package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// APITokens lists the tokens of a person that work, the newest first.
func (r reads) APITokens(ctx context.Context, person core.PersonID) ([]core.APIToken, error) {
	rows, err := r.db.Query(ctx, `select id, name, created_at, last_used_at from api_token
		where person_id = $1 and revoked_at is null order by id desc`, person)
	if err != nil {
		return nil, fmt.Errorf("API tokens: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t core.APIToken, err error) {
		var used *time.Time
		err = row.Scan(&t.ID, &t.Name, &t.CreatedAt, &used)
		t.UsedAt = instant(used)
		return t, err
	})
}

// RevokeAPIToken ends one token of a person, and names it; NotFound where they have no such one that works.
func (tx *Tx) RevokeAPIToken(ctx context.Context, person core.PersonID, id int64, now time.Time) (name string, err error) {
	err = tx.db.QueryRow(ctx, "update api_token set revoked_at = $3 where person_id = $1 and id = $2 and revoked_at is null returning name",
		person, id, now).Scan(&name)
	return name, notFound(err)
}
