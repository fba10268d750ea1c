package engine

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"heddle/internal/flow"
)

// Earlier is a run whose results a partial run may take over.
type Earlier struct {
	RunID   flow.ID
	Graph   flow.Graph // as it ran
	Inputs  flow.Values
	Results []flow.NodeResult
}

// Downstream returns the ids and every node that an edge path leads to from them,
// in the order of the graph. Ids that the graph lacks stay, so that the check can
// name them.
func Downstream(g flow.Graph, ids []string) []string {
	next := map[string][]string{}
	for _, e := range g.Edges {
		next[e.Source] = append(next[e.Source], e.Target)
	}
	in := map[string]bool{}
	todo := slices.Clone(ids)
	for _, id := range ids {
		in[id] = true
	}
	for k := 0; k < len(todo); k++ {
		for _, to := range next[todo[k]] {
			if !in[to] {
				in[to] = true
				todo = append(todo, to)
			}
		}
	}
	return inOrder(g, todo)
}

func inOrder(g flow.Graph, ids []string) []string {
	at := make(map[string]int, len(g.Nodes))
	for i, n := range g.Nodes {
		at[n.ID] = i
	}
	slices.SortStableFunc(ids, func(a, b string) int { return at[a] - at[b] })
	return ids
}

// Reuse returns the results of earlier runs, the newest first, that stand in for
// running the nodes that targets need: as rows of the run with the given id. A
// result is taken when its node and all that fed it are the same now as they were
// then. What is not returned has to be computed (rule E16).
func Reuse(run flow.ID, g flow.Graph, targets []string, earlier []Earlier) []flow.NodeResult {
	now := indexGraph(g)
	then := make([]memo, len(earlier))
	for i, e := range earlier {
		then[i] = memo{earlier: e, graph: indexGraph(e.Graph), same: map[string]bool{}, newest: newestOf(e.Results)}
	}
	var out []flow.NodeResult
	seen := map[string]bool{}
	todo := slices.Clone(targets)
	for _, id := range targets {
		seen[id] = true
	}
	for k := 0; k < len(todo); k++ {
		for _, e := range now.in[todo[k]] {
			if seen[e.Source] {
				continue
			}
			seen[e.Source] = true
			if r, ok := find(now, then, e.Source); ok {
				out = append(out, takenOver(run, r))
			} else {
				todo = append(todo, e.Source)
			}
		}
	}
	return out
}

func find(now graphIndex, then []memo, id string) (flow.NodeResult, bool) {
	for i := range then {
		m := &then[i]
		if r, ok := m.newest[id]; ok && worked(r) && m.unchanged(now, id) {
			return r, true
		}
	}
	return flow.NodeResult{}, false
}

// worked reports whether a result is the node's own: the value that stood in for a
// failure is not (rule E5).
func worked(r flow.NodeResult) bool {
	return r.Status == flow.NodeSuccess && (r.Cached || r.Reason == "")
}

// metaReusedFrom names the run that computed a result which another took over.
const metaReusedFrom = "reusedFrom"

// reusedFrom returns what a kind told of its work, with the run that computed it.
func reusedFrom(r flow.NodeResult) flow.Meta {
	m := flow.Meta{metaReusedFrom: string(r.RunID)}
	for k, v := range r.Meta {
		if k != metaReusedFrom && k != metaRan {
			m[k] = v
		}
	}
	return m
}

// sameAs says whose result stands in, and what that saves.
func sameAs(r flow.NodeResult) string {
	var saved []string
	if r.Duration != nil && *r.Duration >= 1000 {
		saved = append(saved, seconds(time.Duration(*r.Duration/100)*100*time.Millisecond))
	}
	if n := r.TokensIn + r.TokensOut; n > 0 {
		saved = append(saved, thousands(n)+" tokens")
	}
	text := "Same inputs as run " + r.RunID.Short()
	if len(saved) > 0 {
		return text + ", " + strings.Join(saved, " and ") + " saved."
	}
	return text + "."
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// takenOver returns the row by which a run records what it did not compute.
func takenOver(run flow.ID, r flow.NodeResult) flow.NodeResult {
	if !r.Cached {
		r.Reason, r.Meta = sameAs(r), reusedFrom(r)
	}
	r.ID, r.RunID, r.Attempt, r.Cached = "", run, 1, true
	r.Usage = flow.Usage{}
	r.QueuedAt, r.StartedAt, r.Duration = nil, nil, new(int64(0))
	r.CreatedAt = time.Now().UTC()
	return r
}

func newestOf(list []flow.NodeResult) map[string]flow.NodeResult {
	out := make(map[string]flow.NodeResult, len(list))
	for _, r := range list {
		if old, ok := out[r.NodeID]; r.Iteration == "" && (!ok || r.Attempt > old.Attempt) {
			out[r.NodeID] = r
		}
	}
	return out
}

// graphIndex finds nodes and what feeds them by id.
type graphIndex struct {
	nodes map[string]flow.Node
	in    map[string][]flow.Edge
}

func indexGraph(g flow.Graph) graphIndex {
	g = g.Steps()
	x := graphIndex{make(map[string]flow.Node, len(g.Nodes)), make(map[string][]flow.Edge, len(g.Nodes))}
	for _, n := range g.Nodes {
		x.nodes[n.ID] = n
	}
	for _, e := range g.Edges {
		x.in[e.Target] = append(x.in[e.Target], e)
	}
	return x
}

// memo remembers which nodes are the same now as in an earlier run.
type memo struct {
	earlier Earlier
	graph   graphIndex
	newest  map[string]flow.NodeResult
	same    map[string]bool
}

// unchanged reports whether a node and everything upstream of it is what it was.
// The walk keeps its own list, because graphs are deep; a circle ends at what was
// seen already.
func (m *memo) unchanged(now graphIndex, id string) bool {
	seen := map[string]bool{id: true}
	todo := []string{id}
	for k := 0; k < len(todo); k++ {
		same, known := m.same[todo[k]]
		if !known {
			same = m.alike(now, todo[k])
			m.same[todo[k]] = same
		}
		if !same {
			return false
		}
		for _, e := range now.in[todo[k]] {
			if !seen[e.Source] {
				seen[e.Source] = true
				todo = append(todo, e.Source)
			}
		}
	}
	return true
}

// alike compares one node: its kind, its settings, what it was given and its edges.
func (m *memo) alike(now graphIndex, id string) bool {
	a, okA := m.graph.nodes[id]
	b, okB := now.nodes[id]
	if _, given := m.earlier.Inputs[id]; given || !okA || !okB || a.Type != b.Type || !sameData(a.Data, b.Data) {
		return false
	}
	return slices.EqualFunc(m.graph.in[id], now.in[id], func(x, y flow.Edge) bool {
		return x.Source == y.Source && x.SourceHandle == y.SourceHandle && x.TargetHandle == y.TargetHandle
	})
}

// sameData compares settings; what a step is called and how its card is shown does
// not count.
func sameData(a, b json.RawMessage) bool {
	x, y := parseData(a), parseData(b)
	for _, key := range []string{"label", "collapsed"} {
		delete(x, key)
		delete(y, key)
	}
	return maps.EqualFunc(x, y, func(v, w json.RawMessage) bool { return bytes.Equal(compact(v), compact(w)) })
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}
