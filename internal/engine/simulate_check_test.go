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
	s.moves["node "+orIdle(string(before), "idle")+" -> "+string(res.Status)] = true
	if before.Final() {
		s.wrong("I2: attempt %d of %s goes from %s to %s", res.Attempt, res.NodeID, before, res.Status)
	}
	if old, ok := r.newest[res.NodeID]; ok && res.Attempt > old.Attempt && (old.Status == flow.NodeSuccess || old.Status == flow.NodeSkipped) {
		s.wrong("I4: %s is %s and has another attempt", res.NodeID, old.Status)
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

// checkStart looks at a kind that is called: its inputs are settled, and what has an
// effect is recorded before.
func (s *sim) checkStart(r *simRun, c node.Call) {
	n, row := r.graph.nodes[c.NodeID], r.newest[c.NodeID]
	r.calls[c.NodeID]++
	if c.Resume == nil {
		r.effects[c.NodeID]++
	}
	if row.Status == flow.NodeSuccess || row.Status == flow.NodeSkipped {
		s.wrong("I4: %s starts again after its %s", c.NodeID, row.Status)
	}
	for _, from := range n.sources {
		switch {
		case r.newest[from].Status.Final():
		case n.kind == "pure" && r.graph.nodes[from].kind == "pure":
		default:
			if n.kind != "pure" {
				s.wrong("E1, E10: %s starts and the end of %s is not recorded: %q", c.NodeID, from, r.newest[from].Status)
			}
		}
	}
	if n.kind == "pure" {
		return
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
