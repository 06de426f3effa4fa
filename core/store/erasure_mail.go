package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// eraseStep is how many mails one transaction of an erasure handles.
const eraseStep = 500

// EraseInbound takes the contents from the next mails that came from the person: their bytes, sender, subject and what was
// found of the sender. Hash, state and reason stay (mail.md 1); what waited for somebody is closed. false = there was none left.
func (s *Store) EraseInbound(ctx context.Context, e *Erasure, now time.Time) (more bool, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		rows, err := tx.db.Query(ctx, `select id, reason from inbound where lower(sender) = any ($1) and finished_at <= $2
			union all select i.id, i.reason from inbound i join blob b using (sha256) where i.state = 'parked' and i.sender = ''
				and i.raw_dropped_at is null and i.finished_at <= $2 and exists (select from unnest($1::text[]) a where position(convert_to(a, 'UTF8') in b.data) > 0)
			limit $3`, e.Addresses, e.Begun, eraseStep)
		if err != nil {
			return err
		}
		reasons := map[int64]string{}
		var id int64
		var reason string
		if _, err := pgx.ForEachRow(rows, []any{&id, &reason}, func() error { reasons[id] = reason; return nil }); err != nil {
			return err
		}
		for id, reason := range reasons {
			tx.write(`update inbound set raw_dropped_at = coalesce(raw_dropped_at, $2), sender = $3, subject = '', evidence = '', likeness = null, held_for = '', held_args = '{}',
				state = case when state in ('quarantined', 'parked') then 'suppressed' else state end,
				reason = case when state in ('quarantined', 'parked') then 'the sender was erased' else $4 end where id = $1`, id, now, e.Address(), e.Named(reason))
			tx.write("delete from confirmation where inbound_id = $1", id)
		}
		more = len(reasons) > 0
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("mail that came in: %w", err)
	}
	return more, nil
}

// EraseInReasons takes the person's addresses out of what the ledger says of other mail, from an id on: who decided on it,
// to whom a mail did not get through. Reports of that have the mail in them, and lose their bytes. next is 0 at the end.
func (s *Store) EraseInReasons(ctx context.Context, e *Erasure, from int64, now time.Time) (next int64, err error) {
	const window = 50_000
	err = s.InTx(ctx, func(tx *Tx) error {
		rows, err := tx.db.Query(ctx, `select id, reason, evidence, held_args, class in ('bounce', 'receipt') from inbound
			where id > $1 and id <= $1 + $2 and finished_at <= $4 and (reason ilike any ($3) or evidence ilike any ($3) or held_args::text ilike any ($3))`, from, window, e.words(), e.Begun)
		if err != nil {
			return err
		}
		type row struct {
			ID               int64
			Reason, Evidence string
			Args             []string
			Report           bool
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return err
		}
		for _, r := range found {
			// The search knows no borders of words: that joana's mail did not get through is nothing of ana's.
			r.Report = r.Report && (e.Mentioned(r.Reason) || e.Mentioned(r.Evidence) || slices.ContainsFunc(r.Args, e.Mentioned))
			for i := range r.Args {
				r.Args[i] = e.Named(r.Args[i])
			}
			tx.write(`update inbound set reason = $2, evidence = $3, held_args = $4, raw_dropped_at = case when $5 then coalesce(raw_dropped_at, $6) else raw_dropped_at end
				where id = $1`, r.ID, e.Named(r.Reason), e.Named(r.Evidence), r.Args, r.Report, now)
		}
		return tx.db.QueryRow(ctx, "select case when max(id) > $1 then $1 else 0 end from inbound", from+window).Scan(&next)
	})
	if err != nil {
		return 0, fmt.Errorf("reasons of the ledger: %w", err)
	}
	return next, nil
}

// EraseOutbox takes the person out of the next mails that belong to no ticket, from a place in the outbox on: links to sign
// in, refusals, digests. next is 0 at the end; busy = one of them is being sent just now, so that they are for later.
func (s *Store) EraseOutbox(ctx context.Context, e *Erasure, from int64, now time.Time) (next int64, busy bool, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		var last *int64
		if err := tx.db.QueryRow(ctx, `select max(seq), coalesce(bool_or(state = 'sending' and lease_until > $3), false) from
			(select seq, state, lease_until from outbox where ticket_number is null and seq > $1 order by seq limit $2) page`,
			from, eraseStep, now).Scan(&last, &busy); err != nil || last == nil || busy {
			return err
		}
		next = *last
		return tx.eraseMails(ctx, e, fmt.Sprintf("o.ticket_number is null and o.seq > $1 and o.seq <= %d", next), from, nil, now)
	})
	if err != nil {
		return 0, false, fmt.Errorf("mail that goes out: %w", err)
	}
	return next, busy, nil
}

// ErasureCount is what an erasure of a person would take away.
type ErasureCount struct {
	Tickets  int // of which they are the requester
	Messages int // messages and notes that they wrote
	Files    int // that came with them
	MailIn   int
	MailOut  int
}

// CountErasure counts it. A mail that is no person's is found by its address, all others by whose they are.
func (r reads) CountErasure(ctx context.Context, id core.PersonID, addresses []string) (c ErasureCount, err error) {
	err = r.db.QueryRow(ctx, `select (select count(*) from ticket where requester_id = $1),
		(select count(*) from log_record where author_id = $1 and kind in ('message', 'note', 'mail')),
		(select count(*) from attachment a join log_record r on r.id = a.record_id where r.author_id = $1),
		(select count(*) from inbound where lower(sender) = any ($2)),
		(select count(*) from outbox where person_id = $1 or person_id is null and address = any ($2))`, id, addresses).Scan(&c.Tickets, &c.Messages, &c.Files, &c.MailIn, &c.MailOut)
	if err != nil {
		return c, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
