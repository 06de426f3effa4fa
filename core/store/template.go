package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postdesk/core"
)

const templateColumns = `id, kind, service_id, title, text, language, subject, category, priority, fields, coalesce(requester_id, 0), schedule, next_at, failure,
	version, created_at, updated_at from template`

// templates reads what a query finds, with the requesters of periodic tickets.
func (r reads) templates(ctx context.Context, sql string, args ...any) ([]*core.Template, error) {
	rows, err := r.db.Query(ctx, "select "+templateColumns+" "+sql, args...)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	var requesters []core.PersonID
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*core.Template, error) {
		var t core.Template
		var requester core.PersonID
		var next *time.Time
		err := row.Scan(&t.ID, &t.Kind, &t.Service, &t.Title, &t.Text, &t.Language, &t.Subject, &t.Category, &t.Priority, &t.Fields, &requester, &t.Schedule,
			&next, &t.Failure, &t.Version, &t.CreatedAt, &t.UpdatedAt)
		if next != nil {
			t.NextAt = next.UTC()
		}
		t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
		if requester != 0 {
			t.Requester = &core.Person{ID: requester}
			requesters = append(requesters, requester)
		}
		return &t, err
	})
	if err != nil || len(requesters) == 0 {
		return list, err
	}
	people, err := r.People(ctx, requesters)
	for _, t := range list {
		if t.Requester != nil {
			t.Requester = people[t.Requester.ID]
		}
	}
	return list, err
}

// Templates lists the templates of some services, by title; "" is both kinds.
func (r reads) Templates(ctx context.Context, services []core.ServiceID, kind core.TemplateKind) ([]*core.Template, error) {
	return r.templates(ctx, "where service_id = any ($1) and (kind = $2 or $2 = '') order by lower(title), id", services, kind)
}

// Template reads one; NotFound where there is none.
func (r reads) Template(ctx context.Context, id string) (*core.Template, error) {
	return r.template(ctx, id, "")
}

// LockTemplate reads one that is about to change, or of which a ticket is about to be made.
func (tx *Tx) LockTemplate(ctx context.Context, id string) (*core.Template, error) {
	return tx.template(ctx, id, " for update")
}

func (r reads) template(ctx context.Context, id, lock string) (*core.Template, error) {
	if uuid.Validate(id) != nil {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	list, err := r.templates(ctx, "where id = $1"+lock, id)
	if err == nil && len(list) == 0 {
		err = core.Refuse(core.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// CountTemplates counts those of a service.
func (r reads) CountTemplates(ctx context.Context, id core.ServiceID) (n int, err error) {
	err = r.db.QueryRow(ctx, "select count(*) from template where service_id = $1", id).Scan(&n)
	return n, err
}

// AddTemplate keeps a new one. A title that another one of the service, kind and language bears is refused.
func (tx *Tx) AddTemplate(ctx context.Context, t *core.Template) error {
	_, err := tx.exec(ctx, `insert into template (id, created_at, kind, service_id, title, text, language, subject, category, priority, fields, requester_id, schedule, next_at,
		failure, version, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12::bigint, 0), $13, $14, $15, $16, $17)`,
		append([]any{t.ID, t.CreatedAt}, templateValues(t)...)...)
	return titleTaken(err, t)
}

// SaveTemplate writes a locked one.
func (tx *Tx) SaveTemplate(ctx context.Context, t *core.Template) error {
	_, err := tx.exec(ctx, `update template set kind = $2, service_id = $3, title = $4, text = $5, language = $6, subject = $7, category = $8, priority = $9, fields = $10,
		requester_id = nullif($11::bigint, 0), schedule = $12, next_at = $13, failure = $14, version = $15, updated_at = $16 where id = $1`,
		append([]any{t.ID}, templateValues(t)...)...)
	return titleTaken(err, t)
}

func templateValues(t *core.Template) []any {
	fields := t.Fields
	if fields == nil {
		fields = map[string]string{}
	}
	return []any{t.Kind, t.Service, t.Title, t.Text, t.Language, t.Subject, t.Category, t.Priority, fields, idOf(t.Requester), t.Schedule, nullTime(t.NextAt),
		t.Failure, t.Version, t.UpdatedAt}
}

// titleTaken makes the refusal of the index that keeps titles apart one that people can be told.
func titleTaken(err error, t *core.Template) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "template_title" {
		return core.Refuse(core.Conflict, "error.template.title_taken", t.Title)
	}
	return err
}

// DeleteTemplate removes one.
func (tx *Tx) DeleteTemplate(id string) { tx.write("delete from template where id = $1", id) }

// TemplatesDue are the templates of which a ticket is to be made, the longest due first.
func (r reads) TemplatesDue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	rows, err := r.db.Query(ctx, "select id from template where next_at <= $1 order by next_at, id limit $2", now, limit)
	if err != nil {
		return nil, fmt.Errorf("templates due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// SchedulesFor are the templates that open tickets for a person by a schedule.
func (r reads) SchedulesFor(ctx context.Context, id core.PersonID) ([]*core.Template, error) {
	return r.templates(ctx, "where requester_id = $1 and schedule is not null order by title, id", id)
}

// Scheduled notes what became of a due ticket of a locked template, and when the next one is; zero = never.
func (tx *Tx) Scheduled(id string, next time.Time, failure *core.TemplateFailure) {
	tx.write("update template set next_at = $2, failure = $3 where id = $1", id, nullTime(next), failure)
}
