// Package hub tells watchers that a topic changed. It carries no data: a
// watcher that wakes reads what is new from the store, from its own cursor.
// So a slow watcher blocks nobody and loses nothing.
package hub

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Hub maps a topic to its watchers.
type Hub struct {
	mu   sync.Mutex
	subs map[string]map[chan struct{}]struct{}
}

// New returns a Hub without watchers.
func New() *Hub { return &Hub{subs: map[string]map[chan struct{}]struct{}{}} }

// Touch wakes the watchers of topic. It never blocks.
func (h *Hub) Touch(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.subs[topic] {
		select {
		case c <- struct{}{}:
		default: // already awake
		}
	}
}

// Watch yields once at once and then after every Touch, coalesced, until ctx ends.
func (h *Hub) Watch(ctx context.Context, topic string) iter.Seq[struct{}] {
	return h.WatchEvery(ctx, topic, 0)
}

// WatchEvery is Watch that also yields when nothing was touched for the given
// time: for changes that another process made. Zero means never.
func (h *Hub) WatchEvery(ctx context.Context, topic string, every time.Duration) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		c := h.join(topic)
		defer h.leave(topic, c)
		var tick <-chan time.Time
		if every > 0 {
			t := time.NewTicker(every)
			defer t.Stop()
			tick = t.C
		}
		for {
			select {
			case <-ctx.Done():
				return
			case <-c:
			case <-tick:
			}
			if !yield(struct{}{}) {
				return
			}
		}
	}
}

func (h *Hub) join(topic string) chan struct{} {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs[topic] == nil {
		h.subs[topic] = map[chan struct{}]struct{}{}
	}
	h.subs[topic][c] = struct{}{}
	return c
}

func (h *Hub) leave(topic string, c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs[topic], c)
	if len(h.subs[topic]) == 0 {
		delete(h.subs, topic)
	}
}
