package flow_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
)

func TestOutputsAreTheNamedResults(t *testing.T) {
	r := flow.Run{
		Nodes: json.RawMessage(`[
			{"id":"a","type":"output","data":{"name":" summary "}},
			{"id":"b","type":"output"},
			{"id":"c","type":"output","data":{"name":"skipped"}},
			{"id":"d","type":"output","data":{"name":"in the document"}},
			{"id":"e","type":"output","data":{"name":"never ran"}},
			{"id":"f","type":"debug","data":{"name":"no output"}}]`),
		Edges: json.RawMessage(`[]`),
	}
	res := func(id, typ string, attempt int, s flow.NodeStatus, v string, meta flow.Meta) flow.NodeResult {
		return flow.NodeResult{NodeID: id, NodeType: typ, Attempt: attempt, Status: s, Output: flow.Values{"value": flow.Text(v)}, Meta: meta}
	}
	results := []flow.NodeResult{
		res("a", "output", 2, flow.NodeSuccess, "new", nil),
		res("a", "output", 1, flow.NodeSuccess, "old", nil),
		res("b", "output", 1, flow.NodeSuccess, "unnamed", nil),
		res("c", "output", 1, flow.NodeSkipped, "x", nil),
		res("d", "output", 1, flow.NodeSuccess, "set", flow.Meta{"name": "by the run"}),
		res("f", "debug", 1, flow.NodeSuccess, "x", nil),
	}
	want := `{"by the run":"set","result":"unnamed","summary":"new"}`
	got, err := json.Marshal(flow.Outputs(r, results))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if got := flow.Outputs(r, results[5:]); got != nil {
		t.Errorf("a run without outputs has %v", got)
	}
}
