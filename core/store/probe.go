package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// DatabaseFacts are what an operator should know of the database server.
type DatabaseFacts struct {
	Version  string            // as the server says it
	Number   int               // 160003 is 16.3
	Settings map[string]string // fsync, synchronous_commit, full_page_writes
}

// DatabaseFacts asks the server about itself. Of synchronous_commit it says what counts for this desk's own sessions.
func (r reads) DatabaseFacts(ctx context.Context) (DatabaseFacts, error) {
	f := DatabaseFacts{Settings: map[string]string{}}
	rows, err := r.db.Query(ctx, `select name, setting from pg_settings
		where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version', 'server_version_num')`)
	if err != nil {
		return f, fmt.Errorf("settings of the database: %w", err)
	}
	var name, setting string
	_, err = pgx.ForEachRow(rows, []any{&name, &setting}, func() error {
		switch name {
		case "server_version":
			f.Version = setting
		case "server_version_num":
			_, err := fmt.Sscan(setting, &f.Number)
			return err
		default:
			f.Settings[name] = setting
		}
		return nil
	})
	return f, err
}

// SaveProbe remembers that a probe proved a mailbox's trust settings, told by their digest.
func (s *Store) SaveProbe(ctx context.Context, box core.MailboxID, digest []byte, now time.Time) error {
	_, err := s.pool.Exec(ctx, "update mailbox set probed_at = $2, probed = $3 where id = $1", box, now, digest)
	return err
}

// Probed gives the digest of the trust settings that a mailbox was last probed with; nil = it never was.
func (r reads) Probed(ctx context.Context, box core.MailboxID) (digest []byte, err error) {
	err = r.db.QueryRow(ctx, "select probed from mailbox where id = $1", box).Scan(&digest)
	return digest, notFound(err)
}

// RecentInbound finds the message with a Message-ID among those that a mailbox's ledger accepted since a moment; NotFound
// where there is none.
func (r reads) RecentInbound(ctx context.Context, box core.MailboxID, id string, since time.Time) (*Inbound, error) {
	rows, err := r.db.Query(ctx, "select "+inboundColumns+` from inbound i where accepted_at >= $3 and mailbox_id = $1 and message_id = $2 limit 1`,
		box, id, since)
	if err != nil {
		return nil, fmt.Errorf("message by its id: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanInbound)
	return i, notFound(err)
}
