package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// compiler turns a graph into a plan and collects every problem on the way.
type compiler struct {
	reg      *node.Registry
	graph    flow.Graph
	kinds    map[string]*node.Kind
	byID     map[string]int
	plan     *plan
	problems []flow.Problem
}

// compile returns the plan of a graph, or every reason why it cannot run (rule E4).
// The plan may only be run when there is no problem.
func compile(reg *node.Registry, g flow.Graph, o CheckOptions) (*plan, []flow.Problem) {
	c := &compiler{reg: reg, graph: g, kinds: map[string]*node.Kind{}, byID: make(map[string]int, len(g.Nodes)), plan: &plan{}}
	if !c.size() {
		return nil, c.problems
	}
	c.index()
	c.connect()
	c.scope(o.Targets, o.Reused)
	c.plan.link()
	c.prepare(o.Inputs)
	c.plan.rankAll(c.order())
	c.resolve()
	c.feed()
	c.results()
	return c.plan, c.problems
}

func (c *compiler) add(p flow.Problem) { c.problems = append(c.problems, p) }

func (c *compiler) size() bool {
	switch {
	case !slices.ContainsFunc(c.graph.Nodes, func(n flow.Node) bool { return !n.Drawn() }):
		c.add(flow.Problem{Path: "nodes", Code: "empty", Message: "The graph is empty. Add at least one node."})
	case len(c.graph.Nodes) > flow.MaxNodes:
		c.add(flow.Problem{Path: "nodes", Code: "size", Message: "A graph may have at most 10,000 nodes; this one has " + strconv.Itoa(len(c.graph.Nodes)) + "."})
	case len(c.graph.Edges) > flow.MaxEdges:
		c.add(flow.Problem{Path: "edges", Code: "size", Message: "A graph may have at most 20,000 edges; this one has " + strconv.Itoa(len(c.graph.Edges)) + "."})
	default:
		return true
	}
	return false
}

func nodePath(i int) string { return "nodes." + strconv.Itoa(i) }
func edgePath(i int) string { return "edges." + strconv.Itoa(i) }

// index finds every node's place and complains about missing and double ids.
func (c *compiler) index() {
	c.plan.nodes = make([]planNode, len(c.graph.Nodes))
	for i, n := range c.graph.Nodes {
		c.plan.nodes[i].Node = n
		if n.ID == "" {
			c.add(flow.Problem{Path: nodePath(i) + ".id", Code: "missing_id", Message: "The node " + strconv.Quote(n.Label()) + " has no id."})
			continue
		}
		if first, twice := c.byID[n.ID]; twice {
			c.add(flow.Problem{Path: nodePath(i) + ".id", NodeID: n.ID, Code: "duplicate_id", Message: "The id " + strconv.Quote(n.ID) + " is used by nodes " + strconv.Itoa(first) + " and " + strconv.Itoa(i) + ". Each node needs its own."})
			continue
		}
		c.byID[n.ID] = i
	}
}

// connect finds both ends of every edge.
func (c *compiler) connect() {
	c.plan.edges = make([]planEdge, 0, len(c.graph.Edges))
	seen := make(map[string]bool, len(c.graph.Edges))
	for i, e := range c.graph.Edges {
		if e.ID != "" && seen[e.ID] {
			c.add(flow.Problem{Path: edgePath(i) + ".id", EdgeID: e.ID, Code: "duplicate_id", Message: "The id " + strconv.Quote(e.ID) + " is used by more than one edge. Each edge needs its own."})
		}
		seen[e.ID] = true
		src, okSrc := c.byID[e.Source]
		dst, okDst := c.byID[e.Target]
		if !okSrc {
			c.dangling(i, "source", e.Source)
		}
		if !okDst {
			c.dangling(i, "target", e.Target)
		}
		if okSrc && okDst && !c.graph.Nodes[src].Drawn() && !c.graph.Nodes[dst].Drawn() {
			c.plan.edges = append(c.plan.edges, planEdge{id: e.ID, index: i, src: src, dst: dst, srcPort: e.SourceHandle, dstPort: e.TargetHandle, port: -1})
		}
	}
}

func (c *compiler) dangling(i int, end, id string) {
	c.add(flow.Problem{
		Path: edgePath(i) + "." + end, EdgeID: c.graph.Edges[i].ID, Code: "dangling_edge",
		Message: "The " + end + " of this edge is node " + strconv.Quote(id) + ", which is not in the graph. Remove the edge.",
	})
}

// scope marks the nodes that belong to the run: all, or the targets and
// everything upstream of them, up to the nodes whose results are reused. What is
// only drawn never belongs to it.
func (c *compiler) scope(targets, reused []string) {
	nodes := c.plan.nodes
	if len(targets) == 0 {
		for i := range nodes {
			if nodes[i].inScope = !nodes[i].Drawn(); nodes[i].inScope {
				c.plan.total++
			}
		}
		return
	}
	var todo []int
	mark := func(i int) {
		if !nodes[i].inScope && !nodes[i].Drawn() {
			nodes[i].inScope = true
			todo = append(todo, i)
		}
	}
	for k, id := range targets {
		if i, ok := c.byID[id]; ok {
			mark(i)
			continue
		}
		c.add(flow.Problem{Path: "nodeIds." + strconv.Itoa(k), Code: "unknown_target", Message: "There is no node " + strconv.Quote(id) + " to run."})
	}
	for _, id := range reused {
		if i, ok := c.byID[id]; ok && !nodes[i].inScope {
			nodes[i].reused = true
		}
	}
	up := c.upstream()
	for k := 0; k < len(todo); k++ {
		if nodes[todo[k]].reused {
			continue
		}
		for _, src := range up[todo[k]] {
			mark(src)
		}
	}
	if c.plan.total = len(todo); c.plan.total == 0 && len(c.problems) == 0 {
		c.add(flow.Problem{Path: "nodeIds", Code: "unknown_target", Message: "Frames and notes do not run. Name a step."})
	}
}

func (c *compiler) upstream() [][]int {
	up := make([][]int, len(c.plan.nodes))
	for _, e := range c.plan.edges {
		up[e.dst] = append(up[e.dst], e.src)
	}
	return up
}

// prepare reads kind, data and inputs of every node in scope.
func (c *compiler) prepare(inputs flow.Values) {
	c.foreignInputs(inputs)
	for i := range c.plan.nodes {
		n := &c.plan.nodes[i]
		if !n.inScope || n.ID == "" {
			continue
		}
		n.params = parseData(n.Data)
		if n.kind = c.kind(n.Type); n.kind == nil {
			c.add(flow.Problem{Path: nodePath(i) + ".type", NodeID: n.ID, Code: "unknown_kind", Message: unknownKind(n.Type)})
			continue
		}
		at := nodePlace{nodePath(i) + ".data.", n.ID}
		if n.aside, c.problems = readAside(n.params, at, c.problems); !n.idle() {
			c.problems = n.read(n.params, at, c.problems)
		}
		n.setPorts()
		if n.kind.Calls != "" {
			c.plan.callers = append(c.plan.callers, i)
		}
		if v, ok := inputs[n.ID]; ok {
			c.problems = n.give(v, c.problems)
		}
	}
}

func unknownKind(typ string) string {
	if typ == "" {
		return "This node has no type. Remove it, or replace it with a node from the palette."
	}
	return "There is no node type " + strconv.Quote(typ) + " here. Remove the node, or replace it with one from the palette."
}

// manyPorts is where finding a port by name needs an index.
const manyPorts = 16

func (n *planNode) setPorts() {
	n.ports, n.outputs = n.kind.InputsIn(n.params), n.kind.OutputsIn(n.params)
	if len(n.ports) <= manyPorts {
		return
	}
	n.byName = make(map[string]int, len(n.ports))
	for i, p := range n.ports {
		n.byName[p.Name] = i
	}
}

func (c *compiler) kind(typ string) *node.Kind {
	k, known := c.kinds[typ]
	if known {
		return k
	}
	if found, ok := c.reg.Kind(typ); ok {
		k = &found
	}
	c.kinds[typ] = k
	return k
}

// parseData returns the members of a node's data; none when it is not an object.
func parseData(data json.RawMessage) map[string]json.RawMessage {
	if len(data) <= 2 {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return nil // what is no object has no members
	}
	params := make(map[string]json.RawMessage, 8)
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil
		}
		key := name.String()
		v, err := dec.ReadValue()
		if err != nil {
			return nil
		}
		params[key] = bytes.Clone(v)
	}
	return params
}

// nodePlace is where problems of a node's data are reported.
type nodePlace struct{ path, id string }

func (o *options) read(params map[string]json.RawMessage, at nodePlace, problems []flow.Problem) []flow.Problem {
	add := func(key, message string) {
		problems = append(problems, flow.Problem{Path: at.path + key, NodeID: at.id, Code: "bad_setting", Message: message})
	}
	o.onError = onErrorFail
	if raw := params["timeout"]; !unset(raw) {
		ms, ok := flow.RawValue(raw).Float()
		if !ok || ms < 0 || ms > float64(maxTimeout.Milliseconds()) {
			add("timeout", "The time limit must be a number of milliseconds, at most 24 hours.")
		} else {
			o.timeout = time.Duration(ms * float64(time.Millisecond))
		}
	}
	if raw := params["onError"]; !unset(raw) {
		o.onError = onError(flow.RawValue(raw).String())
		if !slices.Contains([]onError{onErrorFail, onErrorValue, onErrorPort}, o.onError) {
			add("onError", `What happens on an error must be "fail", "value" or "port".`)
			o.onError = onErrorFail
		}
	}
	o.retry, problems = readRetry(params["retry"], at, problems)
	if o.onError == onErrorValue {
		if raw, ok := params["fallback"]; ok {
			o.fallback = flow.RawValue(raw)
		} else {
			problems = append(problems, flow.Problem{Path: at.path + "fallback", NodeID: at.id, Code: "required", Message: "Set the value that is delivered when the node fails."})
		}
	}
	return problems
}

// maxTimeout is the longest time limit a node may ask for.
const maxTimeout = 24 * time.Hour

// unset reports whether a parameter has no value: absent, null or a blank text.
func unset(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return true
	}
	if raw[0] != '"' {
		return false
	}
	if raw[1] != '\\' && raw[1] != '"' && raw[1] > ' ' && raw[1] < 0x80 {
		return false // the common case needs no decoding
	}
	return len(bytes.TrimSpace([]byte(flow.RawValue(raw).String()))) == 0
}
