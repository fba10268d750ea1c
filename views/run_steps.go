package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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
	Hidden   int        // attempts that the page leaves out
	Logs     []flow.Log // oldest first
	In       string     // of a step that another one called: what that is called; else empty
}

// Last returns the newest attempt; nil when the node was not touched.
func (s step) Last() *flow.NodeResult {
	if len(s.Attempts) == 0 {
		return nil
	}
	return &s.Attempts[len(s.Attempts)-1]
}

// Look returns how the node's state is shown. A step that was called for many items
// is as its worst item.
func (s step) Look() ui.Look {
	if s.In != "" {
		for _, bad := range []flow.NodeStatus{flow.NodeFailed, flow.NodeRunning, flow.NodeWaiting, flow.NodeQueued, flow.NodeCanceled} {
			if slices.ContainsFunc(s.Attempts, func(r flow.NodeResult) bool { return r.Status == bad && !retried(s.Attempts, r) }) {
				return ui.NodeLook(bad, false)
			}
		}
	}
	if r := s.Last(); r != nil {
		return ui.NodeLook(r.Status, r.Cached)
	}
	return ui.NodeLook(flow.NodeIdle, false)
}

// retried reports whether a later try of the same item is among the attempts.
func retried(all []flow.NodeResult, r flow.NodeResult) bool {
	return slices.ContainsFunc(all, func(o flow.NodeResult) bool { return o.Iteration == r.Iteration && o.Attempt > r.Attempt })
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
		return cmp.Or(compareIterations(a.Iteration, b.Iteration), a.Attempt-b.Attempt)
	})
	for _, r := range results {
		i := v.step(r.NodeID)
		v.Steps[i].Attempts = append(v.Steps[i].Attempts, r)
		v.Steps[i].Type = cmp.Or(v.Steps[i].Type, r.NodeType)
		if r.Iteration != "" && v.Steps[i].In == "" {
			v.Steps[i].In, v.Steps[i].Label = v.caller(r.NodeID), cmp.Or(r.Meta["step"], r.NodeID)
		}
	}
	for i := range v.Steps {
		v.Steps[i].shorten()
	}
	for _, l := range slices.Backward(v.Logs) {
		if l.NodeID != nil {
			i := v.step(*l.NodeID)
			v.Steps[i].Logs = append(v.Steps[i].Logs, l)
		}
	}
}

// maxShown is how many attempts of one step the page shows.
const maxShown = 50

// shorten leaves out attempts when there are very many; those that failed stay.
func (s *step) shorten() {
	if len(s.Attempts) <= maxShown {
		return
	}
	var keep []flow.NodeResult
	for _, first := range []bool{true, false} {
		for _, r := range s.Attempts {
			if (r.Status == flow.NodeFailed || r.Status == flow.NodeWaiting) == first && len(keep) < maxShown {
				keep = append(keep, r)
			}
		}
	}
	s.Hidden, s.Attempts = len(s.Attempts)-len(keep), keep
}

// caller returns what the steps are called that a node was called by, outermost first.
func (v *runView) caller(nodeID string) string {
	var names []string
	for i, c := range nodeID {
		if c != '/' {
			continue
		}
		if at, ok := v.byNode[nodeID[:i]]; ok {
			names = append(names, v.Steps[at].Label)
		}
	}
	return cmp.Or(strings.Join(names, " › "), "another workflow")
}

// compareIterations puts "2" before "10", and "2" before "2.1".
func compareIterations(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		return cmp.Or(len(x)-len(y), cmp.Compare(x, y))
	})
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

// attemptName says which attempt of which item it is.
func attemptName(r flow.NodeResult) string {
	try := "Try " + ui.Number(r.Attempt)
	switch {
	case r.Iteration == "":
		return try
	case r.Attempt > 1:
		return "Item " + r.Iteration + ", try " + ui.Number(r.Attempt)
	}
	return "Item " + r.Iteration
}

// replayPath is where the run can be started again from a step on: one of its own, of
// a run that has ended.
func (v *runView) replayPath(s step) string {
	if !v.Status.Final() || s.In != "" || len(s.Attempts) == 0 {
		return ""
	}
	return RunPath(v.ID) + "/replay"
}
