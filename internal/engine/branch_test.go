package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type pickParams struct {
	Inputs flow.Value `json:"inputs"`
	Ways   flow.Value `json:"ways"`
	Take   string     `json:"take"`
}

// pick is a kind with named inputs and outputs: it gives its first input on the
// output in "take".
func pick() node.Kind {
	k := node.Define(node.Spec{
		Type: "pick", Version: 1, Title: "pick", Purity: node.Pure, Else: "default",
		Outputs: []node.Port{{Name: "default", Label: "Else", Type: flow.TypeAny}},
		Fields: []node.Field{
			{Key: "inputs", Label: "Inputs", Ports: node.SideIn},
			{Key: "ways", Label: "Ways", Ports: node.SideOut},
			{Key: "take", Label: "Take"},
		},
	}, func(_ context.Context, p pickParams, c node.Call) (node.Result, error) {
		if p.Take == "fail" {
			return node.Result{}, flow.Errorf(flow.Invalid, "It did not work.")
		}
		return node.Result{Outputs: flow.Values{p.Take: c.Inputs[node.SplitNames(p.Inputs)[0]]}}, nil
	})
	return node.WithCheck(k, func(p pickParams) []flow.Problem {
		if p.Take == "nowhere" {
			return []flow.Problem{{Path: "take", Message: "There is no way nowhere."}}
		}
		return nil
	})
}

func ways(take string) map[string]any {
	return map[string]any{"inputs": "a, b", "ways": "left\nright", "take": take}
}

// branching is x -> pick -> a node on each way.
func branching(data map[string]any) *g {
	return (&g{}).arg("x", "say", "hi").arg("y", "say", "there").node("p", "pick", data).
		arg("l", "say", "l").arg("r", "say", "r").arg("d", "say", "d").
		wire("x", "out", "p", "a").wire("y", "out", "p", "b").
		wire("p", "left", "l", "in").wire("p", "right", "r", "in").wire("p", "default", "d", "in")
}

func TestE1_ListedOutputsAreWays(t *testing.T) {
	w := newWorld(t, engine.Config{}, pick(), needyAs("say"))
	if s := w.execute(t.Context(), branching(ways("right")).run()); s != flow.RunSuccess {
		t.Errorf("the run ended %s", s)
	}
	want := map[string]flow.NodeStatus{"x": "success", "y": "success", "p": "success", "l": "skipped", "r": "success", "d": "skipped"}
	if diff := cmp.Diff(want, w.statuses()); diff != "" {
		t.Error(diff)
	}
}

// needyAs is a kind whose input, when it has edges, needs one delivered.
func needyAs(typ string) node.Kind {
	type params struct {
		In  flow.Value `json:"in"`
		Arg string     `json:"arg"`
	}
	return node.Define(node.Spec{
		Type: typ, Version: 1, Purity: node.Pure,
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "in", Label: "In", Required: true, Default: "own"}, {Key: "arg", Label: "Arg"}},
	}, func(_ context.Context, p params, _ node.Call) (node.Result, error) { return out(flow.Text(p.Arg)), nil })
}

func TestE5_AFallbackOfABranchTakesOneWay(t *testing.T) {
	w := newWorld(t, engine.Config{}, pick(), needyAs("say"))
	data := ways("fail")
	data["onError"], data["fallback"] = "value", "plan B"
	w.execute(t.Context(), branching(data).run())
	if diff := cmp.Diff(flow.Values{"default": flow.Text("plan B")}, w.result("p").Output, cmp.Comparer(sameValue)); diff != "" {
		t.Error(diff)
	}
	if got := w.statuses(); got["l"] != flow.NodeSkipped || got["r"] != flow.NodeSkipped || got["d"] != flow.NodeSuccess {
		t.Errorf("%v", got)
	}
}

func sameValue(a, b flow.Value) bool { return string(a.Raw()) == string(b.Raw()) }

func TestE4_ListedPortsAndSettingsAreChecked(t *testing.T) {
	reg := node.NewRegistry(pick(), needyAs("say"))
	for _, c := range []struct {
		name  string
		graph *g
		want  []string
	}{
		{"fine", branching(ways("left")), nil},
		{"a setting the kind refuses", branching(ways("nowhere")), []string{"bad_setting nodes.2.data.take p"}},
		{"a listed input without an edge", (&g{}).arg("x", "say", "hi").node("p", "pick", ways("left")).wire("x", "out", "p", "a"), []string{"required nodes.1.data.inputs p"}},
		{
			"no such way", (&g{}).arg("x", "say", "hi").node("p", "pick", map[string]any{"inputs": "a", "ways": "left"}).
				arg("r", "say", "r").wire("x", "out", "p", "a").wire("p", "right", "r", "in"),
			[]string{"unknown_port edges.1.sourceHandle  e1"},
		},
	} {
		var got []string
		for _, p := range problems(engine.Check(reg, c.graph.graph(t), engine.CheckOptions{})) {
			got = append(got, found(p))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	list := engine.CheckNode(reg, flow.Node{ID: "p", Type: "pick", Data: raw(ways("nowhere"))}, []string{"a", "b"})
	if len(list) != 1 || list[0].Path != "node.data.take" || list[0].Code != "bad_setting" {
		t.Errorf("the inspector is told %+v", list)
	}
	names := flow.Values{"p": flow.RawValue(rawJSON(`{"ways":"up"}`))}
	if got := problems(engine.Check(reg, branching(ways("left")).graph(t), engine.CheckOptions{Inputs: names})); len(got) != 1 || found(got[0]) != "unsettable_input inputs.p.ways p" {
		t.Errorf("a run may name other ports: %v", got)
	}
	given := flow.Values{"p": flow.RawValue(rawJSON(`{"take":"nowhere"}`))}
	if err := engine.Check(reg, branching(ways("left")).graph(t), engine.CheckOptions{Inputs: given}); len(problems(err)) != 1 {
		t.Errorf("what the run sets is not checked: %v", err)
	}
}
