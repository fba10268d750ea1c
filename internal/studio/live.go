package studio

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"time"

	"heddle/internal/flow"
)

// Watch selects what to follow: one run, or every run of a workflow.
type Watch struct {
	RunID      flow.ID
	WorkflowID flow.ID
	After      int64 // for a run: the last event seen; 0 asks for a snapshot first
	Replay     bool  // for a run: no snapshot, every event after After
}

// LiveFrame is what a viewer is sent: a snapshot or one event.
type LiveFrame struct {
	Snapshot *Snapshot
	Event    *flow.Event
}

// MarshalJSON writes the snapshot or the event.
func (f LiveFrame) MarshalJSON() ([]byte, error) {
	if f.Snapshot != nil {
		return json.Marshal(f.Snapshot)
	}
	return json.Marshal(f.Event)
}

// Snapshot is the state of a run after event Seq.
type Snapshot struct {
	Type  string              `json:"type"` // "snapshot"
	RunID flow.ID             `json:"runId"`
	Seq   int64               `json:"seq"`
	Run   flow.Run            `json:"run"`
	Nodes map[string]NodeView `json:"nodes"`
}

// NodeView is the state of one node in a snapshot.
type NodeView struct {
	flow.NodeStatusEvent
	Streamed string  `json:"streamed,omitempty"` // text streamed so far by the running attempt
	Inside   *Inside `json:"inside,omitempty"`   // of a node that calls a workflow
}

// Inside counts the nodes that a node called.
type Inside struct {
	Done   int `json:"done"` // final
	Failed int `json:"failed"`
}

// liveFloor is how often a watcher looks without being woken: for runs that work
// in another process.
const liveFloor = time.Second

// eventBatch is how many events a watcher reads at once.
const eventBatch = 1000

// Watch follows runs of the actor: for each, a snapshot (unless After is given)
// and then each event once, in order. It ends with ctx, after the last event of a
// final run, or with the error it yields last.
func (s *Service) Watch(ctx context.Context, in Watch) iter.Seq2[LiveFrame, error] {
	return func(yield func(LiveFrame, error) bool) {
		a, err := flow.Require(ctx, flow.ScopeRunRead)
		if err != nil {
			yield(LiveFrame{}, err)
			return
		}
		if in.RunID != "" {
			s.watchRun(ctx, a.Owner(), in, yield)
			return
		}
		s.watchWorkflow(ctx, a.Owner(), in.WorkflowID, yield)
	}
}

func (s *Service) watchRun(ctx context.Context, o flow.Owner, in Watch, yield func(LiveFrame, error) bool) {
	fail := func(err error) {
		if ctx.Err() == nil {
			yield(LiveFrame{}, err)
		}
	}
	if _, err := s.store.Run(ctx, o, in.RunID); err != nil {
		fail(err)
		return
	}
	seq, final := in.After, false
	if seq == 0 && !in.Replay {
		snap, err := s.snapshot(ctx, o, in.RunID)
		if err != nil {
			fail(err)
			return
		}
		if !yield(LiveFrame{Snapshot: &snap}, nil) || snap.Run.Status.Final() {
			return
		}
		seq = snap.Seq
	}
	for range s.hub.WatchEvery(ctx, flow.RunTopic(in.RunID), liveFloor) {
		var err error
		if seq, final, err = s.forward(ctx, o, in.RunID, seq, yield); err != nil {
			fail(err)
			return
		}
		if final {
			return
		}
	}
}

// forward yields the events after seq. final is true when the run's last event
// was delivered, or the viewer is gone.
func (s *Service) forward(ctx context.Context, o flow.Owner, id flow.ID, seq int64, yield func(LiveFrame, error) bool) (int64, bool, error) {
	for {
		events, err := s.store.Events(ctx, o, id, seq, eventBatch)
		if err != nil {
			return seq, false, err
		}
		for i := range events {
			seq = events[i].Seq
			if !yield(LiveFrame{Event: &events[i]}, nil) || endsRun(events[i]) {
				return seq, true, nil
			}
		}
		if len(events) > 0 {
			continue
		}
		return seq, false, nil
	}
}

func endsRun(e flow.Event) bool {
	if e.Type != flow.EventRunStatus {
		return false
	}
	var p flow.RunStatusEvent
	return json.Unmarshal(e.Payload, &p) == nil && p.Status.Final()
}

// snapshot folds the run's events, so that it is exactly the state after Seq.
func (s *Service) snapshot(ctx context.Context, o flow.Owner, id flow.ID) (Snapshot, error) {
	run, err := s.store.Run(ctx, o, id)
	if err != nil {
		return Snapshot{}, err
	}
	run.Nodes, run.Edges = nil, nil
	snap := Snapshot{Type: "snapshot", RunID: id, Run: run, Nodes: map[string]NodeView{}}
	for {
		events, err := s.store.Events(ctx, o, id, snap.Seq, eventBatch)
		if err != nil {
			return snap, err
		}
		for _, e := range events {
			if err := snap.apply(e); err != nil {
				return snap, err
			}
		}
		if len(events) < eventBatch {
			return snap, nil
		}
	}
}

func (s *Snapshot) apply(e flow.Event) error {
	s.Seq = e.Seq
	switch e.Type {
	case flow.EventRunStatus:
		var p flow.RunStatusEvent
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return err
		}
		s.Run.Status, s.Run.Error, s.Run.Counts, s.Run.Usage = p.Status, p.Error, p.Counts, p.Usage
		s.Run.StartedAt, s.Run.CompletedAt, s.Run.Duration = p.StartedAt, p.CompletedAt, p.Duration
	case flow.EventNodeStatus:
		var p flow.NodeStatusEvent
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return err
		}
		if p.Iteration != "" {
			s.count(p)
			return nil
		}
		s.Nodes[p.NodeID] = NodeView{NodeStatusEvent: p, Inside: s.Nodes[p.NodeID].Inside}
	case flow.EventNodeDelta:
		var p flow.NodeDeltaEvent
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return err
		}
		if p.Iteration != "" {
			return nil
		}
		v := s.Nodes[p.NodeID]
		v.Streamed += p.Text
		s.Nodes[p.NodeID] = v
	case flow.EventLog:
	}
	return nil
}

// count adds a called node to the one that called it, the outermost.
func (s *Snapshot) count(p flow.NodeStatusEvent) {
	if !p.Status.Final() {
		return
	}
	for i, c := range p.NodeID {
		v, ok := s.Nodes[p.NodeID[:i]]
		if c != '/' || !ok {
			continue
		}
		if v.Inside == nil {
			v.Inside = &Inside{}
		}
		v.Inside.Done++
		if p.Status == flow.NodeFailed {
			v.Inside.Failed++
		}
		s.Nodes[p.NodeID[:i]] = v
		return
	}
}

// watchWorkflow follows the workflow's unfinished runs and every later one.
func (s *Service) watchWorkflow(ctx context.Context, o flow.Owner, id flow.ID, yield func(LiveFrame, error) bool) {
	if _, err := s.store.Workflow(ctx, o, id); err != nil {
		yield(LiveFrame{}, err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	frames := make(chan LiveFrame)
	problems := make(chan error, 1)
	wg.Go(func() { s.findRuns(ctx, o, id, &wg, frames, problems) })
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-problems:
			yield(LiveFrame{}, err)
			return
		case f := <-frames:
			if !yield(f, nil) {
				return
			}
		}
	}
}

// findRuns starts a watcher for each run of the workflow that is not yet followed.
func (s *Service) findRuns(ctx context.Context, o flow.Owner, id flow.ID, wg *sync.WaitGroup, frames chan<- LiveFrame, problems chan<- error) {
	seen, first := map[flow.ID]bool{}, true
	for range s.hub.WatchEvery(ctx, flow.RunsTopic(o), liveFloor) {
		ids, err := s.store.ActiveRuns(ctx, o, id)
		if err != nil {
			s.report(ctx, problems, err)
			return
		}
		for _, run := range ids {
			if seen[run] {
				continue
			}
			seen[run] = true
			if first && s.ended(ctx, o, run) {
				continue
			}
			wg.Go(func() {
				s.watchRun(ctx, o, Watch{RunID: run}, func(f LiveFrame, err error) bool {
					if err != nil {
						s.report(ctx, problems, err)
						return false
					}
					select {
					case frames <- f:
						return true
					case <-ctx.Done():
						return false
					}
				})
			})
		}
		first = false
	}
}

func (s *Service) report(ctx context.Context, problems chan<- error, err error) {
	if ctx.Err() != nil {
		return
	}
	select {
	case problems <- err:
	default:
	}
}

func (s *Service) ended(ctx context.Context, o flow.Owner, id flow.ID) bool {
	r, err := s.store.Run(ctx, o, id)
	return err == nil && r.Status.Final()
}
