//go:build browser

package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// field returns the JavaScript of a field of the inspector.
func field(key string) string {
	return fmt.Sprintf(`document.querySelector('#insp-settings [data-key="%s"]')`, key)
}

// inspect selects a step by a click on its card and waits for its form.
func (p *page) inspect(label string) {
	p.t.Helper()
	title := `(` + node(label) + `).querySelector(".node__title")`
	p.settle(title)
	x, y := p.box(title)
	p.do(chromedp.MouseClickXY(x, y))
	p.wait("the form of "+label+" is shown", fmt.Sprintf(`document.querySelector("#insp-settings .insp [data-key=label]").value === %q`, label))
	p.wait("the form has come to rest", `!document.querySelector("#insp-settings [aria-busy]")`)
}

// caret puts the caret into a field, at the n-th character.
func (p *page) caret(key string, n int) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`(() => { const f = %s; f.focus(); f.setSelectionRange(%d, %d) })()`, field(key), n, n))
}

// saved waits until an expression of a step's data is true on the server.
func (p *page) stored(id, expression string) {
	p.t.Helper()
	p.wait("the server has "+expression, fmt.Sprintf(`await fetch("/api" + location.pathname).then((r) => r.json()).then((d) => { const data = d.workflow.nodes.find((n) => n.id === %q).data; return %s })`, id, expression))
}

const formNodes = `[
	{"id":"tone","type":"text","position":{"x":0,"y":0},"data":{"label":"Tone","text":"Be brief."}},
	{"id":"notes","type":"text","position":{"x":0,"y":220},"data":{"label":"Notes","text":"Looms weave."}},
	{"id":"photo","type":"image","position":{"x":0,"y":440},"data":{"label":"Photo","url":"` + tinyPNG + `"}},
	{"id":"ask","type":"llm","position":{"x":380,"y":120},"data":{"label":"Ask","prompt":"Summarise {{notes}}","mine":{"kept":1.50}}}]`

const formEdges = `[{"id":"e1","source":"tone","target":"ask","sourceHandle":"text","targetHandle":"system"},
	{"id":"e2","source":"photo","target":"ask","sourceHandle":"image","targetHandle":"images"}]`

// TestInspectorForms fills in every kind of field by mouse and keyboard.
func TestInspectorForms(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			s := newSite(t, "OPENAI_API_KEY=test", "OPENAI_BASE_URL=http://127.0.0.1:9/v1")
			s.account()
			p := s.browser(theme)
			p.signIn()
			p.open("/workflows/" + s.create("Forms", formNodes, formEdges))
			p.wait("the cards are shown", node("Ask"))
			p.inspect("Ask")
			p.shot("form")
			t.Run("help on each field", p.helpOnFields)
			t.Run("a fed field names the step", p.fedField)
			t.Run("marks become chips as they are typed", p.chips)
			t.Run("values are checked while they are typed", p.checks)
			t.Run("the model picker", p.modelPicker)
			t.Run("the large view", p.largeView)
			t.Run("the schema", p.schemaField)
			t.Run("the form stays without the server", p.formStays)
			t.Run("N12 Enter and double-click open the first field, Esc goes back", p.enterAndBack)
		})
	}
}

func (p *page) helpOnFields(t *testing.T) {
	bad := eval[[]string](p, `[...document.querySelectorAll("#insp-settings .insp [data-key]")].filter((c) => !(c.getAttribute("aria-describedby") ?? "").split(" ").some((id) => document.getElementById(id)?.textContent.trim())).map((c) => c.dataset.key)`)
	if len(bad) > 0 {
		t.Errorf("without help: %v", bad)
	}
}

func (p *page) fedField(t *testing.T) {
	if !eval[bool](p, field("system")+`.disabled`) {
		t.Error("the fed field can be written to")
	}
	link := `document.querySelector('[data-field="system"] [data-goto="tone"]')`
	if text := eval[string](p, link+`.textContent`); text != "Tone" {
		t.Errorf("the field says it is fed by %q", text)
	}
	p.wait("the input without a field is listed", `document.querySelector('.chip[data-port="images"] [data-goto="photo"]').textContent === "Photo"`)
	eval[any](p, link+`.focus()`)
	p.keys("\r")
	p.wait("Tone is selected", `(`+node("Tone")+`).classList.contains("is-selected")`)
	p.wait("the focus is in the canvas", `document.activeElement.closest("#canvas")`)
	p.inspect("Ask")
}

func (p *page) chips(t *testing.T) {
	chip := func(name string) string {
		return fmt.Sprintf(`document.querySelector('[data-field="prompt"] .chip[data-mark="%s"]')`, name)
	}
	p.wait("the mark is not connected", chip("notes")+`.textContent.includes("not connected")`)
	p.caret("prompt", 9)
	p.paste(" {{extra}}")
	p.wait("the new mark has a chip", chip("extra"))
	p.wait("the card has the port", port("Ask", "in", "extra"))
	p.keys("!")
	p.wait("the server has looked at it", field("prompt")+`.value === "Summarise {{extra}}! {{notes}}"`)
	p.wait("the form has come to rest", `!document.querySelector("#insp-settings [aria-busy]")`)
	if at := eval[int](p, `document.activeElement === `+field("prompt")+` ? document.activeElement.selectionStart : -1`); at != 20 {
		t.Errorf("the caret is at %d, want 20", at)
	}
	p.shot("chips")
	p.settle(node("Ask"))
	p.connect("Notes", "Text", "Ask", "notes")
	p.inspect("Ask")
	p.wait("the chip names the step", chip("notes")+`.querySelector('[data-goto="notes"]').textContent === "Notes"`)
	p.caret("prompt", 9)
	for range 11 {
		p.keys(kb.Delete)
	}
	p.wait("the chip is gone", `!`+chip("extra"))
}

func (p *page) checks(t *testing.T) {
	said := func(key string) string {
		return `(` + field(key) + `.closest(".field").querySelector(".err")?.textContent ?? "")`
	}
	p.click(`#insp-settings [data-key="temperature"]`)
	p.keys("5")
	p.wait("the number is refused", said("temperature")+` === "At most 2." && `+field("temperature")+`.getAttribute("aria-invalid") === "true"`)
	p.stored("ask", `data.temperature === 5`)
	p.wait("the message is tied to the field", field("temperature")+`.getAttribute("aria-describedby").split(" ").some((id) => document.getElementById(id)?.classList.contains("err"))`)
	p.shot("invalid")
	p.keys(kb.Backspace)
	p.keys("1")
	p.wait("the number is fine", said("temperature")+` === "" && !`+field("temperature")+`.hasAttribute("aria-invalid")`)
	p.caret("prompt", 0)
	p.paste("{{open}} ")
	p.wait("the server's rule is told", said("prompt")+`.includes("Nothing feeds {{open}}") && `+field("prompt")+`.getAttribute("aria-invalid") === "true"`)
	for range 9 {
		p.keys(kb.Backspace)
	}
	p.wait("the server has nothing to say any more", said("prompt")+` === ""`)
	if !eval[bool](p, `document.activeElement === `+field("prompt")) {
		t.Error("the focus was lost while the form was looked at")
	}
	p.stored("ask", `data.mine.kept === 1.5 && data.prompt === "Summarise {{notes}}"`)
}

func (p *page) modelPicker(t *testing.T) {
	list := `document.querySelector("#insp-settings [data-models-list]")`
	seen := list + `.querySelectorAll('[role="option"]:not([hidden])')`
	eval[any](p, field("model")+`.focus()`)
	p.keys(kb.ArrowDown)
	p.wait("the list is open", `!`+list+`.hidden && `+field("model")+`.getAttribute("aria-expanded") === "true"`)
	p.shot("models")
	groups := eval[[]string](p, `[...`+list+`.querySelectorAll('[role="group"]')].map((g) => g.getAttribute("aria-label"))`)
	if len(groups) < 5 || groups[0] != "OpenAI" || !strings.Contains(strings.Join(groups, "\n"), "set GEMINI_API_KEY on the server") {
		t.Errorf("the providers are %q", groups)
	}
	if row := eval[string](p, list+`.querySelector('[data-model="gpt-4o-mini"]').textContent`); !strings.Contains(row, "$0.15 / $0.60") || !strings.Contains(row, "can see pictures") {
		t.Errorf("the row of a model says %q", row)
	}
	p.paste("gemini pro")
	p.wait("the search finds one", seen+`.length === 1`)
	p.keys(kb.Escape)
	p.wait("Esc closes the list only", list+`.hidden && document.activeElement === `+field("model"))
	eval[any](p, `(() => { const f = `+field("model")+`; f.select() })()`)
	p.paste("4o mini")
	p.wait("the search finds one", seen+`.length === 1`)
	p.keys(kb.ArrowDown)
	p.keys("\r")
	p.wait("model and provider are set", field("model")+`.value === "gpt-4o-mini" && `+field("provider")+`.value === "openai"`)
	p.wait("the price is told", `document.querySelector('[data-field="model"] [data-price]').textContent === "Price $0.15 / $0.60 per million tokens, can see"`)
	p.stored("ask", `data.model === "gpt-4o-mini" && data.provider === "openai"`)
	p.typed(`#insp-settings [data-key="model"]`, "-of-mine")
	p.wait("free text has no price", `document.querySelector('[data-field="model"] [data-price]').textContent.startsWith("Price unknown")`)
	p.wait("nothing matches", `!`+list+`.querySelector("[data-models-none]").hidden`)
	p.shot("free-model")
	p.keys(kb.Escape)
	p.do(chromedp.Click(chromedp.CSS(`#insp-settings [data-models-open]`)))
	p.wait("the arrow opens the list", `!`+list+`.hidden`)
	eval[any](p, list+`.querySelector('[data-model="gpt-4.1-nano"]').scrollIntoView({ block: "center" })`)
	x, y := p.box(list + `.querySelector('[data-model="gpt-4.1-nano"]')`)
	p.do(chromedp.MouseClickXY(x, y))
	p.wait("a click picks", field("model")+`.value === "gpt-4.1-nano" && `+list+`.hidden`)
	p.stored("ask", `data.model === "gpt-4.1-nano"`)
	eval[any](p, `(() => { const f = `+field("provider")+`; f.value = "groq"; f.dispatchEvent(new Event("change", { bubbles: true })) })()`)
	p.wait("a provider that is not set up names its setting", `document.querySelector('[data-field="provider"]').textContent.includes("set GROQ_API_KEY on the server")`)
	eval[any](p, field("model")+`.focus()`)
	p.paste("x")
	eval[any](p, field("model")+`.select()`)
	p.paste("gpt-4o")
	p.wait("the list is open", `!`+list+`.hidden`)
	p.keys(kb.ArrowDown)
	p.keys("\r")
	p.wait("the model brings its provider", field("provider")+`.value === "openai" && `+field("model")+`.value === "gpt-4o"`)
	p.click("#btn-undo")
	p.wait("both are one step back", field("provider")+`.value === "groq"`)
	p.click("#btn-redo")
	p.wait("both are there again", field("provider")+`.value === "openai" && `+field("model")+`.value === "gpt-4o"`)
}

func (p *page) largeView(t *testing.T) {
	p.caret("prompt", 0)
	p.click(`#insp-settings [data-large="prompt"]`)
	p.visible("dialog.large")
	area := `document.querySelector("dialog.large textarea")`
	p.wait("the text is there with its caret", area+`.value === "Summarise {{notes}}" && document.activeElement === `+area)
	p.wait("its length is told", `document.querySelector("dialog.large").innerText.includes("19 characters")`)
	p.paste("Please: ")
	p.click(`dialog.large [data-insert="notes"]`)
	p.typed(`dialog.large input[type="text"]`, "style guide\r")
	p.wait("a bad name is refused", `document.querySelector('dialog.large input[type="text"]').getAttribute("aria-invalid") === "true"`)
	eval[any](p, `document.querySelector('dialog.large input[type="text"]').select()`)
	p.typed(`dialog.large input[type="text"]`, "style")
	p.click("dialog.large .large__name button")
	const want = "Please: {{notes}}{{style}}Summarise {{notes}}"
	p.wait("the marks are inserted", area+`.value === `+fmt.Sprintf("%q", want))
	p.click(`dialog.large [role="switch"]`)
	p.wait("the text is in one width", `getComputedStyle(`+area+`).fontFamily.includes("mono")`)
	p.shot("large")
	p.keys(kb.Escape)
	p.wait("the focus is back in the field", `!document.querySelector("dialog.large") && document.activeElement === `+field("prompt"))
	p.stored("ask", `data.prompt === `+fmt.Sprintf("%q", want))
	p.caret("prompt", 17)
	for range 9 {
		p.keys(kb.Delete)
	}
	p.stored("ask", `data.prompt === "Please: {{notes}}Summarise {{notes}}"`)
}

func (p *page) schemaField(t *testing.T) {
	said := field("schema") + `.closest(".field").querySelector(".err")?.textContent ?? ""`
	eval[any](p, field("schema")+`.focus()`)
	p.paste("{\n \"type\": \"object\",,\n}")
	p.wait("the place is told", `(`+said+`).includes("line 2, column 19")`)
	p.shot("schema")
	p.click(`#insp-settings [data-large="schema"]`)
	p.wait("the large view tells it too", `document.querySelector("dialog.large .err").textContent.includes("line 2, column 19") && !document.querySelector("dialog.large .large__bar")`)
	p.shot("large-schema")
	p.keys(kb.Escape)
	p.wait("the field has the focus", `document.activeElement === `+field("schema"))
	eval[any](p, field("schema")+`.select()`)
	p.paste(`["type"]`)
	p.wait("a list is no schema", `(`+said+`).includes("object schema")`)
	p.stored("ask", `Array.isArray(data.schema)`)
	eval[any](p, field("schema")+`.select()`)
	p.paste(`{"type":"object"}`)
	p.wait("the schema is fine", `(`+said+`) === ""`)
	p.click(`#insp-settings [data-format="schema"]`)
	p.wait("it is formatted", field("schema")+`.value === '{\n  "type": "object"\n}'`)
	p.stored("ask", `data.schema.type === "object"`)
}

func (p *page) formStays(t *testing.T) {
	eval[any](p, `(() => { const real = window.fetch; window.__refused = 0;
		window.fetch = (u, o) => { if (!String(u).endsWith("/inspector") || !window.__down) return real(u, o); window.__refused++; return Promise.reject(new TypeError("down")) };
		window.__down = true })()`)
	p.caret("prompt", 0)
	p.paste("Now: ")
	p.wait("the server was asked in vain", `window.__refused > 0`)
	p.stored("ask", `data.prompt.startsWith("Now: ")`)
	if v := eval[string](p, field("prompt")+`.value`); !strings.HasPrefix(v, "Now: ") {
		t.Errorf("the field says %q", v)
	}
	eval[any](p, `window.__down = false`)
	p.paste("{{late}} ")
	p.wait("the next change is looked at", `document.querySelector('.chip[data-mark="late"]')`)
}

func (p *page) enterAndBack(t *testing.T) {
	p.inspect("Notes")
	p.keys("\r")
	p.wait("the first field has the focus", `document.activeElement === `+field("text"))
	p.keys(kb.Escape)
	p.wait("Esc returns to the step", `document.activeElement.closest("#canvas") && (`+node("Notes")+`).classList.contains("is-selected")`)
	x, y := p.box(`(` + node("Notes") + `).querySelector(".node__prev")`)
	p.do(chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	p.wait("a double-click opens it too", `document.activeElement === `+field("text"))
}
