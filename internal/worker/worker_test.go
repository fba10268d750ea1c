package worker_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/hub"
	"heddle/internal/node"
	"heddle/internal/store"
	"heddle/internal/studio"
	"heddle/internal/worker"
)

// TestMain lets the test binary be a worker of the proofs: see hand_test.go.
func TestMain(m *testing.M) {
	if raw := os.Getenv(ordersKey); raw != "" {
		os.Exit(beHand(raw))
	}
	goleak.VerifyTestMain(m)
}

// gate is a kind that waits until it is opened or its context ends.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	calls   atomic.Int32
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gate) kind() node.Kind {
	return node.Define(node.Spec{
		Type: "gate", Title: "Gate", Purity: node.Effect,
		Outputs: []node.Port{{Name: "text", Type: flow.TypeText}},
	}, func(ctx context.Context, _ struct{}, _ node.Call) (node.Result, error) {
		g.calls.Add(1)
		g.entered <- struct{}{}
		select {
		case <-g.open:
			return node.Result{Outputs: flow.Values{"text": flow.Text("passed")}}, nil
		case <-ctx.Done():
			return node.Result{}, context.Cause(ctx)
		}
	})
}

// echo is a pure kind that passes its input on.
func echo() node.Kind {
	return node.Define(node.Spec{
		Type: "echo", Title: "Echo", Purity: node.Pure,
		Inputs:  []node.Port{{Name: "in", Type: flow.TypeAny}},
		Outputs: []node.Port{{Name: "out", Type: flow.TypeAny}},
	}, func(_ context.Context, _ struct{}, c node.Call) (node.Result, error) {
		v, ok := c.Inputs["in"]
		if !ok {
			v = flow.Text("echo")
		}
		return node.Result{Outputs: flow.Values{"out": v}}, nil
	})
}

// site is a database with an owner, on which workers can be started.
type site struct {
	t     testing.TB
	url   string
	owner flow.Owner
	gate  *gate
}

// process is one worker with its own connection to the database.
type process struct {
	store  *store.Store
	worker *worker.Worker
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, url: "file:" + filepath.Join(t.TempDir(), "heddle.db"), owner: flow.Owner(flow.NewID(flow.UserPrefix)), gate: newGate()}
	p := s.process(0)
	if err := p.store.CreateUser(t.Context(), flow.User{ID: flow.ID(s.owner), Email: "ann@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) process(concurrency int) *process {
	s.t.Helper()
	h := hub.New()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(s.t.Context(), store.Config{URL: s.url, Logger: log, Touch: h.Touch})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = st.Close() })
	if _, err := st.Migrate(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if err := worker.Migrate(s.t.Context(), st); err != nil {
		s.t.Fatal(err)
	}
	eng := engine.New(engine.Config{Registry: node.NewRegistry(s.gate.kind(), echo()), Journal: st, Blobs: st, Files: studio.NodeFiles(st), Logger: log})
	w, err := worker.New(worker.Config{Store: st, Engine: eng, Hub: h, Concurrency: concurrency, Logger: log})
	if err != nil {
		s.t.Fatal(err)
	}
	return &process{st, w}
}

func (s *site) start(p *process) {
	s.t.Helper()
	if err := p.worker.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) stop(p *process) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := p.worker.Stop(ctx); err != nil {
		s.t.Error(err)
	}
}

func (s *site) accept(p *process) flow.ID {
	s.t.Helper()
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(s.owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 1},
		Nodes: json.RawMessage(`[{"id":"g","type":"gate"}]`), Edges: json.RawMessage(`[]`), Source: flow.SourceAPI, CreatedAt: time.Now(),
	}
	r, fresh, err := p.store.CreateRun(s.t.Context(), s.owner, store.NewRun{Run: r, Enqueue: func(ctx context.Context, tx *store.Tx) (store.Trigger, error) {
		return p.worker.Accept(ctx, tx, r)
	}})
	if err != nil || !fresh || r.TriggerID == "" {
		s.t.Fatal(r.TriggerID, fresh, err)
	}
	p.worker.Accepted(r, graphOf(r))
	return r.ID
}

// graphOf reads a graph that is known to be good.
func graphOf(r flow.Run) flow.Graph {
	g, err := r.Graph()
	if err != nil {
		panic(err)
	}
	return g
}

// ended waits for the run's end.
func (s *site) ended(p *process, id flow.ID) flow.Run {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r, err := p.store.Run(s.t.Context(), s.owner, id)
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Status.Final() {
			return r
		}
		select {
		case <-deadline:
			s.t.Fatalf("the run is still %s", r.Status)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *site) wait(c <-chan struct{}) {
	s.t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		s.t.Fatal("waited 20 s")
	}
}

func TestWorker_RunsWhatIsAccepted(t *testing.T) {
	s := newSite(t)
	close(s.gate.open)
	p := s.process(4)
	s.start(p)
	defer s.stop(p)
	id := s.accept(p)
	if r := s.ended(p, id); r.Status != flow.RunSuccess || r.SuccessNodes != 1 {
		t.Errorf("%+v", r)
	}
}

func TestWorker_AnInsertOnlyProcessAcceptsForOthers(t *testing.T) {
	s := newSite(t)
	close(s.gate.open)
	door, hand := s.process(0), s.process(1)
	s.start(door)
	s.start(hand)
	defer s.stop(hand)
	defer s.stop(door)
	if r := s.ended(door, s.accept(door)); r.Status != flow.RunSuccess {
		t.Errorf("%+v", r)
	}
}

func TestE13_AStopGivesTheRunBack(t *testing.T) {
	s := newSite(t)
	first := s.process(1)
	s.start(first)
	id := s.accept(first)
	s.wait(s.gate.entered)
	s.stop(first)
	if r, err := first.store.Run(t.Context(), s.owner, id); err != nil || r.Status.Final() {
		t.Fatalf("a stop must not end a run: %v %v", r.Status, err)
	}
	close(s.gate.open)
	second := s.process(1)
	s.start(second)
	defer s.stop(second)
	if r := s.ended(second, id); r.Status != flow.RunSuccess {
		t.Errorf("%+v", r)
	}
}

func TestE8_ACancelOfAnotherProcessReachesTheNode(t *testing.T) {
	s := newSite(t)
	hand, other := s.process(1), s.process(0)
	s.start(hand)
	defer s.stop(hand)
	id := s.accept(hand)
	s.wait(s.gate.entered)
	began := time.Now()
	if _, err := other.store.RequestCancel(t.Context(), s.owner, id); err != nil {
		t.Fatal(err)
	}
	if r := s.ended(other, id); r.Status != flow.RunCanceled {
		t.Errorf("%+v", r)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("the cancel took %s", d)
	}
}

func TestE12_ALostTriggerIsMadeAgain(t *testing.T) {
	s := newSite(t)
	close(s.gate.open)
	p := s.process(1)
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(s.owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 1},
		Nodes: json.RawMessage(`[{"id":"g","type":"gate"}]`), Edges: json.RawMessage(`[]`), Source: flow.SourceAPI, CreatedAt: time.Now().Add(-time.Minute),
	}
	_, _, err := p.store.CreateRun(t.Context(), s.owner, store.NewRun{Run: r, Enqueue: func(context.Context, *store.Tx) (store.Trigger, error) { return store.Trigger{ID: "lost"}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	s.start(p)
	defer s.stop(p)
	if got := s.ended(p, r.ID); got.Status != flow.RunSuccess {
		t.Errorf("%+v", got)
	}
}
