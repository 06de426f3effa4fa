package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// sweepEvery is how often what nobody needs any more is removed.
const sweepEvery = time.Hour

// sweepArgs is the job that removes contents which nothing refers to, and sessions and links that have ended.
type sweepArgs struct{}

// Kind names the job in River's tables.
func (sweepArgs) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	program *Program
}

// Work sweeps in small steps, so that no transaction is long.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	if err := w.program.store.SweepSignIns(ctx, now()); err != nil {
		return err
	}
	for {
		const step = 500
		n, err := w.program.store.SweepBlobs(ctx, now(), step)
		if err != nil || n < step {
			return err
		}
	}
}

// jobs runs the periodic work: one daemon leads and inserts the jobs, any may work them.
func (p *Program) jobs(ctx context.Context) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &sweepWorker{program: p})
	client, err := river.NewClient(riverpgxv5.New(p.store.Pool()), &river.Config{
		Workers: workers, Logger: slog.New(warnOnly{p.log.Handler()}).With("part", "jobs"),
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2, FetchPollInterval: 10 * time.Second}},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(sweepEvery),
			func() (river.JobArgs, *river.InsertOpts) {
				return sweepArgs{}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: sweepEvery}}
			}, &river.PeriodicJobOpts{RunOnStart: true})},
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
