package worker_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// TestR31_CanceledAtRandomPoints cancels runs between acceptance and end. The
// cancel comes from another process, so only the database tells the worker.
func TestR31_CanceledAtRandomPoints(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "PostgreSQL": postgresURL} {
		t.Run(name, func(t *testing.T) {
			p := newProof(t, url(t), 600*time.Millisecond, 0)
			p.Hands = 20
			cancels, began := times(t, 60, 1000), time.Now()
			p.start(t).wait(t)
			took := p.cancelAll(t, cancels)
			slices.Sort(took)
			if late := took[len(took)*99/100]; late > 5*time.Second {
				t.Errorf("99 %% of the cancels took up to %s", late)
			}
			if last := took[len(took)-1]; last > 30*time.Second {
				t.Errorf("a cancel took %s", last)
			}
			p.audit(t, fmt.Sprintf("R31 %d cancels, %s, p50 %s p99 %s", cancels, name, round(took[len(took)/2]), round(took[len(took)*99/100])), began)
			p.noneRunsOn(t)
		})
	}
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// cancelAll starts runs in groups and returns how long each one's end took from
// its cancel.
func (p *proof) cancelAll(t *testing.T, n int) []time.Duration {
	t.Helper()
	const group = 20
	var mu sync.Mutex
	var took []time.Duration
	for done := 0; done < n; done += group {
		var wg sync.WaitGroup
		first := len(p.acks)
		p.accepts(t, min(group, n-done))
		for _, id := range p.acks[first:] {
			wg.Go(func() {
				d, err := p.cancelOne(t.Context(), id)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, d)
			})
		}
		wg.Wait()
	}
	return took
}

func (p *proof) cancelOne(ctx context.Context, id flow.ID) (time.Duration, error) {
	time.Sleep(random(0, 2*time.Second))
	began := time.Now()
	if _, err := p.store.RequestCancel(ctx, p.Owner, id); err != nil && flow.KindOf(err) != flow.Conflict {
		return 0, err
	}
	for {
		r, err := p.store.Run(ctx, p.Owner, id)
		if err != nil || r.Status.Final() || time.Since(began) > time.Minute {
			return time.Since(began), err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// noneRunsOn fails when a step had its effect after its run was final.
func (p *proof) noneRunsOn(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(p.Effects)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]int64{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if last[f[0]], err = strconv.ParseInt(f[2], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	canceled := 0
	for _, id := range p.acks {
		r, err := p.store.Run(t.Context(), p.Owner, id)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status == flow.RunCanceled {
			canceled++
		}
		if r.CompletedAt.UnixMicro() < last[id.String()] {
			t.Errorf("run %s went on after its end", id)
		}
	}
	if canceled == 0 {
		t.Error("no run was canceled: nothing was proven")
	}
}

// TestR8_AnotherProcessHoldsTheLock holds SQLite's write lock while a worker works
// and runs are accepted: nothing fails within 5 seconds; later it is said clearly.
func TestR8_AnotherProcessHoldsTheLock(t *testing.T) {
	t.Parallel() // it mostly waits
	began := time.Now()
	p := newProof(t, sqliteURL(t), time.Millisecond, 0)
	p.start(t).wait(t)
	other, err := store.Open(t.Context(), store.Config{URL: p.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	locks := times(t, 5, 100)
	for range locks {
		free := lock(t, other)
		time.AfterFunc(random(100*time.Millisecond, 1500*time.Millisecond), free)
		p.accepts(t, 3)
	}
	free := lock(t, other)
	_, err = p.accept(t.Context(), p.process)
	free()
	if e := flow.KindOf(err); err == nil || e != flow.Unavailable {
		t.Errorf("a lock that stays: %v", err)
	}
	p.audit(t, fmt.Sprintf("R8 %d locks of up to 1.5 s, and one that stayed", locks), began)
}

// lock takes the write lock of the database; the result gives it back.
func lock(t *testing.T, s *store.Store) func() {
	t.Helper()
	conn, err := s.Writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
				t.Error(err)
			}
			_ = conn.Close()
		})
	}
}
