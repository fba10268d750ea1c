package nodes

import (
	"context"
	"encoding/json"
	"maps"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type mergeParams struct {
	Mode      string `json:"mode"`
	Separator string `json:"separator"`
}

// How a merge makes one value of several.
const (
	mergeFirst  = "first"
	mergeList   = "list"
	mergeText   = "text"
	mergeObject = "object"
)

func mergeKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "merge",
		Version: 1,
		Title:   "Merge",
		Summary: "Brings several ways or values together into one.",
		Docs: "Connect as many outputs as you like. The step waits until each has come or can come no more, and needs at least one: " +
			"so it joins the ways of a Condition or Switch again. Values are taken in the order of their connections. " +
			"It gives the first of them, a list of all, one text, or one object with the members of all, where later ones win.",
		Category: "Logic",
		Icon:     "merge",
		Color:    string(flow.TypeAny),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "values", Label: "Values", Type: flow.TypeAny, Required: true, Multiple: true, Help: "What is brought together. At least one must arrive."}},
		Outputs:  []node.Port{{Name: "value", Label: "Value", Type: flow.TypeAny, Help: "The one value that was made."}},
		Fields: []node.Field{
			{
				Key: "mode", Label: "Result", Widget: node.WidgetSelect, Default: mergeFirst, Help: "What is made of the values that arrive.",
				Options: []node.Option{
					{Value: mergeFirst, Label: "The first value"},
					{Value: mergeList, Label: "A list of all"},
					{Value: mergeText, Label: "One text"},
					{Value: mergeObject, Label: "One object"},
				},
			},
			{Key: "separator", Label: "Separator", Widget: node.WidgetText, Default: `\n\n`, Help: `What stands between the parts of one text. \n is a new line, \t a tab.`},
		},
		Preview: "value",
	}, runMerge)
}

func runMerge(_ context.Context, p mergeParams, c node.Call) (node.Result, error) {
	items := c.Inputs["values"].Items()
	if len(items) == 0 {
		return node.Result{}, flow.Errorf(flow.Invalid, "Nothing arrived to merge.").WithHint("Connect at least one output to this step.")
	}
	v, err := merge(p, items)
	if err != nil {
		return node.Result{}, err
	}
	return node.Result{Outputs: flow.Values{"value": v}, Meta: flow.Meta{"values": count(len(items), "value")}}, nil
}

func merge(p mergeParams, items []flow.Value) (flow.Value, error) {
	switch p.Mode {
	case mergeFirst:
		return items[0], nil
	case mergeList:
		return flow.List(items...), nil
	case mergeText:
		parts := make([]string, len(items))
		for i, v := range items {
			parts[i] = v.String()
		}
		return flow.Text(strings.Join(parts, escapes(p.Separator))), nil
	case mergeObject:
		return mergeObjects(items)
	}
	return flow.Value{}, flow.Errorf(flow.Invalid, "There is no way %q to merge values.", p.Mode).WithHint("Choose one of: first, list, text, object.")
}

func mergeObjects(items []flow.Value) (flow.Value, error) {
	all := map[string]json.RawMessage{}
	for i, v := range items {
		var members map[string]json.RawMessage
		if v.Type() != flow.TypeJSON || json.Unmarshal(v.Raw(), &members) != nil || members == nil {
			return flow.Value{}, flow.Errorf(flow.Invalid, "Value %d of %d is %s, and only objects merge into one object.", i+1, len(items), describe(v)).
				WithHint("Make objects of the values with a Transform step, or choose another result.")
		}
		maps.Copy(all, members)
	}
	return flow.ValueOf(all)
}

// describe names what a value is, for people.
func describe(v flow.Value) string {
	if string(v.Raw()) == "null" {
		return "null"
	}
	switch v.Type() {
	case flow.TypeImage:
		return "a picture"
	case flow.TypeJSON:
		return "an object"
	case flow.TypeBoolean:
		return "true or false"
	case flow.TypeText, flow.TypeNumber, flow.TypeFile, flow.TypeList, flow.TypeAny:
	}
	return "a " + string(v.Type())
}

// escapes returns s with \n, \t and \\ as what they stand for.
func escapes(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t").Replace(s)
}
