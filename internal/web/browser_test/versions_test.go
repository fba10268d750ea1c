//go:build browser

package browser_test

import "testing"

// TestVersions publishes a version from its page, which the editor's menu opens, and
// saves an earlier one again.
func TestVersions(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			id := p.create("Take orders", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"text":"one"}}]`, `[]`)
			p.api("PUT", "/api/workflows/"+id, map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "text", "position": map[string]any{"x": 0, "y": 0}, "data": map[string]any{"text": "two"}}}}, nil)
			p.open("/workflows/" + id)
			p.click(`#editor-menu summary`)
			p.visible(`#editor-menu a`)
			p.shot("menu")
			p.click(`#editor-menu a`)
			p.wait("two versions", `document.querySelectorAll("tbody tr").length === 2`)
			p.click(`form[aria-label="Version 1"] button[value="publish"]`)
			p.wait("the first is published", `document.querySelectorAll("tbody tr")[1].innerText.includes("Published")`)
			p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`)
			p.shot("published")
			p.click(`form[aria-label="Version 1"] button[value="restore"]`)
			p.wait("a third", `document.querySelectorAll("tbody tr").length === 3 && document.body.innerText.includes("Version 1 again")`)
			p.open("/workflows")
			p.wait("the list says it", `[...document.querySelectorAll("tbody tr")].some((r) => r.innerText.includes("Take orders") && r.innerText.includes("Published"))`)
			p.shot("list")
			p.open("/workflows/" + id + "/versions")
			p.click(`form[aria-label="Version 1"] button[value="unpublish"]`)
			p.wait("none is published", `document.body.innerText.includes("none is published")`)
		})
	}
}
