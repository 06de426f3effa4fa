package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// ThreadHit says that a Message-ID leads to a ticket.
type ThreadHit struct {
	MessageID string
	Ticket    core.Number
	Own       bool        // the id of a mail in the ticket; false = a mail of the ticket refers to it
	Outbound  bool        // a mail that the desk sent
	Merged    core.Number // where the ticket was merged into; 0 = it was not
}

// threads looks each id up by itself: a plan for all of them at once, made and kept while the tables are empty, would read
// the whole tables later. So does mergedInto. The inner select hides from the planner how many ids there are; else it would
// make a plan for each time, which takes longer than the search.
const threads = `select found.* from unnest((select $1::text[])) as wanted (id) cross join lateral (
		select message_id, ticket_number, own, false, ` + mergedInto + ` from thread where message_id = wanted.id
		union all select message_id, ticket_number, true, true, ` + mergedInto + ` from outbox where message_id = wanted.id and ticket_number is not null
		offset 0) found`

const mergedInto = "coalesce((select merged_into from ticket where number = ticket_number), 0)"

// Threads finds the tickets that Message-IDs lead to: mails that came in, those they referred to, and mails sent.
func (r reads) Threads(ctx context.Context, ids []string) ([]ThreadHit, error) {
	rows, err := r.db.Query(ctx, threads, ids)
	if err != nil {
		return nil, fmt.Errorf("threads: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ThreadHit])
}

// AddThread makes Message-IDs lead to a ticket: a mail's own, and those it refers to.
func (tx *Tx) AddThread(n core.Number, own string, refs []string) {
	ids, owns := make([]string, 0, 1+len(refs)), make([]bool, 0, 1+len(refs))
	if own != "" {
		ids, owns = append(ids, own), append(owns, true)
	}
	for _, id := range refs {
		if id != own {
			ids, owns = append(ids, id), append(owns, false)
		}
	}
	if len(ids) == 0 {
		return
	}
	tx.write(`insert into thread (message_id, ticket_number, own) select distinct on (m) m, $1::bigint, o from unnest($2::text[], $3::bool[]) x (m, o) order by m, o desc
		on conflict (message_id, ticket_number) do update set own = true where excluded.own and not thread.own`, n, ids, owns)
}

// Survivor follows merges to the ticket that lives on (E10); the number itself where it was not merged. NotFound where
// there is no such ticket.
func (r reads) Survivor(ctx context.Context, n core.Number) (core.Number, error) {
	for hops := 0; hops < 50; hops++ {
		var into core.Number
		if err := r.db.QueryRow(ctx, "select coalesce(merged_into, 0) from ticket where number = $1", n).Scan(&into); err != nil {
			return 0, notFound(err)
		}
		if into == 0 {
			return n, nil
		}
		n = into
	}
	return n, nil
}

// TokenUse is what a reply token stands for.
type TokenUse struct {
	Token    []byte
	Person   core.PersonID
	Ticket   core.Number
	Purpose  core.Purpose
	Expires  time.Time
	Revoked  bool
	Merged   core.Number // where the ticket was merged into; 0 = it was not
	Uses     int
	Approval string // of PurposeApprove
	Digest   []byte // of PurposeApprove
	Address  string // of PurposeConfirm
}

// TokenOrigin is the mail that a token came with: its event and reason, and the service that it was about, by path.
type TokenOrigin struct {
	Event   core.Event
	Reason  string
	Service string
	Receipt *core.Receipt // what it was a receipt of; nil of another mail
}

// OriginOfToken tells which mail a token came with.
func (r reads) OriginOfToken(ctx context.Context, token []byte) (o TokenOrigin, err error) {
	err = r.db.QueryRow(ctx, `select event, reason, coalesce(content->'ticket'->>'service', ''), content->'receipt' from reply_token t
		join outbox o on o.id = t.outbox_id join outbox_content c on c.outbox_id = o.id where t.token = $1`, token).Scan(&o.Event, &o.Reason, &o.Service, &o.Receipt)
	return o, notFound(err)
}

// CountTokenUse notes that a token was used.
func (tx *Tx) CountTokenUse(token []byte) {
	tx.write("update reply_token set uses = uses + 1 where token = $1", token)
}

// RevokeToken ends one token.
func (tx *Tx) RevokeToken(token []byte, now time.Time) {
	tx.write("update reply_token set revoked_at = $2 where token = $1 and revoked_at is null", token, now)
}

// RevokeTokensOf ends all tokens of a person (mail.md 4: disabled or role lost).
func (tx *Tx) RevokeTokensOf(person core.PersonID, now time.Time) {
	tx.write("update reply_token set revoked_at = $2 where person_id = $1 and revoked_at is null", person, now)
}

// RevokeTokensOfGrant ends the tokens that the holders of a grant have for tickets of the services, but for those of
// their own requests.
func (tx *Tx) RevokeTokensOfGrant(g core.Grant, services []core.ServiceID, now time.Time) {
	tx.write(`update reply_token k set revoked_at = $4 from ticket t
		where k.ticket_number = t.number and t.service_id = any ($3) and t.requester_id <> k.person_id and k.revoked_at is null
		and (k.person_id = $1 or k.person_id in (select person_id from requester_group_person where group_id = $2))`,
		g.Person, g.Members, services, now)
}
