package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// RecordsNamed are the ids of the log records that were made within a span of time, in their order. Whoever writes a
// record names it after the moment (a UUID of version 7, RFC 9562 section 5.7), so the primary key finds what is new; an
// index on times would cost every reply more than all who watch gain by it.
func (r reads) RecordsNamed(ctx context.Context, from, to time.Time) ([]string, error) {
	rows, err := r.db.Query(ctx, "select id from log_record where id >= $1 and id < $2 order by id", firstID(from), firstID(to))
	if err != nil {
		return nil, fmt.Errorf("new records: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("new records: %w", err)
	}
	return ids, nil
}

// firstID is below every id that was made at the time or later, to the millisecond.
func firstID(at time.Time) uuid.UUID {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6] = 7 << 4
	return id
}

// RecordsByID reads log records with authors and attachments, in no order; those that are not there are missing.
func (r reads) RecordsByID(ctx context.Context, ids []string) ([]*core.Record, error) {
	return r.records(ctx, "r.id = any ($1)", ids)
}

// Reading is how somebody reads a ticket's log.
type Reading struct {
	Number   core.Number
	Internal bool      // all of it
	Since    time.Time // else only what is shown to the requester's side, and not from before this (D15)
}

// unreadFor is for how long what nobody read counts as news.
const unreadFor = 30 * 24 * time.Hour

// Unread tells which of the tickets have something written that the person did not see: by somebody else, in the last 30
// days, after the ticket was last on their screen. What is done counts only if they asked for it.
func (r reads) Unread(ctx context.Context, id core.PersonID, readings []Reading, now time.Time) (map[core.Number]bool, error) {
	numbers, internal, since := make([]core.Number, len(readings)), make([]bool, len(readings)), make([]time.Time, len(readings))
	for i, x := range readings {
		numbers[i], internal[i], since[i] = x.Number, x.Internal, x.Since
	}
	rows, err := r.db.Query(ctx, `select n.number from unnest($2::bigint[], $3::boolean[], $4::timestamptz[]) n (number, internal, since)
		join ticket t on t.number = n.number left join ticket_seen s on s.person_id = $1 and s.ticket_number = n.number
		where s.unread or t.status not in ('resolved', 'closed') and exists (select from log_record r where r.ticket_number = n.number
			and r.at > greatest(s.at, $5) and (r.kind in ('message', 'note') or r.kind = 'mail' and r.change is null)
			and r.author_id is distinct from $1 and (n.internal or r.show_to_requester and r.at >= n.since))`,
		id, numbers, internal, since, now.Add(-unreadFor))
	if err != nil {
		return nil, fmt.Errorf("unread: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[core.Number])
	if err != nil {
		return nil, fmt.Errorf("unread: %w", err)
	}
	unread := make(map[core.Number]bool, len(found))
	for _, n := range found {
		unread[n] = true
	}
	return unread, nil
}

// MarkSeen notes that a ticket was on the person's screen, or that it is to count as unread for them.
func (tx *Tx) MarkSeen(id core.PersonID, n core.Number, at time.Time, unread bool) {
	tx.write(`insert into ticket_seen (person_id, ticket_number, at, unread) values ($1, $2, $3, $4)
		on conflict (person_id, ticket_number) do update set at = greatest(ticket_seen.at, excluded.at), unread = excluded.unread`, id, n, at, unread)
}

// Present is somebody who has a ticket open.
type Present struct {
	Person  core.PersonID
	Name    string // or address
	Writing bool
}

// Enter notes that a person has a ticket open.
func (tx *Tx) Enter(id core.PersonID, n core.Number, writing bool, at time.Time) {
	tx.write(`insert into presence (person_id, ticket_number, writing, at) values ($1, $2, $3, $4)
		on conflict (ticket_number, person_id) do update set writing = excluded.writing, at = excluded.at`, id, n, writing, at)
}

// Leave notes that they closed it.
func (tx *Tx) Leave(id core.PersonID, n core.Number) {
	tx.write("delete from presence where person_id = $1 and ticket_number = $2", id, n)
}

// Presence tells who had each of the tickets open after a time, by name.
func (r reads) Presence(ctx context.Context, numbers []core.Number, after time.Time) (map[core.Number][]Present, error) {
	rows, err := r.db.Query(ctx, `select x.ticket_number, p.id, coalesce(nullif(p.name, ''), p.email), x.writing from presence x join person p on p.id = x.person_id
		where x.ticket_number = any ($1) and x.at > $2 and p.disabled_at is null order by 1, 3, 2`, numbers, after)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	found := map[core.Number][]Present{}
	var n core.Number
	var who Present
	_, err = pgx.ForEachRow(rows, []any{&n, &who.Person, &who.Name, &who.Writing}, func() error {
		found[n] = append(found[n], who)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	return found, nil
}

// SweepLive removes what tells nothing any more: of who read what and who was where.
func (s *Store) SweepLive(ctx context.Context, now time.Time) error {
	return s.InTx(ctx, func(tx *Tx) error {
		tx.write("delete from ticket_seen where at < $1 and not unread", now.Add(-unreadFor))
		tx.write("delete from presence where at < $1", now.Add(-time.Hour))
		return nil
	})
}
