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

// Place is where a walk from the oldest to the newest has come to; the zero place is its beginning, and its end.
type Place struct {
	At time.Time
	ID int64
}

// dropStep makes a statement of one step of such a walk. kept are the rows that still have their content, as the partial index
// of the walk says it: what was dropped before is not looked at again, and what is not old enough anywhere never. due are the
// conditions by which one of them loses it, with k.before as the moment of its service.
func dropStep(table, id, kept, own, due, drop string) string {
	return `with page as materialized (
			select * from ` + table + ` p where ` + kept + ` and finished_at < (select max(before) from unnest($7::timestamptz[]) k (before))
			and (finished_at, ` + id + `) > ($1, $2) order by finished_at, ` + id + ` limit $3
		), due as (
			select p.id from page p left join unnest($4::bigint[], $5::bigint[]) b (box, service) on b.box = p.mailbox_id
			cross join lateral (select coalesce((with recursive up as (select merged_into, service_id from ticket where number = p.ticket_number
				union select t.merged_into, t.service_id from up join ticket t on t.number = up.merged_into)
				select service_id from up where merged_into is null), ` + own + `b.service) as service) own
			join unnest($6::bigint[], $7::timestamptz[]) k (service, before) on k.service = own.service
			where p.finished_at < k.before` + due + `
		), ` + drop + `
		select (select count(*) from gone), last.* from (values (1)) one
		left join lateral (select finished_at, ` + id + ` from page order by finished_at desc, ` + id + ` desc limit 1) last on true`
}

func (s *Store) drop(ctx context.Context, sql string, e Expiry, after Place, limit int, now time.Time) (dropped int, last Place, err error) {
	services, before := e.services()
	boxes, owners := e.boxes()
	var at *time.Time
	var id *int64
	err = s.pool.QueryRow(ctx, sql, after.At, after.ID, limit, boxes, owners, services, before, now).Scan(&dropped, &at, &id)
	if err != nil || id == nil {
		return dropped, Place{}, err
	}
	return dropped, Place{*at, *id}, nil
}

const keptInbound = "raw_dropped_at is null and state in ('applied', 'duplicate', 'suppressed') and length(sha256) > 0"

// The service is that of the mail's ticket, of the survivor where it was merged (E10), else the one it was held for once.
var dropInbound = dropStep("inbound", "id", keptInbound, "p.service_id, ",
	" and not exists (select from confirmation c where c.inbound_id = p.id and c.outcome = '' and c.expires_at > $8)",
	"gone as (update inbound i set raw_dropped_at = $8 from due where i.id = due.id and "+keptInbound+" returning 1)")

// DropInbound drops the raw bytes of mail that is worked off and waits for nobody. It looks at limit messages after the place
// given, oldest first, and returns how many it dropped, and the last place; the zero place = it is through. Hash, state and
// reason stay (mail.md 1), and so does the key by which the same content is known again. The bytes themselves go with the
// next sweep, where nobody else needs them.
func (s *Store) DropInbound(ctx context.Context, e Expiry, after Place, limit int, now time.Time) (dropped int, last Place, err error) {
	if dropped, last, err = s.drop(ctx, dropInbound, e, after, limit, now); err != nil {
		return 0, last, fmt.Errorf("drop raw mail: %w", err)
	}
	return dropped, last, nil
}

// keptOutbound: what is parked or uncertain still waits for somebody.
const keptOutbound = "content_dropped_at is null and state in ('accepted', 'rejected', 'cancelled', 'bounced')"

var dropOutbound = dropStep("outbox", "seq", keptOutbound, "", "", `held as (
			select o.id from due join outbox o on o.id = due.id where `+keptOutbound+` for no key update of o skip locked
		), marked as (
			update outbox o set content_dropped_at = $8 from held where o.id = held.id returning o.id
		), gone as (
			update outbox_content c set raw = null, raw_sha256 = null,
				content = jsonb_build_object('ticket', jsonb_build_object('service', c.content->'ticket'->'service'))
			from marked where c.outbox_id = marked.id returning 1
		)`)

// DropOutbound drops what mails said that have left, or never will: their bytes and the data that these were made from, but
// for the name of the service, by which an answer is still understood. It walks like DropInbound.
func (s *Store) DropOutbound(ctx context.Context, e Expiry, after Place, limit int, now time.Time) (dropped int, last Place, err error) {
	if dropped, last, err = s.drop(ctx, dropOutbound, e, after, limit, now); err != nil {
		return 0, last, fmt.Errorf("drop sent mail: %w", err)
	}
	return dropped, last, nil
}

// DropFiles drops the contents of files of tickets that are closed since long, and of which no mail waits to be sent. Names
// and sizes stay. It walks like DropInbound, by the ids of the files that are kept, which come in the order of time; "" = from
// the beginning, and through.
func (s *Store) DropFiles(ctx context.Context, e Expiry, after string, limit int, now time.Time) (dropped int, last string, err error) {
	services, before := e.services()
	err = s.pool.QueryRow(ctx, `with page as materialized (
			select id, record_id from attachment where dropped_at is null
			and id > coalesce(nullif($1, ''), '00000000-0000-0000-0000-000000000000')::uuid order by id limit $2
		), due as (
			select p.id from page p join log_record r on r.id = p.record_id join ticket t on t.number = r.ticket_number
			join unnest($3::bigint[], $4::timestamptz[]) k (service, before) on k.service = t.service_id
			where t.status = 'closed' and t.merged_into is null and t.closed_at < k.before and r.at < k.before
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
