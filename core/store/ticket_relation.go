package store

import (
	"context"
	"fmt"
	"time"

	"postdesk/core"
)

// LinkTickets notes that two tickets have to do with each other; twice does nothing.
func (tx *Tx) LinkTickets(a, b core.Number) {
	tx.write("insert into ticket_link (low, high) values ($1, $2) on conflict do nothing", min(a, b), max(a, b))
}

// UnlinkTickets ends that.
func (tx *Tx) UnlinkTickets(a, b core.Number) {
	tx.write("delete from ticket_link where low = $1 and high = $2", min(a, b), max(a, b))
}

// relationLock orders changes of how tickets stand to each other.
const relationLock = 0x70616972 // "pair"

// LockRelations waits until nobody else merges or links tickets, or changes which stands above which.
func (tx *Tx) LockRelations(ctx context.Context) error {
	tx.write("select pg_advisory_xact_lock($1)", relationLock)
	return tx.Flush(ctx)
}

// SetParent puts a ticket below another one, or below none (0), and with it all that stand below it.
func (tx *Tx) SetParent(n, parent core.Number) {
	tx.write("update ticket set parent_number = nullif($2::bigint, 0) where number = $1", n, parent)
	const below = `with recursive below as (select $1::bigint as number
		union select t.number from ticket t join below b on t.parent_number = b.number)`
	tx.write(below+" delete from ticket_ancestor where ticket_number in (select number from below)", n)
	tx.write(below+`, above as (select t.number, t.parent_number as ancestor from below b join ticket t using (number) where t.parent_number is not null
			union select a.number, t.parent_number from above a join ticket t on t.number = a.ancestor where t.parent_number is not null)
		insert into ticket_ancestor (ticket_number, ancestor_number) select number, ancestor from above`, n)
}

// MergeTicket moves the log of a ticket into another one, as of now a part of it; hide keeps what was written there from
// the requester's side. Numbers that were merged into it before lead straight to the survivor (E10). It returns the time of
// the last record of the joined log.
func (tx *Tx) MergeTicket(ctx context.Context, from, into core.Number, hide bool) (last time.Time, err error) {
	tx.search(into, true)
	// Times order a log and are unique in it. Where both logs have the same one, all that comes stands some microseconds
	// later, in its own order: of as many steps as there are pairs of records, one at least fits.
	tx.write(`update log_record r set ticket_number = $2, show_to_requester = show_to_requester and not $3, at = r.at + step.k * interval '1 microsecond'
		from (select k from generate_series(0, (select count(*) from log_record where ticket_number = $1) * (select count(*) from log_record where ticket_number = $2)) k
			where not exists (select from log_record a join log_record b on b.ticket_number = $2 and b.at = a.at + k * interval '1 microsecond'
				where a.ticket_number = $1) order by k limit 1) step
		where r.ticket_number = $1`, from, into, hide)
	tx.write("update ticket set merged_into = $2 where merged_into = $1", from, into)
	tx.moveDrafts(from, into)
	tx.write(`insert into ticket_link (low, high) select least(o, $2::bigint), greatest(o, $2::bigint) from (
		select case when low = $1 then high else low end as o from ticket_link where low = $1 or high = $1) x where o <> $2 on conflict do nothing`, from, into)
	tx.write("delete from ticket_link where low = $1 or high = $1", from)
	if err := tx.db.QueryRow(ctx, "select max(at) from log_record where ticket_number = $1", into).Scan(&last); err != nil {
		return last, fmt.Errorf("merge ticket %d: %w", from, err)
	}
	return last, nil
}
