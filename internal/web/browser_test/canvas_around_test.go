//go:build browser

package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCanvasAround looks at what surrounds the steps: menus, first steps, states, chips, names and help.
func TestCanvasAround(t *testing.T) {
	t.Parallel()
	tab := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"A1 a step is dropped at the pointer", canvasTab.dropsKind},
		{"A6 menus for canvas, step and connection", canvasTab.menus},
		{"A8 an empty canvas shows three first steps", canvasTab.firstSteps},
		{"R2 states are words, icons and rings, with time", canvasTab.states},
		{"C13 a connection says what passed", canvasTab.passed},
		{"X1 one tab stop", canvasTab.oneStop},
		{"X2 X6 the active step is named and in view", canvasTab.names},
		{"X9 the list of shortcuts", canvasTab.helps},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{tab.with(t)}) })
	}
}

func (p canvasTab) dropsKind() {
	id := p.graph(threeNodes, threeEdges)
	x, y := p.empty()
	eval[any](p.page, fmt.Sprintf(`(() => { const d = new DataTransfer(), o = { dataTransfer: d, bubbles: true, cancelable: true, clientX: %f, clientY: %f };
		document.querySelector('#palette button[data-kind="debug"]').dispatchEvent(new DragEvent("dragstart", o));
		for (const kind of ["dragover", "drop"]) document.getElementById("canvas").dispatchEvent(new DragEvent(kind, o)) })()`, x, y))
	p.wait("the step is there", node("Debug"))
	if r := p.rect(node("Debug")); x < r[0] || x > r[0]+r[2] || y < r[1] || y > r[1]+r[3] {
		p.t.Errorf("it lies at %v, not at the pointer %.0f, %.0f", r, x, y)
	}
	if d := p.saved(id); len(d.Nodes) != 4 {
		p.t.Errorf("stored %+v", d.Nodes)
	}
}

func (p canvasTab) menus() {
	p.graph(threeNodes, threeEdges)
	x, y := p.empty()
	right := func(x, y float64, label string) {
		p.t.Helper()
		p.do(chromedp.MouseClickXY(x, y, chromedp.ButtonRight))
		p.wait("the menu is called "+label, `document.querySelector(".cv-menu").ariaLabel === "`+label+`" && document.querySelector(".cv-menu kbd")`)
		p.keys(kb.Escape)
		p.wait("it is closed", noMenu)
	}
	right(x, y, "Canvas")
	x0, y0 := p.dot("A", "out", "Text")
	x1, y1 := p.dot("C", "in", "Value")
	right((x0+x1)/2, (y0+y1)/2, "Connection")
	x, y = p.box(titleOf("B"))
	right(x, y, "Selected steps")
	p.chosen("B")
	p.keys(kb.F10, shift)
	p.wait("the keyboard opens it too", inMenu)
}

func (p canvasTab) firstSteps() {
	p.graph(`[]`, `[]`)
	p.wait("three steps are shown", `document.querySelectorAll("#canvas .cv-empty li").length === 3`)
	p.button("Add a Text step")
	p.wait("they are gone", `!document.querySelector("#canvas .cv-empty") && document.querySelector("#canvas .node")`)
}

func (p canvasTab) states() {
	p.graph(threeNodes, threeEdges)
	p.keys(kb.Enter, ctrl)
	card := `(` + node("C") + `)`
	p.wait("C succeeded", card+`.dataset.status === "success"`)
	p.wait("it says so in words, with an icon, a ring and the time", card+`.querySelector(".node__pill").textContent === "Success" && getComputedStyle(`+card+`.querySelector(".node__pill"), "::before").content !== "none" && getComputedStyle(`+card+`, "::before").borderColor !== getComputedStyle(`+card+`, "::before").backgroundColor && /\d m?s/.test(`+card+`.querySelector(".node__foot").textContent)`)
	p.wait("the ring is not that of a step that has not run", `(() => { const c = `+card+`, one = getComputedStyle(c, "::before").borderColor + getComputedStyle(c).boxShadow + getComputedStyle(c, "::after").borderColor, was = c.dataset.status; c.dataset.status = "idle"; const two = getComputedStyle(c, "::before").borderColor + getComputedStyle(c).boxShadow + getComputedStyle(c, "::after").borderColor; c.dataset.status = was; return one !== two })()`)
}

func (p canvasTab) passed() {
	p.graph(threeNodes, threeEdges)
	chip := `(` + port("A", "out", "Text") + `).dataset.chip`
	if eval[bool](p.page, chip+` !== undefined`) {
		p.t.Error("something passed before the first run")
	}
	p.keys(kb.Enter, ctrl)
	p.wait("the connection counts", chip+` === "1 item"`)
	x0, y0 := p.dot("A", "out", "Text")
	x1, y1 := p.dot("C", "in", "Value")
	p.mouse("mouseMoved", (x0+x1)/2, (y0+y1)/2, "none", 0)
	p.wait("and shows the value", `document.querySelector(".cv-edge__value").checkVisibility() && document.querySelector(".cv-edge__value").textContent === "one"`)
	p.shot("chip")
	if eval[bool](p.page, `(`+port("B", "out", "Text")+`).dataset.chip !== undefined`) {
		p.t.Error("an output without a connection has a chip")
	}
}

func (p canvasTab) oneStop() {
	p.graph(threeNodes, threeEdges)
	if n := eval[int](p.page, stage+`.querySelectorAll("a[href], button, input, [tabindex]:not([tabindex='-1'])").length`); n != 0 {
		p.t.Errorf("%d more tab stops lie within the canvas", n)
	}
	p.keys(kb.Tab)
	p.wait("Tab leaves the canvas", `document.activeElement !== `+stage+` && !`+stage+`.contains(document.activeElement) && document.activeElement !== document.body`)
	p.keys(kb.Tab, shift)
	p.wait("and comes back", stage+` === document.activeElement`)
}

func (p canvasTab) names() {
	p.graph(strings.Replace(threeNodes, `"x":400`, `"x":5000`, 1), threeEdges)
	p.keys("0")
	p.keys(kb.ArrowLeft, ctrl)
	p.keys("a", ctrl)
	p.keys(kb.Escape)
	p.pressKeysTo("A")
	p.keys("]")
	p.chosen("C")
	p.inView("C")
	label := eval[string](p.page, `document.getElementById(`+stage+`.getAttribute("aria-activedescendant")).ariaLabel`)
	for _, part := range []string{"C", "Debug", "not run", "3 of 3", "inputs: Value connected", "outputs: Value"} {
		if !strings.Contains(label, part) {
			p.t.Errorf("the step is called %q, without %q", label, part)
		}
	}
	p.wait("the card is a step", `document.getElementById(`+stage+`.getAttribute("aria-activedescendant")).ariaRoleDescription === "step"`)
	p.wait("the focus ring is drawn", `getComputedStyle(`+stage+`, "::after").borderTopWidth === "2px"`)
}

// pressKeysTo selects a step through the link in the address.
func (p canvasTab) pressKeysTo(label string) {
	p.t.Helper()
	eval[any](p.page, `location.hash = "#node=`+strings.ToLower(label)+`"`)
	p.chosen(label)
}

func (p canvasTab) helps() {
	p.graph(threeNodes, threeEdges)
	p.keys("?")
	p.wait("the list is open", `document.querySelector("dialog.cv-help[open]") && document.querySelectorAll(".cv-help kbd").length > 20`)
	p.keys(kb.Escape)
	p.wait("it is closed and the focus is back", `!document.querySelector("dialog[open]") && `+stage+` === document.activeElement`)
}
