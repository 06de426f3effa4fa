package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DeadAddress is a person to whom mail does not get through any more.
type DeadAddress struct {
	Address  string
	First    time.Time // of the last three failures
	Last     time.Time
	Response string // the server's answer to the last
}

// DeadAddresses are the enabled, configured persons at whose present address the last three mails since a moment were
// refused or came back (D18), by address.
func (r reads) DeadAddresses(ctx context.Context, since time.Time) ([]DeadAddress, error) {
	rows, err := r.db.Query(ctx, `with failed as (
			select p.id, p.email, o.finished_at, o.response, row_number() over (partition by p.id order by o.finished_at desc, o.seq desc) as nth
			from outbox o join person p on p.id = o.person_id and p.email = o.address
			where o.state in ('rejected', 'bounced') and o.finished_at > $1 and p.disabled_at is null and p.origin = 'configured'
		)
		select third.email, third.finished_at, last.finished_at, last.response
		from failed third join failed last on last.id = third.id and last.nth = 1
		where third.nth = 3 and (select true from outbox o where o.person_id = third.id and o.finished_at > third.finished_at
			and o.address = third.email and o.state = 'accepted' order by o.finished_at desc limit 1) is null
		order by third.email`, since)
	if err != nil {
		return nil, fmt.Errorf("dead addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[DeadAddress])
}
