//go:build browser

package browser_test

import "testing"

const switchNodes = `[
	{"id":"text","type":"text","position":{"x":0,"y":0},"data":{"label":"Message","text":"complaint"}},
	{"id":"sort","type":"switch","position":{"x":380,"y":0},"data":{"label":"Sort","inputs":"value","expression":"value","cases":"invoice"}}]`

const switchEdges = `[{"id":"e1","source":"text","target":"sort","sourceHandle":"text","targetHandle":"value"}]`

// TestListedPorts types names into a switch: the card has the ports at once, and
// the form says what is wrong with an expression.
func TestListedPorts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	p.open("/workflows/" + s.create("Ports", switchNodes, switchEdges))
	p.wait("the cards are shown", node("Sort"))
	p.wait("a case is an output", port("Sort", "out", "invoice"))
	p.inspect("Sort")
	p.caret("cases", len("invoice"))
	p.paste(", complaint")
	p.wait("a new case is an output", port("Sort", "out", "complaint"))
	p.wait("the other outputs are still there", port("Sort", "out", "invoice")+` && `+port("Sort", "out", "Default"))
	p.caret("inputs", len("value"))
	p.paste(", kind")
	p.wait("a new name is an input", port("Sort", "in", "kind"))
	p.stored("sort", `data.inputs === "value, kind" && data.cases === "invoice, complaint"`)
	p.wait("the input is listed", `document.querySelector('.chip[data-port="kind"]').textContent.includes("not connected")`)
	p.caret("expression", len("value"))
	p.paste("s")
	p.wait("the form says where the expression is wrong", `document.querySelector('[data-field="expression"] .err').textContent.includes('Line 1, column 1: there is no "values" here.')`)
	p.shot("ports")
	if eval[int](p, `document.querySelectorAll("#canvas .node__icon svg, #canvas .node svg").length`) == 0 {
		t.Error("the cards have no icons")
	}
}
