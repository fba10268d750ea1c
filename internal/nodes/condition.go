package nodes

import (
	"context"
	"strings"

	"heddle/internal/expression"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type conditionParams struct {
	Inputs     flow.Value `json:"inputs"`
	Expression string     `json:"expression"`
}

func conditionKind(lang *expression.Language) node.Kind {
	inputs := namedInputs()
	inputs.Required = true
	k := node.Define(node.Spec{
		Type:    "condition",
		Version: 1,
		Title:   "Condition",
		Summary: "Goes one of two ways, by an expression that is true or false.",
		Docs: "Write a CEL expression that is true or false, such as value.size() > 280 or value.contains(\"urgent\"). " +
			"The input passes on unchanged at True or at False; what follows the other side is skipped. " +
			"With several inputs an object of them passes on, by name. A fallback value for errors passes on at False.",
		Category: "Logic",
		Icon:     "condition",
		Color:    string(flow.TypeBoolean),
		Purity:   node.Pure,
		Inputs:   []node.Port{},
		Outputs: []node.Port{
			{Name: "true", Label: "True", Type: flow.TypeAny, Help: "The input, when the expression is true."},
			{Name: "false", Label: "False", Type: flow.TypeAny, Help: "The input, when the expression is false."},
		},
		Fields:  []node.Field{inputs, expressionField(nil, "value.size() > 280")},
		Preview: "expression",
		Else:    "false",
	}, func(ctx context.Context, p conditionParams, c node.Call) (node.Result, error) {
		return decide(ctx, lang, p, c)
	})
	return node.WithCheck(k, func(p conditionParams) []flow.Problem {
		if out := namesProblems(p.Inputs, "inputs", "expression"); out != nil || strings.TrimSpace(p.Expression) == "" {
			return out
		}
		program, err := lang.Compile(p.Expression, node.SplitNames(p.Inputs))
		if err == nil && !program.GivesTruth() {
			return []flow.Problem{{Path: "expression", Message: "The expression gives neither true nor false. Compare something, as in value > 10."}}
		}
		return expressionProblem(err)
	})
}

func decide(ctx context.Context, lang *expression.Language, p conditionParams, c node.Call) (node.Result, error) {
	names := node.SplitNames(p.Inputs)
	program, err := lang.Compile(p.Expression, names)
	if err != nil {
		return node.Result{}, err
	}
	answer, err := program.Evaluate(ctx, inputsNamed(names, c.Inputs))
	if err != nil {
		return node.Result{}, err
	}
	if answer.Type() != flow.TypeBoolean {
		return node.Result{}, flow.Errorf(flow.Invalid, "The expression gave %s, not true or false.", describe(answer)).
			WithHint("Compare something, as in value > 10 or value == \"yes\".")
	}
	v, err := passed(names, c.Inputs)
	if err != nil {
		return node.Result{}, err
	}
	return node.Result{Outputs: flow.Values{answer.String(): v}, Meta: flow.Meta{"way": answer.String()}}, nil
}
