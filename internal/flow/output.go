package flow

import (
	"encoding/json"
	"strings"
)

// What a node that names a result of its workflow is called, and where it is.
const (
	OutputKind = "output" // type of the node
	OutputPort = "value"  // its output port
	OutputName = "result" // the name of a result that was given none
)

// OutputName returns the name of the result that the node gives; "" when it is no
// node that names one.
func (n Node) OutputName() string {
	if n.Type != OutputKind {
		return ""
	}
	var data struct {
		Name *string `json:"name"`
	}
	if json.Unmarshal(n.Data, &data) != nil || data.Name == nil {
		return OutputName
	}
	return strings.TrimSpace(*data.Name)
}

// Outputs returns the named results of a run: what its output nodes gave, by name.
// It is nil when there are none. Large values are references.
func Outputs(r Run, results []NodeResult) Values {
	newest := map[string]NodeResult{}
	for _, res := range results {
		if old, ok := newest[res.NodeID]; res.NodeType == OutputKind && (!ok || res.Attempt >= old.Attempt) {
			newest[res.NodeID] = res
		}
	}
	if len(newest) == 0 {
		return nil
	}
	g, err := r.Graph()
	if err != nil {
		return nil
	}
	var out Values
	for _, n := range g.Nodes {
		res := newest[n.ID]
		v := res.Output[OutputPort]
		if res.Status != NodeSuccess || v.IsZero() {
			continue
		}
		name := n.OutputName()
		if given := res.Meta["name"]; given != "" {
			name = given // a run's input may have set it
		}
		if out == nil {
			out = Values{}
		}
		out[name] = v
	}
	return out
}
