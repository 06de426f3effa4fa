package helpdesk_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// traces is a city in which Ben has left a word of its own in each column that can hold something about him.
type traces struct {
	*city
	fate        map[string]string // column → what becomes of it
	own, others core.Number
}

// word is what is planted in a column.
func word(column string) string {
	return "zqzq" + strings.NewReplacer("_", "", ".", "").Replace(column)
}

// columns are all that can hold text or contents, or refer to a person, as the database knows them.
const columns = `select c.table_name || '.' || c.column_name from information_schema.columns c
	join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
	where c.table_schema = current_schema() and c.table_name !~ '^(river|goose)_' and (
		c.data_type in ('text', 'ARRAY', 'jsonb', 'json', 'bytea', 'character varying', 'tsvector', 'USER-DEFINED', 'xml', 'inet')
		or exists (select from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
			where k.confrelid = 'person'::regclass and k.conrelid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass and a.attname = c.column_name))
	order by 1`

func readFates(t *testing.T) map[string]string {
	raw, err := os.ReadFile("testdata/person_columns.txt")
	if err != nil {
		t.Fatal(err)
	}
	fate := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] != "#" {
			fate[f[0]] = f[1]
		}
	}
	return fate
}

func (c *city) strings(sql string, args ...any) (list []string) {
	c.Helper()
	rows, err := c.Store.Pool().Query(c.Context(), sql, args...)
	if err != nil {
		c.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			c.Fatal(err)
		}
		list = append(list, s)
	}
	if rows.Err() != nil {
		c.Fatalf("%s: %v", sql, rows.Err())
	}
	return list
}

func (c *city) number(sql string, args ...any) (n int) {
	c.Helper()
	if err := c.Store.Pool().QueryRow(c.Context(), sql, args...).Scan(&n); err != nil {
		c.Fatalf("%s: %v", sql, err)
	}
	return n
}

// A column that is added without a word on what becomes of it when a person is erased fails here.
func TestEveryColumnSaysWhatErasingDoesToIt(t *testing.T) {
	t.Parallel()
	c, fate := newCity(t), readFates(t)
	known := map[string]bool{}
	for _, column := range c.strings(columns) {
		known[column] = true
		if fate[column] == "" {
			t.Errorf("%s can hold something about a person: see to it in core/store/erasure.go and person_held.go, and say in testdata/person_columns.txt what becomes of it", column)
		}
	}
	for column := range fate {
		if !known[column] {
			t.Errorf("%s is in testdata/person_columns.txt, but not in the database", column)
		}
	}
}

func newTraces(t *testing.T) *traces {
	c := &traces{city: newCity(t), fate: readFates(t)}
	ben := int64(c.People["ben"].ID)
	address := func(column string) string { return word(column) + "@city.test" }
	c.sql(`update person set email = $2, name = $3, password_hash = $4, password_env = $5, fields = jsonb_build_object('desk', $6::text) where id = $1`,
		ben, word("person.email")+"@"+word("person.domain")+".test", word("person.name")+" Staff", word("person.password_hash"), word("person.password_env"), word("person.fields"))
	for _, column := range []string{"person_address.address", "inbound.sender", "inbound.reason", "outbox.address", "log_record.author_address", "log_record.copied",
		"log_record.change", "reply_token.address", "address_guard.address"} {
		c.sql("insert into person_address (address, person_id) values ($1, $2)", address(column), ben)
	}
	c.sql("insert into requester_group_member select id, $1 from requester_group", ben)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'reader', $2)", c.Network, ben)
	c.sql("insert into absence (person_id, from_at, until_at, delegate_id) values ($1, now(), now() + interval '1 day', $2), ($2, now(), now() + interval '1 day', $1)", ben, c.People["rea"].ID)
	c.sql("insert into api_token (person_id, name, hash) values ($1, $2, 'x')", ben, word("api_token.name"))
	c.sql("insert into sign_in_link (hash, person_id, expires_at) values ('x', $1, now())", ben)
	c.sql("insert into notification_setting (person_id, reason, wanted) values ($1, $2, false)", ben, word("notification_setting.reason"))
	c.sql("insert into address_guard (address, reason) values ($1, $2)", address("address_guard.address"), word("address_guard.reason"))
	c.sql(`insert into template (id, kind, service_id, title, language, requester_id, failure, created_at, updated_at)
		values (gen_random_uuid(), 'ticket', $1, 'Toner', 'en', $2, jsonb_build_object('who', $3::text), now(), now())`, c.Printers, ben, word("template.failure"))
	c.sql("insert into sessions (token, data, expiry, person_id, address, browser) values ('x', $1, now(), $2, $3, $4)", []byte(word("sessions.data")), ben, word("sessions.address"), word("sessions.browser"))
	c.sql("insert into sessions (token, data, expiry) values ('y', 'somebody else', now())")
	c.sql("insert into second_factor (person_id, secret, created_at) values ($1, $2, now())", ben, []byte(word("second_factor.secret")))
	c.sql("insert into recovery_code (person_id, hash) values ($1, 'x')", ben)
	c.sql("insert into identity (issuer, subject, person_id, label, linked_at) values ($1, $2, $3, $4, now())", word("identity.issuer"), word("identity.subject"), ben, word("identity.label"))
	c.plantTickets(ben, address)
	c.plantMail(ben, address)
	c.sql("select search_refresh(number, true) from ticket")
	return c
}

func (c *traces) plantTickets(ben int64, address func(string) string) {
	c.Helper()
	var err error
	if c.People["ben"], err = c.Store.Person(c.Context(), core.PersonID(ben)); err != nil {
		c.Fatal(err)
	}
	c.own, c.others = c.open("ben"), c.open("eva")
	for _, n := range []core.Number{c.own, c.others} {
		if err := c.assign("mia", n, "sol", ""); err != nil {
			c.Fatal(err)
		}
	}
	c.must("eva", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(c.Context(), c.others, c.People["ben"], 0)
		return err
	})
	small, large := []byte(word("blob.data")), strings.Repeat(word("blob_chunk.data")+" ", 10_000)
	sum, size, err := c.Store.PutBlob(c.Context(), strings.NewReader(large))
	if err != nil {
		c.Fatal(err)
	}
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.AddRecord(c.Context(), c.others, helpdesk.NewRecord{Text: word("log_record.text"), Folded: word("log_record.folded"), Attachments: []core.Attachment{
			{Name: word("attachment.name"), ContentType: word("attachment.content_type"), ContentID: word("attachment.content_id"), Size: int64(len(small)), SHA256: sha256.Sum256(small), Data: small},
			{Name: "large.txt", ContentType: "text/plain", Size: size, SHA256: sum}}})
		return err
	})
	c.must("sol", func(a *helpdesk.Act) error {
		_, err := a.AddRecord(c.Context(), c.own, helpdesk.NewRecord{Text: "Try again.", Folded: "> so zqzq wrote", Show: yes()})
		return err
	})
	c.sql("insert into ticket_seen (person_id, ticket_number, at) values ($1, $2, now())", ben, c.own)
	c.sql("insert into presence (person_id, ticket_number, writing, at) values ($1, $2, true, now())", ben, c.own)
	c.sql(`update ticket set subject = $2, fields = jsonb_build_object('asset', $3::text) where number = $1`, c.own, word("ticket.subject"), word("ticket.fields"))
	record := func(n core.Number, author any, kind, text, by string, copied []string, change any) {
		c.sql(`insert into log_record (id, ticket_number, at, kind, author_id, author_address, via, text, show_to_requester, copied, change)
			values (gen_random_uuid(), $1, (select max(at) from log_record where ticket_number = $1) + interval '1 microsecond', $2, $3, $4, 'mail', $5, false, $6, $7)`,
			n, kind, author, by, text, copied, change)
	}
	record(c.others, nil, "mail", "as an unknown one", address("log_record.author_address"), []string{}, nil)
	record(c.others, c.People["mia"].ID, "note", "Seen.", "", []string{"somebody@city.test", address("log_record.copied")}, nil)
	record(c.others, c.People["mia"].ID, "assignment", "", "", []string{}, core.Change{Field: "solver", From: address("log_record.change"), To: "Sol Vega"})
	record(c.own, c.People["sol"].ID, "property", "", "", []string{}, core.Change{Field: "text", From: "zqzq jams", To: "It jams"})
	c.sql(`with written as (insert into draft (id, person_id, ticket_number, kind, text, fields, failure, updated_at)
			values (gen_random_uuid(), $1, $2, 'reply', $3, jsonb_build_object('subject', $4::text), jsonb_build_object('key', $5::text), now()) returning id)
		insert into draft_file (id, draft_id, name, content_type, size, sha256) select gen_random_uuid(), id, $6, $7, $8, $9 from written`,
		ben, c.others, word("draft.text"), word("draft.fields"), word("draft.failure"), word("draft_file.name"), word("draft_file.content_type"), size, sum[:])
	id := uuid.NewString()
	c.sql(`insert into approval (id, ticket_number, rule, state, text, digest, asked_by, asked_at) values ($1, $2, 'all', 'approved', $3, sha256('x'), $4, now())`,
		id, c.others, word("approval.text"), ben)
	c.sql(`insert into approver (approval_id, person_id, position, state, decided_by, text) values ($1, $2, 0, 'approved', $2, $3)`, id, ben, word("approver.text"))
}

func (c *traces) plantMail(ben int64, address func(string) string) {
	c.Helper()
	raw := []byte("From: him\n\nzqzq raw mail " + word("blob.data"))
	sum := sha256.Sum256(raw)
	at := c.now // before it is erased
	c.sql("insert into blob (sha256, size, data) values ($1, $2, $3)", sum[:], len(raw), raw)
	for uid, state := range []string{"applied", "quarantined", "parked", "suppressed"} {
		c.sql(`insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, finished_at, state, reason, sender, subject, evidence, held_for, held_args, ticket_number)
			values ($1, 0, 1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9, $10, 'unproven', $11, $12)`, c.Mailbox, uid, sum[:], len(raw), at, state,
			"confirmed by "+address("inbound.reason"), address("inbound.sender"), word("inbound.subject"), word("inbound.evidence"), []string{word("inbound.held_args")}, c.own)
	}
	c.sql(`insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, finished_at, state, reason, sender)
		values ($1, 0, 1, 99, sha256('b'), 1, $2, $2, $2, 'suppressed', $3, 'other@city.test')`, c.Mailbox, at, "refused by "+address("inbound.reason")+", after all")
	c.sql(`insert into confirmation (id, inbound_id, person_id, created_at, expires_at) select gen_random_uuid(), min(id), $1, now(), now() from inbound`, ben)
	mail := func(n any, person, to any, state string, content core.Content, raw []byte) {
		id := uuid.NewString()
		c.sql(`insert into outbox (id, ticket_number, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, response, note)
			values ($1, $2, $3, $4, $5, 'public_reply', 'requester', 'requester', 'en', true, $1::uuid::text, $6, $7, $7, $8, $9)`,
			id, n, c.Mailbox, person, to, state, at, "550 "+address("outbox.address")+" "+word("outbox.response"), word("outbox.note"))
		c.sql("insert into outbox_content (outbox_id, content, raw) values ($1, $2, $3)", id, content, raw)
		token := uuid.New()
		c.sql("insert into reply_token (token, person_id, purpose, outbox_id, expires_at, address) values ($1, $2, 'confirm', $3, now(), $4)",
			token[:], c.People["mia"].ID, id, address("reply_token.address"))
	}
	said := core.Content{RequesterSide: true, Record: &core.RecordView{Text: word("outbox_content.content")}}
	mail(c.own, ben, address("outbox.address"), "queued", said, []byte(word("outbox_content.raw")))
	mail(nil, nil, address("outbox.address"), "accepted", said, []byte(word("outbox_content.raw")))
	author := c.People["ben"].Ref()
	mail(nil, c.People["eva"].ID, "eva@city.test", "accepted", core.Content{News: &core.ArticleView{Title: "Closed", Author: &author}}, nil)
	c.sql("update outbox set response = '', note = '' where person_id is distinct from $1 and address !~ 'zq'", ben)
}

// everything is the whole database as text, by column.
func (c *city) everything() map[string]string {
	c.Helper()
	all := map[string]string{}
	for _, line := range c.strings(`select table_name || ' ' || column_name || ' ' || data_type from information_schema.columns
		where table_schema = current_schema() and table_name in (select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE')`) {
		f := strings.Fields(line)
		text := f[1] + "::text"
		if f[2] == "bytea" {
			text = "encode(" + f[1] + ", 'escape')"
		}
		all[f[0]+"."+f[1]] = strings.Join(c.strings(fmt.Sprintf("select coalesce(string_agg(%s, E'\\n'), '') from %s", text, f[0])), "")
	}
	return all
}

// export is everything that an export of a person has, unpacked.
func (c *city) export(address string) (names []string, text string) {
	c.Helper()
	var packed bytes.Buffer
	if err := c.desk.ExportPerson(c.Context(), core.Actor{}, address, &packed, nil); err != nil {
		c.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		c.Fatal(err)
	}
	var all strings.Builder
	for _, f := range archive.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			c.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			c.Fatal(err)
		}
		fmt.Fprintln(&all, f.Name)
	}
	return names, all.String()
}

// erase erases Ben.
func (c *traces) erase(o helpdesk.EraseOptions) (helpdesk.Erasure, error) {
	o.Yes = true
	return c.desk.ErasePerson(c.Context(), core.Actor{}, c.People["ben"].Email, o)
}
