package nodes

import (
	"context"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type textParams struct {
	Text string `json:"text"`
}

func textKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "text",
		Version: 1,
		Title:   "Text",
		Summary: "A text you write, or a template filled from other steps.",
		Docs: "Gives the text below to the steps after it. Write {{name}} anywhere in the text to make an input called name: " +
			"connect a step to it, and its value takes the place of the mark. Values are inserted as they are and never read as templates.",
		Category: "Inputs",
		Icon:     "text",
		Color:    string(flow.TypeText),
		Purity:   node.Pure,
		Inputs:   []node.Port{},
		Outputs:  []node.Port{{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The text with every mark filled in."}},
		Fields: []node.Field{{
			Key: "text", Label: "Text", Widget: node.WidgetTextarea, Template: true,
			Help:        "Write {{name}} to make an input of that name.",
			Placeholder: "Write a text, or a template such as: Dear {{customer}}, …",
		}},
		Input:   "text",
		Preview: "text",
	}, runText)
}

func runText(_ context.Context, p textParams, _ node.Call) (node.Result, error) {
	return node.Result{Outputs: flow.Values{"text": flow.Text(p.Text)}}, nil
}
