package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// hold waits for the duration in arg, then gives how long it was.
func hold(_ context.Context, c node.Call, arg string) (node.Result, error) {
	d, err := time.ParseDuration(arg)
	if err != nil {
		return node.Result{}, err
	}
	if c.Resume == nil {
		return node.Result{}, &node.Wait{Until: time.Now().Add(d), Reason: "waits " + arg}
	}
	return out(flow.Text(time.Since(c.Resume.Since).String())), nil
}

// ask waits for an answer, then gives it on the port of the decision.
func ask(_ context.Context, c node.Call, arg string) (node.Result, error) {
	switch {
	case c.Resume == nil:
		return node.Result{}, &node.Wait{Question: arg, Reason: "waits for an approval"}
	case c.Resume.Answer.Approved:
		return out(flow.Text(c.Resume.Answer.Comment)), nil
	}
	return node.Result{Outputs: flow.Values{"other": flow.Text("no")}}, nil
}

func waitWorld(t *testing.T, c engine.Config) *world {
	c.Answerable = true
	return newWorld(t, c, kind("hold", node.Effect, hold), kind("ask", node.Effect, ask), kind("say", node.Pure, say), kind("doze", node.Model, doze), needy("need", node.Pure, say))
}

// step executes a run from where it is and wants it to come to a status.
func (w *world) step(ctx context.Context, r flow.Run, want flow.RunStatus, answers ...flow.Answer) {
	w.t.Helper()
	c := w.memory.Claim(r)
	c.Answers = answers
	if s, err := w.engine.Execute(ctx, c); err != nil || s != want {
		w.t.Fatalf("run %s, %v; want %s", s, err, want)
	}
}

func TestE23_ALongWaitIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waitWorld(t, engine.Config{RunTimeout: time.Minute})
		r := (&g{}).arg("s", "say", "x").arg("h", "hold", "1h").arg("d", "doze", "50s").edge("s", "h").edge("h", "d").run()
		began := time.Now()
		w.step(t.Context(), r, flow.RunWaiting)
		if d := time.Since(began); d > time.Second {
			t.Errorf("it took %s to park", d)
		}
		if d := cmp.Diff(map[string]flow.NodeStatus{"s": "success", "h": "waiting"}, w.statuses()); d != "" {
			t.Error(d)
		}
		w.step(t.Context(), r, flow.RunWaiting) // a trigger too early does no harm
		time.Sleep(time.Hour)
		w.step(t.Context(), r, flow.RunSuccess) // the time it waited is not counted against its limit
		if d := cmp.Diff([]string{"1 success"}, w.rows("h")); d != "" {
			t.Error(d)
		}
		if got := w.result("h").Output["out"].String(); !strings.HasPrefix(got, "1h0m0") {
			t.Errorf("it waited %s", got)
		}
		var told []string
		for _, e := range w.nodeEvents("h") {
			told = append(told, string(e.Status))
		}
		if got := strings.Join(told, " "); got != "running waiting running success" {
			t.Errorf("told %s", got)
		}
	})
}

func TestE23_AShortWaitIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waitWorld(t, engine.Config{})
		began := time.Now()
		w.step(t.Context(), (&g{}).arg("h", "hold", "5s").run(), flow.RunSuccess)
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

func TestE23_Answers(t *testing.T) {
	for _, c := range []struct {
		name     string
		approved bool
		yes, no  flow.NodeStatus
	}{
		{"approved", true, "success", "skipped"},
		{"rejected", false, "skipped", "success"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := waitWorld(t, engine.Config{})
			r := (&g{}).arg("a", "ask", "May it?").node("yes", "need", nil).node("no", "need", nil).wire("a", "out", "yes", "in").wire("a", "other", "no", "in").run()
			w.step(t.Context(), r, flow.RunWaiting)
			if m := w.result("a").Meta["question"]; m != "May it?" {
				t.Errorf("asks %q", m)
			}
			w.step(t.Context(), r, flow.RunWaiting, flow.Answer{NodeID: "other", Approved: true})
			w.step(t.Context(), r, flow.RunSuccess, flow.Answer{NodeID: "other"}, flow.Answer{NodeID: "a", Approved: c.approved, Comment: "ok"})
			if d := cmp.Diff(map[string]flow.NodeStatus{"a": "success", "yes": c.yes, "no": c.no}, w.statuses()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestE23_AnAnswerReachesARunAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waitWorld(t, engine.Config{})
		r := (&g{}).arg("a", "ask", "May it?").arg("d", "doze", "60s").arg("s", "say", "x").edge("a", "s").run()
		news := make(chan flow.Answer)
		c := w.memory.Claim(r)
		c.News = news
		go func() {
			time.Sleep(10 * time.Second)
			news <- flow.Answer{NodeID: "a", Approved: true}
			time.Sleep(time.Second)
			if s := w.result("s").Status; s != flow.NodeSuccess {
				t.Errorf("the step behind it is %s while another works", s)
			}
		}()
		if s, err := w.engine.Execute(t.Context(), c); err != nil || s != flow.RunSuccess {
			t.Errorf("run %s, %v", s, err)
		}
	})
}

func TestE23_Cancel(t *testing.T) {
	w := waitWorld(t, engine.Config{})
	r := (&g{}).arg("a", "ask", "May it?").arg("s", "say", "x").edge("a", "s").run()
	w.step(t.Context(), r, flow.RunWaiting)
	c := w.memory.Claim(r)
	c.Cancel = true
	if s, err := w.engine.Execute(t.Context(), c); err != nil || s != flow.RunCanceled {
		t.Fatalf("run %s, %v", s, err)
	}
	if d := cmp.Diff(map[string]flow.NodeStatus{"a": "canceled", "s": "canceled"}, w.statuses()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"1 canceled"}, w.rows("a")); d != "" {
		t.Error(d)
	}
}

func TestE23_AWorkerLostWhileOthersWaitChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waitWorld(t, engine.Config{})
		r := (&g{}).arg("a", "ask", "May it?").arg("d", "doze", "60s").run()
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { stop(flow.ErrFenced) })
		if _, err := w.engine.Execute(ctx, w.memory.Claim(r)); err == nil {
			t.Fatal("it was not stopped")
		}
		w.step(t.Context(), r, flow.RunSuccess, flow.Answer{NodeID: "a", Approved: true})
		if d := cmp.Diff([]string{"1 success"}, w.rows("a")); d != "" {
			t.Error(d)
		}
	})
}

func TestE23_WhereNobodyCanAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{RunTimeout: 2 * time.Hour}, kind("ask", node.Effect, ask), kind("hold", node.Effect, hold))
		w.step(t.Context(), (&g{}).arg("a", "ask", "May it?").arg("h", "hold", "1h").run(), flow.RunPartial)
		if e := w.result("a").Error; !strings.Contains(e, "nobody can answer") {
			t.Errorf("error %q", e)
		}
	})
}

func TestE23_AnAnswerOutlivesTheWorkerThatHadIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		slow := func(ctx context.Context, c node.Call, arg string) (node.Result, error) {
			if calls++; c.Resume != nil {
				time.Sleep(time.Second)
			}
			return ask(ctx, c, arg)
		}
		w := newWorld(t, engine.Config{Answerable: true}, kind("slow", node.Effect, slow))
		r := (&g{}).arg("q", "slow", "Go on?").run()
		w.step(t.Context(), r, flow.RunWaiting)
		yes := flow.Answer{NodeID: "q", Approved: true, Comment: "do"}
		c := w.memory.Claim(r)
		c.Answers = []flow.Answer{yes}
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second/2, func() { stop(flow.ErrFenced) })
		if _, err := w.engine.Execute(ctx, c); err == nil {
			t.Fatal("the worker was not lost")
		}
		w.step(t.Context(), r, flow.RunSuccess, yes) // nobody can answer twice
		if got := w.result("q").Output["out"].String(); got != "do" || calls != 3 {
			t.Errorf("%q after %d calls", got, calls)
		}
	})
}
