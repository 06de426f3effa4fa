package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"postdesk/migrations"
)

// Migrate brings the schema up to date: the desk's own tables, then River's. Several daemons may call it at once; a
// session lock lets one work. It returns the version reached and how many of our migrations ran.
func (s *Store) Migrate(ctx context.Context) (version int64, ran int, err error) {
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return 0, 0, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("migrate: %w", err)
	}
	rivers, err := rivermigrate.New(riverpgxv5.New(s.pool), nil)
	if err != nil {
		return 0, 0, err
	}
	if _, err := rivers.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return 0, 0, fmt.Errorf("migrate the job tables: %w", err)
	}
	s.pool.Reset() // plans cached before would fail: "cached plan must not change result type"
	version, err = provider.GetDBVersion(ctx)
	return version, len(results), err
}

// SchemaError says that the database's schema is not the one this program needs, and what to do.
type SchemaError struct{ Have, Want int64 }

func (e *SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("the database's schema is version %d, newer than this program's %d: install the newer postdesk", e.Have, e.Want)
	}
	return fmt.Sprintf("the database's schema is version %d, this program needs %d: run `postdesk migrate`", e.Have, e.Want)
}

// CheckSchema returns a *SchemaError unless the schema is this program's.
func (s *Store) CheckSchema(ctx context.Context) error {
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		return err
	}
	want, err := goose.NumericComponent(entries[len(entries)-1].Name())
	if err != nil {
		return err
	}
	var have int64
	err = s.pool.QueryRow(ctx, "select coalesce(max(version_id), 0) from goose_db_version where is_applied").Scan(&have)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // undefined table: nothing migrated yet
		err = nil
	}
	if err != nil {
		return err
	}
	if have != want {
		return &SchemaError{Have: have, Want: want}
	}
	return nil
}
