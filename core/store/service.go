package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// SaveService writes a service; a new one gets its ID with the next flush. What hangs on it is saved apart.
func (tx *Tx) SaveService(e *core.ServiceEntry, parent, mailbox int64, position int) {
	said := map[string]bool{}
	for reason, toggle := range e.Notifications {
		said[reason] = toggle == core.On
	}
	fields := []any{parent, e.Name, e.Folder, mailbox, e.Language, *e.ReopenDays, *e.CloseAfterDays, e.UnknownSenders,
		nonNil(e.RequesterSees), *e.Inherit, position, e.AfterDeadline, nonNil(e.Waiting.RemindDays), e.Waiting.ResolveAfterDays, said, nonNil(e.MachineSenders),
		nonNil(e.TicketFields), e.Retention.RawMailDays, e.Retention.AttachmentDays, e.Description.Kept()}
	if e.ID == 0 {
		tx.write(`insert into service (parent_id, name, folder, mailbox_id, language, reopen_days, close_after_days, unknown_senders,
			requester_sees, inherit, position, after_deadline, remind_days, resolve_waiting_days, notifications, machine_senders,
			ticket_fields, keep_mail_days, keep_attachment_days, description)
			values (nullif($1::bigint, 0), $2, $3, nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) returning id`, fields...).QueryRow(intoID(&e.ID))
		return
	}
	// Which fields of tickets requesters are shown, and find by, may change with these, below the service too (D27).
	tx.write(`insert into search_queue select number from ticket where fields <> '{}' and merged_into is null and exists (select from service
		where id = $1 and (ticket_fields, inherit, coalesce(parent_id, 0)) is distinct from ($2::jsonb, $3::boolean, $4::bigint)) on conflict do nothing`,
		e.ID, fields[16], *e.Inherit, parent)
	tx.write(`update service set parent_id = nullif($1::bigint, 0), name = $2, folder = $3, mailbox_id = nullif($4::bigint, 0), language = $5,
		reopen_days = $6, close_after_days = $7, unknown_senders = $8, requester_sees = $9, inherit = $10, position = $11, after_deadline = $12,
		remind_days = $13, resolve_waiting_days = $14, notifications = $15, machine_senders = $16,
		ticket_fields = $17, keep_mail_days = $18, keep_attachment_days = $19, description = $20, archived_at = null where id = $21`, append(fields, e.ID)...)
}

// SaveServiceOrder puts services into the order in which they are listed.
func (tx *Tx) SaveServiceOrder(ids []int64) {
	tx.write("update service s set position = o.position from unnest($1::bigint[]) with ordinality o (id, position) where s.id = o.id", ids)
}

// SaveServiceSLAs replaces the list of requester groups and their SLAs; its order decides (D29).
func (tx *Tx) SaveServiceSLAs(service int64, list []core.ServiceSLA) {
	tx.write("delete from service_sla where service_id = $1", service)
	for i, e := range list {
		tx.write("insert into service_sla (service_id, position, group_id, sla_id) values ($1, $2, $3, $4)", service, i, e.Group, e.SLA)
	}
}

// SaveCategories replaces the routes of categories (D20).
func (tx *Tx) SaveCategories(service int64, routes map[core.Category]core.CategoryRoute) {
	tx.write("delete from service_category where service_id = $1", service)
	for category, r := range routes {
		tx.write(`insert into service_category (service_id, category, group_id, target_id)
			values ($1, $2, nullif($3::bigint, 0), nullif($4::bigint, 0))`, service, category, r.Group, r.Service)
	}
}

// RenameSolverGroup gives a solver group another name; where one out of use bears that name, it steps aside.
func (tx *Tx) RenameSolverGroup(service int64, was, name string) {
	tx.write(`update solver_group set name = name || ' (archived ' || id || ')' where service_id = $1 and lower(name) = lower($2)
		and archived_at is not null`, service, name)
	tx.write("update solver_group set name = $3 where service_id = $1 and lower(name) = lower($2) and archived_at is null", service, was, name)
}

// AddSolverGroup makes a solver group, or takes one of that name into use again.
func (tx *Tx) AddSolverGroup(service int64, name string) {
	tx.write(`insert into solver_group (service_id, name) values ($1, $2)
		on conflict (service_id, lower(name)) do update set name = excluded.name, archived_at = null`, service, name)
}

// ArchiveSolverGroup takes a solver group out of use, with all grants in it.
func (tx *Tx) ArchiveSolverGroup(service int64, name string, now time.Time) {
	tx.write(`delete from role_grant where solver_group_id in
		(select id from solver_group where service_id = $1 and lower(name) = lower($2))`, service, name)
	tx.write(`delete from service_category where group_id in
		(select id from solver_group where service_id = $1 and lower(name) = lower($2))`, service, name)
	tx.write("update solver_group set archived_at = $3 where service_id = $1 and lower(name) = lower($2)", service, name, now)
}

// SolverGroupKey finds a solver group by its service and its name in lower case.
type SolverGroupKey struct {
	Service int64
	Name    string
}

// SolverGroupIDs are the solver groups in use.
func (r reads) SolverGroupIDs(ctx context.Context) (map[SolverGroupKey]core.SolverGroupID, error) {
	ids := map[SolverGroupKey]core.SolverGroupID{}
	rows, err := r.db.Query(ctx, "select service_id, name, id from solver_group where archived_at is null")
	if err != nil {
		return nil, fmt.Errorf("solver groups: %w", err)
	}
	var key SolverGroupKey
	var id core.SolverGroupID
	_, err = pgx.ForEachRow(rows, []any{&key.Service, &key.Name, &id}, func() error {
		ids[SolverGroupKey{key.Service, strings.ToLower(key.Name)}] = id
		return nil
	})
	return ids, err
}

// SaveGrant writes a grant at its position in the service's list; one that is there keeps its id.
func (tx *Tx) SaveGrant(g core.Grant, position int) {
	tx.write(`insert into role_grant (service_id, role, person_id, members_of, solver_group_id, for_group_id, position)
		values ($1, $2, nullif($3::bigint, 0), nullif($4::bigint, 0), nullif($5::bigint, 0), nullif($6::bigint, 0), $7)
		on conflict (service_id, role, person_id, members_of, solver_group_id, for_group_id) do update set position = excluded.position`,
		g.Service, g.Role, g.Person, g.Members, g.SolverGroup, g.For, position)
}

// DropGrant takes a grant away.
func (tx *Tx) DropGrant(g core.Grant) {
	tx.write(`delete from role_grant where service_id = $1 and role = $2 and coalesce(person_id, 0) = $3 and coalesce(members_of, 0) = $4
		and coalesce(solver_group_id, 0) = $5 and coalesce(for_group_id, 0) = $6`, g.Service, g.Role, g.Person, g.Members, g.SolverGroup, g.For)
}

// GroupSizes counts the enabled persons in each requester group.
func (r reads) GroupSizes(ctx context.Context) (map[core.RequesterGroupID]int, error) {
	sizes := map[core.RequesterGroupID]int{}
	rows, err := r.db.Query(ctx, `select g.group_id, count(*) from requester_group_person g join person p on p.id = g.person_id
		where p.disabled_at is null group by g.group_id`)
	if err != nil {
		return nil, fmt.Errorf("requester groups: %w", err)
	}
	var id core.RequesterGroupID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { sizes[id] = n; return nil })
	return sizes, err
}

// RequesterGroupNames are the requester groups in use.
func (r reads) RequesterGroupNames(ctx context.Context) (map[core.RequesterGroupID]string, error) {
	names := map[core.RequesterGroupID]string{}
	rows, err := r.db.Query(ctx, "select id, name from requester_group where archived_at is null")
	if err != nil {
		return nil, fmt.Errorf("requester groups: %w", err)
	}
	var id core.RequesterGroupID
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil })
	return names, err
}
