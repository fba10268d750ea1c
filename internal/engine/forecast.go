package engine

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// Forecast says what a run would do with one node, and why.
type Forecast struct {
	NodeID string `json:"nodeId"`
	Reused bool   `json:"reused" doc:"The node would not be computed: an earlier result stands in."`
	Reason string `json:"reason" doc:"A sentence for people."`
}

// ReuseAll returns what a full run would do with each node, in the order of the
// graph, and the results that stand in for those it would not compute, as rows of
// the run with the given id. A result is taken from the newest of the earlier runs
// that has one for a node which, with all that feeds it, is the same now as it was
// then. Nodes with effects are always computed, and so is what they feed (rule E15).
func ReuseAll(reg *node.Registry, run flow.ID, g flow.Graph, inputs flow.Values, earlier []Earlier) ([]flow.NodeResult, []Forecast) {
	f := forecaster{reg: reg, now: indexGraph(g), inputs: inputs, reused: map[string]bool{}}
	for _, e := range earlier {
		f.then = append(f.then, memo{earlier: e, graph: indexGraph(e.Graph), same: map[string]bool{}, newest: newestOf(e.Results)})
	}
	said := make(map[string]Forecast, len(g.Nodes))
	var rows []flow.NodeResult
	for _, id := range f.now.order() {
		r, why := f.look(id)
		f.reused[id] = r != nil || f.standsAside(id)
		if r != nil {
			row := takenOver(run, *r)
			rows, why = append(rows, row), row.Reason
		}
		said[id] = Forecast{NodeID: id, Reused: f.reused[id], Reason: why}
	}
	out := make([]Forecast, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		if x, ok := said[n.ID]; ok {
			out = append(out, x)
		}
	}
	return rows, out
}

// Scope returns the ids of the nodes that belong to a run, in the order of the
// graph: all, or the targets and everything upstream of them, up to and with the
// nodes whose results are reused.
func Scope(g flow.Graph, targets, reused []string) []string {
	var out []string
	if len(targets) == 0 {
		for _, n := range g.Steps().Nodes {
			out = append(out, n.ID)
		}
		return out
	}
	x, in := indexGraph(g), map[string]bool{}
	for _, id := range targets {
		in[id] = true
	}
	for todo := slices.Clone(targets); len(todo) > 0; todo = todo[1:] {
		if slices.Contains(reused, todo[0]) {
			continue
		}
		for _, e := range x.in[todo[0]] {
			if !in[e.Source] {
				in[e.Source] = true
				todo = append(todo, e.Source)
			}
		}
	}
	for _, n := range g.Nodes {
		if in[n.ID] {
			out = append(out, n.ID)
		}
	}
	return out
}

type forecaster struct {
	reg    *node.Registry
	now    graphIndex
	inputs flow.Values
	then   []memo
	reused map[string]bool
}

// look finds the result that stands in for a node, or says why it has to be
// computed. What feeds the node was looked at before.
func (f *forecaster) look(id string) (*flow.NodeResult, string) {
	n := f.now.nodes[id]
	kind, known := f.reg.Kind(n.Type)
	put := f.aside(id)
	var found *flow.NodeResult
	for i := range f.then {
		m := &f.then[i]
		m.same[id] = m.alike(f.now, id) && (put.pinned != nil || !slices.ContainsFunc(f.now.in[id], func(e flow.Edge) bool { return !m.same[e.Source] }))
		if r, ok := m.newest[id]; ok && found == nil && m.same[id] && worked(r) {
			found = &r
		}
	}
	if _, given := f.inputs[id]; given && !put.idle() {
		return nil, "This run gives it an input."
	}
	if !put.idle() && !f.fedByReused(id) {
		return nil, "A step before it runs."
	}
	switch {
	case put.pinned != nil:
		return nil, "Its output is pinned."
	case put.disabled:
		return nil, "It is disabled."
	case !known:
		return nil, ""
	case kind.Purity == node.Effect:
		return nil, "It acts outside or waits for something, so it always runs."
	case found == nil:
		return nil, f.why(kind, id)
	}
	if why := outdated(&kind, n.Data, *found); why != "" {
		return nil, why
	}
	return found, ""
}

func (f *forecaster) aside(id string) aside {
	a, _ := readAside(parseData(f.now.nodes[id].Data), nodePlace{}, nil)
	return a
}

// standsAside reports whether a node gives what it gave before without being
// computed, because it is pinned, or disabled behind results that are reused.
func (f *forecaster) standsAside(id string) bool {
	a := f.aside(id)
	return a.pinned != nil || a.disabled && f.fedByReused(id)
}

func (f *forecaster) fedByReused(id string) bool {
	return !slices.ContainsFunc(f.now.in[id], func(e flow.Edge) bool { return !f.reused[e.Source] })
}

// why compares a node with the newest run that knows it.
func (f *forecaster) why(kind node.Kind, id string) string {
	for i := range f.then {
		m := &f.then[i]
		r, ran := m.newest[id]
		old, there := m.graph.nodes[id]
		if !ran || !there {
			continue
		}
		n := f.now.nodes[id]
		switch {
		case old.Type != n.Type:
			return "Its kind was changed."
		case !sameData(old.Data, n.Data):
			return changedFields(kind, old.Data, n.Data) + " changed."
		case m.same[id] && !worked(r):
			return "It did not succeed last time."
		case m.same[id]:
			continue
		}
		return "What feeds it was changed."
	}
	return "It has not run yet."
}

// changedFields names the settings that differ, as the inspector calls them.
func changedFields(kind node.Kind, a, b json.RawMessage) string {
	x, y := parseData(a), parseData(b)
	keys := map[string]bool{}
	for _, side := range []map[string]json.RawMessage{x, y} {
		for key := range side {
			keys[key] = key != "label" && key != "collapsed" && !bytes.Equal(compact(x[key]), compact(y[key]))
		}
	}
	maps.DeleteFunc(keys, func(_ string, differs bool) bool { return !differs })
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if field, ok := kind.Field(key); ok {
			key = field.Label
		}
		labels = append(labels, key)
	}
	const most = 3
	if len(labels) > most {
		labels = append(labels[:most-1], "more")
	}
	return strings.Join(labels, " and ")
}

// order returns the ids so that each comes after what feeds it; what is on or
// behind a circle is left out.
func (x graphIndex) order() []string {
	open, next := map[string]int{}, map[string][]string{}
	for id := range x.nodes {
		for _, e := range x.in[id] {
			if _, ok := x.nodes[e.Source]; ok {
				open[id]++
				next[e.Source] = append(next[e.Source], id)
			}
		}
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(x.nodes)) {
		if open[id] == 0 {
			out = append(out, id)
		}
	}
	for k := 0; k < len(out); k++ {
		for _, id := range next[out[k]] {
			if open[id]--; open[id] == 0 {
				out = append(out, id)
			}
		}
	}
	return out
}
