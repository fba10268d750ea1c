package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// counted is a model kind that counts its calls and answers in capitals.
func counted(version int, calls *[]string, surroundings string) node.Kind {
	k := node.Define(node.Spec{
		Type: "ask", Version: version, Title: "ask", Purity: node.Model,
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeText}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeText}},
		Fields:  []node.Field{{Key: "arg", Label: "Prompt", Widget: node.WidgetText, Default: "why?"}},
	}, func(_ context.Context, p argParams, c node.Call) (node.Result, error) {
		*calls = append(*calls, c.NodeID)
		r := out(flow.Text(strings.ToUpper(p.Arg + c.Inputs["in"].String())))
		r.Usage = flow.Usage{TokensIn: 1200, TokensOut: 640}
		return r, nil
	})
	return k.Within(func(map[string]json.RawMessage) string { return surroundings })
}

// upper is pure: different settings can give the same value.
func upper(_ context.Context, _ node.Call, arg string) (node.Result, error) {
	return out(flow.Text(strings.ToUpper(arg))), nil
}

// story is a chain: pure text, model, model.
func story(text, prompt string) *g {
	return (&g{}).arg("t", "upper", text).arg("a", "ask", prompt).arg("b", "ask", "more: ").wire("t", "out", "a", "in").wire("a", "out", "b", "in")
}

// turn executes a run of a user as the next with the given id.
func (w *world) turn(id, user flow.ID, b *g, cache bool) flow.RunStatus {
	r := b.run()
	r.ID, r.UserID, r.Cache = id, user, cache
	return w.execute(w.t.Context(), r)
}

func TestE15_SameInputsAreNotPaidTwice(t *testing.T) {
	for _, c := range []struct {
		name  string
		text  string
		ask   string
		cache bool
		user  flow.ID
		calls string
	}{
		{"nothing changed", "hello", "say ", true, "usr_1", ""},
		{"what ran again gave the same", "HELLO", "say ", true, "usr_1", ""},
		{"another text", "bye", "say ", true, "usr_1", "a b"},
		{"another prompt with the same answer", "hello", "SAY ", true, "usr_1", "a"},
		{"not asked for", "hello", "say ", false, "usr_1", "a b"},
		{"another user", "hello", "say ", true, "usr_2", "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls []string
			w := newWorld(t, engine.Config{}, kind("upper", node.Pure, upper), counted(1, &calls, ""))
			w.turn("run_1", "usr_1", story("hello", "say "), true)
			calls = nil
			if s := w.turn("run_2", c.user, story(c.text, c.ask), c.cache); s != flow.RunSuccess {
				t.Fatalf("run %s", s)
			}
			if got := strings.Join(calls, " "); got != c.calls {
				t.Errorf("called %q, want %q", got, c.calls)
			}
			for _, r := range w.memory.Results("run_2") {
				reused := r.NodeType == "ask" && !strings.Contains(c.calls, r.NodeID)
				if r.Cached != reused {
					t.Errorf("%s cached %v", r.NodeID, r.Cached)
				}
				if reused && (r.Reason != "Same inputs as run "+flow.ID("run_1").Short()+", 1,840 tokens saved." || r.TokensIn != 0 || r.Meta["reusedFrom"] != "run_1") {
					t.Errorf("%s: %q, %d tokens, %v", r.NodeID, r.Reason, r.TokensIn, r.Meta)
				}
			}
		})
	}
}

func TestE15_AnotherKindIsNoSameResult(t *testing.T) {
	var calls []string
	old := newWorld(t, engine.Config{}, kind("upper", node.Pure, upper), counted(1, &calls, "model-1"))
	old.turn("run_1", "usr_1", story("hello", "say "), true)
	for name, ask := range map[string]node.Kind{"version": counted(2, &calls, "model-1"), "default model": counted(1, &calls, "model-2")} {
		t.Run(name, func(t *testing.T) {
			calls = nil
			w := newWorld(t, engine.Config{Journal: old.memory, Cache: old.memory}, kind("upper", node.Pure, upper), ask)
			w.memory = old.memory
			w.turn(flow.ID("run_"+name), "usr_1", story("hello", "say "), true)
			if len(calls) != 2 {
				t.Errorf("called %v, want both", calls)
			}
			reg := node.NewRegistry(kind("upper", node.Pure, upper), ask)
			earlier := engine.Earlier{RunID: "run_1", Graph: story("hello", "say ").graph(t), Results: old.memory.Results("run_1")}
			_, said := engine.ReuseAll(reg, "run_9", story("hello", "say ").graph(t), nil, []engine.Earlier{earlier})
			for _, f := range said {
				if f.NodeID == "a" && (f.Reused || !strings.Contains(f.Reason, "changed")) {
					t.Errorf("plan says %+v", f)
				}
			}
		})
	}
}

func TestE15_FailuresAreNotKept(t *testing.T) {
	n := 0
	w := newWorld(t, engine.Config{}, kind("ask", node.Model, func(context.Context, node.Call, string) (node.Result, error) {
		n++
		return node.Result{}, flow.Errorf(flow.Unavailable, "Not now.")
	}))
	b := (&g{}).node("a", "ask", map[string]any{"arg": "x", "onError": "value", "fallback": "plan B"})
	w.turn("run_1", "usr_1", b, true)
	w.turn("run_2", "usr_1", b, true)
	if n != 2 {
		t.Errorf("%d calls, want 2: a fallback is no result", n)
	}
}

func TestE15_LargeValues(t *testing.T) {
	n := 0
	w := newWorld(t, engine.Config{}, kind("ask", node.Model, func(_ context.Context, _ node.Call, arg string) (node.Result, error) {
		n++
		return out(flow.Text(strings.Repeat(arg, flow.InlineLimit))), nil
	}), kind("say", node.Pure, func(_ context.Context, c node.Call, _ string) (node.Result, error) {
		return out(flow.Number(float64(len(c.Inputs["in"].Items()[0].String())))), nil
	}))
	b := (&g{}).arg("a", "ask", "ab").arg("b", "ask", "ab").arg("s", "say", "").edge("a", "b").edge("b", "s")
	w.turn("run_1", "usr_1", b, true)
	if s := w.turn("run_2", "usr_1", b, true); s != flow.RunSuccess || n != 2 {
		t.Errorf("run %s, %d calls", s, n)
	}
	for _, r := range w.memory.Results("run_2") {
		if want := flow.Number(2 * flow.InlineLimit); r.NodeID == "s" && string(r.Output["out"].Raw()) != string(want.Raw()) {
			t.Errorf("the step after it got %s characters", r.Output["out"].Raw())
		}
	}
}

func TestE15_ReasonsAreKept(t *testing.T) {
	var calls []string
	w := newWorld(t, engine.Config{}, counted(1, &calls, ""))
	r := (&g{}).arg("a", "ask", "x").run()
	r.Cache, r.Reasons = true, flow.Meta{"a": "Prompt changed."}
	w.execute(t.Context(), r)
	if m := w.result("a").Meta["ran"]; m != "Prompt changed." {
		t.Errorf("meta says %q", m)
	}
}
