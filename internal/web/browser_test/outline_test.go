//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	alt   = chromedp.KeyModifiers(kb.ModifierAlt)
	shift = chromedp.KeyModifiers(kb.ModifierShift)
)

// stored is a workflow as the API answers it.
type stored struct {
	Nodes []struct {
		ID       string
		Type     string
		Position struct{ X, Y float64 }
		Data     map[string]any
	}
	Edges []struct{ ID, Source, Target, SourceHandle, TargetHandle string }
}

// saved waits until everything is saved and returns the document.
func (p *page) saved(id string) stored {
	p.t.Helper()
	p.wait("the document is saved", `document.querySelector("#save-state").textContent.startsWith("Saved")`)
	var out struct{ Workflow stored }
	p.api("GET", "/api/workflows/"+id, nil, &out)
	return out.Workflow
}

func (s stored) labels() string {
	var all []string
	for _, n := range s.Nodes {
		all = append(all, fmt.Sprint(n.Data["label"]))
	}
	return strings.Join(all, " ")
}

// viewport gives the window another size.
func (p *page) viewport(w, h int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(w, h))
}

// fits fails the test when the page scrolls sideways.
func (p *page) fits() {
	p.t.Helper()
	if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("the page is %d px too wide; the widest: %s", over, eval[string](p, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.id || e.className).slice(0, 8).join(", ")`))
	}
}

const (
	inTree = `document.activeElement.id === "outline-tree"`
	inMenu = `document.activeElement.closest('[role="menu"]')`
	noMenu = `!document.querySelector('[role="menu"]')`
)

// active is the JavaScript of the line of the outline that is active.
const active = `document.getElementById(document.getElementById("outline-tree").getAttribute("aria-activedescendant"))`

// line waits until the active line of the outline holds some words.
func (p *page) line(words string) {
	p.t.Helper()
	p.wait("the active line is "+words, fmt.Sprintf(`%s.getAttribute("aria-label").startsWith(%q)`, active, words))
}

// choose picks an item of the open menu by typing its first letters and pressing Enter.
func (p *page) choose(name string) {
	p.t.Helper()
	p.wait("a menu is open", inMenu)
	for range 40 {
		if strings.HasPrefix(eval[string](p, `document.activeElement.textContent`), name) {
			break
		}
		p.keys(kb.ArrowDown)
	}
	p.wait("the item "+name+" is chosen", fmt.Sprintf(`document.activeElement.textContent.startsWith(%q)`, name))
	p.keys(kb.Enter)
	p.wait("the menu is closed", noMenu)
}

// buildFromOutline makes text -> debug -> debug in an empty workflow with the keys of the outline, and runs it.
func (p *page) buildFromOutline(id string) {
	p.t.Helper()
	eval[any](p, `document.getElementById("outline-tree").focus()`)
	p.keys("n")
	p.choose("Text")
	p.wait("the tree has the focus", inTree)
	p.line("Text")
	p.keys(kb.F2)
	p.wait("the name is typed over the line", `document.activeElement.classList.contains("ol__rename")`)
	p.keys("Source")
	p.keys(kb.Enter)
	p.line("Source")
	p.keys("n")
	p.choose("Debug")
	p.line("Debug")
	p.keys("n")
	p.choose("Debug")
	p.line("Debug 2")
	p.keys(kb.ArrowUp)
	p.keys(kb.ArrowUp)
	p.line("Source")
	p.keys(kb.Enter)
	p.wait("the inspector has the focus", `document.activeElement.closest("#insp-settings")?.querySelector('[name="data.text"]') === document.activeElement`)
	p.keys("Hello from the outline")
	p.keys(kb.Escape)
	p.wait("the focus is back in the outline or on the canvas", inTree+` || document.activeElement.classList.contains("cv-stage")`)
	d := p.saved(id)
	if len(d.Nodes) != 3 || len(d.Edges) != 2 {
		p.t.Fatalf("%d steps and %d connections were built: %+v", len(d.Nodes), len(d.Edges), d)
	}
	p.keys(kb.Enter, ctrl)
	p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
	p.wait("the outline shows it", `document.querySelectorAll('#outline .pill[data-status="success"]').length === 3`)
}

// TestOutline works in the tree of steps.
func TestOutline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	id := s.create("Outline", `[{"id":"d","type":"debug","position":{"x":700,"y":0},"data":{"label":"Show"}},
		{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A","text":"one"}},
		{"id":"b","type":"text","position":{"x":0,"y":300},"data":{"label":"B","text":"two"}}]`, `[{"id":"e","source":"a","target":"d"}]`)
	p.open("/workflows/" + id)
	p.wait("the cards are there", node("Show"))
	p.click(`[data-panel="outline"]`)
	names := `[...document.querySelectorAll("#outline .ol")].sort((a, b) => a.dataset.at - b.dataset.at).map((e) => e.querySelector(".ol__name").textContent).join(" ")`
	p.wait("steps are listed in execution order", names+` === "A B Show"`)
	t.Run("X3 the selection mirrors both ways", func(t *testing.T) {
		p := p.with(t)
		eval[any](p, `document.getElementById("outline-tree").focus()`)
		p.keys(kb.End)
		p.line("Show")
		p.wait("the card is selected", `(`+node("Show")+`).classList.contains("is-selected")`)
		p.button("Fit")
		p.settle(node("B"))
		p.clickOn(`(` + node("B") + `).querySelector(".node__title")`)
		p.wait("the line is selected", active+`.dataset.key === "b" && `+active+`.getAttribute("aria-selected") === "true"`)
		p.shot("mirror")
	})
	t.Run("X3 reorder, rename, connect and disconnect by key", func(t *testing.T) { p.with(t).editLines(id) })
	t.Run("X3 the menu of a line", func(t *testing.T) {
		p := p.with(t)
		p.keys(kb.Home)
		p.line("B")
		p.keys(kb.F10, shift)
		p.wait("the menu is open", inMenu)
		p.shot("menu")
		p.choose("Run this step")
		p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
		p.wait("one step ran", `document.querySelectorAll("#run-rows [data-node]").length === 1`)
		p.wait("the tree has the focus again", inTree)
	})
	t.Run("X3 delete keeps the focus", func(t *testing.T) {
		p := p.with(t)
		p.keys(kb.Home)
		p.line("B")
		p.keys(kb.Delete)
		p.line("Alpha")
		p.wait("the tree has the focus", inTree)
		if d := p.saved(id); len(d.Nodes) != 2 {
			t.Errorf("%d steps are left", len(d.Nodes))
		}
		p.keys("z", ctrl)
		p.wait("the step is back", `document.querySelectorAll('#outline .ol:not(.ol--edge)').length === 3`)
	})
	t.Run("X3 search", func(t *testing.T) {
		p := p.with(t)
		p.click("#outline-search")
		p.keys("sho")
		p.wait("one line is left", names+` === "Show"`)
		p.keys(kb.Enter)
		p.line("Show")
		p.wait("the tree has the focus", inTree)
	})
}

func (p *page) editLines(id string) {
	p.t.Helper()
	eval[any](p, `document.getElementById("outline-tree").focus()`)
	p.keys(kb.Home)
	p.line("A")
	p.keys(kb.ArrowDown, alt)
	p.wait("A is after B", `document.querySelector('#outline [data-key="a"]').dataset.at === "1"`)
	if got := p.saved(id).labels(); got != "Show B A" {
		p.t.Errorf("the document's order is %s", got)
	}
	p.keys(kb.F2)
	p.wait("a field is open", `document.activeElement.classList.contains("ol__rename")`)
	p.keys("Alpha")
	p.keys(kb.Enter)
	p.line("Alpha")
	p.keys("x")
	p.choose("Text → Show")
	p.wait("the tree has the focus", inTree)
	if d := p.saved(id); len(d.Edges) != 0 {
		p.t.Errorf("%d connections are left", len(d.Edges))
	}
	p.keys("c")
	p.choose("Text → Show")
	if d := p.saved(id); len(d.Edges) != 1 || d.Edges[0].Source != "a" {
		p.t.Errorf("the connections are %+v", d.Edges)
	}
	p.keys(kb.ArrowRight)
	p.wait("the line is open", active+`.getAttribute("aria-expanded") === "true"`)
	p.keys(kb.ArrowRight)
	p.line("Connection Text → Show")
	p.wait("the connection is selected", active+`.getAttribute("aria-selected") === "true"`)
	p.keys(kb.ArrowLeft)
	p.line("Alpha")
}

// with returns the page for a subtest.
func (p *page) with(t *testing.T) *page {
	return &page{site: &site{t: t, url: p.url, dir: p.dir, env: p.env, cmd: p.cmd, tok: p.tok}, ctx: p.ctx, theme: p.theme}
}

// TestOutlineAlone builds and runs from the outline alone on a narrow window.
func TestOutlineAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	for _, c := range []struct {
		name  string
		w, h  int64
		theme string
	}{{"390", 390, 844, "light"}, {"320", 320, 640, "dark"}} {
		t.Run("X10 outline and inspector at "+c.name+" px", func(t *testing.T) {
			p := p.with(t)
			p.theme = c.theme
			p.viewport(c.w, c.h)
			id := s.create("Narrow "+c.name, `[]`, `[]`)
			p.open("/workflows/" + id)
			p.wait("the outline stands in for the canvas", `document.getElementById("outline-tree").offsetHeight > 0 && getComputedStyle(document.getElementById("canvas")).visibility === "hidden"`)
			p.buildFromOutline(id)
			p.fits()
			p.shot("built")
		})
	}
}

// TestOutlineOfMany scrolls through ten thousand steps.
func TestOutlineOfMany(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("dark")
	p.signIn()
	var nodes, edges []any
	for i := range 10000 {
		id := "n" + strconv.Itoa(i)
		nodes = append(nodes, map[string]any{"id": id, "type": "debug", "position": map[string]int{"x": i % 100 * 320, "y": i / 100 * 240}, "data": map[string]any{"label": "Step " + strconv.Itoa(i)}})
		if i%100 > 0 {
			edges = append(edges, map[string]any{"id": "e" + strconv.Itoa(i), "source": "n" + strconv.Itoa(i-1), "target": id})
		}
	}
	n, _ := json.Marshal(nodes)
	e, _ := json.Marshal(edges)
	id := s.create("Many", string(n), string(e))
	p.open("/workflows/" + id)
	p.wait("the canvas is there", `document.querySelector("#canvas .cv-stage")`)
	p.click(`[data-panel="outline"]`)
	p.wait("the lines are there", `document.querySelectorAll("#outline .ol").length > 10`)
	eval[any](p, `document.getElementById("outline-tree").focus()`)
	p.keys(kb.End)
	p.line("Step 9999")
	if rows := eval[int](p, `document.querySelectorAll("#outline .ol").length`); rows > 60 {
		t.Errorf("%d lines are in the page", rows)
	}
	begun := time.Now()
	for range 20 {
		p.keys(kb.ArrowUp)
	}
	p.wait("the keys have arrived", active+`.dataset.at === "9979"`)
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("20 keys took %s", took)
	}
	p.click("#outline-search")
	p.keys("step 4321")
	p.wait("the step is found", `document.querySelectorAll("#outline .ol").length === 1`)
	p.shot("many")
}

// clickOn clicks the middle of an element.
func (p *page) clickOn(js string) {
	p.t.Helper()
	x, y := p.box(js)
	p.do(chromedp.MouseClickXY(x, y))
}
