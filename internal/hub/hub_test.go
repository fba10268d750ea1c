package hub_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heddle/internal/hub"
)

func TestWatch_SlowWatcherBlocksNobodyAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New()
		ctx, cancel := context.WithCancel(t.Context())
		var journal atomic.Int64
		cursor, wakes := int64(0), 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range h.Watch(ctx, "run:1") {
				wakes++
				time.Sleep(time.Second) // slow client
				cursor = journal.Load()
			}
		}()
		synctest.Wait()
		for range 1000 {
			journal.Add(1)
			h.Touch("run:1")
		}
		time.Sleep(5 * time.Second)
		cancel()
		<-done
		if cursor != 1000 || wakes != 2 {
			t.Fatalf("cursor=%d wakes=%d", cursor, wakes)
		}
	})
}
