package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Directory is the configuration as this transaction sees it. The picture is cached by its version, which the begin of
// the transaction has read. A transaction that changes the configuration gets one of its own, which nobody else ever does:
// it is not what the next version will be, and may still be undone.
func (tx *Tx) Directory(ctx context.Context) (*core.Directory, error) {
	if !tx.begun {
		if err := tx.Flush(ctx); err != nil {
			return nil, fmt.Errorf("begin: %w", err)
		}
	}
	if tx.config {
		return tx.loadDirectory(ctx)
	}
	if d := tx.store.directory.Load(); d != nil && d.Version == tx.version {
		tx.store.confirmed.Store(time.Now().UnixNano())
		return d, nil
	}
	d, err := tx.loadDirectory(ctx)
	if err != nil {
		return nil, err
	}
	tx.store.directory.Store(d)
	tx.store.confirmed.Store(time.Now().UnixNano())
	return d, nil
}

// RecentDirectory is the configuration as it was less than a second ago. It asks the database only where no transaction
// has lately. It is for reading and writing mail, never for deciding.
func (s *Store) RecentDirectory(ctx context.Context) (*core.Directory, error) {
	if d := s.directory.Load(); d != nil && time.Now().UnixNano()-s.confirmed.Load() < int64(time.Second) {
		return d, nil
	}
	return s.Directory(ctx)
}

// Directory is the configuration as it is now.
func (s *Store) Directory(ctx context.Context) (*core.Directory, error) {
	var version int64
	if err := s.db.QueryRow(ctx, "select version from desk").Scan(&version); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if d := s.directory.Load(); d != nil && d.Version == version {
		return d, nil
	}
	var d *core.Directory
	err := s.InTx(ctx, func(tx *Tx) (err error) {
		d, err = tx.Directory(ctx)
		return err
	})
	return d, err
}

func (r reads) loadDirectory(ctx context.Context) (*core.Directory, error) {
	d := &core.Directory{
		Services: map[core.ServiceID]*core.Service{}, SLAs: map[core.SLAID]*core.SLA{}, Grants: map[core.ServiceID][]core.Grant{},
		SolverGroups: map[core.SolverGroupID]core.SolverGroup{}, Mailboxes: map[core.MailboxID]*core.Mailbox{},
		Organizations: map[core.OrganizationID]core.Organization{}, People: map[core.PersonID]*core.Person{},
	}
	b := &pgx.Batch{}
	d.Limits = core.DefaultLimits() // what the row does not say counts as usual
	b.Queue("select version, name, languages, timezone, second_factor, oidc, limits from desk").QueryRow(func(row pgx.Row) error {
		var limits []byte
		if err := row.Scan(&d.Version, &d.Desk.Name, &d.Desk.Languages, &d.Desk.Timezone, &d.Desk.SecondFactor, &d.Desk.OIDC, &limits); err != nil {
			return err
		}
		return json.Unmarshal(limits, &d.Limits)
	})
	b.Queue("select id, name, fields from organization").Query(func(rows pgx.Rows) error {
		var id core.OrganizationID
		var o core.Organization
		_, err := pgx.ForEachRow(rows, []any{&id, &o.Name, &o.Fields}, func() error {
			d.Organizations[id], o = o, core.Organization{}
			return nil
		})
		return err
	})
	b.Queue(`select id, coalesce(parent_id, 0), name, folder, coalesce(mailbox_id, 0), language, reopen_days, close_after_days,
		unknown_senders, requester_sees, inherit, archived_at is not null, after_deadline, remind_days, resolve_waiting_days, notifications, machine_senders,
		ticket_fields, keep_mail_days, keep_attachment_days, description
		from service`).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			s := &core.Service{Categories: map[core.Category]core.CategoryRoute{}}
			if err := rows.Scan(&s.ID, &s.Parent, &s.Name, &s.Folder, &s.Mailbox, &s.Language, &s.ReopenDays, &s.CloseAfterDays,
				&s.UnknownSenders, &s.RequesterSees, &s.Inherit, &s.Archived,
				&s.AfterDeadline, &s.RemindDays, &s.ResolveWaiting, &s.Notifications, &s.MachineSenders,
				&s.TicketFields, &s.Retention.RawMailDays, &s.Retention.AttachmentDays, &s.Description); err != nil {
				return err
			}
			d.Services[s.ID] = s
		}
		return rows.Err()
	})
	b.Queue("select service_id, group_id, sla_id from service_sla order by service_id, position").Query(func(rows pgx.Rows) error {
		var id core.ServiceID
		var e core.ServiceSLA
		_, err := pgx.ForEachRow(rows, []any{&id, &e.Group, &e.SLA}, func() error {
			d.Services[id].SLAs = append(d.Services[id].SLAs, e)
			return nil
		})
		return err
	})
	b.Queue("select service_id, category, coalesce(group_id, 0), coalesce(target_id, 0) from service_category").Query(func(rows pgx.Rows) error {
		var id core.ServiceID
		var c core.Category
		var route core.CategoryRoute
		_, err := pgx.ForEachRow(rows, []any{&id, &c, &route.Group, &route.Service}, func() error {
			d.Services[id].Categories[c] = route
			return nil
		})
		return err
	})
	b.Queue("select id, service_id, name from solver_group where archived_at is null").Query(func(rows pgx.Rows) error {
		var g core.SolverGroup
		_, err := pgx.ForEachRow(rows, []any{&g.ID, &g.Service, &g.Name}, func() error { d.SolverGroups[g.ID] = g; return nil })
		return err
	})
	b.Queue(`select service_id, role, coalesce(person_id, 0), coalesce(members_of, 0), coalesce(solver_group_id, 0), coalesce(for_group_id, 0)
		from role_grant order by service_id, position, id`).Query(func(rows pgx.Rows) error {
		var g core.Grant
		_, err := pgx.ForEachRow(rows, []any{&g.Service, &g.Role, &g.Person, &g.Members, &g.SolverGroup, &g.For}, func() error {
			d.Grants[g.Service] = append(d.Grants[g.Service], g)
			return nil
		})
		return err
	})
	b.Queue(`select id, address, plus_addresses, coalesce(reply_domain, ''), coalesce(opens_id, 0), authserv_ids, borders, dkim, policy
		from mailbox where archived_at is null`).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			m := &core.Mailbox{}
			if err := rows.Scan(&m.ID, &m.Address, &m.PlusAddresses, &m.ReplyDomain, &m.Opens, &m.AuthservIDs, &m.Borders, &m.DKIM, &m.Policy); err != nil {
				return err
			}
			d.Mailboxes[m.ID] = m
		}
		return rows.Err()
	})
	b.Queue("select " + personColumns + " from person p where p.id in (select person_id from role_grant where person_id is not null)").Query(func(rows pgx.Rows) error {
		people, err := pgx.CollectRows(rows, scanPerson)
		for _, p := range people {
			d.People[p.ID] = p
		}
		return err
	})
	queueSLAs(b, d)
	absences := queueAbsences(b)
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	d.Absences = absences()
	return d, nil
}
