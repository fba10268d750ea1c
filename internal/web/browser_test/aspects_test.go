//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// aspects is an editor page whose document is read back with all that a node can be.
type aspects struct{ *arranged }

// aspect is a node as the API returns it.
type aspect struct {
	ID, ParentID, Type string
	Position           struct{ X, Y float64 }
	Width, Height      float64
	Data               struct {
		Label, Text, Color  string
		Disabled, Collapsed bool
		Pinned              map[string]json.RawMessage
	}
}

// full writes a node with more members as JSON.
func full(id, kind string, x, y int, data, more string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"position":{"x":%d,"y":%d},"data":{"label":%q%s}%s}`, id, kind, x, y, strings.ToUpper(id), data, more)
}

// stored waits until a node of the stored document is as wanted.
func (a aspects) stored(what, id string, ok func(aspect) bool) aspect {
	a.t.Helper()
	var found aspect
	a.until(what, func() bool {
		var out struct {
			Workflow struct{ Nodes []aspect }
		}
		a.api("GET", "/api/workflows/"+a.id, nil, &out)
		for _, n := range out.Workflow.Nodes {
			if n.ID == id {
				found = n
				return ok(n)
			}
		}
		return false
	})
	return found
}

func (a aspects) pick(labels ...string) {
	a.t.Helper()
	for i, l := range labels {
		x, y := a.title(l)
		a.clickAt(x, y, int64(min(i, 1)*shiftKey))
	}
	a.wait("the cards are selected", fmt.Sprintf(`document.querySelectorAll("#canvas .node.is-selected").length === %d`, len(labels)))
}

func (a aspects) has(what, label, class string) {
	a.t.Helper()
	a.wait(what, `(`+node(label)+`).classList.contains("`+class+`")`)
}

// run runs the workflow and waits for its end.
func (a aspects) run() {
	a.t.Helper()
	a.click("#btn-run")
	a.wait("the run has ended", `!document.querySelector("#btn-run").hidden && [...document.querySelectorAll("#canvas .node")].some((n) => !["idle", "queued", "running"].includes(n.dataset.status)) && ![...document.querySelectorAll("#canvas .node")].some((n) => ["queued", "running"].includes(n.dataset.status))`)
}

// status waits until a card says how its step ended.
func (a aspects) ended(label, status, foot string) {
	a.t.Helper()
	a.wait(label+" is "+status, fmt.Sprintf(`(%s).dataset.status === %q && (%s).querySelector(".node__foot").textContent.includes(%q)`, node(label), status, node(label), foot))
}

var (
	hello = full("a", "text", 0, 0, `,"text":"hello"`, "")
	chain = []string{hello, step("b", "debug", 360, 0), step("c", "debug", 720, 0)}
)

// TestNodes proves what a node can be beside its kind, in both themes.
func TestNodes(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			t.Run("N14 D disables, and what arrives passes through", func(t *testing.T) { p.named(t).nodeDisabled() })
			t.Run("N15 P pins the last output", func(t *testing.T) { p.named(t).nodePinned() })
			t.Run("N16 a corner and Alt with arrows resize", func(t *testing.T) { p.named(t).nodeResized() })
			t.Run("N17 collapsed to the header", func(t *testing.T) { p.named(t).nodeCollapsed() })
			t.Run("N18 frames", func(t *testing.T) { p.named(t).nodeFrames() })
			t.Run("N18 a frame collapses", func(t *testing.T) { p.named(t).nodeFrameFolded() })
			t.Run("N19 notes", func(t *testing.T) { p.named(t).nodeNotes() })
		})
	}
}

// bare presses a key whose sign is not typed, as after a shortcut.
func (p *page) bare(code, key string, number, modifiers int64) {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: "rawKeyDown", Modifiers: modifiers, Code: code, Key: key, WindowsVirtualKeyCode: number}
	up := down
	up.Type = "keyUp"
	for _, e := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

// doubleAt clicks twice at one place.
func (p *page) doubleAt(x, y float64) {
	p.t.Helper()
	for _, n := range []int64{1, 2} {
		for _, kind := range []input.DispatchMouseEventType{chromedp.MousePressed, chromedp.MouseReleased} {
			e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: n}
			if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, e); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

func (p *page) aspects(nodes, edges []string) aspects {
	p.t.Helper()
	return aspects{p.arrange(nodes, edges)}
}

func (p *page) nodeDisabled() {
	p.t.Helper()
	a := p.aspects(chain, rowEdges)
	a.pick("B")
	p.keys("d")
	a.has("the card is dashed", "B", "node--off")
	p.said("B: disabled.")
	if word := eval[string](p, `(`+node("B")+`).querySelector(".node__mark").innerText`); word != "Disabled" {
		p.t.Errorf("the card says %q", word)
	}
	a.stored("it is stored", "b", func(n aspect) bool { return n.Data.Disabled })
	p.click(`[data-panel="outline"]`)
	p.wait("the outline says so", `[...document.querySelectorAll("[role=treeitem]")].some((e) => e.getAttribute("aria-label")?.startsWith("B Debug · disabled"))`)
	p.click(`[data-panel="outline"]`)
	a.run()
	a.ended("B", "success", "")
	a.ended("C", "success", "")
	p.wait("what B was given passed through", `(`+node("C")+`).innerText.includes("hello")`)
	p.shot("passed")
	a.pick("A")
	p.keys("d")
	a.has("A is disabled", "A", "node--off")
	a.run()
	a.ended("A", "skipped", "disabled")
	a.ended("B", "skipped", "disabled")
	p.shot("skipped")
	a.pick("A")
	p.keys("d")
	a.stored("the same key enables", "a", func(n aspect) bool { return !n.Data.Disabled })
	p.keys("z", ctrl)
	a.stored("undo disables again", "a", func(n aspect) bool { return n.Data.Disabled })
}

// lastRecord returns what the newest run says about how a step ended.
func (a aspects) lastRecord(id string) string {
	a.t.Helper()
	var list struct {
		Runs []struct{ ID string }
	}
	a.api("GET", "/api/runs?workflowId="+a.id, nil, &list)
	if len(list.Runs) == 0 {
		return ""
	}
	var whole struct {
		Run struct {
			NodeResults []struct {
				NodeID, Reason string
				Meta           map[string]string
			}
		}
	}
	a.api("GET", "/api/runs/"+list.Runs[0].ID, nil, &whole)
	for _, r := range whole.Run.NodeResults {
		if r.NodeID == id {
			return strings.TrimSpace(r.Reason + " " + r.Meta["pinned"])
		}
	}
	return ""
}

func (p *page) nodePinned() {
	p.t.Helper()
	a := p.aspects(chain, rowEdges)
	a.pick("A")
	p.keys("p")
	p.said("A has no output to pin: it has not run yet.")
	a.run()
	a.ended("C", "success", "")
	a.pick("A")
	p.keys("p")
	p.said("The output of A is pinned.")
	a.has("the card shows a pin", "A", "node--pinned")
	n := a.stored("the values are stored", "a", func(n aspect) bool { return len(n.Data.Pinned) > 0 })
	if got := string(n.Data.Pinned["text"]); got != `"hello"` {
		p.t.Errorf("pinned %s", got)
	}
	p.typed(`#insp-settings [data-key="text"]`, " changed")
	a.stored("the text is another", "a", func(n aspect) bool { return strings.Contains(n.Data.Text, "changed") })
	a.run()
	a.ended("A", "success", "")
	p.wait("the pin is used", `(`+node("C")+`).innerText.includes("hello") && !(`+node("C")+`).innerText.includes("changed")`)
	p.until("the record of the run says so", func() bool { return a.lastRecord("a") == "pinned true" })
	p.shot("pinned")
	a.pick("A")
	p.keys("p")
	a.stored("the same key unpins", "a", func(n aspect) bool { return len(n.Data.Pinned) == 0 })
	p.said("not pinned any more")
}

func (a aspects) corner(label string) (x, y float64) {
	a.t.Helper()
	r := eval[[]float64](a.page, `(() => { const r = (`+node(label)+`).getBoundingClientRect(); return [r.right - 6, r.bottom - 6] })()`)
	return r[0], r[1]
}

func (p *page) nodeResized() {
	p.t.Helper()
	a := p.aspects([]string{full("a", "text", 0, 0, `,"text":"`+strings.Repeat("many words ", 60)+`"`, ""), step("b", "debug", 500, 0)}, []string{wire("1", "a", "b")})
	scale := eval[float64](p, `(`+node("A")+`).getBoundingClientRect().width / 256`)
	tall := eval[float64](p, `(`+node("A")+`).offsetHeight`)
	a.pick("A")
	p.bare("F10", "F10", 121, shiftKey)
	p.wait("the menu of a step is open", `document.querySelector("#canvas [role=menu]")`)
	p.shot("menu")
	p.keys(kb.Escape)
	x, y := a.corner("A")
	p.hoverAt(x, y)
	p.wait("the pointer says so", `document.querySelector("#canvas .cv-stage").dataset.cursor === "resize"`)
	p.carry(0, [2]float64{x, y}, [2]float64{x + 100*scale, y + 120*scale})
	p.wait("the card grows under the pointer", `(`+node("A")+`).offsetWidth > 340`)
	p.letGo(x+100*scale, y+120*scale, 0)
	n := a.stored("the size is stored", "a", func(n aspect) bool { return n.Width > 0 })
	if math.Abs(n.Width-360) > 8 || math.Abs(n.Height-tall-120) > 12 {
		p.t.Errorf("%v by %v, want about 360 by %v", n.Width, n.Height, tall+120)
	}
	p.wait("the text has more room", `(`+node("A")+`).querySelector(".node__prev").offsetHeight > 170`)
	p.wait("and more of it is shown", `(`+node("A")+`).querySelector(".node__prev").textContent.length > 500`)
	p.shot("resized")
	p.keys("z", ctrl)
	a.stored("one undo takes it back", "a", func(n aspect) bool { return n.Width == 0 && n.Height == 0 })
	p.keys(kb.ArrowRight, chromedp.KeyModifiers(kb.ModifierAlt))
	a.stored("Alt and an arrow make it wider", "a", func(n aspect) bool { return n.Width == 280 })
	p.keys(kb.ArrowDown, chromedp.KeyModifiers(kb.ModifierAlt))
	a.stored("and taller", "a", func(n aspect) bool { return n.Height > tall })
	x, y = a.corner("A")
	p.carry(0, [2]float64{x, y}, [2]float64{x - 900, y - 500})
	p.letGo(x-900, y-500, 0)
	a.stored("it keeps a least size", "a", func(n aspect) bool { return n.Width == 200 && math.Abs(n.Height-tall) < 1 })
}

func (p *page) nodeCollapsed() {
	p.t.Helper()
	a := p.aspects(append([]string{}, chain...), rowEdges)
	a.pick("B")
	p.keys("c", chromedp.KeyModifiers(kb.ModifierAlt))
	a.stored("it is stored", "b", func(n aspect) bool { return n.Data.Collapsed })
	p.wait("the card is its header", `(`+node("B")+`).offsetHeight === 40`)
	ends := eval[[]float64](p, `(() => { const r = (`+node("B")+`).getBoundingClientRect(); return [...(`+node("B")+`).querySelectorAll(".port--on")].map((e) => Math.abs(e.getBoundingClientRect().y + e.getBoundingClientRect().height / 2 - r.y - r.height / 2)) })()`)
	if len(ends) != 2 || ends[0] > 1 || ends[1] > 1 {
		p.t.Errorf("the connected ports are %v px beside the middle of the header", ends)
	}
	p.keys(kb.Escape)
	p.shot("collapsed")
	p.hoverAt(p.middle("A", "B"))
	p.wait("the edge ends at the header", edgeBar+`.checkVisibility()`)
	a.pick("B")
	p.keys("c", chromedp.KeyModifiers(kb.ModifierAlt))
	a.stored("the same key expands", "b", func(n aspect) bool { return !n.Data.Collapsed })
}

func (p *page) nodeFrames() {
	p.t.Helper()
	a := p.aspects(append(append([]string{}, chain...), step("d", "text", 720, 330)), rowEdges)
	a.pick("A", "B")
	p.keys("g", ctrl)
	d := a.doc("a frame is there", func(d drawn) bool { return len(d.Nodes) == 5 })
	frame := d.Nodes[0]
	if frame.Type != "group" || d.Nodes[1].ParentID != frame.ID || d.Nodes[2].ParentID != frame.ID || d.Nodes[1].Position.X+frame.Position.X != 0 {
		p.t.Errorf("nodes %+v", d.Nodes)
	}
	p.keys(kb.F2)
	p.wait("F2 names it", `document.activeElement.matches("#canvas .node__rename")`)
	p.keys("a", ctrl)
	p.do(chromedp.KeyEvent("Input" + kb.Enter))
	a.stored("it has a name", frame.ID, func(n aspect) bool { return n.Data.Label == "Input" })
	p.keys("1")
	p.settle(node("A"))
	x, y := p.title("D")
	fx, fy := p.title("B")
	p.carry(0, [2]float64{x, y}, [2]float64{fx, fy + 90})
	p.wait("the frame shows that it takes it", painted("--edge-selected")+` > 50`)
	p.shot("enters")
	p.letGo(fx, fy+90, 0)
	a.stored("D belongs to the frame", "d", func(n aspect) bool { return n.ParentID == frame.ID })
	p.said("put into Input")
	p.keys("z", ctrl)
	a.stored("one undo takes it out", "d", func(n aspect) bool { return n.ParentID == "" && n.Position.X == 720 })
	a.pick("D")
	p.keys("G", chromedp.KeyModifiers(kb.ModifierShift))
	p.wait("the frame is offered", `document.querySelector("#canvas [role=menuitem]")?.textContent === "Input"`)
	p.keys(kb.Enter)
	a.stored("by keys too it belongs to the frame, where it was", "d", func(n aspect) bool { return n.ParentID == frame.ID && n.Position.X+frame.Position.X == 720 })
	p.keys("z", ctrl)
	a.stored("and is out again", "d", func(n aspect) bool { return n.ParentID == "" })
	p.settle(node("B"))
	x, y = p.title("B")
	p.carry(0, [2]float64{x, y}, [2]float64{x, y + 300})
	p.letGo(x, y+300, 0)
	a.stored("B was taken out", "b", func(n aspect) bool { return n.ParentID == "" && n.Position.Y > 100 })
	p.keys("z", ctrl)
	a.stored("and is back", "b", func(n aspect) bool { return n.ParentID == frame.ID })
	a.pick("Input")
	p.shot("frame")
	cx, cy := a.corner("Input")
	p.carry(0, [2]float64{cx, cy}, [2]float64{cx + 80, cy + 60})
	p.letGo(cx+80, cy+60, 0)
	wide := eval[float64](p, `(`+node("Input")+`).offsetWidth`)
	a.stored("the frame is larger", frame.ID, func(n aspect) bool { return n.Width == wide && n.Width > 700 })
	x, y = p.title("Input")
	p.carry(0, [2]float64{x, y}, [2]float64{x - 60, y + 80})
	p.letGo(x-60, y+80, 0)
	a.stored("moving it moves the frame alone in the document", "a", func(n aspect) bool { return n.Position.X == d.Nodes[1].Position.X })
	a.run()
	a.ended("C", "success", "")
	a.pick("Input")
	p.keys("G", chromedp.KeyModifiers(kb.ModifierCtrl, kb.ModifierShift))
	a.doc("ungrouped", func(d drawn) bool { return len(d.Nodes) == 4 && d.Nodes[0].ParentID == "" })
}

func (p *page) nodeFrameFolded() {
	p.t.Helper()
	a := p.aspects([]string{full("f", "group", -40, -60, "", `,"width":700,"height":360`), full("a", "text", 40, 60, `,"text":"hello"`, `,"parentId":"f"`), full("b", "debug", 400, 60, "", `,"parentId":"f"`), step("c", "debug", 800, 0)}, rowEdges)
	a.pick("F")
	p.keys("c", chromedp.KeyModifiers(kb.ModifierAlt))
	a.stored("it is stored", "f", func(n aspect) bool { return n.Data.Collapsed })
	p.wait("what is in it is hidden", `(`+node("F")+`).offsetHeight === 40 && !(`+node("A")+`)?.checkVisibility()`)
	if word := eval[string](p, `(`+node("F")+`).querySelector(".node__mark").innerText`); word != "2 inside" {
		p.t.Errorf("the frame says %q", word)
	}
	p.keys(kb.Escape)
	p.shot("folded")
	r := eval[[]float64](p, `(() => { const f = (`+node("F")+`).getBoundingClientRect(), c = (`+node("C")+`).querySelector(".port--in").getBoundingClientRect(); return [(f.right + c.left) / 2, (f.y + f.height / 2 + c.y + c.height / 2) / 2] })()`)
	p.hoverAt(r[0], r[1])
	p.wait("the edge ends at the frame", edgeBar+`.checkVisibility()`)
	a.run()
	a.ended("C", "success", "")
	a.pick("F")
	p.keys("c", chromedp.KeyModifiers(kb.ModifierAlt))
	p.wait("expanded it is all there", `(`+node("A")+`).checkVisibility() && (`+node("A")+`).dataset.status === "success"`)
}

// notePixels counts the pixels of the base picture that are bluer than grey.
const notePixels = `(() => {
	const layer = document.querySelector("#canvas .cv-layer:not(.cv-active)"), d = layer.getContext("2d").getImageData(0, 0, layer.width, layer.height).data;
	let n = 0;
	for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && d[i + 2] - d[i] > 20) n++;
	return n })()`

func (p *page) nodeNotes() {
	p.t.Helper()
	a := p.aspects([]string{hello, step("b", "debug", 360, 0)}, []string{wire("1", "a", "b")})
	x, y := p.title("B")
	p.clickAt(x, y, 0)
	p.hoverAt(x-200, y+300)
	p.bare("KeyS", "S", 83, shiftKey)
	p.wait("the note can be written in", `document.activeElement.matches("#canvas .node__write")`)
	p.paste("# Why\nThis **greets** with `code` and a [page](https://example.com/).\n- one\n- *two*\n<b onclick=alert(1)>no markup</b> [bad](javascript:alert(1))")
	p.keys(kb.Escape)
	note := `document.querySelector("#canvas .node--note")`
	p.wait("it is drawn", note+`.querySelector("[role=heading]").textContent === "Why" && `+note+`.querySelectorAll("li").length === 2 && `+note+`.querySelector("strong").textContent === "greets"`)
	if bad := eval[int](p, note+`.querySelectorAll("b, [onclick], a:not([href^='https://']), a:not([rel~=noopener])").length`); bad != 0 {
		p.t.Errorf("%d elements that must not be there", bad)
	}
	d := a.doc("it is stored", func(d drawn) bool { return len(d.Nodes) == 3 && d.Nodes[2].Type == "note" })
	id := d.Nodes[2].ID
	ground := func(token string) string {
		return `(() => { const e = document.createElement("i"); e.style.color = getComputedStyle(` + note + `).getPropertyValue("` + token + `"); document.body.append(e); const c = getComputedStyle(e).color; e.remove(); return c === getComputedStyle(` + note + `).backgroundColor })()`
	}
	p.wait("a new note is yellow", ground("--waiting-bg"))
	p.bare("F10", "F10", 121, shiftKey)
	p.wait("its menu has what is for notes only", `(() => { const m = [...document.querySelectorAll("#canvas [role=menuitem]")].map((i) => i.textContent).join(); return m.includes("Colour of the note") && !m.includes("Disable") && !m.includes("Pin") && !m.includes("Ungroup") })()`)
	p.keys(kb.Escape)
	p.keys("C", chromedp.KeyModifiers(kb.ModifierShift))
	p.wait("six colours are offered", `document.querySelectorAll("#canvas [role=menuitem]").length === 6`)
	p.shot("colours")
	eval[any](p, `[...document.querySelectorAll("#canvas [role=menuitem]")].find((i) => i.textContent === "Blue").click()`)
	a.stored("it is blue", id, func(n aspect) bool { return n.Data.Color == "blue" })
	p.wait("the card too", ground("--running-bg"))
	p.keys(kb.Enter)
	p.wait("Enter writes again", `document.activeElement.matches("#canvas .node__write")`)
	p.paste(" More.")
	p.keys(kb.Escape)
	a.stored("what was typed is stored", id, func(n aspect) bool { return strings.HasSuffix(n.Data.Text, " More.") })
	p.keys("z", ctrl)
	a.stored("one undo takes the writing back", id, func(n aspect) bool { return !strings.HasSuffix(n.Data.Text, " More.") && n.Data.Text != "" })
	r := eval[[]float64](p, `(() => { const r = `+note+`.getBoundingClientRect(); return [r.right - 6, r.bottom - 6] })()`)
	p.carry(0, [2]float64{r[0], r[1]}, [2]float64{r[0] + 60, r[1] + 60})
	p.letGo(r[0]+60, r[1]+60, 0)
	a.stored("it is larger", id, func(n aspect) bool { return n.Width > 260 && n.Height > 160 })
	p.keys(kb.Escape)
	p.shot("note")
	nx, ny := p.box(note)
	p.doubleAt(nx, ny)
	p.wait("a double click writes", `document.activeElement.matches("#canvas .node__write")`)
	p.keys(kb.Escape)
	a.run()
	a.ended("B", "success", "")
	p.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	for range 6 {
		p.keys("-")
	}
	p.wait("zoomed out, cards are blocks and the note is one too", `document.querySelector("#canvas .cv-world.is-blocks")`)
	p.shot("far")
	if n := eval[int](p, notePixels); n < 200 {
		p.t.Errorf("the note is painted with %d pixels", n)
	}
}
