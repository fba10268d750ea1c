//go:build browser

package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

const partNodes = `[
	{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"First","text":"one"}},
	{"id":"b","type":"debug","position":{"x":320,"y":0},"data":{"label":"Second"}},
	{"id":"c","type":"debug","position":{"x":640,"y":0},"data":{"label":"Third"}},
	{"id":"photo","type":"image","position":{"x":0,"y":240},"data":{"label":"Photo","url":"` + tinyPNG + `"}},
	{"id":"broken","type":"image","position":{"x":320,"y":240},"data":{"label":"Broken"}},
	{"id":"shape","type":"llm","position":{"x":640,"y":240},"data":{"label":"Shape","provider":"offline","prompt":"Ann is 36","schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}]`

const partEdges = `[{"id":"e1","source":"a","target":"b"},{"id":"e2","source":"b","target":"c"}]`

type ranNode struct {
	NodeID string `json:"nodeId"`
	Cached bool   `json:"cached"`
	Output map[string]any
}

// newest returns of each step of the newest run whether it was computed or taken over.
func (p *page) newest(runs int) map[string]string {
	p.t.Helper()
	var out struct {
		Runs []struct {
			Status      string
			NodeResults []ranNode `json:"nodeResults"`
		}
	}
	p.until(fmt.Sprintf("%d runs have ended", runs), func() bool {
		p.api("GET", "/api/runs?limit=100", nil, &out)
		return len(out.Runs) == runs && out.Runs[0].Status != "queued" && out.Runs[0].Status != "running"
	})
	ran := map[string]string{}
	for _, n := range out.Runs[0].NodeResults {
		ran[n.NodeID] = map[bool]string{false: "computed", true: "taken over"}[n.Cached]
	}
	return ran
}

func (p *page) tabs(name string) {
	p.t.Helper()
	p.click("#tab-" + name)
	p.wait("the tab is open", `!document.querySelector("#insp-`+name+`").hidden`)
}

// TestParts runs parts of a graph by button, key and menu, and reads what the steps
// gave and said.
func TestParts(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			s := newSite(t)
			s.account()
			p := s.browser(theme)
			p.signIn()
			p.open("/workflows/" + s.create("Parts", partNodes, partEdges))
			p.wait("the cards are shown", node("Third"))
			t.Run("R1 E16 parts", p.parts)
			t.Run("the output of a step", p.outputs)
			t.Run("a large value", p.largeValue)
		})
	}
}

func (p *page) parts(t *testing.T) {
	check := func(what string, runs int, want map[string]string) {
		t.Helper()
		if d := cmp.Diff(want, p.newest(runs)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		p.wait("the page is at rest again", `!document.querySelector("#btn-run").hidden`)
	}
	p.inspect("Second")
	p.click(`[data-part="upTo"]`)
	check("to here", 1, map[string]string{"a": "computed", "b": "computed"})
	p.click(`[data-part="only"]`)
	check("this step", 2, map[string]string{"a": "taken over", "b": "computed"})
	p.wait("the card says what was taken over", `(`+node("First")+`).textContent.includes("Cached")`)
	p.click(`[data-part="from"]`)
	check("from here", 3, map[string]string{"a": "taken over", "b": "computed", "c": "computed"})
	p.shot("parts")
	p.inspect("Third")
	p.keys("\r", chromedp.KeyModifiers(kb.ModifierCtrl|kb.ModifierShift))
	check("Ctrl+Shift+Enter", 4, map[string]string{"b": "taken over", "c": "computed"})
	p.inspect("Second")
	p.keys("\r", chromedp.KeyModifiers(kb.ModifierCtrl|kb.ModifierAlt))
	check("Ctrl+Alt+Enter", 5, map[string]string{"a": "taken over", "b": "computed", "c": "computed"})
	p.keys(kb.F10, chromedp.KeyModifiers(kb.ModifierShift))
	p.wait("the menu is open", `document.querySelector(".cv-menu")`)
	eval[any](p, `[...document.querySelectorAll(".cv-menu__item")].find((b) => b.textContent.startsWith("Run to here")).click()`)
	check("the menu", 6, map[string]string{"a": "computed", "b": "computed"})
	p.keys("a", ctrl)
	p.wait("the buttons are about all steps", `document.querySelector('[data-part="only"]').textContent === "Run these steps"`)
	p.inspect("First")
	p.caret("text", 3)
	p.paste(" more")
	p.inspect("Second")
	p.click(`[data-part="only"]`)
	check("a changed source", 7, map[string]string{"a": "computed", "b": "computed"})
}

func (p *page) outputs(t *testing.T) {
	run := func(label string, runs int) {
		p.inspect(label)
		p.click(`[data-part="only"]`)
		p.newest(runs)
	}
	out := `document.querySelector("#insp-output")`
	run("Photo", 8)
	p.tabs("output")
	p.wait("the picture is shown", out+`.querySelector("figure img").naturalWidth === 2`)
	p.shot("output-picture")
	p.tabs("settings")
	run("Shape", 9)
	p.tabs("output")
	p.wait("JSON is indented", `[...`+out+`.querySelectorAll("pre")].some((x) => x.textContent.startsWith('{\n  "'))`)
	p.wait("each value can be copied", `[...`+out+`.querySelectorAll(".ed-port pre")].every((x) => x.parentElement.querySelector("[data-copy]"))`)
	p.shot("output-json")
	p.tabs("settings")
	run("Broken", 10)
	p.tabs("output")
	p.wait("the error names its run and the next step", out+`.querySelector(".ed-error code").textContent.startsWith("run_") && `+out+`.textContent.includes("Upload a file")`)
	p.shot("output-error")
	p.tabs("logs")
	p.wait("a silent step says so", `document.querySelector("#insp-logs").textContent.includes("This step has said nothing.")`)
	p.tabs("settings")
	p.inspect("Shape")
	p.tabs("output")
	p.wait("a step outside the run says so", out+`.textContent.includes("not part of the run")`)
	p.tabs("settings")
}

func (p *page) largeValue(t *testing.T) {
	p.inspect("First")
	long := strings.Repeat("Heddle weaves. ", 3000)
	eval[any](p, field("text")+`.select()`)
	p.paste(long)
	p.click(`[data-part="only"]`)
	p.newest(11)
	p.tabs("output")
	link := `[...document.querySelectorAll("#insp-output a")].find((a) => a.textContent === "Open the full value")`
	p.wait("the value is cut, with a way to all of it", link)
	p.shot("output-cut")
	if n := eval[int](p, `fetch((`+link+`).href).then((r) => r.text()).then((x) => x.length)`, chromedp.EvalAwaitPromise); n != len(long) {
		t.Errorf("the full value has %d characters, want %d", n, len(long))
	}
	p.tabs("settings")
}

// TestInspectorLive follows a step at work in its tabs and stops it where it was started.
func TestInspectorLive(t *testing.T) {
	t.Parallel()
	m, p := newSlowSite(t)
	p.inspect("Ask")
	p.tabs("logs")
	p.wait("before the first run the log says so", `document.querySelector("#insp-logs").textContent.includes("Run the workflow")`)
	p.tabs("settings")
	place := `JSON.stringify([...document.querySelectorAll(".parts .btn:not([hidden])")][0].getBoundingClientRect().y)`
	before := eval[string](p, place)
	p.click(`[data-part="only"]`)
	p.wait("Stop has taken the place of the buttons", `!document.querySelector('[data-part="stop"]').hidden && document.querySelector('[data-part="only"]').hidden`)
	if after := eval[string](p, place); after != before {
		t.Errorf("Stop is at %s, the button was at %s", after, before)
	}
	p.tabs("output")
	pre := `document.querySelector("#insp-output pre[data-live]")`
	p.wait("text streams", pre+`.textContent.includes("word3")`)
	eval[any](p, `window.__pre = `+pre)
	p.wait("it grows in the same element", `window.__pre.isConnected && window.__pre.textContent.includes("word9")`)
	p.shot("live-output")
	p.tabs("logs")
	p.wait("the log tells that it is at work", `document.querySelector("#insp-logs").textContent.includes("said nothing yet") || document.querySelector("#insp-logs li")`)
	p.tabs("settings")
	p.click(`[data-part="stop"]`)
	p.wait("the run is canceled", `document.querySelector("#run-status").textContent.includes("Canceled")`)
	p.wait("the buttons are back", `!document.querySelector('[data-part="only"]').hidden && document.querySelector('[data-part="stop"]').hidden`)
	<-m.gone
}
