package worker

import (
	"context"
	"time"
)

// TrimToSize is what the purge does once an hour.
func (w *Worker) TrimToSize(ctx context.Context, now time.Time) (int, error) {
	return w.trimToSize(ctx, now)
}
