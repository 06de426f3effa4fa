package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// MailQuestions are what must be known of every message before anything is decided about it.
type MailQuestions struct {
	Inbound    int64
	ContentKey []byte
	From       string   // folded; "" = no address that can be read
	Direct     []string // folded addresses that the message itself went to
	Tokens     [][]byte // of reply addresses among them
	MessageIDs []string // its own and those it refers to
	Words      []byte   // the key of its words (core.WordsKey); nil = too few
}

// MailFacts are the answers.
type MailFacts struct {
	Row     *Inbound // locked until the transaction ends
	Same    *Inbound // the message that the same content was applied or held with before; nil where none
	Sender  *core.Person
	Direct  []core.PersonID // who has one of the direct addresses beside their primary one
	Tokens  []TokenUse      // those that were issued
	Threads []ThreadHit
	Ours    bool // its words are those of a mail that the desk sent
}

// LookUpMail answers the questions and locks the message's row, in one round trip: most of the time that a mail takes is
// spent on the way to the database and back. NotFound where there is no such message.
func (tx *Tx) LookUpMail(ctx context.Context, q MailQuestions) (*MailFacts, error) {
	var f MailFacts
	b := &pgx.Batch{}
	b.Queue(lockInbound, q.Inbound).Query(func(rows pgx.Rows) (err error) {
		f.Row, err = pgx.CollectExactlyOneRow(rows, scanInbound)
		return notFound(err)
	})
	b.Queue("select "+inboundColumns+" from inbound i where content_key = $1", q.ContentKey).Query(func(rows pgx.Rows) (err error) {
		f.Same, err = atMostOne(pgx.CollectRows(rows, scanInbound))
		return err
	})
	if q.From != "" {
		b.Queue(personByAddress, q.From).Query(func(rows pgx.Rows) (err error) {
			f.Sender, err = atMostOne(pgx.CollectRows(rows, scanPerson))
			return err
		})
	}
	if len(q.Direct) > 0 {
		b.Queue("select person_id from person_address where address = any ((select $1::text[])::text[])", q.Direct).Query(func(rows pgx.Rows) (err error) {
			f.Direct, err = pgx.CollectRows(rows, pgx.RowTo[core.PersonID])
			return err
		})
	}
	if len(q.Tokens) > 0 {
		b.Queue(`select found.* from unnest((select $1::bytea[])) as wanted (token) cross join lateral (
			select token, person_id, coalesce(ticket_number, 0), purpose, expires_at, revoked_at is not null, `+mergedInto+`,
				uses, coalesce(approval_id::text, ''), digest, coalesce(address, '')
			from reply_token where token = wanted.token offset 0) found`, q.Tokens).Query(func(rows pgx.Rows) (err error) {
			f.Tokens, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TokenUse])
			return err
		})
	}
	if len(q.MessageIDs) > 0 {
		b.Queue(threads, q.MessageIDs).Query(func(rows pgx.Rows) (err error) {
			f.Threads, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ThreadHit])
			return err
		})
	}
	if q.Words != nil {
		b.Queue("select exists (select from outbox_content where text_key = $1)", q.Words).QueryRow(func(row pgx.Row) error { return row.Scan(&f.Ours) })
	}
	if err := tx.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("message %d: %w", q.Inbound, err)
	}
	return &f, nil
}

func atMostOne[T any](rows []*T, err error) (*T, error) {
	if len(rows) == 0 {
		return nil, err
	}
	return rows[0], err
}
