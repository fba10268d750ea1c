//go:build browser

package browser_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// arranged is an editor page on a document of its own.
type arranged struct {
	*page
	id string
}

// drawn is a document as the API returns it.
type drawn struct {
	Nodes []struct {
		ID, ParentID, Type string
		Position           struct{ X, Y float64 }
	}
	Edges []struct{ ID, Source, Target, SourceHandle, TargetHandle string }
}

// step writes a node, wire an edge, as JSON.
func step(id, kind string, x, y int) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"position":{"x":%d,"y":%d},"data":{"label":%q}}`, id, kind, x, y, strings.ToUpper(id))
}

func wire(id, from, to string) string {
	return fmt.Sprintf(`{"id":%q,"source":%q,"target":%q}`, id, from, to)
}

// arrange opens the editor on a document.
func (p *page) arrange(nodes, edges []string) *arranged {
	p.t.Helper()
	// A page that has not heard yet that all is saved asks before it is left.
	p.wait("what was open is saved", `!document.querySelector("#save-state") || document.querySelector("#save-state").textContent.startsWith("Saved")`)
	a := &arranged{page: p, id: p.create(p.t.Name(), "["+strings.Join(nodes, ",")+"]", "["+strings.Join(edges, ",")+"]")}
	p.open("/workflows/" + a.id)
	p.wait("the cards are shown", fmt.Sprintf(`document.querySelectorAll("#canvas .node:not([hidden])").length === %d`, len(nodes)))
	p.settle(`document.querySelector("#canvas .node")`)
	return a
}

// doc returns the document once the page has saved it and it satisfies ok.
func (a *arranged) doc(what string, ok func(drawn) bool) drawn {
	a.t.Helper()
	var out struct{ Workflow drawn }
	a.until(what, func() bool {
		out.Workflow = drawn{}
		a.api("GET", "/api/workflows/"+a.id, nil, &out)
		return ok(out.Workflow)
	})
	return out.Workflow
}

func (d drawn) at(id string) (x, y float64) {
	for _, n := range d.Nodes {
		if n.ID == id {
			return n.Position.X, n.Position.Y
		}
	}
	return math.NaN(), math.NaN()
}

// ends writes the edges as "a>b", sorted.
func (d drawn) ends() string {
	var out []string
	for _, e := range d.Edges {
		out = append(out, e.Source+">"+e.Target)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

const (
	altKey   = 1
	ctrlKey  = 2
	shiftKey = 8
)

func (p *page) mouse(kind input.DispatchMouseEventType, x, y float64, held bool, modifiers int64) {
	p.t.Helper()
	e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Modifiers: modifiers}
	if held {
		e.Button, e.Buttons, e.ClickCount = input.MouseButtonLeft, 1, 1
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, e); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) hoverAt(x, y float64) { p.mouse(chromedp.MouseMoved, x, y, false, 0) }

// carry presses at the first place and moves through the others; the button stays down.
func (p *page) carry(modifiers int64, places ...[2]float64) {
	p.t.Helper()
	at := places[0]
	p.mouse(chromedp.MouseMoved, at[0], at[1], false, modifiers)
	p.mouse(chromedp.MousePressed, at[0], at[1], true, modifiers)
	for _, to := range places[1:] {
		for i := 1; i <= 8; i++ {
			f := float64(i) / 8
			p.mouse(chromedp.MouseMoved, at[0]+(to[0]-at[0])*f, at[1]+(to[1]-at[1])*f, true, modifiers)
		}
		at = to
	}
}

func (p *page) letGo(x, y float64, modifiers int64) {
	p.t.Helper()
	p.mouse(chromedp.MouseReleased, x, y, true, modifiers)
}

func (p *page) clickAt(x, y float64, modifiers int64) {
	p.t.Helper()
	p.carry(modifiers, [2]float64{x, y})
	p.letGo(x, y, modifiers)
}

// title returns the middle of a card's title.
func (p *page) title(label string) (x, y float64) {
	p.t.Helper()
	return p.box(`(` + node(label) + `).querySelector(".node__title")`)
}

// middle returns the middle of the connection between the first ports of two cards.
func (p *page) middle(from, to string) (x, y float64) {
	p.t.Helper()
	r := eval[[]float64](p, fmt.Sprintf(`(() => {
		const a = (%s).querySelector(".port--out").getBoundingClientRect(), b = (%s).querySelector(".port--in").getBoundingClientRect();
		return [(a.right + b.left) / 2, (a.y + a.height / 2 + b.y + b.height / 2) / 2] })()`, node(from), node(to)))
	return r[0], r[1]
}

// painted counts the pixels of the layer that gestures draw on which have the colour of a token.
func painted(token string) string {
	return fmt.Sprintf(`(() => {
		const layer = document.querySelector("#canvas .cv-active");
		if (layer.hidden) return 0;
		const probe = new OffscreenCanvas(1, 1).getContext("2d");
		probe.fillStyle = getComputedStyle(document.querySelector("#canvas")).getPropertyValue(%q).trim();
		probe.fillRect(0, 0, 1, 1);
		const [r, g, b] = probe.getImageData(0, 0, 1, 1).data, d = layer.getContext("2d").getImageData(0, 0, layer.width, layer.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && Math.abs(d[i] - r) < 12 && Math.abs(d[i + 1] - g) < 12 && Math.abs(d[i + 2] - b) < 12) n++;
		return n })()`, token)
}

const selectionBar = `document.querySelector("#canvas .cv-selection")`

func (p *page) press(action string) {
	p.t.Helper()
	p.click(`#canvas .cv-selection [data-action="` + action + `"]`)
}

// said waits until the page has said something.
func (p *page) said(text string) {
	p.t.Helper()
	p.wait("the page says "+text, fmt.Sprintf(`[...document.querySelectorAll("[aria-live], [role=status], [role=alert]")].some((e) => e.textContent.includes(%q))`, text))
}

func newArrangeSite(t *testing.T, theme string) *page {
	t.Helper()
	s := newSite(t)
	s.account()
	p := s.browser(theme)
	p.signIn()
	return p
}

// named gives a subtest its own t, so that what fails is named.
func (p *page) named(t *testing.T) *page {
	whole := p.t
	p.t = t
	t.Cleanup(func() { p.t = whole })
	return p
}

// TestArrange puts steps in order: the bar of a selection, guides, tidying.
func TestArrange(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			t.Run("S10 the bar of a selection aligns, distributes and deletes", func(t *testing.T) { p.named(t).arrangeBar() })
			t.Run("N4 guides pull and are drawn", func(t *testing.T) { p.named(t).arrangeGuides() })
			t.Run("N20 tidy up is one step", func(t *testing.T) { p.named(t).arrangeTidy() })
		})
	}
}

func (p *page) arrangeBar() {
	p.t.Helper()
	a := p.arrange([]string{step("a", "text", 0, 0), step("b", "debug", 330, 60), step("c", "debug", 800, 330)}, []string{wire("e", "a", "b")})
	if eval[bool](p, selectionBar+`.checkVisibility()`) {
		p.t.Error("the bar is shown without a selection")
	}
	x, y := p.title("A")
	p.clickAt(x, y, 0)
	for _, label := range []string{"B", "C"} {
		x, y = p.title(label)
		p.clickAt(x, y, shiftKey)
	}
	p.wait("the bar counts three steps", selectionBar+`.checkVisibility() && `+selectionBar+`.innerText.includes("3 steps")`)
	p.clear()
	p.shot("bar")
	p.carry(0, [2]float64{x, y}, [2]float64{x + 30, y + 30})
	p.wait("the bar is hidden while dragging", `!`+selectionBar+`.checkVisibility()`)
	p.keys(kb.Escape)
	p.letGo(x+30, y+30, 0)
	p.wait("the bar is back", selectionBar+`.checkVisibility()`)
	p.press("align-top")
	d := a.doc("all are at one height", func(d drawn) bool { _, b := d.at("b"); _, c := d.at("c"); return b == 0 && c == 0 })
	if x, _ := d.at("b"); x != 330 {
		p.t.Errorf("align top moved B across to %v", x)
	}
	p.press("distribute-x")
	a.doc("the gaps are equal", func(d drawn) bool { x, _ := d.at("b"); return x == 400 })
	p.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	p.keys(kb.Tab)
	p.wait("Tab goes from the canvas into the bar, to the button used last", `document.activeElement.dataset.action === "distribute-x"`)
	p.keys(kb.Home)
	p.wait("Home goes to the first", `document.activeElement.dataset.action === "align-left"`)
	p.keys(kb.ArrowRight)
	p.wait("arrow keys go on", `document.activeElement.dataset.action === "align-centre"`)
	p.keys(kb.End)
	p.keys(kb.Enter)
	a.doc("the last button deletes", func(d drawn) bool { return len(d.Nodes) == 0 })
	p.wait("the bar is gone and the focus is on the canvas", `!`+selectionBar+`.checkVisibility() && document.activeElement.classList.contains("cv-stage")`)
	p.keys("z", ctrl)
	a.doc("one undo brings all back", func(d drawn) bool { return len(d.Nodes) == 3 && len(d.Edges) == 1 })
}

// clear checks that the bar covers none of the selected cards.
func (p *page) clear() {
	p.t.Helper()
	if n := eval[int](p, `(() => { const b = `+selectionBar+`.getBoundingClientRect();
		return [...document.querySelectorAll("#canvas .node.is-selected")].map((n) => n.getBoundingClientRect()).filter((r) => r.left < b.right && r.right > b.left && r.top < b.bottom && r.bottom > b.top).length })()`); n != 0 {
		p.t.Errorf("the bar covers %d selected cards", n)
	}
}

func (p *page) arrangeGuides() {
	p.t.Helper()
	a := p.arrange([]string{step("a", "debug", 7, 3), step("b", "debug", 307, 3), step("c", "debug", 400, 330)}, nil)
	scale := eval[float64](p, `(`+node("A")+`).getBoundingClientRect().width / 256`)
	x, y := p.title("C")
	// Four screen pixels beside a place that makes equal gaps, and three below the others' height.
	to := [2]float64{x + (607-400)*scale + 4, y + (3-330)*scale + 3}
	p.carry(0, [2]float64{x, y}, to)
	p.wait("guides are drawn", painted("--port-video")+` > 100`)
	p.shot("guides")
	p.letGo(to[0], to[1], 0)
	a.doc("C lies on the guides", func(d drawn) bool { cx, cy := d.at("c"); return math.Abs(cx-607) < 0.1 && math.Abs(cy-3) < 0.1 })
	p.wait("the guides are gone", painted("--port-video")+` === 0`)
	x, y = p.title("C")
	p.carry(ctrlKey, [2]float64{x, y}, [2]float64{x + 4, y + 3})
	p.letGo(x+4, y+3, ctrlKey)
	a.doc("Ctrl leaves the guides", func(d drawn) bool {
		cx, cy := d.at("c")
		return math.Abs(cx-607-4/scale) < 0.1 && math.Abs(cy-3-3/scale) < 0.1
	})
}

func (p *page) arrangeTidy() {
	p.t.Helper()
	nodes := []string{step("a", "text", 500, 260), step("b", "debug", 0, 300), step("c", "debug", 60, 20), step("d", "debug", 700, 0), step("lone", "text", 300, 150)}
	a := p.arrange(nodes, []string{wire("1", "a", "b"), wire("2", "b", "d"), wire("3", "a", "c"), wire("4", "c", "d")})
	p.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	eval[any](p, `(() => { const card = `+node("B")+`; window.__way = []; const look = () => { window.__way.push(card.style.transform); if (window.__way.length < 400) requestAnimationFrame(look) }; look() })()`)
	p.keys("T", chromedp.KeyModifiers(kb.ModifierShift))
	d := a.doc("the steps are in layers", func(d drawn) bool {
		ax, _ := d.at("a")
		bx, _ := d.at("b")
		cx, _ := d.at("c")
		dx, _ := d.at("d")
		return ax < bx && bx == cx && cx < dx
	})
	p.said("tidied up")
	_, by := d.at("b")
	_, cy := d.at("c")
	if cy >= by {
		p.t.Error("what was above is below")
	}
	p.wait("the cards were seen moving", `new Set(window.__way).size > 3`)
	p.keys("1")
	p.settle(node("B"))
	p.shot("tidy")
	p.keys("z", ctrl)
	a.doc("one undo takes it back", func(d drawn) bool { x, y := d.at("b"); return x == 0 && y == 300 })
	p.settle(node("B"))
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}); err != nil {
		p.t.Fatal(err)
	}
	eval[any](p, `(() => { const card = `+node("B")+`; window.__way = []; const look = () => { window.__way.push(card.style.transform); if (window.__way.length < 60) requestAnimationFrame(look) }; look() })()`)
	p.keys("T", chromedp.KeyModifiers(kb.ModifierShift))
	p.wait("a second of frames was seen", `window.__way.length >= 60`)
	if n := eval[int](p, `new Set(window.__way).size`); n != 2 {
		p.t.Errorf("under reduced motion the card was seen at %d places, want 2: before and after", n)
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}); err != nil {
		p.t.Fatal(err)
	}
}

// TestWires changes connections: reconnect, insert, drop, cut, and what stands out.
func TestWires(t *testing.T) {
	t.Parallel()
	p := newArrangeSite(t, "light")
	t.Run("N7 delete and reconnect", func(t *testing.T) { p.named(t).wiresDissolve() })
	t.Run("N9 paste with connections", func(t *testing.T) { p.named(t).wiresPaste() })
	t.Run("C9 a connection offers insert and remove", func(t *testing.T) { p.named(t).wiresHover() })
	t.Run("C10 a step dropped on a connection is inserted", func(t *testing.T) { p.named(t).wiresDrop() })
	t.Run("C12 a blade cuts connections", func(t *testing.T) { p.named(t).wiresCut() })
	t.Run("C14 the edges of one step stand out", func(t *testing.T) { p.named(t).wiresRelated() })
}

var rowNodes, rowEdges = []string{step("a", "text", 0, 0), step("b", "debug", 360, 0), step("c", "debug", 720, 0)}, []string{wire("1", "a", "b"), wire("2", "b", "c")}

func (p *page) wiresDissolve() {
	p.t.Helper()
	a := p.arrange(rowNodes, rowEdges)
	x, y := p.title("B")
	p.clickAt(x, y, 0)
	p.keys(kb.Delete, ctrl)
	a.doc("the neighbours are connected", func(d drawn) bool { return d.ends() == "a>c" })
	p.said("Deleted 1 step. Made 1 connection between the neighbours.")
	p.keys("z", ctrl)
	a.doc("one undo brings it back", func(d drawn) bool { return d.ends() == "a>b b>c" })
}

// pasteKeys presses Ctrl+Shift+V as the browser does: the key, then its own paste.
func (p *page) pasteKeys() {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: "rawKeyDown", Modifiers: ctrlKey | shiftKey, Code: "KeyV", Key: "V", WindowsVirtualKeyCode: 86}
	up := down
	up.Type = "keyUp"
	for _, e := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *page) copyKeys() {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: "rawKeyDown", Modifiers: ctrlKey, Code: "KeyC", Key: "c", WindowsVirtualKeyCode: 67, Commands: []string{"copy"}}
	if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, down); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) wiresPaste() {
	p.t.Helper()
	a := p.arrange(rowNodes, rowEdges)
	x, y := p.title("B")
	p.clickAt(x, y, 0)
	p.copyKeys()
	p.said("Copied 1 step.")
	p.hoverAt(x, y+260)
	p.pasteKeys()
	d := a.doc("the copy is fed by A too", func(d drawn) bool { return len(d.Nodes) == 4 && len(d.Edges) == 3 })
	fresh := d.Nodes[3].ID
	if want := "a>" + fresh; !strings.Contains(d.ends(), want) || strings.Contains(d.ends(), fresh+">") {
		p.t.Errorf("connections %s, want %s and none out of it", d.ends(), want)
	}
	p.said("Pasted 1 step with 1 connection from before.")
}

const edgeBar = `document.querySelector("#canvas .cv-edge")`

func (p *page) wiresHover() {
	p.t.Helper()
	a := p.arrange(rowNodes, rowEdges)
	x, y := p.middle("A", "B")
	p.hoverAt(x, y)
	p.wait("the buttons are shown", edgeBar+`.checkVisibility()`)
	if size := eval[float64](p, `Math.min(...[...`+edgeBar+`.querySelectorAll("button")].flatMap((b) => [b.offsetWidth, b.offsetHeight]))`); size < 24 {
		p.t.Errorf("the buttons are %v px, want 24 or more", size)
	}
	p.shot("hover")
	bx, by := p.box(edgeBar + `.children[0]`)
	p.hoverAt((x+bx)/2, (y+by)/2)
	p.hoverAt(bx, by)
	p.clickAt(bx, by, 0)
	p.wait("kinds are offered", `document.querySelector("#canvas [role=menu]")`)
	if eval[bool](p, `[...document.querySelectorAll("#canvas [role=menuitem]")].some((i) => i.textContent === "Image")`) {
		p.t.Error("a picture is offered, though it has no input")
	}
	p.shot("insert")
	eval[any](p, `[...document.querySelectorAll("#canvas [role=menuitem]")].find((i) => i.textContent.startsWith("Debug")).click()`)
	d := a.doc("a step is inserted", func(d drawn) bool { return len(d.Nodes) == 4 && len(d.Edges) == 3 })
	id := d.Nodes[3].ID
	if want := "a>" + id; !strings.Contains(d.ends(), want) || !strings.Contains(d.ends(), id+">b") {
		p.t.Errorf("connections %s", d.ends())
	}
	if nx, _ := d.at(id); nx < 256 {
		p.t.Errorf("the new step lies over A at %v", nx)
	}
	if nx, _ := d.at(id); !after(d, "b", nx+256) || !after(d, "c", nx+256) {
		p.t.Error("no room was made")
	}
	p.keys("z", ctrl)
	a.doc("one undo takes it out", func(d drawn) bool { return d.ends() == "a>b b>c" && len(d.Nodes) == 3 })
	p.keys("1")
	p.settle(node("A"))
	x, y = p.middle("B", "C")
	p.hoverAt(x, y)
	p.wait("the buttons are shown again", edgeBar+`.checkVisibility()`)
	bx, by = p.box(edgeBar + `.children[1]`)
	p.clickAt(bx, by, 0)
	a.doc("the connection is removed", func(d drawn) bool { return d.ends() == "a>b" })
	x, y = p.middle("A", "B")
	p.hoverAt(x, y+120)
	p.wait("away from it the buttons go", `!`+edgeBar+`.checkVisibility()`)
	p.clickAt(x, y, 0)
	p.keys("i")
	p.wait("a key offers the same", `document.querySelector("#canvas [role=menu]")`)
	p.keys(kb.Escape)
}

func after(d drawn, id string, x float64) bool {
	at, _ := d.at(id)
	return at > x
}

func (p *page) wiresDrop() {
	p.t.Helper()
	a := p.arrange(append(slices.Clone(rowNodes), step("n", "debug", 360, 330), step("pic", "image", 0, 330)), rowEdges[:1])
	mx, my := p.middle("A", "B")
	x, y := p.title("PIC")
	p.carry(0, [2]float64{x, y}, [2]float64{mx, my})
	if n := eval[int](p, painted("--edge-selected")); n > 0 {
		p.t.Errorf("the connection lights up for a picture (%d px)", n)
	}
	p.keys(kb.Escape)
	p.letGo(mx, my, 0)
	x, y = p.title("N")
	p.carry(0, [2]float64{x, y}, [2]float64{mx, my})
	p.wait("the connection lights up", painted("--edge-selected")+` > 50`)
	p.shot("drop")
	p.letGo(mx, my, 0)
	a.doc("the step is in the connection", func(d drawn) bool { return d.ends() == "a>n n>b" })
	p.said("N inserted between A and B.")
	p.keys("z", ctrl)
	a.doc("one undo takes it out and back", func(d drawn) bool { x, y := d.at("n"); return d.ends() == "a>b" && x == 360 && y == 330 })
}

func (p *page) wiresCut() {
	p.t.Helper()
	a := p.arrange(append(slices.Clone(rowNodes), step("d", "debug", 360, 330)), []string{rowEdges[0], rowEdges[1], wire("3", "a", "d")})
	x, y := p.middle("A", "B")
	_, low := p.title("D")
	p.carry(altKey, [2]float64{x, y - 90}, [2]float64{x, low + 20})
	p.wait("the blade is drawn", painted("--failed-line")+` > 50`)
	p.shot("cut")
	p.letGo(x, low+20, altKey)
	a.doc("both are cut", func(d drawn) bool { return d.ends() == "b>c" })
	p.said("Cut 2 connections.")
	p.keys("z", ctrl)
	a.doc("one undo joins both", func(d drawn) bool { return len(d.Edges) == 3 })
	x, y = p.title("D")
	p.carry(altKey, [2]float64{x, y}, [2]float64{x + 200, y + 40})
	p.letGo(x+200, y+40, altKey)
	a.doc("on a step Alt drags a copy", func(d drawn) bool { return len(d.Nodes) == 5 && len(d.Edges) == 3 })
}

func (p *page) wiresRelated() {
	p.t.Helper()
	p.arrange(append(slices.Clone(rowNodes), step("d", "debug", 0, 330), step("e", "debug", 360, 330)), []string{rowEdges[0], rowEdges[1], wire("3", "d", "e")})
	dim := `document.querySelector("#canvas .cv-layer:not(.cv-active)").classList.contains("is-dim")`
	if eval[bool](p, dim) {
		p.t.Error("edges are dim with nothing selected")
	}
	x, y := p.title("D")
	p.hoverAt(x, y)
	p.wait("the edge of the step under the pointer stands out and the rest is dim", dim+` && `+painted("--port-any")+` > 100`)
	p.shot("hovered")
	p.hoverAt(x, y+150)
	p.wait("away from it all are alike", `!`+dim)
	x, y = p.title("B")
	p.clickAt(x, y, 0)
	p.hoverAt(x, y+200)
	p.wait("the edges of a selected step stand out", dim+` && `+painted("--port-text")+` > 100`)
	p.shot("selected")
	p.keys(kb.Escape)
	p.wait("without a selection all are alike", `!`+dim)
}
