package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// shelf holds workflows by id: [engine.Workflows].
type shelf map[flow.ID]flow.Workflow

func (s shelf) put(id flow.ID, b *g) {
	r := b.run()
	s[id] = flow.Workflow{ID: id, Name: "flow " + string(id), Version: 3, Nodes: r.Nodes, Edges: r.Edges}
}

func (s shelf) WorkflowVersion(_ context.Context, _ flow.Owner, id flow.ID, version int) (flow.Workflow, error) {
	w, ok := s[id]
	if !ok {
		return w, flow.Errorf(flow.NotFound, "There is no workflow %s.", id)
	}
	if version > 0 {
		w.Version = version
	}
	return w, nil
}

type eachParams struct {
	Workflow string `json:"workflow"`
	AtOnce   int    `json:"atOnce"`
}

// each is a kind that calls a workflow for each text it gets, and gives the list of
// what they came to. One that fails fails it, for a reason that can pass.
func each() node.Kind {
	return node.Define(node.Spec{
		Type: "each", Version: 1, Title: "each", Purity: node.Effect, Calls: "workflow",
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "workflow", Label: "Workflow", Widget: node.WidgetText}, {Key: "atOnce", Label: "At once", Widget: node.WidgetNumber}},
	}, func(ctx context.Context, p eachParams, c node.Call) (node.Result, error) {
		items := c.Inputs["in"].Items()
		called, errs := make([]node.Called, len(items)), make([]error, len(items))
		slots := make(chan struct{}, max(p.AtOnce, 1))
		var all sync.WaitGroup
		for i, item := range items {
			slots <- struct{}{}
			all.Go(func() {
				called[i], errs[i] = c.Sub(ctx, node.Sub{Item: i + 1, Main: item})
				<-slots
			})
		}
		all.Wait()
		var list []flow.Value
		for _, one := range called {
			if one.Status != flow.RunSuccess {
				errs = append(errs, &node.Again{Err: errors.New(one.Error)})
				continue
			}
			v, _ := one.Result()
			list = append(list, v)
		}
		if err := errors.Join(errs...); err != nil {
			return node.Result{}, err
		}
		return out(flow.List(list...)), nil
	})
}

// items adds nodes that give the texts to a node.
func (b *g) items(to string, texts ...string) *g {
	for i, text := range texts {
		id := fmt.Sprintf("i%d", i)
		b.arg(id, "say", text).edge(id, to)
	}
	return b
}

func calls(id string, atOnce int) map[string]any {
	return map[string]any{"workflow": id, "atOnce": atOnce}
}

// inner returns the newest status of every called node by id and iteration.
func (w *world) inner() map[string]flow.NodeStatus {
	out := map[string]flow.NodeStatus{}
	for _, r := range w.memory.Results("run_1") {
		if r.Iteration != "" {
			out[r.NodeID+" "+r.Iteration] = r.Status
		}
	}
	return out
}

func pricey(_ context.Context, c node.Call, arg string) (node.Result, error) {
	r := out(flow.Text(strings.ToUpper(arg) + " " + c.Key))
	r.Usage = flow.Usage{TokensIn: 5, TokensOut: 2, CostUSD: new(0.5)}
	return r, nil
}

func TestE21_EachItemHasItsOwnResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flows := shelf{}
		flows.put("wf_up", (&g{}).arg("up", "pricey", ""))
		flows.put("wf_two", (&g{}).arg("a", "say", "").arg("b", "say", "also").node("e", "each", calls("wf_up", 2)).edge("a", "e").edge("b", "e"))
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say), kind("pricey", node.Model, pricey))
		if s := w.execute(t.Context(), (&g{}).node("m", "each", calls("wf_two", 3)).items("m", "x", "y", "z").run()); s != flow.RunSuccess {
			t.Fatalf("run %s: %s", s, w.result("m").Error)
		}
		want := `[["X run_1:m/e/up:1.1","ALSO run_1:m/e/up:1.2"],["Y run_1:m/e/up:2.1","ALSO run_1:m/e/up:2.2"],["Z run_1:m/e/up:3.1","ALSO run_1:m/e/up:3.2"]]`
		if got := string(w.result("m").Output["out"].Raw()); got != want {
			t.Errorf("gave %s", got)
		}
		rows := w.inner()
		if len(rows) != 3*3+3*2 || rows["m/e/up 3.2"] != flow.NodeSuccess || rows["m/b 2"] != flow.NodeSuccess {
			t.Errorf("%d rows: %v", len(rows), rows)
		}
		if m := w.result("m").Meta; m["workflow"] != "flow wf_two" || m["workflowVersion"] != "3" {
			t.Errorf("meta %v", m)
		}
		if u := w.memory.Row("run_1").Usage; u.TokensIn != 6*5 || u.TokensOut != 6*2 || *u.CostUSD != 3 {
			t.Errorf("usage %+v", u)
		}
	})
}

func TestE21_CalledNodesShareThePlacesOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		busy := func(ctx context.Context, c node.Call, _ string) (node.Result, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			return doze(ctx, c, "1s")
		}
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "busy", "").arg("y", "busy", ""))
		flows.put("wf_out", (&g{}).arg("a", "say", "").node("e", "each", calls("wf_in", 8)).edge("a", "e"))
		w := newWorld(t, engine.Config{Workflows: flows, PerRun: 3, PerProcess: 4}, each(), kind("say", node.Pure, say), kind("busy", node.Effect, busy))
		began := time.Now()
		b := (&g{}).node("m", "each", calls("wf_out", 8)).items("m", "1", "2", "3", "4", "5", "6")
		if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess || most.Load() != 3 {
			t.Errorf("run %s, %d at once, want 3", s, most.Load())
		}
		if d := time.Since(began); d > 5*time.Second { // 12 nodes of 1 s, three at once
			t.Errorf("it took %s", d)
		}
	})
}

func TestE22_CallsHaveAnEnd(t *testing.T) {
	flows := shelf{}
	flows.put("wf_self", (&g{}).arg("a", "say", "").node("e", "each", calls("wf_self", 1)).edge("a", "e"))
	flows.put("wf_ping", (&g{}).arg("a", "say", "").node("e", "each", calls("wf_pong", 1)).edge("a", "e"))
	flows.put("wf_pong", (&g{}).arg("a", "say", "").node("e", "each", calls("wf_ping", 1)).edge("a", "e"))
	for i := range 9 {
		flows.put(flow.ID(fmt.Sprintf("wf_%d", i)), (&g{}).arg("a", "say", "").node("e", "each", calls(fmt.Sprintf("wf_%d", i+1), 1)).edge("a", "e"))
	}
	flows.put("wf_9", (&g{}).arg("a", "say", ""))
	flows.put("wf_bad", (&g{}).arg("a", "nothing", ""))
	reg := node.NewRegistry(each(), kind("say", node.Pure, say))
	for id, want := range map[string]string{
		"wf_self": `calls itself`, "wf_ping": "calls itself", "wf_0": "More than 8 workflows", "wf_none": "does not exist",
		"wf_bad": `The workflow "flow wf_bad" cannot run: There is no node type "nothing" here.`, "wf_3": "",
	} {
		b := (&g{}).node("m", "each", calls(id, 1)).items("m", "x")
		err := engine.CheckCalls(t.Context(), reg, flows, "usr_1", "wf_top", b.graph(t))
		var text string
		if e, ok := errors.AsType[*flow.Error](err); ok {
			text = e.Problems[0].Message
		}
		if !strings.Contains(text, want) || want == "" && err != nil {
			t.Errorf("check of %s: %q, want %q", id, text, want)
		}
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say))
		s := w.execute(t.Context(), b.run())
		if (s == flow.RunSuccess) != (want == "") {
			t.Errorf("run of %s: %s %s", id, s, w.result("m").Error)
		}
	}
	if err := engine.CheckCalls(t.Context(), reg, flows, "usr_1", "wf_5", (&g{}).node("m", "each", calls("wf_4", 1)).graph(t)); err == nil {
		t.Error("a workflow may call what calls it")
	}
}

func TestE12_ACallGoesOnAfterTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ran := map[string]int{}
		effect := func(ctx context.Context, c node.Call, arg string) (node.Result, error) {
			mu.Lock()
			ran[c.Key]++
			mu.Unlock()
			return doze(ctx, c, arg)
		}
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "effect", "").arg("y", "effect", "1s").edge("x", "y"))
		kinds := []node.Kind{each(), kind("say", node.Pure, say), kind("effect", node.Effect, effect)}
		b := (&g{}).node("m", "each", calls("wf_in", 2)).items("m", "1s", "2s", "3s", "4s")
		total := 0
		for left := 1; ; left++ {
			clear(ran)
			w := newWorld(t, engine.Config{Workflows: flows}, kinds...)
			j := &tape{next: w.memory, left: left, death: errors.New("the disk is gone")}
			w.engine = engine.New(engine.Config{Workflows: flows, Registry: node.NewRegistry(kinds...), Journal: j, Blobs: w.memory, Files: w.memory.Files})
			_, err := w.engine.Execute(t.Context(), w.memory.Claim(b.run()))
			done := map[string]bool{}
			for _, r := range w.memory.Results("run_1") {
				if r.Status == flow.NodeSuccess {
					done["run_1:"+r.NodeID+":"+r.Iteration] = true
				}
			}
			if err == nil {
				break
			}
			mu.Lock()
			before := fmt.Sprint(ran)
			for key := range ran {
				if done[key] {
					ran[key] = -100 // must not run again
				}
			}
			mu.Unlock()
			w.engine = engine.New(engine.Config{Workflows: flows, Registry: node.NewRegistry(kinds...), Journal: w.memory, Blobs: w.memory, Files: w.memory.Files})
			if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
				t.Fatalf("dead after %d steps: %s %s", left, s, w.result("m").Error)
			}
			for key, n := range ran {
				if done[key] && n != -100 {
					t.Errorf("dead after %d steps: %s ran again; before: %s", left, key, before)
				}
			}
			if rows := w.inner(); len(rows) != 8 || slices.Contains(values(rows), flow.NodeRunning) {
				t.Errorf("dead after %d steps: %v", left, rows)
			}
			total++
		}
		if total < 8 {
			t.Errorf("only %d deaths tried", total)
		}
	})
}

func values(m map[string]flow.NodeStatus) []flow.NodeStatus {
	var out []flow.NodeStatus
	for _, s := range m {
		out = append(out, s)
	}
	return out
}

// A run that ends before it calls again ends the rows that a lost worker left running
// within its calls: no step of a final run says that it runs.
func TestE12_WhatALostWorkerLeftInACallEnds(t *testing.T) {
	for name, change := range map[string]func(*flow.Claim){
		"given up": func(c *flow.Claim) { c.Lost = 3 }, "canceled": func(c *flow.Claim) { c.Cancel = true },
	} {
		t.Run(name, func(t *testing.T) {
			flows := shelf{}
			flows.put("wf_in", (&g{}).arg("x", "say", ""))
			w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say))
			c := w.memory.Claim((&g{}).node("m", "each", calls("wf_in", 2)).items("m", "one", "two").run())
			c.Results = []flow.NodeResult{
				{RunID: "run_1", NodeID: "m", NodeType: "each", Attempt: 1, Status: flow.NodeRunning},
				{RunID: "run_1", NodeID: "m/x", NodeType: "say", Iteration: "1", Attempt: 1, Status: flow.NodeSuccess},
				{RunID: "run_1", NodeID: "m/x", NodeType: "say", Iteration: "2", Attempt: 1, Status: flow.NodeRunning},
			}
			change(&c)
			s, err := w.engine.Execute(t.Context(), c)
			if err != nil || !s.Final() {
				t.Fatal(s, err)
			}
			if d := cmp.Diff(map[string]flow.NodeStatus{"m/x 2": flow.NodeCanceled}, w.inner()); d != "" { // the first is final and not written again
				t.Error(d)
			}
		})
	}
}

func TestE8_CancelReachesCalledNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "doze", "").arg("y", "doze", "1h").edge("x", "y"))
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say), kind("doze", node.Model, doze))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Second, func() { cancel(engine.ErrCancel) })
		began := time.Now()
		if s := w.execute(ctx, (&g{}).node("m", "each", calls("wf_in", 2)).items("m", "1s", "1h").run()); s != flow.RunCanceled {
			t.Errorf("run %s", s)
		}
		if d := time.Since(began); d > 32*time.Second {
			t.Errorf("it took %s", d)
		}
		want := map[string]flow.NodeStatus{"m/x 1": flow.NodeSuccess, "m/y 1": flow.NodeCanceled, "m/x 2": flow.NodeCanceled, "m/y 2": flow.NodeCanceled}
		if d := cmp.Diff(want, w.inner()); d != "" {
			t.Error(d)
		}
	})
}

func TestE7_TheTimeLimitOfTheCallerEndsItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "doze", "1h"))
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say), kind("doze", node.Effect, doze))
		data := calls("wf_in", 1)
		data["timeout"] = 5000
		if s := w.execute(t.Context(), (&g{}).node("m", "each", data).items("m", "1h").run()); s != flow.RunPartial {
			t.Errorf("run %s", s)
		}
		if e := w.result("m").Error; e != "stopped after 5 s: the node's time limit" {
			t.Errorf("error %q", e)
		}
		if rows := w.inner(); rows["m/x 1"] != flow.NodeFailed && rows["m/x 1"] != flow.NodeCanceled {
			t.Errorf("rows %v", rows)
		}
	})
}

func TestE6_ACallTriedAgainKeepsWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		var mu sync.Mutex
		moody := func(_ context.Context, c node.Call, arg string) (node.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			if tries[arg]++; arg == "bad" && tries[arg] < 3 {
				return node.Result{}, flow.Errorf(flow.Invalid, "It is in a bad mood.")
			}
			return out(flow.Text(arg)), nil
		}
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "moody", ""))
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say), kind("moody", node.Effect, moody))
		data := calls("wf_in", 3)
		data["retry"] = map[string]any{"attempts": 4}
		if s := w.execute(t.Context(), (&g{}).node("m", "each", data).items("m", "good", "bad", "fine").run()); s != flow.RunSuccess {
			t.Errorf("run %s", s)
		}
		if d := cmp.Diff(map[string]int{"good": 1, "bad": 3, "fine": 1}, tries); d != "" {
			t.Error(d)
		}
		if got := string(w.result("m").Output["out"].Raw()); got != `["good","bad","fine"]` {
			t.Errorf("gave %s", got)
		}
	})
}

func TestE22_WhatIsGivenReachesTheNamedSteps(t *testing.T) {
	flows := shelf{}
	flows.put("wf_in", (&g{}).arg("x", "say", "").node("y", "say", map[string]any{"label": "Tone"}))
	for _, c := range []struct {
		sub  node.Sub
		want string
	}{
		{node.Sub{Item: 1, Main: flow.Text("a"), Inputs: flow.Values{"tone": flow.Text("b")}}, `{"say":"a","Tone":"b"}`},
		{node.Sub{Item: 1, Main: flow.Text("a"), Inputs: flow.Values{"y": flow.Number(2)}}, `{"say":"a","Tone":"2"}`},
		{node.Sub{Item: 1, Inputs: flow.Values{"other": flow.Number(2)}}, `no step called "other"`},
	} {
		call := node.Define(node.Spec{
			Type: "call", Version: 1, Title: "call", Purity: node.Effect, Calls: "workflow", Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
			Fields: []node.Field{{Key: "workflow", Label: "Workflow", Widget: node.WidgetText}, {Key: "atOnce", Label: "At once", Widget: node.WidgetNumber}},
		}, func(ctx context.Context, _ eachParams, call node.Call) (node.Result, error) {
			called, err := call.Sub(ctx, c.sub)
			if err != nil {
				return node.Result{}, err
			}
			v, err := called.Result()
			return out(v), err
		})
		w := newWorld(t, engine.Config{Workflows: flows}, call, kind("say", node.Pure, say))
		w.execute(t.Context(), (&g{}).node("m", "call", calls("wf_in", 1)).run())
		got := string(w.result("m").Output["out"].Raw()) + w.result("m").Error
		var a, b any
		if json.Unmarshal([]byte(c.want), &a) == nil && json.Unmarshal([]byte(got), &b) == nil && cmp.Equal(a, b) {
			continue
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("gave %s, want %s", got, c.want)
		}
	}
}
