package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// foreignInputs complains about run inputs for nodes that are not there.
func (c *compiler) foreignInputs(inputs flow.Values) {
	for _, id := range slices.Sorted(maps.Keys(inputs)) {
		if _, ok := c.byID[id]; !ok {
			c.add(flow.Problem{Path: "inputs." + id, Code: "unknown_input", Message: "There is an input for node " + strconv.Quote(id) + ", which is not in the graph."})
		}
	}
}

// give sets what a run's input says about the node. It goes in beside the data,
// as an edge's value does, so that an input is never read as a template (rule E20).
func (n *planNode) give(v flow.Value, problems []flow.Problem) []flow.Problem {
	n.given = flow.Values{}
	refuse := func(path, code, message string) {
		problems = append(problems, flow.Problem{Path: path, NodeID: n.ID, Code: code, Message: message})
	}
	path := "inputs." + n.ID
	members, isObject := inputMembers(v)
	if !isObject {
		key := n.mainField(v)
		if key == "" {
			refuse(path, "unsettable_input", "The node "+n.quoted()+" takes no plain input. Give an object of its settings.")
			return problems
		}
		n.given[key] = v
		return problems
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		raw := members[key]
		f, isField := n.kind.Field(key)
		switch {
		case f.Ports != "":
			refuse(path+"."+key, "unsettable_input", strconv.Quote(f.Label)+" of "+n.quoted()+" names its inputs or outputs and cannot be set for one run. Change it in the workflow.")
		case isField || n.port(key) >= 0:
			n.given[key] = flow.RawValue(raw)
		case slices.Contains([]string{"label", "timeout", "onError", "fallback"}, key):
			n.override(key, raw)
		default:
			refuse(path+"."+key, "unknown_input", "The node "+n.quoted()+" has no setting or input "+strconv.Quote(key)+".")
		}
	}
	return n.read(n.params, nodePlace{path + ".", n.ID}, problems)
}

// inputMembers returns the members of an input that is an object of settings; a
// file's reference is a value.
func inputMembers(v flow.Value) (map[string]json.RawMessage, bool) {
	if _, isFile := v.FileRef(); isFile || v.Type() != flow.TypeJSON {
		return nil, false
	}
	var members map[string]json.RawMessage
	err := json.Unmarshal(v.Raw(), &members)
	return members, err == nil && members != nil
}

// mainField is the field that a plain input sets; a file goes into the picture field.
func (n *planNode) mainField(v flow.Value) string {
	if _, isFile := v.FileRef(); isFile {
		for _, f := range n.kind.Fields {
			if f.Widget == node.WidgetImage {
				return f.Key
			}
		}
	}
	return n.kind.Input
}

func (n *planNode) override(key string, raw json.RawMessage) {
	n.params = maps.Clone(n.params)
	if n.params == nil {
		n.params = map[string]json.RawMessage{}
	}
	n.params[key] = raw
}

// port returns the index of the input port with the given name; "" names the
// first; -1 when there is none.
func (n *planNode) port(name string) int {
	if name == "" {
		return min(len(n.ports), 1) - 1
	}
	if n.byName != nil {
		if i, ok := n.byName[name]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(n.ports, func(p node.Port) bool { return p.Name == name })
}
