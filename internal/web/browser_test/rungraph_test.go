//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestRunGraph looks at runs on the canvas, which nothing there can change.
func TestRunGraph(t *testing.T) {
	t.Parallel()
	t.Run("N21 a run on the canvas pans, zooms, selects, copies and opens the inspector", looksOnly)
	t.Run("N21 R1 a run at work is followed live", followsLive)
}

// runOf starts a run of a workflow and returns its id.
func (p canvasTab) runOf(workflow string) string {
	p.t.Helper()
	var out struct {
		RunID string `json:"runId"`
	}
	p.api("POST", "/api/execute", map[string]any{"workflowId": workflow}, &out)
	return out.RunID
}

// ended waits until a run has a final state.
func (p canvasTab) ended(run string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var out struct{ Run struct{ CompletedAt *string } }
		p.api("GET", "/api/runs/"+run, nil, &out)
		if out.Run.CompletedAt != nil {
			return
		}
	}
	p.t.Fatal("the run did not end within 20 s")
}

func looksOnly(t *testing.T) {
	p := canvasPage(t)
	id := p.create("Looked at", threeNodes, threeEdges)
	run := p.runOf(id)
	p.ended(run)
	var before, after struct {
		Run struct{ Nodes json.RawMessage }
	}
	p.api("GET", "/api/runs/"+run, nil, &before)
	p.open("/runs/" + run)
	p.visible(".graph__open")
	p.open(eval[string](p.page, `document.querySelector(".graph__open").getAttribute("href")`))
	p.wait("the cards show how it went", node("C")+` && (`+node("C")+`).dataset.status === "success"`)
	p.settle(node("C"))
	eval[any](p.page, stage+`.focus()`)
	p.keys("0")
	x, y := p.empty()
	r := p.rect(node("A"))
	p.wheel(x, y, 40, 60, 0)
	p.moved("A", r, -40, -60)
	p.wheel(x, y, -40, -60, 0)
	p.moved("A", r, 0, 0)
	p.keys("+")
	p.wait("it zooms", `(`+node("A")+`).getBoundingClientRect().width > `+fmt.Sprint(r[2]+10))
	p.keys("0")
	p.level(100)
	p.settle(node("A"))
	p.pressOn("A", 0)
	p.chosen("A")
	p.wait("the settings are those of the run", `document.getElementById("insp-settings").textContent.includes("one")`)
	r, below := p.rect(node("A")), p.rect(node("B"))
	p.drag(r[0]+60, r[1]+20, r[0]+120, r[1]+60)
	if a, b := p.rect(node("A")), p.rect(node("B")); math.Abs(b[0]-a[0]-below[0]+r[0]) > 1 || math.Abs(b[1]-a[1]-below[1]+r[1]) > 1 {
		t.Errorf("A was moved from %v to %v", r, a)
	}
	p.pressOn("A", 0)
	p.keys(kb.Delete)
	p.keys("d", ctrl)
	p.keys(kb.F2)
	p.wait("nothing was deleted, copied or named", `document.querySelectorAll("#canvas .node:not([hidden])").length === 3 && !document.querySelector("#canvas input")`)
	if text := p.transfer("copy", ""); len(text) < 20 {
		t.Errorf("copied %q", text)
	}
	p.keys(kb.Enter)
	p.wait("the inspector has the focus", `document.getElementById("inspector").contains(document.activeElement)`)
	p.click("#tab-output")
	p.wait("its output is shown", `document.getElementById("insp-output").textContent.includes("one")`)
	p.shot("light")
	p.api("GET", "/api/runs/"+run, nil, &after)
	if string(before.Run.Nodes) != string(after.Run.Nodes) {
		t.Error("the run's graph has changed")
	}
}

func followsLive(t *testing.T) {
	m, page := newSlowSite(t)
	p := canvasTab{page}
	var list struct{ Workflows []struct{ ID, Name string } }
	p.api("GET", "/api/workflows?query=Slow", nil, &list)
	run := p.runOf(list.Workflows[0].ID)
	p.open("/runs/" + run + "/graph#node=ask")
	p.wait("the text streams", `(`+node("Ask")+`).querySelector(".node__prev").textContent.includes("word3")`)
	p.shot("running")
	close(m.finish)
	p.wait("the end is shown", `document.querySelector("#run-status").textContent.includes("Success") && (`+node("Show")+`).dataset.status === "success"`)
}
