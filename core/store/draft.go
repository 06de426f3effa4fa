package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// failure is how a refusal is kept: what fills its sentence as text.
type failure struct {
	Key  string   `json:"key"`
	Args []string `json:"args,omitempty"`
}

const draftColumns = "d.id, d.person_id, coalesce(d.ticket_number, 0), d.kind, d.text, d.fields, d.status, d.updated_at, d.send_at, d.failure"

func scanDraft(row pgx.CollectableRow) (*core.Draft, error) {
	var d core.Draft
	var sendAt *time.Time
	var failed *failure
	err := row.Scan(&d.ID, &d.Author, &d.Ticket, &d.Kind, &d.Text, &d.Fields, &d.Status, &d.UpdatedAt, &sendAt, &failed)
	if sendAt != nil {
		d.SendAt = *sendAt
	}
	if failed != nil {
		refusal := &core.Error{Code: core.Conflict, Key: failed.Key}
		for _, arg := range failed.Args {
			refusal.Args = append(refusal.Args, arg)
		}
		d.Failure = refusal
	}
	return &d, err
}

func (r reads) drafts(ctx context.Context, where string, args ...any) ([]*core.Draft, error) {
	rows, err := r.db.Query(ctx, "select "+draftColumns+" from draft d where "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("drafts: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanDraft)
	if err != nil || len(list) == 0 {
		return list, err
	}
	byID, ids := map[string]*core.Draft{}, []string{}
	for _, d := range list {
		byID[d.ID], ids = d, append(ids, d.ID)
	}
	files, err := r.db.Query(ctx, "select draft_id, id, name, content_type, size, sha256 from draft_file where draft_id = any ($1) order by id", ids)
	if err != nil {
		return nil, fmt.Errorf("files of drafts: %w", err)
	}
	var draft string
	var a core.Attachment
	_, err = pgx.ForEachRow(files, []any{&draft, &a.ID, &a.Name, &a.ContentType, &a.Size, digest{&a.SHA256}}, func() error {
		byID[draft].Files = append(byID[draft].Files, a)
		return nil
	})
	return list, err
}

// Drafts are what a person is writing in a ticket, and what of it waits to be sent, in that order; 0 = a new ticket.
func (r reads) Drafts(ctx context.Context, p core.PersonID, n core.Number) ([]*core.Draft, error) {
	return r.drafts(ctx, "d.person_id = $1 and coalesce(d.ticket_number, 0) = $2 order by d.send_at nulls first, d.updated_at desc", p, n)
}

// DraftsOf are all drafts of a person, those that could not be sent first, then the newest.
func (r reads) DraftsOf(ctx context.Context, p core.PersonID) ([]*core.Draft, error) {
	return r.drafts(ctx, "d.person_id = $1 order by d.failure is null, d.updated_at desc limit 200", p)
}

// DraftsIn tells in which of some tickets a person writes something; true = something of it could not be sent.
func (r reads) DraftsIn(ctx context.Context, p core.PersonID, tickets []core.Number) (map[core.Number]bool, error) {
	rows, err := r.db.Query(ctx, "select ticket_number, bool_or(failure is not null) from draft where person_id = $1 and ticket_number = any ($2) group by 1", p, tickets)
	if err != nil {
		return nil, fmt.Errorf("drafts of tickets: %w", err)
	}
	in := map[core.Number]bool{}
	var n core.Number
	var failed bool
	_, err = pgx.ForEachRow(rows, []any{&n, &failed}, func() error { in[n] = failed; return nil })
	return in, err
}

// UnsentCount is how many messages of a person could not be sent.
func (r reads) UnsentCount(ctx context.Context, p core.PersonID) (n int, err error) {
	err = r.db.QueryRow(ctx, "select count(*) from draft where person_id = $1 and failure is not null", p).Scan(&n)
	return n, err
}

// DraftsDue are the drafts that are to be sent, the longest due first, with their authors.
func (r reads) DraftsDue(ctx context.Context, now time.Time, limit int) (ids []string, authors []core.PersonID, err error) {
	rows, err := r.db.Query(ctx, "select id, person_id from draft where send_at <= $1 order by send_at, id limit $2", now, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("drafts due: %w", err)
	}
	var id string
	var author core.PersonID
	_, err = pgx.ForEachRow(rows, []any{&id, &author}, func() error {
		ids, authors = append(ids, id), append(authors, author)
		return nil
	})
	return ids, authors, err
}

// LockDraft reads a draft that is about to be sent or taken back; NotFound where it is gone.
func (tx *Tx) LockDraft(ctx context.Context, id string) (*core.Draft, error) {
	name, err := nameOf(id)
	if err != nil {
		return nil, err
	}
	return tx.oneDraft(ctx, "d.id = $1 for update", name)
}

// LockWritten is LockDraft for what a person is writing.
func (tx *Tx) LockWritten(ctx context.Context, p core.PersonID, n core.Number, kind core.DraftKind) (*core.Draft, error) {
	return tx.oneDraft(ctx, "d.person_id = $1 and coalesce(d.ticket_number, 0) = $2 and d.kind = $3 and d.send_at is null for update", p, n, kind)
}

func (tx *Tx) oneDraft(ctx context.Context, where string, args ...any) (*core.Draft, error) {
	list, err := tx.drafts(ctx, where, args...)
	if err == nil && len(list) == 0 {
		err = core.Refuse(core.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

const writeDraft = `insert into draft (id, person_id, ticket_number, kind, text, fields, updated_at, failure)
	values ($1, $2, nullif($3::bigint, 0), $4, $5, $6, $7, $8) on conflict (person_id, coalesce(ticket_number, 0), kind) where send_at is null do update set `

// SaveDraft keeps what somebody writes, in place of what they wrote before. Files stay. It sets the draft's ID.
func (tx *Tx) SaveDraft(ctx context.Context, d *core.Draft) error {
	if d.Fields == nil {
		d.Fields = map[string]string{}
	}
	return tx.db.QueryRow(ctx, writeDraft+"text = excluded.text, fields = excluded.fields, updated_at = excluded.updated_at, failure = null returning id",
		newDraftID(), d.Author, d.Ticket, d.Kind, d.Text, d.Fields, d.UpdatedAt, nil).Scan(&d.ID)
}

// DraftFile makes sure that somebody writes something, and adds a file to it.
func (tx *Tx) DraftFile(ctx context.Context, d *core.Draft, a core.Attachment) error {
	err := tx.db.QueryRow(ctx, writeDraft+"updated_at = excluded.updated_at returning id",
		newDraftID(), d.Author, d.Ticket, d.Kind, "", map[string]string{}, d.UpdatedAt, nil).Scan(&d.ID)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	tx.write("insert into draft_file (id, draft_id, name, content_type, size, sha256) values ($1, $2, $3, $4, $5, $6)", a.ID, d.ID, a.Name, a.ContentType, a.Size, a.SHA256[:])
	return nil
}

// DropDraftFiles takes files away from a draft.
func (tx *Tx) DropDraftFiles(draft string, ids []string) {
	tx.write("delete from draft_file where draft_id = $1 and id::text = any ($2)", draft, ids)
}

// ScheduleDraft says when a draft is sent, and what its ticket is set to with it.
func (tx *Tx) ScheduleDraft(id string, at time.Time, status core.Status) {
	tx.write("update draft set send_at = $2, status = $3, failure = null where id = $1", id, at, status)
}

// ReturnDraft makes a draft that was on its way one that is being written, with why it was not sent. What its author wrote
// meanwhile stands below it.
func (tx *Tx) ReturnDraft(ctx context.Context, d *core.Draft, why *core.Error, now time.Time) error {
	var failed []byte
	if why != nil {
		f := failure{Key: why.Key}
		for _, arg := range why.Args {
			f.Args = append(f.Args, fmt.Sprint(arg))
		}
		var err error
		if failed, err = json.Marshal(f); err != nil {
			return err
		}
	}
	var into string
	err := tx.db.QueryRow(ctx, writeDraft+`text = case when draft.text = '' then excluded.text else excluded.text || E'\n\n' || draft.text end,
		updated_at = excluded.updated_at, failure = excluded.failure returning id`,
		newDraftID(), d.Author, d.Ticket, d.Kind, d.Text, d.Fields, now, failed).Scan(&into)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	tx.write("update draft_file set draft_id = $2 where draft_id = $1", d.ID, into)
	tx.DeleteDraft(d.ID)
	return nil
}

// DeleteDraft removes a draft with its files.
func (tx *Tx) DeleteDraft(id string) { tx.write("delete from draft where id = $1", id) }

// moveDrafts takes what is written in a ticket to the one it is merged into, as far as its author writes nothing there.
func (tx *Tx) moveDrafts(from, into core.Number) {
	tx.write(`update draft d set ticket_number = $2 where ticket_number = $1 and (send_at is not null
		or not exists (select from draft o where o.person_id = d.person_id and o.ticket_number = $2 and o.kind = d.kind and o.send_at is null))`, from, into)
}

// SweepDrafts removes what nobody went on writing since a moment.
func (s *Store) SweepDrafts(ctx context.Context, before time.Time) error {
	if _, err := s.pool.Exec(ctx, "delete from draft where updated_at < $1 and send_at is null", before); err != nil {
		return fmt.Errorf("old drafts: %w", err)
	}
	return nil
}

func newDraftID() string { return uuid.Must(uuid.NewV7()).String() }
