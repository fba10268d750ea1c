//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// node returns the JavaScript of the card with a label.
func node(label string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#canvas .node")].find((n) => !n.hidden && n.querySelector(".node__title").textContent === %q)`, label)
}

// port returns the JavaScript of a port of the card with a label.
func port(label, side, name string) string {
	return fmt.Sprintf(`[...(%s).querySelectorAll(".port--%s")].find((p) => p.textContent === %q)`, node(label), side, name)
}

// connect drags a line from one port to another.
func (p *page) connect(from, out, to, in string) {
	p.t.Helper()
	edge := func(js, side string) (float64, float64) {
		r := eval[[]float64](p, `(() => { const r = (`+js+`).getBoundingClientRect(); return [`+side+`, r.y + r.height / 2] })()`)
		return r[0], r[1]
	}
	x0, y0 := edge(port(from, "out", out), "r.right")
	x1, y1 := edge(port(to, "in", in), "r.left")
	p.drag(x0, y0, x1, y1)
}

// settle waits until an element has stopped moving.
func (p *page) settle(js string) {
	p.t.Helper()
	place := `JSON.stringify((` + js + `).getBoundingClientRect())`
	p.wait("the canvas stands still", `await (async () => { const a = `+place+`; for (let i = 0; i < 8; i++) await new Promise(requestAnimationFrame); return a === `+place+` })()`)
}

// add puts a step of a kind on the canvas by dragging it from the palette.
func (p *page) add(kind string, x, y float64) {
	p.t.Helper()
	n := eval[int](p, `document.querySelectorAll("#canvas .node:not([hidden])").length`)
	p.click(`#palette button[data-kind="` + kind + `"]`)
	p.wait("a "+kind+" step is on the canvas", fmt.Sprintf(`document.querySelectorAll("#canvas .node:not([hidden])").length === %d`, n+1))
	title := `[...document.querySelectorAll("#canvas .node.is-selected")].at(-1).querySelector(".node__title")`
	p.settle(title)
	x0, y0 := p.box(title)
	p.drag(x0, y0, x, y)
	p.settle(title)
}

// button clicks a button of the canvas by what it says.
func (p *page) button(text string) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`[...document.querySelectorAll("#canvas button")].find((b) => b.textContent === %q).click()`, text))
}

// rename gives the selected step a label through the inspector.
func (p *page) rename(label string) {
	p.t.Helper()
	p.wait("the inspector shows the selected step", `document.querySelector("#insp-settings .insp").dataset.node === [...document.querySelectorAll("#canvas .node.is-selected")].at(-1).dataset.id`)
	p.visible(`#insp-settings [name="data.label"]`)
	eval[any](p, `(() => { const f = document.querySelector('#insp-settings [name="data.label"]'); f.focus(); f.select() })()`)
	p.typed(`#insp-settings [name="data.label"]`, label)
	p.wait("the card is called "+label, node(label))
}

// TestMainJob draws text + picture -> model -> debug by mouse and keyboard, runs
// it, and looks at what the user sees, in both themes.
func TestMainJob(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newSite(t).browser(theme)
			p.setUp()
			p.newWorkflow()
			p.drawGraph()
			p.runIt()
			p.seeHistory()
		})
	}
}

// setUp makes the first account through the page and sees the examples.
func (p *page) setUp() {
	p.t.Helper()
	p.open("/")
	p.wait("the setup page is shown", `location.pathname === "/setup"`)
	p.shot("1-setup")
	p.typed(`input[name="firstName"]`, "Ann")
	p.typed(`input[name="lastName"]`, "Lee")
	p.typed(`input[name="email"]`, email)
	p.typed(`input[name="password"]`, password)
	p.click(`form[action="/setup"] button[type="submit"]`)
	p.wait("the list is shown", `location.pathname === "/workflows"`)
	p.wait("three examples are there", `document.querySelectorAll("main a[href^='/workflows/wf_']").length >= 3`)
	p.open("/workflows")
	p.shot("2-list")
}

func (p *page) newWorkflow() {
	p.t.Helper()
	p.click(`form[action="/workflows"] button[type="submit"], button[form="new-workflow"]`)
	p.wait("the editor is open", `document.body.dataset.page === "editor" && document.querySelector("#canvas > *")`)
	p.open(eval[string](p, `location.pathname`))
	p.wait("the editor is open in its theme", `document.querySelector("#canvas > *")`)
	p.shot("3-empty-editor")
}

func (p *page) drawGraph() {
	p.t.Helper()
	p.button("Add a Text step")
	p.wait("the first step is there", `document.querySelector("#canvas .node:not([hidden])")`)
	for range 4 { // so that five steps have room
		p.button("−")
	}
	title := `document.querySelector("#canvas .node:not([hidden]) .node__title")`
	p.settle(title)
	x, y := p.box(title)
	p.drag(x, y, 340, 160)
	p.rename("Notes")
	p.typed(`#insp-settings [name="data.text"]`, "Heddle is a studio. It draws graphs. It runs them and shows each step.")
	p.add("image", 340, 340)
	p.rename("Photo")
	p.click(`#insp-settings [name="data.url"]`)
	p.paste(tinyPNG)
	p.add("llm", 620, 170)
	p.rename("Writer")
	p.typed(`#insp-settings [name="data.prompt"]`, "Summarise what follows. {{notes}} {{seen}}")
	p.add("vision", 580, 360)
	p.rename("Eye")
	p.typed(`#insp-settings [name="data.question"]`, "What is this?")
	p.add("debug", 880, 220)
	p.rename("Result")
	p.wait("the new ports are there", port("Writer", "in", "notes"))
	p.settle(node("Notes"))
	p.connect("Notes", "Text", "Writer", "notes")
	p.connect("Photo", "Image", "Eye", "Images")
	p.connect("Eye", "Text", "Writer", "seen")
	p.connect("Writer", "Text", "Result", "Value")
	p.shot("4-drawn")
	p.wait("the document is saved", `document.querySelector("#save-state").textContent.startsWith("Saved")`)
	if edges := eval[int](p, `fetch("/api" + location.pathname).then((r) => r.json()).then((d) => d.workflow.edges.length)`, chromedp.EvalAwaitPromise); edges != 4 {
		p.t.Errorf("%d connections are saved, want 4", edges)
	}
}

func (p *page) runIt() {
	p.t.Helper()
	p.click("#btn-run")
	p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
	for _, label := range []string{"Notes", "Photo", "Writer", "Eye", "Result"} {
		p.wait(label+" succeeded", `(`+node(label)+`).dataset.status === "success"`)
	}
	p.shot("5-done")
	text := eval[string](p, `(`+node("Result")+`).querySelector(".node__prev").textContent`)
	p.agrees(text)
	if rows := eval[int](p, `document.querySelectorAll("#run-rows [data-node]").length`); rows != 5 {
		p.t.Errorf("the run panel has %d rows", rows)
	}
}

// agrees compares what the card shows with what the API answers for the same run,
// and with what "heddle run" computes from the saved document: three shapes, one result.
func (p *page) agrees(shown string) {
	p.t.Helper()
	byAPI := eval[string](p, `fetch("/api/runs?limit=1").then((r) => r.json()).then((d) => d.runs[0].nodeResults.find((n) => n.nodeType === "debug").output.out)`, chromedp.EvalAwaitPromise)
	doc := eval[string](p, `fetch(location.pathname + "/export").then((r) => r.text())`, chromedp.EvalAwaitPromise)
	byCLI := p.cli(doc, "run", "-")
	if byAPI == "" || byAPI != byCLI || !strings.HasPrefix(byAPI, shown) {
		p.t.Errorf("the card shows %q, the API says %q, heddle run says %q", shown, byAPI, byCLI)
	}
}

func (p *page) seeHistory() {
	p.t.Helper()
	p.open("/runs")
	p.wait("the run is in the history", `document.querySelectorAll("main a[href^='/runs/run_']").length >= 1`)
	p.shot("6-history")
	p.open(eval[string](p, `document.querySelector("main a[href^='/runs/run_']").getAttribute("href")`))
	p.wait("the run's page shows its steps", `document.body.innerText.includes("Writer") && document.body.innerText.includes("Success")`)
	p.shot("7-run")
}

// TestUndoDeleteKeys walks through the edits that the keyboard makes.
func TestUndoDeleteKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	id := s.create("Keys", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A"}},{"id":"b","type":"debug","position":{"x":400,"y":0},"data":{"label":"B"}}]`, `[{"id":"e","source":"a","target":"b"}]`)
	p.open("/workflows/" + id)
	count := `document.querySelectorAll("#canvas .node:not([hidden])").length`
	p.wait("both cards are there", count+" === 2")
	x, y := p.box(`(` + node("A") + `).querySelector(".node__title")`)
	p.drag(x, y, x+1, y) // a click that selects
	p.wait("A is selected", `(`+node("A")+`).classList.contains("is-selected")`)
	p.keys(kb.Delete)
	p.wait("A is gone", count+" === 1")
	if eval[bool](p, `document.activeElement === document.body`) {
		t.Error("N6: the focus fell to the page")
	}
	p.keys("z", ctrl)
	p.wait("A is back", count+" === 2")
	p.keys("a", ctrl)
	p.wait("both are selected", `document.querySelectorAll("#canvas .node.is-selected").length === 2`)
}

// create makes a workflow through the API.
func (s *site) create(name, nodes, edges string) string {
	s.t.Helper()
	var out struct{ Workflow struct{ ID string } }
	s.api("POST", "/api/workflows", map[string]any{"name": name, "nodes": json.RawMessage(nodes), "edges": json.RawMessage(edges)}, &out)
	return out.Workflow.ID
}
