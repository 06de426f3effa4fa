package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Noun is a table whose rows are kept when they go out of use, and whose names are unique.
type Noun string

// The nouns of the configuration that Archive and Rename take.
const (
	Organizations   Noun = "organization"
	People          Noun = "person"
	RequesterGroups Noun = "requester_group"
	Calendars       Noun = "calendar"
	SLAs            Noun = "sla"
	Mailboxes       Noun = "mailbox"
	Services        Noun = "service"
)

func (n Noun) key() string {
	switch n {
	case People:
		return "email"
	case Mailboxes:
		return "address"
	}
	return "name"
}

// Rename makes way for new names: the rows that get one step aside, so that two may swap theirs, and so do rows out of
// use that still bear one of the names. Saving the rows gives them their names.
func (tx *Tx) Rename(n Noun, ids []int64, names []string) {
	if len(ids) == 0 {
		return
	}
	key := n.key()
	tx.write(fmt.Sprintf("update %s set %s = %s || ' (renamed ' || id || ')' where id = any ($1)", n, key, key), ids)
	if n != People {
		tx.write(fmt.Sprintf("update %s set %s = %s || ' (archived ' || id || ')' where archived_at is not null and lower(%s) = any ($1)", n, key, key, key), names)
	}
}

// Archive takes a row out of use; what refers to it keeps it.
func (tx *Tx) Archive(n Noun, id int64, now time.Time) {
	tx.write(fmt.Sprintf("update %s set archived_at = $2 where id = $1", n), id, now)
	if n == RequesterGroups { // nobody is in it any more
		tx.write("update requester_group set domains = '{}' where id = $1", id)
		tx.write("delete from requester_group_member where group_id = $1", id)
	}
}

// intoID takes the id of a row that an insert made; it is there after the next flush.
func intoID(id *int64) func(pgx.Row) error {
	return func(row pgx.Row) error { return row.Scan(id) }
}

// SaveDesk writes what is set once.
func (tx *Tx) SaveDesk(e *core.DeskEntry) {
	tx.write("update desk set name = $1, languages = $2, timezone = $3, second_factor = $4, oidc = $5", e.Name, e.Languages, e.Timezone, e.SecondFactor, nonNil(e.OIDC))
}

// SaveLimits writes the limits of automatic mail; all are set.
func (tx *Tx) SaveLimits(e *core.LimitsEntry) {
	tx.write("update desk set limits = $1", core.Limits{AcknowledgementsPerDay: *e.AcknowledgementsPerDay,
		AutomaticPerHour: *e.AutomaticPerHour, AutomaticPerDay: *e.AutomaticPerDay, BundleAbove: *e.BundleAbove})
}

// SaveOrganization writes an organization; a new one gets its ID with the next flush. So do all Save methods.
func (tx *Tx) SaveOrganization(e *core.OrganizationEntry) {
	if e.ID == 0 {
		tx.write("insert into organization (name, domains, fields) values ($1, $2, $3) returning id", e.Name, e.Domains, fieldsOf(e.Fields)).QueryRow(intoID(&e.ID))
		return
	}
	tx.write("update organization set name = $2, domains = $3, fields = $4, archived_at = null where id = $1", e.ID, e.Name, e.Domains, fieldsOf(e.Fields))
}

// fieldsOf are custom fields as they are kept.
func fieldsOf(fields map[string]string) map[string]string {
	if fields == nil {
		return map[string]string{}
	}
	return fields
}

// SavePerson writes a configured person; they are enabled. Addresses are saved apart.
func (tx *Tx) SavePerson(e *core.PersonEntry, organization core.OrganizationID, now time.Time) {
	if e.ID == 0 {
		tx.write(`insert into person (email, name, organization_id, language, administrator, password_env, fields, created_at)
			values ($1, $2, nullif($3::bigint, 0), nullif($4, ''), $5, nullif($6, ''), $7, $8) returning id`,
			e.Email, e.Name, organization, e.Language, e.Administrator, e.PasswordEnv, fieldsOf(e.Fields), now).QueryRow(intoID(&e.ID))
		return
	}
	tx.write(`insert into search_queue select t.number from ticket t join person p on p.id = t.requester_id
		where p.id = $1 and (p.email, p.name) is distinct from ($2, $3) and t.merged_into is null on conflict do nothing`, e.ID, e.Email, e.Name)
	tx.write(`update person set email = $2, name = $3, organization_id = nullif($4::bigint, 0), language = nullif($5, ''), administrator = $6,
		password_env = nullif($7, ''), fields = $8, origin = 'configured', disabled_at = null where id = $1`,
		e.ID, e.Email, e.Name, organization, e.Language, e.Administrator, e.PasswordEnv, fieldsOf(e.Fields))
}

// SetAside takes the addresses from people who turn out to be somebody else, so that this one can have them.
func (tx *Tx) SetAside(people []int64) {
	tx.write("update person set email = email || ' (absorbed ' || id || ')' where id = any ($1)", people)
	tx.DropAddresses(people)
}

// Absorb gives a person everything that hangs on entries of the same person that the desk had made from mail. These
// stay, disabled, for nothing to refer to.
func (tx *Tx) Absorb(into core.PersonID, from []int64, now time.Time) {
	for _, sql := range []string{
		`insert into search_queue select number from ticket where (requester_id = any ($2) or number in (select ticket_number from ticket_person
			where person_id = any ($2))) and merged_into is null and $1 <> 0 on conflict do nothing`,
		"update ticket set requester_id = $1 where requester_id = any ($2)",
		`insert into ticket_person (ticket_number, person_id, part, added_at, since)
			select ticket_number, $1, part, min(added_at), case when bool_and(since is not null) then min(since) end from ticket_person
			where person_id = any ($2) group by ticket_number, part on conflict do nothing`,
		`insert into approver (approval_id, person_id, position, state, decided_by, decided_at, text)
			select distinct on (approval_id) approval_id, $1, position, state, decided_by, decided_at, text from approver
			where person_id = any ($2) order by approval_id, decided_at on conflict do nothing`,
		"update log_record set author_id = $1 where author_id = any ($2)",
		"update outbox set person_id = $1 where person_id = any ($2)",
		"update reply_token set person_id = $1 where person_id = any ($2)",
	} {
		tx.write(sql, into, from)
	}
	tx.write("delete from ticket_person where person_id = any ($1)", from)
	tx.write("delete from approver where person_id = any ($1)", from)
	tx.write("update person set disabled_at = $2 where id = any ($1)", from, now)
}

// DropAddresses takes other addresses from people, before SaveAddresses gives them. Those that they confirmed themselves
// stay, unless they are somebody's primary one now.
func (tx *Tx) DropAddresses(people []int64) {
	tx.write("delete from person_address where person_id = any ($1) and confirmed_at is null", people)
	tx.write("delete from person_address using person p where p.id = any ($1) and address = p.email", people)
}

// SaveAddresses gives a person their other addresses, whoever may have confirmed them before.
func (tx *Tx) SaveAddresses(person int64, addresses []string) {
	for _, a := range addresses {
		tx.write("delete from person_address where address = $1 and confirmed_at is not null", a)
		tx.write("insert into person_address (address, person_id) values ($1, $2)", a, person)
	}
}

// SetPassword keeps the hash of a person's password.
func (tx *Tx) SetPassword(person int64, hash string) {
	tx.write("update person set password_hash = $2 where id = $1", person, hash)
}

// DisablePerson takes the ways in from a person: signing in, sign-in links, reply addresses; RevokeAPITokens ends the others.
func (tx *Tx) DisablePerson(person core.PersonID, now time.Time) {
	tx.write("update person set disabled_at = $2 where id = $1 and disabled_at is null", person, now)
	tx.write("update sign_in_link set used_at = $2 where person_id = $1 and used_at is null", person, now)
	tx.RevokeTokensOf(person, now)
}

// SaveRequesterGroup writes a requester group; members are saved apart.
func (tx *Tx) SaveRequesterGroup(e *core.RequesterGroupEntry) {
	if e.ID == 0 {
		tx.write("insert into requester_group (name, domains) values ($1, $2) returning id", e.Name, e.Domains).QueryRow(intoID(&e.ID))
		return
	}
	tx.write("update requester_group set name = $2, domains = $3, archived_at = null where id = $1", e.ID, e.Name, e.Domains)
}

// SaveMembers replaces the named members of a requester group.
func (tx *Tx) SaveMembers(group int64, people []int64) {
	tx.write("delete from requester_group_member where group_id = $1 and person_id <> all ($2)", group, people)
	tx.write("insert into requester_group_member (group_id, person_id) select $1, unnest($2::bigint[]) on conflict do nothing", group, people)
}

// SaveCalendar writes a calendar.
func (tx *Tx) SaveCalendar(e *core.CalendarEntry) {
	hours := e.Hours
	if hours == nil {
		hours = map[string][]string{}
	}
	if e.ID == 0 {
		tx.write("insert into calendar (name, timezone, hours, holidays) values ($1, $2, $3, $4::text[]::date[]) returning id",
			e.Name, e.Timezone, hours, nonNil(e.Holidays)).QueryRow(intoID(&e.ID))
		return
	}
	tx.write("update calendar set name = $2, timezone = $3, hours = $4, holidays = $5::text[]::date[], archived_at = null where id = $1",
		e.ID, e.Name, e.Timezone, hours, nonNil(e.Holidays))
}

// nonNil keeps an absent list from becoming null.
func nonNil[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// SaveSLA writes an SLA with its calendar's id (0 = none). The targets must be durations.
func (tx *Tx) SaveSLA(e *core.SLAEntry, calendar int64) error {
	usual, err := secondsOf(e.SLATargets)
	if err != nil {
		return fmt.Errorf("SLA %s: %w", e.Name, err)
	}
	priorities := map[core.Priority]targetSeconds{}
	for p, t := range e.Priorities {
		if priorities[p], err = secondsOf(t); err != nil {
			return fmt.Errorf("SLA %s, %s: %w", e.Name, p, err)
		}
	}
	warn, err := core.ParseSpan(e.WarnBefore)
	if err != nil {
		return fmt.Errorf("SLA %s: %w", e.Name, err)
	}
	values := []any{e.Name, calendar, usual.FirstResponse, usual.Resolution, int64(warn / time.Second), priorities}
	if e.ID == 0 {
		tx.write(`insert into sla (name, calendar_id, first_response, resolution, warn_before, priorities)
			values ($1, nullif($2::bigint, 0), $3, $4, $5, $6) returning id`, values...).QueryRow(intoID(&e.ID))
		return nil
	}
	tx.write(`update sla set name = $1, calendar_id = nullif($2::bigint, 0), first_response = $3, resolution = $4, warn_before = $5, priorities = $6,
		archived_at = null where id = $7`, append(values, e.ID)...)
	return nil
}
