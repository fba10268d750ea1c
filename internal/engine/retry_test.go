package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// try is one start of a flaky node.
type try struct {
	at  time.Time
	key string
}

// flaky fails with the given errors in turn, then succeeds.
func flaky(tries *[]try, errs ...error) do {
	return func(_ context.Context, c node.Call, arg string) (node.Result, error) {
		*tries = append(*tries, try{time.Now(), c.Key})
		if n := len(*tries); n <= len(errs) {
			return node.Result{}, errs[n-1]
		}
		return out(flow.Text(arg)), nil
	}
}

// rows returns "attempt status" of every row of a node.
func (w *world) rows(id string) (list []string) {
	for _, r := range w.memory.Results("run_1") {
		if r.NodeID == id {
			list = append(list, string(rune('0'+r.Attempt))+" "+string(r.Status))
		}
	}
	return list
}

func busy(after time.Duration) error {
	return &node.Again{After: after, Err: flow.Errorf(flow.Unavailable, "It is busy.")}
}

func patient(attempts int) map[string]any {
	return map[string]any{"arg": "x", "retry": map[string]any{"attempts": attempts}}
}

func TestE6_TriesAgainUntilItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []try
		w := newWorld(t, engine.Config{}, kind("flaky", node.Effect, flaky(&tries, busy(0), busy(0))), kind("say", node.Pure, say))
		b := (&g{}).node("f", "flaky", patient(3)).arg("s", "say", "y").edge("f", "s")
		if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
			t.Fatalf("run %s", s)
		}
		if len(tries) != 3 || tries[0].key != tries[2].key {
			t.Fatalf("tries %v", tries)
		}
		for i, want := range []time.Duration{time.Second, 2 * time.Second} {
			if gap := tries[i+1].at.Sub(tries[i].at); gap < want/2 || gap > want {
				t.Errorf("pause %d was %s, want %s to %s", i+1, gap, want/2, want)
			}
		}
		if d := cmp.Diff([]string{"1 failed", "2 failed", "3 success"}, w.rows("f")); d != "" {
			t.Error(d)
		}
		var told []string
		for _, e := range w.nodeEvents("f") {
			told = append(told, string(e.Status))
		}
		if got := strings.Join(told, " "); got != "running queued running queued running success" {
			t.Errorf("told %s", got)
		}
	})
}

func TestE6_OnlyWhatCanPass(t *testing.T) {
	for _, c := range []struct {
		name string
		data map[string]any
		err  error
		want int
	}{
		{"not asked for", map[string]any{"arg": "x"}, busy(0), 1},
		{"an error that stays", patient(3), flow.Errorf(flow.Invalid, "No."), 1},
		{"never again", patient(3), &node.Never{Err: context.DeadlineExceeded}, 1},
		{"as often as asked", patient(3), busy(0), 3},
		{"longer than the run may take", patient(3), busy(time.Hour), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries []try
				w := newWorld(t, engine.Config{}, kind("flaky", node.Pure, flaky(&tries, c.err, c.err, c.err, c.err)))
				if s := w.execute(t.Context(), (&g{}).node("f", "flaky", c.data).run()); s != flow.RunFailed || len(tries) != c.want {
					t.Errorf("run %s after %d tries, want %d", s, len(tries), c.want)
				}
			})
		})
	}
}

func TestE6_RetryAfterIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []try
		w := newWorld(t, engine.Config{}, kind("flaky", node.Model, flaky(&tries, busy(47*time.Second))))
		if s := w.execute(t.Context(), (&g{}).node("f", "flaky", patient(2)).run()); s != flow.RunSuccess {
			t.Fatalf("run %s", s)
		}
		if gap := tries[1].at.Sub(tries[0].at); gap != 47*time.Second {
			t.Errorf("waited %s", gap)
		}
	})
}

func TestE6_TimeLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(n *int) do
		want int
	}{
		{"a node that notices is tried again", func(n *int) do {
			return func(ctx context.Context, _ node.Call, _ string) (node.Result, error) {
				*n++
				<-ctx.Done()
				return node.Result{}, context.Cause(ctx)
			}
		}, 2},
		{"a node that does not is left alone", func(n *int) do {
			return func(context.Context, node.Call, string) (node.Result, error) {
				*n++
				time.Sleep(time.Minute)
				return out(flow.Text("late")), nil
			}
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				w := newWorld(t, engine.Config{}, kind("slow", node.Pure, c.run(&n)))
				data := patient(2)
				data["timeout"] = 1000
				if s := w.execute(t.Context(), (&g{}).node("f", "slow", data).run()); s != flow.RunFailed || n != c.want {
					t.Errorf("run %s after %d tries, want %d", s, n, c.want)
				}
				if e := w.result("f").Error; !strings.Contains(e, "1 s") {
					t.Errorf("error %q", e)
				}
				time.Sleep(2 * time.Minute)
			})
		})
	}
}

func TestE6_OnErrorComesAfterTheLastTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []try
		w := newWorld(t, engine.Config{}, kind("flaky", node.Pure, flaky(&tries, busy(0), busy(0))))
		data := patient(2)
		data["onError"] = "port"
		if s := w.execute(t.Context(), (&g{}).node("f", "flaky", data).run()); s != flow.RunSuccess || len(tries) != 2 {
			t.Errorf("run %s after %d tries", s, len(tries))
		}
	})
}

func TestE6_CancelEndsTheWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []try
		w := newWorld(t, engine.Config{}, kind("flaky", node.Model, flaky(&tries, busy(5*time.Minute))))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(engine.ErrCancel) })
		began := time.Now()
		if s := w.execute(ctx, (&g{}).node("f", "flaky", patient(3)).run()); s != flow.RunCanceled || len(tries) != 1 {
			t.Errorf("run %s after %d tries", s, len(tries))
		}
		if d := time.Since(began); d > 61*time.Second {
			t.Errorf("it took %s", d)
		}
		if d := cmp.Diff([]string{"1 failed", "2 canceled"}, w.rows("f")); d != "" {
			t.Error(d)
		}
	})
}

func TestE6_WaitingSurvivesTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []try
		w := newWorld(t, engine.Config{}, kind("flaky", node.Effect, flaky(&tries, busy(2*time.Minute), busy(0))), kind("say", node.Pure, say))
		run := (&g{}).node("f", "flaky", patient(2)).arg("s", "say", "y").run()
		ctx, release := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { release(engine.ErrRelease) })
		if _, err := w.engine.Execute(ctx, w.memory.Claim(run)); !errors.Is(err, engine.ErrRelease) {
			t.Fatal(err)
		}
		if s, err := w.engine.Execute(t.Context(), w.memory.Claim(run)); err != nil || s != flow.RunPartial {
			t.Fatalf("run %s, %v", s, err)
		}
		if len(tries) != 2 || tries[1].at.Sub(tries[0].at) != 2*time.Minute {
			t.Errorf("tries %v", tries)
		}
		if d := cmp.Diff([]string{"1 failed", "2 failed"}, w.rows("f")); d != "" {
			t.Error(d)
		}
	})
}

func TestE6_Settings(t *testing.T) {
	reg := node.NewRegistry(kind("say", node.Pure, say))
	for _, c := range []struct{ retry, path string }{
		{`3`, "nodes.0.data.retry"},
		{`{"attempts": 0}`, "nodes.0.data.retry.attempts"},
		{`{"attempts": 2.5}`, "nodes.0.data.retry.attempts"},
		{`{"attempts": 11}`, "nodes.0.data.retry.attempts"},
		{`{"attempts": 2, "delay": -1}`, "nodes.0.data.retry.delay"},
		{`{"attempts": 2, "maxDelay": 1e9}`, "nodes.0.data.retry.maxDelay"},
		{`{"attempts": 2, "factor": 0.5}`, "nodes.0.data.retry.factor"},
		{`{"attempts": 10, "delay": 0, "factor": 1, "maxDelay": 3600000}`, ""},
		{`null`, ""},
	} {
		t.Run(c.retry, func(t *testing.T) {
			var path string
			for _, p := range problems(engine.Check(reg, (&g{}).node("n", "say", map[string]any{"retry": rawJSON(c.retry)}).graph(t), engine.CheckOptions{})) {
				path = p.Path
			}
			if path != c.path {
				t.Errorf("problem at %q, want %q", path, c.path)
			}
		})
	}
}
