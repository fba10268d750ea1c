//go:build browser

package browser_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAxe looks at every page and state with axe-core: WCAG 2.2 A and AA, and good
// practice, in both themes. It also wants no page wider than a window of 320 pixels.
func TestAxe(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../../../static/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing, run go tool task npm: %v", err)
	}
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			s := newSite(t)
			c := &checked{axe: string(axe), page: s.browser(theme)}
			c.t = t
			c.open("/setup")
			c.sound("setup")
			s.account()
			c.open("/signin")
			c.sound("sign in")
			c.signIn()
			c.pages()
			c.editor()
			c.empty()
			c.open("/workflows")
			c.sound("empty list")
		})
	}
}

// checked is a page with axe-core at hand.
type checked struct {
	*page
	axe string
}

func (c *checked) pages() {
	c.t.Helper()
	var list struct {
		Workflows []struct{ ID string }
	}
	c.api("GET", "/api/workflows", nil, &list)
	var run struct{ RunID string }
	c.api("POST", "/api/execute", map[string]any{"workflowId": list.Workflows[0].ID}, &run)
	c.open("/runs/" + run.RunID)
	c.wait("the run has ended", `/Success|Failed|Partial/.test(document.body.innerText)`)
	for _, path := range []string{"/runs/" + run.RunID, "/runs/" + run.RunID + "/graph", "/runs", "/runs?status=failed", "/workflows", "/workflows?query=zebra", "/templates", "/workflows/" + list.Workflows[0].ID + "/versions", "/settings", "/settings/activity", "/reset?secret=x", "/docs/api", "/nothing/here"} {
		c.open(path)
		c.sound(path)
		c.narrow(path)
	}
}

func (c *checked) editor() {
	c.t.Helper()
	id := c.create("Looked at", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Words","text":"x"}},{"id":"b","type":"llm","position":{"x":400,"y":0},"data":{"label":"Ask","prompt":"{{words}}"}},
		{"id":"g","type":"group","position":{"x":0,"y":420},"width":400,"height":200,"data":{"label":"Frame"}},{"id":"n","type":"note","position":{"x":460,"y":420},"width":300,"height":160,"data":{"text":"# Note\nwith *words*"}}]`, `[{"id":"e","source":"a","target":"b","sourceHandle":"text","targetHandle":"words"}]`)
	c.open("/workflows/" + id)
	c.wait("the cards are shown", `document.querySelectorAll("#canvas .node:not([hidden])").length >= 3`)
	c.settle(`document.querySelector("#canvas .node")`)
	c.sound("editor")
	x, y := c.title("Ask")
	c.clickAt(x, y, 0)
	c.wait("the inspector shows the step", `document.querySelector('#inspector [data-key="prompt"]')`)
	c.sound("editor with inspector")
	c.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	for _, state := range []struct{ name, key, open string }{
		{"minimap", "m", `document.querySelector("#canvas .cv-map")?.checkVisibility()`},
		{"connections to choose", "c", `document.querySelector("#canvas [role=menu]")`},
		{"shortcuts", "?", `document.querySelector("#canvas dialog[open]")`},
	} {
		c.clickAt(x, y, 0)
		c.keys(state.key)
		c.wait(state.name+" is open", state.open)
		c.sound("editor with " + state.name)
		c.keys(kb.Escape)
	}
	eval[any](c.page, `document.querySelector('[data-panel="outline"]').click()`)
	c.sound("editor with outline")
}

// sound fails the test for what axe-core finds wrong.
func (c *checked) sound(where string) {
	c.t.Helper()
	c.wait(where+" has no animation left", `document.getAnimations().every((a) => a.playState !== "running" || a.effect.getComputedTiming().iterations === Infinity)`)
	eval[any](c.page, c.axe+`; 0`)
	found := eval[[]string](c.page, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
		.then((r) => r.violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + (n.any[0]?.data?.contrastRatio ?? "")).join(", ")))`, chromedp.EvalAwaitPromise)
	if len(found) > 0 {
		c.shot("axe-" + strings.ReplaceAll(where, "/", "_"))
		c.t.Errorf("%s:\n\t%s", where, strings.Join(found, "\n\t"))
	}
}

// narrow fails the test when a page does not fit a window of 320 pixels.
func (c *checked) narrow(where string) {
	c.t.Helper()
	c.do(chromedp.EmulateViewport(320, 640))
	c.wait(where+" is narrow", `innerWidth === 320`)
	if over := eval[int](c.page, `document.documentElement.scrollWidth - innerWidth`); over > 1 {
		c.shot("narrow-" + strings.ReplaceAll(where, "/", "_"))
		c.t.Errorf("%s is %d pixels too wide at 320", where, over)
	}
	c.do(chromedp.EmulateViewport(1440, 900))
	c.wait(where+" is wide again", fmt.Sprintf(`innerWidth === %d`, 1440))
}
