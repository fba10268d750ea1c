package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/hub"
	"heddle/internal/store"
)

// Lease is how long a silent worker keeps its runs (rules E8 and E11).
const Lease = 30 * time.Second

// beatEvery is the time between heartbeats, which also bring a cancel from another
// machine when its hint was lost: 1.5 s.
func (w *Worker) beatEvery() time.Duration { return w.Lease / 20 }

// sweepEvery is the time between looks for stranded runs: 5 s.
func (w *Worker) sweepEvery() time.Duration { return w.Lease / 6 }

// graceStop is how long running nodes may finish after a stop was asked for (rule E13).
const graceStop = 5 * time.Second

// Config is what a Worker is made of.
type Config struct {
	Store       *store.Store
	Engine      *engine.Engine
	Hub         *hub.Hub
	Concurrency int // runs at once; 0: this process only accepts runs
	Logger      *slog.Logger
	Lease       time.Duration // 0: [Lease]; all processes on a database need the same
	FirstRuns   int           // open runs of a user that go before everyone's bulk; 0: 10
	KeepRuns    time.Duration // how long a run is kept after its end; 0: for ever
	KeepBytes   int64         // how large an SQLite database may grow before the oldest runs go; 0: without limit
}

// Worker works on accepted runs. It is also the queue to which they are given.
type Worker struct {
	Config
	name    string
	queue   backend
	lane    *lane
	slots   chan struct{}   // one for each run at work
	own     sync.WaitGroup  // runs at work that came by the lane
	jobs    context.Context // parent of every run's context
	release context.CancelCauseFunc
	loops   sync.WaitGroup
	quit    context.CancelFunc
}

// New returns a Worker that is not started: it accepts runs but does not work on them.
func New(c Config) (*Worker, error) {
	if c.Lease == 0 {
		c.Lease = Lease
	}
	if c.FirstRuns == 0 {
		c.FirstRuns = firstRuns
	}
	w := &Worker{Config: c, name: processName(), quit: func() {}, slots: make(chan struct{}, c.Concurrency)}
	w.jobs, w.release = context.WithCancelCause(context.Background())
	b, err := newBackend(queueConfig{store: c.Store, concurrency: c.Concurrency, work: w.work, logger: quiet(c.Logger)})
	if err != nil {
		return nil, err
	}
	w.queue, w.lane = b, newLane(c.Concurrency)
	return w, nil
}

// quiet keeps River's own chatter to warnings: the run's log tells the rest.
func quiet(l *slog.Logger) *slog.Logger {
	return slog.New(levelHandler{l.Handler(), slog.LevelWarn})
}

// Enqueue adds a trigger for the run to the transaction and returns the job's id.
func (w *Worker) Enqueue(ctx context.Context, tx *store.Tx, run flow.ID) (string, error) {
	open, err := tx.Open(ctx)
	if err != nil {
		return "", fmt.Errorf("count open runs: %w", err)
	}
	return w.queue.insert(ctx, tx.Driver(), run, placeOf(open, w.FirstRuns))
}

// Wake tells idle workers of this process that a trigger was committed.
func (w *Worker) Wake() { w.queue.wake() }

// Check reports whether the queue's tables answer.
func (w *Worker) Check(ctx context.Context) error { return w.queue.check(ctx) }

// Start gives dead workers' runs back to the queue and begins to work. It returns
// when the queue runs; [Worker.Stop] ends it.
func (w *Worker) Start(ctx context.Context) error {
	if w.Concurrency == 0 {
		return nil
	}
	if err := w.resume(ctx); err != nil {
		return err
	}
	if err := w.queue.start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	loops, quit := context.WithCancel(context.WithoutCancel(ctx))
	w.quit = quit
	if err := w.adopt(ctx); err != nil {
		return errors.Join(err, w.queue.stop(ctx))
	}
	w.Store.Join()
	w.loops.Go(func() { w.runLane(loops) })
	w.loops.Go(func() { w.sweep(loops) })
	w.loops.Go(func() { w.purge(loops) })
	return nil
}

// Stop takes no more runs, lets running nodes finish for a while, gives the rest
// back and returns. No run is lost or marked failed by it (rule E13).
func (w *Worker) Stop(ctx context.Context) error {
	w.quit()
	w.loops.Wait()
	if w.Concurrency == 0 {
		return nil
	}
	w.passOn(w.lane.close())
	grace := time.AfterFunc(graceStop, func() { w.release(engine.ErrRelease) })
	defer grace.Stop()
	err := w.queue.stop(ctx)
	if err != nil {
		w.release(engine.ErrRelease)
		forced, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		err = w.queue.stopAndCancel(forced)
	}
	if !w.ownEnded(ctx) {
		w.release(engine.ErrRelease)
		w.own.Wait()
	}
	w.release(engine.ErrRelease)
	if err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	return nil
}

// resume makes triggers for the runs of workers that are dead for certain.
func (w *Worker) resume(ctx context.Context) error {
	ids, err := w.Store.ReleaseDead(ctx, w.alive)
	if err != nil {
		return fmt.Errorf("find interrupted runs: %w", err)
	}
	for _, id := range ids {
		if err := w.requeue(ctx, id); err != nil {
			return err
		}
		w.Logger.Info("run goes on after a restart", slog.String("run_id", id.String()))
	}
	return nil
}

func (w *Worker) requeue(ctx context.Context, id flow.ID) error {
	err := w.Store.Requeue(ctx, id, func(ctx context.Context, tx *store.Tx) (string, error) { return w.Enqueue(ctx, tx, id) })
	if err != nil && !isGone(err) {
		return fmt.Errorf("requeue %s: %w", id, err)
	}
	w.Wake()
	return nil
}

// work is one trigger: claim the run, hold it, let the engine work.
func (w *Worker) work(job context.Context, id flow.ID) error {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-job.Done():
		return giveBack(0)
	}
	claim, err := w.Store.ClaimRun(job, id, w.name, w.Lease)
	switch {
	case err == nil:
	case isGone(err):
		return nil
	default:
		return fmt.Errorf("claim %s: %w", id, err)
	}
	if after, again := w.attempt(job, claim); again {
		return giveBack(after)
	}
	return nil
}

// attempt works on a claimed run. With again it was given up: another attempt is due
// after a while.
func (w *Worker) attempt(job context.Context, claim flow.Claim) (after time.Duration, again bool) {
	id := claim.Run.ID
	status, err := w.hold(job, claim)
	switch {
	case err == nil:
		w.tell(id, status)
		return 0, false
	case isGone(err):
		return 0, false
	case errors.Is(err, engine.ErrRelease):
		w.giveUp(claim)
		return 0, true
	}
	w.Logger.Error("run interrupted", slog.String("run_id", id.String()), slog.Any("error", err))
	w.giveUp(claim)
	return 2 * time.Second, true
}

// tell logs what became of a run in this process.
func (w *Worker) tell(id flow.ID, status flow.RunStatus) {
	if status == flow.RunWaiting {
		w.Logger.Info("run waits", slog.String("run_id", id.String()))
		return
	}
	w.Logger.Info("run ended", slog.String("run_id", id.String()), slog.String("status", string(status)))
}

// giveUp frees the run's lease.
func (w *Worker) giveUp(c flow.Claim) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.Store.ReleaseRun(ctx, c.Run.ID, c.Token); err != nil && !isGone(err) {
		w.Logger.Error("run not released", slog.String("run_id", c.Run.ID.String()), slog.Any("error", err))
	}
}

// hold runs the engine while a heartbeat keeps the lease and listens for a cancel.
func (w *Worker) hold(job context.Context, c flow.Claim) (flow.RunStatus, error) {
	ctx, stop := context.WithCancelCause(w.jobs)
	defer stop(nil)
	defer context.AfterFunc(job, func() { stop(engine.ErrRelease) })()
	var beats sync.WaitGroup
	defer beats.Wait()
	beating, quit := context.WithCancel(ctx)
	defer quit()
	news := make(chan flow.Answer)
	c.News = news
	beats.Go(func() { w.beat(beating, holding{c, news, stop}) })
	return w.Engine.Execute(ctx, c)
}

// holding is a run this process works on.
type holding struct {
	flow.Claim
	news chan<- flow.Answer
	stop context.CancelCauseFunc
}

// asked is a node that waits for an answer.
type asked struct{ node, iteration string }

// beat extends the lease until ctx ends, and brings answers. A requested cancel, or a
// lost lease, stops the run.
func (w *Worker) beat(ctx context.Context, h holding) {
	last, first, known := time.Now(), true, map[asked]bool{}
	for _, a := range h.Answers {
		known[asked{a.NodeID, a.Iteration}] = true
	}
	for range w.Hub.WatchEvery(ctx, flow.CancelTopic(h.Run.ID), w.beatEvery()) {
		if first { // the claim is fresh: a short run pays for no heartbeat
			first = false
			continue
		}
		b, err := w.Store.BeatRun(ctx, h.Run.ID, h.Token, w.Lease)
		switch {
		case b.Cancel:
			h.stop(engine.ErrCancel)
		case err == nil:
			last = time.Now()
		case errors.Is(err, flow.ErrFenced):
			h.stop(flow.ErrFenced)
			return
		case ctx.Err() == nil && time.Since(last) > w.Lease-2*w.beatEvery():
			h.stop(engine.ErrRelease) // the database is away: stop before another worker starts
			return
		}
		if b.Answered > len(known) {
			w.bring(ctx, h, known)
		}
	}
}

// bring hands the engine the answers it does not know.
func (w *Worker) bring(ctx context.Context, h holding, known map[asked]bool) {
	list, err := w.Store.Answers(ctx, h.Run.ID)
	if err != nil {
		w.Logger.Error("answers not read", slog.String("run_id", h.Run.ID.String()), slog.Any("error", err))
		return
	}
	for _, a := range list {
		if known[asked{a.NodeID, a.Iteration}] {
			continue
		}
		select {
		case h.news <- a:
			known[asked{a.NodeID, a.Iteration}] = true
		case <-ctx.Done():
			return
		}
	}
}

// sweep makes new triggers for unfinished runs that nobody holds (rule E12).
func (w *Worker) sweep(ctx context.Context) {
	first := true
	for range w.Hub.WatchEvery(ctx, flow.ProcessesTopic, w.sweepEvery()) {
		if err := w.lookAround(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Error("sweep", slog.Any("error", err))
		}
		if first { // resume has just done the rest
			first = false
			continue
		}
		ids, err := w.Store.Stranded(ctx, time.Now(), w.name, 100)
		if err != nil && ctx.Err() == nil {
			w.Logger.Error("stranded runs not found", slog.Any("error", err))
		}
		for _, id := range ids {
			if err := w.requeue(ctx, id); err != nil && ctx.Err() == nil {
				w.Logger.Error("stranded run not requeued", slog.String("run_id", id.String()), slog.Any("error", err))
			}
		}
		w.recall(ctx)
	}
}
