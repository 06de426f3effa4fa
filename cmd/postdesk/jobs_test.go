package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// jobRig is a city in which jobs have something to do, and daemons on its database.
type jobRig struct {
	*testing.T
	url   string
	store *store.Store
}

// newJobRig has a service without main solver, so that there is an alert for the one administrator, a ticket that waits
// long enough for two reminders, and news to be mailed.
func newJobRig(t *testing.T) *jobRig {
	r := &jobRig{T: t, url: storetest.URL(t)}
	r.store = storetest.Open(t, r.url)
	storetest.BuildCity(t, r.store)
	for _, sql := range []string{
		"delete from role_grant where service_id = (select id from service where name = 'Network')",
		"update service set remind_days = '{1,3}'",
		`insert into ticket (service_id, subject, status, requester_id, opened_via, root_message_id, created_at, updated_at, waiting_since)
			select s.id, 'Paper jam', 'waiting', p.id, 'mail', 'x@city.test', now() - interval '9 days', now() - interval '9 days', now() - interval '4 days'
			from service s, person p where s.name = 'Printers' and p.email = 'ben@city.test'`,
		`insert into article (id, kind, service_id, title, text, language, for_requesters, created_at, updated_at, mail_at)
			select gen_random_uuid(), 'news', id, 'New trays', 'They came.', 'en', true, now(), now(), now() from service where name = 'Printers'`,
		"update desk set version = version + 1",
	} {
		if _, err := r.store.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return r
}

// daemons runs some on the database; the function stops them.
func (r *jobRig) daemons(n int) (stop func()) {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, n)
	var programs []*Program
	for range n {
		config, err := readConfig([]string{"POSTDESK_DATABASE_URL=" + r.url, "POSTDESK_LISTEN=127.0.0.1:0",
			"POSTDESK_SECRET_KEY_FILE=" + filepath.Join(r.TempDir(), "key")})
		if err != nil {
			r.Fatal(err)
		}
		p, err := New(ctx, config, []string{partWeb}, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			r.Fatal(err)
		}
		programs = append(programs, p)
		go func() { ended <- p.Run(ctx) }()
	}
	return func() {
		cancel()
		for _, p := range programs {
			if err := <-ended; err != nil {
				r.Error(err)
			}
			defer p.Close()
		}
	}
}

func (r *jobRig) count(sql string) (n int) {
	r.Helper()
	if err := r.store.Pool().QueryRow(r.Context(), sql).Scan(&n); err != nil {
		r.Fatal(err)
	}
	return n
}

// done waits until each job was done once more.
func (r *jobRig) done() {
	r.Helper()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n := r.count("select count(distinct args ->> 'job') from river_job where state = 'completed'")
		if n == len(periodic) {
			return
		}
		if time.Now().After(limit) {
			r.Fatalf("%d of %d jobs were done", n, len(periodic))
		}
	}
}

// D18, E9, E15: two daemons, and again after a restart, mail one alert, one reminder, and news once to everybody.
func TestJobsOfTwoDaemons(t *testing.T) {
	t.Parallel()
	r := newJobRig(t)
	for round := range 3 {
		stop := r.daemons(2)
		r.done()
		stop()
		if alerts, reminders := r.count("select count(*) from outbox where event = 'configuration_alert'"),
			r.count("select count(*) from outbox where event = 'waiting_reminder'"); alerts != 1 || reminders != 1 {
			t.Errorf("round %d: %d alerts and %d reminders, want one of each", round, alerts, reminders)
		}
		if mails, people := r.count("select count(*) from outbox where event = 'news'"), r.count("select count(distinct address) from outbox where event = 'news'"); mails != 12 || people != 12 {
			t.Errorf("round %d: %d mails of news to %d people, want 12", round, mails, people)
		}
		if twice := r.count("select count(*) - count(distinct args ->> 'job') from river_job where args ->> 'job' <> 'life'"); twice > 0 {
			t.Errorf("%d jobs stand twice in one period", twice)
		}
		// As if the period were over: the jobs run again, and find that nothing is to do.
		if _, err := r.store.Pool().Exec(t.Context(), "delete from river_job"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.store.Pool().Exec(t.Context(), "update desk set alerted_at = now() - interval '25 hours'"); err != nil {
		t.Fatal(err)
	}
	stop := r.daemons(2)
	defer stop()
	r.done()
	if n := r.count("select count(*) from outbox where event = 'configuration_alert'"); n != 2 {
		t.Errorf("%d alerts after a day, want 2", n)
	}
}

// A failure that lasts is said once, and counted each time.
func TestFailingJobIsSaidOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failure := errors.New("ticket 1007 is stuck")
	w := newJobWorker(&Program{log: slog.New(slog.NewTextHandler(&out, nil))}, []job{
		{"test", time.Minute, time.Second, 1, func(*Program, context.Context) error { return failure }}})
	run := func(ctx context.Context) error {
		return w.Work(ctx, &river.Job[jobArgs]{Args: jobArgs{"test"}})
	}
	for range 5 {
		if err := run(t.Context()); !errors.Is(err, failure) {
			t.Error(err)
		}
	}
	if got := strings.Count(out.String(), "job=test error=\"ticket 1007 is stuck\""); got != 1 {
		t.Errorf("said %d times: %s", got, out.String())
	}
	failure = errors.New("another one")
	_ = run(t.Context())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	failure = context.Canceled
	_ = run(stopped)
	failure = nil
	for range 2 {
		if err := run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := out.String(); strings.Count(got, "job failed") != 2 || strings.Count(got, "job works again") != 1 {
		t.Errorf("log:\n%s", got)
	}
	families, err := jobMetrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if labels := m.GetLabel(); labels[0].GetValue() == "test" && len(labels) == 2 {
				counted[labels[1].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	if counted["ok"] != 2 || counted["failed"] != 6 {
		t.Errorf("counted %v", counted)
	}
	if err := w.Work(t.Context(), &river.Job[jobArgs]{Args: jobArgs{"of tomorrow"}}); err == nil {
		t.Error("a job that nobody knows is done")
	}
}

// Runs of one job must not overlap, and the table must have what River asks for.
func TestTableOfJobs(t *testing.T) {
	t.Parallel()
	w := newJobWorker(nil, periodic)
	names := map[string]bool{}
	for _, j := range periodic {
		if names[j.name] || j.name == "" || j.within <= 0 || j.within >= j.every || j.tries < 1 || j.work == nil {
			t.Errorf("%+v", j)
		}
		names[j.name] = true
		if got := w.Timeout(&river.Job[jobArgs]{Args: jobArgs{j.name}}); got != j.within {
			t.Errorf("%s may run for %s", j.name, got)
		}
	}
	operations := read(t, "docs/operations.md")
	for name := range names {
		if !strings.Contains(operations, "| `"+name+"` |") {
			t.Errorf("docs/operations.md does not tell of the job %s", name)
		}
	}
}
