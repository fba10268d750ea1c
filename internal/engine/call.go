package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// MaxCallDepth is how many workflows may call each other in a row (rule E22).
const MaxCallDepth = 8

// Meta of a node that calls a workflow, and of the nodes that it called.
const (
	metaWorkflow   = "workflow"
	metaWorkflowID = "workflowId"
	metaVersion    = "workflowVersion"
	metaStep       = "step"    // what the called node is called
	metaTry        = "callTry" // see [nest.try]
)

// errNotNeeded ends a call whose caller has changed its mind.
var errNotNeeded = fmt.Errorf("%w: its result is not needed any more", ErrCancel)

// callee is the workflow that a node calls, in the version it had when the node
// first started. The ids of its nodes begin with the id of the node that calls.
type callee struct {
	flow.Workflow
	graph  flow.Graph
	labels map[string]string // of its nodes
	waits  bool              // a node of it may wait
}

func (c *callee) meta() flow.Meta {
	return flow.Meta{metaWorkflow: c.Name, metaWorkflowID: string(c.ID), metaVersion: strconv.Itoa(c.Version)}
}

// newCallee returns the workflow as the node with the given id calls it.
func newCallee(w flow.Workflow, caller string) (*callee, error) {
	g, err := flow.ParseGraph(w.Nodes, w.Edges)
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The workflow %q cannot be read.", w.Name).Because(err)
	}
	g = g.Steps()
	c := &callee{Workflow: w, labels: make(map[string]string, len(g.Nodes))}
	prefix := caller + "/"
	for _, n := range g.Nodes {
		n.ID = prefix + n.ID
		c.graph.Nodes = append(c.graph.Nodes, n)
		c.labels[n.ID] = n.Label()
	}
	for _, e := range g.Edges {
		e.Source, e.Target = prefix+e.Source, prefix+e.Target
		c.graph.Edges = append(c.graph.Edges, e)
	}
	return c, nil
}

// findCallee reads the workflow that the attempt's node calls.
func (a *attempt) findCallee() error {
	n, r := a.spec(), a.run
	id := flow.ID(strings.TrimSpace(flow.RawValue(n.params[n.kind.Calls]).String()))
	chain := r.chain()
	switch {
	case r.engine.Workflows == nil:
		return flow.Errorf(flow.Invalid, "No other workflow can be called here.").WithHint("Run this on a server.")
	case slices.Contains(chain, id):
		return flow.Errorf(flow.Invalid, "The workflow calls itself.").WithHint("Choose another workflow for %s.", n.quoted())
	case len(chain) >= MaxCallDepth:
		return flow.Errorf(flow.Invalid, "More than %d workflows call each other in a row.", MaxCallDepth).WithHint("Put some of them together.")
	}
	w, err := r.engine.Workflows.WorkflowVersion(a.ctx, flow.Owner(r.claim.Run.UserID), id, a.version)
	if err != nil {
		return unknownWorkflow(err)
	}
	c, err := newCallee(w, n.ID)
	if err != nil {
		return err
	}
	c.waits = slices.ContainsFunc(c.graph.Nodes, func(n flow.Node) bool {
		k, ok := r.engine.Registry.Kind(n.Type)
		return ok && k.MayWait()
	})
	a.mu.Lock()
	a.callee = c
	a.mu.Unlock()
	return nil
}

// unknownWorkflow says that a step calls what is not there; any other error stays.
func unknownWorkflow(err error) error {
	if k := flow.KindOf(err); k != flow.NotFound && k != flow.Forbidden {
		return err
	}
	return flow.Errorf(flow.Invalid, "The workflow that this step calls does not exist.").WithHint("Choose another workflow.").Because(err)
}

// chain returns the workflows around the nodes of the run, its own last.
func (r *run) chain() []flow.ID {
	if r.nest != nil {
		return r.nest.chain
	}
	if id := r.claim.Run.WorkflowID; id != nil {
		return []flow.ID{*id}
	}
	return []flow.ID{""} // a graph that is not saved
}

// sub is [node.Call.Sub]: it executes the workflow that the attempt's node calls as
// a run within the run. The attempt has no place among the running nodes from then
// on, as it only waits.
func (a *attempt) sub(ctx context.Context, s node.Sub) (node.Called, error) {
	if a.callee == nil {
		return node.Called{}, flow.Errorf(flow.Internal, "This kind of node does not call workflows.")
	}
	inputs, err := a.callee.inputs(a.run.engine.Registry, s)
	if err != nil {
		return node.Called{}, err
	}
	a.free()
	own, cancel := context.WithCancelCause(a.ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		if a.ctx.Err() == nil {
			cancel(errNotNeeded)
		}
	})()
	r := a.inner(own, s.Item, inputs)
	status, err := r.execute()
	a.ended(r)
	switch {
	case own.Err() != nil:
		return node.Called{}, context.Cause(own)
	case err != nil:
		return node.Called{}, err
	case status == flow.RunWaiting:
		return node.Called{}, r.whyWaiting()
	}
	out := node.Called{Status: status}
	if status != flow.RunSuccess {
		out.Error = r.nest.fault
		if r.verdict != "" || out.Error == "" {
			out.Error = r.verdict
		}
	}
	out.Outputs, err = r.results(ctx)
	return out, err
}

// inner returns the run of one call. It shares the pools of the run around it, and
// writes through it.
func (a *attempt) inner(ctx context.Context, item int, inputs flow.Values) *run {
	outer := a.run
	e := *outer.engine
	e.Journal = passage{a}
	n := &nest{callee: a.callee, iteration: outer.nest.below(item), try: a.try}
	n.chain = append(slices.Clone(outer.chain()), a.callee.ID)
	now := time.Now().UTC()
	news := make(chan flow.Answer, 64)
	a.mu.Lock()
	defer a.mu.Unlock()
	r := newRun(ctx, &e, flow.Claim{
		Run: flow.Run{
			ID: outer.id, UserID: outer.claim.Run.UserID, WorkflowID: &a.callee.ID, Status: flow.RunRunning, Scope: flow.ScopeFull,
			Inputs: inputs, Cache: outer.claim.Run.Cache, StartedAt: &now, CreatedAt: now,
		},
		Results: n.own(a.before), Answers: n.meant(a.heard), News: news,
	})
	r.nest, r.pools, r.news = n, outer.pools, news
	a.calls = append(a.calls, r)
	return r
}

// ended takes a call out of those that are told of answers.
func (a *attempt) ended(r *run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = slices.DeleteFunc(a.calls, func(o *run) bool { return o == r })
}

// whyWaiting is why a call stopped before its end: what it waits for.
func (r *run) whyWaiting() *node.Wait {
	w := &node.Wait{Reason: "waits for a step of the workflow " + strconv.Quote(r.nest.callee.Name)}
	if r.wakes != nil {
		w.Until = *r.wakes
	}
	return w
}

// inputs returns the inputs of a called run by node id.
func (c *callee) inputs(reg *node.Registry, s node.Sub) (flow.Values, error) {
	out := flow.Values{}
	set := func(i int, v flow.Value) error {
		n := &c.graph.Nodes[i]
		k, ok := reg.Kind(n.Type)
		if !ok || k.Input == "" {
			return flow.Errorf(flow.Invalid, "The step %q of the workflow %q takes no input.", n.Label(), c.Name).WithHint("Name an Input step of it.")
		}
		var err error
		if text, ok := v.As(flow.TypeText); ok && n.InputName() == "" && textField(k) {
			v = text
		}
		if _, isObject := inputMembers(v); isObject { // which would be read as the node's settings
			v, err = flow.ValueOf(flow.Values{k.Input: v})
		}
		out[n.ID] = v
		return err
	}
	if !empty(s.Main) {
		i := mainInput(reg, c.graph)
		if i < 0 {
			return nil, flow.Errorf(flow.Invalid, "The workflow %q has no input.", c.Name).WithHint("Add an Input step to it.")
		}
		if err := set(i, s.Main); err != nil {
			return nil, err
		}
	}
	for name, v := range s.Inputs {
		if empty(v) {
			continue
		}
		i := c.named(name)
		if i < 0 {
			return nil, flow.Errorf(flow.Invalid, "The workflow %q has no step called %q.", c.Name, name).WithHint("Call an Input step of it so, or remove the input from this step.")
		}
		if err := set(i, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textField reports whether what a kind is given goes into a field for text.
func textField(k node.Kind) bool {
	f, ok := k.Field(k.Input)
	return ok && (f.Widget == node.WidgetText || f.Widget == node.WidgetTextarea)
}

func empty(v flow.Value) bool { return v.IsZero() || string(v.Raw()) == "null" }

// mainInput returns the index of the step that gets what a call is given without a
// name: the first Input step, else the first step without a connection into it that
// takes an input; -1 when there is none.
func mainInput(reg *node.Registry, g flow.Graph) int {
	fed := map[string]bool{}
	for _, e := range g.Edges {
		fed[e.Target] = true
	}
	first := -1
	for i, n := range g.Nodes {
		if n.Type == flow.InputKind {
			return i
		}
		if k, ok := reg.Kind(n.Type); ok && k.Input != "" && !fed[n.ID] && first < 0 {
			first = i
		}
	}
	return first
}

// named returns the index of the step that a call means by a name: an Input step of
// that name, else one with that label or id; -1 when there is none.
func (c *callee) named(name string) int {
	found := -1
	for i, n := range c.graph.Nodes {
		switch {
		case strings.EqualFold(n.InputName(), name):
			return i
		case found < 0 && (strings.EqualFold(n.Label(), name) || strings.HasSuffix(n.ID, "/"+name)):
			found = i
		}
	}
	return found
}

// results returns what a called run came to: its named results, else what its last
// steps gave.
func (r *run) results(ctx context.Context) (flow.Values, error) {
	named, last := flow.Values{}, flow.Values{}
	for i := range r.plan.nodes {
		n, given := &r.plan.nodes[i], r.state.nodes[i].outputs
		var err error
		switch {
		case r.state.nodes[i].status != flow.NodeSuccess:
		case n.OutputName() != "":
			err = r.load(ctx, named, n.OutputName(), given[flow.OutputPort])
		case len(n.out) == 0:
			err = r.load(ctx, last, n.label(), first(n.outputs, given))
		}
		if err != nil {
			return nil, err
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	return last, nil
}

// first returns the value of the first port that has one.
func first(ports []node.Port, given flow.Values) flow.Value {
	for _, p := range ports {
		if v := given[p.Name]; !v.IsZero() {
			return v
		}
	}
	return flow.Value{}
}

// load puts the whole of v into the values, under a name that is free.
func (r *run) load(ctx context.Context, into flow.Values, name string, v flow.Value) error {
	if v.IsZero() {
		return nil
	}
	whole, err := r.vault.load(ctx, v)
	free := name
	for n := 2; ; n++ {
		if _, taken := into[free]; !taken {
			break
		}
		free = name + " " + strconv.Itoa(n)
	}
	into[free] = whole
	return err
}

// blame remembers what failed first in a called run.
func (r *run) blame(res flow.NodeResult) {
	if r.nest != nil && r.nest.fault == "" && res.Status == flow.NodeFailed {
		r.nest.fault = r.nest.callee.labels[res.NodeID] + ": " + res.Error
	}
}

// Signature returns the names of the inputs and of the results of a workflow, as a
// step sees them that calls it. The main input is the first.
func Signature(reg *node.Registry, g flow.Graph) (inputs, results []string) {
	g = g.Steps()
	main := mainInput(reg, g)
	if main >= 0 {
		n := g.Nodes[main]
		inputs = append(inputs, cmp.Or(n.InputName(), n.Label()))
	}
	for i, n := range g.Nodes {
		if name := n.InputName(); name != "" && i != main {
			inputs = append(inputs, name)
		}
		if name := n.OutputName(); name != "" {
			results = append(results, name)
		}
	}
	return inputs, results
}
