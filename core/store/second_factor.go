package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

func factorOf(person core.PersonID) string { return fmt.Sprintf("second_factor:%d", person) }

// HasSecondFactor tells whether a person has set a second factor up.
func (r reads) HasSecondFactor(ctx context.Context, person core.PersonID) (has bool, err error) {
	err = r.db.QueryRow(ctx, "select exists (select from second_factor where person_id = $1 and confirmed_at is not null)", person).Scan(&has)
	return has, err
}

// SecondFactor tells what a person has.
func (r reads) SecondFactor(ctx context.Context, person core.PersonID) (f core.SecondFactor, err error) {
	var since *time.Time
	err = r.db.QueryRow(ctx, `select confirmed_at, (select count(*) from recovery_code where person_id = $1 and used_at is null)
		from second_factor where person_id = $1`, person).Scan(&since, &f.RecoveryCodes)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, nil
	}
	f.On, f.Since = since != nil, instant(since)
	return f, err
}

// FactorSecret opens a person's secret; confirmed tells whether it counts already. NotFound where there is none.
func (r reads) FactorSecret(ctx context.Context, person core.PersonID) (secret []byte, last int64, confirmed bool, err error) {
	var sealed []byte
	err = r.db.QueryRow(ctx, "select secret, last_step, confirmed_at is not null from second_factor where person_id = $1", person).Scan(&sealed, &last, &confirmed)
	if err != nil {
		return nil, 0, false, notFound(err)
	}
	secret, err = r.store.secrets.Open(factorOf(person), sealed)
	return secret, last, confirmed, err
}

// BeginSecondFactor keeps a new secret that does not count yet. One that counts stays.
func (tx *Tx) BeginSecondFactor(person core.PersonID, secret []byte, now time.Time) {
	tx.write(`insert into second_factor (person_id, secret, created_at) values ($1, $2, $3)
		on conflict (person_id) do update set secret = $2, created_at = $3, last_step = 0 where second_factor.confirmed_at is null`,
		person, tx.store.secrets.Seal(factorOf(person), secret), now)
}

// TakeStep notes the step of a code, and lets the secret count from now on. It is false where that step or a later one was
// taken already: of two requests with one code one wins.
func (tx *Tx) TakeStep(ctx context.Context, person core.PersonID, step int64, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, "update second_factor set last_step = $2, confirmed_at = coalesce(confirmed_at, $3) where person_id = $1 and last_step < $2", person, step, now)
	return tag.RowsAffected() == 1, err
}

// SaveRecoveryCodes puts new recovery codes, by their hashes, in the place of all earlier ones.
func (tx *Tx) SaveRecoveryCodes(person core.PersonID, hashes [][]byte) {
	tx.write("delete from recovery_code where person_id = $1", person)
	for _, h := range hashes {
		tx.write("insert into recovery_code (person_id, hash) values ($1, $2)", person, h)
	}
}

// UseRecoveryCode spends a recovery code; false where it is none, or was used.
func (tx *Tx) UseRecoveryCode(ctx context.Context, person core.PersonID, hash []byte, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, "update recovery_code set used_at = $3 where person_id = $1 and hash = $2 and used_at is null", person, hash, now)
	return tag.RowsAffected() == 1, err
}

// DropSecondFactor takes a person's second factor away, with its recovery codes.
func (tx *Tx) DropSecondFactor(person core.PersonID) {
	tx.write("delete from recovery_code where person_id = $1", person)
	tx.write("delete from second_factor where person_id = $1", person)
}
