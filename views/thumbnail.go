package views

import (
	"encoding/json"
	"math"
	"strings"

	"heddle/internal/flow"
)

// A thumbnail is 160 by 90 units. It shows at most thumbNodes steps, evenly taken
// from larger graphs, and connections only while they say something, so that it
// stays within a few kilobytes.
const (
	thumbW, thumbH = 160.0, 90.0
	thumbPad       = 6.0
	thumbNodes     = 240
	thumbEdges     = 60
	thumbFar       = 1e7 // places beyond are those of a broken document
)

// thumbnail is a graph in small: one path for all connections and one for the
// steps of each colour.
type thumbnail struct {
	Wires  string
	Blocks []thumbBlock
}

type thumbBlock struct{ Color, D string }

// thumbColors are the colours of the port types that read on light and dark ground.
var thumbColors = []struct{ kind, color string }{
	{string(flow.TypeText), "#3b7be0"}, {string(flow.TypeImage), "#d9692f"}, {string(flow.TypeAny), "#7b8598"},
}

// thumbnailOf draws the steps of a graph; ok is false when nothing in it can be drawn.
func thumbnailOf(nodes, edges json.RawMessage) (t thumbnail, ok bool) {
	g, err := flow.ParseGraph(nodes, edges)
	at := places(nodes, g.Nodes)
	if g = g.Steps(); err != nil || len(g.Nodes) == 0 {
		return t, false
	}
	fit := thumbFit(g.Nodes, at)
	step := max(1, (len(g.Nodes)+thumbNodes-1)/thumbNodes)
	paths := map[string]*strings.Builder{}
	for i := 0; i < len(g.Nodes); i += step {
		n := g.Nodes[i]
		b := paths[kindColor(n.Type)]
		if b == nil {
			b = &strings.Builder{}
			paths[kindColor(n.Type)] = b
		}
		b.WriteString(fit.block(at[n.ID]))
	}
	for _, c := range thumbColors {
		if b := paths[c.kind]; b != nil {
			t.Blocks = append(t.Blocks, thumbBlock{Color: c.color, D: b.String()})
		}
	}
	if len(g.Edges) <= thumbEdges {
		t.Wires = fit.wires(g.Edges, at)
	}
	return t, true
}

// thumbScale places a graph in the thumbnail.
type thumbScale struct{ k, x, y float64 }

func thumbFit(nodes []flow.Node, at map[string]flow.Position) thumbScale {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, n := range nodes {
		p := near(at[n.ID])
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X+cardW), max(y1, p.Y+cardH)
	}
	k := min((thumbW-2*thumbPad)/(x1-x0), (thumbH-2*thumbPad)/(y1-y0), 0.12)
	return thumbScale{k: k, x: thumbW/2 - k*(x0+x1)/2, y: thumbH/2 - k*(y0+y1)/2}
}

func near(p flow.Position) flow.Position {
	return flow.Position{X: max(-thumbFar, min(p.X, thumbFar)), Y: max(-thumbFar, min(p.Y, thumbFar))}
}

func (s thumbScale) to(p flow.Position) flow.Position {
	p = near(p)
	return flow.Position{X: p.X*s.k + s.x, Y: p.Y*s.k + s.y}
}

func (s thumbScale) block(at flow.Position) string {
	p, w, h := s.to(at), max(1.5, cardW*s.k), max(1, cardH*s.k)
	return "M" + nums(p.X, p.Y) + "h" + nums(w) + "v" + nums(h) + "h" + nums(-w) + "z"
}

func (s thumbScale) wires(edges []flow.Edge, at map[string]flow.Position) string {
	var b strings.Builder
	for _, e := range edges {
		from, ok1 := at[e.Source]
		to, ok2 := at[e.Target]
		if !ok1 || !ok2 {
			continue
		}
		a, z := s.to(flow.Position{X: from.X + cardW, Y: from.Y + cardH/2}), s.to(flow.Position{X: to.X, Y: to.Y + cardH/2})
		bend := max(3, math.Abs(z.X-a.X)/2)
		b.WriteString("M" + nums(a.X, a.Y) + "C" + nums(a.X+bend, a.Y, z.X-bend, z.Y, z.X, z.Y))
	}
	return b.String()
}
