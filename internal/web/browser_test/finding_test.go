//go:build browser

package browser_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const twoSteps = `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Recipe","text":"flour and sugar"}},
	{"id":"b","type":"llm","position":{"x":400,"y":0},"data":{"label":"Cook","prompt":"Bake {{recipe}} with sugar"}},
	{"id":"c","type":"debug","position":{"x":9000,"y":7000},"data":{"label":"Far"}}]`

// selected are the labels of the selected cards.
func (p *page) selected() string {
	p.t.Helper()
	return eval[string](p, `[...document.querySelectorAll("#canvas .node.is-selected:not([hidden]) .node__title")].map((e) => e.textContent).join()`)
}

// look opens a workflow whose cards are not all in view.
func (p *page) look(name, nodes, edges string) string {
	p.t.Helper()
	id := p.create(name, nodes, edges)
	p.open("/workflows/" + id)
	p.wait("the canvas is there", `document.querySelector(".cv-stage")`)
	eval[any](p, `document.querySelector(".cv-stage").focus()`)
	return id
}

// TestFinding goes through the command palette and the find bar.
func TestFinding(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("dark")
	p.signIn()
	other := s.create("Zebra crossing", oneText, `[]`)

	t.Run("A7 the command palette does, goes and opens", func(t *testing.T) {
		p.t = t
		p.look("Palette", twoSteps, `[]`)
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.wait("other workflows are listed", `[...document.querySelectorAll(".cv-finder [role=option]")].some((e) => e.dataset.row.startsWith("workflow-"))`)
		p.shot("a7-open")
		rows := p.rows()
		for _, want := range []string{"Select all", "Run the workflow", "Export as PNG", "Cook", "Far"} {
			if !slices.Contains(rows, want) {
				t.Errorf("%q is not offered in %v", want, rows)
			}
		}
		if slices.Contains(rows, "Delete") || slices.Contains(rows, "Redo") {
			t.Errorf("what cannot be done is offered in %v", rows)
		}
		keys := eval[string](p, `document.querySelector(".cv-finder [data-row='action-select-all'] kbd").textContent`)
		if keys != "Ctrl+A" {
			t.Errorf("select all has the keys %q", keys)
		}
		p.keys("selall")
		p.wait("the action is first", `document.querySelector(".cv-finder [aria-selected=true]").dataset.row === "action-select-all"`)
		p.keys(kb.Enter)
		p.listGone()
		p.wait("two cards in view are selected", `document.querySelectorAll("#canvas .node.is-selected:not([hidden])").length >= 1`)
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.keys("far" + kb.Enter)
		p.wait("the far step is selected and in view", `(() => { const r = (`+node("Far")+`).getBoundingClientRect(); return r.width > 150 && r.left > 240 && r.right < innerWidth && r.top > 48 && r.bottom < innerHeight })()`)
		if got := p.selected(); got != "Far" {
			t.Errorf("%q is selected", got)
		}
		p.click("#wf-name") // it opens from everywhere
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.keys("zebra")
		p.wait("the other workflow is found alone", `document.querySelectorAll(".cv-finder [data-row^=workflow]").length === 1 && document.querySelector(".cv-finder [aria-selected=true]")?.dataset.row === "workflow-`+other+`"`)
		p.shot("a7-workflow")
		p.keys(kb.Enter)
		p.wait("it is open", `location.pathname.endsWith("`+other+`")`)
	})

	t.Run("A7 only one search is open at a time", func(t *testing.T) {
		p.t = t
		p.look("One", twoSteps, `[]`)
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.strike("f", "KeyF", ctrlKey)
		p.wait("find took its place", `document.activeElement.matches(".cv-find__field") && !document.querySelector(".cv-finder")`)
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.strike("k", "KeyK", ctrlKey)
		p.listGone()
	})

	t.Run("A7 Escape gives the focus back to where it was", func(t *testing.T) {
		p.t = t
		p.look("Back", twoSteps, `[]`)
		p.click("#wf-name")
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.keys(kb.Escape)
		p.listGone()
		p.wait("the name has the focus", `document.activeElement.id === "wf-name"`)
	})

	t.Run("Find: name, kind and text; next, previous, count, centre", func(t *testing.T) {
		p.t = t
		p.look("Find", twoSteps, `[]`)
		count := func(want string) {
			t.Helper()
			p.wait("the count says "+want, fmt.Sprintf(`document.querySelector(".cv-find__count").firstChild?.textContent === %q`, want))
		}
		p.strike("f", "KeyF", ctrlKey)
		p.wait("the bar has the focus", `document.activeElement.matches(".cv-find__field")`)
		p.keys("sugar")
		count("1 of 2")
		p.keys(kb.Enter)
		count("2 of 2")
		if got := p.selected(); got != "Cook" {
			t.Errorf("%q is selected", got)
		}
		p.shot("find")
		p.keys(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift))
		count("1 of 2")
		eval[any](p, `document.querySelector(".cv-find__field").select()`)
		p.keys("far")
		count("1 of 1")
		p.wait("the far step is in the middle", `(() => { const r = (`+node("Far")+`).getBoundingClientRect(), c = document.querySelector(".cv-stage").getBoundingClientRect(); return Math.hypot((r.left + r.right - c.left - c.right) / 2, (r.top + r.bottom - c.top - c.bottom) / 2) < 4 })()`)
		eval[any](p, `document.querySelector(".cv-find__field").select()`)
		p.keys("unicorn")
		count("No step")
		p.keys(kb.Escape)
		p.wait("the bar is gone and the canvas has the focus", `!document.querySelector(".cv-find") && document.activeElement.matches(".cv-stage")`)
	})
}

// TestEditorSettings changes the wheel and the keys.
func TestEditorSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("dark")
	p.signIn()
	level := `document.querySelector(".cv-button--level").textContent`
	wheel := func(more string) {
		p.t.Helper()
		eval[any](p, `(() => { const s = document.querySelector(".cv-stage"), r = s.getBoundingClientRect(); s.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, clientX: r.x + 200, clientY: r.y + 100, bubbles: true, cancelable: true`+more+` })) })()`)
	}
	settings := func() {
		p.t.Helper()
		p.strike(",", "Comma", ctrlKey)
		p.wait("the dialog is open", `document.querySelector("dialog.cv-settings[open]")`)
	}
	check := func(label string) {
		p.t.Helper()
		eval[any](p, fmt.Sprintf(`[...document.querySelectorAll(".cv-settings label")].find((l) => l.textContent.startsWith(%q)).click()`, label))
	}
	done := func() {
		p.t.Helper()
		p.keys(kb.Escape)
		p.wait("the dialog is gone and the canvas has the focus", `!document.querySelector("dialog") && document.activeElement.matches(".cv-stage")`)
	}

	t.Run("P4 the wheel zooms when the user wants it, also after a reload", func(t *testing.T) {
		p.t = t
		id := p.opened("Wheel", oneText, `[]`)
		wheel("")
		if got := eval[string](p, level); got != "100%" {
			t.Errorf("the wheel zoomed to %s without the setting", got)
		}
		settings()
		p.shot("settings")
		check("The mouse wheel zooms")
		done()
		wheel("")
		p.wait("the wheel zooms", level+` !== "100%"`)
		before := eval[string](p, level)
		wheel(", shiftKey: true")
		if got := eval[string](p, level); got != before {
			t.Errorf("Shift and the wheel zoomed to %s", got)
		}
		if keys := eval[string](p, `Object.keys(localStorage).filter((k) => k.startsWith("heddle-editor:")).join()`); !strings.HasPrefix(keys, "heddle-editor:usr_") {
			t.Errorf("the settings are kept under %q, not per user", keys)
		}
		p.open("/workflows/" + id)
		p.wait("the canvas is there", `document.querySelector(".cv-stage")`)
		before = eval[string](p, level)
		wheel("")
		p.wait("the wheel still zooms", fmt.Sprintf("%s !== %q", level, before))
	})

	t.Run("X8 single keys can be switched off", func(t *testing.T) {
		p.t = t
		p.opened("Letters", oneText, `[]`)
		settings()
		check("Single keys")
		done()
		p.strike("n", "KeyN")
		p.strike("/", "Slash")
		p.strike("?", "Slash", shiftKey)
		if eval[bool](p, `!!document.querySelector(".cv-finder, dialog[open]")`) {
			t.Error("a single key acted")
		}
		p.strike("k", "KeyK", ctrlKey)
		p.listOpen()
		p.keys(kb.Escape)
		p.listGone()
		settings()
		check("Single keys")
		done()
		p.strike("n", "KeyN")
		p.listOpen()
		p.keys(kb.Escape)
	})

	t.Run("X8 a key can be changed; one that is taken is refused with its action", func(t *testing.T) {
		p.t = t
		id := p.opened("Remap", oneText, `[]`)
		settings()
		change := func(key, code string) {
			p.t.Helper()
			p.click(`.cv-settings [data-action="pick"]`)
			p.wait("it listens", `document.activeElement.dataset.action === "pick" && document.activeElement.textContent === "Press a key…"`)
			p.strike(key, code)
		}
		word := `document.querySelector(".cv-settings__word").textContent`
		change("c", "KeyC")
		p.wait("the other action is named", word+`.includes("“Connect")`)
		p.shot("refused")
		p.strike("q", "KeyQ")
		p.wait("the new key is taken", `document.querySelector('.cv-settings [data-action="pick"]').textContent === "Q"`)
		done()
		p.strike("n", "KeyN")
		if eval[bool](p, `!!document.querySelector(".cv-finder")`) {
			t.Error("the old key still acts")
		}
		p.open("/workflows/" + id)
		p.wait("the canvas is there", `document.querySelector(".cv-stage")`)
		eval[any](p, `document.querySelector(".cv-stage").focus()`)
		p.strike("q", "KeyQ")
		p.listOpen()
		p.keys(kb.Escape)
		p.listGone()
		p.strike("?", "Slash", shiftKey) // the sheet shows it, and leads to the settings
		p.wait("the sheet shows the new key", `[...document.querySelectorAll(".cv-help kbd")].some((k) => k.textContent === "Q")`)
		eval[any](p, `[...document.querySelectorAll(".cv-help button")].find((b) => b.textContent.startsWith("Editor settings")).click()`)
		p.wait("the settings are open", `document.querySelector("dialog.cv-settings[open]")`)
		eval[any](p, `[...document.querySelectorAll(".cv-settings button")].find((b) => b.textContent === "Reset").click()`)
		p.wait("it has its own keys again", `document.querySelector('.cv-settings [data-action="pick"]').textContent === "/ or N"`)
	})
}

// give hands files to the canvas as a drop or a paste does. files is JavaScript.
func (p *page) give(kind, files string, x, y float64) {
	p.t.Helper()
	event := fmt.Sprintf(`new DragEvent("drop", { dataTransfer: d, clientX: %f, clientY: %f, bubbles: true, cancelable: true })`, x, y)
	if kind == "paste" {
		event = `new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })`
	}
	eval[any](p, `(() => { const d = new DataTransfer(), file = (name, type, ...parts) => d.items.add(new File(parts, name, { type })), text = (t) => d.setData("text/plain", t); `+files+`; document.querySelector(".cv-stage").dispatchEvent(`+event+`) })()`)
}

// dot is the script of a small picture's bytes.
const dot = `Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0))`

// cards waits until the canvas has a number of cards.
func (p *page) cards(n int) {
	p.t.Helper()
	p.wait(fmt.Sprintf("there are %d cards", n), fmt.Sprintf(`document.querySelectorAll("#canvas .node:not([hidden])").length === %d`, n))
}

// TestIntake drops and pastes files, texts and addresses, and exports pictures.
func TestIntake(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()

	t.Run("A4 dropped files become steps without overlap, others are refused by name", func(t *testing.T) {
		p.t = t
		id := p.opened("Drop", oneText, `[]`)
		x, y := p.emptySpot(0.1, 0.1)
		p.give("drop", `file("photo.png", "image/png", `+dot+`); file("notes.md", "text/markdown", "# Hello"); file("data.csv", "text/csv", "a,b\r\n1,2"); file("movie.mp4", "video/mp4", "x"); file("big.txt", "text/plain", "x".repeat(262145)); file("flow.json", "application/json", JSON.stringify({ nodes: [{ id: "q", type: "text", position: { x: 7, y: 7 }, data: { label: "Q", mine: 1 } }, { id: "r", type: "debug", position: { x: 400, y: 7 }, data: {} }], edges: [{ id: "e", source: "q", target: "r" }] }))`, x, y)
		p.cards(6)
		for _, name := range []string{"movie.mp4", "big.txt"} {
			p.wait(name+" is refused", fmt.Sprintf(`[...document.querySelectorAll(".cv-tray .is-failed")].some((e) => e.textContent.includes(%q))`, name))
		}
		p.shot("a4-dropped")
		w := p.onServer(id).Workflow
		byLabel := map[string]map[string]any{}
		for i, n := range w.Nodes {
			label, _ := n.Data["label"].(string)
			byLabel[label] = n.Data
			for _, m := range w.Nodes[i+1:] {
				if abs(n.Position.X-m.Position.X) < 256 && abs(n.Position.Y-m.Position.Y) < 100 {
					t.Errorf("%v and %v overlap", n, m)
				}
			}
		}
		if file, _ := byLabel["photo"]["file"].(map[string]any); file == nil || !strings.HasPrefix(file["$file"].(string), "file_") {
			t.Errorf("the picture is %v", byLabel["photo"])
		}
		if byLabel["notes"]["text"] != "# Hello" || byLabel["data"]["text"] != "a,b\n1,2" || byLabel["Q"]["mine"] != 1.0 || len(w.Edges) != 1 {
			t.Errorf("saved %v, %v", byLabel, w.Edges)
		}
		p.wait("the picture is shown", `[...document.querySelectorAll("#canvas .node__prev img")].some((i) => i.naturalWidth === 1)`)
		eval[any](p, `document.querySelector(".cv-stage").focus()`)
		p.keys("z", ctrl)
		p.cards(1)
		p.onServer(id)
	})

	t.Run("A4 dropped text and addresses become steps too", func(t *testing.T) {
		p.t = t
		id := p.opened("Words", oneText, `[]`)
		x, y := p.emptySpot(0.15, 0.2)
		p.give("drop", `text("Dragged from elsewhere")`, x, y)
		p.cards(2)
		p.give("drop", `d.setData("text/uri-list", "https://example.com/dog.webp\r\n")`, x, y)
		p.cards(3)
		w := p.onServer(id).Workflow
		if w.Nodes[1].Type != "text" || w.Nodes[1].Data["text"] != "Dragged from elsewhere" || w.Nodes[2].Type != "image" || w.Nodes[2].Data["url"] != "https://example.com/dog.webp" {
			t.Errorf("saved %+v", w.Nodes)
		}
	})

	t.Run("A4 a failed upload is said and adds nothing", func(t *testing.T) {
		p.t = t
		id := p.opened("Broken", oneText, `[]`)
		x, y := p.emptySpot(0.1, 0.1)
		p.give("drop", `file("fake.png", "image/png", "not a picture"); file("huge.png", "image/png", new Uint8Array(26 * 1024 * 1024))`, x, y)
		for _, why := range []string{"“fake.png” is named like a picture but is none.", "“huge.png” is larger than 25 MiB."} {
			p.wait("it is said: "+why, fmt.Sprintf(`[...document.querySelectorAll(".cv-tray .is-failed")].some((e) => e.textContent.includes(%q))`, why))
		}
		if g := p.onServer(id).Workflow; len(g.Nodes) != 1 {
			t.Errorf("%d steps are there", len(g.Nodes))
		}
		eval[any](p, `document.querySelectorAll(".cv-tray button").forEach((b) => b.click())`)
		p.wait("the messages can be closed", `!document.querySelector(".cv-tray")`)
	})

	t.Run("A5 pasted pictures, texts and addresses", func(t *testing.T) {
		p.t = t
		id := p.opened("Paste", oneText, `[]`)
		for range 3 { // so that all of them stay in view
			p.strike("-", "Minus")
		}
		p.give("paste", `text("https://example.com/cat.png")`, 0, 0)
		p.cards(2)
		p.give("paste", `text("Some words\nand more")`, 0, 0)
		p.cards(3)
		p.give("paste", `file("image.png", "image/png", `+dot+`)`, 0, 0)
		p.cards(4)
		p.give("paste", `text(JSON.stringify({ nodes: [{ id: "z", type: "debug", position: { x: 0, y: 0 }, data: { label: "Z" } }], edges: [] }))`, 0, 0)
		p.cards(5)
		p.shot("a5-pasted")
		w := p.onServer(id).Workflow
		got := []string{}
		for _, n := range w.Nodes[1:] {
			what := []string{n.Type}
			for _, key := range []string{"url", "text"} {
				if v, ok := n.Data[key].(string); ok && v != "" {
					what = append(what, v)
				}
			}
			got = append(got, strings.Join(what, " "))
		}
		if want := []string{"image https://example.com/cat.png", "text Some words\nand more", "image", "debug"}; !slices.Equal(got, want) {
			t.Errorf("pasted %q, want %q", got, want)
		}
	})

	t.Run("A9 the exported PNG brings the workflow back, the SVG shows it", func(t *testing.T) {
		p.t = t
		id := p.opened("Export me", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"A <b>","text":"hello","mine":{"kept":[1,2]}}},{"id":"b","type":"debug","position":{"x":400,"y":20},"data":{"label":"B"}}]`, `[{"id":"e","source":"a","target":"b"}]`)
		eval[any](p, `(() => { window.made = []; const make = URL.createObjectURL; URL.createObjectURL = (b) => { window.made.push(b); return make.call(URL, b) }; document.addEventListener("click", (e) => { if (e.target.download) { window.named = e.target.download; e.preventDefault() } }, true) })()`)
		p.click("#editor-menu summary")
		p.shot("a9-menu")
		p.click(`#editor-menu [data-act="export-svg"]`)
		p.wait("the SVG is made", `window.named === "Export-me.svg"`)
		svg := eval[string](p, `window.made.at(-1).text()`, chromedp.EvalAwaitPromise)
		if !strings.Contains(svg, "A &lt;b&gt;") || strings.Count(svg, "<g>") != 2 || eval[bool](p, `window.made.at(-1).text().then((t) => !!new DOMParser().parseFromString(t, "image/svg+xml").querySelector("parsererror"))`, chromedp.EvalAwaitPromise) {
			t.Errorf("the SVG is %.300s", svg)
		}
		p.click("#editor-menu summary")
		p.click(`#editor-menu [data-act="export-png"]`)
		p.wait("the PNG is made", `window.named === "Export-me.png"`)
		png := eval[string](p, `window.made.at(-1).arrayBuffer().then((b) => btoa(Array.from(new Uint8Array(b), (c) => String.fromCharCode(c)).join("")))`, chromedp.EvalAwaitPromise)
		p.keep("exported.png", png)
		back := p.opened("Import here", `[{"id":"o","type":"text","position":{"x":0,"y":0},"data":{"label":"Own"}}]`, `[]`)
		x, y := p.emptySpot(0.3, 0.7)
		p.give("drop", `file("Export-me.png", "image/png", Uint8Array.from(atob("`+png+`"), (c) => c.charCodeAt(0)))`, x, y)
		p.cards(3)
		from, to := p.onServer(back).Workflow, graph{}
		p.api("GET", "/api/workflows/"+id, nil, &to)
		if len(from.Edges) != 1 || from.Edges[0].Source != from.Nodes[1].ID || fmt.Sprint(from.Nodes[1].Data) != fmt.Sprint(to.Workflow.Nodes[0].Data) {
			t.Errorf("came back as %+v", from)
		}
		if dx := from.Nodes[2].Position.X - from.Nodes[1].Position.X; dx != 400 {
			t.Errorf("the steps are %v apart, want 400", dx)
		}
	})
}

// keep saves bytes beside the screenshots, for the eye.
func (p *page) keep(name, b64 string) {
	p.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		p.t.Fatal(err)
	}
	if dir := os.Getenv("HEDDLE_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			p.t.Error(err)
		}
	}
}

func abs(v float64) float64 { return max(v, -v) }
