package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// letters is a -> b -> c -> d, with x -> c beside it.
func letters() *g {
	return (&g{}).arg("a", "say", "1").arg("b", "join", "2").arg("c", "join", "3").arg("d", "join", "4").arg("x", "say", "x").
		edge("a", "b").edge("b", "c").edge("c", "d").edge("x", "c")
}

// before runs the whole chain and returns it as an earlier run.
func before(t *testing.T, b *g) engine.Earlier {
	t.Helper()
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join))
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Fatal(s)
	}
	return engine.Earlier{RunID: "run_0", Graph: b.graph(t), Results: w.memory.Results("run_1")}
}

func names(list []flow.NodeResult) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.NodeID)
	}
	return out
}

func TestE16_DownstreamFollowsEveryPath(t *testing.T) {
	graph := letters().edge("d", "b").graph(t) // a circle ends too
	for _, c := range []struct{ ids, want []string }{
		{[]string{"c"}, []string{"b", "c", "d"}},
		{[]string{"x"}, []string{"b", "c", "d", "x"}},
		{[]string{"gone"}, []string{"gone"}},
	} {
		if d := cmp.Diff(c.want, engine.Downstream(graph, c.ids)); d != "" {
			t.Errorf("%v: %s", c.ids, d)
		}
	}
}

func TestE16_OnlyWhatIsUnchangedIsTakenOver(t *testing.T) {
	old := before(t, letters())
	given := old
	given.Inputs = flow.Values{"a": flow.Text("other")}
	failed := old
	failed.Results = append([]flow.NodeResult{}, old.Results...)
	for i := range failed.Results {
		if failed.Results[i].NodeID == "b" {
			failed.Results[i].Status = flow.NodeFailed
		}
	}
	fallback := old
	fallback.Results = append([]flow.NodeResult{}, old.Results...)
	for i := range fallback.Results {
		if fallback.Results[i].NodeID == "b" {
			fallback.Results[i].Reason = "failed; the fallback value was delivered: no"
		}
	}
	same := letters()
	renamed := letters()
	renamed.nodes[1]["data"] = map[string]any{"label": "New name", "arg": "2"}
	upstream := letters()
	upstream.nodes[0]["data"] = map[string]any{"arg": "changed"}
	rewired := letters().edge("x", "b")
	for _, c := range []struct {
		name    string
		graph   *g
		earlier []engine.Earlier
		want    []string
	}{
		{"the direct sources are enough", same, []engine.Earlier{old}, []string{"b", "x"}},
		{"a new name changes nothing", renamed, []engine.Earlier{old}, []string{"b", "x"}},
		{"a change upstream is computed", upstream, []engine.Earlier{old}, []string{"x"}},
		{"a new connection is computed, what feeds it not", rewired, []engine.Earlier{old}, []string{"x", "a"}},
		{"a run with other inputs is another run", same, []engine.Earlier{given}, []string{"x"}},
		{"a failure is computed again", same, []engine.Earlier{failed}, []string{"x", "a"}},
		{"a fallback is no result", same, []engine.Earlier{fallback}, []string{"x", "a"}},
		{"an older run fills the gap", same, []engine.Earlier{failed, old}, []string{"b", "x"}},
		{"nothing ran before", same, nil, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := engine.Reuse("run_1", c.graph.graph(t), []string{"c"}, c.earlier)
			if d := cmp.Diff(c.want, names(got)); d != "" {
				t.Error(d)
			}
			for _, r := range got {
				if !r.Cached || r.RunID != "run_1" || r.Reason != "Same inputs as run run_1." || r.Meta["reusedFrom"] != "run_1" {
					t.Errorf("%s: cached %v, run %s, reason %q", r.NodeID, r.Cached, r.RunID, r.Reason)
				}
			}
		})
	}
}

func TestE16_TakenOverResultsFeedTheRun(t *testing.T) {
	old := before(t, letters())
	ran := map[string]bool{}
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join))
	b := letters()
	b.nodes[2]["data"] = map[string]any{"arg": "new"}
	r := b.run()
	r.Scope, r.NodeIDs = flow.ScopePartial, []string{"c"}
	claim := w.memory.Claim(r)
	claim.Results = engine.Reuse(r.ID, b.graph(t), r.NodeIDs, []engine.Earlier{old})
	s, err := w.engine.Execute(t.Context(), claim)
	if err != nil || s != flow.RunSuccess {
		t.Fatal(s, err, w.memory.Row("run_1").Error)
	}
	if d := cmp.Diff(map[string]flow.NodeStatus{"b": "success", "x": "success", "c": "success"}, w.statuses()); d != "" {
		t.Error(d)
	}
	for _, id := range []string{"b", "x", "c"} {
		events := w.nodeEvents(id)
		if len(events) != 1 {
			t.Fatalf("%s has %d events", id, len(events))
		}
		ran[id] = !events[0].Cached
	}
	if d := cmp.Diff(map[string]bool{"b": false, "x": false, "c": true}, ran); d != "" {
		t.Error(d)
	}
	if got := w.result("c").Output["out"].String(); got != "1 2 x new" {
		t.Errorf("c gave %q", got)
	}
	if c := w.memory.Row("run_1").Counts; c.TotalNodes != 3 || c.CachedNodes != 2 || c.SuccessNodes != 3 {
		t.Errorf("counts %+v", c)
	}
}

func TestE16_WhatIsTakenOverNeedsNoCheck(t *testing.T) {
	kinds := node.NewRegistry(kind("say", node.Pure, say), needy("needy", node.Pure, say))
	b := (&g{}).node("n", "needy", nil).arg("c", "say", "3").edge("n", "c")
	err := engine.Check(kinds, b.graph(t), engine.CheckOptions{Targets: []string{"c"}})
	if err == nil {
		t.Fatal("a node without its input was accepted")
	}
	if err := engine.Check(kinds, b.graph(t), engine.CheckOptions{Targets: []string{"c"}, Reused: []string{"n"}}); err != nil {
		t.Error(err)
	}
}
