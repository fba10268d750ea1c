package worker

import (
	"context"
	"log/slog"
	"time"
)

// cachePerUser is how many bytes of results each user keeps for reuse.
const cachePerUser = 256 << 20

// keepDeleted is how long a deleted workflow can be brought back.
const keepDeleted = 30 * 24 * time.Hour

// lookEvery is how often it is looked for what nothing names, when nothing was
// deleted in between.
const lookEvery = 24 * time.Hour

// runsAtOnce is how many runs are deleted in one transaction.
const runsAtOnce = 200

// purge removes once an hour what is not kept any more, and gives its space back.
func (w *Worker) purge(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var looked time.Time
	for again := false; ; {
		now := time.Now()
		gone := w.clean(ctx, "old runs", func() (int, error) { return w.deleteRuns(ctx, now) }) +
			w.clean(ctx, "deleted workflows", func() (int, error) { return w.Store.PurgeDeleted(ctx, now.Add(-keepDeleted)) }) +
			w.clean(ctx, "cached results", func() (int, error) { return w.Store.TrimCache(ctx, cachePerUser) })
		// What a look condemns is deleted by the next one, an hour later.
		if due := gone > 0 || now.Sub(looked) >= lookEvery; due || again {
			gone += w.clean(ctx, "files and values without a name", func() (int, error) {
				c, err := w.Store.Collect(ctx, now)
				return c.Files + c.Blobs, err
			})
			looked, again = now, due
		}
		if gone > 0 {
			w.clean(ctx, "bytes of the disk", func() (int, error) {
				n, err := w.Store.Reclaim(ctx)
				return int(n), err
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// clean does one part of a purge and returns how many things went.
func (w *Worker) clean(ctx context.Context, what string, do func() (int, error)) int {
	if ctx.Err() != nil {
		return 0
	}
	n, err := do()
	if err != nil && ctx.Err() == nil {
		w.Logger.Error("part of the cleaning not done", slog.String("part", what), slog.Any("error", err))
	} else if n > 0 {
		w.Logger.Info("cleaned", slog.String("part", what), slog.Int("count", n))
	}
	return n
}

// deleteRuns deletes the runs that ended too long ago, in small transactions.
func (w *Worker) deleteRuns(ctx context.Context, now time.Time) (int, error) {
	if w.KeepRuns <= 0 {
		return 0, nil
	}
	for all := 0; ; {
		n, err := w.Store.DeleteRuns(ctx, now.Add(-w.KeepRuns), runsAtOnce)
		if all += n; err != nil || n < runsAtOnce || ctx.Err() != nil {
			return all, err
		}
	}
}
