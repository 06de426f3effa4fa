package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// queueApprovals asks for the approvals of tickets, in the order in which they were asked.
func queueApprovals(b *pgx.Batch, numbers []core.Number, a *around) {
	b.Queue(`select q.ticket_number, q.id::text, q.rule, q.state, q.text, q.digest, q.asked_by, q.asked_at, q.expires_at,
		s.person_id, s.state, coalesce(s.decided_by, 0), s.decided_at, s.text
		from approval q join approver s on s.approval_id = q.id where q.ticket_number = any ($1)
		order by q.asked_at, q.id, s.position`, numbers).Query(func(rows pgx.Rows) error {
		var last *core.Approval
		for rows.Next() {
			var ticket core.Number
			var q core.Approval
			var s core.ApproverState
			var asker, approver, by core.PersonID
			var expires, decided *time.Time
			if err := rows.Scan(&ticket, &q.ID, &q.Rule, &q.State, &q.Text, digest{&q.Digest}, &asker, &q.AskedAt, &expires,
				&approver, &s.State, &by, &decided, &s.Text); err != nil {
				return err
			}
			q.ExpiresAt, s.At = instant(expires), instant(decided)
			if last == nil || last.ID != q.ID {
				last = &q
				a.then(func(a *around, tickets map[core.Number]*core.Ticket) {
					q.AskedBy = a.people[asker]
					tickets[ticket].Approvals = append(tickets[ticket].Approvals, &q)
				})
			}
			into := last
			a.then(func(a *around, _ map[core.Number]*core.Ticket) {
				s.Person, s.DecidedBy = a.people[approver], a.people[by]
				into.Approvers = append(into.Approvers, s)
			})
		}
		return rows.Err()
	})
}

// SaveApproval writes an approval as it is now, a new one or a changed one.
func (tx *Tx) SaveApproval(n core.Number, a *core.Approval) {
	tx.write(`insert into approval (id, ticket_number, rule, state, text, digest, asked_by, asked_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set ticket_number = excluded.ticket_number, state = excluded.state, digest = excluded.digest,
		asked_at = excluded.asked_at, expires_at = excluded.expires_at`,
		a.ID, n, a.Rule, a.State, a.Text, a.Digest[:], a.AskedBy.ID, a.AskedAt, nullTime(a.ExpiresAt))
	for i, s := range a.Approvers {
		tx.write(`insert into approver (approval_id, person_id, position, state, decided_by, decided_at, text)
			values ($1, $2, $3, $4, nullif($5::bigint, 0), $6, $7)
			on conflict (approval_id, person_id) do update set state = excluded.state, decided_by = excluded.decided_by,
			decided_at = excluded.decided_at, text = excluded.text`,
			a.ID, s.Person.ID, i, s.State, idOf(s.DecidedBy), nullTime(s.At), s.Text)
	}
}

// ExpiredApprovals are the tickets of which an approval has run out of time.
func (r reads) ExpiredApprovals(ctx context.Context, now time.Time, limit int) ([]core.Number, error) {
	return r.numbers(ctx, `select distinct ticket_number from approval where state = 'pending' and expires_at <= $1
		order by 1 limit $2`, now, limit)
}

// TicketsToDecide are those in which a decision of the person, or of somebody they stand in for, is waited for: newest
// first, a hundred at most.
func (r reads) TicketsToDecide(ctx context.Context, s Scope) ([]*core.Ticket, error) {
	rows, err := r.db.Query(ctx, "select "+ticketColumns+` from ticket t where t.merged_into is null and t.spam_at is null and t.number in (
		select q.ticket_number from approver s join approval q on q.id = s.approval_id
		where s.state = 'pending' and q.state = 'pending' and (s.person_id = $1 or s.person_id = any ($2)))
		order by t.number desc limit 100`, s.Person, s.StandsFor)
	if err != nil {
		return nil, fmt.Errorf("approvals: %w", err)
	}
	return r.collect(ctx, rows)
}
