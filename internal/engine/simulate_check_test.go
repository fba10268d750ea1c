package engine_test

import (
	"heddle/internal/flow"
	"heddle/internal/node"
)

// check looks at a step before it is kept: what must hold at every commit.
func (s *sim) check(worker string, r *simRun, st flow.Step) {
	id := r.run.ID
	switch {
	case r.row.Status.Final():
		s.wrong("I2: %s was written after its end", id)
	case st.Token < r.top:
		s.wrong("E11: %s was written with token %d after token %d", id, st.Token, r.top)
	case r.holders[st.Token] != worker:
		s.wrong("E11: %s was written by %s with the token of %s", id, worker, r.holders[st.Token])
	}
	r.top = max(r.top, st.Token)
	for i, e := range st.Events {
		if e.Seq != r.seq+int64(i)+1 {
			s.wrong("I5: %s has event %d after %d", id, e.Seq, r.seq+int64(i))
			break
		}
	}
	for i := range st.Results {
		s.checkResult(r, st, i)
	}
}

func (s *sim) checkResult(r *simRun, st flow.Step, i int) {
	res := st.Results[i]
	before := r.results[simAttempt{res.NodeID, res.Attempt}].Status
	for _, earlier := range st.Results[:i] {
		if earlier.NodeID == res.NodeID && earlier.Attempt == res.Attempt {
			before = earlier.Status
		}
	}
	if res.Status == flow.NodeRunning || res.Status == flow.NodeSuccess && !res.Cached {
		s.checkInputs(r, st, res.NodeID)
	}
	s.moves["node "+orIdle(string(before), "idle")+" -> "+string(res.Status)] = true
	if before.Final() {
		s.wrong("I2: attempt %d of %s goes from %s to %s", res.Attempt, res.NodeID, before, res.Status)
	}
	if old, ok := r.newest[res.NodeID]; ok && res.Attempt > old.Attempt && (old.Status == flow.NodeSuccess || old.Status == flow.NodeSkipped) {
		s.wrong("I4: %s is %s and has another attempt", res.NodeID, old.Status)
	}
}

// checkInputs wants the ends of a node's sources on record, at the latest in the step
// that tells of the node itself.
func (s *sim) checkInputs(r *simRun, st flow.Step, id string) {
	if r.graph.nodes[id].pinned {
		return
	}
	for _, from := range r.graph.nodes[id].sources {
		ended := r.newest[from].Status.Final()
		for _, res := range st.Results {
			ended = ended || res.NodeID == from && res.Status.Final()
		}
		if !ended {
			s.wrong("E1: %s is told of before the end of %s", id, from)
		}
	}
}

// checkEnd looks at a run that has just ended.
func (s *sim) checkEnd(r *simRun) {
	for id := range r.graph.nodes {
		switch res, ok := r.newest[id]; {
		case !ok:
			s.wrong("I2: %s ended %s and %s came to nothing", r.run.ID, r.row.Status, id)
		case !res.Status.Final():
			s.wrong("I2: %s ended %s and %s is %s", r.run.ID, r.row.Status, id, res.Status)
		case r.row.Status == flow.RunSuccess && (res.Status == flow.NodeFailed || res.Status == flow.NodeCanceled):
			s.wrong("%s is a success and %s is %s", r.run.ID, id, res.Status)
		}
	}
}

// checkStart looks at a kind with effects that is called: its inputs are settled, and
// its start is recorded before.
func (s *sim) checkStart(r *simRun, c node.Call) {
	n, row := r.graph.nodes[c.NodeID], r.newest[c.NodeID]
	r.calls[c.NodeID]++
	if c.Resume == nil {
		r.effects[c.NodeID]++
	}
	if n.kind == "pure" {
		// A paused worker that lost its lease computes it for nothing: its journal refuses
		// the result. That no attempt is recorded after a success is checked there.
		return
	}
	if row.Status == flow.NodeSuccess || row.Status == flow.NodeSkipped {
		s.wrong("I4: %s starts again after its %s", c.NodeID, row.Status)
	}
	for _, from := range n.sources {
		if at := r.newest[from].Status; !at.Final() {
			s.wrong("E1, E10: %s starts and the end of %s is not recorded: %q", c.NodeID, from, at)
		}
	}
	attempts := 0
	for at := range r.results {
		if at.node == c.NodeID {
			attempts++
		}
	}
	if r.effects[c.NodeID] > attempts || row.Status != flow.NodeRunning {
		s.wrong("I3: %s is called for the %d. time, with %d attempts recorded, the last %q", c.NodeID, r.effects[c.NodeID], attempts, row.Status)
	}
}
