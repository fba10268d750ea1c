package engine_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// strict is a kind with a text and a number port and a text output that must not run.
func strict(t *testing.T) node.Kind {
	return node.Define(node.Spec{
		Type: "strict", Version: 1, Title: "strict", Purity: node.Model,
		Inputs:  []node.Port{{Name: "n", Label: "N", Type: flow.TypeNumber}, {Name: "img", Label: "Image", Type: flow.TypeImage}, {Name: "t", Label: "T", Type: flow.TypeText}},
		Outputs: []node.Port{{Name: "image", Label: "Image", Type: flow.TypeImage}, {Name: "text", Label: "Text", Type: flow.TypeText}},
		Fields:  []node.Field{{Key: "must", Label: "Must", Widget: node.WidgetText, Required: true}},
	}, func(context.Context, struct {
		Must string `json:"must"`
	}, node.Call,
	) (node.Result, error) {
		t.Error("a node that was put aside ran")
		return node.Result{}, errors.New("ran")
	})
}

func never(t *testing.T) do {
	return func(context.Context, node.Call, string) (node.Result, error) {
		t.Error("a node that was put aside ran")
		return node.Result{}, errors.New("ran")
	}
}

func off(data map[string]any) map[string]any {
	out := map[string]any{"disabled": true}
	maps.Copy(out, data)
	return out
}

func TestN14_DisabledPassesItsOnlyInputOn(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join), kind("never", node.Effect, never(t)))
	b := (&g{}).arg("a", "say", "hello").node("off", "never", off(nil)).arg("end", "join", "!").edge("a", "off").edge("off", "end")
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Fatal(s)
	}
	r := w.result("off")
	if r.Status != flow.NodeSuccess || r.Output["out"].String() != "hello" || r.Reason != "disabled; its input passed through" || r.StartedAt != nil {
		t.Errorf("the disabled node: %+v", r)
	}
	if got := w.result("end").Output["out"].String(); got != "hello !" {
		t.Errorf("what comes after it gave %q", got)
	}
	if e := w.nodeEvents("off"); len(e) != 1 || e[0].Reason != r.Reason || e[0].Output["out"] != "hello" {
		t.Errorf("events %+v", e)
	}
}

func TestN14_DisabledPassesLargeValuesByReference(t *testing.T) {
	big := strings.Repeat("long ", 20<<10)
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join), kind("never", node.Pure, never(t)))
	b := (&g{}).arg("a", "say", big).node("off", "never", off(nil)).arg("end", "join", "!").edge("a", "off").edge("off", "end")
	w.execute(t.Context(), b.run())
	w.wantLarge("off", big)
}

// wantLarge checks that a node gave a large value, that its event holds only the
// beginning, and that what comes after it got all of it.
func (w *world) wantLarge(id, value string) {
	w.t.Helper()
	if got := w.result(id).Output["out"].String(); got != value {
		w.t.Errorf("%s gave %d bytes, want %d", id, len(got), len(value))
	}
	if inputs := w.result("end").Inputs["in"].Items(); len(inputs) != 1 {
		w.t.Errorf("what comes after it got %d values", len(inputs))
	} else if _, ok := inputs[0].BlobRef(); !ok {
		w.t.Error("the large value does not travel as a reference")
	}
	if got := w.result("end").Output["out"].String(); got != value+" !" {
		w.t.Errorf("what comes after it gave %d bytes", len(got))
	}
	if e := w.nodeEvents(id); len(e) != 1 || len(e[0].Output["out"]) >= len(value) {
		w.t.Error("the event has the whole value")
	}
}

func TestN14_DisabledIsSkippedWhereNothingFits(t *testing.T) {
	for _, c := range []struct {
		name string
		g    *g
	}{
		{"nothing arrives", (&g{}).node("off", "strict", off(nil))},
		{"two values", (&g{}).arg("a", "say", "1").arg("b", "say", "2").node("off", "never", off(nil)).edge("a", "off").edge("b", "off")},
		{"another type", (&g{}).arg("a", "say", "1").node("off", "strict", off(nil)).wire("a", "", "off", "t")},
		{"what fed it failed", (&g{}).arg("a", "fail", "1").node("off", "never", off(nil)).edge("a", "off")},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("fail", node.Pure, fail), kind("never", node.Pure, never(t)), needy("need", node.Pure, say), strict(t))
			c.g.node("end", "need", map[string]any{}).edge("off", "end")
			for _, n := range c.g.nodes {
				if n["id"] == "off" {
					n["data"].(map[string]any)["label"] = "Off"
				}
			}
			w.execute(t.Context(), c.g.run())
			if r := w.result("off"); r.Status != flow.NodeSkipped || r.Reason != "disabled" || len(r.Output) != 0 {
				t.Errorf("the disabled node: %+v", r)
			}
			if r := w.result("end"); r.Status != flow.NodeSkipped || r.Reason != `because node "Off" is disabled` {
				t.Errorf("what needs it: %s %q", r.Status, r.Reason)
			}
		})
	}
}

func TestN14_DisabledNeedsNothing(t *testing.T) {
	reg := node.NewRegistry(strict(t))
	b := (&g{}).node("off", "strict", map[string]any{"disabled": true, "timeout": "never"})
	if err := engine.Check(reg, b.graph(t), engine.CheckOptions{}); err != nil {
		t.Error(err)
	}
	if p := engine.CheckNode(reg, b.graph(t).Nodes[0], nil); len(p) != 0 {
		t.Errorf("the inspector complains: %v", p)
	}
	b = (&g{}).node("off", "strict", map[string]any{"disabled": "yes"})
	if p := problems(engine.Check(reg, b.graph(t), engine.CheckOptions{})); len(p) == 0 || found(p[0]) != "bad_setting nodes.0.data.disabled off" {
		t.Errorf("problems %v", p)
	}
}

func pin(outputs map[string]any) map[string]any { return map[string]any{"pinned": outputs} }

func TestE17_PinnedOutputsStandIn(t *testing.T) {
	var fed atomic.Int32
	count := func(ctx context.Context, c node.Call, arg string) (node.Result, error) {
		fed.Add(1)
		return say(ctx, c, arg)
	}
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, count), kind("join", node.Pure, join), strict(t))
	b := (&g{}).arg("a", "say", "1").node("p", "strict", pin(map[string]any{"text": "kept", "image": nil, "gone": 1})).arg("end", "join", "!").
		wire("a", "", "p", "t").wire("p", "text", "end", "")
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Fatal(s)
	}
	r := w.result("p")
	if r.Status != flow.NodeSuccess || r.Reason != "pinned" || r.Meta["pinned"] != "true" || r.StartedAt != nil || len(r.Output) != 1 || r.Output["text"].String() != "kept" {
		t.Errorf("the pinned node: %+v", r)
	}
	if got := w.result("end").Output["out"].String(); got != "kept !" {
		t.Errorf("what comes after it gave %q", got)
	}
	if fed.Load() != 1 {
		t.Errorf("what feeds only the pinned node ran %d times, want once", fed.Load())
	}
}

func TestE17_PinnedStandsWhereWhatFedItFailed(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("fail", node.Pure, fail), kind("never", node.Pure, never(t)), kind("join", node.Pure, join))
	b := (&g{}).arg("a", "fail", "1").node("p", "never", pin(map[string]any{"out": []int{1, 2}})).arg("end", "join", "!").edge("a", "p").edge("p", "end")
	if s := w.execute(t.Context(), b.run()); s != flow.RunPartial {
		t.Fatal(s)
	}
	if got := w.result("end").Output["out"].String(); !strings.HasPrefix(got, "[1,2]") {
		t.Errorf("what comes after it gave %q", got)
	}
}

func TestE17_LargePinIsStowed(t *testing.T) {
	big := strings.Repeat("long ", 20<<10)
	w := newWorld(t, engine.Config{}, kind("never", node.Pure, never(t)), kind("join", node.Pure, join))
	b := (&g{}).node("p", "never", pin(map[string]any{"out": big})).arg("end", "join", "!").edge("p", "end")
	w.execute(t.Context(), b.run())
	w.wantLarge("p", big)
}

func TestE17_PinIsAnObject(t *testing.T) {
	reg := node.NewRegistry(strict(t))
	for data, want := range map[string]string{
		`{"pinned":"x"}`:                  "bad_setting nodes.0.data.pinned p",
		`{"pinned":{"text":"x"}}`:         "",
		`{"pinned":"x","disabled":true}`:  "",
		`{"pinned":null,"must":"filled"}`: "",
	} {
		graph := (&g{}).node("p", "strict", nil).graph(t)
		graph.Nodes[0].Data = rawJSON(data)
		got := ""
		if p := problems(engine.Check(reg, graph, engine.CheckOptions{})); len(p) > 0 {
			got = found(p[0])
		}
		if got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
}

func TestE17_ForecastKnowsWhatIsPutAside(t *testing.T) {
	build := func(arg string) *g {
		return (&g{}).arg("a", "say", arg).node("p", "join", pin(map[string]any{"out": "kept"})).arg("c", "join", "4").
			arg("x", "say", "1").node("d", "join", off(nil)).arg("e", "join", "5").edge("a", "p").edge("p", "c").edge("x", "d").edge("d", "e")
	}
	_, got := again(t, build("1"), build("2"), nil)
	const taken = "Same inputs as run run_1."
	for id, want := range map[string]string{"a": "Arg changed.", "p": "Its output is pinned.", "c": taken, "d": "It is disabled.", "e": taken} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
}

func TestN18_FramesAndNotesAreNoSteps(t *testing.T) {
	b := (&g{}).node("frame", "group", map[string]any{"label": "Both"}).arg("a", "say", "1").arg("b", "join", "2").
		node("note", "note", map[string]any{"text": "# Why"}).edge("a", "b").edge("note", "b").edge("a", "frame")
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say), kind("join", node.Pure, join))
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Fatal(s)
	}
	if got := w.statuses(); len(got) != 2 || w.result("b").Output["out"].String() != "1 2" {
		t.Errorf("results %v, b gave %q", got, w.result("b").Output["out"].String())
	}
	if got := strings.Join(engine.Scope(b.graph(t), nil, nil), " "); got != "a b" {
		t.Errorf("scope %q", got)
	}
	reg := node.NewRegistry(kind("say", node.Pure, say), kind("join", node.Pure, join))
	for _, c := range []struct{ targets, want string }{
		{"b", ""}, {"note b", ""}, {"note", "unknown_target nodeIds"}, {"frame note", "unknown_target nodeIds"},
	} {
		got := ""
		if p := problems(engine.Check(reg, b.graph(t), engine.CheckOptions{Targets: strings.Fields(c.targets)})); len(p) > 0 {
			got = found(p[0])
		}
		if got != c.want {
			t.Errorf("targets %q: %q, want %q", c.targets, got, c.want)
		}
	}
	alone := (&g{}).node("note", "note", nil).graph(t)
	if p := problems(engine.Check(reg, alone, engine.CheckOptions{})); len(p) != 1 || p[0].Code != "empty" {
		t.Errorf("a graph with only a note: %v", p)
	}
}

func TestE17_PinIsRecordedOnce(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("never", node.Pure, never(t)), kind("join", node.Pure, join))
	b := (&g{}).node("p", "never", pin(map[string]any{"out": "new"})).arg("end", "join", "!").edge("p", "end")
	claim := w.memory.Claim(b.run())
	claim.Results = []flow.NodeResult{{RunID: "run_1", NodeID: "p", NodeType: "never", Attempt: 1, Status: flow.NodeSuccess, Output: flow.Values{"out": flow.Text("old")}, Reason: "pinned"}}
	if s, err := w.engine.Execute(t.Context(), claim); err != nil || s != flow.RunSuccess {
		t.Fatal(s, err)
	}
	if got := w.statuses(); len(got) != 1 || got["end"] != flow.NodeSuccess {
		t.Errorf("written again: %v", got)
	}
	if got := w.result("end").Output["out"].String(); got != "old !" {
		t.Errorf("what comes after it gave %q, want what the first worker recorded", got)
	}
}
