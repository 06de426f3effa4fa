package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// personColumns reads a person of the alias p; scanPerson takes them.
const personColumns = `p.id, p.email, p.name, coalesce(p.organization_id, 0), coalesce(p.own_language, p.language, ''), p.administrator,
	p.disabled_at is not null, p.origin, p.fields,
	(select jsonb_agg(jsonb_build_object('service', coalesce(service_id, 0), 'reason', reason, 'wanted', wanted))
	      from notification_setting where person_id = p.id),
	array(select group_id from requester_group_member where person_id = p.id
	      union select id from requester_group where p.domain = any (domains))`

func scanPerson(row pgx.CollectableRow) (*core.Person, error) {
	var p core.Person
	err := row.Scan(&p.ID, &p.Email, &p.Name, &p.Organization, &p.Language, &p.Administrator, &p.Disabled, &p.Origin, &p.Fields, &p.Settings, &p.Groups)
	return &p, err
}

const personByAddress = "select " + personColumns + ` from person p
	where p.erased_at is null and p.id = coalesce((select id from person where email = $1), (select person_id from person_address where address = $1))`

// PersonByAddress finds whose address it is, the primary or a confirmed other one. NotFound where nobody's: who was erased
// has none.
func (r reads) PersonByAddress(ctx context.Context, address string) (*core.Person, error) {
	address = core.FoldAddress(address)
	rows, err := r.db.Query(ctx, personByAddress, address)
	if err != nil {
		return nil, fmt.Errorf("person by address: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPerson)
	return p, notFound(err)
}

// PeopleByAddress finds whose addresses these are, by folded address.
func (r reads) PeopleByAddress(ctx context.Context, addresses []string) (map[string]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select a.address, "+personColumns+` from (select email as address, id from person
			union all select address, person_id from person_address) a join person p on p.id = a.id
		where a.address = any ($1) and p.erased_at is null`, addresses)
	if err != nil {
		return nil, fmt.Errorf("people by address: %w", err)
	}
	found := map[string]*core.Person{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var address string
		p, err := scanPerson(behind{row, &address})
		found[address] = p
		return struct{}{}, err
	})
	return found, err
}

// behind is a row whose first column is taken for itself.
type behind struct {
	pgx.CollectableRow
	first *string
}

func (b behind) Scan(dest ...any) error {
	return b.CollectableRow.Scan(append([]any{b.first}, dest...)...)
}

// Person finds a person by id.
func (r reads) Person(ctx context.Context, id core.PersonID) (*core.Person, error) {
	people, err := r.People(ctx, []core.PersonID{id})
	if err != nil {
		return nil, err
	}
	if p := people[id]; p != nil {
		return p, nil
	}
	return nil, core.Refuse(core.NotFound, "error.not_found")
}

// People finds several persons by id.
func (r reads) People(ctx context.Context, ids []core.PersonID) (map[core.PersonID]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+" from person p where p.id = any ($1)", ids)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return byID(pgx.CollectRows(rows, scanPerson))
}

// Members are the persons in requester groups, for grants to a group's members. Disabled ones are left out.
func (r reads) Members(ctx context.Context, groups []core.RequesterGroupID) (map[core.PersonID]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+` from person p where p.disabled_at is null
		and p.id in (select person_id from requester_group_person where group_id = any ($1))`, groups)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return byID(pgx.CollectRows(rows, scanPerson))
}

func byID(people []*core.Person, err error) (map[core.PersonID]*core.Person, error) {
	m := make(map[core.PersonID]*core.Person, len(people))
	for _, p := range people {
		m[p.ID] = p
	}
	return m, err
}

// PersonWithToken finds whose API token the hash belongs to, and notes its use at most once a minute.
func (s *Store) PersonWithToken(ctx context.Context, hash []byte, now time.Time) (*core.Person, error) {
	var id core.PersonID
	var used *time.Time
	err := s.db.QueryRow(ctx, "select person_id, last_used_at from api_token where hash = $1 and revoked_at is null", hash).Scan(&id, &used)
	if err != nil {
		return nil, notFound(err)
	}
	if used == nil || now.Sub(*used) > time.Minute {
		if _, err := s.pool.Exec(ctx, "update api_token set last_used_at = $2 where hash = $1", hash, now); err != nil {
			return nil, err
		}
	}
	return s.Person(ctx, id)
}

// SaveOwnLanguage notes the language that a person chose; "" = none any more.
func (tx *Tx) SaveOwnLanguage(id core.PersonID, l core.Language) {
	tx.write("update person set own_language = nullif($2, '') where id = $1", id, l)
}

// AddAPIToken keeps the hash of a new token.
func (tx *Tx) AddAPIToken(person core.PersonID, name string, hash []byte, now time.Time) {
	tx.write("insert into api_token (person_id, name, hash, created_at) values ($1, $2, $3, $4)", person, name, hash, now)
}

// PasswordOf gives the person's id and password hash ("" = none) for signing in; NotFound for unknown, disabled or not
// configured persons.
func (r reads) PasswordOf(ctx context.Context, email string) (id core.PersonID, hash string, err error) {
	err = r.db.QueryRow(ctx, `select id, coalesce(password_hash, '') from person
		where email = $1 and disabled_at is null and origin = 'configured'`, core.FoldAddress(email)).Scan(&id, &hash)
	return id, hash, notFound(err)
}

// ReplacePassword puts a new hash in the place of the one that was checked; false where it is another one by now.
func (tx *Tx) ReplacePassword(ctx context.Context, person core.PersonID, checked, hash string) (bool, error) {
	tag, err := tx.exec(ctx, "update person set password_hash = $3 where id = $1 and coalesce(password_hash, '') = $2", person, checked, hash)
	return tag.RowsAffected() == 1, err
}

// AddSignInLink keeps the hash of a mailed sign-in link.
func (tx *Tx) AddSignInLink(hash []byte, person core.PersonID, expires time.Time) {
	tx.write("insert into sign_in_link (hash, person_id, expires_at) values ($1, $2, $3)", hash, person, expires)
}

// SignInLinksSince counts the links made for a person since a moment, so that mail cannot be used to flood them.
func (r reads) SignInLinksSince(ctx context.Context, person core.PersonID, since time.Time) (n int, err error) {
	err = r.db.QueryRow(ctx, "select count(*) from outbox where person_id = $1 and event = 'sign_in' and created_at > $2", person, since).Scan(&n)
	return n, err
}

// UseSignInLink spends a link: it works once, before it expires, for a person who is still enabled.
func (tx *Tx) UseSignInLink(ctx context.Context, hash []byte, now time.Time) (id core.PersonID, err error) {
	err = tx.db.QueryRow(ctx, `update sign_in_link l set used_at = $2 from person p
		where l.hash = $1 and l.used_at is null and l.expires_at > $2 and p.id = l.person_id and p.disabled_at is null
		returning l.person_id`, hash, now).Scan(&id)
	return id, notFound(err)
}

// AddPerson makes an entry for somebody who wrote: a contact or a guest, without sign-in (mail.md 4). Where another
// transaction made it meanwhile, that one is returned, and made is false.
func (tx *Tx) AddPerson(ctx context.Context, p core.Person, now time.Time) (entry *core.Person, made bool, err error) {
	tag, err := tx.exec(ctx, `insert into person (email, name, organization_id, language, origin, created_at)
		select $1::text, $2::text, nullif($3::bigint, 0), nullif($4::text, ''), $5::text, $6::timestamptz
		where not exists (select from person_address where address = $1) on conflict (email) do nothing`,
		p.Email, p.Name, p.Organization, p.Language, p.Origin, now)
	if err != nil {
		return nil, false, fmt.Errorf("add person: %w", err)
	}
	entry, err = tx.PersonByAddress(ctx, p.Email)
	return entry, tag.RowsAffected() == 1, err
}

// FindPeople completes a name or address within one organization (A51, A82); at most limit persons.
func (r reads) FindPeople(ctx context.Context, q string, org core.OrganizationID, limit int) ([]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+` from person p where p.disabled_at is null and p.organization_id = $2
		and (p.email like lower($1) || '%' or p.name ilike '%' || $1 || '%') order by p.name, p.email limit $3`, likeLiteral(q), org, limit)
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	return pgx.CollectRows(rows, scanPerson)
}

// PeopleCalled are the enabled people of an organization in whose name or address before the @ the text stands, folded as
// core.FoldWords does; at most 100. Accents are taken off here too, so that the caller's closer look finds them.
func (r reads) PeopleCalled(ctx context.Context, folded string, org core.OrganizationID) ([]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+` from person p where p.disabled_at is null and p.organization_id = $2
		and (translate(lower(normalize(p.name)), 'áàâäãåçéèêëíìîïñóòôöõøúùûüýÿ', 'aaaaaaceeeeiiiinoooooouuuuyy') like '%' || $1 || '%'
			or split_part(p.email, '@', 1) = $3) order by p.email limit 100`, likeLiteral(folded), org, folded)
	if err != nil {
		return nil, fmt.Errorf("people called: %w", err)
	}
	return pgx.CollectRows(rows, scanPerson)
}

// likeLiteral takes the wildcards of LIKE out of what somebody typed.
func likeLiteral(q string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q)
}

// GroupsOfDomain are the requester groups that a domain's addresses belong to.
func (r reads) GroupsOfDomain(ctx context.Context, domain string) ([]core.RequesterGroupID, error) {
	rows, err := r.db.Query(ctx, "select id from requester_group where $1 = any (domains) and archived_at is null", domain)
	if err != nil {
		return nil, fmt.Errorf("groups of domain: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[core.RequesterGroupID])
}

// SweepSignIns removes sessions and sign-in links that have ended.
func (s *Store) SweepSignIns(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `with old as (delete from sign_in_link where expires_at < $1 returning 1) delete from sessions where expiry < $1`, now)
	return err
}

// Administrators are the people who set the desk up.
func (r reads) Administrators(ctx context.Context) ([]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+" from person p where p.administrator and p.disabled_at is null order by p.id")
	if err != nil {
		return nil, fmt.Errorf("administrators: %w", err)
	}
	return pgx.CollectRows(rows, scanPerson)
}

// SaveNoticeSetting notes what a person wants to be told (E4); nil = nothing said any more.
func (tx *Tx) SaveNoticeSetting(id core.PersonID, service core.ServiceID, reason string, wanted *bool) {
	tx.write(`delete from notification_setting where person_id = $1 and coalesce(service_id, 0) = $2 and reason = $3`, id, service, reason)
	if wanted != nil {
		tx.write(`insert into notification_setting (person_id, service_id, reason, wanted) values ($1, nullif($2::bigint, 0), $3, $4)`, id, service, reason, *wanted)
	}
}

// RenewPicture tells the daemons that their picture of the desk is outdated, where a transaction that is none of the
// configuration's changed a part of it.
func (tx *Tx) RenewPicture() { tx.write("update desk set version = version + 1") }
