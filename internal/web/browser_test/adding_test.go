//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// strike presses one key as a keyboard does: what the page prevents is not typed.
func (p *page) strike(key, code string, mods ...int64) {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: code}
	if len(mods) > 0 {
		down.Modifiers = mods[0]
	} else if len(key) == 1 {
		down.Text = key
	}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	for _, e := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

// graph is a workflow as the API answers it.
type graph struct {
	Workflow struct {
		Nodes []struct {
			ID, Type string
			Position struct{ X, Y float64 }
			Data     map[string]any
		}
		Edges []struct{ Source, Target, SourceHandle, TargetHandle string }
	}
}

// onServer returns the document once it is on the server.
func (p *page) onServer(id string) graph {
	p.t.Helper()
	p.wait("the document is saved", `document.querySelector("#save-state").textContent === "Saved"`)
	var g graph
	p.api("GET", "/api/workflows/"+id, nil, &g)
	return g
}

// opened makes a workflow and opens it; the canvas has the focus.
func (p *page) opened(name, nodes, edges string) string {
	p.t.Helper()
	id := p.create(name, nodes, edges)
	p.open("/workflows/" + id)
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(nodes), &list); err != nil {
		p.t.Fatal(err)
	}
	p.wait("the cards are there", fmt.Sprintf(`document.querySelector(".cv-stage") && document.querySelectorAll("#canvas .node:not([hidden])").length === %d`, len(list)))
	eval[any](p, `document.querySelector(".cv-stage").focus()`)
	return id
}

// rows are the names in the open list.
func (p *page) rows() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll(".cv-finder [role=option] .cv-finder__name")].map((e) => e.textContent)`)
}

func (p *page) listOpen() {
	p.t.Helper()
	p.wait("the list is open and has the focus", `document.activeElement.matches(".cv-finder__field")`)
}

func (p *page) listGone() {
	p.t.Helper()
	p.wait("the list is gone", `!document.querySelector(".cv-finder")`)
}

// emptySpot returns a free place of the canvas in the window, by shares of its size.
func (p *page) emptySpot(x, y float64) (float64, float64) {
	p.t.Helper()
	r := eval[[]float64](p, `(() => { const r = document.querySelector(".cv-stage").getBoundingClientRect(); return [r.x, r.y, r.width, r.height] })()`)
	return r[0] + r[2]*x, r[1] + r[3]*y
}

const oneText = `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A","text":"hello"}}]`

// TestAdding adds steps by keyboard, by double-click and by a loose connection.
func TestAdding(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()

	t.Run("A2 the picker adds and wires by keyboard alone", func(t *testing.T) {
		p.t = t
		id := p.opened("Pick", oneText, `[]`)
		p.keys("a", ctrl)
		p.strike("/", "Slash")
		p.listOpen()
		p.shot("a2-open")
		p.keys("lnguge")
		p.wait("one kind is left", `document.querySelectorAll(".cv-finder [role=option]").length === 1`)
		p.shot("a2-fuzzy")
		p.keys(kb.Enter)
		p.listGone()
		p.wait("the canvas has the focus again", `document.activeElement.matches(".cv-stage")`)
		g := p.onServer(id).Workflow
		if len(g.Nodes) != 2 || g.Nodes[1].Type != "llm" || len(g.Edges) != 1 || g.Edges[0].Source != "a" || g.Edges[0].TargetHandle != "prompt" {
			t.Errorf("saved: %+v", g)
		}
		p.strike("n", "KeyN") // the other key; what was added last comes first
		p.listOpen()
		if rows := p.rows(); rows[0] != eval[string](p, `document.querySelector('#palette [data-kind=llm] span:last-child').textContent`) {
			t.Errorf("the first of %v is not the last one used", rows)
		}
		p.keys(kb.Escape)
		p.listGone()
		p.keys("z", ctrl) // one step: the node and its connection
		p.wait("one card is left", `document.querySelectorAll("#canvas .node:not([hidden])").length === 1`)
		if g := p.onServer(id).Workflow; len(g.Nodes) != 1 || len(g.Edges) != 0 {
			t.Errorf("after undo: %+v", g)
		}
	})

	t.Run("A2 keys do nothing while something is typed", func(t *testing.T) {
		p.t = t
		p.click("#wf-name")
		p.keys("n/")
		p.wait("the name is saved", `document.querySelector("#save-state").textContent === "Saved" && document.querySelector("#wf-name").value.endsWith("n/")`)
		if eval[bool](p, `!!document.querySelector(".cv-finder")`) {
			t.Error("typing into the name opened the picker")
		}
	})

	t.Run("A3 a double-click on empty space adds there", func(t *testing.T) {
		p.t = t
		id := p.opened("Double", oneText, `[]`)
		x, y := p.emptySpot(0.6, 0.75)
		p.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
		p.listOpen()
		p.keys("debug" + kb.Enter)
		p.listGone()
		p.wait("the step is there", `document.querySelectorAll("#canvas .node:not([hidden])").length === 2`)
		r := eval[[]float64](p, `(() => { const r = document.querySelector("#canvas .node.is-selected").getBoundingClientRect(); return [r.left, r.right, r.top, r.bottom] })()`)
		if x < r[0] || x > r[1] || y < r[2] || y > r[3] {
			t.Errorf("the step at %v is not where the pointer was, %v %v", r, x, y)
		}
		if g := p.onServer(id).Workflow; len(g.Edges) != 0 {
			t.Errorf("it was connected: %+v", g.Edges)
		}
	})

	t.Run("C4 a connection let go over empty space", func(t *testing.T) {
		p.t = t
		id := p.opened("Loose", `[{"id":"a","type":"image","position":{"x":0,"y":0},"data":{"label":"Photo"}}]`, `[]`)
		r := eval[[]float64](p, `(() => { const r = (`+port("Photo", "out", "Image")+`).getBoundingClientRect(); return [r.right, r.y + r.height / 2] })()`)
		x, y := p.emptySpot(0.7, 0.3)
		p.drag(r[0], r[1], x, y)
		p.listOpen()
		rows := p.rows()
		if len(rows) == 0 {
			t.Fatal("nothing is offered")
		}
		for _, name := range rows {
			if name == "Text" || name == "Image" {
				t.Errorf("%s takes no image and is offered among %v", name, rows)
			}
		}
		p.wait("the loose line is shown", `!document.querySelector(".cv-active").hidden`)
		p.shot("c4-open")
		p.keys(kb.Escape)
		p.listGone()
		p.wait("the loose line is gone", `document.querySelector(".cv-active").hidden`)
		if g := p.onServer(id).Workflow; len(g.Nodes) != 1 {
			t.Errorf("Escape added something: %+v", g)
		}
		p.drag(r[0], r[1], x, y)
		p.listOpen()
		p.keys("vision")
		p.keys(kb.Enter)
		p.listGone()
		g := p.onServer(id).Workflow
		if len(g.Nodes) != 2 || len(g.Edges) != 1 || g.Edges[0].Source != "a" || g.Edges[0].SourceHandle != "image" || g.Edges[0].Target != g.Nodes[1].ID {
			t.Errorf("saved: %+v", g)
		}
		p.wait("the line is gone", `!document.querySelector(".cv-active.is-over")`)
		p.shot("c4-connected")
	})
}
