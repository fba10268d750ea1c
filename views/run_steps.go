package views

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"heddle/internal/flow"
	"heddle/views/ui"
)

// runView is a run prepared for its page.
type runView struct {
	flow.RunDetail
	Graph  flow.Graph
	Broken bool // the frozen graph cannot be read
	Steps  []step
	First  time.Time // when the first step was queued
	Span   time.Duration
	byNode map[string]int // node id -> index in Steps
}

// step is one node of a run with its attempts, oldest first.
type step struct {
	Anchor   string // id of its element on the page
	NodeID   string
	Label    string
	Type     string
	Attempts []flow.NodeResult
	Logs     []flow.Log // oldest first
}

// Last returns the newest attempt; nil when the node was not touched.
func (s step) Last() *flow.NodeResult {
	if len(s.Attempts) == 0 {
		return nil
	}
	return &s.Attempts[len(s.Attempts)-1]
}

// Look returns how the node's state is shown.
func (s step) Look() ui.Look {
	if r := s.Last(); r != nil {
		return ui.NodeLook(r.Status, r.Cached)
	}
	return ui.NodeLook(flow.NodeIdle, false)
}

func newRunView(d flow.RunDetail) runView {
	v := runView{RunDetail: d, byNode: map[string]int{}}
	g, err := d.Graph()
	v.Graph, v.Broken = g, err != nil
	v.gather()
	v.measure()
	v.order()
	return v
}

// gather makes one step per node of the graph, and one per result or log line
// whose node the graph does not hold.
func (v *runView) gather() {
	for _, n := range v.Graph.Steps().Nodes {
		i := v.step(n.ID)
		v.Steps[i].Label, v.Steps[i].Type = n.Label(), n.Type
	}
	results := slices.Clone(v.NodeResults)
	slices.SortStableFunc(results, func(a, b flow.NodeResult) int {
		return cmp.Or(cmp.Compare(a.Iteration, b.Iteration), a.Attempt-b.Attempt)
	})
	for _, r := range results {
		i := v.step(r.NodeID)
		v.Steps[i].Attempts = append(v.Steps[i].Attempts, r)
		v.Steps[i].Type = cmp.Or(v.Steps[i].Type, r.NodeType)
	}
	for _, l := range slices.Backward(v.Logs) {
		if l.NodeID != nil {
			i := v.step(*l.NodeID)
			v.Steps[i].Logs = append(v.Steps[i].Logs, l)
		}
	}
}

// step returns the index of the node's step and makes it when it is new.
func (v *runView) step(nodeID string) int {
	i, ok := v.byNode[nodeID]
	if !ok {
		i = len(v.Steps)
		v.byNode[nodeID] = i
		v.Steps = append(v.Steps, step{NodeID: nodeID, Label: nodeID, Anchor: "step-" + strconv.Itoa(i+1)})
	}
	return i
}

// measure finds the span of time that the waterfall shows.
func (v *runView) measure() {
	var last time.Time
	for _, r := range v.NodeResults {
		from, to := attemptStart(r), attemptEnd(r)
		if v.First.IsZero() || from.Before(v.First) {
			v.First = from
		}
		if to.After(last) {
			last = to
		}
	}
	v.Span = max(last.Sub(v.First), time.Millisecond)
}

// order puts the steps in the order in which they began; those that never did
// come last, as the graph lists them.
func (v *runView) order() {
	slices.SortStableFunc(v.Steps, func(a, b step) int {
		switch {
		case len(a.Attempts) == 0 && len(b.Attempts) == 0:
			return 0
		case len(a.Attempts) == 0:
			return 1
		case len(b.Attempts) == 0:
			return -1
		}
		return attemptStart(a.Attempts[0]).Compare(attemptStart(b.Attempts[0]))
	})
	for i, s := range v.Steps {
		v.byNode[s.NodeID] = i
	}
}

// Of returns the step of a node; nil when there is none.
func (v *runView) Of(nodeID string) *step {
	if i, ok := v.byNode[nodeID]; ok {
		return &v.Steps[i]
	}
	return nil
}

// Failed returns the step that failed first; nil when none did.
func (v *runView) Failed() *step {
	for i, s := range v.Steps {
		if r := s.Last(); r != nil && r.Status == flow.NodeFailed {
			return &v.Steps[i]
		}
	}
	return nil
}

// RunLogs returns the log lines about the run as a whole, oldest first.
func (v *runView) RunLogs() []flow.Log {
	var out []flow.Log
	for _, l := range slices.Backward(v.Logs) {
		if l.NodeID == nil {
			out = append(out, l)
		}
	}
	return out
}

func attemptStart(r flow.NodeResult) time.Time {
	switch {
	case r.QueuedAt != nil:
		return *r.QueuedAt
	case r.StartedAt != nil:
		return *r.StartedAt
	}
	return r.CreatedAt
}

func attemptEnd(r flow.NodeResult) time.Time {
	switch {
	case r.StartedAt == nil:
		return attemptStart(r)
	case r.Duration == nil:
		return *r.StartedAt
	}
	return r.StartedAt.Add(time.Duration(*r.Duration) * time.Millisecond)
}
