package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// FindSession gives what a session holds; ok is false where there is none, or none any more.
func (r reads) FindSession(ctx context.Context, key string, now time.Time) (data []byte, ok bool, err error) {
	err = r.db.QueryRow(ctx, "select data from sessions where token = $1 and expiry > $2", key, now).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	return data, true, nil
}

// AddSession keeps a new session.
func (s *Store) AddSession(ctx context.Context, x core.SavedSession, now time.Time) error {
	_, err := s.pool.Exec(ctx, `insert into sessions (token, data, expiry, person_id, created_at, seen_at, address, browser)
		values ($1, $2, $3, nullif($4::bigint, 0), $5, $5, $6, $7)`, x.Key, x.Data, x.Expires, x.Person, now, x.Address, x.Browser)
	return err
}

// SaveSession writes a session that is there; one that was ended meanwhile stays ended. Where nothing changed but the time,
// once a minute is enough.
func (s *Store) SaveSession(ctx context.Context, x core.SavedSession, now time.Time) error {
	_, err := s.pool.Exec(ctx, `update sessions set data = $2, expiry = $3, person_id = nullif($4::bigint, 0), seen_at = $5, address = $6, browser = $7
		where token = $1 and (data <> $2 or address <> $6 or browser <> $7 or seen_at < $5::timestamptz - interval '1 minute')`,
		x.Key, x.Data, x.Expires, x.Person, now, x.Address, x.Browser)
	return err
}

// DropSession ends a session by its key.
func (s *Store) DropSession(ctx context.Context, key string) error {
	_, err := s.pool.Exec(ctx, "delete from sessions where token = $1", key)
	return err
}

// SessionsOf lists where a person is signed in, the last used first.
func (r reads) SessionsOf(ctx context.Context, person core.PersonID, now time.Time) ([]core.Session, error) {
	rows, err := r.db.Query(ctx, `select id, token, created_at, seen_at, address, browser from sessions
		where person_id = $1 and expiry > $2 order by seen_at desc, id`, person, now)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[core.Session])
}

// EndSession ends one session of a person by its ID; NotFound where it is none of theirs.
func (s *Store) EndSession(ctx context.Context, person core.PersonID, id string) error {
	tag, err := s.pool.Exec(ctx, "delete from sessions where person_id = $1 and id::text = $2", person, id)
	if err == nil && tag.RowsAffected() == 0 {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	return err
}

// EndSessions ends all sessions of a person but the one with the key.
func (tx *Tx) EndSessions(person core.PersonID, but string) {
	tx.write("delete from sessions where person_id = $1 and token <> $2", person, but)
}
