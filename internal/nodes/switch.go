package nodes

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/expression"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type switchParams struct {
	Inputs     flow.Value `json:"inputs"`
	Expression string     `json:"expression"`
	Cases      flow.Value `json:"cases"`
	IgnoreCase bool       `json:"ignoreCase"`
}

// otherwise is the output of a switch for everything that is no case.
const otherwise = "default"

func switchKind(lang *expression.Language) node.Kind {
	inputs := namedInputs()
	inputs.Required = true
	k := node.Define(node.Spec{
		Type:    "switch",
		Version: 1,
		Title:   "Switch",
		Summary: "Goes one of several ways, by comparing a value with cases.",
		Docs: "Each case is a line and becomes an output. The value of the expression, by itself the input, is compared with the cases as text; " +
			"blanks around it do not count. The input passes on unchanged at the output of the case that fits, or at Default when none does; what follows the other outputs is skipped. " +
			"With several inputs an object of them passes on, by name.",
		Category: "Logic",
		Icon:     "switch",
		Color:    string(flow.TypeAny),
		Purity:   node.Pure,
		Inputs:   []node.Port{},
		Outputs:  []node.Port{{Name: otherwise, Label: "Default", Type: flow.TypeAny, Help: "The input, when no case fits."}},
		Fields: []node.Field{
			inputs,
			expressionField("value", "value.category"),
			{
				Key: "cases", Label: "Cases", Widget: node.WidgetTextarea, Required: true, Ports: node.SideOut,
				Help: "One case a line, or with commas between. Each becomes an output of the step.", Placeholder: "invoice\ncomplaint\nquestion",
			},
			{Key: "ignoreCase", Label: "Ignore upper and lower case", Widget: node.WidgetSwitch, Default: true, Help: "Whether Invoice fits the case invoice."},
		},
		Preview: "cases",
		Else:    otherwise,
	}, func(ctx context.Context, p switchParams, c node.Call) (node.Result, error) {
		return choose(ctx, lang, p, c)
	})
	return node.WithCheck(k, func(p switchParams) []flow.Problem {
		out := append(namesProblems(p.Inputs, "inputs", "expression", "cases", "ignoreCase"), casesProblems(p.Cases)...)
		if out != nil || strings.TrimSpace(p.Expression) == "" {
			return out
		}
		_, err := lang.Compile(p.Expression, node.SplitNames(p.Inputs))
		return expressionProblem(err)
	})
}

func casesProblems(cases flow.Value) []flow.Problem {
	if text := node.NamesProblem(cases); text != "" {
		return []flow.Problem{{Path: "cases", Message: text}}
	}
	for _, name := range node.SplitNames(cases) {
		if name == otherwise || name == "error" {
			return []flow.Problem{{Path: "cases", Message: "The output " + strconv.Quote(name) + " has a meaning of its own. Name the case differently."}}
		}
	}
	return nil
}

func choose(ctx context.Context, lang *expression.Language, p switchParams, c node.Call) (node.Result, error) {
	names := node.SplitNames(p.Inputs)
	program, err := lang.Compile(p.Expression, names)
	if err != nil {
		return node.Result{}, err
	}
	answer, err := program.Evaluate(ctx, inputsNamed(names, c.Inputs))
	if err != nil {
		return node.Result{}, err
	}
	v, err := passed(names, c.Inputs)
	if err != nil {
		return node.Result{}, err
	}
	way := p.way(strings.TrimSpace(answer.String()))
	return node.Result{Outputs: flow.Values{way: v}, Meta: flow.Meta{"way": way}}, nil
}

// way returns the output for a value: the case that is the same, else with
// IgnoreCase the first that is nearly the same.
func (p switchParams) way(value string) string {
	cases := node.SplitNames(p.Cases)
	if slices.Contains(cases, value) && value != "error" {
		return value
	}
	if i := slices.IndexFunc(cases, func(c string) bool { return strings.EqualFold(c, value) }); p.IgnoreCase && i >= 0 {
		return cases[i]
	}
	return otherwise
}
