package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// OwnAddresses lists the addresses of a person: the primary one, the others, and those that wait for an answer.
func (r reads) OwnAddresses(ctx context.Context, id core.PersonID, now time.Time) ([]core.OwnAddress, error) {
	rows, err := r.db.Query(ctx, `select email, 'primary', null::timestamptz from person where id = $1
		union all (select address, case when confirmed_at is null then 'listed' else 'confirmed' end, null from person_address where person_id = $1 order by address)
		union all (select address, 'pending', max(expires_at) from reply_token
			where person_id = $1 and purpose = 'confirm' and revoked_at is null and expires_at > $2 group by address order by address)`, id, now)
	if err != nil {
		return nil, fmt.Errorf("addresses of a person: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a core.OwnAddress, err error) {
		var expires *time.Time
		err = row.Scan(&a.Address, &a.State, &expires)
		a.Expires = instant(expires)
		return a, err
	})
}

// LockPerson keeps others from changing the person's addresses until the transaction ends.
func (tx *Tx) LockPerson(ctx context.Context, id core.PersonID) error {
	_, err := tx.exec(ctx, "select from person where id = $1 for update", id)
	return err
}

// ConfirmationsMailed counts the mails that asked to confirm an address since a moment: to this address, whoever wanted
// it, and for this person, whichever they wanted.
func (r reads) ConfirmationsMailed(ctx context.Context, address string, person core.PersonID, since time.Time) (toIt, forThem int, err error) {
	err = r.db.QueryRow(ctx, `select count(*) filter (where o.address = $1), count(*) filter (where o.person_id = $2) from outbox o
		where o.event = 'address_confirmation' and (o.address = $1 or o.person_id = $2) and o.created_at > $3
		and exists (select from reply_token t where t.outbox_id = o.id)`, address, person, since).Scan(&toIt, &forThem)
	return toIt, forThem, err
}

// EndConfirmationsOf revokes what waits to be confirmed for an address: a person's, or everybody's (0). False = nothing did.
func (tx *Tx) EndConfirmationsOf(ctx context.Context, address string, person core.PersonID, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, `update reply_token set revoked_at = $3 where purpose = 'confirm' and address = $1 and revoked_at is null
		and ($2 = 0 or person_id = $2)`, address, person, now)
	return tag.RowsAffected() > 0, err
}

// AddAddress gives a person an address that they confirmed. False = somebody has it.
func (tx *Tx) AddAddress(ctx context.Context, address string, person core.PersonID, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, `insert into person_address (address, person_id, confirmed_at) select $1, $2, $3
		where not exists (select from person where email = $1) on conflict do nothing`, address, person, now)
	return tag.RowsAffected() == 1, err
}

// DropAddress takes an address away that the person had confirmed. False = they have no such one.
func (tx *Tx) DropAddress(ctx context.Context, address string, person core.PersonID) (bool, error) {
	tag, err := tx.exec(ctx, "delete from person_address where address = $1 and person_id = $2 and confirmed_at is not null", address, person)
	return tag.RowsAffected() == 1, err
}
