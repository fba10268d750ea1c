//go:build browser

package browser_test

import (
	"testing"
)

// TestTemplates begins with a template, from the page and from an empty list.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			p.wait("each workflow has its picture", `document.querySelectorAll(".thumb").length === 3 && [...document.querySelectorAll(".thumb")].every((i) => i.complete && i.naturalWidth > 0)`)
			p.shot("list")
			p.open("/templates")
			p.wait("the templates are shown", `document.querySelectorAll(".templates__card").length >= 8`)
			p.shot("templates")
			p.click(`.templates__card:nth-child(8) button`)
			p.wait("the editor is open", `document.querySelectorAll("#canvas .node:not([hidden])").length === 5`)
			p.settle(`document.querySelector("#canvas .node")`)
			p.shot("meeting-notes")
			p.empty()
			p.open("/workflows")
			p.wait("an empty list offers them", `document.querySelectorAll(".templates__card").length >= 8 && document.body.innerText.includes("No workflows yet")`)
			p.shot("empty")
		})
	}
}

// empty deletes all workflows.
func (p *page) empty() {
	p.t.Helper()
	var out struct {
		Workflows []struct{ ID string }
	}
	p.api("GET", "/api/workflows?limit=100", nil, &out)
	for _, w := range out.Workflows {
		p.api("DELETE", "/api/workflows/"+w.ID, nil, nil)
	}
}
