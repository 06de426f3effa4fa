package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// BundleMail gives leased mails of one person to the digest that gathers for them; where none does, digest is put into
// the outbox for it, to be sent at its own time. What a digest carries stays a row of its own and ends as the digest does.
func (s *Store) BundleMail(ctx context.Context, lease uuid.UUID, mails []*Leased, digest *core.Outgoing, at time.Time) error {
	ids := make([]string, len(mails))
	for i, l := range mails {
		ids[i] = l.ID
	}
	return s.InTx(ctx, func(tx *Tx) error {
		tx.write("select pg_advisory_xact_lock(hashtextextended($1, 0))", digest.Address) // two daemons may begin one
		var id string
		err := tx.db.QueryRow(ctx, `select id, next_at from outbox where address = $1 and event = 'digest' and state = 'queued' and attempts = 0
			order by seq limit 1 for update`, digest.Address).Scan(&id, &at)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			id = digest.ID
			if err := tx.QueueMail(digest); err != nil {
				return err
			}
			tx.write("update outbox set next_at = $2 where id = $1", id, at)
		case err != nil:
			return fmt.Errorf("digest: %w", err)
		}
		tx.write(`update outbox set state = 'queued', attempts = attempts - 1, bundled = true, digest_id = $3, next_at = $4, response = 'goes with a digest',
				lease_token = null, lease_until = null
			where id = any ($2::uuid[]) and lease_token = $1 and state = 'sending'`, lease, ids, id, at)
		return nil
	})
}

// Carried are the mails that a digest carries, in their order.
func (s *Store) Carried(ctx context.Context, digest string) ([]*Leased, error) {
	rows, err := s.pool.Query(ctx, `select o.id, coalesce(o.ticket_number, 0), coalesce(o.person_id, 0), o.address, o.event, o.role, o.reason, o.created_at, c.content
		from outbox o join outbox_content c on c.outbox_id = o.id where o.digest_id = $1 and o.bundled and o.state = 'queued' order by o.seq`, digest)
	if err != nil {
		return nil, fmt.Errorf("digest: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Leased, error) {
		l := &Leased{}
		var person core.PersonID
		var content []byte
		if err := row.Scan(&l.ID, &l.Ticket, &person, &l.Address, &l.Event, &l.Role, &l.Reason, &l.CreatedAt, &content); err != nil {
			return nil, err
		}
		if person != 0 {
			l.Person = &core.Person{ID: person}
		}
		return l, json.Unmarshal(content, &l.Content)
	})
}

// CancelCarried takes mails out of the digest that carries them, for good.
func (s *Store) CancelCarried(ctx context.Context, ids []string, why string, now time.Time) error {
	_, err := s.pool.Exec(ctx, `update outbox set state = 'cancelled', response = $2, finished_at = $3
		where id = any ($1::uuid[]) and bundled and state = 'queued'`, ids, why, now)
	return err
}

// settleCarried ends what digests carried as those ended.
const settleCarried = `update outbox o set state = d.state, response = 'with the digest ' || d.id || ': ' || d.response, finished_at = d.finished_at
	from outbox d where o.bundled and o.state = 'queued' and d.id = o.digest_id and d.state in ('accepted', 'rejected', 'parked', 'cancelled', 'bounced')`
