package worker_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// TestLane_OwnersTakeTurns fills the lane with one owner's runs: another owner's run
// is started before the rest, and the first owner never has every slot.
func TestLane_OwnersTakeTurns(t *testing.T) {
	s := newSite(t)
	p := s.process(4)
	s.start(p)
	defer s.stop(p)
	for range 40 {
		s.accept(p)
	}
	for range 3 {
		s.wait(s.gate.entered)
	}
	select {
	case <-s.gate.entered:
		t.Fatal("one owner has every slot")
	case <-time.After(200 * time.Millisecond):
	}
	bob := flow.Owner(flow.NewID(flow.UserPrefix))
	if err := p.store.CreateUser(t.Context(), flow.User{ID: flow.ID(bob), Email: "bob@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	ann := s.owner
	s.owner = bob
	id := s.accept(p)
	s.wait(s.gate.entered)
	if r, err := p.store.Run(t.Context(), bob, id); err != nil || r.TriggerID != "direct" || r.Status != flow.RunRunning {
		t.Errorf("the other owner's run: %s %s %v", r.TriggerID, r.Status, err)
	}
	close(s.gate.open)
	for range 37 {
		s.wait(s.gate.entered)
	}
	s.ended(p, id)
	s.owner = ann
}

// TestLane_PromisesOutliveTheirProcess finds runs that a process of this machine
// promised and did not start before it died: the next one starts them at once, and
// counts no worker as lost. What a living process promised is left alone.
func TestLane_PromisesOutliveTheirProcess(t *testing.T) {
	s := newSite(t)
	close(s.gate.open)
	p := s.process(2)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var dead []flow.ID
	for range 5 {
		dead = append(dead, s.promised(p, host+"/999999999/GONE"))
	}
	elsewhere := s.promised(p, "another-machine/1/ALIVE")
	s.start(p)
	defer s.stop(p)
	began := time.Now()
	for _, id := range dead {
		if r := s.ended(p, id); r.Status != flow.RunSuccess || r.Attempt != 1 {
			t.Errorf("%+v", r)
		}
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("the runs waited %s for the sweep", d)
	}
	if r, err := p.store.Run(t.Context(), s.owner, elsewhere); err != nil || r.Status != flow.RunQueued {
		t.Errorf("a run of another machine is %s (%v)", r.Status, err)
	}
}

// promised stores a run as the worker would that promised to start it.
func (s *site) promised(p *process, worker string) flow.ID {
	s.t.Helper()
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(s.owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 1},
		Nodes: json.RawMessage(`[{"id":"g","type":"gate"}]`), Edges: json.RawMessage(`[]`), Source: flow.SourceAPI, CreatedAt: time.Now(),
	}
	_, _, err := p.store.CreateRun(s.t.Context(), s.owner, store.NewRun{Run: r, Enqueue: func(context.Context, *store.Tx) (store.Trigger, error) {
		return store.Trigger{ID: "direct", Promised: worker}, nil
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}
