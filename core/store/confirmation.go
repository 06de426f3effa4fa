package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Confirmation is what somebody wrote by mail and was not proven to have written: it waits for their button.
type Confirmation struct {
	ID          string
	Inbound     int64
	Person      core.PersonID // who alone may confirm it
	Ticket      core.Number   // 0 = named none
	CreatedAt   time.Time
	ExpiresAt   time.Time
	ConfirmedAt time.Time // zero = not yet
}

// AddConfirmation asks for a confirmation of a message, and returns the id of the one that waits: a message that is
// delivered anew keeps its page, with its time beginning again.
func (tx *Tx) AddConfirmation(ctx context.Context, c Confirmation) (id string, err error) {
	err = tx.db.QueryRow(ctx, `insert into confirmation (id, inbound_id, person_id, ticket_number, created_at, expires_at)
		values ($1, $2, $3, nullif($4::bigint, 0), $5, $6)
		on conflict (inbound_id, person_id) do update set expires_at = excluded.expires_at, ticket_number = excluded.ticket_number
		returning id`, c.ID, c.Inbound, c.Person, c.Ticket, c.CreatedAt, c.ExpiresAt).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("confirmation of message %d: %w", c.Inbound, err)
	}
	return id, nil
}

// Confirmation reads one; NotFound where there is none.
func (r reads) Confirmation(ctx context.Context, id string) (*Confirmation, error) {
	var c Confirmation
	var confirmed *time.Time
	err := r.db.QueryRow(ctx, `select id, inbound_id, person_id, coalesce(ticket_number, 0), created_at, expires_at, confirmed_at
		from confirmation where id::text = $1`, id).Scan(&c.ID, &c.Inbound, &c.Person, &c.Ticket, &c.CreatedAt, &c.ExpiresAt, &confirmed)
	if err != nil && err != pgx.ErrNoRows {
		return nil, fmt.Errorf("confirmation: %w", err)
	}
	c.CreatedAt, c.ExpiresAt, c.ConfirmedAt = c.CreatedAt.UTC(), c.ExpiresAt.UTC(), instant(confirmed)
	return &c, notFound(err)
}

// EndConfirmation notes that the person pressed a button: nobody presses a second one.
func (tx *Tx) EndConfirmation(id string, now time.Time) {
	tx.write("update confirmation set confirmed_at = $2 where id = $1", id, now)
}
