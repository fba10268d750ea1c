//go:build browser

package browser_test

import (
	"encoding/json"
	"testing"
)

const (
	askNodes = `[{"id":"t","type":"text","position":{"x":0,"y":0},"data":{"label":"Draft","text":"Dear customer"}},
		{"id":"a","type":"approval","position":{"x":320,"y":0},"data":{"label":"Boss","question":"May this be sent?"}},
		{"id":"y","type":"debug","position":{"x":680,"y":-60},"data":{"label":"Sent"}},
		{"id":"n","type":"debug","position":{"x":680,"y":200},"data":{"label":"Kept"}}]`
	askEdges = `[{"id":"1","source":"t","target":"a","sourceHandle":"text","targetHandle":"in"},{"id":"2","source":"a","target":"y","sourceHandle":"approved","targetHandle":"in"},
		{"id":"3","source":"a","target":"n","sourceHandle":"rejected","targetHandle":"in"}]`
)

// TestApproval answers a step that waits: on the canvas, in the inspector, on the
// page of the run.
func TestApproval(t *testing.T) {
	t.Parallel()
	p := canvasPage(t)
	for _, c := range []struct {
		name string
		do   func(p canvasTab)
	}{
		{"E23 the buttons on the step", canvasTab.answersOnCard},
		{"E23 the inspector", canvasTab.answersInInspector},
		{"E23 the page of the run", canvasTab.answersOnPage},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(canvasTab{p.with(t)}) })
	}
}

// asks opens a workflow with an approval and runs it until it waits.
func (p canvasTab) asks() {
	p.t.Helper()
	p.graph(askNodes, askEdges)
	p.keys("1")
	p.keys("\r", ctrl)
	p.wait("the step waits", `(`+node("Boss")+`).dataset.status === "waiting"`)
	p.wait("the run is parked", `document.querySelector("#run-status").textContent.includes("Waiting")`)
}

// went waits until the run ended through one side.
func (p canvasTab) went(taken, dead string) {
	p.t.Helper()
	p.wait("it goes on", `(`+node(taken)+`).dataset.status === "success" && (`+node(dead)+`).dataset.status === "skipped"`)
	p.wait("the run has ended", `document.querySelector("#run-status").textContent.includes("Success")`)
}

func (p canvasTab) answersOnCard() {
	p.asks()
	p.wait("the buttons lie at the step", `(() => { const b = document.querySelector(".cv-ask"), c = (`+node("Boss")+`).getBoundingClientRect(), r = b.getBoundingClientRect(); return b.checkVisibility() && Math.abs(r.left + r.right - c.left - c.right) < 4 && r.top >= c.bottom && r.top < c.bottom + 20 })()`)
	p.shot("asks")
	p.click(".cv-ask .cv-ask__button--main")
	p.went("Sent", "Kept")
	p.wait("the buttons are gone", `!document.querySelector(".cv-ask").checkVisibility()`)
}

func (p canvasTab) answersInInspector() {
	p.asks()
	p.pressOn("Boss", 0)
	p.click("#tab-output")
	p.wait("the question is there", `document.querySelector(".ed-approval").textContent.includes("May this be sent?") && document.getElementById("insp-output").textContent.includes("Dear customer")`)
	p.typed("#insp-comment", "Not in this tone")
	p.shot("inspector")
	p.click(".ed-approval .btn--danger")
	p.went("Kept", "Sent")
	p.pressOn("Boss", 0)
	p.wait("the comment is an output", `document.getElementById("insp-output").textContent.includes("Not in this tone")`)
}

func (p canvasTab) answersOnPage() {
	p.asks()
	p.open(eval[string](p.page, `document.getElementById("run-link").getAttribute("href")`))
	p.wait("the page asks", `document.querySelector(".askcard").textContent.includes("Boss waits for you")`)
	p.shot("page")
	p.click(`.askcard button[value="yes"]`)
	p.wait("the run goes on", `!document.querySelector(".askcard") && document.querySelector("main h1 ~ .pill, main .head .pill").textContent.includes("Success")`)
}

// TestApprovalWithinACall answers questions that a called workflow asks, one for each
// item: on the page of the run, and by the API.
func TestApprovalWithinACall(t *testing.T) {
	t.Parallel()
	p := newArrangeSite(t, "light")
	inner := p.create("Review", `[{"id":"in","type":"input","position":{"x":0,"y":0},"data":{"label":"Letter","name":"letter"}},{"id":"q","type":"approval","position":{"x":300,"y":0},"data":{"label":"Boss","question":"May this letter go out?"}},{"id":"o","type":"output","position":{"x":600,"y":0},"data":{"label":"Sent","name":"sent"}}]`,
		`[{"id":"1","source":"in","target":"q","targetHandle":"in"},{"id":"2","source":"q","sourceHandle":"approved","target":"o"}]`)
	outer := p.create("Letters", `[{"id":"l","type":"list","position":{"x":0,"y":0},"data":{"label":"All","items":"one\ntwo\nthree"}},{"id":"m","type":"map","position":{"x":300,"y":0},"data":{"label":"Each letter","workflow":"`+inner+`"}}]`,
		`[{"id":"1","source":"l","target":"m","targetHandle":"items"}]`)
	p.open("/workflows/" + outer)
	p.wait("the cards are there", `!!document.querySelector('#canvas [data-id="m"]')`)
	p.click(`#canvas [data-id="m"]`)
	p.keys("\r", ctrl)
	p.wait("the run is parked", `document.querySelector("#run-status").textContent.includes("Waiting")`)
	eval[any](p, `document.querySelector('[aria-controls="insp-output"]').click()`)
	p.wait("the step says where to look", `[...document.querySelectorAll("#insp-output a")].some((a) => a.textContent === "See what it waits for")`)
	p.shot("editor")
	eval[any](p, `[...document.querySelectorAll("#insp-output a")].find((a) => a.textContent === "See what it waits for").click()`)
	p.wait("three questions", `document.querySelectorAll(".askcard").length === 3`)
	p.shot("questions")
	eval[any](p, `document.querySelectorAll(".askcard")[1].querySelector('[value="yes"]').click()`)
	p.wait("two questions", `document.querySelectorAll(".askcard").length === 2 && !document.querySelector(".htmx-request")`)
	if got := eval[string](p, `[...document.querySelectorAll(".askcard h2")].map((h) => h.textContent).join()`); got != "Each letter › Boss, item 1, waits for you,Each letter › Boss, item 3, waits for you" {
		t.Errorf("left: %s", got)
	}
	run := eval[string](p, `location.pathname.split("/").pop()`)
	for _, item := range []string{"1", "3"} {
		p.api("POST", "/api/runs/"+run+"/nodes/m%2Fq/answer", map[string]any{"approved": item == "3", "iteration": item}, nil)
	}
	p.wait("the run has ended", `!!document.querySelector('.head form[action$="/replay"]')`)
	var out struct {
		Run struct {
			NodeResults []struct {
				NodeID, Status string
				Output         map[string]any
			}
		}
	}
	p.api("GET", "/api/runs/"+run, nil, &out)
	for _, r := range out.Run.NodeResults {
		if r.NodeID == "m" {
			if got, _ := json.Marshal(r.Output["results"]); r.Status != "success" || string(got) != `[{},"two","three"]` && string(got) != `[null,"two","three"]` {
				t.Errorf("the step is %s and gave %s", r.Status, got)
			}
		}
	}
}
