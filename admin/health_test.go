package admin

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"postdesk/core/store"
)

func (e *edge) readyz(t *testing.T) (int, readiness) {
	t.Helper()
	w := e.serve("GET", "/readyz")
	var state readiness
	if err := json.Unmarshal(w.Body.Bytes(), &state); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, state
}

func TestReadyOnlyWhenStarted(t *testing.T) {
	t.Parallel()
	started := false
	e := newEdge(t, func(c *Config) {
		c.Ready = func(context.Context) (bool, any) { return started, map[string]string{"waiting": "leases"} }
	})
	if code, state := e.readyz(t); code != 503 || state.Status != "unavailable" || state.Reason != "starting" || state.Detail == nil {
		t.Errorf("while starting: %d %+v", code, state)
	}
	if w := e.serve("GET", "/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("the process is alive all the same: %d %q", w.Code, w.Body)
	}
	started = true
	if code, state := e.readyz(t); code != 200 || state.Status != "ok" || len(state.Mailboxes) != 1 || state.Mailboxes[0].Mailbox != "it@city.test" {
		t.Errorf("started: %d %+v", code, state)
	}
}

func TestFailingMailboxDegradesAndKeepsServing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	if _, err := e.Store.NewEpoch(t.Context(), e.Mailbox, store.MailboxPosition{}, 1); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := e.Store.MailboxFailed(t.Context(), e.Mailbox, "LOGIN refused for it@city.test at mail.internal", now); err != nil {
		t.Fatal(err)
	}
	code, state := e.readyz(t)
	if code != 200 || state.Status != "degraded" || state.Mailboxes[0].Status != "degraded" || state.Mailboxes[0].FailingSince == nil {
		t.Errorf("failing: %d %+v", code, state)
	}
	if w := e.serve("GET", "/readyz"); strings.Contains(w.Body.String(), "mail.internal") {
		t.Errorf("anyone may read this page: %s", w.Body)
	}
	if err := e.Store.MailboxOK(t.Context(), e.Mailbox, now); err != nil {
		t.Fatal(err)
	}
	if err := e.Store.Reconciled(t.Context(), e.Mailbox, 2, now); err != nil {
		t.Fatal(err)
	}
	if code, state := e.readyz(t); code != 200 || state.Status != "degraded" || state.Mailboxes[0].Missing != 2 {
		t.Errorf("messages missing: %d %+v", code, state)
	}
}

func TestNotReadyWithoutDatabaseOrWithAWrongSchema(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	if _, err := e.Store.Pool().Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (999999, true)"); err != nil {
		t.Fatal(err)
	}
	if code, state := e.readyz(t); code != 503 || state.Reason != "schema" {
		t.Errorf("a newer schema: %d %+v", code, state)
	}
	e.Store.Close()
	if code, state := e.readyz(t); code != 503 || state.Reason != "database" {
		t.Errorf("without a database: %d %+v", code, state)
	}
	if w := e.serve("GET", "/healthz"); w.Code != 200 {
		t.Errorf("the process is alive all the same: %d", w.Code)
	}
	if w := e.serve("GET", "/metrics"); w.Code != 500 {
		t.Errorf("metrics without a database: %d", w.Code)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	_, err := e.Store.Pool().Exec(t.Context(), `insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, state)
		select $1, 1, 1, n, '', 0, now(), now(), case when n < 3 then 'parked' else 'applied' end from generate_series(1, 5) n`, e.Mailbox)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Store.NewEpoch(t.Context(), e.Mailbox, store.MailboxPosition{}, 1); err != nil {
		t.Fatal(err)
	}
	if err := e.Store.MailboxFailed(t.Context(), e.Mailbox, "gone", time.Now()); err != nil {
		t.Fatal(err)
	}
	e.serve("GET", "/api/v1/tickets/1001", "Authorization", e.bearer(t, "mia"))
	for _, scan := range []string{"/wp-admin", "/.env", "/x"} {
		e.serve("GET", scan)
	}
	w := e.serve("GET", "/metrics")
	text := w.Body.String()
	for _, line := range []string{
		`postdesk_inbound_messages{state="parked"} 2`, `postdesk_inbound_messages{state="applied"} 3`, `postdesk_inbound_messages{state="received"} 0`,
		`postdesk_outbound_messages{state="queued"} 0`, `postdesk_mailbox_failing{mailbox="it@city.test"} 1`,
		`postdesk_mailbox_missing{mailbox="it@city.test"} 0`,
		`postdesk_http_request_duration_seconds_count{method="GET",route="/api/v1/tickets/{number}",status="404"} 1`,
		`postdesk_http_request_duration_seconds_count{method="other",route="none",status="404"} 3`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "postdesk_") {
			t.Errorf("a metric is named %s", m[1])
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
