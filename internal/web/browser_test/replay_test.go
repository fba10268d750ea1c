//go:build browser

package browser_test

import "testing"

// TestReplay runs a run again from its page, whole and from a step on.
func TestReplay(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			id := p.create("Greet", `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Hello","text":"hello"}},{"id":"b","type":"debug","position":{"x":400,"y":0},"data":{"label":"Shown"}}]`,
				`[{"id":"e","source":"a","target":"b"}]`)
			var run struct{ RunID string }
			p.api("POST", "/api/execute", map[string]any{"workflowId": id}, &run)
			p.open("/runs/" + run.RunID)
			p.wait("the run has ended", `!!document.querySelector('form[action$="/replay"] button')`)
			p.click(`.head form[action$="/replay"] button`)
			p.wait("another run is shown", `location.pathname.startsWith("/runs/run_") && !location.pathname.endsWith("`+run.RunID+`") && !!document.querySelector('.head form[action$="/replay"]')`)
			p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`)
			second := eval[string](p, `location.pathname`)
			eval[any](p, `document.querySelector('details.step[data-node="b"]').scrollIntoView({ block: "center" })`)
			p.wait("no message lies over it", `!document.querySelector("#toast *")`)
			p.click(`details.step[data-node="b"] summary`)
			p.visible(`details.step[data-node="b"] form button`)
			p.shot("step")
			p.click(`details.step[data-node="b"] form button`)
			p.wait("a third run, with the first step reused", `location.pathname !== "`+second+`" && document.body.innerText.includes("1 reused")`)
			p.shot("again")
		})
	}
}

// TestStepsStayOpen opens a step of a run under way by hand: what comes in does not
// close it.
func TestStepsStayOpen(t *testing.T) {
	t.Parallel()
	model, p := newSlowSite(t)
	id := p.create("Slow", slowNodes, slowEdges)
	var run struct{ RunID string }
	p.api("POST", "/api/execute", map[string]any{"workflowId": id}, &run)
	p.open("/runs/" + run.RunID)
	step := `document.querySelector('details.step[data-node="show"]')`
	p.wait("the run is under way", `document.querySelector('details.step[data-node="ask"]')?.innerText.includes("Running")`)
	eval[any](p, step+`.querySelector("summary").click()`)
	p.wait("the step is open", step+`.open`)
	close(model.finish)
	p.wait("the run has ended", `!!document.querySelector('.head form[action$="/replay"]')`)
	p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`)
	if !eval[bool](p, step+`.open`) {
		t.Error("the step was closed by what came in")
	}
}
