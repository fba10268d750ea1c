package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

func TestE5_OnError(t *testing.T) {
	for _, c := range []struct {
		name   string
		data   map[string]any
		status flow.NodeStatus
		output flow.Values
		errors string
		run    flow.RunStatus
		port   string // that the successor listens to
		next   flow.NodeStatus
	}{
		{"fail by default", nil, "failed", nil, "It did not work.", flow.RunFailed, "out", "skipped"},
		{"value", map[string]any{"onError": "value", "fallback": "plan B"}, "success", flow.Values{"out": flow.Text("plan B"), "other": flow.Text("plan B")}, "", flow.RunSuccess, "out", "success"},
		{"port", map[string]any{"onError": "port"}, "success", flow.Values{"error": flow.Text("It did not work.")}, "", flow.RunSuccess, "error", "success"},
		{"port, but the other one", map[string]any{"onError": "port"}, "success", flow.Values{"error": flow.Text("It did not work.")}, "", flow.RunSuccess, "out", "skipped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, engine.Config{}, kind("fail", node.Pure, fail), needy("need", node.Pure, say))
			b := (&g{}).node("f", "fail", c.data).node("n", "need", nil).wire("f", c.port, "n", "in")
			if s := w.execute(t.Context(), b.run()); s != c.run {
				t.Errorf("run %s", s)
			}
			r := w.result("f")
			if r.Status != c.status || r.Error != c.errors {
				t.Errorf("%s %q", r.Status, r.Error)
			}
			if d := cmp.Diff(text(c.output), text(r.Output)); d != "" {
				t.Error(d)
			}
			if s := w.result("n").Status; s != c.next {
				t.Errorf("successor %s", s)
			}
			if c.status == "success" && !strings.Contains(r.Reason, "It did not work.") {
				t.Errorf("reason %q", r.Reason)
			}
		})
	}
}

func text(v flow.Values) map[string]string {
	m := map[string]string{}
	for k, x := range v {
		m[k] = string(x.Raw())
	}
	return m
}

type told struct{ error }

func (told) UserMessage() string { return "The model is tired." }

func TestE5_ErrorsAreShownOnlyWhenTheyAreMeantTo(t *testing.T) {
	var log bytes.Buffer
	for _, c := range []struct {
		name, want string
		err        error
		logged     string
	}{
		{"domain error", "No such city.", flow.Errorf(flow.Invalid, "No such city."), ""},
		{"wrapped, with cause", "No such city.", flow.Errorf(flow.Invalid, "No such city.").Because(errors.New("secret 1")), "secret 1"},
		{"user message", "The model is tired.", told{errors.New("secret 2")}, ""},
		{"any other", "The node failed because of an internal error.", errors.New("secret 3"), "secret 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log.Reset()
			w := newWorld(t, engine.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, kind("bad", node.Pure, func(context.Context, node.Call, string) (node.Result, error) { return node.Result{}, c.err }))
			w.execute(t.Context(), (&g{}).arg("a", "bad", "").run())
			if got := w.result("a").Error; got != c.want {
				t.Errorf("shows %q", got)
			}
			for _, e := range w.memory.Events("run_1") {
				if strings.Contains(string(e.Payload), "secret") {
					t.Errorf("event tells %s", e.Payload)
				}
			}
			if !strings.Contains(log.String(), c.logged) {
				t.Errorf("log lacks %q: %s", c.logged, log.String())
			}
		})
	}
}

func TestE9_PanicFailsOnlyItsNode(t *testing.T) {
	var log bytes.Buffer
	boom := func(_ context.Context, _ node.Call, arg string) (node.Result, error) {
		if arg == "exit" {
			runtime.Goexit()
		}
		panic("kaboom")
	}
	w := newWorld(t, engine.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, kind("boom", node.Pure, boom), kind("say", node.Pure, say))
	b := (&g{}).arg("p", "boom", "").arg("x", "boom", "exit").arg("s", "say", "fine").arg("s2", "say", "fine")
	if s := w.execute(t.Context(), b.run()); s != flow.RunPartial {
		t.Error(s)
	}
	if got := w.result("p").Error; got != "The node stopped because of a defect in its program." {
		t.Errorf("shows %q", got)
	}
	if got := w.result("x").Error; got != "The node ended without an answer." {
		t.Errorf("shows %q", got)
	}
	if !strings.Contains(log.String(), "kaboom") || !strings.Contains(log.String(), "failure_test.go") {
		t.Errorf("the log lacks the stack: %s", log.String())
	}
}

func TestE7_NodeTimeLimit(t *testing.T) {
	for _, c := range []struct {
		name, want string
		data       map[string]any
		took       time.Duration
	}{
		{"default", "stopped after 120 s: the node's time limit", map[string]any{"arg": "1h"}, 120 * time.Second},
		{"own", "stopped after 1.5 s: the node's time limit", map[string]any{"arg": "1h", "timeout": 1500}, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, engine.Config{}, kind("doze", node.Effect, doze), kind("say", node.Pure, say))
				began := time.Now()
				if s := w.execute(t.Context(), (&g{}).node("a", "doze", c.data).arg("b", "say", "x").run()); s != flow.RunPartial {
					t.Error(s)
				}
				if r := w.result("a"); r.Status != flow.NodeFailed || r.Error != c.want {
					t.Errorf("%s %q", r.Status, r.Error)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestE7_RunTimeLimitCountsFromTheFirstStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{RunTimeout: 60 * time.Second}, kind("doze", node.Effect, doze))
		r := (&g{}).arg("a", "doze", "10s").arg("b", "doze", "1h").arg("c", "doze", "1s").edge("a", "b").edge("b", "c").run()
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Second, func() { stop(engine.ErrRelease) })
		if _, err := w.engine.Execute(ctx, w.memory.Claim(r)); !errors.Is(err, engine.ErrRelease) {
			t.Fatal(err)
		}
		began := time.Now()
		if s := w.execute(t.Context(), r); s != flow.RunPartial {
			t.Error(s)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("the second worker had %v", took)
		}
		if got := w.result("b").Error; got != "stopped after 60 s: the run's time limit" {
			t.Errorf("b: %q", got)
		}
		if r := w.result("c"); r.Status != flow.NodeCanceled || r.Reason != "because the run's time limit was reached" {
			t.Errorf("c: %s %q", r.Status, r.Reason)
		}
		if row := w.memory.Row("run_1"); row.Error != "stopped after 60 s: the run's time limit" || *row.Duration != 60_000 {
			t.Errorf("run: %q after %d ms", row.Error, *row.Duration)
		}
	})
}

func TestE8_CancelStopsWhatRunsAndKeepsWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{}, kind("doze", node.Model, doze))
		r := (&g{}).arg("done", "doze", "1s").arg("running", "doze", "1h").arg("never", "doze", "1s").edge("done", "running").edge("running", "never").run()
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { stop(engine.ErrCancel) })
		began := time.Now()
		if s := w.execute(ctx, r); s != flow.RunCanceled {
			t.Error(s)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		want := map[string]flow.NodeStatus{"done": "success", "running": "canceled", "never": "canceled"}
		if d := cmp.Diff(want, w.statuses()); d != "" {
			t.Error(d)
		}
	})
}

func TestE8_QueuedRunIsCanceledWithoutStarting(t *testing.T) {
	for _, how := range []string{"claim", "context"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, engine.Config{}, kind("say", node.Pure, func(context.Context, node.Call, string) (node.Result, error) {
				t.Error("a node of a canceled run started")
				return node.Result{}, nil
			}))
			c := w.memory.Claim((&g{}).arg("a", "say", "").arg("b", "say", "").edge("a", "b").run())
			ctx := t.Context()
			if how == "claim" {
				c.Cancel = true
			} else {
				x, stop := context.WithCancelCause(ctx)
				stop(engine.ErrCancel)
				ctx = x
			}
			s, err := w.engine.Execute(ctx, c)
			if s != flow.RunCanceled || err != nil {
				t.Fatal(s, err)
			}
			if d := cmp.Diff(map[string]flow.NodeStatus{"a": "canceled", "b": "canceled"}, w.statuses()); d != "" {
				t.Error(d)
			}
			if row := w.memory.Row("run_1"); row.StartedAt != nil || row.CompletedAt == nil {
				t.Errorf("started %v, completed %v", row.StartedAt, row.CompletedAt)
			}
		})
	}
}

func TestE8_NodeThatIgnoresItsEndDoesNotHoldTheRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		cancel bool
		status flow.NodeStatus
		run    flow.RunStatus
		took   time.Duration
	}{
		{"time limit", false, "failed", flow.RunFailed, 12 * time.Second},
		{"cancel", true, "canceled", flow.RunCanceled, 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				deaf := func(context.Context, node.Call, string) (node.Result, error) {
					<-free
					return out(flow.Text("too late")), nil
				}
				w := newWorld(t, engine.Config{NodeTimeout: 10 * time.Second, PerProcess: 1}, kind("deaf", node.Effect, deaf), kind("say", node.Pure, say))
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				if c.cancel {
					time.AfterFunc(4*time.Second, func() { stop(engine.ErrCancel) })
				}
				began := time.Now()
				if s := w.execute(ctx, (&g{}).arg("a", "deaf", "").run()); s != c.run {
					t.Error(s)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v", took)
				}
				close(free)
				synctest.Wait()
				if r := w.result("a"); r.Status != c.status || len(r.Output) > 0 {
					t.Errorf("%s %v", r.Status, r.Output)
				}
				// Its slot is back: the only one of the process.
				next := (&g{}).arg("s", "say", "x").run()
				next.ID = "run_2"
				if s := w.execute(t.Context(), next); s != flow.RunSuccess {
					t.Error(s)
				}
			})
		})
	}
}

func TestE7_LateResultIsDroppedWhileTheRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := func(_ context.Context, c node.Call, _ string) (node.Result, error) {
			time.Sleep(20 * time.Second)
			c.Emit("too late")
			return out(flow.Text("too late")), nil
		}
		w := newWorld(t, engine.Config{NodeTimeout: time.Minute}, kind("deaf", node.Effect, deaf), kind("doze", node.Effect, doze), needy("need", node.Pure, say))
		b := (&g{}).node("a", "deaf", map[string]any{"timeout": 10_000}).node("b", "need", nil).edge("a", "b").arg("c", "doze", "30s")
		if s := w.execute(t.Context(), b.run()); s != flow.RunPartial {
			t.Error(s)
		}
		if d := cmp.Diff(map[string]flow.NodeStatus{"a": "failed", "b": "skipped", "c": "success"}, w.statuses()); d != "" {
			t.Error(d)
		}
		if got := *w.result("a").Duration; got != 12_000 {
			t.Errorf("given up after %d ms", got)
		}
		if n := len(w.nodeEvents("a")); n != 2 {
			t.Errorf("%d events of the node, want running and failed", n)
		}
	})
}
