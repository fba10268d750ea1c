package store

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hintChannel is where the processes on one PostgreSQL database tell each other
// which topics changed.
const hintChannel = "heddle_topics"

const (
	maxHints    = 10_000                // topics that wait to be told; what is more is found by polling
	hintPause   = 10 * time.Millisecond // between messages, so that topics gather
	hintTimeout = 5 * time.Second       // for one message
	hearCheck   = 10 * time.Second      // of silence, after which the listening connection is tested
	hearRetry   = 500 * time.Millisecond
)

// hints carries touched topics between the processes on one PostgreSQL database.
// They are hints only: one that is lost costs a watcher the time to its next poll.
type hints struct {
	name    string // of this process: its own hints come back and are left alone
	pool    *pgxpool.Pool
	log     *slog.Logger
	touch   func(topic string)
	mu      sync.Mutex
	waiting map[string]struct{}
	some    chan struct{}
	loops   sync.WaitGroup
	quit    context.CancelFunc
}

// newHints starts to listen and to tell. The caller stops it.
func newHints(pool *pgxpool.Pool, log *slog.Logger, touch func(topic string)) *hints {
	ctx, quit := context.WithCancel(context.Background())
	h := &hints{name: rand.Text(), pool: pool, log: log, touch: touch, waiting: map[string]struct{}{}, some: make(chan struct{}, 1), quit: quit}
	h.loops.Go(func() { h.tell(ctx) })
	h.loops.Go(func() { h.listen(ctx) })
	return h
}

func (h *hints) stop() {
	h.quit()
	h.loops.Wait()
}

// give touches the topic here, and soon in the other processes. It never blocks.
func (h *hints) give(topic string) {
	h.touch(topic)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) < maxHints {
		h.waiting[topic] = struct{}{}
	}
	select {
	case h.some <- struct{}{}:
	default: // told already that some wait
	}
}

func (h *hints) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]string, 0, len(h.waiting))
	for topic := range h.waiting {
		out = append(out, h.name+" "+topic)
	}
	clear(h.waiting)
	return out
}

// tell sends what gathered, outside of the transactions that touched the topics:
// a NOTIFY inside them would make their commits wait for each other.
func (h *hints) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.some:
		}
		one, cancel := context.WithTimeout(ctx, hintTimeout)
		_, err := h.pool.Exec(one, "SELECT pg_notify($1, t) FROM unnest($2::text[]) AS t", hintChannel, h.take())
		cancel()
		if err != nil && ctx.Err() == nil {
			h.log.Debug("other processes not told of changes; they poll", slog.Any("error", err))
		}
		pause(ctx, hintPause)
	}
}

// listen hears the other processes, on a connection of its own, until ctx ends.
func (h *hints) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := h.hear(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("other processes are not heard; changes are polled until the connection is back", slog.Any("error", err))
			pause(ctx, hearRetry)
		}
	}
}

// hear is one connection's life.
func (h *hints) hear(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, h.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+hintChannel); err != nil {
		return err
	}
	for {
		quiet, cancel := context.WithTimeout(ctx, hearCheck)
		n, err := conn.WaitForNotification(quiet)
		silent := err != nil && quiet.Err() != nil
		cancel()
		switch {
		case err == nil:
			if from, topic, ok := strings.Cut(n.Payload, " "); ok && from != h.name {
				h.touch(topic)
			}
			continue
		case ctx.Err() != nil:
			return nil
		case !silent:
			return err
		}
		if err := ping(ctx, conn); err != nil {
			return err
		}
	}
}

func ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	return conn.Ping(ctx)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
