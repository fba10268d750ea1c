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
	key := at(res)
	before := r.results[simAttempt{key, res.Attempt}].Status
	for _, earlier := range st.Results[:i] {
		if at(earlier) == key && earlier.Attempt == res.Attempt {
			before = earlier.Status
		}
	}
	if res.Status == flow.NodeRunning || res.Status == flow.NodeSuccess && !res.Cached {
		s.checkInputs(r, st, res)
	}
	s.moves["node "+orIdle(string(before), "idle")+" -> "+string(res.Status)] = true
	if before.Final() {
		s.wrong("I2: attempt %d of %s goes from %s to %s", res.Attempt, key, before, res.Status)
	}
	// What a failed call skipped may come when the call is tried again.
	was, ok := r.newest[key]
	skipped := was.Status == flow.NodeSkipped && res.Iteration == ""
	if ok && res.Attempt > was.Attempt && (was.Status == flow.NodeSuccess || skipped) {
		s.wrong("I4: %s is %s and has another attempt", key, was.Status)
	}
}

// checkInputs wants the ends of a node's sources on record, at the latest in the step
// that tells of the node itself.
func (s *sim) checkInputs(r *simRun, st flow.Step, of flow.NodeResult) {
	n := r.graph.at(of.NodeID)
	if n.pinned {
		return
	}
	for _, from := range n.sources {
		from = at(flow.NodeResult{NodeID: from, Iteration: of.Iteration})
		ended := r.newest[from].Status.Final()
		for _, res := range st.Results {
			ended = ended || at(res) == from && res.Status.Final()
		}
		if !ended {
			s.wrong("E1: %s is told of before the end of %s", at(of), from)
		}
	}
}

// checkEnd looks at a run that has just ended.
func (s *sim) checkEnd(r *simRun) {
	for key, res := range r.newest {
		if res.Iteration != "" && !res.Status.Final() {
			s.wrong("I2: %s ended %s and the called %s is %s", r.run.ID, r.row.Status, key, res.Status)
		}
	}
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
	key := keyOf(c)
	n, row := r.graph.at(c.NodeID), r.newest[key]
	r.calls[key]++
	if c.Resume == nil {
		r.effects[key]++
	}
	if row.Iteration != "" {
		s.items++
	}
	if n.kind == "pure" {
		// A paused worker that lost its lease computes it for nothing: its journal refuses
		// the result. That no attempt is recorded after a success is checked there.
		return
	}
	if row.Status == flow.NodeSuccess || row.Status == flow.NodeSkipped {
		s.wrong("I4: %s starts again after its %s", key, row.Status)
	}
	for _, from := range n.sources {
		from = at(flow.NodeResult{NodeID: from, Iteration: row.Iteration})
		if at := r.newest[from].Status; !at.Final() {
			s.wrong("E1, E10: %s starts and the end of %s is not recorded: %q", key, from, at)
		}
	}
	attempts := 0
	for at := range r.results {
		if at.node == key {
			attempts++
		}
	}
	if r.effects[key] > attempts || row.Status != flow.NodeRunning {
		s.wrong("I3: %s is called for the %d. time, with %d attempts recorded, the last %q", key, r.effects[key], attempts, row.Status)
	}
}

// at names a node of the run, with the item it works on.
func at(r flow.NodeResult) string {
	if r.Iteration == "" {
		return r.NodeID
	}
	return r.NodeID + ":" + r.Iteration
}
