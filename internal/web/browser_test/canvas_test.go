//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const stage = `document.querySelector("#canvas .cv-stage")`

// Two texts and what shows one of them, at full size in the view.
const (
	threeNodes = `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A","text":"one"}},
		{"id":"b","type":"text","position":{"x":0,"y":220},"data":{"label":"B","text":"two"}},
		{"id":"c","type":"debug","position":{"x":400,"y":0},"data":{"label":"C"}}]`
	threeEdges = `[{"id":"e","source":"a","target":"c","sourceHandle":"text","targetHandle":"in"}]`
)

// canvasPage is a tab on the way from workflow to workflow.
func canvasPage(t *testing.T) canvasTab {
	t.Helper()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	return canvasTab{p}
}

// canvasTab is a tab with hands: mouse gestures and looks at the canvas.
type canvasTab struct{ *page }

// saved returns the document once everything is saved.
func (p canvasTab) saved(id string) drawn {
	p.t.Helper()
	p.wait("all is saved", `document.querySelector("#save-state").textContent === "Saved"`)
	var out struct{ Workflow drawn }
	p.api("GET", "/api/workflows/"+id, nil, &out)
	return out.Workflow
}

// graph opens a new workflow, with the focus on its canvas, and returns its id.
func (p canvasTab) graph(nodes, edges string) string {
	p.t.Helper()
	p.wait("what was open is saved", `!document.querySelector("#save-state") || document.querySelector("#save-state").textContent === "Saved"`)
	id := p.create(p.t.Name(), nodes, edges)
	p.open("/workflows/" + id)
	p.wait("the canvas is there", stage)
	if nodes != "[]" {
		p.wait("the cards are there", `document.querySelector("#canvas .node:not([hidden])")`)
		p.settle(`document.querySelector("#canvas .node:not([hidden])")`)
	}
	eval[any](p.page, stage+`.focus()`)
	return id
}

// rect returns x, y, width and height of an element.
func (p canvasTab) rect(js string) [4]float64 {
	p.t.Helper()
	r := eval[[]float64](p.page, `(() => { const r = (`+js+`).getBoundingClientRect(); return [r.x, r.y, r.width, r.height] })()`)
	return [4]float64(r)
}

// mouse sends one mouse event.
func (p canvasTab) mouse(kind input.DispatchMouseEventType, x, y float64, button input.MouseButton, modifiers int64) {
	p.t.Helper()
	held := map[input.MouseButton]int64{"left": 1, "middle": 4}[button]
	if kind == "mouseReleased" {
		held = 0
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: button, Buttons: held, ClickCount: 1, Modifiers: modifiers}); err != nil {
		p.t.Fatal(err)
	}
}

// pull presses at a place and moves to another without letting go.
func (p canvasTab) pull(x0, y0, x1, y1 float64, modifiers int64) {
	p.t.Helper()
	p.mouse("mouseMoved", x0, y0, "none", modifiers)
	p.mouse("mousePressed", x0, y0, "left", modifiers)
	for i := 1.0; i <= 8; i++ {
		p.mouse("mouseMoved", x0+(x1-x0)*i/8, y0+(y1-y0)*i/8, "left", modifiers)
	}
}

// let releases the button.
func (p canvasTab) let(x, y float64, modifiers int64) {
	p.t.Helper()
	p.mouse("mouseReleased", x, y, "left", modifiers)
}

// press clicks a place.
func (p canvasTab) press(x, y float64, modifiers int64) {
	p.t.Helper()
	p.mouse("mousePressed", x, y, "left", modifiers)
	p.let(x, y, modifiers)
}

func titleOf(label string) string { return `(` + node(label) + `).querySelector(".node__title")` }

// pressOn clicks the title of a card.
func (p canvasTab) pressOn(label string, modifiers int64) {
	p.t.Helper()
	x, y := p.box(titleOf(label))
	p.press(x, y, modifiers)
}

// chosen waits until exactly the named steps are selected.
func (p canvasTab) chosen(labels ...string) {
	p.t.Helper()
	raw, _ := json.Marshal(append([]string{}, labels...))
	p.wait(fmt.Sprintf("%v are selected", labels), `JSON.stringify([...document.querySelectorAll("#canvas .node.is-selected:not([hidden])")].map((n) => n.querySelector(".node__title").textContent).sort()) === `+strconv.Quote(string(raw)))
}

// level waits until the zoom is a percentage.
func (p canvasTab) level(percent int) {
	p.t.Helper()
	p.wait(fmt.Sprintf("the zoom is %d %%", percent), fmt.Sprintf(`document.querySelector(".cv-button--level").textContent === "%d%%"`, percent))
}

// moved waits until a card has moved by some pixels, give or take one.
func (p canvasTab) moved(label string, from [4]float64, dx, dy float64) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%s has moved by %.0f, %.0f", label, dx, dy), fmt.Sprintf(`(() => { const r = (%s).getBoundingClientRect(); return Math.abs(r.x - %f) < 1.01 && Math.abs(r.y - %f) < 1.01 })()`, node(label), from[0]+dx, from[1]+dy))
}

// empty returns a place of the canvas where nothing is.
func (p canvasTab) empty() (x, y float64) {
	p.t.Helper()
	r := p.rect(node("C"))
	return r[0] + 60, r[1] + r[3] + 60
}

// TestCanvasViews pans and zooms.
func TestCanvasViews(t *testing.T) {
	t.Parallel()
	tab := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"P1 the wheel pans both ways", canvasTab.wheelPans},
		{"P2 the point under the pointer stays when zooming", canvasTab.zoomKeepsPoint},
		{"P3 the page never zooms, the canvas never scrolls", canvasTab.pageStays},
		{"P5 space and the middle button pan over steps", canvasTab.gripPans},
		{"P6 the wheel over text in a card pans", canvasTab.wheelOverText},
		{"P8 keys zoom and fit", canvasTab.keysZoom},
		{"P9 5 to 400 %, and a menu", canvasTab.zoomRange},
		{"P10 fits at first, then comes back", canvasTab.lastView},
		{"P11 dragging to the rim pans", canvasTab.rimPans},
		{"P13 far away cards are blocks, without flicker", canvasTab.levelsOfDetail},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{tab.with(t)}) })
	}
}

func (p canvasTab) wheelPans() {
	p.graph(threeNodes, threeEdges)
	x, y := p.empty()
	r := p.rect(node("A"))
	p.wheel(x, y, 0, 40, 0)
	p.moved("A", r, 0, -40)
	p.wheel(x, y, 30, 0, 0)
	p.moved("A", r, -30, -40)
	eval[any](p.page, stage+`.dispatchEvent(new WheelEvent("wheel", { deltaY: -50, shiftKey: true, bubbles: true, cancelable: true }))`)
	p.moved("A", r, 20, -40)
}

func (p canvasTab) zoomKeepsPoint() {
	p.graph(threeNodes, threeEdges)
	for _, delta := range []float64{-120, 60, 120} {
		r := p.rect(node("A"))
		p.wheel(r[0], r[1], 0, delta, ctrlKey)
		p.wait("the card has another size", fmt.Sprintf(`Math.abs((%s).getBoundingClientRect().width - %f) > 1`, node("A"), r[2]))
		p.settle(node("A"))
		if now := p.rect(node("A")); math.Abs(now[0]-r[0]) > 0.5 || math.Abs(now[1]-r[1]) > 0.5 {
			p.t.Errorf("the corner went from %.2f, %.2f to %.2f, %.2f", r[0], r[1], now[0], now[1])
		}
	}
}

func (p canvasTab) pageStays() {
	p.graph(threeNodes, threeEdges)
	eval[any](p.page, `(window.__wheel = [], addEventListener("wheel", (e) => window.__wheel.push(e.defaultPrevented)), 0)`)
	for i, sel := range []string{"#palette", "#inspector", "#run-panel", "#canvas"} {
		x, y := p.box(`document.querySelector("` + sel + `")`)
		p.wheel(x, y, 0, -100, ctrlKey)
		p.wait("the wheel over "+sel+" is taken", fmt.Sprintf(`window.__wheel.length > %d`, i))
	}
	p.wait("the page does not zoom", `window.__wheel.every(Boolean) && visualViewport.scale === 1`)
	p.pressOn("A", 0)
	p.keys(kb.F2)
	p.wait("a field in the card has the focus", `document.activeElement.classList.contains("node__rename")`)
	p.wait("nothing has scrolled", stage+`.scrollTop === 0 && `+stage+`.scrollLeft === 0 && document.documentElement.scrollTop === 0`)
}

func (p canvasTab) gripPans() {
	id := p.graph(threeNodes, threeEdges)
	r := p.rect(node("A"))
	x, y := p.box(titleOf("A"))
	eval[any](p.page, stage+`.dispatchEvent(new KeyboardEvent("keydown", { key: " ", code: "Space", bubbles: true }))`)
	p.wait("the cursor is a hand", stage+`.dataset.cursor === "grab"`)
	p.pull(x, y, x+80, y+30, 0)
	p.wait("the hand is closed", stage+`.dataset.cursor === "grabbing"`)
	p.let(x+80, y+30, 0)
	p.moved("A", r, 80, 30)
	eval[any](p.page, `dispatchEvent(new KeyboardEvent("keyup", { key: " ", code: "Space" }))`)
	p.mouse("mousePressed", x+80, y+30, "middle", 0)
	p.mouse("mouseMoved", x+50, y+30, "middle", 0)
	p.mouse("mouseMoved", x, y, "middle", 0)
	p.mouse("mouseReleased", x, y, "middle", 0)
	p.moved("A", r, 0, 0)
	if d := p.saved(id); d.Nodes[0].Position.X != 0 || d.Nodes[0].Position.Y != 0 {
		p.t.Error("the step was moved")
	}
}

func (p canvasTab) wheelOverText() {
	p.graph(strings.Replace(threeNodes, `"one"`, `"`+strings.Repeat("many words ", 60)+`"`, 1), threeEdges)
	r := p.rect(node("A"))
	x, y := p.box(`(` + node("A") + `).querySelector(".node__prev")`)
	p.wheel(x, y, 0, 40, 0)
	p.moved("A", r, 0, -40)
	p.pressOn("A", 0)
	p.keys(kb.F2)
	p.wait("the title is a field", `document.querySelector(".node__rename")`)
	x, y = p.box(`document.querySelector(".node__rename")`)
	p.wheel(x, y, 0, -40, 0)
	p.wait("the field has moved with the view", fmt.Sprintf(`(() => { const r = document.querySelector(".node__rename").getBoundingClientRect(); return Math.abs(r.y + r.height / 2 - %f) < 1.01 })()`, y+40))
}

func (p canvasTab) keysZoom() {
	p.graph(threeNodes, threeEdges)
	p.level(100)
	p.keys("-")
	p.level(80)
	p.keys("+")
	p.level(100)
	p.keys("+")
	p.level(125)
	p.keys("0")
	p.level(100)
	p.keys("-")
	p.keys("-")
	p.keys("1")
	p.level(100)
	p.inView("B")
	p.pressOn("A", 0)
	p.keys("-")
	p.keys("2")
	p.level(100)
	p.wait("A is in the middle", `(() => { const a = (`+node("A")+`).getBoundingClientRect(), b = document.getElementById("canvas").getBoundingClientRect(); return Math.abs(a.left + a.right - b.left - b.right) < 4 })()`)
	eval[any](p.page, stage+`.dispatchEvent(new KeyboardEvent("keydown", { key: "à", code: "Digit1", bubbles: true }))`)
	p.inView("C")
}

func (p canvasTab) zoomRange() {
	p.graph(threeNodes, threeEdges)
	p.click(".cv-button--level")
	p.wait("the menu has its lines", `["50 %", "100 %", "200 %", "Fit all"].every((t) => [...document.querySelectorAll(".cv-menu__item span")].some((s) => s.textContent === t))`)
	p.choose("50 %")
	p.level(50)
	for range 16 {
		p.keys("-")
	}
	p.level(5)
	for range 24 {
		p.keys("+")
	}
	p.level(400)
}

func (p canvasTab) lastView() {
	id := p.graph(strings.Replace(threeNodes, `"x":400`, `"x":800`, 1), threeEdges)
	p.wait("everything fits below full size", `parseInt(document.querySelector(".cv-button--level").textContent) < 85`)
	p.keys("0")
	p.level(100)
	cx, cy := p.box(`document.getElementById("canvas")`)
	p.wheel(cx, cy, 0, 30, 0)
	p.wait("the view is remembered", `(() => { const s = localStorage.getItem("heddle-view:`+id+`"); return s && JSON.parse(s).z === 1 })()`)
	look := `JSON.stringify(JSON.parse(localStorage.getItem("heddle-view:` + id + `")))`
	was := eval[string](p.page, look)
	p.open("/workflows/" + id)
	p.wait("the canvas is there", stage)
	p.level(100)
	if now := eval[string](p.page, look); now != was {
		p.t.Errorf("the view was %s and is %s", was, now)
	}
}

func (p canvasTab) rimPans() {
	p.graph(threeNodes, threeEdges)
	r, c := p.rect(node("B")), p.rect(`document.getElementById("canvas")`)
	x, y := p.box(titleOf("A"))
	p.pull(x, y, c[0]+c[2]-6, y, 0)
	p.wait("the view pans by itself", fmt.Sprintf(`(%s).getBoundingClientRect().x < %f`, node("B"), r[0]-40))
	p.keys(kb.Escape)
	p.let(c[0]+c[2]-6, y, 0)
}

func (p canvasTab) levelsOfDetail() {
	p.graph(threeNodes, threeEdges)
	blocks := `document.querySelector(".cv-world").classList.contains("is-blocks")`
	for _, step := range []struct {
		key    string
		level  int
		blocks bool
	}{{"-", 80, false}, {"-", 64, false}, {"-", 51, false}, {"-", 41, false}, {"-", 33, true}, {"+", 41, true}, {"+", 51, false}, {"-", 41, false}} {
		p.keys(step.key)
		p.level(step.level)
		p.wait(fmt.Sprintf("blocks: %v at %d %%", step.blocks, step.level), fmt.Sprintf(`%s === %v`, blocks, step.blocks))
	}
}

// TestCanvasSelection selects.
func TestCanvasSelection(t *testing.T) {
	t.Parallel()
	tab := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"S1 S2 clicks select, toggle and clear", canvasTab.clicksSelect},
		{"S3 S4 a marquee selects what it touches", canvasTab.marquees},
		{"S5 Ctrl+A only in the canvas", canvasTab.selectsAll},
		{"S6 Escape takes one thing back at a time", canvasTab.escapes},
		{"S7 arrow keys move or pan", canvasTab.arrowsMove},
		{"S8 S9 keys walk along the connections", canvasTab.keysWalk},
		{"S11 undo restores the selection", canvasTab.undoSelects},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{tab.with(t)}) })
	}
}

func (p canvasTab) clicksSelect() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.chosen("A")
	p.pressOn("B", 0)
	p.chosen("B")
	p.pressOn("A", shiftKey)
	p.chosen("A", "B")
	p.pressOn("C", ctrlKey)
	p.chosen("A", "B", "C")
	p.pressOn("A", ctrlKey)
	p.chosen("B", "C")
	p.pressOn("B", shiftKey)
	p.chosen("C")
	x, y := p.empty()
	p.press(x, y, 0)
	p.chosen()
}

func (p canvasTab) marquees() {
	p.graph(threeNodes, threeEdges)
	x, y := p.empty()
	b, c := p.rect(node("B")), p.rect(node("C"))
	p.pull(x, y, b[0]+b[2]-10, y-10, 0)
	p.chosen("B") // before it is let go
	p.let(b[0]+b[2]-10, y-10, 0)
	p.chosen("B")
	p.pull(x, y, x+20, c[1]+c[3]-10, shiftKey)
	p.let(x+20, c[1]+c[3]-10, shiftKey)
	p.chosen("B", "C")
}

func (p canvasTab) selectsAll() {
	p.graph(threeNodes, threeEdges)
	p.click("#wf-name")
	p.keys("a", ctrl)
	p.chosen()
	eval[any](p.page, stage+`.focus()`)
	p.keys("a", ctrl)
	p.chosen("A", "B", "C")
}

func (p canvasTab) escapes() {
	p.graph(threeNodes, threeEdges)
	r := p.rect(node("A"))
	p.pressOn("A", 0)
	x, y := p.box(titleOf("A"))
	p.pull(x, y, x+100, y+100, 0)
	p.keys(kb.Escape)
	p.moved("A", r, 0, 0)
	p.let(x+100, y+100, 0)
	p.chosen("A")
	p.keys(kb.F10, shift)
	p.wait("the menu is open", inMenu)
	p.keys(kb.Escape)
	p.wait("the menu is closed", noMenu)
	p.chosen("A")
	p.keys(kb.Escape)
	p.chosen()
}

func (p canvasTab) arrowsMove() {
	id := p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	r := p.rect(node("A"))
	for range 3 {
		p.keys(kb.ArrowRight)
	}
	p.keys(kb.ArrowUp, shift)
	p.moved("A", r, 60, -100)
	if d := p.saved(id); d.Nodes[0].Position.X != 60 || d.Nodes[0].Position.Y != -100 {
		p.t.Errorf("A is stored at %+v", d.Nodes[0].Position)
	}
	p.keys("z", ctrl)
	p.moved("A", r, 0, 0)
	p.wait("it was one step", `document.getElementById("btn-undo").ariaDisabled === "true"`)
	p.keys(kb.Escape)
	p.chosen()
	b := p.rect(node("B"))
	p.keys(kb.ArrowDown)
	p.wait("the view pans", fmt.Sprintf(`Math.abs((%s).getBoundingClientRect().y - %f) > 10`, node("B"), b[1]))
}

func (p canvasTab) keysWalk() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.keys(kb.ArrowDown, ctrl)
	p.chosen("B")
	p.keys(kb.ArrowUp, ctrl)
	p.chosen("A")
	p.keys("]")
	p.chosen("C")
	p.keys("[")
	p.chosen("A")
	p.keys("}")
	p.chosen("A", "C")
	p.pressOn("C", 0)
	p.keys("{")
	p.chosen("A", "C")
}

func (p canvasTab) undoSelects() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.keys("-")
	p.wait("selecting and zooming are no steps", `document.getElementById("btn-undo").ariaDisabled === "true"`)
	p.keys(kb.ArrowRight)
	p.pressOn("B", 0)
	p.chosen("B")
	p.keys("z", ctrl)
	p.chosen("A")
}
