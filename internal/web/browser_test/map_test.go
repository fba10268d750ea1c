//go:build browser

package browser_test

import "testing"

const (
	greetNodes = `[{"id":"who","type":"input","position":{"x":0,"y":0},"data":{"name":"who","value":"nobody"}},
		{"id":"h","type":"text","position":{"x":320,"y":0},"data":{"label":"Greeting","text":"Hello, {{who}}"}},
		{"id":"o","type":"output","position":{"x":640,"y":0},"data":{"name":"line"}}]`
	greetEdges = `[{"id":"1","source":"who","target":"h","targetHandle":"who"},{"id":"2","source":"h","target":"o"}]`
	mapNodes   = `[{"id":"l","type":"list","position":{"x":0,"y":0},"data":{"label":"People","items":"Ann\nBob\nCleo"}},
		{"id":"m","type":"map","position":{"x":320,"y":0},"data":{"label":"Greet each"}},
		{"id":"d","type":"debug","position":{"x":680,"y":0},"data":{"label":"All"}}]`
	mapEdges = `[{"id":"1","source":"l","target":"m","sourceHandle":"list","targetHandle":"items"},{"id":"2","source":"m","target":"d","sourceHandle":"results","targetHandle":"in"}]`
)

// TestE21_Map chooses a workflow for a map in the inspector, runs it, and looks at
// the steps of each item on the page of the run.
func TestE21_Map(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	called := s.create("Greet one", greetNodes, greetEdges)
	p.open("/workflows/" + s.create("Greet all", mapNodes, mapEdges))
	p.wait("the cards are shown", node("Greet each"))
	p.inspect("Greet each")
	p.wait("the workflows are offered", `[...document.querySelectorAll('[data-field="workflow"] option')].some((o) => o.textContent === "Greet one")`)
	eval[bool](p, `(() => { const s = document.querySelector('[data-field="workflow"] select'); s.value = "`+called+`"; s.dispatchEvent(new Event("input", { bubbles: true })); s.dispatchEvent(new Event("change", { bubbles: true })); return true })()`)
	p.wait("the form says what it takes and gives", `document.querySelector('[data-field="workflow"] .hint').textContent.includes("Its inputs: who. Its results: line.")`)
	p.stored("m", `data.workflow === "`+called+`"`)
	p.shot("inspector")
	p.keys("\r", ctrl)
	p.wait("the map is done", `(`+node("Greet each")+`).dataset.status === "success" && (`+node("All")+`).dataset.status === "success"`)
	p.wait("the panel counts the steps of the graph", `document.getElementById("run-panel").textContent.includes("3 of 3 steps")`)
	p.shot("ran")
	p.open(eval[string](p, `document.getElementById("run-link").getAttribute("href")`))
	p.wait("the steps of the items are there", `[...document.querySelectorAll(".step__name")].some((n) => n.textContent.replace(/\s+/g, " ").includes("Greet each › Greeting"))`)
	eval[bool](p, `[...document.querySelectorAll(".step")].find((n) => n.textContent.includes("Greeting")).open = true`)
	p.wait("each item has its result", `["Item 1", "Item 2", "Item 3"].every((w) => document.querySelector(".step[open]").textContent.includes(w)) && document.querySelector(".step[open]").textContent.includes("Hello, Cleo")`)
	p.shot("page")
}
