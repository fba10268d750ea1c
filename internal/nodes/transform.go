package nodes

import (
	"context"
	"strings"

	"heddle/internal/expression"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type transformParams struct {
	Inputs     flow.Value `json:"inputs"`
	Expression string     `json:"expression"`
}

func transformKind(lang *expression.Language) node.Kind {
	k := node.Define(node.Spec{
		Type:    "transform",
		Version: 1,
		Title:   "Transform",
		Summary: "Computes a value from its inputs with an expression.",
		Docs: "Write a CEL expression over the named inputs, such as value.items.filter(i, i.price > 10).map(i, i.name) or value.items.map(i, i.price).sum(). " +
			"Its result is a text, a number, true or false, a list or an object. Whole numbers divide to whole numbers: write double(a) / b for a fraction. " +
			"Pictures and files are seen as objects with name, mediaType and size. An expression may take 100 ms and give 1 MiB.",
		Category: "Data",
		Icon:     "transform",
		Color:    string(flow.TypeJSON),
		Purity:   node.Pure,
		Inputs:   []node.Port{},
		Outputs:  []node.Port{{Name: "value", Label: "Value", Type: flow.TypeJSON, Help: "What the expression gives."}},
		Fields:   []node.Field{namedInputs(), expressionField(nil, `value.items.map(i, i.name).join(", ")`)},
		Preview:  "value",
	}, func(ctx context.Context, p transformParams, c node.Call) (node.Result, error) {
		names := node.SplitNames(p.Inputs)
		program, err := lang.Compile(p.Expression, names)
		if err != nil {
			return node.Result{}, err
		}
		v, err := program.Evaluate(ctx, inputsNamed(names, c.Inputs))
		if err != nil {
			return node.Result{}, err
		}
		return node.Result{Outputs: flow.Values{"value": v}}, nil
	})
	return node.WithCheck(k, func(p transformParams) []flow.Problem {
		if out := namesProblems(p.Inputs, "inputs", "expression"); out != nil || strings.TrimSpace(p.Expression) == "" {
			return out
		}
		_, err := lang.Compile(p.Expression, node.SplitNames(p.Inputs))
		return expressionProblem(err)
	})
}
