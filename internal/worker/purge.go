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

// keepAudit is how long an audit entry is kept (trust.md S6).
const keepAudit = 365 * 24 * time.Hour

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
			w.clean(ctx, "runs over the size", func() (int, error) { return w.trimToSize(ctx, now) }) +
			w.clean(ctx, "deleted workflows", func() (int, error) { return w.Store.PurgeDeleted(ctx, now.Add(-keepDeleted)) }) +
			w.clean(ctx, "idempotency keys", func() (int, error) { return w.Store.TrimKeys(ctx, now) }) +
			w.clean(ctx, "cached results", func() (int, error) { return w.Store.TrimCache(ctx, cachePerUser) })
		// What a look condemns is deleted by the next one, an hour later.
		if due := gone > 0 || now.Sub(looked) >= lookEvery; due || again {
			gone += w.clean(ctx, "files and values without a name", func() (int, error) {
				c, err := w.Store.Collect(ctx, now)
				return c.Files + c.Blobs, err
			})
			looked, again = now, due
		}
		w.clean(ctx, "audit entries", func() (int, error) { return w.Store.TrimAudit(ctx, now.Add(-keepAudit)) })
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

// roundsOfTrim bounds how often a purge looks whether the database is small enough.
const roundsOfTrim = 12

// trimToSize deletes the oldest runs that have ended until an SQLite database holds no
// more than KeepBytes. Each round deletes half of what the average run says is needed,
// so that large runs at the old end take no others with them.
func (w *Worker) trimToSize(ctx context.Context, now time.Time) (int, error) {
	if w.KeepBytes <= 0 || w.Store.Dialect() != "sqlite" {
		return 0, nil
	}
	all := 0
	for range roundsOfTrim {
		used, err := w.Store.InUse(ctx, now)
		if err != nil || used <= w.KeepBytes {
			return all, err
		}
		runs, err := w.Store.EndedRuns(ctx)
		if err != nil {
			return all, err
		}
		if runs == 0 {
			w.Logger.Warn("the database is larger than HEDDLE_KEEP_SIZE, and has no run that could be deleted", slog.Int64("bytes", used))
			return all, nil
		}
		over := float64(used-w.KeepBytes) / float64(used)
		for left := max(int(over*float64(runs)/2), 1); left > 0; {
			n, err := w.Store.DeleteRuns(ctx, now.Add(time.Hour), min(left, runsAtOnce))
			all += n
			if err != nil || n == 0 {
				return all, err
			}
			left -= n
		}
	}
	return all, nil
}
