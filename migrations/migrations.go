// Package migrations holds the schema of the database, as goose migrations in the order of their numbers.
package migrations

import "embed"

// FS holds the migration files.
//
//go:embed *.sql
var FS embed.FS
