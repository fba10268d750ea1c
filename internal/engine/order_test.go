package engine_test

import (
	"context"
	"slices"
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

// join gives everything that arrived, and its arg, as one text.
func join(_ context.Context, c node.Call, arg string) (node.Result, error) {
	var parts []string
	for _, v := range c.Inputs["in"].Items() {
		parts = append(parts, v.String())
	}
	if arg != "" {
		parts = append(parts, arg)
	}
	return out(flow.Text(strings.Join(parts, " "))), nil
}

func TestE1_NodeWaitsForItsOwnInputsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at sync.Map
		note := func(ctx context.Context, c node.Call, arg string) (node.Result, error) {
			at.Store(c.NodeID, time.Since(began))
			return doze(ctx, c, arg)
		}
		w := newWorld(t, engine.Config{}, kind("mark", node.Pure, note))
		// Two chains side by side: a layer barrier would hold "quick2" back.
		b := (&g{}).arg("slow", "mark", "10s").arg("quick", "mark", "1s").arg("quick2", "mark", "1s").arg("end", "mark", "1s").
			edge("quick", "quick2").edge("slow", "end").edge("quick2", "end")
		if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
			t.Fatal(s)
		}
		for id, want := range map[string]time.Duration{"slow": 0, "quick": 0, "quick2": time.Second, "end": 10 * time.Second} {
			if got, _ := at.Load(id); got != want {
				t.Errorf("%s started after %v, want %v", id, got, want)
			}
		}
	})
}

func TestE1_MultiplePortGathersInEdgeOrder(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join))
	b := (&g{}).arg("c", "say", "three").arg("a", "say", "one").arg("b", "say", "two").arg("j", "join", "").
		edge("a", "j").edge("b", "j").edge("c", "j")
	w.execute(t.Context(), b.run())
	if got := w.result("j").Output["out"].String(); got != "one two three" {
		t.Errorf("gathered %q", got)
	}
}

func TestE2_SkipsTravelWithTheReason(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("fail", node.Pure, fail), needy("need", node.Pure, say), kind("join", node.Pure, join))
	b := (&g{}).node("f", "fail", map[string]any{"label": "Ask Bob"}).node("n1", "need", nil).node("n2", "need", nil).
		arg("opt", "join", "alone").arg("other", "say", "hi").
		edge("f", "n1").edge("n1", "n2").edge("f", "opt")
	if s := w.execute(t.Context(), b.run()); s != flow.RunPartial {
		t.Errorf("run %s", s)
	}
	want := map[string]flow.NodeStatus{"f": "failed", "n1": "skipped", "n2": "skipped", "opt": "success", "other": "success"}
	if d := cmp.Diff(want, w.statuses()); d != "" {
		t.Error(d)
	}
	for _, id := range []string{"n1", "n2"} {
		if got := w.result(id).Reason; got != `because node "Ask Bob" failed` {
			t.Errorf("%s: reason %q", id, got)
		}
	}
	if got := w.result("opt").Output["out"].String(); got != "alone" {
		t.Errorf("an optional port with dead edges gave %q", got)
	}
	row := w.memory.Row("run_1")
	if d := cmp.Diff(flow.Counts{TotalNodes: 5, SuccessNodes: 2, FailedNodes: 1, SkippedNodes: 2}, row.Counts); d != "" {
		t.Error(d)
	}
}

func TestE2_PortWithoutValueKillsItsEdges(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), needy("need", node.Pure, say))
	b := (&g{}).arg("s", "say", "x").node("yes", "need", nil).node("no", "need", nil).wire("s", "out", "yes", "in").wire("s", "other", "no", "in")
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Errorf("a branch not taken is no failure, but the run is %s", s)
	}
	if r := w.result("no"); r.Status != flow.NodeSkipped || r.Reason != `because node "say" gave nothing on its port "other"` {
		t.Errorf("%s %q", r.Status, r.Reason)
	}
	if w.result("yes").Status != flow.NodeSuccess {
		t.Error("the branch that was taken did not run")
	}
}

func TestE3_ParallelismIsBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		conf engine.Config
		want time.Duration
	}{
		{"per run", engine.Config{PerRun: 3}, 4 * time.Second},
		{"per process", engine.Config{PerProcess: 2}, 5 * time.Second},
		{"default", engine.Config{}, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.conf, kind("doze", node.Pure, doze))
				b := &g{}
				for i := range 10 {
					b.arg(string(rune('a'+i)), "doze", "1s")
				}
				began := time.Now()
				w.execute(t.Context(), b.run())
				if took := time.Since(began); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
			})
		})
	}
}

func TestE3_ProcessLimitIsSharedAndFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{PerProcess: 2}, kind("doze", node.Pure, doze))
		var wg sync.WaitGroup
		began := time.Now()
		for _, id := range []flow.ID{"run_1", "run_2", "run_3"} {
			wg.Go(func() {
				r := (&g{}).arg("a", "doze", "1s").arg("b", "doze", "1s").run()
				r.ID = id
				if s := w.execute(t.Context(), r); s != flow.RunSuccess {
					t.Error(s)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("6 nodes of 1 s, two at a time, took %v", took)
		}
	})
}

func TestE3_LongestRemainingPathGoesFirst(t *testing.T) {
	var order []string
	note := func(_ context.Context, c node.Call, _ string) (node.Result, error) {
		order = append(order, c.NodeID) // one node at a time
		return out(flow.Text("")), nil
	}
	w := newWorld(t, engine.Config{PerRun: 1}, kind("mark", node.Pure, note), kind("call", node.Model, note))
	b := (&g{}).arg("long1", "mark", "").arg("long2", "mark", "").arg("long3", "mark", "").
		arg("before call", "mark", "").arg("call", "call", "").arg("short", "mark", "").
		edge("long1", "long2").edge("long2", "long3").edge("before call", "call")
	w.execute(t.Context(), b.run())
	want := []string{"before call", "call", "long1", "long2", "long3", "short"}
	if d := cmp.Diff(want, order); d != "" {
		t.Error(d)
	}
}

func TestE16_PartialRunsTargetsAndWhatTheyNeed(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join))
	b := (&g{}).arg("a", "say", "1").arg("b", "join", "2").arg("c", "join", "3").arg("d", "nobody knows", "").
		edge("a", "b").edge("b", "c").edge("b", "d")
	r := b.run()
	r.Scope, r.NodeIDs = flow.ScopePartial, []string{"b"}
	if s := w.execute(t.Context(), r); s != flow.RunSuccess {
		t.Fatal(s)
	}
	if d := cmp.Diff(map[string]flow.NodeStatus{"a": "success", "b": "success"}, w.statuses()); d != "" {
		t.Error(d)
	}
	if n := w.memory.Row("run_1").Counts.TotalNodes; n != 2 {
		t.Errorf("totalNodes %d", n)
	}
	if got := w.result("b").Output["out"].String(); got != "1 2" {
		t.Errorf("b gave %q", got)
	}
	if slices.ContainsFunc([]string{"c", "d"}, func(id string) bool { return len(w.nodeEvents(id)) > 0 }) {
		t.Error("a node outside the run has events")
	}
}

func TestInputsSetFieldsAndPorts(t *testing.T) {
	text := node.Define(node.Spec{
		Type: "text", Purity: node.Pure, Input: "text",
		Outputs: []node.Port{{Name: "text", Type: flow.TypeText}},
		Fields:  []node.Field{{Key: "text", Label: "Text", Template: true, Required: true}},
	}, func(_ context.Context, p struct {
		Text string `json:"text"`
	}, _ node.Call,
	) (node.Result, error) {
		return node.Result{Outputs: flow.Values{"text": flow.Text(p.Text)}}, nil
	})
	for _, c := range []struct {
		name, data, want string
		input            flow.Value
	}{
		{"plain sets the main field", `{"text":"old"}`, "new", flow.Text("new")},
		{"object sets fields", `{}`, "new", flow.RawValue([]byte(`{"text":"new"}`))},
		{"object feeds a mark", `{"text":"Dear {{who}}"}`, "Dear Ann", flow.RawValue([]byte(`{"who":"Ann"}`))},
		{"an input is no template", `{"text":"Dear {{who}}"}`, "{{secret}}", flow.Text("{{secret}}")},
		{"a number is a text too", `{"text":"Dear {{who}}"}`, "Dear 5", flow.RawValue([]byte(`{"who":5}`))},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, engine.Config{}, text)
			r := (&g{}).run()
			r.Nodes = raw([]map[string]any{{"id": "t", "type": "text", "data": rawJSON(c.data)}})
			r.Edges = rawJSON("[]")
			r.Inputs = flow.Values{"t": c.input}
			if s := w.execute(t.Context(), r); s != flow.RunSuccess {
				t.Fatal(s, w.memory.Row("run_1").Error)
			}
			if got := w.result("t").Output["text"].String(); got != c.want {
				t.Errorf("gave %q, want %q", got, c.want)
			}
		})
	}
}
