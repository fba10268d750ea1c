package engine

import (
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// CheckOptions says what of a graph is to run, and with what.
type CheckOptions struct {
	Targets []string    // nodes to run, with everything upstream; none: all
	Reused  []string    // nodes whose results are there already: nothing upstream of them is needed
	Inputs  flow.Values // the run's inputs by node id
}

// Check reports every reason why a graph cannot run, as one [flow.Error] of kind
// [flow.Invalid] with a problem for each (rule E4), or nil.
func Check(reg *node.Registry, g flow.Graph, o CheckOptions) error {
	_, problems := compile(reg, g, o)
	return refusal(problems)
}

func refusal(problems []flow.Problem) error {
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return flow.Errorf(flow.Invalid, "The graph cannot run: there is 1 problem.").With(problems...)
	}
	return flow.Errorf(flow.Invalid, "The graph cannot run: there are %d problems.", len(problems)).With(problems...)
}

// CheckNode returns what would stop a run for a node on its own, of which the
// named input ports are fed by edges. The inspector shows it.
func CheckNode(reg *node.Registry, n flow.Node, connected []string) []flow.Problem {
	k, ok := reg.Kind(n.Type)
	if n.Drawn() {
		return nil
	}
	if !ok {
		return []flow.Problem{{Path: "node.type", NodeID: n.ID, Code: "unknown_kind", Message: unknownKind(n.Type)}}
	}
	p := planNode{Node: n, kind: &k, params: parseData(n.Data)}
	at := nodePlace{"node.data.", n.ID}
	a, problems := readAside(p.params, at, nil)
	if a.idle() {
		return problems
	}
	problems = p.read(p.params, at, problems)
	p.setPorts()
	fed := make([]bool, len(p.ports))
	for _, name := range connected {
		if i := p.port(name); i >= 0 {
			fed[i] = true
		}
	}
	problems = p.faults(fed, at, p.missing(fed, at, problems))
	for _, f := range k.Fields {
		if i := p.port(f.Key); i >= 0 && fed[i] {
			continue // what the edge brings counts
		}
		if slices.ContainsFunc(problems, func(q flow.Problem) bool { return q.Path == at.path+f.Key }) {
			continue
		}
		if text := f.Problem(p.params[f.Key]); text != "" {
			problems = append(problems, flow.Problem{Path: at.path + f.Key, NodeID: n.ID, Code: "bad_setting", Message: text})
		}
	}
	return problems
}

// resolve finds the ports of every edge in scope and compares their types (rule E18).
func (c *compiler) resolve() {
	fed := map[[2]int]int{} // target and port -> edge
	for i := range c.plan.edges {
		e := &c.plan.edges[i]
		src, dst := &c.plan.nodes[e.src], &c.plan.nodes[e.dst]
		if !dst.works() {
			continue
		}
		out, okOut := c.sourcePort(e, src)
		in, okIn := c.targetPort(e, dst)
		if okOut && okIn && !in.Type.Accepts(out.Type) {
			c.add(flow.Problem{
				Path: edgePath(e.index), EdgeID: e.id, Code: "type_mismatch",
				Message: mismatch(src, out, dst, in) + " Connect something else, or put a node between them.",
			})
		}
		if !okIn || in.Multiple {
			continue
		}
		to := [2]int{e.dst, e.port}
		if first, twice := fed[to]; twice {
			c.add(flow.Problem{
				Path: edgePath(e.index) + ".targetHandle", EdgeID: e.id, Code: "too_many_edges",
				Message: "The input " + strconv.Quote(name(in)) + " of " + dst.quoted() + " takes one edge, and edge " + strconv.Quote(c.plan.edges[first].id) + " is there already. Remove one.",
			})
			continue
		}
		fed[to] = i
	}
}

// mismatch names both ends of an edge whose types do not fit.
func mismatch(src *planNode, out node.Port, dst *planNode, in node.Port) string {
	return "The output " + strconv.Quote(name(out)) + " of " + src.quoted() + " is " + string(out.Type) + ", but the input " +
		strconv.Quote(name(in)) + " of " + dst.quoted() + " takes " + string(in.Type) + "."
}

func name(p node.Port) string {
	if p.Label != "" {
		return p.Label
	}
	return p.Name
}

func (c *compiler) sourcePort(e *planEdge, src *planNode) (node.Port, bool) {
	if src.kind == nil {
		return node.Port{}, false
	}
	out, ok := src.output(e.srcPort)
	if !ok {
		c.add(flow.Problem{
			Path: edgePath(e.index) + ".sourceHandle", EdgeID: e.id, Code: "unknown_port",
			Message: noPort(src, "output", e.srcPort, src.outputs),
		})
		return out, false
	}
	e.srcPort = out.Name
	return out, true
}

func (c *compiler) targetPort(e *planEdge, dst *planNode) (node.Port, bool) {
	if dst.kind == nil {
		return node.Port{}, false
	}
	e.port = dst.port(e.dstPort)
	if e.port < 0 {
		c.add(flow.Problem{
			Path: edgePath(e.index) + ".targetHandle", EdgeID: e.id, Code: "unknown_port",
			Message: noPort(dst, "input", e.dstPort, dst.ports),
		})
		return node.Port{}, false
	}
	e.dstPort = dst.ports[e.port].Name
	return dst.ports[e.port], true
}

func noPort(n *planNode, side, port string, known []node.Port) string {
	if len(known) == 0 {
		return "The node " + n.quoted() + " has no " + side + "s. Remove the edge."
	}
	const most = 8
	var names []string
	for _, p := range known[:min(len(known), most)] {
		names = append(names, p.Name)
	}
	return "The node " + n.quoted() + " has no " + side + " " + strconv.Quote(port) + ". It has: " + strings.Join(names, ", ") + "."
}

// feed complains about what a node needs and nobody gives.
func (c *compiler) feed() {
	for i := range c.plan.nodes {
		n := &c.plan.nodes[i]
		if n.kind == nil || n.reused || n.idle() {
			continue
		}
		fed := make([]bool, len(n.ports))
		for _, e := range n.in {
			if p := c.plan.edges[e].port; p >= 0 {
				fed[p] = true
			}
		}
		at := nodePlace{nodePath(i) + ".data.", n.ID}
		c.problems = n.faults(fed, at, n.missing(fed, at, c.problems))
	}
}

// results complains about two results of the workflow with one name.
func (c *compiler) results() {
	first := map[string]*planNode{}
	for i := range c.plan.nodes {
		n := &c.plan.nodes[i]
		if !n.inScope || n.disabled || n.kind == nil {
			continue
		}
		name := n.resultName()
		if name == "" {
			continue
		}
		if other := first[name]; other != nil {
			c.add(flow.Problem{
				Path: nodePath(i) + ".data.name", NodeID: n.ID, Code: "duplicate_output",
				Message: "The result " + strconv.Quote(name) + " is given by " + other.quoted() + " already. Give this one another name.",
			})
			continue
		}
		first[name] = n
	}
}

// resultName returns the name of the result of the workflow that the node gives.
func (n *planNode) resultName() string {
	if v, ok := n.given["name"]; ok && n.Type == flow.OutputKind {
		return strings.TrimSpace(v.String())
	}
	return n.OutputName()
}

// faults adds what the kind itself finds wrong with the node's settings.
func (n *planNode) faults(fed []bool, at nodePlace, problems []flow.Problem) []flow.Problem {
	for _, p := range n.kind.Check(n.Data, n.given) {
		if i := n.port(p.Path); p.Path != "" && i >= 0 && fed[i] {
			continue // what the edge brings counts
		}
		p.Path, p.NodeID, p.Code = at.path+p.Path, n.ID, "bad_setting"
		problems = append(problems, p)
	}
	return problems
}

// missing adds a problem for each needed field and port that is neither set nor fed.
func (n *planNode) missing(fed []bool, at nodePlace, problems []flow.Problem) []flow.Problem {
	add := func(key, code, message string) {
		problems = append(problems, flow.Problem{Path: at.path + key, NodeID: at.id, Code: code, Message: message})
	}
	for _, f := range n.kind.Fields {
		if p := n.port(f.Key); f.Required && !n.isSet(f) && (p < 0 || !fed[p]) {
			add(f.Key, "required", strconv.Quote(f.Label)+" is needed. Fill it in"+orConnect(p)+".")
		}
	}
	var marks map[string]string
	for i, p := range n.ports {
		if !p.Required || fed[i] || !unset(n.given[p.Name].Raw()) {
			continue
		}
		if p.Dynamic {
			if marks == nil {
				marks = n.marks()
			}
			if key := n.listing(p.Name); key != "" && marks[p.Name] == "" {
				add(key, "required", "Nothing feeds the input "+strconv.Quote(p.Name)+". Connect a step to it, or take its name out of the list.")
			} else if key := marks[p.Name]; key != "" {
				add(key, "unfed_template", "Nothing feeds {{"+p.Name+"}}. Connect a node to the input "+strconv.Quote(p.Name)+", or remove the mark.")
			}
			continue
		}
		f, isField := n.kind.Field(p.Name)
		if !isField || !f.Required && !n.isSet(f) {
			add(p.Name, "required", "The input "+strconv.Quote(name(p))+" is needed, but nothing feeds it. Connect a node to it.")
		}
	}
	return problems
}

func orConnect(port int) string {
	if port < 0 {
		return ""
	}
	return ", or connect a node to it"
}

// isSet reports whether a field has a value without any edge.
func (n *planNode) isSet(f node.Field) bool {
	if v, ok := n.given[f.Key]; ok {
		return !unset(v.Raw())
	}
	if raw, ok := n.params[f.Key]; ok && string(raw) != "null" {
		return !unset(raw)
	}
	return f.Default != nil
}

// listing returns the field that lists the name of an input.
func (n *planNode) listing(port string) string {
	for _, f := range n.kind.Fields {
		if f.Ports == node.SideIn && slices.Contains(f.Names(n.params), port) {
			return f.Key
		}
	}
	return ""
}

// marks returns the field of each {{name}}. Templates in whose place the run's
// inputs come have none.
func (n *planNode) marks() map[string]string {
	out := map[string]string{}
	for _, f := range n.kind.Fields {
		if _, replaced := n.given[f.Key]; replaced {
			continue
		}
		for _, mark := range f.Marks(n.params) {
			if out[mark] == "" {
				out[mark] = f.Key
			}
		}
	}
	return out
}
