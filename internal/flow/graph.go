package flow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Position is where a node's card lies on the canvas, in canvas pixels.
type Position struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Node is the part of a graph node that Heddle acts on. Data holds the kind's
// parameters and the label, as they came.
type Node struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Position Position        `json:"position"`
	Data     json.RawMessage `json:"data"`
}

// Label returns what the user calls the node: data.label, else the type, else the id.
func (n Node) Label() string {
	var d struct {
		Label string `json:"label"`
	}
	if json.Unmarshal(n.Data, &d) == nil && d.Label != "" {
		return d.Label
	}
	if n.Type != "" {
		return n.Type
	}
	return n.ID
}

// Types of nodes that are only drawn: frames around steps, and notes.
const (
	NodeTypeGroup = "group"
	NodeTypeNote  = "note"
)

// Drawn reports whether the node is only drawn and is no step: it never runs.
func (n Node) Drawn() bool { return n.Type == NodeTypeGroup || n.Type == NodeTypeNote }

// Edge is the part of a graph edge that Heddle acts on. An empty handle means
// the kind's first port.
type Edge struct {
	ID           string `json:"id"`
	Source       string `json:"source"`
	Target       string `json:"target"`
	SourceHandle string `json:"sourceHandle"`
	TargetHandle string `json:"targetHandle"`
}

// Graph is a parsed graph. It drops what Heddle does not act on; the lossless
// form is the raw JSON in [Workflow].
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Steps returns the graph without what is only drawn, and without edges at it.
func (g Graph) Steps() Graph {
	drawn := map[string]bool{}
	for _, n := range g.Nodes {
		if n.Drawn() {
			drawn[n.ID] = true
		}
	}
	if len(drawn) == 0 {
		return g
	}
	return Graph{
		Nodes: slices.DeleteFunc(slices.Clone(g.Nodes), Node.Drawn),
		Edges: slices.DeleteFunc(slices.Clone(g.Edges), func(e Edge) bool { return drawn[e.Source] || drawn[e.Target] }),
	}
}

// ParseGraph reads the two JSON arrays. It is lenient about everything inside a
// node or edge that Heddle does not act on, and returns an [Invalid] error with
// one problem per element that is not an object or has a member of the wrong
// JSON type, or when the graph is larger than the limits.
func ParseGraph(nodes, edges json.RawMessage) (Graph, error) {
	var g Graph
	var problems []Problem
	g.Nodes, problems = parseAll[Node](problems, "nodes", nodes)
	g.Edges, problems = parseAll[Edge](problems, "edges", edges)
	if len(g.Nodes) > MaxNodes {
		problems = append(problems, Problem{Path: "nodes", Code: "size", Message: "A graph may have at most 10,000 nodes; this one has " + strconv.Itoa(len(g.Nodes)) + "."})
	}
	if len(g.Edges) > MaxEdges {
		problems = append(problems, Problem{Path: "edges", Code: "size", Message: "A graph may have at most 20,000 edges; this one has " + strconv.Itoa(len(g.Edges)) + "."})
	}
	if len(problems) > 0 {
		return g, Errorf(Invalid, "The graph cannot be read: %s.", plural(len(problems), "problem")).With(problems...)
	}
	return g, nil
}

// element is a node or an edge.
type element interface {
	empty() bool // as what was null is
}

func (n Node) empty() bool { return n.ID == "" && n.Type == "" && n.Data == nil }
func (e Edge) empty() bool { return e == Edge{} }

func parseAll[T element](problems []Problem, name string, raw json.RawMessage) ([]T, []Problem) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, problems
	}
	var all []T
	if err := json.Unmarshal(raw, &all); err == nil && !slices.ContainsFunc(all, T.empty) {
		return all, problems
	}
	return parseEach[T](problems, name, raw)
}

// parseEach reads the elements one by one, to say what is wrong with which.
func parseEach[T any](problems []Problem, name string, raw json.RawMessage) ([]T, []Problem) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, append(problems, Problem{Path: name, Message: "This must be a JSON array."})
	}
	out := make([]T, len(items))
	for i, it := range items {
		it = bytes.TrimSpace(it)
		if len(it) == 0 || it[0] != '{' {
			problems = append(problems, Problem{Path: name + "." + strconv.Itoa(i), Message: "This must be a JSON object."})
			continue
		}
		if err := json.Unmarshal(it, &out[i]); err != nil {
			problems = append(problems, Problem{Path: name + "." + strconv.Itoa(i), Message: "A known member has the wrong JSON type (" + typeClash(err) + ")."})
		}
	}
	return out, problems
}

func typeClash(err error) string {
	if e, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // json returns it unwrapped
		return e.Field + " is a " + e.Value
	}
	return "malformed JSON"
}

// Setting returns a setting of the node as a text; empty when it has none.
func (n Node) Setting(key string) string {
	var data map[string]json.RawMessage
	if json.Unmarshal(n.Data, &data) != nil || data[key] == nil {
		return ""
	}
	return strings.TrimSpace(RawValue(data[key]).String())
}
