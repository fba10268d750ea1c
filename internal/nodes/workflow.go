package nodes

import (
	"context"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type workflowParams struct {
	Workflow string     `json:"workflow"`
	Inputs   flow.Value `json:"inputs"`
	Outputs  flow.Value `json:"outputs"`
}

func workflowKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "workflow",
		Version: 1,
		Title:   "Workflow",
		Summary: "Runs another workflow of yours as one step.",
		Docs: "What is connected to Input goes to the first Input step of that workflow; further inputs are named and go to its Input steps of those names. " +
			"The result is what its Output steps name, or what its last steps give. It runs the published version, or what was saved last where none is published; a run keeps to the one it found when the step first started. " +
			"Steps of it may wait for a time or for an approval: the run is parked with it. A workflow cannot call itself, and at most eight call each other in a row.",
		Category: "Logic",
		Icon:     "workflow",
		Color:    string(flow.TypeAny),
		Purity:   node.Effect, // nobody knows what it does
		Inputs:   []node.Port{{Name: "input", Label: "Input", Type: flow.TypeAny, Help: "Goes to the first Input step of the workflow."}},
		Outputs:  []node.Port{{Name: "result", Label: "Result", Type: flow.TypeAny, Help: "The one result, or an object of all results by name."}},
		Fields: []node.Field{
			workflowField(),
			moreInputs(),
			{
				Key: "outputs", Label: "Outputs", Widget: node.WidgetText, Ports: node.SideOut, Placeholder: "summary, title",
				Help: "The names of results, with commas between. Each becomes an output of this step.",
			},
		},
		Calls: "workflow",
	}, runWorkflow)
	return node.WithCheck(k, func(p workflowParams) []flow.Problem {
		return append(portNames("inputs", p.Inputs), portNames("outputs", p.Outputs, "result")...)
	})
}

func workflowField() node.Field {
	return node.Field{Key: "workflow", Label: "Workflow", Widget: node.WidgetWorkflow, Required: true, Help: "One of your workflows."}
}

func moreInputs() node.Field {
	return node.Field{
		Key: "inputs", Label: "More inputs", Widget: node.WidgetText, Ports: node.SideIn, Placeholder: "language, tone",
		Help: "The names of further inputs of the workflow, with commas between. Each becomes an input of this step.",
	}
}

// portNames says what is wrong with names that become ports of a step that calls a
// workflow. taken are names that it has already.
func portNames(key string, list flow.Value, taken ...string) []flow.Problem {
	if text := node.NamesProblem(list); text != "" {
		return []flow.Problem{{Path: key, Message: text}}
	}
	taken = append(taken, "workflow", "inputs", "outputs", "concurrency", "failure")
	for _, name := range node.SplitNames(list) {
		for _, t := range taken {
			if strings.EqualFold(name, t) {
				return []flow.Problem{{Path: key, Message: "The name " + strconv.Quote(name) + " is taken by this step. Give the step of the workflow another name."}}
			}
		}
	}
	return nil
}

func runWorkflow(ctx context.Context, p workflowParams, c node.Call) (node.Result, error) {
	called, err := c.Sub(ctx, node.Sub{Item: 1, Main: c.Inputs["input"], Inputs: inputsNamed(node.SplitNames(p.Inputs), c.Inputs)})
	if err != nil {
		return node.Result{}, err
	}
	if called.Status != flow.RunSuccess {
		return node.Result{}, flow.Errorf(flow.Invalid, "The workflow failed. %s", called.Error).WithHint("Look at its steps in this run.")
	}
	out := flow.Values{}
	if out["result"], err = called.Result(); err != nil {
		return node.Result{}, err
	}
	for _, name := range node.SplitNames(p.Outputs) {
		v, ok := called.Outputs[name]
		if !ok {
			c.Log(flow.LevelWarn, "The workflow gave no result called "+strconv.Quote(name)+".")
			continue
		}
		out[name] = v
	}
	return node.Result{Outputs: out}, nil
}
