package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// palette is a registry with a template kind, a kind that needs its input, and a picture.
func palette() *node.Registry {
	type textParams struct {
		Text string `json:"text"`
		Size int    `json:"size"`
	}
	return node.NewRegistry(
		node.Define(node.Spec{
			Type: "text", Purity: node.Pure, Input: "text",
			Outputs: []node.Port{{Name: "text", Label: "Text", Type: flow.TypeText}},
			Fields:  []node.Field{{Key: "text", Label: "Text", Template: true, Required: true}, {Key: "size", Label: "Size", Default: 3}},
		}, func(context.Context, textParams, node.Call) (node.Result, error) { return node.Result{}, nil }),
		node.Define(node.Spec{
			Type: "show", Purity: node.Pure,
			Inputs:  []node.Port{{Name: "in", Label: "Value", Type: flow.TypeAny, Required: true}},
			Outputs: []node.Port{{Name: "out", Label: "Value", Type: flow.TypeAny}},
		}, func(context.Context, struct{}, node.Call) (node.Result, error) { return node.Result{}, nil }),
		node.Define(node.Spec{
			Type: "look", Purity: node.Model,
			Inputs:  []node.Port{{Name: "images", Label: "Images", Type: flow.TypeImage, Multiple: true}},
			Outputs: []node.Port{{Name: "text", Label: "Answer", Type: flow.TypeText}},
		}, func(context.Context, struct{}, node.Call) (node.Result, error) { return node.Result{}, nil }),
	)
}

func words(s string) map[string]any { return map[string]any{"text": s} }

// found writes a problem as "code path node edge".
func found(p flow.Problem) string {
	return strings.TrimRight(fmt.Sprintf("%s %s %s %s", p.Code, p.Path, p.NodeID, p.EdgeID), " ")
}

func problems(err error) []flow.Problem {
	if e, ok := errors.AsType[*flow.Error](err); ok {
		return e.Problems
	}
	return nil
}

func TestE4_EveryProblemHasItsCodeAndPlace(t *testing.T) {
	for _, c := range []struct {
		name    string
		graph   *g
		options engine.CheckOptions
		want    []string
		says    string
	}{
		{name: "fine", graph: (&g{}).node("a", "text", words("hi")).node("b", "show", nil).edge("a", "b")},
		{name: "empty", graph: &g{}, want: []string{"empty nodes"}, says: "empty"},
		{name: "unknown kind", graph: (&g{}).node("a", "teleport", nil), want: []string{"unknown_kind nodes.0.type a"}, says: `"teleport"`},
		{name: "missing id", graph: (&g{}).node("", "text", words("x")), want: []string{"missing_id nodes.0.id"}},
		{name: "duplicate id", graph: (&g{}).node("a", "text", words("x")).node("a", "text", words("x")), want: []string{"duplicate_id nodes.1.id a"}},
		{
			name: "dangling", graph: (&g{}).node("a", "text", words("x")).edge("a", "gone").edge("lost", "a"),
			want: []string{"dangling_edge edges.0.target  e0", "dangling_edge edges.1.source  e1"}, says: `"gone"`,
		},
		{
			name: "unknown ports", graph: (&g{}).node("a", "text", words("x")).node("b", "show", nil).wire("a", "nope", "b", "in").wire("a", "text", "b", "into"),
			want: []string{"unknown_port edges.0.sourceHandle  e0", "unknown_port edges.1.targetHandle  e1"}, says: "It has: text.",
		},
		{
			name: "types", graph: (&g{}).node("a", "text", map[string]any{"text": "x", "label": "Poem"}).node("b", "look", nil).edge("a", "b"),
			want: []string{"type_mismatch edges.0  e0"}, says: `The output "Text" of "Poem" is text, but the input "Images" of "look" takes image.`,
		},
		{
			name: "two into one", graph: (&g{}).node("a", "text", words("x")).node("b", "show", nil).edge("a", "b").edge("a", "b"),
			want: []string{"too_many_edges edges.1.targetHandle  e1"},
		},
		{name: "required field", graph: (&g{}).node("a", "text", words(" \n")), want: []string{"required nodes.0.data.text a"}, says: `"Text" is needed`},
		{name: "required port", graph: (&g{}).node("b", "show", nil), want: []string{"required nodes.0.data.in b"}, says: `"Value" is needed`},
		{name: "required, but an input sets it", graph: (&g{}).node("a", "text", nil), options: engine.CheckOptions{Inputs: flow.Values{"a": flow.Text("x")}}},
		{name: "required port, but an input feeds it", graph: (&g{}).node("b", "show", nil), options: engine.CheckOptions{Inputs: flow.Values{"b": flow.RawValue([]byte(`{"in":1}`))}}},
		{name: "mark", graph: (&g{}).node("a", "text", words("Dear {{who}}")), want: []string{"unfed_template nodes.0.data.text a"}, says: "Nothing feeds {{who}}"},
		{name: "mark, fed", graph: (&g{}).node("n", "text", words("Ann")).node("a", "text", words("Dear {{who}}")).wire("n", "", "a", "who")},
		{name: "mark, replaced by an input", graph: (&g{}).node("a", "text", words("Dear {{who}}")), options: engine.CheckOptions{Inputs: flow.Values{"a": flow.Text("x")}}},
		{
			name: "circle", graph: (&g{}).node("a", "show", map[string]any{"label": "One"}).node("b", "show", map[string]any{"label": "Two"}).node("c", "show", nil).
				edge("a", "b").edge("b", "a").edge("b", "c"),
			want: []string{"cycle nodes.0 a e1"}, says: `"One" -> "Two" -> "One"`,
		},
		{name: "self", graph: (&g{}).node("a", "show", nil).edge("a", "a"), want: []string{"cycle nodes.0 a e0"}},
		{
			name: "two circles", graph: (&g{}).node("a", "show", nil).node("b", "show", nil).edge("a", "a").edge("b", "b"),
			want: []string{"cycle nodes.0 a e0", "cycle nodes.1 b e1"},
		},
		{
			name: "targets", graph: (&g{}).node("a", "text", words("x")).node("b", "teleport", nil).node("c", "show", nil),
			options: engine.CheckOptions{Targets: []string{"a"}},
		},
		{
			name: "cone of targets", graph: (&g{}).node("a", "text", nil).node("c", "show", nil).edge("a", "c"),
			options: engine.CheckOptions{Targets: []string{"c"}}, want: []string{"required nodes.0.data.text a"},
		},
		{name: "unknown target", graph: (&g{}).node("a", "text", words("x")), options: engine.CheckOptions{Targets: []string{"a", "z"}}, want: []string{"unknown_target nodeIds.1"}},
		{
			name: "inputs", graph: (&g{}).node("a", "text", words("x")).node("b", "look", nil),
			options: engine.CheckOptions{Inputs: flow.Values{"z": flow.Text("x"), "b": flow.Text("x"), "a": flow.RawValue([]byte(`{"colour":1}`))}},
			want:    []string{"unknown_input inputs.z", "unknown_input inputs.a.colour a", "unsettable_input inputs.b b"},
		},
		{
			name: "settings", graph: (&g{}).node("a", "text", map[string]any{"text": "x", "timeout": "soon", "onError": "shrug"}).node("b", "text", map[string]any{"text": "x", "onError": "value"}),
			want: []string{"bad_setting nodes.0.data.timeout a", "bad_setting nodes.0.data.onError a", "required nodes.1.data.fallback b"},
		},
		{
			name: "error port", graph: (&g{}).node("a", "text", map[string]any{"text": "x", "onError": "port"}).node("b", "show", nil).wire("a", "error", "b", "in"),
		},
		{
			name: "all at once", graph: (&g{}).node("a", "text", nil).node("b", "teleport", nil).node("c", "show", nil).edge("c", "c").edge("a", "gone"),
			want: []string{"dangling_edge edges.1.target  e1", "unknown_kind nodes.1.type b", "cycle nodes.2 c e0", "required nodes.0.data.text a"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := engine.Check(palette(), c.graph.graph(t), c.options)
			var got []string
			said := false
			for _, p := range problems(err) {
				got = append(got, found(p))
				said = said || strings.Contains(p.Message, c.says)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if (err != nil) != (len(c.want) > 0) || err != nil && flow.KindOf(err) != flow.Invalid {
				t.Errorf("error %v", err)
			}
			if !said && c.says != "" {
				t.Errorf("nothing says %q: %v", c.says, problems(err))
			}
		})
	}
}

func TestE4_SizeIsLimited(t *testing.T) {
	big := flow.Graph{Nodes: make([]flow.Node, flow.MaxNodes+1)}
	wide := flow.Graph{Nodes: make([]flow.Node, 1), Edges: make([]flow.Edge, flow.MaxEdges+1)}
	for i, c := range []flow.Graph{big, wide} {
		if p := problems(engine.Check(palette(), c, engine.CheckOptions{})); len(p) != 1 || p[0].Code != "size" {
			t.Errorf("case %d: %v", i, p)
		}
	}
}

func TestE4_CheckNodeTellsOfOneNode(t *testing.T) {
	reg := palette()
	n := flow.Node{ID: "a", Type: "text", Data: rawJSON(`{"text":"Dear {{who}} and {{whom}}"}`)}
	var got []string
	for _, p := range engine.CheckNode(reg, n, []string{"who"}) {
		got = append(got, found(p))
	}
	if d := cmp.Diff([]string{"unfed_template node.data.text a"}, got); d != "" {
		t.Error(d)
	}
	if p := engine.CheckNode(reg, flow.Node{ID: "x", Type: "nope"}, nil); len(p) != 1 || p[0].Code != "unknown_kind" {
		t.Error(p)
	}
}

// TestE4_HostileGraphsAreCheckedInTime has shapes on which naive searches are
// quadratic or worse. The limit is far above what they need.
func TestE4_HostileGraphsAreCheckedInTime(t *testing.T) {
	chainOf := func(n int) *g {
		b := &g{}
		for i := range n {
			b.node(strconv.Itoa(i), "show", nil)
			b.edge(strconv.Itoa(i), strconv.Itoa((i+1)%n)) // one circle of all
		}
		return b
	}
	marks := &strings.Builder{}
	for i := range 20_000 {
		fmt.Fprintf(marks, "{{m%d}}", i)
	}
	wide := (&g{}).node("a", "text", words("x")).node("b", "text", words(marks.String()))
	for i := range 20_000 {
		wide.wire("a", "text", "b", "m"+strconv.Itoa(i))
	}
	dense := &g{}
	for i := range 140 {
		dense.node(strconv.Itoa(i), "show", nil)
		for j := range 140 {
			dense.edge(strconv.Itoa(i), strconv.Itoa(j))
		}
	}
	for name, b := range map[string]*g{
		"circle of 10,000": chainOf(10_000), "20,000 ports": wide, "dense": dense,
		"unfed marks": (&g{}).node("b", "text", words(marks.String())),
		"open braces": (&g{}).node("b", "text", words(strings.Repeat("{{", 500_000)+"}}")),
	} {
		graph := b.graph(t)
		began := time.Now()
		err := engine.Check(palette(), graph, engine.CheckOptions{})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if name == "circle of 10,000" && (len(problems(err)) != 1 || len(problems(err)[0].Message) > 500) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`[{"id":"a","type":"text","data":{"text":"{{x}}"}},{"id":"b","type":"show"}]`, `[{"id":"e","source":"a","target":"b","sourceHandle":null}]`, `{"a":"hi","b":{"in":1}}`)
	f.Add(`[{"id":"a","type":"show","data":[1]}]`, `[{"source":"a","target":"a"}]`, `{"a":{"$file":"x"}}`)
	f.Add(`[{"id":"","type":"text","data":{"label":"","timeout":-1,"onError":"port"}}]`, `[]`, `{"":null}`)
	reg := palette()
	f.Fuzz(func(t *testing.T, nodes, edges, inputs string) {
		g, err := flow.ParseGraph(rawJSON(nodes), rawJSON(edges))
		if err != nil {
			return
		}
		var in flow.Values
		_ = jsonInto(inputs, &in)
		for _, p := range problems(engine.Check(reg, g, engine.CheckOptions{Inputs: in})) {
			if p.Code == "" || p.Message == "" || p.Path == "" {
				t.Errorf("problem without place, code or text: %+v", p)
			}
		}
		if len(g.Nodes) > 0 {
			engine.CheckNode(reg, g.Nodes[0], []string{"in", ""})
		}
	})
}
