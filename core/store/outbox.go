package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postdesk/core"
)

func newToken(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// QueueMail puts one mail to one person into the outbox, in the transaction of its event.
func (tx *Tx) QueueMail(o *core.Outgoing) error {
	content, err := json.Marshal(o.Content)
	if err != nil {
		return err
	}
	tx.write(`insert into outbox (id, ticket_number, record_id, mailbox_id, person_id, address, event, role, reason, language, automatic,
		message_id, next_at, created_at)
		values ($1, nullif($2::bigint, 0), nullif($3, '')::uuid, $4, nullif($5::bigint, 0), $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		o.ID, o.Ticket, o.Record, o.Mailbox, idOf(o.Person), o.Address, o.Event, o.Role, o.Reason, o.Language, o.Automatic, o.MessageID, o.CreatedAt)
	tx.write("insert into outbox_content (outbox_id, content) values ($1, $2)", o.ID, content)
	for _, t := range o.Tokens {
		tx.write(`insert into reply_token (token, person_id, ticket_number, purpose, outbox_id, expires_at, approval_id, digest, address)
			values ($1, $2, nullif($3::bigint, 0), $4, $5, $6, nullif($7, '')::uuid, $8, nullif($9, ''))`,
			t.Token[:], o.Person.ID, o.Ticket, t.Purpose, o.ID, t.Expires, t.Approval, approvalDigest(t), t.Address)
	}
	tx.wakeOutbox = true
	return nil
}

func approvalDigest(t core.ReplyToken) []byte {
	if t.Approval == "" {
		return nil
	}
	return t.Digest[:]
}

// Leased is a mail of the outbox that this daemon may send now.
type Leased struct {
	core.Outgoing
	Attempts int
	Resent   bool   // sent a second time because the first answer was lost
	Raw      []byte // the bytes of the first attempt; nil = not rendered yet, or…
	RawSum   []byte // …kept as a content
}

// LeaseOutbox takes up to limit mails that are due, in one commit before any MAIL FROM: the attempt is counted. Of one
// ticket and person only the oldest is given, so that order is kept. Automatic mail is passed over while it is paused, and holds nothing up
// then: people's replies go on, as they do past mail that waits for a limit or goes with a digest.
func (s *Store) LeaseOutbox(ctx context.Context, lease uuid.UUID, limit int, now time.Time) ([]*Leased, error) {
	rows, err := s.pool.Query(ctx, `with due as (
			select id from outbox o where state = 'queued' and not bundled and next_at <= $3
			and not (automatic and (select automatic_paused from desk))
			and not exists (select from outbox e where e.ticket_number = o.ticket_number and e.address = o.address
				and e.seq < o.seq and e.state in ('queued', 'sending') and not e.bundled
				and not (e.state = 'queued' and e.automatic and ((select automatic_paused from desk) or not o.automatic and exists (select from outbox w
					where w.ticket_number = o.ticket_number and w.address = o.address and w.limited and w.state = 'queued' and w.seq <= e.seq))))
			order by next_at, seq limit $2 for update skip locked
		), taken as (
			update outbox o set state = 'sending', attempts = attempts + 1, data_phase = false, limited = false, lease_token = $1, lease_until = $4
			from due where o.id = due.id returning o.*
		)
		select t.id, coalesce(t.ticket_number, 0), coalesce(t.record_id::text, ''), t.mailbox_id, coalesce(t.person_id, 0), t.address, t.event, t.role, t.reason,
			t.language, t.automatic, t.message_id, t.created_at, t.attempts, t.resent, c.content, c.raw, c.raw_sha256
		from taken t join outbox_content c on c.outbox_id = t.id order by t.seq`, lease, limit, now, now.Add(LeaseTime))
	if err != nil {
		return nil, fmt.Errorf("lease mail: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Leased, error) {
		l := &Leased{}
		var person core.PersonID
		var content []byte
		if err := row.Scan(&l.ID, &l.Ticket, &l.Record, &l.Mailbox, &person, &l.Address, &l.Event, &l.Role, &l.Reason,
			&l.Language, &l.Automatic, &l.MessageID, &l.CreatedAt, &l.Attempts, &l.Resent, &content, &l.Raw, &l.RawSum); err != nil {
			return nil, err
		}
		if person != 0 {
			l.Person = &core.Person{ID: person}
		}
		return l, json.Unmarshal(content, &l.Content)
	})
}

// RenewOutbox keeps the leases of mails that are still being sent.
func (s *Store) RenewOutbox(ctx context.Context, lease uuid.UUID, ids []string, now time.Time) error {
	_, err := s.pool.Exec(ctx, "update outbox set lease_until = $3 where id = any ($2::uuid[]) and lease_token = $1 and state = 'sending'", lease, ids, now.Add(LeaseTime))
	return err
}

// BeginData commits that the closing dot may be written from now on, with the bytes of a first attempt and the key of its
// words (core.WordsKey; nil = too few). False = the lease is not held any more, and the dot must not be written.
func (s *Store) BeginData(ctx context.Context, lease uuid.UUID, id string, raw, rawSum, words []byte, now time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `with mine as (
			update outbox set data_phase = true, lease_until = $6 where id = $2 and lease_token = $1 and state = 'sending' and lease_until > $5 returning id
		), kept as (
			update outbox_content c set raw = coalesce(c.raw, $3), raw_sha256 = coalesce(c.raw_sha256, $4), text_key = coalesce(c.text_key, $7) from mine where c.outbox_id = mine.id returning 1
		) select from mine`, lease, id, raw, rawSum, now, now.Add(LeaseTime), words)
	return tag.RowsAffected() == 1, err
}

// Ending is how an attempt to send a mail ended.
type Ending struct {
	State    core.OutboundState
	Response string
	Next     time.Time // when to try again where it is queued or uncertain
}

// FinishMail writes how the attempt l ended. It may be called again where the answer to a first call was lost. An answer
// that was read, but could not be written down before the lease ended, still settles the mail that was uncertain for that.
func (s *Store) FinishMail(ctx context.Context, lease uuid.UUID, l *Leased, e Ending, now time.Time) error {
	_, err := finishMail(ctx, s.pool, lease, l, e, now)
	return err
}

// FinishMail is Store.FinishMail within a transaction; first is false where an earlier call had written it.
func (tx *Tx) FinishMail(ctx context.Context, lease uuid.UUID, l *Leased, e Ending, now time.Time) (first bool, err error) {
	return finishMail(ctx, tx.conn, lease, l, e, now)
}

// finishMail leaves the token in the row: it tells the second call that the first one was its own. Attempts tell this
// attempt from the next.
func finishMail(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, lease uuid.UUID, l *Leased, e Ending, now time.Time) (first bool, err error) {
	finished := &now
	if e.State == core.OutboundQueued || e.State == core.OutboundUncertain {
		finished = nil
	}
	tag, err := db.Exec(ctx, `update outbox set state = $3, response = $4, next_at = $5, finished_at = $6, soft = $8, lease_until = null
		where id = $2 and lease_token = $1 and attempts = $7 and state in ('sending', 'uncertain')`,
		lease, l.ID, e.State, e.Response, e.Next, finished, l.Attempts, e.State == core.OutboundRejected && !core.HardAnswer(e.Response))
	if err != nil || tag.RowsAffected() == 1 {
		return true, err
	}
	tag, err = db.Exec(ctx, "select from outbox where id = $2 and lease_token = $1 and attempts = $4 and state in ($3, 'bounced')", lease, l.ID, e.State, l.Attempts)
	if err == nil && tag.RowsAffected() != 1 {
		err = fmt.Errorf("mail %s: the lease was lost", l.ID)
	}
	return false, err
}

// UncertainWait is for how long a mail whose answer was lost waits before its one resend (mail.md 1).
const UncertainWait = 15 * time.Minute

// RecoverOutbox takes up what a dead daemon left: before the data phase a mail is due again, in it nobody knows whether
// it was delivered: uncertain, to be resent once after a while, then parked for a person. What a digest carried ends here as
// the digest did.
func (s *Store) RecoverOutbox(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `update outbox set
			state = case when data_phase then 'uncertain' else 'queued' end,
			next_at = case when data_phase then $1::timestamptz + $2::interval else next_at end,
			response = case when data_phase then 'the answer was lost' else response end,
			lease_token = case when data_phase then lease_token end, lease_until = null
		where state = 'sending' and not bundled and lease_until < $1`, now, UncertainWait)
	if err != nil {
		return fmt.Errorf("recover outbox: %w", err)
	}
	_, err = s.pool.Exec(ctx, `update outbox set
			state = case when resent then 'parked' else 'queued' end,
			finished_at = case when resent then $1::timestamptz end, resent = true
		where state = 'uncertain' and not bundled and next_at <= $1`, now)
	if err == nil {
		_, err = s.pool.Exec(ctx, settleCarried)
	}
	if err != nil {
		return fmt.Errorf("recover outbox: %w", err)
	}
	return nil
}

// ReturnMail gives leases back before the data phase, on a clean stop.
func (s *Store) ReturnMail(ctx context.Context, lease uuid.UUID) error {
	_, err := s.pool.Exec(ctx, `update outbox set state = 'queued', attempts = attempts - 1, lease_token = null, lease_until = null
		where lease_token = $1 and state = 'sending' and not data_phase`, lease)
	return err
}

// Outbound is a row of the outbox as operators see it.
type Outbound struct {
	ID        string
	Seq       int64
	Ticket    core.Number
	Record    string
	Address   string
	Event     core.Event
	Role      core.Role
	Reason    string
	State     core.OutboundState
	MessageID string
	Attempts  int
	Resent    bool
	Response  string
	Note      string // what was heard of it after it was handed over
	Dropped   bool   // what it said is not kept any more, or not all of it
	CreatedAt time.Time
	NextAt    time.Time
}

// contentDropped tells of a mail that it cannot be written again: what it said is gone, or a file that it was to bring.
const contentDropped = `o.content_dropped_at is not null or exists (select from attachment a join outbox_content c on c.outbox_id = o.id
	where a.record_id = o.record_id and a.dropped_at is not null and c.raw is null and c.raw_sha256 is null)`

const outboundColumns = `o.id, o.seq, coalesce(o.ticket_number, 0), coalesce(o.record_id::text, ''), o.address, o.event, o.role, o.reason, o.state, o.message_id,
	o.attempts, o.resent, o.response, o.note, o.created_at, o.next_at,
	` + contentDropped

func scanOutbound(row pgx.CollectableRow) (*Outbound, error) {
	var o Outbound
	return &o, row.Scan(&o.ID, &o.Seq, &o.Ticket, &o.Record, &o.Address, &o.Event, &o.Role, &o.Reason, &o.State, &o.MessageID,
		&o.Attempts, &o.Resent, &o.Response, &o.Note, &o.CreatedAt, &o.NextAt, &o.Dropped)
}

// OutboundMail lists the outbox, newest first; state "" = all. before is the last Seq of the page before, 0 at first.
func (r reads) OutboundMail(ctx context.Context, state core.OutboundState, before int64, limit int) ([]*Outbound, error) {
	rows, err := r.db.Query(ctx, "select "+outboundColumns+` from outbox o where ($1 = '' or state = $1) and ($2 = 0 or seq < $2)
		order by seq desc limit $3`, state, before, limit)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return pgx.CollectRows(rows, scanOutbound)
}

// Outbound reads one row of the outbox.
func (r reads) Outbound(ctx context.Context, id string) (*Outbound, error) {
	name, err := nameOf(id)
	if err != nil {
		return nil, err
	}
	return r.outbound(ctx, "id = $1", name)
}

func (r reads) outbound(ctx context.Context, where string, key any) (*Outbound, error) {
	rows, err := r.db.Query(ctx, "select "+outboundColumns+" from outbox o where "+where, key)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOutbound)
	return o, notFound(err)
}

// ReplayOutbound sends a mail again that ended parked, rejected or cancelled; false where it stands otherwise. What was
// accepted is never sent again, and what is not kept cannot be.
func (tx *Tx) ReplayOutbound(ctx context.Context, id string, now time.Time) (bool, error) {
	name, err := nameOf(id)
	if err != nil {
		return false, err
	}
	tag, err := tx.exec(ctx, `update outbox o set state = 'queued', next_at = $2, attempts = 0, response = '', finished_at = null,
			bundled = false, digest_id = null
		where id = $1 and state in ('parked', 'rejected', 'cancelled') and not (`+contentDropped+`)`, name, now)
	if err == nil && tag.RowsAffected() == 1 { // what it was to carry goes along again
		tx.write(`update outbox set state = 'queued', response = '', finished_at = null
			where digest_id = $1 and bundled and state in ('parked', 'rejected') and content_dropped_at is null`, name)
	}
	tx.wakeOutbox = true
	return tag.RowsAffected() == 1, err
}

// OutboxCounts counts the outbox by state, for metrics.
func (r reads) OutboxCounts(ctx context.Context) (map[core.OutboundState]int, error) {
	rows, err := r.db.Query(ctx, "select state, count(*) from outbox group by state")
	if err != nil {
		return nil, err
	}
	out := map[core.OutboundState]int{}
	var state core.OutboundState
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { out[state] = n; return nil })
	return out, err
}

// MailedSince tells whether a mail to the address was accepted since a moment.
func (r reads) MailedSince(ctx context.Context, address string, since time.Time) (found bool, err error) {
	err = r.db.QueryRow(ctx, `select exists (select from outbox where person_id = (select id from person where email = $1)
		and state = 'accepted' and finished_at > $2)`, core.FoldAddress(address), since).Scan(&found)
	return found, err
}

// RefusedSince tells whether the address was told since a moment that it is refused. It takes turns with other
// transactions that ask about the address, so that two mails of one moment make one notice.
func (tx *Tx) RefusedSince(ctx context.Context, address string, since time.Time) (found bool, err error) {
	tx.write("select pg_advisory_xact_lock(hashtext('refused'), hashtext($1))", address)
	err = tx.db.QueryRow(ctx, `select exists (select from outbox where address = $1 and person_id is null and event = 'refusal'
		and created_at > $2)`, address, since).Scan(&found)
	return found, err
}
