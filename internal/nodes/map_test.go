package nodes_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// shelf holds the nodes and edges of workflows by id.
type shelf map[flow.ID][2]string

func (s shelf) WorkflowVersion(_ context.Context, _ flow.Owner, id flow.ID, _ int) (flow.Workflow, error) {
	w, ok := s[id]
	if !ok {
		return flow.Workflow{}, flow.Errorf(flow.NotFound, "There is no workflow %s.", id)
	}
	return flow.Workflow{ID: id, Name: "Flow " + string(id), Version: 1, Nodes: json.RawMessage(w[0]), Edges: json.RawMessage(w[1])}, nil
}

// called are workflows that the tests below call.
var called = shelf{
	"wf_half": {
		`[{"id":"n","type":"input","data":{"name":"number"}},{"id":"h","type":"transform","data":{"inputs":"value","expression":"10 / value"}},{"id":"o","type":"output","data":{"name":"half"}}]`,
		`[{"id":"1","source":"n","target":"h","targetHandle":"value"},{"id":"2","source":"h","target":"o"}]`,
	},
	"wf_greet": {
		`[{"id":"who","type":"input","data":{"name":"who","value":"nobody"}},{"id":"how","type":"input","data":{"name":"greeting","value":"Hello"}},
		{"id":"t","type":"text","data":{"text":"{{how}}, {{who}}"}},{"id":"o","type":"output","data":{"name":"line"}},{"id":"l","type":"output","data":{"name":"person"}}]`,
		`[{"id":"1","source":"who","target":"t","targetHandle":"who"},{"id":"2","source":"how","target":"t","targetHandle":"how"},{"id":"3","source":"t","target":"o"},{"id":"4","source":"who","target":"l"}]`,
	},
}

// runCalling executes nodes and edges and returns the newest result of each node of
// the outermost run.
func runCalling(t *testing.T, nodes, edges string) map[string]flow.NodeResult {
	t.Helper()
	reg := registry(t, &scripted{}, nil)
	r := flow.Run{ID: "run_1", UserID: "usr_1", Scope: flow.ScopeFull, Nodes: json.RawMessage(nodes), Edges: json.RawMessage(edges)}
	g := must(r.Graph())
	if err := engine.Check(reg, g, engine.CheckOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := engine.CheckCalls(t.Context(), reg, called, "usr_1", "", g); err != nil {
		t.Fatal(err)
	}
	m := engine.NewMemory()
	e := engine.New(engine.Config{Registry: reg, Journal: m, Blobs: m, Files: m.Files, Workflows: called})
	if _, err := e.Execute(t.Context(), m.Claim(r)); err != nil {
		t.Fatal(err)
	}
	out := map[string]flow.NodeResult{}
	for _, res := range m.Results(r.ID) {
		if res.Iteration == "" {
			out[res.NodeID] = res
		}
	}
	return out
}

func TestE21_Map(t *testing.T) {
	for _, c := range []struct{ items, settings, results, errors, fault string }{
		{`[1,2,5]`, ``, `[10,5,2]`, `[]`, ""},
		{`[]`, ``, `[]`, `[]`, ""},
		{`[1,0,5]`, ``, ``, ``, `Item 2 failed. transform: The expression divides by zero.`},
		{`[1,0,5]`, `,"failure":"skip"`, `[10,2]`, `[{"error":"transform: The expression divides by zero.","item":2}]`, ""},
		{`[1,0,5]`, `,"failure":"collect","concurrency":1`, `[10,null,2]`, `[{"error":"transform: The expression divides by zero.","item":2}]`, ""},
		{`[{"a":1}]`, `,"failure":"skip"`, `[]`, ``, ""},
	} {
		r := runCalling(t, `[{"id":"in","type":"input","data":{"value":`+c.items+`}},{"id":"m","type":"map","data":{"workflow":"wf_half"`+c.settings+`}}]`,
			`[{"id":"1","source":"in","target":"m","targetHandle":"items"}]`)["m"]
		got, faults := string(r.Output["results"].Raw()), string(r.Output["errors"].Raw())
		if got != c.results || c.errors != "" && faults != c.errors || r.Error != c.fault {
			t.Errorf("%s%s: %s, errors %s, %q", c.items, c.settings, got, faults, r.Error)
		}
	}
}

func TestE21_MapRefusesTooManyItems(t *testing.T) {
	items := "[" + strings.Repeat("1,", 1000) + "1]"
	r := runCalling(t, `[{"id":"in","type":"input","data":{"value":`+items+`}},{"id":"m","type":"map","data":{"workflow":"wf_half"}}]`,
		`[{"id":"1","source":"in","target":"m","targetHandle":"items"}]`)["m"]
	if r.Error != "There are 1001 items. A map takes 1,000 at most." {
		t.Errorf("error %q", r.Error)
	}
}

func TestE22_Workflow(t *testing.T) {
	for _, c := range []struct{ nodes, edges, port, want string }{
		{``, ``, "result", `{"line":"Hello, nobody","person":"nobody"}`},
		{`,{"id":"a","type":"text","data":{"text":"Ann"}}`, `{"id":"1","source":"a","target":"w","targetHandle":"input"}`, "line", `"Hello, Ann"`},
		{
			`,{"id":"a","type":"text","data":{"text":"Ann"}},{"id":"b","type":"text","data":{"text":"Bye"}}`,
			`{"id":"1","source":"a","target":"w","targetHandle":"input"},{"id":"2","source":"b","target":"w","targetHandle":"greeting"}`, "line", `"Bye, Ann"`,
		},
	} {
		inputs := ""
		if strings.Contains(c.edges, "greeting") {
			inputs = "greeting"
		}
		r := runCalling(t, `[{"id":"w","type":"workflow","data":{"workflow":"wf_greet","inputs":"`+inputs+`","outputs":"line"}}`+c.nodes+`]`, `[`+c.edges+`]`)["w"]
		if got := string(r.Output[c.port].Raw()); got != c.want {
			t.Errorf("%s: %s %s", c.edges, got, r.Error)
		}
	}
}
