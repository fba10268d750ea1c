package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// runArgs is the payload of a trigger.
type runArgs struct {
	RunID flow.ID `json:"runId"`
}

// Kind names the job to River.
func (runArgs) Kind() string { return "run" }

// backend is the queue on one kind of database.
type backend interface {
	insert(ctx context.Context, tx any, run flow.ID, at place) (string, error)
	start(ctx context.Context) error
	stop(ctx context.Context) error
	stopAndCancel(ctx context.Context) error
	migrate(ctx context.Context) error
	check(ctx context.Context) error
	wake()
}

// bulkQueue is the queue of users who have many runs open. It never has all of the
// slots, so some are always there for the first runs of everyone else.
const bulkQueue = "bulk"

// firstRuns is how many open runs of a user go before the bulk when nothing else is set.
const firstRuns = 10

// place is where a trigger waits.
type place struct {
	queue    string
	priority int // 1 (first) to 4
}

// placeOf returns the place of a run whose owner has open runs already: users with
// few come before users with many (trust.md N4).
func placeOf(open, first int) place {
	p := place{river.QueueDefault, 1}
	if open >= first {
		p.queue = bulkQueue
	}
	for step := 10 * first; open >= step && p.priority < 4; step *= 10 {
		p.priority++
	}
	return p
}

// slots says how many runs at once each queue may have: the first runs all, the
// bulk three quarters. Together they never have more than concurrency, because the
// worker counts once more; with one run at once they take turns.
func slots(concurrency int) map[string]river.QueueConfig {
	return map[string]river.QueueConfig{
		river.QueueDefault: {MaxWorkers: concurrency},
		bulkQueue:          {MaxWorkers: max(1, concurrency-max(1, concurrency/4))},
	}
}

// queueConfig is what a backend is made of.
type queueConfig struct {
	store       *store.Store
	concurrency int // runs at once; 0: insert only
	work        func(ctx context.Context, run flow.ID) error
	logger      *slog.Logger
}

func newBackend(c queueConfig) (backend, error) {
	if c.store.Dialect() == "postgres" {
		return newRiver(riverpgxv5.New(c.store.Pool()), c, func() {})
	}
	d := newWakeDriver(riversqlite.New(c.store.Writer()))
	return newRiver(d, c, func() { d.wake(river.QueueDefault); d.wake(bulkQueue) })
}

// riverQueue is the queue on River. T is the driver's transaction, which only the
// store knows by name.
type riverQueue[T any] struct {
	driver riverdriver.Driver[T]
	client *river.Client[T]
	woken  func()
}

func newRiver[T any](d riverdriver.Driver[T], c queueConfig, wake func()) (*riverQueue[T], error) {
	conf := &river.Config{
		Logger:        c.logger,
		JobTimeout:    -1, // runs have their own deadlines
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 500 * time.Millisecond,
		CompletedJobRetentionPeriod: time.Minute, // the run's row is the history
		MaxAttempts:                 100,
	}
	if c.concurrency > 0 {
		conf.Queues = slots(c.concurrency)
		conf.Workers = river.NewWorkers()
		river.AddWorker(conf.Workers, &jobWorker{work: c.work})
	}
	client, err := river.NewClient(d, conf)
	if err != nil {
		return nil, fmt.Errorf("make queue client: %w", err)
	}
	return &riverQueue[T]{driver: d, client: client, woken: wake}, nil
}

// jobWorker hands River's jobs to the worker.
type jobWorker struct {
	river.WorkerDefaults[runArgs]
	work func(context.Context, flow.ID) error
}

// Work runs one trigger.
func (w *jobWorker) Work(ctx context.Context, job *river.Job[runArgs]) error {
	return w.work(ctx, job.Args.RunID)
}

func (q *riverQueue[T]) insert(ctx context.Context, tx any, run flow.ID, at place) (string, error) {
	t, ok := tx.(T)
	if !ok {
		return "", fmt.Errorf("queue: transaction is a %T", tx)
	}
	res, err := q.client.InsertTx(ctx, t, runArgs{RunID: run}, &river.InsertOpts{Queue: at.queue, Priority: at.priority})
	if err != nil {
		return "", fmt.Errorf("insert trigger: %w", err)
	}
	return strconv.FormatInt(res.Job.ID, 10), nil
}

func (q *riverQueue[T]) start(ctx context.Context) error         { return q.client.Start(ctx) }
func (q *riverQueue[T]) stop(ctx context.Context) error          { return q.client.Stop(ctx) }
func (q *riverQueue[T]) stopAndCancel(ctx context.Context) error { return q.client.StopAndCancel(ctx) }
func (q *riverQueue[T]) wake()                                   { q.woken() }

// check reads one row of the queue's tables.
func (q *riverQueue[T]) check(ctx context.Context) error {
	_, err := q.client.JobList(ctx, river.NewJobListParams().First(1))
	return err
}

func (q *riverQueue[T]) migrate(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("queue migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	return nil
}

// Migrate brings the queue's own tables up to date.
func Migrate(ctx context.Context, st *store.Store) error {
	b, err := newBackend(queueConfig{store: st, logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return b.migrate(ctx)
}

// giveBack makes River offer the trigger again after a while, without counting an attempt.
func giveBack(after time.Duration) error { return river.JobSnooze(after) }

// isGone reports whether there is nothing left to do for a trigger: the run is
// held by another worker, is final, or does not exist.
func isGone(err error) bool {
	kind := flow.KindOf(err)
	return errors.Is(err, flow.ErrHeld) || errors.Is(err, flow.ErrFenced) || kind == flow.Conflict || kind == flow.NotFound
}
