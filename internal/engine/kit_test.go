package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// do is what a test kind does: it gets the call and the node's data as text.
type do func(ctx context.Context, c node.Call, arg string) (node.Result, error)

type argParams struct {
	Arg string `json:"arg"`
}

// kind returns a kind with a port "in" that takes many texts and an output "out".
func kind(typ string, p node.Purity, run do) node.Kind {
	return node.Define(node.Spec{
		Type: typ, Version: 1, Title: typ, Purity: p, Input: "arg", Waits: typ == "ask" || typ == "hold" || typ == "slow",
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}, {Name: "other", Label: "Other", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "arg", Label: "Arg", Widget: node.WidgetText}},
	}, func(ctx context.Context, p argParams, c node.Call) (node.Result, error) { return run(ctx, c, p.Arg) })
}

// needy is kind with a port "in" that must be fed.
func needy(typ string, p node.Purity, run do) node.Kind {
	return node.Define(node.Spec{
		Type: typ, Version: 1, Title: typ, Purity: p,
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true, Required: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
	}, func(ctx context.Context, _ struct{}, c node.Call) (node.Result, error) { return run(ctx, c, "") })
}

func out(v flow.Value) node.Result { return node.Result{Outputs: flow.Values{"out": v}} }

func say(_ context.Context, _ node.Call, arg string) (node.Result, error) {
	return out(flow.Text(arg)), nil
}

// doze sleeps for the duration in arg, or until its context ends.
func doze(ctx context.Context, _ node.Call, arg string) (node.Result, error) {
	d, err := time.ParseDuration(arg)
	if err != nil {
		return node.Result{}, err
	}
	select {
	case <-time.After(d):
		return out(flow.Text("slept " + arg)), nil
	case <-ctx.Done():
		return node.Result{}, context.Cause(ctx)
	}
}

func fail(context.Context, node.Call, string) (node.Result, error) {
	return node.Result{}, flow.Errorf(flow.Invalid, "It did not work.")
}

// g builds a graph: nodes as "id type arg", edges as "source target".
type g struct {
	nodes []map[string]any
	edges []map[string]any
}

func (b *g) node(id, typ string, data map[string]any) *g {
	b.nodes = append(b.nodes, map[string]any{"id": id, "type": typ, "data": data})
	return b
}

func (b *g) arg(id, typ, arg string) *g { return b.node(id, typ, map[string]any{"arg": arg}) }

func (b *g) edge(source, target string) *g { return b.wire(source, "", target, "") }

func (b *g) wire(source, from, target, to string) *g {
	b.edges = append(b.edges, map[string]any{
		"id": fmt.Sprintf("e%d", len(b.edges)), "source": source, "sourceHandle": from, "target": target, "targetHandle": to,
	})
	return b
}

func (b *g) graph(t testing.TB) flow.Graph {
	t.Helper()
	r := b.run()
	graph, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func (b *g) run() flow.Run {
	return flow.Run{
		ID: "run_1", UserID: "usr_1", Status: flow.RunQueued, Scope: flow.ScopeFull,
		Nodes: raw(b.nodes), Edges: raw(b.edges), CreatedAt: time.Now(),
	}
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// world is an engine with its memory.
type world struct {
	t      testing.TB
	engine *engine.Engine
	memory *engine.Memory
}

func newWorld(t testing.TB, c engine.Config, kinds ...node.Kind) *world {
	m := engine.NewMemory()
	c.Registry = node.NewRegistry(kinds...)
	if c.Journal == nil {
		c.Journal = m
	}
	c.Blobs, c.Files = m, m.Files
	if c.Cache == nil {
		c.Cache = m
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &world{t, engine.New(c), m}
}

// execute runs r to its end in a fresh claim.
func (w *world) execute(ctx context.Context, r flow.Run) flow.RunStatus {
	w.t.Helper()
	s, err := w.engine.Execute(ctx, w.memory.Claim(r))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// statuses returns the newest status of every node.
func (w *world) statuses() map[string]flow.NodeStatus {
	out := map[string]flow.NodeStatus{}
	for _, r := range w.memory.Results("run_1") {
		out[r.NodeID] = r.Status
	}
	return out
}

func (w *world) result(id string) flow.NodeResult {
	w.t.Helper()
	var found flow.NodeResult
	for _, r := range w.memory.Results("run_1") {
		if r.NodeID == id {
			found = r
		}
	}
	if found.NodeID == "" {
		w.t.Fatalf("node %q has no result", id)
	}
	return found
}

// nodeEvents returns the status events of a node, and the log of what it streamed.
func (w *world) nodeEvents(id string) (events []flow.NodeStatusEvent) {
	w.t.Helper()
	for _, e := range w.memory.Events("run_1") {
		var p flow.NodeStatusEvent
		if e.Type == flow.EventNodeStatus && json.Unmarshal(e.Payload, &p) == nil && p.NodeID == id {
			events = append(events, p)
		}
	}
	return events
}

func rawJSON(s string) json.RawMessage { return json.RawMessage(s) }

func jsonInto(s string, v any) error { return json.Unmarshal([]byte(s), v) }
