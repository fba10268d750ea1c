package web

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"heddle/internal/flow"
)

// Shared counts requests for all processes together.
type Shared interface {
	// Take counts one request of the key against a limit a minute. It returns 0 when
	// the request may go on, else how long to wait.
	Take(ctx context.Context, key string, perMinute int) (time.Duration, error)
}

// sharedWithin is how long a request waits for the shared count.
const sharedWithin = time.Second

// sharedPause is how long each process counts alone after the shared count failed.
const sharedPause = 5 * time.Second

// rates are the limits of requests. Without a shared count, or while it is away,
// each process counts alone.
type rates struct {
	api, runs *limiter
	hooks     *limiter // messages of a webhook
	bad       *limiter // wrong tokens and messages, by network
	shared    Shared
	log       *slog.Logger
	mu        sync.Mutex
	alone     time.Time // until then the shared count is not asked
}

func newRates(c Config) *rates {
	return &rates{api: newLimiter(c.RateAPI), runs: newLimiter(c.RateRuns), hooks: newLimiter(c.RateHooks), bad: newLimiter(badPerMinute(c)), shared: c.Shared, log: c.Logger}
}

// take returns 0 when the key may go on by the limit l, else how long to wait. The
// name tells limits apart.
func (r *rates) take(ctx context.Context, l *limiter, name, key string) time.Duration {
	if l.step == 0 {
		return 0
	}
	if r.shared == nil || r.isAlone() {
		return l.take(key)
	}
	ctx, cancel := context.WithTimeout(ctx, sharedWithin)
	defer cancel()
	wait, err := r.shared.Take(ctx, name+":"+key, l.perMinute)
	if err == nil {
		return wait
	}
	r.goAlone(err)
	return l.take(key)
}

// signInsPerMinute is how many tries to sign in or up a network has in a minute, over
// all processes (trust.md L4). Each process counts them in its own memory as well.
const signInsPerMinute = 20

// tokensPerMinute is how many API tokens a user may make in a minute.
const tokensPerMinute = 20

// badPerMinute is how many wrong tokens or messages a network may send in a minute.
func badPerMinute(c Config) int { return min(c.RateAPI, 60) }

// strict counts what must never go uncounted: while the shared count is away it is
// refused (trust.md N3). Without a shared count it lets everything pass.
func (r *rates) strict(ctx context.Context, name, key string, perMinute int) error {
	if r.shared == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sharedWithin)
	defer cancel()
	wait, err := r.shared.Take(ctx, name+":"+key, perMinute)
	switch {
	case err != nil:
		return &flow.Error{Kind: flow.Unavailable, Message: "Sign-ins cannot be counted just now, so nobody is let in.", Hint: "Try again in a moment.", RetryAfter: sharedPause, Err: err}
	case wait > 0:
		return &flow.Error{Kind: flow.TooMany, Message: "Too many tries from your network.", Hint: "Wait for the time in Retry-After and try again.", RetryAfter: wait}
	}
	return nil
}

func (r *rates) isAlone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.alone)
}

func (r *rates) goAlone(err error) {
	r.log.Warn("requests are counted by this process alone for a while", slog.Any("error", err))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alone = time.Now().Add(sharedPause)
}

// limiter is the generic cell rate algorithm (GCRA; ITU-T I.371): a key may take
// perMinute at once, and gets them back evenly over a minute.
type limiter struct {
	perMinute int
	step      time.Duration // between two takes at the steady rate; 0: no limit
	burst     time.Duration
	now       func() time.Time

	mu   sync.Mutex
	next map[string]time.Time // when the key's allowance is whole again
}

// maxKeys bounds the memory; at the bound keys that are whole again are dropped.
const maxKeys = 50_000

func newLimiter(perMinute int) *limiter {
	l := &limiter{perMinute: perMinute, now: time.Now, next: map[string]time.Time{}}
	if perMinute > 0 {
		l.step, l.burst = time.Minute/time.Duration(perMinute), time.Minute
	}
	return l
}

// take returns 0 when the key may go on, else how long to wait.
func (l *limiter) take(key string) time.Duration {
	if l.step == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if len(l.next) >= maxKeys {
		l.drop(now)
	}
	at := l.next[key]
	if at.Before(now) {
		at = now
	}
	if wait := at.Add(l.step).Sub(now) - l.burst; wait > 0 {
		return wait
	}
	l.next[key] = at.Add(l.step)
	return 0
}

func (l *limiter) drop(now time.Time) {
	for k, at := range l.next {
		if at.Before(now) {
			delete(l.next, k)
		}
	}
	if len(l.next) >= maxKeys { // all are busy: begin again rather than grow
		clear(l.next)
	}
}
