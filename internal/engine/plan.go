package engine

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// plan is a graph made ready to run: indices instead of ids, ports resolved.
type plan struct {
	nodes   []planNode
	edges   []planEdge
	total   int   // nodes in scope
	callers []int // nodes in scope that call workflows
}

// planNode is a node of the graph. Nodes outside the scope keep their place, so
// that indices are those of the graph.
type planNode struct {
	flow.Node
	inScope bool
	reused  bool // its result is there already (rule E16)
	kind    *node.Kind
	params  map[string]json.RawMessage // Data, parsed once
	ports   []node.Port                // inputs
	outputs []node.Port
	byName  map[string]int // index of ports, when there are many
	given   flow.Values    // what the run's inputs set: fields and ports
	in, out []int32        // edges in scope, in the order of the graph
	rank    int            // weight of the longest path from here to an end
	options
	aside
}

// options are the members of a node's data that the engine itself reads.
type options struct {
	timeout  time.Duration // 0: the engine's default
	onError  onError
	fallback flow.Value
	retry    retry
}

// onError says what happens when a node fails (rule E5).
type onError string

const (
	onErrorFail  onError = "fail"  // its edges are dead
	onErrorValue onError = "value" // its fallback is delivered
	onErrorPort  onError = "port"  // its message is delivered on the port errorPort
)

// errorPort is the extra output port of a node with onError "port".
const errorPort = "error"

// planEdge is an edge with both ends known.
type planEdge struct {
	id               string
	index            int // in the graph
	src, dst         int
	srcPort, dstPort string
	port             int // index of dstPort in the target's ports; -1 until resolved
}

// works reports whether the node is to be executed.
func (n *planNode) works() bool { return n.inScope && !n.reused }

// label returns what the user calls the node.
func (n *planNode) label() string {
	if raw, ok := n.params["label"]; ok {
		if v := flow.RawValue(raw); v.Type() == flow.TypeText && v.String() != "" {
			return v.String()
		}
	}
	if n.Type != "" {
		return n.Type
	}
	return n.ID
}

func (n *planNode) quoted() string { return strconv.Quote(n.label()) }

// output returns the output port with the given name; "" names the first.
func (n *planNode) output(name string) (node.Port, bool) {
	if name == errorPort && n.onError == onErrorPort {
		return node.Port{Name: errorPort, Label: "Error", Type: flow.TypeText}, true
	}
	return n.gives(name)
}

// gives returns the output port that the kind itself may give a value on; "" names
// the first.
func (n *planNode) gives(name string) (node.Port, bool) {
	i := 0
	if name != "" {
		i = slices.IndexFunc(n.outputs, func(p node.Port) bool { return p.Name == name })
	}
	if i < 0 || i >= len(n.outputs) {
		return node.Port{}, false
	}
	return n.outputs[i], true
}

// needs reports whether the node cannot run without a value on port p. A port
// that stands for a required field is as required as the field.
func (n *planNode) needs(p node.Port) bool {
	if p.Required {
		return true
	}
	f, ok := n.kind.Field(p.Name)
	return ok && f.Required
}

// link fills in the adjacency of the nodes in scope with two allocations.
func (p *plan) link() {
	var ins, outs int
	nIn, nOut := make([]int32, len(p.nodes)), make([]int32, len(p.nodes))
	for i := range p.edges {
		if e := &p.edges[i]; p.nodes[e.dst].works() {
			nIn[e.dst]++
			nOut[e.src]++
			ins, outs = ins+1, outs+1
		}
	}
	in, out := make([]int32, ins), make([]int32, outs)
	for i := range p.nodes {
		a, b := nIn[i], nOut[i]
		p.nodes[i].in, in = in[:0:a], in[a:]
		p.nodes[i].out, out = out[:0:b], out[b:]
	}
	for i := range p.edges {
		if e := &p.edges[i]; p.nodes[e.dst].works() {
			p.nodes[e.dst].in = append(p.nodes[e.dst].in, int32(i))
			p.nodes[e.src].out = append(p.nodes[e.src].out, int32(i))
		}
	}
}

// Weights of a node on a path. A pure node takes next to nothing beside a model
// call, so a path is as long as the calls on it.
const (
	weightPure = 1
	weightCall = 100
)

func (n *planNode) weight() int {
	if n.kind != nil && n.kind.Purity == node.Pure {
		return weightPure
	}
	return weightCall
}

// rankAll computes the ranks (rule E3). order is topological.
func (p *plan) rankAll(order []int) {
	for _, o := range slices.Backward(order) {
		n := &p.nodes[o]
		for _, e := range n.out {
			n.rank = max(n.rank, p.nodes[p.edges[e].dst].rank)
		}
		n.rank += n.weight()
	}
}
