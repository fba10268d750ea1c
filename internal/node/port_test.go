package node_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/node"
)

func listing() node.Spec {
	return node.Spec{
		Type:    "listing",
		Inputs:  []node.Port{{Name: "own", Label: "Own", Type: flow.TypeText}},
		Outputs: []node.Port{{Name: "default", Label: "Else", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "inputs", Ports: node.SideIn, Default: "value"}, {Key: "cases", Ports: node.SideOut}},
	}
}

func portNames(ports []node.Port) string {
	var names []string
	for _, p := range ports {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// The canvas reads names the same way: graph.test.ts has the same cases.
func TestListedNamesArePorts(t *testing.T) {
	s := listing()
	long := strings.Repeat("é", 32)
	for _, c := range []struct{ data, ins, outs string }{
		{``, "own value", "default"},
		{`{}`, "own value", "default"},
		{`{"inputs":null}`, "own value", "default"},
		{`{"inputs":"","cases":""}`, "own", "default"},
		{`{"inputs":" a, b\n,a\n\u00a0c\u0085","cases":"red\ngreen"}`, "own a b c", "red green default"},
		{`{"inputs":["x",5,"y,z"],"cases":["one two","one two"]}`, "own x y,z", "one two default"},
		{`{"inputs":"own,cases,inputs","cases":"default"}`, "own", "default"},
		{`{"inputs":5,"cases":true}`, "own", "default"},
		{`{"inputs":"` + long + `é","cases":"` + long + `"}`, "own", long + " default"},
		{`broken`, "own", "default"},
	} {
		if got := portNames(s.InputsFor(json.RawMessage(c.data))); got != c.ins {
			t.Errorf("%s: inputs %q, want %q", c.data, got, c.ins)
		}
		if got := portNames(s.OutputsFor(json.RawMessage(c.data))); got != c.outs {
			t.Errorf("%s: outputs %q, want %q", c.data, got, c.outs)
		}
	}
	var many []string
	for i := range 70 {
		many = append(many, fmt.Sprintf("n%d", i))
	}
	raw, _ := json.Marshal(map[string]string{"inputs": strings.Join(many, ",")})
	if got := len(s.InputsFor(raw)); got != 1+node.MaxNames {
		t.Errorf("%d inputs of 70 names", got)
	}
}

func TestListedPorts(t *testing.T) {
	s := listing()
	data := json.RawMessage(`{"inputs":"a","cases":"x"}`)
	if p, ok := s.InputFor(data, "a"); !ok || !p.Required || !p.Dynamic || p.Type != flow.TypeAny {
		t.Errorf("input %+v", p)
	}
	if p, ok := s.OutputFor(data, ""); !ok || p.Name != "x" || p.Type != flow.TypeAny {
		t.Errorf("first output %+v", p)
	}
	if _, ok := s.OutputFor(data, "nope"); ok {
		t.Error("found an output that is not there")
	}
	if s.OutputsFor(data)[1].Name != "default" || len(s.Outputs) != 1 {
		t.Error("the spec's own outputs changed")
	}
}
