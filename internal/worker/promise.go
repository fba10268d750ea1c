package worker

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// Accept says how a new run will be started: by this process itself, when it has
// room, or by a job of the queue for whoever is free.
func (w *Worker) Accept(ctx context.Context, tx *store.Tx, r flow.Run) (store.Trigger, error) {
	if w.lane.takes(r.UserID, len(w.slots)) {
		return store.Trigger{ID: direct, Promised: w.name}, nil
	}
	id, err := w.Enqueue(ctx, tx, r.ID)
	return store.Trigger{ID: id}, err
}

// Accepted starts a run that [Worker.Accept] took, after its commit.
func (w *Worker) Accepted(r flow.Run, g flow.Graph) {
	switch {
	case r.TriggerID != direct:
		w.Wake()
	case !w.lane.push(promised{run: r, graph: &g, bytes: weight(r)}):
		w.passOn([]flow.ID{r.ID})
	}
}

// passOn gives promised runs to the queue, for a moment: what is left then is found
// by the next start, or by the sweep of another machine.
func (w *Worker) passOn(ids []flow.ID) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, id := range ids {
		if err := w.requeue(ctx, id); err != nil {
			w.Logger.Warn("promised runs wait for the next start", slog.Any("error", err))
			return
		}
	}
}

// adopt opens the lane, with the runs promised by earlier processes of this machine.
func (w *Worker) adopt(ctx context.Context) error {
	if err := w.lookAround(ctx); err != nil {
		return err
	}
	w.lane.start()
	list, err := w.Store.Adopt(ctx, w.name, w.alive)
	if err != nil {
		return fmt.Errorf("adopt promised runs: %w", err)
	}
	for _, p := range list {
		w.lane.push(promised{run: flow.Run{ID: p.ID, UserID: p.UserID}})
	}
	if len(list) > 0 {
		w.Logger.Info("accepted runs of an earlier process are started", slog.Int("runs", len(list)))
	}
	return nil
}

// lookAround finds out whether other processes work on the database, and gives them
// their share of what waits here.
func (w *Worker) lookAround(ctx context.Context) error {
	alone, err := w.Store.Alone(ctx)
	if err != nil {
		return fmt.Errorf("look for other processes: %w", err)
	}
	w.passOn(w.lane.shared(alone))
	return nil
}

// recall gives runs to the queue that were promised and are not in the lane: none,
// unless a start was cut off between the commit and the lane.
func (w *Worker) recall(ctx context.Context) {
	list, err := w.Store.Promised(ctx, w.name, time.Now().Add(-15*time.Second))
	if err != nil && ctx.Err() == nil {
		w.Logger.Error("promised runs not found", slog.Any("error", err))
	}
	for _, p := range list {
		if w.lane.has(p.ID) {
			continue
		}
		if err := w.requeue(ctx, p.ID); err != nil && ctx.Err() == nil {
			w.Logger.Error("promised run not requeued", slog.String("run_id", p.ID.String()), slog.Any("error", err))
		}
	}
}

// runLane starts the lane's runs as slots become free, until ctx ends.
func (w *Worker) runLane(ctx context.Context) {
	for {
		if !w.lane.may() {
			select {
			case <-w.lane.news:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		p, ok := w.lane.next()
		if !ok {
			<-w.slots
			continue
		}
		w.own.Go(func() { w.startOwn(p) })
	}
}

// startOwn works on a run of the lane. What it cannot end goes to the queue.
func (w *Worker) startOwn(p promised) {
	id := p.run.ID
	after, again := w.tryOwn(p)
	<-w.slots
	w.lane.ended(p.run.UserID)
	if !again {
		return
	}
	select {
	case <-time.After(after):
	case <-w.jobs.Done():
	}
	w.passOn([]flow.ID{id})
}

// tryOwn is one attempt. A panic leaves the lease behind: it runs out, and the run
// counts one worker as lost.
func (w *Worker) tryOwn(p promised) (after time.Duration, again bool) {
	defer func() {
		if v := recover(); v != nil {
			w.Logger.Error("run interrupted by a panic", slog.String("run_id", p.run.ID.String()), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		}
	}()
	claim, err := w.claimOwn(p)
	switch {
	case err == nil:
		return w.attempt(w.jobs, claim)
	case isGone(err):
		return 0, false
	}
	w.Logger.Error("run not claimed", slog.String("run_id", p.run.ID.String()), slog.Any("error", err))
	return 2 * time.Second, true
}

func (w *Worker) claimOwn(p promised) (flow.Claim, error) {
	if p.bytes > 0 {
		c, err := w.Store.ClaimAccepted(w.jobs, p.run, w.name, w.Lease)
		c.Graph = p.graph
		return c, err
	}
	return w.Store.ClaimRun(w.jobs, p.run.ID, w.name, w.Lease)
}

// ownEnded waits for the lane's runs that are at work; false: ctx ended first.
func (w *Worker) ownEnded(ctx context.Context) bool {
	done := make(chan struct{})
	go func() { w.own.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
