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

// FailedDeliveries are the mails that did not arrive, or perhaps not, by the log record that they tell of.
func (r reads) FailedDeliveries(ctx context.Context, records []*core.Record) (map[string][]core.Delivery, error) {
	ids := make([]string, 0, len(records))
	for _, rec := range records {
		ids = append(ids, rec.ID)
	}
	rows, err := r.db.Query(ctx, `select record_id, address, state, response from outbox where record_id = any ($1::uuid[])
		and state in ('rejected', 'bounced', 'parked', 'uncertain') order by seq`, ids)
	if err != nil {
		return nil, fmt.Errorf("failed deliveries: %w", err)
	}
	found := map[string][]core.Delivery{}
	var record string
	var d core.Delivery
	_, err = pgx.ForEachRow(rows, []any{&record, &d.To, &d.State, &d.Response}, func() error {
		found[record] = append(found[record], d)
		return nil
	})
	return found, err
}
