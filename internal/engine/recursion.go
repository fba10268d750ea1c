package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// CheckCalls reports every reason why a graph cannot call the workflows that its
// nodes name: one that is not there, cannot run itself, calls what calls it, or is
// too deep (rule E22). self is the id of the graph's own workflow; empty: it is not
// saved. The error is one like that of [Check].
func CheckCalls(ctx context.Context, reg *node.Registry, ws Workflows, o flow.Owner, self flow.ID, g flow.Graph) error {
	c := callCheck{ctx, reg, ws, o, map[flow.ID]flow.Workflow{}}
	var problems []flow.Problem
	for i, n := range g.Nodes {
		path, text, err := c.problem(n, []caller{{self, "this workflow"}})
		if err != nil {
			return err
		}
		if text != "" {
			problems = append(problems, flow.Problem{Path: nodePath(i) + ".data." + path, NodeID: n.ID, Code: "bad_call", Message: text})
		}
	}
	return refusal(problems)
}

// callCheck walks the workflows that call each other.
type callCheck struct {
	ctx   context.Context //nolint:containedctx // lives as long as one check
	reg   *node.Registry
	ws    Workflows
	owner flow.Owner
	read  map[flow.ID]flow.Workflow
}

// caller is a workflow on the way from the graph to what is called.
type caller struct {
	id   flow.ID
	name string
}

// problem says why a node cannot call, and in which field; "" when it can, or does not.
func (c *callCheck) problem(n flow.Node, chain []caller) (path, text string, err error) {
	k, ok := c.reg.Kind(n.Type)
	if !ok || k.Calls == "" {
		return "", "", nil
	}
	params := parseData(n.Data)
	if a, _ := readAside(params, nodePlace{}, nil); a.idle() || unset(params[k.Calls]) {
		return "", "", nil
	}
	id := flow.ID(strings.TrimSpace(flow.RawValue(params[k.Calls]).String()))
	if slices.ContainsFunc(chain, func(up caller) bool { return up.id == id }) {
		names := []string{}
		for _, up := range chain {
			names = append(names, up.name)
		}
		return k.Calls, "The workflow calls itself: " + strings.Join(append(names, "itself"), ", then ") + ". Choose another workflow.", nil
	}
	if len(chain) >= MaxCallDepth {
		return k.Calls, "More than " + strconv.Itoa(MaxCallDepth) + " workflows call each other in a row. Put some of them together.", nil
	}
	w, err := c.workflow(id)
	if err != nil {
		if e := unknownWorkflow(err); e != err { //nolint:errorlint // it is another when it was turned into one
			return k.Calls, "The workflow that this step calls does not exist. Choose another workflow.", nil
		}
		return "", "", err
	}
	text, err = c.inside(w, k, params, chain)
	return k.Calls, text, err
}

// inside says why the called workflow cannot run.
func (c *callCheck) inside(w flow.Workflow, k node.Kind, params map[string]json.RawMessage, chain []caller) (string, error) {
	called, bad := newCallee(w, "call")
	if bad != nil {
		text, _ := sentence(bad)
		return text, nil
	}
	given := node.Sub{Inputs: flow.Values{}}
	if mainInput(c.reg, called.graph) >= 0 {
		given.Main = flow.Text("given")
	}
	for _, f := range k.Fields {
		if f.Ports == node.SideIn {
			for _, name := range f.Names(params) {
				given.Inputs[name] = flow.Text("given")
			}
		}
	}
	inputs, bad := called.inputs(c.reg, given)
	if bad != nil {
		text, _ := sentence(bad)
		return text, nil
	}
	if _, problems := compile(c.reg, called.graph, CheckOptions{Inputs: inputs}); len(problems) > 0 {
		return "The workflow " + strconv.Quote(w.Name) + " cannot run: " + problems[0].Message, nil
	}
	chain = append(slices.Clone(chain), caller{w.ID, strconv.Quote(w.Name)})
	for _, n := range called.graph.Nodes {
		if _, text, err := c.problem(n, chain); text != "" || err != nil {
			return text, err
		}
	}
	return "", nil
}

func (c *callCheck) workflow(id flow.ID) (flow.Workflow, error) {
	if w, ok := c.read[id]; ok {
		return w, nil
	}
	w, err := c.ws.WorkflowVersion(c.ctx, c.owner, id, 0)
	if err == nil {
		c.read[id] = w
	}
	return w, err
}
