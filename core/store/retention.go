package store

import (
	"context"
	"fmt"
	"io"
	"time"

	"postdesk/core"
)

// Expiry says what is not kept any more: in each service that is named what ended before the moment.
type Expiry struct {
	Before map[core.ServiceID]time.Time
	Boxes  map[core.MailboxID]core.ServiceID // whose mail it is that belongs to no ticket and no service
}

func (e Expiry) services() (ids []core.ServiceID, before []time.Time) {
	for id, moment := range e.Before {
		ids, before = append(ids, id), append(before, moment)
	}
	return ids, before
}

func (e Expiry) boxes() (ids []core.MailboxID, services []core.ServiceID) {
	for id, service := range e.Boxes {
		ids, services = append(ids, id), append(services, service)
	}
	return ids, services
}

// serviceOf is the service of the ticket number in a row called p, that of the survivor where it was merged (E10).
const serviceOf = `(with recursive up as (select merged_into, service_id from ticket where number = p.ticket_number
	union select t.merged_into, t.service_id from up join ticket t on t.number = up.merged_into) select service_id from up where merged_into is null)`

// DropInbound drops the raw bytes of mail that is worked off and waits for nobody. It looks at limit messages after the id
// given and returns how many it dropped, and the last id; 0 = it is through. Hash, state and reason stay (mail.md 1), and so
// does the key by which the same content is known again. The bytes themselves go with the next sweep, where nobody else
// needs them.
func (s *Store) DropInbound(ctx context.Context, e Expiry, after int64, limit int, now time.Time) (dropped int, last int64, err error) {
	services, before := e.services()
	boxes, owners := e.boxes()
	err = s.pool.QueryRow(ctx, `with page as materialized (
			select * from inbound where id > $1 order by id limit $2
		), due as (
			select p.id from page p left join unnest($3::bigint[], $4::bigint[]) b (box, service) on b.box = p.mailbox_id
			cross join lateral (select coalesce(`+serviceOf+`, p.service_id, b.service) as service) own
			join unnest($5::bigint[], $6::timestamptz[]) k (service, before) on k.service = own.service
			where p.state in ('applied', 'duplicate', 'suppressed') and p.raw_dropped_at is null and length(p.sha256) > 0 and p.finished_at < k.before
			and not exists (select from confirmation c where c.inbound_id = p.id and c.outcome = '' and c.expires_at > $7)
		), gone as (
			update inbound i set raw_dropped_at = $7 from due where i.id = due.id and i.raw_dropped_at is null
			and i.state in ('applied', 'duplicate', 'suppressed') returning 1
		) select (select count(*) from gone), coalesce((select max(id) from page), 0)`,
		after, limit, boxes, owners, services, before, now).Scan(&dropped, &last)
	if err != nil {
		return 0, 0, fmt.Errorf("drop raw mail: %w", err)
	}
	return dropped, last, nil
}

// DroppedOutbound are the states in which what a mail said may be dropped. It lies there for nobody any more: what is parked
// or uncertain still waits.
func DroppedOutbound() []core.OutboundState {
	return []core.OutboundState{core.OutboundAccepted, core.OutboundRejected, core.OutboundCancelled, core.OutboundBounced}
}

// DropOutbound drops what mails of a state said: their bytes and the data that these were made from, but for the name of the
// service, by which an answer is still understood. It walks like DropInbound.
func (s *Store) DropOutbound(ctx context.Context, e Expiry, state core.OutboundState, after int64, limit int, now time.Time) (dropped int, last int64, err error) {
	services, before := e.services()
	boxes, owners := e.boxes()
	err = s.pool.QueryRow(ctx, `with page as materialized (
			select id, seq, ticket_number, mailbox_id, content_dropped_at, finished_at from outbox where state = $8 and seq > $1 order by seq limit $2
		), due as (
			select o.id from page p join outbox o on o.id = p.id
			left join unnest($3::bigint[], $4::bigint[]) b (box, service) on b.box = p.mailbox_id
			cross join lateral (select coalesce(`+serviceOf+`, b.service) as service) own
			join unnest($5::bigint[], $6::timestamptz[]) k (service, before) on k.service = own.service
			where p.content_dropped_at is null and p.finished_at < k.before and o.state = $8 and o.content_dropped_at is null
			for no key update of o skip locked
		), marked as (
			update outbox o set content_dropped_at = $7 from due where o.id = due.id returning o.id
		), gone as (
			update outbox_content c set raw = null, raw_sha256 = null,
				content = jsonb_build_object('ticket', jsonb_build_object('service', c.content->'ticket'->'service'))
			from marked where c.outbox_id = marked.id returning 1
		) select (select count(*) from gone), coalesce((select max(seq) from page), 0)`,
		after, limit, boxes, owners, services, before, now, state).Scan(&dropped, &last)
	if err != nil {
		return 0, 0, fmt.Errorf("drop sent mail: %w", err)
	}
	return dropped, last, nil
}

// DropFiles drops the contents of files of tickets that are closed since long, and of which no mail waits to be sent. Names
// and sizes stay. It walks like DropInbound, by the ids of the files; "" = from the beginning, and through.
func (s *Store) DropFiles(ctx context.Context, e Expiry, after string, limit int, now time.Time) (dropped int, last string, err error) {
	services, before := e.services()
	err = s.pool.QueryRow(ctx, `with page as materialized (
			select id, record_id, dropped_at from attachment where id > coalesce(nullif($1, ''), '00000000-0000-0000-0000-000000000000')::uuid order by id limit $2
		), due as (
			select p.id from page p join log_record r on r.id = p.record_id join ticket t on t.number = r.ticket_number
			join unnest($3::bigint[], $4::timestamptz[]) k (service, before) on k.service = t.service_id
			where p.dropped_at is null and t.status = 'closed' and t.merged_into is null and t.closed_at < k.before and r.at < k.before
			and not exists (select from outbox o where o.ticket_number = t.number and o.state in ('queued', 'sending', 'uncertain', 'parked'))
			for share of t skip locked
		), gone as (
			update attachment a set sha256 = null, dropped_at = $5 from due where a.id = due.id and a.dropped_at is null returning 1
		) select (select count(*) from gone), coalesce((select id::text from page order by id desc limit 1), '')`,
		after, limit, services, before, now).Scan(&dropped, &last)
	if err != nil {
		return 0, "", fmt.Errorf("drop files: %w", err)
	}
	return dropped, last, nil
}

// OpenRaw streams the raw bytes of a message. NotFound, with a sentence that says why, where they are not kept any more.
func (s *Store) OpenRaw(ctx context.Context, i *Inbound) (io.ReadCloser, error) {
	if i.RawDropped {
		return nil, core.Refuse(core.NotFound, "error.retention.mail")
	}
	var sum [32]byte
	copy(sum[:], i.SHA256)
	return s.OpenBlob(ctx, sum)
}
