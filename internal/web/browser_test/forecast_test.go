//go:build browser

package browser_test

import "testing"

// TestForecast runs a workflow, changes one step, and sees before the next run what
// it will do; the run then does just that.
func TestForecast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	for _, theme := range []string{"light", "dark"} {
		t.Run("R5 "+theme+" what will run is seen before", func(t *testing.T) {
			s.t = t
			p := s.browser(theme)
			p.signIn()
			p.open("/workflows/" + s.create("Forecast", `[
				{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Words","text":"one"}},
				{"id":"b","type":"text","position":{"x":0,"y":260},"data":{"label":"Other","text":"two"}},
				{"id":"c","type":"debug","position":{"x":420,"y":0},"data":{"label":"Show"}},
				{"id":"d","type":"debug","position":{"x":420,"y":260},"data":{"label":"Quiet"}}]`,
				`[{"id":"e","source":"a","target":"c"},{"id":"f","source":"b","target":"d"}]`))
			p.wait("the cards are shown", node("Show"))
			if !eval[bool](p, `document.querySelector("#btn-plan").hidden`) {
				t.Error("something is foretold before the first run")
			}
			p.click("#btn-run")
			p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
			p.wait("nothing has changed", `document.querySelector("#btn-plan").textContent === "Nothing has changed"`)
			p.pickStep("Words")
			eval[any](p, `(() => { const f = document.querySelector('#insp-settings [name="data.text"]'); f.focus(); f.select() })()`)
			p.paste("one more")
			p.wait("two steps will run", `document.querySelector("#btn-plan").textContent === "2 of 4 will run"`)
			p.wait("their cards say so", `(`+node("Words")+`).dataset.status === "stale" && (`+node("Show")+`).dataset.status === "stale" && (`+node("Quiet")+`).dataset.status === "success"`)
			p.click("#btn-plan")
			p.wait("the list gives the reason", `document.querySelector("#plan:popover-open").innerText.includes("Text changed.") && document.querySelectorAll("#plan li.is-reused").length === 2`)
			p.shot("plan")
			p.click("#btn-run")
			p.wait("the rest was reused", `(`+node("Show")+`).dataset.status === "success" && (`+node("Quiet")+`).dataset.status === "cached"`)
			p.wait("the new text went through", `(`+node("Show")+`).querySelector(".node__prev").textContent === "one more"`)
			p.wait("nothing has changed again", `document.querySelector("#btn-plan").textContent === "Nothing has changed"`)
			p.click("#btn-plan")
			p.click("#btn-run-all")
			p.wait("every step ran again", `(`+node("Quiet")+`).dataset.status === "success" && (`+node("Other")+`).dataset.status === "success"`)
		})
	}
}

// pickStep selects a step by a click on its title.
func (p *page) pickStep(label string) {
	p.t.Helper()
	title := `(` + node(label) + `).querySelector(".node__title")`
	p.settle(title)
	x, y := p.box(title)
	p.drag(x, y, x+1, y)
	p.wait(label+" is selected", `(`+node(label)+`).classList.contains("is-selected")`)
	p.visible(`#insp-settings [name="data.label"]`)
}
