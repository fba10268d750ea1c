//go:build browser

package browser_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardOnly builds text -> debug -> debug in an empty workflow and runs it, with no pointer.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	t.Run("X4 X7 a workflow is built and run by keys alone", builtByKeys)
}

func builtByKeys(t *testing.T) {
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	id := s.create("Keys only", `[]`, `[]`)
	p.open("/workflows/" + id)
	p.wait("the canvas is there", `document.querySelector("#canvas .cv-stage")`)
	p.before(`addEventListener("pointerdown", () => { window.__pointer = true }, true)`)
	onStage := `document.activeElement.classList.contains("cv-stage")`
	tabs := 0
	for ; !eval[bool](p, `document.activeElement.id === "palette-search"`); tabs++ {
		if tabs > 40 {
			t.Fatal("40 tab stops do not lead to the search of steps")
		}
		p.keys(kb.Tab)
	}
	for i, word := range []string{"text", "debug", "debug"} {
		eval[any](p, `document.activeElement.select()`)
		p.keys(word)
		p.keys(kb.Enter)
		p.wait("the step is added", fmt.Sprintf(`document.querySelectorAll("#canvas .node:not([hidden])").length === %d`, i+1))
	}
	p.keys(kb.Escape)
	if !eval[bool](p, onStage) {
		p.keys(kb.Escape)
	}
	p.wait("the canvas has the focus", onStage)
	p.walkTo("Debug", kb.ArrowLeft)
	p.keys("c")
	p.choose("Value → Debug 2")
	p.walkTo("Text", kb.ArrowLeft)
	p.keys("c")
	p.choose("Text → Debug, Value")
	p.wait("the canvas has the focus again", onStage)
	if d := p.saved(id); len(d.Nodes) != 3 || len(d.Edges) != 2 {
		t.Fatalf("built %+v", d)
	}
	p.keys(kb.Enter)
	p.wait("the inspector has the focus", `document.activeElement.name === "data.text"`)
	p.keys("Typed by hand")
	p.keys(kb.Escape)
	p.wait("the canvas has the focus", onStage)
	p.keys(kb.Enter, ctrl)
	p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
	p.wait("the text came through", `(`+node("Debug 2")+`).querySelector(".node__prev").textContent.includes("Typed by hand")`)
	p.shot("done")
}

// walkTo selects a step by Control and arrow keys.
func (p *page) walkTo(label, first string) {
	p.t.Helper()
	is := `(` + node(label) + `)?.classList.contains("is-selected") && document.querySelectorAll("#canvas .node.is-selected").length === 1`
	for range 4 {
		for _, k := range []string{first, kb.ArrowUp, kb.ArrowRight, kb.ArrowDown} {
			if eval[bool](p, is) {
				return
			}
			p.keys(k, ctrl)
		}
	}
	p.wait(label+" is selected", is)
}

// hear makes the page note what the live regions say, and when.
const hear = `(() => { window.__heard = [];
	for (const id of ["live", "alarm"]) new MutationObserver(() => window.__heard.push({ at: performance.now(), id, text: document.getElementById(id).textContent })).observe(document.getElementById(id), { childList: true, characterData: true, subtree: true }) })()`

// TestRunIsTold follows a run of many steps with the ears of a screen reader, and goes to what failed.
func TestRunIsTold(t *testing.T) {
	t.Parallel()
	m := newSlowModel(t)
	s := newSite(t, "OPENAI_BASE_URL="+m.URL+"/v1", "OPENAI_API_KEY=test")
	s.account()
	p := s.browser("light")
	p.signIn()
	var nodes, edges []string
	for i := range 30 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"t%d","type":"text","position":{"x":%d,"y":%d},"data":{"label":"Text %d","text":"x"}}`, i, i%6*320, i/6*240, i))
	}
	nodes = append(nodes, `{"id":"ask","type":"llm","position":{"x":2400,"y":0},"data":{"label":"Ask","provider":"openai","model":"slow","prompt":"go"}}`,
		`{"id":"bad","type":"image","position":{"x":6000,"y":3000},"data":{"label":"Bad","url":"http://127.0.0.1:9/none.png"}}`, `{"id":"seen","type":"debug","position":{"x":6400,"y":3000},"data":{"label":"Seen"}}`)
	edges = append(edges, `{"id":"e","source":"bad","target":"seen"}`)
	id := s.create("Told", "["+strings.Join(nodes, ",")+"]", "["+strings.Join(edges, ",")+"]")
	p.open("/workflows/" + id)
	p.wait("the canvas is there", `document.querySelector("#canvas .cv-stage")`)
	eval[any](p, hear)
	p.click("#btn-run")
	p.wait("sums are told", `window.__heard.some((h) => /steps done/.test(h.text))`)
	close(m.finish)
	p.wait("the run ended", `/Partial|Failed/.test(document.querySelector("#run-status").textContent)`)
	p.wait("the end is told", `window.__heard.some((h) => /The run ended/.test(h.text))`)
	t.Run("X5 at most one message a second, in sums", func(t *testing.T) {
		p := p.with(t)
		if gap := eval[float64](p, `Math.min(...window.__heard.slice(1).map((h, i) => h.at - window.__heard[i].at))`); gap < 980 {
			t.Errorf("two messages came within %.0f ms: %s", gap, eval[string](p, `JSON.stringify(window.__heard)`))
		}
		if !eval[bool](p, `window.__heard.filter((h) => h.id === "alarm").every((h) => /failed/.test(h.text)) && window.__heard.some((h) => h.id === "alarm" && h.text === "Bad failed.")`) {
			t.Errorf("heard %s", eval[string](p, `JSON.stringify(window.__heard)`))
		}
	})
	t.Run("R4 go to the failed step", func(t *testing.T) {
		p := p.with(t)
		p.wait("the panel offers the way", `[...document.querySelectorAll("#run-panel button")].some((b) => b.textContent === "Go to failed step")`)
		eval[any](p, `document.querySelector("#canvas .cv-stage").focus()`)
		p.keys("1")
		p.keys("e")
		p.wait("the failed step is selected and says why", `(`+node("Bad")+`).classList.contains("is-selected") && (`+node("Bad")+`).querySelector(".node__foot").textContent.length > 10`)
		p.inView("Bad")
		p.shot("failed-step")
		p.keys(kb.Escape)
		p.wait("nothing is selected", `!document.querySelector("#canvas .node.is-selected")`)
		eval[any](p, `[...document.querySelectorAll("#run-panel button")].find((b) => b.textContent === "Go to failed step").click()`)
		p.wait("the failed step is selected", `(`+node("Bad")+`).classList.contains("is-selected")`)
	})
	t.Run("R8 the title of the tab shows the result", func(t *testing.T) {
		p.with(t).wait("the title shows it", `document.title.startsWith("✗")`)
	})
}

// inView fails the test when a card is not wholly in view.
func (p *page) inView(label string) {
	p.t.Helper()
	p.wait(label+" is in view", `(() => { const a = (`+node(label)+`).getBoundingClientRect(), b = document.getElementById("canvas").getBoundingClientRect(); return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom })()`)
}

// TestFollowRun follows a run to a step far away, in a hidden tab too.
func TestFollowRun(t *testing.T) {
	t.Parallel()
	m := newSlowModel(t)
	s := newSite(t, "OPENAI_BASE_URL="+m.URL+"/v1", "OPENAI_API_KEY=test")
	s.account()
	p := s.browser("light")
	p.signIn()
	id := s.create("Far", `[{"id":"near","type":"text","position":{"x":0,"y":0},"data":{"label":"Near","text":"x"}},
		{"id":"ask","type":"llm","position":{"x":9000,"y":4000},"data":{"label":"Far away","provider":"openai","model":"slow","prompt":"go"}}]`, `[]`)
	p.open("/workflows/" + id + "#node=near")
	t.Run("V4 a link selects and centres its step", func(t *testing.T) {
		p := p.with(t)
		p.wait("the step is selected", `(`+node("Near")+`).classList.contains("is-selected")`)
		p.wait("it is in the middle", `(() => { const a = (`+node("Near")+`).getBoundingClientRect(), b = document.getElementById("canvas").getBoundingClientRect(); return Math.abs(a.left + a.right - b.left - b.right) < 4 && Math.abs(a.top + a.bottom - b.top - b.bottom) < 4 })()`)
		eval[any](p, `navigator.clipboard.writeText = async (t) => { window.__copied = t }`)
		eval[any](p, `document.querySelector("#canvas .cv-stage").focus()`)
		p.keys(kb.F10, shift)
		p.choose("Copy link to step")
		p.wait("the address is copied", `window.__copied === location.origin + location.pathname + "#node=near"`)
	})
	t.Run("R6 follow run", func(t *testing.T) {
		p := p.with(t)
		p.click("#btn-follow")
		p.wait("it is on", `document.getElementById("btn-follow").ariaPressed === "true"`)
		p.click("#btn-run")
		p.wait("the step at work is shown", node("Far away"))
		p.settle(node("Far away"))
		p.inView("Far away")
		p.shot("followed")
		x, y := p.box(`document.getElementById("canvas")`)
		p.wheel(x, y, 0, 40, 0)
		p.wait("a hand ends it", `document.getElementById("btn-follow").ariaPressed === "false"`)
	})
	t.Run("R8 a hidden tab keeps its socket and shows the result", func(t *testing.T) {
		p := p.with(t)
		eval[any](p, `Object.defineProperty(document, "hidden", { get: () => true }), Object.defineProperty(document, "visibilityState", { get: () => "hidden" }), document.dispatchEvent(new Event("visibilitychange"))`)
		p.wait("the run is at work", `document.title.startsWith("▶")`)
		close(m.finish)
		p.wait("the title shows the result", `document.title.startsWith("✓")`)
	})
}

// wheel turns the mouse wheel.
func (p *page) wheel(x, y, dx, dy float64, modifiers int64) {
	p.t.Helper()
	for _, d := range []*float64{&dx, &dy} {
		if *d == 0 {
			*d = 0.001 // the protocol leaves zeros out and then misses them
		}
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseWheel", X: x, Y: y, DeltaX: dx, DeltaY: dy, Modifiers: modifiers}); err != nil {
		p.t.Fatal(err)
	}
}

// touch sends one event with fingers at places of the window.
func (p *page) touch(kind string, at ...[2]float64) {
	p.t.Helper()
	points := []*input.TouchPoint{}
	for i, xy := range at {
		id := float64(i)
		points = append(points, &input.TouchPoint{X: xy[0], Y: xy[1], ID: &id})
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventType(kind), TouchPoints: points}); err != nil {
		p.t.Fatal(err)
	}
}

// swipe moves one finger.
func (p *page) swipe(x0, y0, x1, y1 float64) {
	p.t.Helper()
	p.touch("touchStart", [2]float64{x0, y0})
	for i := 1.0; i <= 8; i++ {
		p.touch("touchMove", [2]float64{x0 + (x1-x0)*i/8, y0 + (y1-y0)*i/8})
	}
	p.touch("touchEnd")
}

// TestTouch works with fingers.
func TestTouch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	if _, err := chromedp.Call(p.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.signIn()
	id := s.create("Touch", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A"}},{"id":"b","type":"debug","position":{"x":400,"y":0},"data":{"label":"B"}}]`, `[]`)
	p.viewport(1024, 768)
	p.open("/workflows/" + id)
	p.wait("the cards are there", node("B"))
	title := `(` + node("A") + `).querySelector(".node__title")`
	p.settle(title)
	t.Run("P7 one finger on empty space pans", func(t *testing.T) {
		p := p.with(t)
		x, y := p.box(title)
		cx, _ := p.box(`document.getElementById("canvas")`)
		p.swipe(cx, y+210, cx+60, y+170)
		p.settle(title)
		if nx, ny := p.box(title); math.Abs(nx-x-60) > 12 || math.Abs(ny-y+40) > 12 {
			t.Errorf("the card moved from %.0f,%.0f to %.0f,%.0f", x, y, nx, ny)
		}
	})
	t.Run("P7 one finger on a step drags it", func(t *testing.T) {
		p := p.with(t)
		x, y := p.box(title)
		p.swipe(x, y, x, y+120)
		p.settle(title)
		if _, ny := p.box(title); ny < y+60 {
			t.Errorf("the card moved from %.0f to %.0f", y, ny)
		}
		p.wait("it is a change of the document", `document.querySelector("#btn-undo").ariaDisabled === "false"`)
	})
	t.Run("P7 two fingers pan and zoom, also from a step", func(t *testing.T) {
		p := p.with(t)
		x, y := p.box(title)
		before := eval[string](p, `document.querySelector(".cv-button--level").textContent`)
		p.touch("touchStart", [2]float64{x, y})
		p.touch("touchStart", [2]float64{x, y}, [2]float64{x + 100, y})
		for i := 1.0; i <= 6; i++ {
			p.touch("touchMove", [2]float64{x, y}, [2]float64{x + 100 + 10*i, y})
		}
		p.touch("touchEnd")
		p.wait("the picture is larger", `document.querySelector(".cv-button--level").textContent !== "`+before+`"`)
		if d := p.saved(id); d.Nodes[0].Position.X != 0 {
			t.Error("the pinch dragged the step")
		}
	})
	t.Run("P7 a long press opens the menu", func(t *testing.T) {
		p := p.with(t)
		p.settle(title)
		x, y := p.box(title)
		p.touch("touchStart", [2]float64{x, y})
		p.wait("the menu is open", `document.querySelector('.cv-menu')`)
		p.touch("touchEnd")
		p.wait("it stays open", `document.querySelector('.cv-menu').getBoundingClientRect().height > 100`)
		p.shot("long-press")
	})
	t.Run("X11 targets are large under a finger", func(t *testing.T) {
		p := p.with(t)
		if !eval[bool](p, `matchMedia("(pointer: coarse)").matches`) {
			t.Skip("this browser does not say that its pointer is coarse")
		}
		p.wait("menu lines are 44 px", `[...document.querySelectorAll(".cv-menu__item")].every((e) => e.getBoundingClientRect().height >= 44)`)
	})
}

// TestSmallTargets measures what can be pressed with a mouse.
func TestSmallTargets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	p.open("/workflows/" + s.create("Targets", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A"}}]`, `[]`))
	p.wait("the card is there", node("A"))
	p.click(`[data-panel="outline"]`)
	p.wait("the outline is there", `document.querySelector("#outline .ol")`)
	small := `[...document.querySelectorAll("button, a[href], input, select, [role=button], .ol__fold")].filter((e) => { const r = e.getBoundingClientRect(); return r.width && r.bottom > 0 && !e.closest(".sr") && !e.closest("p") && (r.width < 24 || r.height < 24) }).map((e) => (e.id || e.className || e.tagName) + " " + JSON.stringify(e.getBoundingClientRect()))`
	t.Run("X11 targets are at least 24 px", func(t *testing.T) {
		if found := eval[[]string](p.with(t), small); len(found) > 0 {
			t.Errorf("too small: %s", strings.Join(found, "\n"))
		}
	})
	t.Run("P14 X10 reduced motion, forced colours and 200 %", func(t *testing.T) {
		p := p.with(t)
		features := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "forced-colors", Value: "active"}}
		if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			t.Fatal(err)
		}
		p.viewport(640, 400) // a window of 1280 x 800 at 200 %
		p.fits()
		p.shot("large-text")
		p.viewport(1280, 800)
		eval[any](p, `document.getElementById("outline-tree").focus()`)
		p.keys(kb.End)
		p.wait("the selected line has colours of its own", active+`.getAttribute("aria-selected") === "true" && getComputedStyle(`+active+`).backgroundColor !== getComputedStyle(document.body).backgroundColor`)
		p.shot("forced-colours")
	})
}
