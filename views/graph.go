package views

import (
	"encoding/json"
	"math"
	"strconv"

	"heddle/internal/flow"
	"heddle/views/ui"
)

// The picture of a graph draws cards of one size; a graph above drawLimit nodes
// is told in words, and one above labelLimit is drawn without text.
const (
	cardW, cardH = 256.0, 92.0
	labelLimit   = 150
	drawLimit    = 2000
)

// picture is a graph as the run page draws it.
type picture struct {
	ViewBox string
	Labels  bool
	Cards   []card
	Wires   []wire
}

type card struct {
	X, Y   float64
	Label  string
	Icon   string
	Color  string // port type that tints the icon
	Look   ui.Look
	Anchor string // step on the page; empty: not part of the run
}

type wire struct {
	D    string
	Look ui.Look // of the node it leaves
}

// drawGraph lays the run's steps out where the canvas has them; ok is false when
// there is nothing to draw or too much.
func (v *runView) drawGraph() (p picture, ok bool) {
	steps := v.Graph.Steps()
	nodes := steps.Nodes
	if len(nodes) == 0 || len(nodes) > drawLimit {
		return p, false
	}
	at := places(v.Nodes, v.Graph.Nodes)
	p.Labels = len(nodes) <= labelLimit
	low, high := flow.Position{X: math.Inf(1), Y: math.Inf(1)}, flow.Position{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, n := range nodes {
		pos := at[n.ID]
		low = flow.Position{X: min(low.X, pos.X), Y: min(low.Y, pos.Y)}
		high = flow.Position{X: max(high.X, pos.X), Y: max(high.Y, pos.Y)}
		p.Cards = append(p.Cards, v.cardOf(n, pos))
	}
	for _, e := range steps.Edges {
		from, okFrom := at[e.Source]
		to, okTo := at[e.Target]
		if okFrom && okTo {
			p.Wires = append(p.Wires, wire{D: curve(from, to), Look: v.lookOf(e.Source)})
		}
	}
	const pad = 24
	p.ViewBox = nums(low.X-pad, low.Y-pad, high.X-low.X+cardW+2*pad, high.Y-low.Y+cardH+2*pad)
	return p, true
}

func (v *runView) cardOf(n flow.Node, at flow.Position) card {
	c := card{X: at.X, Y: at.Y, Label: n.Label(), Icon: kindIcon(n.Type), Color: kindColor(n.Type), Look: v.lookOf(n.ID)}
	if s := v.Of(n.ID); s != nil {
		c.Anchor = s.Anchor
	}
	return c
}

func (v *runView) lookOf(nodeID string) ui.Look {
	if s := v.Of(nodeID); s != nil {
		return s.Look()
	}
	return ui.NodeLook(flow.NodeIdle, false)
}

// places returns where each node lies on the canvas. A node inside a group has
// its position relative to the group.
func places(raw json.RawMessage, nodes []flow.Node) map[string]flow.Position {
	var extra []struct {
		ID       string `json:"id"`
		ParentID string `json:"parentId"`
	}
	_ = json.Unmarshal(raw, &extra) // the graph was read before; parents of other types are ignored
	parent := make(map[string]string, len(extra))
	for _, e := range extra {
		parent[e.ID] = e.ParentID
	}
	own := make(map[string]flow.Position, len(nodes))
	for _, n := range nodes {
		own[n.ID] = n.Position
	}
	out := make(map[string]flow.Position, len(nodes))
	for _, n := range nodes {
		pos, up := n.Position, parent[n.ID]
		for range flow.MaxDepth { // a cycle of parents ends here
			group, ok := own[up]
			if up == "" || !ok {
				break
			}
			pos.X, pos.Y = pos.X+group.X, pos.Y+group.Y
			up = parent[up]
		}
		out[n.ID] = pos
	}
	return out
}

// curve is the wire from the right side of one card to the left side of another.
func curve(from, to flow.Position) string {
	x1, y1, x2, y2 := from.X+cardW, from.Y+cardH/2, to.X, to.Y+cardH/2
	bend := max(40, math.Abs(x2-x1)/2)
	return "M" + nums(x1, y1) + "C" + nums(x1+bend, y1, x2-bend, y2, x2, y2)
}

func nums(values ...float64) string {
	var b []byte
	for i, v := range values {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendFloat(b, math.Round(v*10)/10, 'f', -1, 64)
	}
	return string(b)
}

// kindIcon returns the icon of a built-in kind; other kinds get a plain card.
func kindIcon(kind string) string {
	switch kind {
	case "llm":
		return "model"
	case "vision":
		return "eye"
	}
	if ui.IsKindIcon(kind) {
		return kind // most kinds are called as their icon
	}
	return "node"
}

// kindColor returns the port type whose colour tints the icon of a built-in kind.
func kindColor(kind string) string {
	switch kind {
	case "text", "llm":
		return string(flow.TypeText)
	case "image", "vision", "image-edit":
		return string(flow.TypeImage)
	case "list", "split":
		return string(flow.TypeList)
	case "json", "transform":
		return string(flow.TypeJSON)
	case "condition":
		return string(flow.TypeBoolean)
	case "http", "code":
		return string(flow.TypeJSON)
	}
	return string(flow.TypeAny)
}
