package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"postdesk/core/helpdesk"
)

// job is periodic work. Of all daemons on a database one leads and puts it into the queue, once in each period also over
// restarts; any of them may do it.
type job struct {
	name   string
	every  time.Duration
	within time.Duration // what one run may take; below every, so that no two overlap
	tries  int           // a run that fails is tried again after seconds; 1 = the next period is soon enough
	work   func(*Program, context.Context) error
}

// periodic are all jobs. Each is also looked for right after a start. None relies on being alone: what must happen once
// is decided in the database.
var periodic = []job{
	{"life", time.Minute, 50 * time.Second, 1, func(p *Program, ctx context.Context) error { return p.desk.Life(ctx) }},
	{"deadlines", 30 * time.Second, 25 * time.Second, 1, func(p *Program, ctx context.Context) error { return p.desk.Deadlines(ctx) }},
	{"schedules", time.Minute, 50 * time.Second, 1, func(p *Program, ctx context.Context) error { return p.desk.Schedules(ctx) }},
	{"news", time.Minute, 50 * time.Second, 1, func(p *Program, ctx context.Context) error { return p.desk.MailNews(ctx) }},
	{"search_index", time.Minute, 50 * time.Second, 1, func(p *Program, ctx context.Context) error { return p.desk.RefreshSearch(ctx) }},
	{"configuration_check", time.Hour, time.Minute, 3, func(p *Program, ctx context.Context) error { return p.desk.AlertConfiguration(ctx) }},
	{"retention", time.Hour, 50 * time.Minute, 1, (*Program).dropExpired},
	{"sweep", time.Hour, 10 * time.Minute, 3, (*Program).sweep},
}

// dropExpired drops raw mail and files whose time is over; the sweep takes away what nobody else needs of them.
func (p *Program) dropExpired(ctx context.Context) error {
	d, err := p.desk.DropExpired(ctx)
	for kind, n := range map[string]int{"inbound": d.Inbound, "outbound": d.Outbound, "file": d.Files} {
		retentionDropped.WithLabelValues(kind).Add(float64(n))
	}
	if d != (helpdesk.Dropped{}) {
		p.log.Info("contents dropped whose time was over", "inbound", d.Inbound, "outbound", d.Outbound, "files", d.Files)
	}
	return err
}

// sweep removes contents which nothing refers to, drafts that nobody went on with, and sessions and links that have ended, in small steps, so that no
// transaction is long.
func (p *Program) sweep(ctx context.Context) error {
	if err := p.store.SweepSignIns(ctx, now()); err != nil {
		return err
	}
	if err := p.store.SweepLive(ctx, now()); err != nil {
		return err
	}
	if err := p.desk.DropDrafts(ctx); err != nil {
		return err
	}
	for {
		const step = 500
		n, err := p.store.SweepBlobs(ctx, now(), step)
		if err != nil || n < step {
			return err
		}
	}
}

var (
	jobMetrics = prometheus.NewRegistry()
	jobRuns    = promauto.With(jobMetrics).NewCounterVec(prometheus.CounterOpts{Name: "postdesk_job_runs_total",
		Help: "Runs of periodic jobs, by how they ended."}, []string{"job", "result"})
	retentionDropped = promauto.With(jobMetrics).NewCounterVec(prometheus.CounterOpts{Name: "postdesk_retention_dropped_total",
		Help: "Contents of mail and files that were dropped because their time was over, by kind."}, []string{"kind"})
	jobLastOK = promauto.With(jobMetrics).NewGaugeVec(prometheus.GaugeOpts{Name: "postdesk_job_last_ok_seconds",
		Help: "When this process last did the job well, in seconds since 1970."}, []string{"job"})
)

// jobArgs are the arguments of every job: which one.
type jobArgs struct {
	Job string `json:"job"`
}

// Kind names the jobs in River's tables.
func (jobArgs) Kind() string { return "periodic" }

// jobWorker does the jobs of the table.
type jobWorker struct {
	river.WorkerDefaults[jobArgs]
	program *Program
	table   []job
	said    sync.Map // job → its last failure, which is not said again
}

func newJobWorker(p *Program, table []job) *jobWorker {
	for _, j := range table {
		for _, result := range []string{"ok", "failed"} {
			jobRuns.WithLabelValues(j.name, result)
		}
	}
	return &jobWorker{program: p, table: table}
}

func (w *jobWorker) job(name string) (job, bool) {
	i := slices.IndexFunc(w.table, func(j job) bool { return j.name == name })
	if i < 0 {
		return job{}, false
	}
	return w.table[i], true
}

// Timeout bounds a run.
func (w *jobWorker) Timeout(r *river.Job[jobArgs]) time.Duration {
	j, _ := w.job(r.Args.Job)
	return j.within
}

// Work does one run. A failure that lasts is said once, and when it is over.
func (w *jobWorker) Work(ctx context.Context, r *river.Job[jobArgs]) error {
	j, ok := w.job(r.Args.Job)
	if !ok {
		return fmt.Errorf("job %q is not known here", r.Args.Job) // a newer daemon's, which may take the next try
	}
	log := w.program.log.With("job", j.name)
	err := j.work(w.program, ctx)
	switch {
	case err == nil:
		jobRuns.WithLabelValues(j.name, "ok").Inc()
		jobLastOK.WithLabelValues(j.name).SetToCurrentTime()
		if _, failed := w.said.LoadAndDelete(j.name); failed {
			log.Info("job works again")
		}
	case errors.Is(ctx.Err(), context.Canceled): // the daemon stops
	default:
		jobRuns.WithLabelValues(j.name, "failed").Inc()
		if before, _ := w.said.Swap(j.name, err.Error()); before != err.Error() {
			log.Error("job failed", "error", err)
		}
	}
	return err
}

// schedule is the table as River wants it.
func schedule(table []job) []*river.PeriodicJob {
	var list []*river.PeriodicJob
	for _, j := range table {
		list = append(list, river.NewPeriodicJob(river.PeriodicInterval(j.every), func() (river.JobArgs, *river.InsertOpts) {
			return jobArgs{j.name}, &river.InsertOpts{MaxAttempts: j.tries, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: j.every}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return list
}

// jobs runs the periodic work until ctx ends. Each job can run beside all others.
func (p *Program) jobs(ctx context.Context) {
	workers := river.NewWorkers()
	river.AddWorker(workers, newJobWorker(p, periodic))
	client, err := river.NewClient(riverpgxv5.New(p.store.Pool()), &river.Config{
		Workers: workers, Logger: slog.New(warnOnly{p.log.Handler()}).With("part", "jobs"),
		Queues:       map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: len(periodic), FetchPollInterval: 10 * time.Second}},
		PeriodicJobs: schedule(periodic),
	})
	if err != nil {
		p.log.Error("periodic jobs", "error", err)
		return
	}
	for err = client.Start(ctx); err != nil; err = client.Start(ctx) {
		if ctx.Err() != nil {
			return
		}
		p.log.Error("periodic jobs wait", "error", err) // the database, or its job tables in the middle of a migration
		select {
		case <-ctx.Done():
			return
		case <-time.After(2 * time.Second):
		}
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = client.Stop(end)
}
