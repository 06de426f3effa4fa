package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Configuration reads everything that a desk file can say, with ids, and with what is archived or disabled marked so.
// Of people who only wrote to the desk it has those who use one of the addresses; there can be very many of them.
func (r reads) Configuration(ctx context.Context, addresses []string) (*core.DeskFile, error) {
	f := &core.DeskFile{Desk: &core.DeskEntry{}, Limits: &core.LimitsEntry{}}
	b := &pgx.Batch{}
	b.Queue("select name, languages, timezone, second_factor, oidc, limits from desk").QueryRow(func(row pgx.Row) error {
		var said []byte
		if err := row.Scan(&f.Desk.Name, &f.Desk.Languages, &f.Desk.Timezone, &f.Desk.SecondFactor, &f.Desk.OIDC, &said); err != nil {
			return err
		}
		limits := core.DefaultLimits() // what the row does not say counts as usual
		if err := json.Unmarshal(said, &limits); err != nil {
			return fmt.Errorf("limits: %w", err)
		}
		f.Limits = &core.LimitsEntry{AcknowledgementsPerDay: &limits.AcknowledgementsPerDay, AutomaticPerHour: &limits.AutomaticPerHour,
			AutomaticPerDay: &limits.AutomaticPerDay, BundleAbove: &limits.BundleAbove}
		return nil
	})
	list(b, &f.Organizations, `select id, archived_at is not null, name, domains, fields from organization order by id`,
		func(row pgx.CollectableRow) (e core.OrganizationEntry, err error) {
			return e, row.Scan(&e.ID, &e.Archived, &e.Name, &e.Domains, &e.Fields)
		})
	list(b, &f.People, `select p.id, p.disabled_at is not null, p.origin, p.password_hash is not null, p.email, p.name, coalesce(o.name, ''),
		coalesce(p.language, ''), p.administrator, coalesce(p.password_env, ''), p.fields,
		array(select address from person_address where person_id = p.id and confirmed_at is null order by address)
		from person p left join organization o on o.id = p.organization_id
		where p.origin = 'configured' or p.erased_at is null and p.email = any ($1) or p.id in (select person_id from person_address where address = any ($1))
		order by p.id`, scanPersonEntry, addresses)
	list(b, &f.RequesterGroups, `select g.id, g.archived_at is not null, g.name, g.domains,
		array(select p.email from requester_group_member m join person p on p.id = m.person_id where m.group_id = g.id order by p.email)
		from requester_group g order by g.id`,
		func(row pgx.CollectableRow) (e core.RequesterGroupEntry, err error) {
			return e, row.Scan(&e.ID, &e.Archived, &e.Name, &e.Domains, &e.Members)
		})
	list(b, &f.Calendars, `select id, archived_at is not null, name, timezone, hours, holidays::text[] from calendar order by id`,
		func(row pgx.CollectableRow) (e core.CalendarEntry, err error) {
			return e, row.Scan(&e.ID, &e.Archived, &e.Name, &e.Timezone, &e.Hours, &e.Holidays)
		})
	list(b, &f.SLAs, `select s.id, s.archived_at is not null, s.name, coalesce(c.name, ''), s.first_response, s.resolution, s.warn_before, s.priorities
		from sla s left join calendar c on c.id = s.calendar_id order by s.id`, scanSLAEntry)
	opens := map[core.MailboxID]core.ServiceID{}
	list(b, &f.Mailboxes, `select id, archived_at is not null, address, imap, smtp, auth, plus_addresses, coalesce(reply_domain, ''),
		start_setting, after, coalesce(opens_id, 0), authserv_ids, borders, dkim, policy from mailbox order by id`,
		func(row pgx.CollectableRow) (core.MailboxEntry, error) { return scanMailboxEntry(row, opens) })
	readServices := queueServices(b, f)
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	paths := readServices()
	for i := range f.Mailboxes {
		f.Mailboxes[i].Opens = paths[opens[core.MailboxID(f.Mailboxes[i].ID)]]
	}
	return f, nil
}

// list queues a query whose rows become the entries of one section, empty rather than absent.
func list[T any](b *pgx.Batch, into *[]T, sql string, scan pgx.RowToFunc[T], args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, scan)
		if *into == nil {
			*into = []T{}
		}
		return err
	})
}

func scanPersonEntry(row pgx.CollectableRow) (core.PersonEntry, error) {
	var e core.PersonEntry
	var organization string
	err := row.Scan(&e.ID, &e.Disabled, &e.Origin, &e.HasPassword, &e.Email, &e.Name, &organization, &e.Language, &e.Administrator,
		&e.PasswordEnv, &e.Fields, &e.Addresses)
	e.Organization = &organization
	return e, err
}

// targetSeconds is how the targets of a priority are kept.
type targetSeconds struct {
	FirstResponse int64 `json:"first_response,omitempty"`
	Resolution    int64 `json:"resolution,omitempty"`
}

func secondsOf(t core.SLATargets) (s targetSeconds, err error) {
	first, err := core.ParseSpan(t.FirstResponse)
	if err != nil {
		return s, err
	}
	resolution, err := core.ParseSpan(t.Resolution)
	return targetSeconds{int64(first / time.Second), int64(resolution / time.Second)}, err
}

func (s targetSeconds) targets() core.SLATargets {
	return core.SLATargets{FirstResponse: core.FormatSpan(time.Duration(s.FirstResponse) * time.Second),
		Resolution: core.FormatSpan(time.Duration(s.Resolution) * time.Second)}
}

func scanSLAEntry(row pgx.CollectableRow) (core.SLAEntry, error) {
	var e core.SLAEntry
	var usual targetSeconds
	var warn int64
	var priorities map[core.Priority]targetSeconds
	err := row.Scan(&e.ID, &e.Archived, &e.Name, &e.Calendar, &usual.FirstResponse, &usual.Resolution, &warn, &priorities)
	e.SLATargets, e.WarnBefore = usual.targets(), core.FormatSpan(time.Duration(warn)*time.Second)
	for p, s := range priorities {
		if e.Priorities == nil {
			e.Priorities = map[core.Priority]core.SLATargets{}
		}
		e.Priorities[p] = s.targets()
	}
	return e, err
}

func scanMailboxEntry(row pgx.CollectableRow, opens map[core.MailboxID]core.ServiceID) (core.MailboxEntry, error) {
	e := core.MailboxEntry{PlusAddresses: new(bool)}
	e.Trust.DKIM = new(bool)
	var after string
	var service core.ServiceID
	var auth []byte
	err := row.Scan(&e.ID, &e.Archived, &e.Address, &e.IMAP, &e.SMTP, &auth, e.PlusAddresses, &e.ReplyDomain,
		&e.Start, &after, &service, &e.Trust.AuthservIDs, &e.Trust.Borders, e.Trust.DKIM, &e.Trust.Policy)
	if err == nil && auth != nil {
		err = json.Unmarshal(auth, &e.Auth)
	}
	if err == nil {
		e.After, err = core.ParseAfter(after)
	}
	if err != nil {
		return e, fmt.Errorf("mailbox %s: %w", e.Address, err)
	}
	opens[core.MailboxID(e.ID)] = service
	return e, nil
}

// queueServices queues the reading of services with all that hangs on them; the function it gives puts them together
// once the batch has run, and tells each service's path.
func queueServices(b *pgx.Batch, f *core.DeskFile) func() map[core.ServiceID]string {
	parents, index := map[core.ServiceID]core.ServiceID{}, map[core.ServiceID]int{}
	at := func(id core.ServiceID) *core.ServiceEntry { return &f.Services[index[id]] }
	list(b, &f.Services, `select s.id, s.archived_at is not null, coalesce(s.parent_id, 0), s.name, s.folder, coalesce(m.address, ''), s.language,
		s.reopen_days, s.close_after_days, s.unknown_senders, s.requester_sees, s.inherit,
		s.after_deadline, s.remind_days, s.resolve_waiting_days, s.notifications, s.machine_senders,
		s.ticket_fields, s.keep_mail_days, s.keep_attachment_days, s.description
		from service s left join mailbox m on m.id = s.mailbox_id order by s.position, s.id`,
		func(row pgx.CollectableRow) (core.ServiceEntry, error) {
			e := core.ServiceEntry{ReopenDays: new(int), CloseAfterDays: new(int), Inherit: new(bool)}
			var parent core.ServiceID
			var said map[string]bool
			err := row.Scan(&e.ID, &e.Archived, &parent, &e.Name, &e.Folder, &e.Mailbox, &e.Language, e.ReopenDays, e.CloseAfterDays,
				&e.UnknownSenders, &e.RequesterSees, e.Inherit, &e.AfterDeadline, &e.Waiting.RemindDays, &e.Waiting.ResolveAfterDays, &said, &e.MachineSenders,
				&e.TicketFields, &e.Retention.RawMailDays, &e.Retention.AttachmentDays, &e.Description)
			for reason, wanted := range said {
				if e.Notifications == nil {
					e.Notifications = map[string]core.Toggle{}
				}
				e.Notifications[reason] = core.Off
				if wanted {
					e.Notifications[reason] = core.On
				}
			}
			index[core.ServiceID(e.ID)], parents[core.ServiceID(e.ID)] = len(index), parent
			return e, err
		})
	b.Queue(`select l.service_id, g.name, s.name from service_sla l join requester_group g on g.id = l.group_id join sla s on s.id = l.sla_id
		order by l.service_id, l.position`).Query(func(rows pgx.Rows) error {
		var id core.ServiceID
		var e core.RequestersEntry
		_, err := pgx.ForEachRow(rows, []any{&id, &e.Group, &e.SLA}, func() error {
			at(id).Requesters = append(at(id).Requesters, e)
			return nil
		})
		return err
	})
	type route struct {
		service  core.ServiceID
		category core.Category
		group    string
		target   core.ServiceID
	}
	var routes []route
	b.Queue(`select c.service_id, c.category, coalesce(g.name, ''), coalesce(c.target_id, 0)
		from service_category c left join solver_group g on g.id = c.group_id`).Query(func(rows pgx.Rows) error {
		var c route
		_, err := pgx.ForEachRow(rows, []any{&c.service, &c.category, &c.group, &c.target}, func() error {
			routes = append(routes, c)
			return nil
		})
		return err
	})
	b.Queue(`select r.service_id, r.role, coalesce(g.name, ''), coalesce(p.email, ''), coalesce(m.name, ''), coalesce(f.name, '')
		from role_grant r left join person p on p.id = r.person_id left join requester_group m on m.id = r.members_of
		left join solver_group g on g.id = r.solver_group_id left join requester_group f on f.id = r.for_group_id
		order by r.service_id, r.position, r.id`).Query(func(rows pgx.Rows) error {
		var id core.ServiceID
		var e core.RoleEntry
		var person, members string
		_, err := pgx.ForEachRow(rows, []any{&id, &e.Role, &e.Group, &person, &members, &e.ForRequesters}, func() error {
			addGrant(at(id), e, person, members)
			return nil
		})
		return err
	})
	b.Queue(`select g.service_id, g.name from solver_group g where g.archived_at is null
		and not exists (select from role_grant r where r.solver_group_id = g.id) order by g.id`).Query(func(rows pgx.Rows) error {
		var id core.ServiceID
		var name string
		_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			at(id).Roles = append(at(id).Roles, core.RoleEntry{Role: core.SolverGroupMember, Group: name})
			return nil
		})
		return err
	})
	return func() map[core.ServiceID]string {
		paths := map[core.ServiceID]string{}
		var path func(id core.ServiceID) string
		path = func(id core.ServiceID) string {
			if _, known := paths[id]; !known && id != 0 {
				e := at(id)
				e.Parent = path(parents[id])
				paths[id] = e.Path()
			}
			return paths[id]
		}
		for id := range index {
			path(id)
		}
		for _, c := range routes {
			e := at(c.service)
			if e.Categories == nil {
				e.Categories = map[core.Category]core.RouteEntry{}
			}
			e.Categories[c.category] = core.RouteEntry{Group: c.group, Service: paths[c.target]}
		}
		return paths
	}
}

// addGrant puts a grant into the last role entry where it fits there, so that an export reads as the file was written.
func addGrant(s *core.ServiceEntry, e core.RoleEntry, person, members string) {
	last := len(s.Roles) - 1
	if last < 0 || s.Roles[last].Role != e.Role || s.Roles[last].Group != e.Group || s.Roles[last].ForRequesters != e.ForRequesters {
		s.Roles = append(s.Roles, core.RoleEntry{Role: e.Role, Group: e.Group, ForRequesters: e.ForRequesters})
		last++
	}
	role := &s.Roles[last]
	if person != "" {
		role.People = append(role.People, person)
	} else {
		role.Groups = append(slices.Clip(role.Groups), members)
	}
}

// ConfiguredDirectory is the configuration as this transaction has made it so far. Unlike Directory it is never kept for
// others: what a change of the configuration writes may still be undone.
func (tx *Tx) ConfiguredDirectory(ctx context.Context) (*core.Directory, error) {
	return tx.loadDirectory(ctx)
}

// Installation is the id that this desk's automatic mail is marked with.
func (r reads) Installation(ctx context.Context) (id string, err error) {
	err = r.db.QueryRow(ctx, "select installation::text from desk").Scan(&id)
	return id, err
}
