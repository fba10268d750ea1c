package engine_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

func reusable() []node.Kind {
	return []node.Kind{kind("say", node.Pure, say), kind("join", node.Model, join), kind("post", node.Effect, join)}
}

// again forecasts a run of now after one of then.
func again(t testing.TB, then, now *g, inputs flow.Values) (rows []flow.NodeResult, reasons map[string]string) {
	t.Helper()
	w := newWorld(t, engine.Config{}, reusable()...)
	w.execute(t.Context(), then.run())
	old := engine.Earlier{RunID: "run_1", Graph: then.graph(t), Results: w.memory.Results("run_1")}
	rows, said := engine.ReuseAll(node.NewRegistry(reusable()...), "run_2", now.graph(t), inputs, []engine.Earlier{old})
	reasons = map[string]string{}
	for _, f := range said {
		reasons[f.NodeID] = f.Reason
	}
	return rows, reasons
}

func TestE15_ForecastSaysWhy(t *testing.T) {
	then := func() *g {
		return (&g{}).arg("a", "say", "1").arg("b", "join", "2").arg("p", "post", "3").arg("c", "join", "4").edge("a", "b").edge("a", "p").edge("p", "c")
	}
	const taken = "Same inputs as run run_1."
	unchanged := map[string]string{"a": taken, "b": taken, "p": "It acts outside or waits for something, so it always runs.", "c": "A step before it runs."}
	changed := func(id, key string, v any) *g {
		b := then()
		for _, n := range b.nodes {
			if n["id"] == id {
				n["data"].(map[string]any)[key] = v
			}
		}
		return b
	}
	for _, c := range []struct {
		name   string
		now    *g
		inputs flow.Values
		want   map[string]string // what differs from unchanged
	}{
		{"nothing", then(), nil, nil},
		{"a name", changed("b", "label", "Bee"), nil, nil},
		{"a setting", changed("b", "arg", "x"), nil, map[string]string{"b": "Arg changed."}},
		{"a setting above", changed("a", "arg", "x"), nil, map[string]string{"a": "Arg changed.", "b": "A step before it runs.", "p": "A step before it runs."}},
		{"a new step", then().arg("d", "say", "9").edge("d", "b"), nil, map[string]string{"b": "A step before it runs.", "d": "It has not run yet."}},
		{"an input", then(), flow.Values{"b": flow.Text("x")}, map[string]string{"b": "This run gives it an input."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := again(t, then(), c.now, c.inputs)
			want := map[string]string{}
			for _, n := range c.now.nodes {
				id := n["id"].(string)
				if want[id] = unchanged[id]; c.want[id] != "" {
					want[id] = c.want[id]
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestE15_FailedStepRunsAgain(t *testing.T) {
	kinds := []node.Kind{kind("say", node.Pure, say), kind("fail", node.Model, fail)}
	b := (&g{}).arg("a", "say", "1").arg("f", "fail", "2").edge("a", "f")
	w := newWorld(t, engine.Config{}, kinds...)
	w.execute(t.Context(), b.run())
	rows, said := engine.ReuseAll(node.NewRegistry(kinds...), "run_2", b.graph(t), nil, []engine.Earlier{{RunID: "run_1", Graph: b.graph(t), Results: w.memory.Results("run_1")}})
	if len(rows) != 1 || rows[0].NodeID != "a" || said[1].Reused || said[1].Reason != "It did not succeed last time." {
		t.Errorf("rows %v, said %+v", names(rows), said)
	}
}

// TestE15_OneChangeRunsItsCone: after a change of one step exactly that step and
// all that it feeds are computed, and the outputs are those of a run without reuse.
func TestE15_OneChangeRunsItsCone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(rt, "nodes")
		changed := rapid.IntRange(0, n-1).Draw(rt, "changed")
		var edges [][2]int
		for i := range n {
			for j := range i {
				if rapid.IntRange(0, 3).Draw(rt, "edge") == 0 {
					edges = append(edges, [2]int{j, i})
				}
			}
		}
		build := func(arg string) *g {
			b := &g{}
			for i := range n {
				a := strconv.Itoa(i)
				if i == changed {
					a += arg
				}
				b.arg(strconv.Itoa(i), "join", a)
			}
			for _, e := range edges {
				b.edge(strconv.Itoa(e[0]), strconv.Itoa(e[1]))
			}
			return b
		}
		cone := map[string]bool{}
		for _, id := range engine.Downstream(build("").graph(t), []string{strconv.Itoa(changed)}) {
			cone[id] = true
		}
		rows, _ := again(t, build(""), build("!"), nil)
		ran := map[string]bool{}
		w := newWorld(t, engine.Config{}, kind("join", node.Model, join))
		claim := w.memory.Claim(build("!").run())
		claim.Results = rows
		if s, err := w.engine.Execute(t.Context(), claim); err != nil || s != flow.RunSuccess {
			rt.Fatal(s, err)
		}
		for _, r := range w.memory.Results("run_1") {
			if !r.Cached {
				ran[r.NodeID] = true
			}
			if want := joined(edges, n, changed, r.NodeID); r.Output["out"].String() != want {
				rt.Fatalf("%s gave %q, want %q", r.NodeID, r.Output["out"].String(), want)
			}
		}
		if d := cmp.Diff(cone, ran); d != "" {
			rt.Fatalf("changed %d (-cone +ran)\n%s", changed, d)
		}
	})
}

// joined is what a chain of join kinds gives, worked out without the engine.
func joined(edges [][2]int, n, changed int, id string) string {
	out := make([]string, n)
	for i := range n {
		var words []string
		for _, e := range edges {
			if e[1] == i {
				words = append(words, out[e[0]])
			}
		}
		own := strconv.Itoa(i)
		if i == changed {
			own += "!"
		}
		out[i] = strings.Join(append(words, own), " ")
	}
	k, _ := strconv.Atoi(id)
	return out[k]
}
