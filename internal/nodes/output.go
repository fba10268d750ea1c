package nodes

import (
	"context"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type outputParams struct {
	Name string `json:"name"`
}

func outputKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "output", // flow.OutputKind
		Version: 1,
		Title:   "Output",
		Summary: "Names a result of the workflow.",
		Docs: "What arrives becomes a result of the workflow under the name you give: the API answers it in the run's outputs, and the command line prints it first. " +
			"Each name may be used once in a workflow. The value also passes on unchanged.",
		Category: "Output",
		Icon:     "output",
		Color:    string(flow.TypeAny),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "in", Label: "Value", Type: flow.TypeAny, Required: true, Help: "The result: a text, a picture, a list, a document."}},
		Outputs:  []node.Port{{Name: flow.OutputPort, Label: "Value", Type: flow.TypeAny, Help: "The same value, unchanged."}},
		Fields: []node.Field{{
			Key: "name", Label: "Name", Widget: node.WidgetText, Required: true, Default: flow.OutputName,
			Help: "What the result is called, in at most 64 characters.", Placeholder: "summary",
		}},
		Preview: flow.OutputPort,
	}, runOutput)
	return node.WithCheck(k, func(p outputParams) []flow.Problem {
		if strings.TrimSpace(p.Name) == "" {
			return nil // it is required
		}
		return nameProblems(p.Name, "")
	})
}

// nameProblems says what is wrong with the name of a result or an input of the
// workflow; empty is what is said of no name.
func nameProblems(name, empty string) []flow.Problem {
	if text := nameProblem(name, empty); text != "" {
		return []flow.Problem{{Path: "name", Message: text}}
	}
	return nil
}

func nameProblem(name, empty string) string {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return empty
	case len(name) > node.MaxName:
		return "The name is longer than 64 bytes."
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return "The name has a line break or another control character in it."
	}
	return ""
}

func runOutput(_ context.Context, p outputParams, c node.Call) (node.Result, error) {
	if text := nameProblem(p.Name, "The result has no name."); text != "" {
		return node.Result{}, flow.Errorf(flow.Invalid, "%s", text).WithHint("Give the result a short name, such as summary.")
	}
	v := c.Inputs["in"]
	if v.IsZero() {
		return node.Result{}, flow.Errorf(flow.Invalid, "Nothing arrived to give as a result.").WithHint("Connect an output to this step.")
	}
	return node.Result{Outputs: flow.Values{flow.OutputPort: v}, Meta: flow.Meta{"name": strings.TrimSpace(p.Name)}}, nil
}
