//go:build browser

package browser_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCanvasSteps moves, copies, renames and deletes steps.
func TestCanvasSteps(t *testing.T) {
	t.Parallel()
	tab := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"N1 a drag begins after 3 px", canvasTab.dragBegins},
		{"N2 steps follow the pointer together, at every zoom", canvasTab.dragFollows},
		{"N3 steps land on the grid, Ctrl sets them free", canvasTab.dragSnaps},
		{"N5 Alt and drag duplicates", canvasTab.altDrags},
		{"N6 delete takes the connections along, in one step", canvasTab.deletes},
		{"N6 the pointer moves before a deletion is painted", canvasTab.pointerBeatsFrame},
		{"N8 copy and paste as text, into another workflow", canvasTab.copies},
		{"N10 Ctrl+D duplicates", canvasTab.duplicates},
		{"N11 more than 200 steps can be undone, also after a save", canvasTab.undoesMany},
		{"V1 changes are saved by themselves, and at once by Ctrl+S", canvasTab.savesItself},
		{"N12 Enter and double click open the inspector", canvasTab.opensInspector},
		{"N13 F2 and double click on the title rename", canvasTab.renames},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{tab.with(t)}) })
	}
}

func (p canvasTab) dragBegins() {
	p.graph(threeNodes, threeEdges)
	r := p.rect(node("A"))
	x, y := p.box(titleOf("A"))
	p.pull(x, y, x+2, y+1, 0)
	p.let(x+2, y+1, 0)
	p.chosen("A")
	p.moved("A", r, 0, 0)
	p.wait("nothing was changed", `document.getElementById("btn-undo").ariaDisabled === "true"`)
	p.pull(x, y, x+40, y, 0)
	p.let(x+40, y, 0)
	p.moved("A", r, 40, 0)
}

func (p canvasTab) dragFollows() {
	id := p.graph(threeNodes, threeEdges)
	p.keys("-")
	p.keys("-")
	p.level(64)
	p.pressOn("A", 0)
	p.pressOn("C", shiftKey)
	p.settle(node("A"))
	a, c := p.rect(node("A")), p.rect(node("C"))
	x, y := p.box(titleOf("A"))
	p.pull(x, y, x+73, y+31, ctrlKey)
	p.moved("A", a, 73, 31)
	p.moved("C", c, 73, 31)
	p.wait("it lies in front", `+(`+node("A")+`).style.zIndex > +(`+node("B")+`).style.zIndex`)
	p.let(x+73, y+31, ctrlKey)
	d := p.saved(id)
	if by := 73 / 0.64; math.Abs(d.Nodes[0].Position.X-by) > 1 || math.Abs(d.Nodes[2].Position.X-400-by) > 1 || d.Nodes[1].Position.X != 0 {
		p.t.Errorf("stored at %+v", d.Nodes)
	}
}

func (p canvasTab) dragSnaps() {
	id := p.graph(threeNodes, threeEdges)
	x, y := p.box(titleOf("A"))
	p.pull(x, y, x+113, y+73, 0)
	p.let(x+113, y+73, 0)
	if d := p.saved(id); d.Nodes[0].Position.X != 120 || d.Nodes[0].Position.Y != 80 {
		p.t.Errorf("A is at %+v, not on the grid", d.Nodes[0].Position)
	}
	x, y = p.box(titleOf("A"))
	p.pull(x, y, x+13, y, ctrlKey)
	p.let(x+13, y, ctrlKey)
	p.wait("it is not on the grid", `document.querySelector("#save-state").textContent.startsWith("Saved")`)
	if d := p.saved(id); d.Nodes[0].Position.X != 133 {
		p.t.Errorf("A is at %+v", d.Nodes[0].Position)
	}
}

func (p canvasTab) altDrags() {
	id := p.graph(threeNodes, threeEdges)
	x, y := p.box(titleOf("A"))
	p.pull(x, y, x+320, y+280, altKey)
	p.let(x+320, y+280, altKey)
	p.wait("there are four cards", `document.querySelectorAll("#canvas .node:not([hidden])").length === 4`)
	if d := p.saved(id); len(d.Nodes) != 4 || d.Nodes[0].Position.X != 0 || d.Nodes[3].Position.X != 320 {
		p.t.Errorf("stored %+v", d.Nodes)
	}
}

// pointerBeatsFrame takes a step away and moves the pointer before the next frame.
func (p canvasTab) pointerBeatsFrame() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	x, y := p.box(titleOf("B"))
	lost := eval[string](p.page, fmt.Sprintf(`(() => {
		let lost = "";
		const note = (e) => lost = e.message, at = { clientX: %g, clientY: %g, pointerType: "mouse", bubbles: true };
		addEventListener("error", note);
		%[3]s.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", code: "Delete", bubbles: true }));
		%[3]s.dispatchEvent(new PointerEvent("pointermove", at));
		removeEventListener("error", note);
		return lost;
	})()`, x, y, stage))
	if lost != "" {
		p.t.Errorf("the pointer moved before the next frame: %s", lost)
	}
	p.wait("the card is gone", `document.querySelectorAll("#canvas .node:not([hidden])").length === 2`)
}

func (p canvasTab) deletes() {
	id := p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.wait("the inspector shows it", `document.querySelector('#insp-settings [name="data.label"]')`)
	p.click(`#insp-settings [name="data.label"]`)
	p.keys(kb.Backspace)
	p.wait("only a letter is gone", `document.querySelectorAll("#canvas .node:not([hidden])").length === 3`)
	p.keys("z", ctrl)
	eval[any](p.page, stage+`.focus()`)
	p.keys(kb.Delete)
	p.wait("the card is gone", `document.querySelectorAll("#canvas .node:not([hidden])").length === 2`)
	p.wait("the focus is on the canvas", stage+` === document.activeElement`)
	if d := p.saved(id); len(d.Nodes) != 2 || len(d.Edges) != 0 {
		p.t.Errorf("stored %+v", d)
	}
	p.keys("z", ctrl)
	p.wait("the card is back", `document.querySelectorAll("#canvas .node:not([hidden])").length === 3`)
	if d := p.saved(id); len(d.Nodes) != 3 || len(d.Edges) != 1 {
		p.t.Errorf("after undo %+v", d)
	}
}

// transfer sends a clipboard event to the canvas and returns its text.
func (p canvasTab) transfer(kind, text string) string {
	p.t.Helper()
	return eval[string](p.page, fmt.Sprintf(`(() => { const d = new DataTransfer(); if (%q) d.setData("text/plain", %q); %s.dispatchEvent(new ClipboardEvent(%q, { clipboardData: d, bubbles: true, cancelable: true })); return d.getData("text/plain") })()`, text, text, stage, kind))
}

func (p canvasTab) copies() {
	id := p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.pressOn("C", shiftKey)
	p.chosen("A", "C")
	text := p.transfer("copy", "")
	if !strings.HasPrefix(text, "{") || !strings.Contains(text, `"edges"`) {
		p.t.Fatalf("the clipboard holds %q", text)
	}
	p.transfer("paste", text)
	d := p.saved(id)
	if len(d.Nodes) != 5 || len(d.Edges) != 2 || d.Nodes[3].ID == "a" || d.Edges[1].Source != d.Nodes[3].ID {
		p.t.Errorf("after paste %+v", d)
	}
	if cut := p.transfer("cut", ""); cut == "" {
		p.t.Error("nothing was cut")
	}
	if d := p.saved(id); len(d.Nodes) != 3 {
		p.t.Errorf("after cut %+v", d)
	}
	other := p.graph(`[]`, `[]`)
	p.transfer("paste", text)
	if d := p.saved(other); len(d.Nodes) != 2 || len(d.Edges) != 1 {
		p.t.Errorf("in the other workflow %+v", d)
	}
}

func (p canvasTab) duplicates() {
	id := p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.keys("d", ctrl)
	p.wait("there are four cards", `document.querySelectorAll("#canvas .node:not([hidden])").length === 4`)
	if d := p.saved(id); len(d.Nodes) != 4 || d.Nodes[3].Position.X != 24 || d.Nodes[3].Position.Y != 24 {
		p.t.Errorf("stored %+v", d.Nodes)
	}
}

func (p canvasTab) opensInspector() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.keys(kb.Enter)
	p.wait("its first field has the focus", `document.activeElement.name === "data.text"`)
	p.keys(kb.Escape)
	p.wait("the focus is back", stage+` === document.activeElement`)
	x, y := p.box(`(` + node("B") + `).querySelector(".node__prev")`)
	p.do(chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	p.wait("the other one is open", `document.activeElement.name === "data.text" && document.activeElement.value === "two"`)
}

func (p canvasTab) renames() {
	p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	p.keys(kb.F2)
	p.wait("the title is a field", `document.activeElement.classList.contains("node__rename")`)
	p.keys("First")
	p.keys(kb.Enter)
	p.wait("it has its name", node("First"))
	p.wait("the focus is back", stage+` === document.activeElement`)
	x, y := p.box(titleOf("B"))
	p.do(chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	p.wait("the title is a field", `document.activeElement.classList.contains("node__rename")`)
	p.keys("Second")
	p.keys(kb.Escape)
	p.wait("Escape leaves the name", node("B"))
}

// TestCanvasConnections makes and moves connections.
func TestCanvasConnections(t *testing.T) {
	t.Parallel()
	tab := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"C1 C2 ports are large, light up and attract", canvasTab.portsAttract},
		{"C3 dropping on a step connects to its first free input", canvasTab.dropsOnBody},
		{"C5 a refusal says why", canvasTab.refuses},
		{"C6 ends can be moved and dropped", canvasTab.reconnects},
		{"C7 a new connection replaces the old one", canvasTab.replaces},
		{"C8 a connection is easy to hit", canvasTab.hitsEdge},
		{"C11 one click on each port connects", canvasTab.clicksPorts},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{tab.with(t)}) })
	}
}

// dot returns the middle of a port's dot.
func (p canvasTab) dot(label, side, name string) (x, y float64) {
	p.t.Helper()
	r := p.rect(port(label, side, name))
	if side == "in" {
		return r[0], r[1] + r[3]/2
	}
	return r[0] + r[2], r[1] + r[3]/2
}

func (p canvasTab) portsAttract() {
	id := p.graph(threeNodes, `[]`)
	x, y := p.dot("B", "out", "Text")
	tx, ty := p.dot("C", "in", "Value")
	p.pull(x+11, y, tx-30, ty, 0) // 22 px wide at least on this side of the dot
	p.wait("ports that fit are lit", `document.querySelector("#canvas .port--fits") && document.querySelector("#canvas .port--dim")`)
	p.let(tx-30, ty, 0)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Source != "b" {
		p.t.Errorf("stored %+v", d.Edges)
	}
}

func (p canvasTab) dropsOnBody() {
	id := p.graph(threeNodes, `[]`)
	x, y := p.dot("A", "out", "Text")
	tx, ty := p.box(titleOf("C"))
	p.drag(x, y, tx, ty)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Target != "c" || d.Edges[0].TargetHandle != "in" {
		p.t.Errorf("stored %+v", d.Edges)
	}
}

func (p canvasTab) refuses() {
	p.graph(`[{"id":"i","type":"image","position":{"x":0,"y":0},"data":{"label":"I"}},{"id":"l","type":"llm","position":{"x":400,"y":0},"data":{"label":"L","prompt":"{{topic}}"}}]`, `[]`)
	eval[any](p.page, hear)
	x, y := p.dot("I", "out", "Image")
	tx, ty := p.dot("L", "in", "topic")
	p.drag(x, y, tx+6, ty)
	p.wait("the reason stands at the pointer and is spoken", `[...document.querySelectorAll(".cv-tip")].some((e) => /image output cannot feed/.test(e.textContent)) && window.__heard.some((h) => /image output cannot feed/.test(h.text))`)
	p.shot("refused")
	p.graph(threeNodes, `[]`)
	x, y = p.dot("C", "out", "Value")
	tx, ty = p.box(titleOf("C"))
	p.drag(x, y, tx, ty)
	p.wait("a loop is refused too", `document.querySelector(".cv-tip").textContent === "A step cannot feed itself"`)
}

func (p canvasTab) reconnects() {
	nodes := strings.TrimSuffix(threeNodes, "]") + `,{"id":"d","type":"debug","position":{"x":400,"y":230},"data":{"label":"D"}}]`
	id := p.graph(nodes, threeEdges)
	x, y := p.dot("C", "in", "Value")
	tx, ty := p.dot("D", "in", "Value")
	p.drag(x, y, tx, ty)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Target != "d" || d.Edges[0].ID != "e" {
		p.t.Errorf("stored %+v", d.Edges)
	}
	p.drag(tx, ty, tx-60, ty+190)
	p.wait("the connection is gone", `!document.querySelector("#canvas .port--on")`)
	if d := p.saved(id); len(d.Edges) != 0 {
		p.t.Errorf("stored %+v", d.Edges)
	}
}

func (p canvasTab) replaces() {
	id := p.graph(threeNodes, threeEdges)
	x, y := p.dot("B", "out", "Text")
	tx, ty := p.dot("C", "in", "Value")
	p.drag(x, y, tx, ty)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Source != "b" {
		p.t.Errorf("stored %+v", d.Edges)
	}
	p.keys("z", ctrl)
	p.wait("nothing more can be undone", `document.getElementById("btn-undo").ariaDisabled === "true"`)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Source != "a" {
		p.t.Errorf("after undo %+v", d.Edges)
	}
}

func (p canvasTab) hitsEdge() {
	id := p.graph(threeNodes, threeEdges)
	x0, y0 := p.dot("A", "out", "Text")
	x1, y1 := p.dot("C", "in", "Value")
	p.press((x0+x1)/2, (y0+y1)/2+6, 0)
	p.wait("the connection is selected", `document.querySelector("#insp-settings h2")?.textContent === "Connection"`)
	p.keys(kb.Delete)
	if d := p.saved(id); len(d.Edges) != 0 {
		p.t.Errorf("stored %+v", d.Edges)
	}
}

func (p canvasTab) clicksPorts() {
	id := p.graph(threeNodes, `[]`)
	x, y := p.dot("B", "out", "Text")
	p.press(x, y, 0)
	p.wait("the other end is asked for", `document.querySelector("#canvas .port--fits")`)
	x, y = p.dot("C", "in", "Value")
	p.mouse("mouseMoved", x, y, "none", 0)
	p.press(x, y, 0)
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Source != "b" {
		p.t.Errorf("stored %+v", d.Edges)
	}
}

// TestCanvasAround looks at menus, the empty canvas, states and tab stops.
func (p canvasTab) undoesMany() {
	id := p.graph(threeNodes, threeEdges)
	p.pressOn("A", 0)
	const steps = 205
	for range steps {
		p.keys("d", ctrl)
	}
	if d := p.saved(id); len(d.Nodes) != 3+steps {
		p.t.Fatalf("%d steps are stored", len(d.Nodes))
	}
	for range steps {
		p.keys("z", ctrl)
	}
	p.wait("all are taken back", `document.getElementById("btn-undo").ariaDisabled === "true"`)
	if d := p.saved(id); len(d.Nodes) != 3 || len(d.Edges) != 1 {
		p.t.Errorf("after undo %d steps", len(d.Nodes))
	}
	p.keys("y", ctrl)
	p.keys("z", chromedp.KeyModifiers(kb.ModifierCtrl|kb.ModifierShift))
	if d := p.saved(id); len(d.Nodes) != 5 {
		p.t.Errorf("after two redos %d steps", len(d.Nodes))
	}
	p.keys("z", ctrl)
	p.keys("z", ctrl)
	p.pressOn("B", 0)
	p.keys(kb.ArrowRight)
	x, y := p.empty()
	p.wheel(x, y, 0, 3000, 0)
	p.wait("B is far away", `!(`+node("B")+`) || (`+node("B")+`).getBoundingClientRect().bottom < 0`)
	eval[any](p.page, stage+`.focus()`)
	p.keys("z", ctrl)
	p.inView("B")
}

func (p canvasTab) savesItself() {
	id := p.graph(threeNodes, threeEdges)
	eval[any](p.page, `(window.__keys = [], addEventListener("keydown", (e) => { if (e.key === "s") setTimeout(() => window.__keys.push(e.defaultPrevented)) }, true), window.__states = [document.querySelector("#save-state").textContent], new MutationObserver(() => window.__states.push(document.querySelector("#save-state").textContent)).observe(document.querySelector("#save-state"), { childList: true, characterData: true, subtree: true }), 0)`)
	p.pressOn("A", 0)
	p.keys(kb.ArrowRight)
	p.wait("it says that it is unsaved, saves, and says so", `["Unsaved changes", "Saving…", "Saved"].every((w) => window.__states.includes(w)) && window.__states.at(-1) === "Saved"`)
	if d := p.saved(id); d.Nodes[0].Position.X != 20 {
		p.t.Errorf("A is stored at %+v", d.Nodes[0].Position)
	}
	p.keys(kb.ArrowRight, shift)
	p.keys("s", ctrl)
	p.wait("Ctrl+S saves, and the browser's dialog stays away", `document.querySelector("#save-state").textContent === "Saved" && window.__keys.length === 1 && window.__keys[0]`)
	if d := p.saved(id); d.Nodes[0].Position.X != 120 {
		p.t.Errorf("A is stored at %+v", d.Nodes[0].Position)
	}
}
