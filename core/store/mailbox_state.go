package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
)

// MailboxPosition is where a mailbox has been read up to. An epoch is a stretch in which UIDs keep their meaning; a new
// one begins when UIDVALIDITY changes or UIDNEXT falls (mail.md 1).
type MailboxPosition struct {
	Epoch       int
	UIDValidity uint32
	Cursor      uint32 // all up to here are accepted
	Listed      bool   // everything that was there when the epoch began is in the ledger
}

// LeaseTime is for how long a lease holds unless it is renewed (mail.md 1: at most 20 s). After a crash the mail waits so
// long for the next daemon.
const LeaseTime = 10 * time.Second

// NewLease makes the token under which one daemon holds leases.
func NewLease() uuid.UUID { return uuid.New() }

// LeaseMailbox takes or renews the lease of a mailbox; false = another daemon holds it. Two daemons on one mailbox would
// still be correct, the lease only saves work.
func (s *Store) LeaseMailbox(ctx context.Context, box core.MailboxID, lease uuid.UUID) (bool, error) {
	tag, err := s.pool.Exec(ctx, `insert into mailbox_state as m (mailbox_id, lease_token, lease_until) values ($1, $2, now() + $3)
		on conflict (mailbox_id) do update set lease_token = $2, lease_until = now() + $3
		where m.lease_token = $2 or m.lease_until is null or m.lease_until < now()`, box, lease, LeaseTime)
	if err != nil {
		return false, fmt.Errorf("lease of mailbox: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// ReturnMailbox gives the lease back, so that another daemon need not wait for its end.
func (s *Store) ReturnMailbox(ctx context.Context, box core.MailboxID, lease uuid.UUID) error {
	_, err := s.pool.Exec(ctx, "update mailbox_state set lease_token = null, lease_until = null where mailbox_id = $1 and lease_token = $2", box, lease)
	return err
}

// Position reads where a mailbox has been read up to.
func (r reads) Position(ctx context.Context, box core.MailboxID) (p MailboxPosition, err error) {
	err = r.db.QueryRow(ctx, `select coalesce(max(epoch), 0), coalesce(max(uidvalidity), 0), coalesce(max(cursor), 0), count(reconciled_at) > 0
		from mailbox_state where mailbox_id = $1`, box).Scan(&p.Epoch, &p.UIDValidity, &p.Cursor, &p.Listed)
	return p, err
}

// NewEpoch begins reading the mailbox from its first message: what is listed again is recognised by its content. was is
// the position that the caller found outdated; where another daemon began a new epoch meanwhile, that one is returned.
func (s *Store) NewEpoch(ctx context.Context, box core.MailboxID, was MailboxPosition, uidValidity uint32) (MailboxPosition, error) {
	_, err := s.pool.Exec(ctx, `insert into mailbox_state as m (mailbox_id, uidvalidity, epoch) values ($1, $2, 1)
		on conflict (mailbox_id) do update set uidvalidity = $2, epoch = m.epoch + 1, cursor = 0, reconciled_at = null
		where m.epoch = $3`,
		box, int64(uidValidity), was.Epoch)
	if err != nil {
		return MailboxPosition{}, fmt.Errorf("new epoch: %w", err)
	}
	return s.Position(ctx, box)
}

// MailboxOK notes a complete round with the server; what failed before is over.
func (s *Store) MailboxOK(ctx context.Context, box core.MailboxID, now time.Time) error {
	_, err := s.pool.Exec(ctx, "update mailbox_state set last_ok_at = $2, failing_since = null, failure = '' where mailbox_id = $1", box, now)
	return err
}

// MailboxFailed notes that the server cannot be worked with, and why.
func (s *Store) MailboxFailed(ctx context.Context, box core.MailboxID, failure string, now time.Time) error {
	_, err := s.pool.Exec(ctx, `update mailbox_state set failing_since = coalesce(failing_since, $3), failure = $2 where mailbox_id = $1`, box, failure, now)
	return err
}

// Reconciled notes how many messages the server lists that the ledger lacks; it must be none.
func (s *Store) Reconciled(ctx context.Context, box core.MailboxID, missing int, now time.Time) error {
	_, err := s.pool.Exec(ctx, "update mailbox_state set reconciled_at = $2, missing = $3 where mailbox_id = $1", box, now, missing)
	return err
}

// MailboxHealth is how a mailbox does, for health pages and alarms.
type MailboxHealth struct {
	Address      string     `json:"mailbox"`
	LastOK       *time.Time `json:"last_ok,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Failure      string     `json:"failure,omitempty"`
	Missing      int        `json:"missing"`
}

// MailboxesHealth reports on all mailboxes in use.
func (r reads) MailboxesHealth(ctx context.Context) ([]MailboxHealth, error) {
	rows, err := r.db.Query(ctx, `select address, last_ok_at, failing_since, coalesce(failure, ''), coalesce(missing, 0)
		from mailbox left join mailbox_state on id = mailbox_id where archived_at is null order by address`)
	if err != nil {
		return nil, fmt.Errorf("health of mailboxes: %w", err)
	}
	defer rows.Close()
	var out []MailboxHealth
	for rows.Next() {
		var h MailboxHealth
		if err := rows.Scan(&h.Address, &h.LastOK, &h.FailingSince, &h.Failure, &h.Missing); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// LastRound is when the last complete round with the server was; zero = never. What the server received before then was
// listed before.
func (r reads) LastRound(ctx context.Context, box core.MailboxID) (time.Time, error) {
	var at *time.Time
	err := r.db.QueryRow(ctx, "select max(last_ok_at) from mailbox_state where mailbox_id = $1", box).Scan(&at)
	return instant(at), err
}
