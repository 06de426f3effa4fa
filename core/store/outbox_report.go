package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// MailNamed is the mail of the outbox with this Message-ID. NotFound where the desk sent none.
func (r reads) MailNamed(ctx context.Context, messageID string) (*Outbound, error) {
	return r.outbound(ctx, "message_id = $1", messageID)
}

// OnlyMailTo is the mail that was accepted for an address since a moment, where there is exactly one; else nil.
func (r reads) OnlyMailTo(ctx context.Context, address string, since time.Time) (*Outbound, error) {
	rows, err := r.db.Query(ctx, "select "+outboundColumns+` from outbox o where address = $1 and finished_at > $2 and state = 'accepted' limit 2`,
		address, since)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanOutbound)
	if err != nil || len(found) != 1 {
		return nil, err
	}
	return found[0], nil
}

// BounceMail writes that a mail which was handed over came back; false where that is known, or the mail never left. What
// waits to be sent a second time has left once. hard tells that no mail will reach the address (core.HardBounce).
func (tx *Tx) BounceMail(ctx context.Context, id, response string, hard bool, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, `update outbox set state = 'bounced', response = $2, finished_at = $3, soft = not $4::boolean, lease_until = null
		where id = $1::uuid and (state in ('accepted', 'uncertain', 'sending') or state = 'queued' and resent)`, id, response, now, hard)
	return tag.RowsAffected() == 1, err
}

// maxNote is how much is kept of what was heard of a mail, in characters.
const maxNote = 500

// NoteMail keeps what was heard of a mail after it was handed over, each thing once.
func (tx *Tx) NoteMail(id, note string) {
	tx.write(`update outbox set note = left(concat_ws('; ', nullif(note, ''), $2::text), $3)
		where id = $1::uuid and position($2 in note) = 0`, id, note, maxNote)
}

// SentFor gives each log record the mails that tell of it, oldest first.
func (r reads) SentFor(ctx context.Context, records []*core.Record) error {
	ids, index := make([]string, 0, len(records)), map[string]*core.Record{}
	for _, rec := range records {
		ids = append(ids, rec.ID)
		index[rec.ID] = rec
	}
	rows, err := r.db.Query(ctx, `select o.record_id, o.address, coalesce(p.name, ''), o.state, o.response
		from outbox o left join person p on p.id = o.person_id where o.record_id = any ($1::uuid[]) order by o.seq`, ids)
	if err != nil {
		return fmt.Errorf("mails of records: %w", err)
	}
	var record string
	var s core.Sent
	_, err = pgx.ForEachRow(rows, []any{&record, &s.To.Email, &s.To.Name, &s.State, &s.Response}, func() error {
		index[record].Sent = append(index[record].Sent, s)
		return nil
	})
	return err
}
