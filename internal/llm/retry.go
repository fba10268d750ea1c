package llm

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"
)

// RetryPolicy says how often and how patiently a call is repeated. Zero fields
// take the defaults.
type RetryPolicy struct {
	Attempts      int           // in all, the first one included; default 4
	Base          time.Duration // the first pause, doubled each time; default 500 ms
	Max           time.Duration // the longest pause of our own choosing; default 20 s
	MaxRetryAfter time.Duration // the longest pause a provider may ask for; default 60 s
}

// Retry returns m with failures that can pass repeated, see [Error.Passing]. An
// answer that has already yielded a part is never repeated. A pause lies between
// half and all of its nominal length; a Retry-After is obeyed up to its cap.
func Retry(m Model, p RetryPolicy) Model {
	return &retried{model: m, policy: RetryPolicy{
		Attempts:      cmp.Or(max(p.Attempts, 0), 4),
		Base:          cmp.Or(p.Base, 500*time.Millisecond),
		Max:           cmp.Or(p.Max, 20*time.Second),
		MaxRetryAfter: cmp.Or(p.MaxRetryAfter, time.Minute),
	}}
}

type retried struct {
	model  Model
	policy RetryPolicy
}

func (m *retried) Stream(ctx context.Context, r Request) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		for attempt := 1; ; attempt++ {
			err := once(ctx, m.model, r, yield)
			if err == nil {
				return
			}
			pause, again := m.policy.pause(attempt, err)
			if !again {
				yield(Part{}, err)
				return
			}
			if !sleep(ctx, pause) {
				yield(Part{}, context.Cause(ctx))
				return
			}
		}
	}
}

// once passes one attempt on. It returns the error of an attempt that failed
// before its first part; any other ending is final and already passed on.
func once(ctx context.Context, m Model, r Request, yield func(Part, error) bool) error {
	started := false
	for p, err := range m.Stream(ctx, r) {
		if err != nil && !started {
			return err
		}
		started = true
		if !yield(p, err) {
			return nil
		}
	}
	return nil
}

// pause returns how long to wait after the given attempt, and whether to try again.
func (p RetryPolicy) pause(attempt int, err error) (time.Duration, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.Passing() || attempt >= p.Attempts {
		return 0, false
	}
	if e.RetryAfter > 0 {
		return min(e.RetryAfter, p.MaxRetryAfter), true
	}
	whole := p.Max
	if shift := attempt - 1; shift < 30 && p.Base<<shift < p.Max {
		whole = p.Base << shift
	}
	return whole/2 + rand.N(whole/2+1), true //nolint:gosec // a pause, not a secret
}

// sleep waits for d and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
