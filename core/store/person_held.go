package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// heldSections are what the desk holds about a person: $1 is their id, $2 their addresses, $3 patterns that find them in
// text. What others wrote is not in it, nor are notes of the team in mails to them.
var heldSections = []struct {
	name string
	one  bool // there is one row
	sql  string
}{
	{"person", true, `select p.id, p.email, p.name, o.name as organization, p.language, p.own_language, p.administrator, p.origin, p.fields, p.disabled_at, p.created_at,
		p.password_hash is not null as password_set, p.password_env from person p left join organization o on o.id = p.organization_id where p.id = $1`},
	{"addresses", false, "select address, confirmed_at from person_address where person_id = $1 order by address"},
	{"requester_groups", false, "select g.name from requester_group_person m join requester_group g on g.id = m.group_id where m.person_id = $1 order by g.name"},
	{"roles", false, `select s.name as service, r.role, g.name as solver_group, f.name as for_requesters from role_grant r join service s on s.id = r.service_id
		left join solver_group g on g.id = r.solver_group_id left join requester_group f on f.id = r.for_group_id where r.person_id = $1 order by r.id`},
	{"notification_settings", false, `select s.name as service, n.reason, n.wanted from notification_setting n left join service s on s.id = n.service_id
		where n.person_id = $1 order by 1, 2`},
	{"absences", false, `select a.from_at, a.until_at, d.email as delegate from absence a left join person d on d.id = a.delegate_id where a.person_id = $1`},
	{"stands_in_for", false, "select p.email, a.from_at, a.until_at from absence a join person p on p.id = a.person_id where a.delegate_id = $1 order by 1"},
	{"api_tokens", false, "select name, created_at, last_used_at, revoked_at from api_token where person_id = $1 order by id"},
	{"sign_in_links", false, "select expires_at, used_at from sign_in_link where person_id = $1 order by 1"},
	{"sessions", false, "select created_at, seen_at, expiry, address, browser from sessions where person_id = $1 order by 1"},
	{"second_factor", false, `select created_at, confirmed_at, (select count(*) from recovery_code c where c.person_id = f.person_id and used_at is null) as recovery_codes
		from second_factor f where person_id = $1`},
	{"identities", false, "select issuer, subject, label, linked_at, used_at from identity where person_id = $1 order by linked_at"},
	{"reply_addresses", false, `select ticket_number as ticket, purpose, address, expires_at, uses, revoked_at from reply_token where person_id = $1 or address = any ($2)
		order by expires_at, ticket_number, purpose`},
	{"mail_limits", false, "select address, frozen_until, suspended_at, lifted_at, reason from address_guard where address = any ($2) order by 1"},
	{"tickets_requested", false, `select t.number, s.name as service, t.subject, t.status, t.category, t.priority, t.fields, o.name as organization, t.opened_via, t.created_at,
		t.updated_at, t.resolved_at, t.closed_at from ticket t join service s on s.id = t.service_id left join organization o on o.id = t.organization_id
		where t.requester_id = $1 order by t.number`},
	{"tickets_solved", false, "select t.number, s.name as service, t.status, t.created_at from ticket t join service s on s.id = t.service_id where t.solver_id = $1 order by 1"},
	{"tickets_joined", false, "select ticket_number as ticket, part, added_at, since from ticket_person where person_id = $1 order by 1, 2"},
	{"tickets_read", false, "select ticket_number as ticket, at, unread from ticket_seen where person_id = $1 order by at"},
	{"tickets_open", false, "select ticket_number as ticket, at, writing from presence where person_id = $1 order by at"},
	{"periodic_tickets", false, "select title, subject, text, fields, schedule, next_at from template where requester_id = $1 order by created_at"},
	{"messages", false, `select r.id, r.ticket_number as ticket, r.at, r.kind, r.via, r.author_address, r.text, r.folded, r.copied, r.change, r.message_id, r.work, r.verified,
		(select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'content_type', a.content_type, 'content_id', a.content_id, 'size', a.size) order by a.position)
			from attachment a where a.record_id = r.id) as files
		from log_record r where r.author_id = $1 or lower(r.author_address) = any ($2) order by r.ticket_number, r.at`},
	{"named_in_events", false, `select ticket_number as ticket, at, kind, change, array(select a from unnest(copied) a where lower(a) = any ($2)) as copied from log_record
		where author_id is distinct from $1 and (kind not in ('message', 'note', 'property') and change::text ilike any ($3) or copied && $2) order by 1, 2`},
	{"drafts", false, `select d.id, d.ticket_number as ticket, d.kind, d.text, d.fields, d.updated_at, d.send_at, d.failure,
		(select jsonb_agg(jsonb_build_object('name', f.name, 'content_type', f.content_type, 'size', f.size) order by f.id) from draft_file f where f.draft_id = d.id) as files
		from draft d where d.person_id = $1 order by d.id`},
	{"approvals_asked", false, "select id, ticket_number as ticket, rule, state, text, asked_at, expires_at from approval where asked_by = $1 order by asked_at"},
	{"approvals_decided", false, `select a.ticket_number as ticket, a.id as approval, v.state, v.decided_at, case when v.decided_by is distinct from $1 and v.decided_by is not null then '' else v.text end as text,
		v.decided_by is distinct from v.person_id and v.decided_by is not null as by_delegate
		from approver v join approval a on a.id = v.approval_id where $1 in (v.person_id, v.decided_by) order by a.asked_at`},
	{"articles", false, "select id, kind, title, created_at from article where author_id = $1 order by created_at"},
	{"mail_from", false, `select i.id, i.received_at, i.state, i.reason, i.ticket_number as ticket, i.sender, i.subject, i.message_id, i.class, i.evidence, i.held_for, i.held_args, i.size, encode(i.sha256, 'hex') as sha256
		from inbound i where lower(i.sender) = any ($2) order by i.id`},
	{"mail_to", false, `select o.id, o.created_at, o.finished_at, o.state, o.ticket_number as ticket, o.address, o.event, o.role, o.reason, o.language, o.message_id, o.attempts, o.response, o.note,
		case when (c.content->>'requester_side')::boolean then c.content end as content
		from outbox o join outbox_content c on c.outbox_id = o.id where o.person_id = $1 or o.address = any ($2) order by o.seq`},
	{"confirmations", false, "select id, inbound_id as mail, ticket_number as ticket, created_at, expires_at, outcome, ended_at from confirmation where person_id = $1 order by created_at"},
	{"audit", false, `select at, actor_name, via, noun, name, action, before, after from audit where actor_id = $1 or lower(actor_name) = any ($2) or lower(name) = any ($2)
		or before::text ilike any ($3) or after::text ilike any ($3) order by id`},
}

// HeldAbout streams everything that is held about a person, as one JSON object with a list for each kind of thing.
func (r reads) HeldAbout(ctx context.Context, id core.PersonID, addresses []string, w io.Writer) error {
	words := likeAny(addresses)
	for i, section := range heldSections {
		open := ",\n"
		if i == 0 {
			open = "{\n"
		}
		if _, err := fmt.Fprintf(w, "%s%q: ", open, section.name); err != nil {
			return err
		}
		// Every parameter is named, so that each of the queries may leave some out.
		rows, err := r.db.Query(ctx, "with args as (select $1::bigint, $2::text[], $3::text[]) select to_jsonb(held) from ("+section.sql+") held", id, addresses, words)
		if err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
		if err := writeRows(w, rows, section.one); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	_, err := io.WriteString(w, "\n}\n")
	return err
}

func writeRows(w io.Writer, rows pgx.Rows, one bool) error {
	defer rows.Close()
	before, between, after := "[", ",\n  ", "\n]"
	if one {
		before, between, after = "", "", ""
	}
	if _, err := io.WriteString(w, before); err != nil {
		return err
	}
	var row json.RawMessage
	n := 0
	for rows.Next() {
		if err := rows.Scan(&row); err != nil {
			return err
		}
		sep := between
		if n == 0 && !one {
			sep = "\n  "
		}
		if _, err := io.WriteString(w, sep+string(row)); err != nil {
			return err
		}
		n++
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	if n == 0 && !one {
		after = "]"
	}
	_, err := io.WriteString(w, after)
	return err
}

// HeldContent is a file of an export: a raw mail or an attachment.
type HeldContent struct {
	Way  string // in, out or files
	ID   string
	Name string // of a file
	Sum  []byte // of a content of its own; nil = Data has it
	Data []byte
}

// HeldContents lists the contents that are kept of a person, a page at a time: mails from them, mails to them that hold
// nothing internal, files that they sent. after is the ID of the last one of the way.
func (r reads) HeldContents(ctx context.Context, way string, id core.PersonID, addresses []string, after string, limit int) ([]HeldContent, error) {
	sql := map[string]string{
		"in": `select 'in', lpad(i.id::text, 20, '0') as key, '', i.sha256, null::bytea from inbound i where lower(i.sender) = any ($2) and i.raw_dropped_at is null
			and exists (select from blob b where b.sha256 = i.sha256)`,
		"out": `select 'out', o.id::text as key, '', c.raw_sha256, c.raw from outbox o join outbox_content c on c.outbox_id = o.id
			where (o.person_id = $1 or o.address = any ($2)) and (c.content->>'requester_side')::boolean and (c.raw is not null or c.raw_sha256 is not null)`,
		"files": `select 'files', a.id::text as key, a.name, a.sha256, null::bytea from attachment a join log_record r on r.id = a.record_id
			where (r.author_id = $1 or lower(r.author_address) = any ($2)) and a.sha256 is not null`,
	}[way]
	rows, err := r.db.Query(ctx, "with args as (select $1::bigint, $2::text[]) select * from ("+sql+") held where key > $3 order by key limit $4", id, addresses, after, limit)
	if err != nil {
		return nil, fmt.Errorf("contents (%s): %w", way, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[HeldContent])
}
