package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// AddRecord writes a log record with its attachments. Small attachment contents come along; larger ones are stored
// before (PutBlob).
func (tx *Tx) AddRecord(r *core.Record) error {
	var change []byte
	if r.Change != (core.Change{}) {
		var err error
		if change, err = json.Marshal(r.Change); err != nil {
			return err
		}
	}
	tx.search(r.Ticket, false)
	tx.write(`insert into log_record (id, ticket_number, at, kind, author_id, author_address, via, text, folded, show_to_requester,
		verified, message_id, inbound_id, change, work, copied)
		values ($1, $2, $3, $4, nullif($5::bigint, 0), $6, $7, $8, $9, $10, $11, $12, nullif($13::bigint, 0), $14, nullif($15::int, 0), coalesce($16::text[], '{}'))`,
		r.ID, r.Ticket, r.At, r.Kind, idOf(r.Author), r.AuthorAddress, r.Via, r.Text, r.Folded, r.ShowToRequester,
		r.Verified, r.MessageID, r.Inbound, change, r.Work, r.Copied)
	if len(r.Attachments) == 0 {
		return nil
	}
	tx.addSmallBlobs(r.Attachments)
	for i, a := range r.Attachments {
		tx.write(`insert into attachment (id, record_id, position, name, content_type, size, sha256, inline, content_id, dropped_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $7::bytea is null then $10::timestamptz end)`,
			a.ID, r.ID, i, a.Name, a.ContentType, a.Size, contentOf(a), a.Inline, a.ContentID, r.At)
	}
	return nil
}

const recordColumns = `r.id, r.ticket_number, r.at, r.kind, coalesce(r.author_id, 0), r.author_address, r.via, r.text, r.folded,
	r.show_to_requester, r.verified, r.message_id, coalesce(r.inbound_id, 0), r.change, coalesce(r.work, 0), r.copied`

// Records reads a ticket's log, oldest first, with authors and attachments.
func (r reads) Records(ctx context.Context, n core.Number) ([]*core.Record, error) {
	return r.records(ctx, "r.ticket_number = $1 order by r.at", n)
}

// Record reads one log record. NotFound where there is none.
func (r reads) Record(ctx context.Context, id string) (*core.Record, error) {
	name, err := nameOf(id)
	if err != nil {
		return nil, err
	}
	return r.one(ctx, "r.id = $1", name)
}

// FirstRecord is the message that opened a ticket. What was merged into it may be older, and is not it.
func (r reads) FirstRecord(ctx context.Context, n core.Number) (*core.Record, error) {
	return r.one(ctx, `r.ticket_number = $1 and kind = 'message' and show_to_requester
		and r.at >= (select created_at from ticket where number = $1) order by r.at limit 1`, n)
}

// LastAnswer is the team's last message to the requester; nil where there is none.
func (r reads) LastAnswer(ctx context.Context, n core.Number) (*core.Record, error) {
	rec, err := r.one(ctx, `r.ticket_number = $1 and kind = 'message' and show_to_requester
		and author_id is distinct from (select requester_id from ticket where number = $1) order by r.at desc limit 1`, n)
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	return rec, err
}

// SetRecordText writes what a record says now: the log keeps the earlier text in a record of its own.
func (tx *Tx) SetRecordText(r *core.Record) {
	tx.search(r.Ticket, true)
	tx.write("update log_record set text = $2 where id = $1", r.ID, r.Text)
}

func (r reads) one(ctx context.Context, where string, key any) (*core.Record, error) {
	records, err := r.records(ctx, where, key)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	return records[0], nil
}

func (r reads) records(ctx context.Context, where string, key any) ([]*core.Record, error) {
	var records []*core.Record
	index := map[string]*core.Record{}
	var authors []core.PersonID
	rows, err := r.db.Query(ctx, "select "+recordColumns+" from log_record r where "+where, key)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var rec core.Record
		var author core.PersonID
		var change []byte
		if err := rows.Scan(&rec.ID, &rec.Ticket, &rec.At, &rec.Kind, &author, &rec.AuthorAddress, &rec.Via, &rec.Text, &rec.Folded,
			&rec.ShowToRequester, &rec.Verified, &rec.MessageID, &rec.Inbound, &change, &rec.Work, &rec.Copied); err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		if change != nil {
			if err := json.Unmarshal(change, &rec.Change); err != nil {
				return nil, fmt.Errorf("log record %s: %w", rec.ID, err)
			}
		}
		records, authors = append(records, &rec), append(authors, author)
		index[rec.ID] = &rec
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	if len(records) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(records))
	for _, rec := range records {
		ids = append(ids, rec.ID)
	}
	var people map[core.PersonID]*core.Person
	b := &pgx.Batch{}
	b.Queue("select "+personColumns+" from person p where p.id = any ($1)", authors).Query(func(rows pgx.Rows) (err error) {
		people, err = byID(pgx.CollectRows(rows, scanPerson))
		return err
	})
	b.Queue("select record_id, "+attachmentColumns+" from attachment a where record_id = any ($1) order by record_id, position", ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var record string
			var a core.Attachment
			if err := rows.Scan(append([]any{&record}, attachmentFields(&a)...)...); err != nil {
				return err
			}
			index[record].Attachments = append(index[record].Attachments, a)
		}
		return rows.Err()
	})
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	for i, rec := range records {
		rec.Author = people[authors[i]]
	}
	return records, nil
}

const attachmentColumns = "a.id, a.name, a.content_type, a.size, a.sha256, a.dropped_at is not null, a.inline, a.content_id"

func attachmentFields(a *core.Attachment) []any {
	return []any{&a.ID, &a.Name, &a.ContentType, &a.Size, digest{&a.SHA256}, &a.Removed, &a.Inline, &a.ContentID}
}

// contentOf is what an attachment refers to; nil where its content was dropped (a message can be split off later).
func contentOf(a core.Attachment) []byte {
	if a.Removed {
		return nil
	}
	return a.SHA256[:]
}

// digest scans a bytea of 32 bytes; null leaves it zero.
type digest struct{ to *[32]byte }

func (d digest) ScanBytes(v []byte) error {
	if v == nil {
		return nil
	}
	if len(v) != 32 {
		return fmt.Errorf("digest of %d bytes", len(v))
	}
	copy(d.to[:], v)
	return nil
}

// Attachment finds a file of a ticket together with the record that it belongs to, whose visibility is the file's.
func (r reads) Attachment(ctx context.Context, n core.Number, id string) (*core.Attachment, *core.Record, error) {
	var a core.Attachment
	var record string
	name, err := nameOf(id)
	if err != nil {
		return nil, nil, err
	}
	err = r.db.QueryRow(ctx, "select record_id, "+attachmentColumns+` from attachment a join log_record r on r.id = a.record_id
		where a.id = $2 and r.ticket_number = $1`, n, name).Scan(append([]any{&record}, attachmentFields(&a)...)...)
	if err != nil {
		return nil, nil, notFound(err)
	}
	rec, err := r.Record(ctx, record)
	return &a, rec, err
}
