package llm_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"heddle/internal/llm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type steps = []func(func(llm.Part, error) bool)

func passing(k llm.ErrorKind) error { return &llm.Error{Kind: k, Provider: "P", Message: "m"} }

func TestRetryUntilItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: steps{fails(passing(llm.ErrOverloaded)), fails(passing(llm.ErrConnection)), says("ok")}}
		start := time.Now()
		a, err := llm.Collect(t.Context(), llm.Retry(s, llm.RetryPolicy{}), llm.Request{}, nil)
		if err != nil || a.Text != "ok" || s.calls != 3 {
			t.Fatalf("%+v, %v after %d calls", a, err, s.calls)
		}
		// 500 ms and 1 s, each between half and all of it.
		if took := time.Since(start); took < 750*time.Millisecond || took > 1500*time.Millisecond+2 {
			t.Errorf("waited %s, want 750 ms to 1.5 s", took)
		}
	})
}

func TestRetryGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"passing":   {passing(llm.ErrTimeout), 4},
		"malformed": {passing(llm.ErrMalformed), 4},
		"auth":      {passing(llm.ErrAuth), 1},
		"blocked":   {passing(llm.ErrBlocked), 1},
		"request":   {passing(llm.ErrRequest), 1},
		"foreign":   {errors.New("the context's cause"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: steps{fails(c.err)}}
				_, err := llm.Collect(t.Context(), llm.Retry(s, llm.RetryPolicy{}), llm.Request{}, nil)
				if !errors.Is(err, c.err) || s.calls != c.calls {
					t.Errorf("%v after %d calls, want %d", err, s.calls, c.calls)
				}
			})
		})
	}
}

func TestRetryNeverAfterText(t *testing.T) {
	s := &script{steps: steps{func(yield func(llm.Part, error) bool) {
		if yield(llm.Part{Text: "half"}, nil) {
			yield(llm.Part{}, passing(llm.ErrConnection))
		}
	}}}
	a, err := llm.Collect(t.Context(), llm.Retry(s, llm.RetryPolicy{}), llm.Request{}, nil)
	if a.Text != "half" || err == nil || s.calls != 1 {
		t.Errorf("%q, %v after %d calls, want the half answer and its error", a.Text, err, s.calls)
	}
}

func TestRetryAfterIsObeyedAndCapped(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, time.Hour: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: steps{fails(&llm.Error{Kind: llm.ErrRate, RetryAfter: asked}), says("ok")}}
			start := time.Now()
			_, err := llm.Collect(t.Context(), llm.Retry(s, llm.RetryPolicy{MaxRetryAfter: 10 * time.Second}), llm.Request{}, nil)
			if took := time.Since(start); err != nil || took != want {
				t.Errorf("asked for %s: waited %s (%v), want %s", asked, took, err, want)
			}
		})
	}
}

func TestRetryPauseStaysBelowMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: steps{fails(passing(llm.ErrOverloaded))}}
		start := time.Now()
		_, _ = llm.Collect(t.Context(), llm.Retry(s, llm.RetryPolicy{Attempts: 101, Max: 2 * time.Second}), llm.Request{}, nil)
		if took := time.Since(start); s.calls != 101 || took < 98*time.Second || took > 200*time.Second {
			t.Errorf("%d calls in %s", s.calls, took)
		}
	})
}

func TestRetryStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("stopped")
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { stop(why) })
		s := &script{steps: steps{fails(&llm.Error{Kind: llm.ErrRate, RetryAfter: 30 * time.Second})}}
		start := time.Now()
		_, err := llm.Collect(ctx, llm.Retry(s, llm.RetryPolicy{}), llm.Request{}, nil)
		if !errors.Is(err, why) || time.Since(start) != time.Second {
			t.Errorf("%v after %s, want the cause after 1 s", err, time.Since(start))
		}
	})
}

func TestRetryBreak(t *testing.T) {
	s := &script{steps: steps{says("a", "b", "c")}}
	n := 0
	for range llm.Retry(s, llm.RetryPolicy{}).Stream(t.Context(), llm.Request{}) {
		n++
		break
	}
	if n != 1 || s.calls != 1 {
		t.Errorf("%d parts in %d calls after a break", n, s.calls)
	}
}

// busy is a model that counts how many of its answers are under way.
type busy struct{ now, most atomic.Int32 }

func (b *busy) Stream(context.Context, llm.Request) iter.Seq2[llm.Part, error] {
	return func(yield func(llm.Part, error) bool) {
		n := b.now.Add(1)
		defer b.now.Add(-1)
		for m := b.most.Load(); n > m && !b.most.CompareAndSwap(m, n); m = b.most.Load() {
		}
		time.Sleep(time.Second)
		yield(llm.Part{Finish: llm.FinishStop}, nil)
	}
}

func TestLimit(t *testing.T) {
	for limit, want := range map[int]int32{3: 3, 0: 10} {
		synctest.Test(t, func(t *testing.T) {
			b := &busy{}
			m := llm.Limit(b, limit)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() { _, _ = llm.Collect(t.Context(), m, llm.Request{}, nil) })
			}
			wg.Wait()
			if got := b.most.Load(); got != want {
				t.Errorf("limit %d: %d at once, want %d", limit, got, want)
			}
		})
	}
}

func TestLimitWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busy{}
		m := llm.Limit(b, 1)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = llm.Collect(t.Context(), m, llm.Request{}, nil) })
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if _, err := llm.Collect(ctx, m, llm.Request{}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the context's", err)
		}
		wg.Wait()
		if _, err := llm.Collect(t.Context(), m, llm.Request{}, nil); err != nil {
			t.Errorf("the slot was not given back: %v", err)
		}
	})
}
