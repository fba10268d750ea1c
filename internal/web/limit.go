package web

import (
	"sync"
	"time"
)

// rates are the limits of one process.
type rates struct{ api, runs *limiter }

func newRates(api, runs int) *rates { return &rates{newLimiter(api), newLimiter(runs)} }

// limiter is the generic cell rate algorithm (GCRA; ITU-T I.371): a key may take
// perMinute at once, and gets them back evenly over a minute.
type limiter struct {
	step  time.Duration // between two takes at the steady rate; 0: no limit
	burst time.Duration
	now   func() time.Time

	mu   sync.Mutex
	next map[string]time.Time // when the key's allowance is whole again
}

// maxKeys bounds the memory; at the bound keys that are whole again are dropped.
const maxKeys = 50_000

func newLimiter(perMinute int) *limiter {
	l := &limiter{now: time.Now, next: map[string]time.Time{}}
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
