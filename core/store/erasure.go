package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Erasure is one that is under way. What came after Begun from their address is not of this person.
type Erasure struct {
	*core.Forgotten
	Begun   time.Time
	Scanned core.Number // tickets up to here were looked through
	Tickets int         // how many of them name the person
}

// logAhead is how far the times of a log may be ahead of the clock, for they grow within it (MergeTicket).
const logAhead = time.Second

// at is how the person is known in what was written at a time: since the erasure began by their row alone, because somebody
// else may have the address, or the name, by then. What moved or was copied since has the row too.
func (e *Erasure) at(t time.Time) *core.Forgotten {
	if t.After(e.Begun) {
		return core.NewForgotten(e.ID, nil, nil)
	}
	return e.Forgotten
}

// words finds the person's words in what the database keeps as text, with ILIKE.
func (e *Erasure) words() []string { return likeAny(e.Addresses, e.Names) }

// likeAny are the patterns of ILIKE that find one of the words, also within JSON.
func likeAny(lists ...[]string) []string {
	patterns := []string{}
	for _, w := range slices.Concat(lists...) {
		if w == "" {
			continue
		}
		patterns = append(patterns, "%"+likeLiteral(w)+"%")
		if quoted, err := json.Marshal(w); err == nil && string(quoted) != `"`+w+`"` {
			patterns = append(patterns, "%"+likeLiteral(strings.Trim(string(quoted), `"`))+"%")
		}
	}
	return patterns
}

// ErasureOf finds the erasure of whoever had the address, while it is under way; nil = none is.
func (r reads) ErasureOf(ctx context.Context, address string) (*Erasure, error) {
	var e Erasure
	var id core.PersonID
	var addresses, names []string
	err := r.db.QueryRow(ctx, `select person_id, addresses, names, begun_at, scanned, tickets from erasure where $1 = any (addresses)
		order by begun_at limit 1`, core.FoldAddress(address)).Scan(&id, &addresses, &names, &e.Begun, &e.Scanned, &e.Tickets)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("erasure: %w", err)
	}
	e.Forgotten = core.NewForgotten(id, addresses, names)
	return &e, nil
}

// AddressesOf are all addresses of a person, the primary one first.
func (r reads) AddressesOf(ctx context.Context, id core.PersonID) ([]string, error) {
	rows, err := r.db.Query(ctx, `select email from person where id = $1 union all
		(select address from person_address where person_id = $1 order by address)`, id)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// LeaveDesk takes a person's roles, groups and ways in, as far as they are not of the person alone.
func (tx *Tx) LeaveDesk(id core.PersonID, now time.Time) {
	tx.DisablePerson(id, now)
	for _, table := range []string{"requester_group_member", "role_grant", "absence"} {
		tx.write("delete from "+table+" where person_id = $1", id)
	}
	tx.write("update absence set delegate_id = null where delegate_id = $1", id)
}

// BeginErasure takes everything from the row of a person who left, and from what hangs on it alone, and notes what is still
// to be looked for elsewhere. Later transactions do not know the address any more.
func (tx *Tx) BeginErasure(f *core.Forgotten, now time.Time) {
	tx.write("insert into erasure (person_id, addresses, names, begun_at) values ($1, $2, $3, $4)", f.ID, f.Addresses, f.Names, now)
	for _, sql := range []string{
		`update person set email = $2, name = '', organization_id = null, language = null, own_language = null, administrator = false, origin = 'contact', password_hash = null,
			password_env = null, fields = '{}', disabled_at = coalesce(disabled_at, $3), erased_at = $3 where id = $1`,
		// A solver has a token of each mail: those that lead nowhere any more and say nothing stay, for everybody waits.
		`update reply_token set address = null, revoked_at = coalesce(revoked_at, $3)
			where person_id = $1 and (address is not null or revoked_at is null and expires_at > $3) or address = any ($4)`,
		// What is being sent has a lease: it ends by itself, and the ticket waits for that.
		"update outbox set state = 'cancelled', response = '', finished_at = $3 where (person_id = $1 or address = any ($4)) and state in ('queued', 'uncertain', 'parked')",
		`update template set requester_id = null, schedule = null, next_at = null, failure = case when schedule is not null
			then jsonb_build_object('at', $3, 'key', '` + core.RequesterLeft + `') end, version = version + 1 where requester_id = $1`,
	} {
		tx.write("with args as (select $1::bigint, $2::text, $3::timestamptz, $4::text[]) "+sql, f.ID, f.Address(), now, f.Addresses)
	}
	for _, table := range []string{"person_address", "api_token", "sign_in_link", "sessions", "second_factor", "recovery_code", "identity",
		"notification_setting", "ticket_seen", "presence", "confirmation", "draft"} {
		tx.write("delete from "+table+" where person_id = $1", f.ID)
	}
	tx.write("delete from address_guard where address = any ($1)", f.Addresses)
}

// scanWindow is how many ticket numbers one step of the search looks through.
const scanWindow = 2000

// ScanErasure looks through the next tickets for the person and queues those that name them. done = all were looked through.
func (s *Store) ScanErasure(ctx context.Context, e *Erasure) (done bool, err error) {
	var last core.Number
	err = s.InTx(ctx, func(tx *Tx) error {
		if err := tx.db.QueryRow(ctx, "select coalesce(max(number), 0) from ticket").Scan(&last); err != nil {
			return err
		}
		from, to := e.Scanned, min(last, e.Scanned+scanWindow)
		if from == 0 { // numbers begin somewhere, and mail knows its ticket
			if err := tx.db.QueryRow(ctx, "select coalesce(min(number), 1) - 1 from ticket").Scan(&from); err != nil {
				return err
			}
			to = min(last, from+scanWindow)
			tx.write(`insert into erasure_ticket select distinct $1::bigint, ticket_number from inbound
				where lower(sender) = any ($2) and ticket_number is not null and finished_at <= $3`, e.ID, e.Addresses, e.Begun)
		}
		tx.write(`insert into erasure_ticket select $1::bigint, t.number from ticket t where t.number > $2 and t.number <= $3 and (
				t.requester_id = $1 or t.solver_id = $1
				or exists (select from ticket_person p where p.ticket_number = t.number and p.person_id = $1)
				or exists (select from log_record r where r.ticket_number = t.number and (r.author_id = $1 or r.at <= $6::timestamptz + interval '1 second' and (lower(r.author_address) = any ($4)
					or r.copied && $4 or r.change::text ilike any ($5) or r.folded ilike any ($5))))
				or exists (select from approval a where a.ticket_number = t.number and (a.asked_by = $1
					or exists (select from approver v where v.approval_id = a.id and $1 in (v.person_id, v.decided_by))))
				or exists (select from outbox o join outbox_content c on c.outbox_id = o.id where o.ticket_number = t.number and o.created_at <= $6::timestamptz
					and (o.person_id = $1 or o.address = any ($4) or o.response ilike any ($5) or o.note ilike any ($5) or c.content::text ilike any ($5))))
			on conflict do nothing`, e.ID, from, to, e.Addresses, e.words(), e.Begun)
		e.Scanned, done = to, to >= last
		return tx.db.QueryRow(ctx, `update erasure set scanned = $2, tickets = greatest(tickets, (select count(*) from erasure_ticket where person_id = $1))
			where person_id = $1 returning tickets`, e.ID, to).Scan(&e.Tickets)
	})
	if err != nil {
		return false, fmt.Errorf("search for traces: %w", err)
	}
	return done, nil
}

// RequeueErasure queues again the tickets that still have words of the person: those split off or edited meanwhile, and
// those that something was merged into. It gives their numbers, lowest first.
func (s *Store) RequeueErasure(ctx context.Context, e *Erasure) ([]core.Number, error) {
	rows, err := s.pool.Query(ctx, `with left_over as (
			select ticket_number as number from log_record where author_id = $1 and (text not in ('', $2) or folded <> '')
			union select number from ticket where requester_id = $1 and (subject <> $2 or fields <> '{}')),
		queued as (insert into erasure_ticket select $1::bigint, number from left_over on conflict do nothing)
		select number from left_over order by 1`, e.ID, core.ErasedText)
	if err != nil {
		return nil, fmt.Errorf("what is left: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[core.Number])
}

// HasNamesake tells whether somebody else goes by the name.
func (r reads) HasNamesake(ctx context.Context, id core.PersonID, name string) (has bool, err error) {
	err = r.db.QueryRow(ctx, "select exists (select from person where id <> $1 and lower(name) = lower($2))", id, name).Scan(&has)
	return has, err
}

// ErasureTickets are the next tickets that still name the person, above a number.
func (r reads) ErasureTickets(ctx context.Context, id core.PersonID, above core.Number, limit int) ([]core.Number, error) {
	return r.numbers(ctx, "select ticket_number from erasure_ticket where person_id = $1 and ticket_number > $2 order by 1 limit $3", id, above, limit)
}

// EndErasure forgets the words by which the person was to be found.
func (tx *Tx) EndErasure(id core.PersonID) {
	tx.write("delete from erasure where person_id = $1", id)
}
