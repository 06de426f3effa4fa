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
	ID        string
	Inbound   int64
	Person    core.PersonID // who alone may confirm it
	Ticket    core.Number   // 0 = named none
	CreatedAt time.Time
	ExpiresAt time.Time
	Outcome   ConfirmationOutcome
}

// ConfirmationOutcome is how a confirmation ended.
type ConfirmationOutcome string

// The outcomes; "" = it waits, or its time is over.
const (
	Confirmed ConfirmationOutcome = "confirmed"
	Denied    ConfirmationOutcome = "denied"    // the person says that it was not them
	Overtaken ConfirmationOutcome = "overtaken" // a triager decided on the mail first
)

// AddConfirmation asks for a confirmation of a message, and returns the id of the one that waits: a message that is
// delivered anew keeps its page, with its time beginning again.
func (tx *Tx) AddConfirmation(ctx context.Context, c Confirmation) (id string, err error) {
	err = tx.db.QueryRow(ctx, `insert into confirmation (id, inbound_id, person_id, ticket_number, created_at, expires_at)
		values ($1, $2, $3, nullif($4::bigint, 0), $5, $6)
		on conflict (inbound_id, person_id) do update set ticket_number = excluded.ticket_number, created_at = excluded.created_at,
		expires_at = excluded.expires_at, outcome = '', ended_at = null
		returning id`, c.ID, c.Inbound, c.Person, c.Ticket, c.CreatedAt, c.ExpiresAt).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("confirmation of message %d: %w", c.Inbound, err)
	}
	return id, nil
}

// Confirmation reads one; NotFound where there is none.
func (r reads) Confirmation(ctx context.Context, id string) (*Confirmation, error) {
	name, err := nameOf(id)
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Query(ctx, `select id, inbound_id, person_id, coalesce(ticket_number, 0), created_at, expires_at, outcome
		from confirmation where id = $1`, name)
	if err != nil {
		return nil, fmt.Errorf("confirmation: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[Confirmation])
	return c, notFound(err)
}

// WaitingConfirmations tells which of the messages still wait for their sender, and until when.
func (r reads) WaitingConfirmations(ctx context.Context, inbound []int64, now time.Time) (map[int64]time.Time, error) {
	rows, err := r.db.Query(ctx, "select inbound_id, expires_at from confirmation where inbound_id = any ($1) and outcome = '' and expires_at > $2", inbound, now)
	if err != nil {
		return nil, fmt.Errorf("waiting confirmations: %w", err)
	}
	until := map[int64]time.Time{}
	var id int64
	var expires time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &expires}, func() error { until[id] = expires; return nil })
	return until, err
}

// EndConfirmations notes how the waiting confirmations of a message ended: nobody confirms it any more.
func (tx *Tx) EndConfirmations(inbound int64, how ConfirmationOutcome, now time.Time) {
	tx.write("update confirmation set outcome = $2, ended_at = $3 where inbound_id = $1 and outcome = ''", inbound, how, now)
}

// RevokeTokensFor ends the tokens that a person has for a ticket.
func (tx *Tx) RevokeTokensFor(person core.PersonID, n core.Number, now time.Time) {
	tx.write("update reply_token set revoked_at = $3 where person_id = $1 and ticket_number = $2 and revoked_at is null", person, n, now)
}
