package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// trafficCap bounds how many mails of one address are counted: more than any limit that is worth setting.
const trafficCap = 1000

// Traffic reads what passed of late between the desk and addresses. The mails of this page are left out: they are
// what is being decided about. What other senders have under way counts, so that two of them do not both take the last
// place. Each address costs a few looks into an index, however much mail there is.
func (s *Store) Traffic(ctx context.Context, addresses, page []string, l core.Limits, now time.Time) (map[string]*core.Traffic, error) {
	enough := min(max(l.AcknowledgementsPerDay, l.AutomaticPerHour, l.AutomaticPerDay, l.BundleAbove)+1, trafficCap)
	unguarded := core.UnguardedEvents()
	rows, err := s.pool.Query(ctx, `with under_way as materialized (
			select address, count(*) filter (where event <> 'news') as n, count(*) filter (where event = 'news') as news, count(*) filter (where reason in ('acknowledgement', 'in_your_name') or event = 'refusal') as answers
			from outbox where state = 'sending' and automatic and event <> all ($5) and id <> all ($2::uuid[]) group by address
		)
		select asked.address, got.hour + coalesce(u.n, 0), got.day + coalesce(u.n, 0), got.news + coalesce(u.news, 0), got.answers + coalesce(u.answers, 0), got.hour_since, got.day_since,
			(select count(*) from outbox w where w.address = asked.address and w.limited and w.state = 'queued'),
			exists (select from outbox d where d.address = asked.address and d.event = 'digest' and d.state = 'queued' and d.attempts = 0),
			g.frozen_until, g.suspended_at is not null
		from unnest($1::text[]) as asked (address)
		cross join lateral (
			select count(*) filter (where finished_at > $4 and event <> 'news') as hour, count(*) filter (where event <> 'news') as day,
				count(*) filter (where event = 'news') as news, count(*) filter (where reason in ('acknowledgement', 'in_your_name') or event = 'refusal') as answers,
				min(finished_at) filter (where finished_at > $4 and event <> 'news') as hour_since, min(finished_at) filter (where event <> 'news') as day_since
			from (select finished_at, reason, event from outbox o where o.address = asked.address and o.state in ('accepted', 'bounced')
				and o.finished_at > $3 and o.automatic and o.event <> all ($5) order by o.finished_at desc limit $6) newest
		) got
		left join under_way u on u.address = asked.address
		left join address_guard g on g.address = asked.address`,
		addresses, page, now.Add(-24*time.Hour), now.Add(-time.Hour), unguarded, enough+core.NewsPerDay)
	if err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	found := map[string]*core.Traffic{}
	for rows.Next() {
		t := &core.Traffic{}
		var address string
		var hourSince, daySince, frozen *time.Time
		if err := rows.Scan(&address, &t.Hour, &t.Day, &t.News, &t.Answers, &hourSince, &daySince, &t.Waiting, &t.Gathering, &frozen, &t.Suspended); err != nil {
			return nil, fmt.Errorf("traffic: %w", err)
		}
		for into, at := range map[*time.Time]*time.Time{&t.HourSince: hourSince, &t.DaySince: daySince, &t.FrozenUntil: frozen} {
			if at != nil {
				*into = *at
			}
		}
		found[address] = t
	}
	return found, rows.Err()
}

// Chase adds to the traffic of one address which mails went and came in the last hour. A person's other addresses are the
// same party.
func (s *Store) Chase(ctx context.Context, address string, person core.PersonID, t *core.Traffic, now time.Time) error {
	const turns = 10
	b := &pgx.Batch{}
	b.Queue(`select accepted_at, likeness from inbound i join unnest(array(select $1::text union select a.address from person_address a where a.person_id = $2)) as own (address)
			on lower(i.sender) = own.address where i.accepted_at > $3 and i.likeness is not null order by i.accepted_at desc, i.id desc limit $4`,
		address, person, now.Add(-time.Hour), turns).Query(func(rows pgx.Rows) (err error) {
		t.Heard, err = pgx.CollectRows(rows, pgx.RowToStructByPos[core.Heard])
		return err
	})
	b.Queue(`select finished_at from outbox where address = $1 and state in ('accepted', 'bounced') and finished_at > $2 and automatic
			order by finished_at desc limit $3`, address, now.Add(-time.Hour), 2*turns).Query(func(rows pgx.Rows) (err error) {
		t.Sent, err = pgx.CollectRows(rows, pgx.RowTo[time.Time])
		return err
	})
	if err := s.pool.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("chase of %s: %w", address, err)
	}
	return nil
}

// Flooded tells whether the mail of the last hour is many times the usual of the last seven days.
func (s *Store) Flooded(ctx context.Context, now time.Time) (flood bool, err error) {
	const week = 7 * 24
	err = s.pool.QueryRow(ctx, `select case when n > $3 then n > $4::float8 * (select count(*) from inbound
				where accepted_at > $2 and not old and (class <> '' or state <> 'suppressed')) / $5 else false end
		from (select count(*) as n from inbound where accepted_at > $1 and not old and (class <> '' or state <> 'suppressed')) as hour`,
		now.Add(-time.Hour), now.Add(-week*time.Hour), core.FloodAbove, core.FloodTimes, week).Scan(&flood)
	if err != nil {
		return false, fmt.Errorf("flood: %w", err)
	}
	return flood, nil
}

// FreezeAddress keeps automatic mail from an address for a while.
func (s *Store) FreezeAddress(ctx context.Context, address, why string, until time.Time) error {
	_, err := s.pool.Exec(ctx, `insert into address_guard (address, frozen_until, reason) values ($1, $2, $3)
		on conflict (address) do update set frozen_until = excluded.frozen_until, reason = excluded.reason`, core.FoldAddress(address), until, why)
	return err
}

// SuspendAddress ends the automatic mail to an address if enough mails to it came back of late, for a reason that lasts.
func (tx *Tx) SuspendAddress(address string, now time.Time) {
	tx.write(`insert into address_guard (address, suspended_at, reason)
		select $1::text, $2::timestamptz, 'mail to it came back' from outbox o left join address_guard g on g.address = $1
		where o.address = $1 and o.state in ('rejected', 'bounced') and not o.soft and o.finished_at > greatest($3::timestamptz, g.lifted_at)
		having count(*) >= $4
		on conflict (address) do update set suspended_at = excluded.suspended_at, reason = excluded.reason where address_guard.suspended_at is null`,
		core.FoldAddress(address), now, now.Add(-core.SuspendWithin), core.SuspendAfter)
}

// LiftSuspension lets automatic mail go to an address again.
func (tx *Tx) LiftSuspension(address string, now time.Time) {
	tx.write("update address_guard set suspended_at = null, lifted_at = $2, reason = '' where address = $1 and suspended_at is not null", address, now)
}

// HoldMail puts a mail off that was leased, as if nobody had tried it; people's replies pass it.
func (s *Store) HoldMail(ctx context.Context, lease uuid.UUID, l *Leased, why string, until time.Time) error {
	_, err := s.pool.Exec(ctx, `update outbox set state = 'queued', attempts = attempts - 1, limited = true, response = $3, next_at = $4, lease_token = null, lease_until = null
		where id = $2 and lease_token = $1 and attempts = $5 and state = 'sending'`, lease, l.ID, why, until, l.Attempts)
	return err
}
