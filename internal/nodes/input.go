package nodes

import (
	"context"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type inputParams struct {
	Name  string     `json:"name"`
	Value flow.Value `json:"value"`
}

func inputKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "input", // flow.InputKind
		Version: 1,
		Title:   "Input",
		Summary: "Names an input of the workflow.",
		Docs: "Gives what the workflow is given under this name: by a run's inputs, or by a step of another workflow that calls this one. " +
			"Without that it gives the value written here, so that the workflow can be tried by itself.",
		Category: "Inputs",
		Icon:     "input",
		Color:    string(flow.TypeAny),
		Purity:   node.Pure,
		Inputs:   []node.Port{},
		Outputs:  []node.Port{{Name: "value", Label: "Value", Type: flow.TypeAny, Help: "What was given, of any type."}},
		Fields: []node.Field{
			{Key: "name", Label: "Name", Widget: node.WidgetText, Default: flow.InputName, Help: "What the input is called by who gives it.", Placeholder: "topic"},
			{Key: "value", Label: "Value", Widget: node.WidgetTextarea, Help: "What it is when nothing is given.", Placeholder: "An example to try the workflow with"},
		},
		Input: "value", Preview: "value",
	}, func(_ context.Context, p inputParams, _ node.Call) (node.Result, error) {
		if p.Value.IsZero() {
			p.Value = flow.Text("")
		}
		return node.Result{Outputs: flow.Values{"value": p.Value}}, nil
	})
	return node.WithCheck(k, func(p inputParams) []flow.Problem { return nameProblems(p.Name, "The input has no name.") })
}
