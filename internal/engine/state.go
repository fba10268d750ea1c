package engine

import (
	"slices"
	"strconv"

	"heddle/internal/flow"
)

// state is where the nodes of a plan are: a plain value that knows no goroutine,
// no clock and no journal. Each method is one step: it takes what happened and
// returns what follows from it.
type state struct {
	plan    *plan
	nodes   []nodeState
	edges   []edgeState
	ready   readyHeap
	arrived []int // became ready since the caller last emptied it
	open    int   // nodes in scope that are not final
	flow.Counts
	canceled int
}

type nodeState struct {
	status  flow.NodeStatus
	waiting int32       // incoming edges that are not settled
	outputs flow.Values // of a success, by port
	reason  string      // of a skip
}

// edgeState is whether an edge is settled, and how (rule E1).
type edgeState uint8

const (
	edgeOpen edgeState = iota
	edgeDelivered
	edgeDead
)

// ending is how a node ended.
type ending struct {
	node    int
	status  flow.NodeStatus
	outputs flow.Values
	reason  string
	cached  bool
}

func newState(p *plan) *state {
	s := &state{plan: p, nodes: make([]nodeState, len(p.nodes)), edges: make([]edgeState, len(p.edges)), open: p.total}
	s.TotalNodes = p.total
	s.ready.plan = p
	for i := range p.nodes {
		s.nodes[i].status = flow.NodeIdle
		s.nodes[i].waiting = int32(len(p.nodes[i].in)) //nolint:gosec // at most as many as the graph has connections
	}
	return s
}

// begin settles what earlier attempts left final and makes the rest ready. It
// returns the nodes that are skipped because of it.
func (s *state) begin(done []ending) []ending {
	final := make([]bool, len(s.nodes))
	for _, d := range done {
		final[d.node] = true
	}
	var work []ending
	for _, d := range done {
		s.record(d)
		s.settleEdges(d, func(next int) {
			if !final[next] {
				work = s.arrive(next, work)
			}
		})
	}
	for i := range s.nodes {
		if n := &s.plan.nodes[i]; n.inScope && len(n.in) == 0 && !final[i] {
			work = s.arrive(i, work)
		}
	}
	return s.travel(work)
}

// finish records how a running node ended and returns the nodes that are skipped
// because of it (rule E2). Nodes that can start now are ready.
func (s *state) finish(d ending) []ending {
	s.record(d)
	var work []ending
	s.settleEdges(d, func(next int) { work = s.arrive(next, work) })
	return s.travel(work)
}

// travel lets skips travel on.
func (s *state) travel(work []ending) []ending {
	for k := 0; k < len(work); k++ {
		s.record(work[k])
		s.settleEdges(work[k], func(next int) { work = s.arrive(next, work) })
	}
	return work
}

func (s *state) record(d ending) {
	n := &s.nodes[d.node]
	n.status, n.outputs, n.reason = d.status, d.outputs, d.reason
	s.open--
	switch d.status {
	case flow.NodeSuccess:
		s.SuccessNodes++
		if d.cached {
			s.CachedNodes++
		}
	case flow.NodeFailed:
		s.FailedNodes++
	case flow.NodeSkipped:
		s.SkippedNodes++
	case flow.NodeCanceled:
		s.canceled++
	case flow.NodeIdle, flow.NodeQueued, flow.NodeRunning, flow.NodeWaiting:
	}
}

// settleEdges settles the edges of an ended node and names each target whose last
// open edge that was.
func (s *state) settleEdges(d ending, last func(next int)) {
	for _, ei := range s.plan.nodes[d.node].out {
		e := &s.plan.edges[ei]
		s.edges[ei] = edgeDead
		if v, ok := d.outputs[e.srcPort]; ok && d.status == flow.NodeSuccess && !v.IsZero() {
			s.edges[ei] = edgeDelivered
		}
		if s.nodes[e.dst].waiting--; s.nodes[e.dst].waiting == 0 {
			last(e.dst)
		}
	}
}

// arrive makes a node ready whose edges are all settled, or adds it to those that
// end without running: the skipped, and the disabled that pass their input on.
func (s *state) arrive(i int, skipped []ending) []ending {
	if s.nodes[i].status != flow.NodeIdle {
		return skipped
	}
	if s.plan.nodes[i].disabled {
		return append(skipped, s.bypass(i))
	}
	if reason, skip := s.starved(i); skip {
		return append(skipped, ending{node: i, status: flow.NodeSkipped, reason: reason})
	}
	s.nodes[i].status = flow.NodeQueued
	s.ready.push(i)
	s.arrived = append(s.arrived, i)
	return skipped
}

// starved reports whether a port the node needs has edges, but only dead ones, and why.
func (s *state) starved(i int) (string, bool) {
	n := &s.plan.nodes[i]
	if !slices.ContainsFunc(n.in, func(e int32) bool { return s.edges[e] == edgeDead }) {
		return "", false
	}
	const fed = -1
	first := make([]int32, len(n.ports)) // by port: 0, fed, or the first dead edge + 1
	for _, e := range n.in {
		switch p := s.plan.edges[e].port; {
		case s.edges[e] == edgeDelivered:
			first[p] = fed
		case first[p] == 0:
			first[p] = e + 1
		}
	}
	for p, e := range first {
		if e > 0 && n.needs(n.ports[p]) {
			return s.because(&s.plan.edges[e-1]), true
		}
	}
	return "", false
}

// because says why an edge is dead, naming the node where it began.
func (s *state) because(e *planEdge) string {
	src := &s.plan.nodes[e.src]
	switch n := s.nodes[e.src]; n.status {
	case flow.NodeSkipped:
		if src.disabled {
			return "because node " + src.quoted() + " is disabled"
		}
		return n.reason
	case flow.NodeCanceled:
		return "because node " + src.quoted() + " was canceled"
	case flow.NodeFailed:
		return "because node " + src.quoted() + " failed"
	case flow.NodeSuccess, flow.NodeIdle, flow.NodeQueued, flow.NodeRunning, flow.NodeWaiting:
	}
	return "because node " + src.quoted() + " gave nothing on its port " + strconv.Quote(e.srcPort)
}

// start takes the ready node that goes first (rule E3); ok is false when none is ready.
func (s *state) start() (i int, ok bool) {
	if len(s.ready.nodes) == 0 {
		return 0, false
	}
	i = s.ready.pop()
	s.nodes[i].status = flow.NodeRunning
	return i, true
}

// cancel ends every node that has not started (rule E8).
func (s *state) cancel(reason string) []ending {
	var out []ending
	s.ready.nodes = nil
	for i := range s.nodes {
		n := &s.nodes[i]
		if !s.plan.nodes[i].inScope || n.status.Final() || n.status == flow.NodeRunning {
			continue
		}
		d := ending{node: i, status: flow.NodeCanceled, reason: reason}
		s.record(d)
		out = append(out, d)
	}
	return out
}

// verdict is the status of a run whose nodes are all final.
func (s *state) verdict() flow.RunStatus {
	switch {
	case s.canceled > 0:
		return flow.RunCanceled
	case s.FailedNodes == 0:
		return flow.RunSuccess
	case s.SuccessNodes > 0:
		return flow.RunPartial
	}
	return flow.RunFailed
}

// readyHeap holds the nodes that can start; the one on the longest remaining path
// is first, and among equals the one that comes first in the graph.
type readyHeap struct {
	plan  *plan
	nodes []int
}

func (h *readyHeap) before(a, b int) bool {
	ra, rb := h.plan.nodes[a].rank, h.plan.nodes[b].rank
	return ra > rb || ra == rb && a < b
}

func (h *readyHeap) push(n int) {
	h.nodes = append(h.nodes, n)
	for i := len(h.nodes) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.before(h.nodes[i], h.nodes[up]) {
			return
		}
		h.nodes[i], h.nodes[up] = h.nodes[up], h.nodes[i]
		i = up
	}
}

// drop takes a node out, if it is there.
func (h *readyHeap) drop(n int) {
	rest := slices.DeleteFunc(h.nodes, func(m int) bool { return m == n })
	h.nodes = make([]int, 0, len(rest))
	for _, m := range rest {
		h.push(m)
	}
}

func (h *readyHeap) pop() int {
	top, end := h.nodes[0], len(h.nodes)-1
	h.nodes[0] = h.nodes[end]
	h.nodes = h.nodes[:end]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < end; c++ {
			if h.before(h.nodes[c], h.nodes[least]) {
				least = c
			}
		}
		if least == i {
			return top
		}
		h.nodes[i], h.nodes[least] = h.nodes[least], h.nodes[i]
		i = least
	}
}
