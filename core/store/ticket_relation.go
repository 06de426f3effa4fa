package store

import (
	"context"

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

// parentLock orders changes of parents against each other: two at once could close a circle that neither sees.
const parentLock = 0x70617265 // "pare"

// LockParents waits until nobody else changes which ticket stands above which.
func (tx *Tx) LockParents(ctx context.Context) error {
	tx.write("select pg_advisory_xact_lock($1)", parentLock)
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
// the requester's side. Numbers that were merged into it before lead straight to the survivor (E10).
func (tx *Tx) MergeTicket(from, into core.Number, hide bool) {
	// Times order a log and are unique in it: a record whose place is taken stands a microsecond later.
	tx.write(`update log_record r set ticket_number = $2, show_to_requester = show_to_requester and not $3, at = (
		select min(r.at + k * interval '1 microsecond') from generate_series(0, 1000) k where k = 0 and not exists
			(select from log_record x where x.ticket_number = $2 and x.at = r.at)
		or k > 0 and not exists (select from log_record x where x.ticket_number in ($1, $2) and x.at = r.at + k * interval '1 microsecond'))
		where ticket_number = $1`, from, into, hide)
	tx.write("update ticket set merged_into = $2 where merged_into = $1", from, into)
	tx.write(`insert into ticket_link (low, high) select least(o, $2::bigint), greatest(o, $2::bigint) from (
		select case when low = $1 then high else low end as o from ticket_link where low = $1 or high = $1) x where o <> $2 on conflict do nothing`, from, into)
	tx.write("delete from ticket_link where low = $1 or high = $1", from)
}
