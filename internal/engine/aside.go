package engine

import (
	"encoding/json"
	"time"

	"heddle/internal/flow"
)

// aside says that the user has put a node aside: it does not run, and what it gives
// is known without it.
type aside struct {
	disabled bool
	pinned   map[string]json.RawMessage // outputs that stand in for a run, by port; nil: none
}

// Reasons that a result gives for a node that was put aside.
const (
	reasonDisabled = "disabled"
	reasonPassed   = "disabled; its input passed through"
	reasonPinned   = "pinned"
)

// metaPinned marks the result of a pinned node.
const metaPinned = "pinned"

// readAside reads what a node's data says about being put aside. A node that is
// disabled and pinned is disabled.
func readAside(params map[string]json.RawMessage, at nodePlace, problems []flow.Problem) (aside, []flow.Problem) {
	var a aside
	refuse := func(key, message string) {
		problems = append(problems, flow.Problem{Path: at.path + key, NodeID: at.id, Code: "bad_setting", Message: message})
	}
	if raw := params["disabled"]; !unset(raw) && json.Unmarshal(raw, &a.disabled) != nil {
		refuse("disabled", "Whether a node is disabled must be true or false.")
	}
	if raw := params["pinned"]; !unset(raw) && !a.disabled && json.Unmarshal(raw, &a.pinned) != nil {
		refuse("pinned", "A pinned output must be an object with a value for each output.")
	}
	return a, problems
}

// idle reports whether the node does not run.
func (a aside) idle() bool { return a.disabled || a.pinned != nil }

// bypass is how a disabled node ends: the one value that arrived passes through when
// the node's first output can carry it, else the node is skipped.
func (s *state) bypass(i int) ending {
	n := &s.plan.nodes[i]
	var only flow.Value
	many := 0
	for _, ei := range n.in {
		if s.edges[ei] == edgeDelivered {
			e := &s.plan.edges[ei]
			only, many = s.nodes[e.src].outputs[e.srcPort], many+1
		}
	}
	if many == 1 && len(n.kind.Outputs) > 0 && n.kind.Outputs[0].Type.Accepts(only.Type()) {
		return ending{node: i, status: flow.NodeSuccess, outputs: flow.Values{n.kind.Outputs[0].Name: only}, reason: reasonPassed}
	}
	return ending{node: i, status: flow.NodeSkipped, reason: reasonDisabled}
}

// pins records the pinned nodes that are not final yet and returns how they ended
// (rule E17).
func (r *run) pins(done []ending) []ending {
	final := map[int]bool{}
	for _, d := range done {
		final[d.node] = true
	}
	var out []ending
	for i := range r.plan.nodes {
		n := &r.plan.nodes[i]
		if !n.works() || n.pinned == nil || final[i] {
			continue
		}
		now := time.Now().UTC()
		res, cut := r.cut[i]
		if !cut {
			res = flow.NodeResult{RunID: r.id, NodeID: n.ID, NodeType: n.Type, Attempt: r.last[i] + 1, CreatedAt: now}
		}
		delete(r.cut, i)
		res.Status, res.Reason, res.Output = flow.NodeSuccess, reasonPinned, r.pinnedOutputs(n)
		res.Meta, res.Duration = flow.Meta{metaPinned: "true"}, new(int64(0))
		r.writeResult(res)
		out = append(out, ending{node: i, status: res.Status, outputs: res.Output, reason: res.Reason})
	}
	return out
}

// pinnedOutputs returns the values of a pin for the outputs that the kind has.
func (r *run) pinnedOutputs(n *planNode) flow.Values {
	in := intake{vault: &r.vault, plan: r.plan, node: n}
	out := make(flow.Values, len(n.pinned))
	for port, raw := range n.pinned {
		if p, ok := n.output(port); ok && port != "" && string(raw) != "null" {
			out[p.Name] = in.keep(flow.RawValue(raw))
		}
	}
	r.batch.blobs = append(r.batch.blobs, in.blobs...)
	return out
}
