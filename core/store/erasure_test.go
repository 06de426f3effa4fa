package store_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// erasedAmong is how many rows of others there are of each kind; it was looked at with 100,000 as well.
const erasedAmong = 20_000

// fillForErasure gives a desk much that is Eva's and little that is Ben's.
func fillForErasure(t *testing.T, s *store.Store, c *storetest.City, many int) {
	t.Helper()
	const whose = "case when i % (MANY/20) = 0 then BEN else EVA end"
	values := strings.NewReplacer("WHOSE", strings.ReplaceAll(whose, "MANY", fmt.Sprint(many)), "MANY", fmt.Sprint(many), "AT", "timestamptz '2026-03-04'",
		"PRINTERS", fmt.Sprint(c.Printers), "MAILBOX", fmt.Sprint(c.Mailbox))
	people := strings.NewReplacer("BEN", fmt.Sprint(c.People["ben"].ID), "EVA", fmt.Sprint(c.People["eva"].ID))
	for _, sql := range []string{
		`insert into ticket (number, service_id, subject, requester_id, solver_id, opened_via, root_message_id, created_at, updated_at)
			select 10000 + i, PRINTERS, 'Jam', WHOSE, WHOSE, 'mail', i || '@city.test', AT, AT from generate_series(1, MANY) i`,
		`insert into log_record (id, ticket_number, at, kind, author_id, via, text, show_to_requester)
			select gen_random_uuid(), 10000 + i, AT, 'message', WHOSE, 'mail', 'It jams.', true from generate_series(1, MANY) i`,
		`insert into outbox (id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at)
			select gen_random_uuid(), MAILBOX, case when i % 5 > 0 then WHOSE end, i || '@vendor.test', 'assigned', 'solver', 'solver', 'en', true, i || '@city.test',
				case when i % 3 > 0 then 'accepted' else 'cancelled' end, AT, AT, AT from generate_series(1, MANY) i`,
		`insert into outbox_content (outbox_id, content) select id, '{}' from outbox`,
		`insert into reply_token (token, person_id, purpose, outbox_id, expires_at, address)
			select decode(md5(id::text), 'hex'), coalesce(person_id, EVA), 'confirm', id, AT, address from outbox`,
		`insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, finished_at, state, sender)
			select MAILBOX, 0, 1, i, sha256(i::text::bytea), 1, AT, AT, AT, 'applied', i || '@vendor.test' from generate_series(1, MANY) i`,
		`insert into blob (sha256, size) values (sha256('x'), 1)`,
		`insert into attachment (id, record_id, position, name, content_type, size, sha256) select gen_random_uuid(), id, 0, 'jam.png', 'image/png', 1, sha256('x') from log_record`,
		`insert into approval (id, ticket_number, rule, state, digest, asked_by, asked_at) select gen_random_uuid(), number, 'all', 'approved', sha256(''), requester_id, AT from ticket`,
		`insert into ticket_person (ticket_number, person_id, part, added_at) select number, requester_id, 'participant', AT from ticket`,
		"analyze",
	} {
		if _, err := s.Pool().Exec(t.Context(), people.Replace(values.Replace(sql))); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// While somebody begins to be erased everybody waits; what is counted before and looked at again afterwards runs beside the
// daemons. None of it may go through all of a table that grows with the mail.
func TestErasingDoesNotScanLargeTables(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	c := storetest.BuildCity(t, storetest.Open(t, url))
	fillForErasure(t, c.Store, c, erasedAmong)
	var traced batched
	s, err := store.Open(t.Context(), url, storetest.Secrets(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = &traced })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	now := time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
	ben := c.People["ben"].ID
	addresses := []string{"ben@city.test", "b.staff@city.test"}
	e := &store.Erasure{Forgotten: core.NewForgotten(ben, addresses, []string{"Ben Staff"}), Begun: now}
	undone := errors.New("undone")
	statement := regexp.MustCompile(`^\s*(select|with|update|delete|insert)\b`)
	everything := regexp.MustCompile(`Seq Scan on (ticket|log_record|attachment|outbox|outbox_content|inbound|reply_token|approval|ticket_person)\b|person_id IS NULL\)\n`)
	for what, step := range map[string]func(ctx context.Context) error{
		"count": func(ctx context.Context) error {
			n, err := s.CountErasure(ctx, ben, addresses)
			if err == nil && (n.Tickets != 20 || n.Messages != 20 || n.Files != 20) {
				t.Errorf("%+v", n)
			}
			return err
		},
		"begin": func(ctx context.Context) error {
			err := s.InConfigTx(ctx, func(tx *store.Tx) error {
				tx.LeaveDesk(ben, now)
				tx.BeginErasure(e.Forgotten, now)
				return errors.Join(tx.Flush(ctx), undone)
			})
			if errors.Is(err, undone) && !strings.Contains(err.Error(), "\n") {
				return nil
			}
			return err
		},
		"what is left": func(ctx context.Context) error {
			_, err := s.RequeueErasure(ctx, e)
			if err == nil {
				t.Error("nothing is under way, but queued")
			}
			return nil
		},
	} {
		traced.all, traced.asked = nil, asked{}
		if err := step(t.Context()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for _, q := range append(traced.all, traced.asked) {
			if !statement.MatchString(q.sql) {
				continue
			}
			rows, err := s.Pool().Query(t.Context(), "explain (costs off) "+q.sql, q.args...)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatalf("%s: %v", q.sql, err)
			}
			if plan := strings.Join(lines, "\n"); everything.MatchString(plan) {
				t.Errorf("%s: %s\n%s", what, q.sql, plan)
			}
		}
	}
}
