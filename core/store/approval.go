package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"postdesk/core"
)

// approval and approver are rows of their tables, as JSON of the database.
type (
	approval struct {
		ID        string             `json:"id"`
		Rule      core.ApprovalRule  `json:"rule"`
		State     core.ApprovalState `json:"state"`
		Text      string             `json:"text"`
		Digest    string             `json:"digest"` // as the database writes bytes: \x and hexadecimal digits
		AskedBy   core.PersonID      `json:"asked_by"`
		AskedAt   time.Time          `json:"asked_at"`
		ExpiresAt *time.Time         `json:"expires_at"`
		Approvers []approver         `json:"approvers"`
	}
	approver struct {
		Person    core.PersonID      `json:"person_id"`
		State     core.ApprovalState `json:"state"`
		DecidedBy core.PersonID      `json:"decided_by"`
		DecidedAt *time.Time         `json:"decided_at"`
		Text      string             `json:"text"`
	}
)

// approvalsOfTicket are the approvals of ticket t, in the order in which they were asked.
const approvalsOfTicket = `(select jsonb_agg(to_jsonb(q) || jsonb_build_object('approvers',
		(select jsonb_agg(s order by s.position) from approver s where s.approval_id = q.id)) order by q.asked_at, q.id)
	from approval q where q.ticket_number = t.number)`

func (x *approval) of(people map[core.PersonID]*core.Person) *core.Approval {
	a := &core.Approval{ID: x.ID, Rule: x.Rule, State: x.State, Text: x.Text, AskedBy: people[x.AskedBy], AskedAt: x.AskedAt.UTC(), ExpiresAt: instant(x.ExpiresAt)}
	_, _ = hex.Decode(a.Digest[:], []byte(strings.TrimPrefix(x.Digest, `\x`))) // the column holds 32 bytes
	for _, s := range x.Approvers {
		a.Approvers = append(a.Approvers, core.ApproverState{Person: people[s.Person], State: s.State, DecidedBy: people[s.DecidedBy], At: instant(s.DecidedAt), Text: s.Text})
	}
	return a
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

// CountToDecide counts them, up to the limit, without those that the person cannot decide in another's place: requesters
// grant nothing to themselves (E14).
func (r reads) CountToDecide(ctx context.Context, s Scope, limit int) (n int, err error) {
	err = r.db.QueryRow(ctx, `select count(*) from (select distinct t.number
		from approver s join approval q on q.id = s.approval_id join ticket t on t.number = q.ticket_number
		where s.state = 'pending' and q.state = 'pending' and t.merged_into is null and t.spam_at is null and (s.person_id = $1
		or s.person_id = any ($2) and t.requester_id is distinct from $1 and t.requester_id is distinct from s.person_id) limit $3) waiting`,
		s.Person, s.StandsFor, limit).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("approvals: %w", err)
	}
	return n, nil
}
