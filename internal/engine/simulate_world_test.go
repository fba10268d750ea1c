package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// simNode is what the world knows of a node.
type simNode struct {
	kind    string
	sources []string
	flaky   int  // calls that fail before one does not
	broken  bool // every call fails
	branch  bool // it may take the other branch
	pinned  bool
	errors  bool // its failures come out of a port of their own
	items   int  // how often it calls the other workflow
	atOnce  int  // of these calls
}

type simGraph struct {
	g
	nodes  map[string]*simNode
	called map[string]*simNode // of the workflow that nodes call, by "caller/id"
}

// at returns what the world knows of a node of the run, its own or a called one.
func (g *simGraph) at(id string) *simNode {
	if n := g.nodes[id]; n != nil {
		return n
	}
	return g.called[id]
}

// simKinds are the kinds of random graphs; "hold" and "ask" wait, "many" calls a
// workflow for each of some items.
var simKinds = [...]string{"pure", "effect", "effect", "model", "needs", "hold", "ask", "many"}

// simShelf has the workflow that nodes of random graphs call.
var simShelf = shelf{"wf_called": {
	ID: "wf_called", Name: "Called", Version: 1,
	Nodes: json.RawMessage(`[{"id":"a","type":"pure"},{"id":"b","type":"effect"},{"id":"c","type":"effect"},{"id":"d","type":"hold"},{"id":"e","type":"ask"}]`),
	Edges: json.RawMessage(`[{"id":"1","source":"a","target":"b","targetHandle":"in"},{"id":"2","source":"a","target":"c","targetHandle":"in"},{"id":"3","source":"a","target":"d","targetHandle":"in"},{"id":"4","source":"a","target":"e","targetHandle":"in"}]`),
}}

// call gives a node its items, and the called nodes their fate.
func (g *simGraph) call(r *rand.Rand, id string, n *simNode) {
	n.items, n.atOnce = 1+r.IntN(4), 1+r.IntN(3)
	caller := id + "/"
	for _, inner := range []string{"a", "b", "c", "d", "e"} {
		k := &simNode{kind: map[string]string{"a": "pure", "b": "effect", "c": "effect", "d": "hold", "e": "ask"}[inner]}
		if inner != "a" {
			k.sources = []string{caller + "a"}
		}
		if k.kind != "hold" && k.kind != "ask" {
			k.flaky, k.broken = r.IntN(3)/2, r.IntN(12) == 0
		}
		g.called[caller+inner] = k
	}
}

// newSimGraph draws a graph of 2 to 12 nodes, some of which may call a workflow.
func newSimGraph(r *rand.Rand, calls bool) *simGraph {
	out := &simGraph{nodes: map[string]*simNode{}, called: map[string]*simNode{}}
	size := 2 + r.IntN(11)
	for i := range size {
		id := fmt.Sprintf("n%02d", i)
		n := &simNode{kind: simKinds[r.IntN(len(simKinds))]}
		if i == 0 && n.kind == "needs" || n.kind == "many" && !calls {
			n.kind = "effect"
		}
		data := map[string]any{}
		n.draw(r, data)
		if n.kind == "many" {
			data["workflow"] = "wf_called"
			out.call(r, id, n)
		}
		out.nodes[id] = n
		out.node(id, n.kind, data)
		if i == 0 {
			continue
		}
		for _, from := range r.Perm(i)[:min(i, max(r.IntN(4), map[bool]int{true: 1}[n.kind == "needs"]))] {
			source := fmt.Sprintf("n%02d", from)
			n.sources = append(n.sources, source)
			port := "out"
			switch s := out.nodes[source]; {
			case s.errors:
				port = "error"
			case s.branch && r.IntN(2) == 0:
				port = "other"
			}
			out.wire(source, port, id, "in")
		}
	}
	return out
}

// draw decides what becomes of a node.
func (n *simNode) draw(r *rand.Rand, data map[string]any) {
	n.branch = n.kind != "needs" && r.IntN(4) == 0
	switch r.IntN(12) {
	case 0:
		data["disabled"] = true
	case 1:
		n.pinned = true
		data["pinned"] = map[string]any{"out": "pin"}
	case 2, 3:
		if n.kind == "hold" || n.kind == "ask" {
			return
		}
		n.flaky = 1 + r.IntN(3)
		data["retry"] = map[string]any{"attempts": 3, "delay": 0}
	case 4:
		n.broken = true
	case 5:
		n.broken = true
		data["onError"], data["fallback"] = "value", "instead"
	case 6:
		n.broken, n.errors = true, true
		data["onError"] = "port"
	}
}

// simWorker is one life of a process that works on runs: it is its engine's journal.
type simWorker struct {
	sim    *sim
	name   string
	engine *engine.Engine
	stop   context.CancelCauseFunc // of everything it works on

	mu      sync.Mutex
	dead    bool
	resumes time.Time // it is paused until then
}

func (s *sim) newWorker(name string) *simWorker {
	w := &simWorker{sim: s, name: name}
	kinds := []node.Kind{
		kind("pure", node.Pure, w.labor), kind("effect", node.Effect, w.labor), kind("model", node.Model, w.labor), needy("needs", node.Effect, w.labor),
		kind("hold", node.Effect, w.labor), kind("ask", node.Effect, w.labor), w.many(),
	}
	w.engine = engine.New(engine.Config{
		Registry: node.NewRegistry(kinds...), Journal: w, Blobs: engine.NewMemory(), PerRun: 1 + s.roll("slots").IntN(8), Answerable: true, Workflows: simShelf,
	})
	return w
}

// awake waits while the worker is paused, and a little more: who waits is told apart
// by what, so that no two go on at one instant.
func (w *simWorker) awake(ctx context.Context, what ...any) error {
	for {
		w.mu.Lock()
		dead, until := w.dead, w.resumes
		w.mu.Unlock()
		switch {
		case dead:
			return errSimDead
		case !time.Now().Before(until):
			return nil
		}
		select {
		case <-time.After(time.Until(until) + between(w.sim.roll("awake", w.name, what), 0, 50*time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// labor is what every kind of the world does.
func (w *simWorker) labor(ctx context.Context, c node.Call, _ string) (node.Result, error) {
	s := w.sim
	s.mu.Lock()
	r := s.find(c.RunID)
	s.checkStart(r, c)
	n, call := r.graph.at(c.NodeID), r.calls[keyOf(c)]
	roll := s.roll("call", c.RunID, keyOf(c), call)
	s.mu.Unlock()
	long := 4 * time.Second
	if n.kind == "pure" { // about as often below as above what is told of while it runs
		long /= 100
	}
	select {
	case <-time.After(between(roll, time.Microsecond, long)):
	case <-ctx.Done():
		time.Sleep(between(roll, time.Microsecond, time.Second)) // it takes a while to notice
		return node.Result{}, context.Cause(ctx)
	}
	switch {
	case n.broken:
		return fail(ctx, c, "")
	case call <= n.flaky:
		return node.Result{}, &node.Again{Err: flow.Errorf(flow.Unavailable, "Not now."), After: between(roll, time.Millisecond, 5*time.Second)}
	case c.Resume == nil && n.kind == "hold":
		return node.Result{}, &node.Wait{Until: time.Now().Add(between(roll, time.Millisecond, time.Minute)), Reason: "waits"}
	case c.Resume == nil && n.kind == "ask":
		return node.Result{}, &node.Wait{Question: "Go on?", Reason: "asks"}
	case n.items > 0:
		if err := n.callAll(ctx, c); err != nil {
			return node.Result{}, err
		}
	}
	if n.branch && roll.IntN(2) == 0 {
		return node.Result{Outputs: flow.Values{"other": flow.Text(c.NodeID)}}, nil
	}
	return out(flow.Text(c.NodeID)), nil
}

// many is the kind that calls a workflow.
func (w *simWorker) many() node.Kind {
	return node.Define(node.Spec{
		Type: "many", Version: 1, Title: "many", Purity: node.Effect, Calls: "workflow",
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}, {Name: "other", Label: "Other", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "workflow", Label: "Workflow", Widget: node.WidgetText}},
	}, func(ctx context.Context, _ manyParams, c node.Call) (node.Result, error) { return w.labor(ctx, c, "") })
}

type manyParams struct {
	Workflow string `json:"workflow"`
}

// callAll calls the workflow for each item, some at once. A call that fails fails the
// node, for a reason that can pass; else one that waits lets the node wait.
func (n *simNode) callAll(ctx context.Context, c node.Call) error {
	errs, slots := make([]error, n.items), make(chan struct{}, n.atOnce)
	var all sync.WaitGroup
	for i := range n.items {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			time.Sleep(time.Duration(i+1) * 37 * time.Microsecond) // so that no two begin at one instant
			called, err := c.Sub(ctx, node.Sub{Item: i + 1})
			if err == nil && called.Status != flow.RunSuccess {
				err = &node.Again{Err: flow.Errorf(flow.Unavailable, "Item %d failed.", i+1)}
			}
			errs[i] = err
		})
	}
	all.Wait()
	var waits *node.Wait
	for _, err := range errs {
		w, ok := errors.AsType[*node.Wait](err)
		switch {
		case err != nil && !ok:
			return err
		case ok && (waits == nil || waits.Until.IsZero() || !w.Until.IsZero() && w.Until.Before(waits.Until)):
			waits = w
		}
	}
	if waits != nil {
		return waits
	}
	return nil
}

// keyOf names a node of the run, with the item it works on.
func keyOf(c node.Call) string { return strings.TrimPrefix(c.Key, string(c.RunID)+":") }

// hand works on one run after the other until ctx ends.
func (w *simWorker) hand(ctx context.Context, number int) {
	roll := w.sim.roll("hand", w.name, number)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(between(roll, 50*time.Millisecond, 150*time.Millisecond)):
		}
		if w.awake(ctx, "hand", number) != nil {
			return
		}
		if c, ok := w.sim.claim(w.name); ok {
			w.hold(ctx, c)
		}
	}
}

// hold executes a claim under heartbeats.
func (w *simWorker) hold(ctx context.Context, c flow.Claim) {
	ctx, stop := context.WithCancelCause(ctx)
	news := make(chan flow.Answer)
	c.News = news
	beating, quit := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() { w.beats(beating, c, news, stop) })
	_, err := w.engine.Execute(ctx, c)
	quit()
	beats.Wait()
	stop(nil)
	if err != nil && w.awake(context.Background(), "giveUp", c.Run.ID, c.Token) == nil && w.sim.roll("giveUp", c.Run.ID, c.Token).IntN(4) > 0 {
		w.sim.release(c)
	}
}

func (w *simWorker) beats(ctx context.Context, c flow.Claim, news chan<- flow.Answer, stop context.CancelCauseFunc) {
	roll := w.sim.roll("beats", c.Run.ID, c.Token)
	known := len(c.Answers)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(between(roll, simBeat-time.Second/2, simBeat)):
		}
		if w.awake(ctx, "beat", c.Run.ID, c.Token) != nil {
			return
		}
		cancel, answers, err := w.sim.beat(c)
		if err != nil {
			stop(err)
			return
		}
		if cancel {
			stop(engine.ErrCancel)
		}
		for ; known < len(answers); known++ {
			select {
			case news <- answers[known]:
			case <-ctx.Done():
				return
			}
		}
	}
}
