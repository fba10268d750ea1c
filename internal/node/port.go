package node

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
)

// Side is one side of a node.
type Side string

// The sides.
const (
	SideIn  Side = "in"
	SideOut Side = "out"
)

// Limits of names that a field lists. Names beyond them make no ports.
const (
	MaxNames = 64 // names in one field
	MaxName  = 64 // bytes of one name
)

// InputsFor returns the input ports of a node with the given data: the kind's
// own, then one text port per {{name}} in its template fields and one port of any
// type per name that a field lists, in order of appearance.
func (s Spec) InputsFor(data json.RawMessage) []Port {
	params, ok := parse(data)
	if !ok {
		return slices.Clone(s.Inputs)
	}
	return s.InputsIn(params)
}

// InputsIn is InputsFor with the members of data parsed already.
func (s Spec) InputsIn(params map[string]json.RawMessage) []Port {
	ports := slices.Clone(s.Inputs)
	var seen map[string]bool
	add := func(name string, typ flow.Type) {
		if seen == nil {
			seen = make(map[string]bool, len(ports))
			for _, p := range ports {
				seen[p.Name] = true
			}
		}
		if !seen[name] {
			seen[name] = true
			ports = append(ports, Port{Name: name, Label: name, Type: typ, Required: true, Dynamic: true})
		}
	}
	for _, f := range s.Fields {
		for _, name := range f.Marks(params) {
			add(name, flow.TypeText)
		}
		if f.Ports != SideIn {
			continue
		}
		for _, name := range f.Names(params) {
			if _, isField := s.Field(name); !isField {
				add(name, flow.TypeAny)
			}
		}
	}
	return ports
}

// OutputsFor returns the output ports of a node with the given data: one of any
// type per name that a field lists, then the kind's own. It must not be changed.
func (s Spec) OutputsFor(data json.RawMessage) []Port {
	params, ok := parse(data)
	if !ok {
		return s.Outputs
	}
	return s.OutputsIn(params)
}

// OutputsIn is OutputsFor with the members of data parsed already.
func (s Spec) OutputsIn(params map[string]json.RawMessage) []Port {
	var named []Port
	for _, f := range s.Fields {
		if f.Ports != SideOut {
			continue
		}
		for _, name := range f.Names(params) {
			if _, own := find(s.Outputs, name); !own && !slices.ContainsFunc(named, func(p Port) bool { return p.Name == name }) {
				named = append(named, Port{Name: name, Label: name, Type: flow.TypeAny, Dynamic: true})
			}
		}
	}
	if named == nil {
		return s.Outputs
	}
	return append(named, s.Outputs...)
}

// parse returns the members of data; none when there is no data, and false when
// it is no object.
func parse(data json.RawMessage) (map[string]json.RawMessage, bool) {
	var params map[string]json.RawMessage
	err := json.Unmarshal(data, &params)
	return params, err == nil || len(data) == 0
}

// Names returns the distinct names that the field lists, if its names are ports:
// the items of a JSON list, or of a text with a name a line or between commas.
// What is empty or too long is left out.
func (f Field) Names(params map[string]json.RawMessage) []string {
	if f.Ports == "" {
		return nil
	}
	raw, ok := params[f.Key]
	if !ok || string(raw) == "null" {
		text, _ := f.Default.(string)
		return SplitNames(flow.Text(text))
	}
	return SplitNames(flow.RawValue(raw))
}

// SplitNames returns the distinct names in a list or a text, see [Field.Names].
func SplitNames(v flow.Value) []string {
	var names []string
	for _, name := range listed(v) {
		if name = strings.TrimSpace(name); name == "" || len(name) > MaxName || slices.Contains(names, name) {
			continue
		}
		if names = append(names, name); len(names) == MaxNames {
			break
		}
	}
	return names
}

// NamesProblem says why a list or a text holds no fit list of names; "" when it does.
func NamesProblem(v flow.Value) string {
	if t := v.Type(); !v.IsZero() && t != flow.TypeText && t != flow.TypeList && string(v.Raw()) != "null" {
		return "The names must be a text, with a name a line or with commas between."
	}
	seen := map[string]bool{}
	for _, name := range listed(v) {
		if name = strings.TrimSpace(name); len(name) > MaxName {
			return "The name " + strconv.Quote(flow.Text(name).Preview(MaxName/2)+"…") + " is longer than 64 bytes."
		}
		if seen[name] = true; len(seen) > MaxNames {
			return "There are more than 64 names."
		}
	}
	return ""
}

func listed(v flow.Value) []string {
	switch v.Type() {
	case flow.TypeText:
		return strings.FieldsFunc(v.String(), func(r rune) bool { return r == ',' || r == '\n' })
	case flow.TypeList:
		var out []string
		for _, item := range v.Items() {
			if item.Type() == flow.TypeText {
				out = append(out, item.String())
			}
		}
		return out
	case flow.TypeNumber, flow.TypeBoolean, flow.TypeImage, flow.TypeFile, flow.TypeJSON, flow.TypeAny:
	}
	return nil
}

// Output returns the kind's own output port with the given name; "" names the first.
func (s Spec) Output(name string) (Port, bool) { return find(s.Outputs, name) }

// OutputFor returns the output port of a node with the given data; "" names the first.
func (s Spec) OutputFor(data json.RawMessage, name string) (Port, bool) {
	return find(s.OutputsFor(data), name)
}

// InputFor returns the input port of a node with the given data; "" names the first.
func (s Spec) InputFor(data json.RawMessage, name string) (Port, bool) {
	return find(s.InputsFor(data), name)
}

func find(ports []Port, name string) (Port, bool) {
	for _, p := range ports {
		if name == "" || p.Name == name {
			return p, true
		}
	}
	return Port{}, false
}
