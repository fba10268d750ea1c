package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// gather is each, but lets the items that wait wait.
func gather() node.Kind {
	return node.Define(node.Spec{
		Type: "gather", Version: 1, Title: "gather", Purity: node.Effect, Calls: "workflow",
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "workflow", Label: "Workflow", Widget: node.WidgetText}},
	}, func(ctx context.Context, _ manyParams, c node.Call) (node.Result, error) {
		var list []flow.Value
		n := simNode{items: len(c.Inputs["in"].Items()), atOnce: 4}
		if err := n.callAll(ctx, c); err != nil {
			return node.Result{}, err
		}
		for i := range n.items {
			called, err := c.Sub(ctx, node.Sub{Item: i + 1})
			if err != nil {
				return node.Result{}, err
			}
			v, _ := called.Result()
			list = append(list, v)
		}
		return out(flow.List(list...)), nil
	})
}

// tally counts its calls by key.
func tally(calls map[string]int) do {
	var mu sync.Mutex
	return func(_ context.Context, c node.Call, arg string) (node.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		calls[c.Key]++
		return out(flow.Text(arg)), nil
	}
}

// asking is a world with a workflow that does something, asks a person and says what
// it was told.
func asking(t *testing.T, calls map[string]int) *world {
	flows := shelf{}
	flows.put("wf_ask", (&g{}).arg("do", "count", "x").arg("q", "ask", "May it?").arg("end", "tell", "").edge("do", "q").edge("q", "end"))
	flows.put("wf_outer", (&g{}).node("m", "gather", map[string]any{"workflow": "wf_ask"}).items("m", "1", "2"))
	flows.put("wf_nap", (&g{}).arg("do", "count", "x").arg("h", "hold", "1h").edge("do", "h"))
	tell := func(_ context.Context, c node.Call, _ string) (node.Result, error) {
		return out(c.Inputs["in"].Items()[0]), nil
	}
	return newWorld(t, engine.Config{Workflows: flows, Answerable: true},
		gather(), kind("say", node.Pure, say), kind("ask", node.Effect, ask), kind("hold", node.Effect, hold), kind("doze", node.Model, doze), kind("count", node.Effect, tally(calls)), kind("tell", node.Pure, tell))
}

func yes(id, iteration, comment string) flow.Answer {
	return flow.Answer{NodeID: id, Iteration: iteration, Approved: true, Comment: comment}
}

func TestE23_ACalledWorkflowThatAsksIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		w := asking(t, calls)
		r := (&g{}).node("m", "gather", map[string]any{"workflow": "wf_ask"}).items("m", "a", "b").run()
		w.step(t.Context(), r, flow.RunWaiting)
		if d := cmp.Diff(map[string]flow.NodeStatus{"m/do 1": "success", "m/q 1": "waiting", "m/do 2": "success", "m/q 2": "waiting"}, w.inner()); d != "" {
			t.Error(d)
		}
		if got := w.result("m"); got.Status != flow.NodeWaiting || !strings.Contains(got.Reason, "waits for a step of the workflow") || got.Meta["question"] != "" {
			t.Errorf("the caller: %+v", got)
		}
		second := yes("m/q", "2", "two")
		w.step(t.Context(), r, flow.RunWaiting, second)
		if d := cmp.Diff(map[string]flow.NodeStatus{"m/do 1": "success", "m/q 1": "waiting", "m/do 2": "success", "m/q 2": "success", "m/end 2": "success"}, w.inner()); d != "" {
			t.Error(d)
		}
		w.step(t.Context(), r, flow.RunSuccess, second, yes("m/q", "1", "one"))
		if got := string(w.result("m").Output["out"].Raw()); got != `["one","two"]` {
			t.Errorf("gave %s", got)
		}
		if d := cmp.Diff(map[string]int{"run_1:m/do:1": 1, "run_1:m/do:2": 1}, calls); d != "" {
			t.Errorf("what was done was done again: %s", d)
		}
		if d := cmp.Diff([]string{"1 success"}, w.rows("m")); d != "" {
			t.Error(d)
		}
	})
}

func TestE23_CallsWithinCallsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		w := asking(t, calls)
		r := (&g{}).node("o", "gather", map[string]any{"workflow": "wf_outer"}).items("o", "a", "b").run()
		w.step(t.Context(), r, flow.RunWaiting)
		var said []flow.Answer
		for _, it := range []string{"2.2", "1.1", "2.1"} {
			said = append(said, yes("o/m/q", it, it))
			w.step(t.Context(), r, flow.RunWaiting, said...)
		}
		w.step(t.Context(), r, flow.RunSuccess, append(said, yes("o/m/q", "1.2", "1.2"))...)
		if got := string(w.result("o").Output["out"].Raw()); got != `[["1.1","1.2"],["2.1","2.2"]]` {
			t.Errorf("gave %s", got)
		}
		for key, n := range calls {
			if n != 1 {
				t.Errorf("%s was done %d times", key, n)
			}
		}
	})
}

// TestE23_AnAnswerReachesACallWhileOthersWork: the run is not parked, as another of its
// nodes works; the answered call goes on at once, and so does one that waits.
func TestE23_AnAnswerReachesACallWhileOthersWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		w := asking(t, calls)
		r := (&g{}).node("m", "gather", map[string]any{"workflow": "wf_ask"}).items("m", "a", "b").arg("d", "doze", "60s").run()
		news := make(chan flow.Answer)
		c := w.memory.Claim(r)
		c.News = news
		go func() {
			for _, it := range []string{"2", "1"} {
				time.Sleep(time.Second)
				news <- yes("m/q", it, it)
			}
		}()
		began := time.Now()
		told := make(chan time.Duration, 1)
		go func() {
			for w.inner()["m/end 1"] != flow.NodeSuccess && time.Since(began) < time.Minute {
				time.Sleep(time.Second / 2)
			}
			told <- time.Since(began)
		}()
		if s, err := w.engine.Execute(t.Context(), c); s != flow.RunSuccess || err != nil {
			t.Fatalf("run %s, %v", s, err)
		}
		if got := string(w.result("m").Output["out"].Raw()); got != `["1","2"]` {
			t.Errorf("gave %s", got)
		}
		if after := <-told; after > 3*time.Second {
			t.Errorf("the last call ended after %s", after)
		}
		for key, n := range calls {
			if n != 1 {
				t.Errorf("%s was done %d times", key, n)
			}
		}
	})
}

func TestE23_ACallWaitsForATimeInTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		w := asking(t, calls)
		r := (&g{}).node("m", "gather", map[string]any{"workflow": "wf_nap"}).items("m", "a", "b").run()
		began := time.Now()
		w.step(t.Context(), r, flow.RunWaiting)
		if at := w.memory.Row("run_1").WakeAt; at == nil || at.Sub(began).Round(time.Second) != time.Hour {
			t.Errorf("it goes on at %v", at)
		}
		time.Sleep(time.Hour)
		w.step(t.Context(), r, flow.RunSuccess)
		if len(calls) != 2 || calls["run_1:m/do:1"] != 1 {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestE23_NothingWithinACallIsLeftWaiting: a run that was stopped while a call waited,
// and a caller that failed because of another item.
func TestE23_NothingWithinACallIsLeftWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := asking(t, map[string]int{})
		r := (&g{}).node("m", "gather", map[string]any{"workflow": "wf_ask"}).items("m", "a").run()
		w.step(t.Context(), r, flow.RunWaiting)
		c := w.memory.Claim(r)
		c.Cancel = true
		if s, err := w.engine.Execute(t.Context(), c); s != flow.RunCanceled || err != nil {
			t.Fatalf("run %s, %v", s, err)
		}
		if d := cmp.Diff(map[string]flow.NodeStatus{"m/do 1": "success", "m/q 1": "canceled"}, w.inner()); d != "" {
			t.Error(d)
		}
	})
}
