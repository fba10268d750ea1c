package nodes

import (
	"context"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

type visionParams struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Question string `json:"question"`
	Others   string `json:"alternatives"`
}

func visionKind(d Deps) node.Kind {
	k := node.Define(node.Spec{
		Type:    "vision",
		Version: 1,
		Title:   "Vision model",
		Summary: "Asks a model about one or more pictures.",
		Docs: "Shows up to 16 pictures to a model that can see and gives its answer to your question as text. " +
			"Connect the output of an Image step to Images. On a machine without a provider, the built-in offline provider answers with facts computed from the pixels, " +
			"such as size and main colours, and says that no AI model was used.",
		Category: "AI",
		Icon:     "eye",
		Color:    string(flow.TypeImage),
		Purity:   node.Model,
		Inputs: []node.Port{
			{Name: "images", Label: "Images", Type: flow.TypeImage, Required: true, Multiple: true, Help: "1 to 16 pictures, in the order of their connections."},
			{Name: "question", Label: "Question", Type: flow.TypeText, Help: "Takes the place of the question written in the step."},
		},
		Outputs: []node.Port{{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The answer."}},
		Fields: []node.Field{
			{Key: "provider", Label: "Provider", Widget: node.WidgetProvider, Help: "Empty: the first configured one.", Placeholder: "Default"},
			{Key: "model", Label: "Model", Widget: node.WidgetModel, Help: "Empty: the provider's default. It must be able to see pictures.", Placeholder: "Default"},
			{
				Key: "question", Label: "Question", Widget: node.WidgetTextarea, Default: "Describe what this picture shows.",
				Help: "What you want to know about the pictures.", Placeholder: "Describe what this picture shows.",
			},
			alternativesField(),
		},
		Input: "question", Stream: "text", Preview: "text",
	}, d.runVision).Within(d.defaults)
	return node.WithCheck(k, func(p visionParams) []flow.Problem { return d.alternativesProblem(p.Provider, p.Others) })
}

func (d Deps) runVision(ctx context.Context, p visionParams, c node.Call) (node.Result, error) {
	if strings.TrimSpace(p.Question) == "" {
		return node.Result{}, flow.Errorf(flow.Invalid, "The question is empty.").WithHint("Write a question, or connect a step that gives a text.")
	}
	images, err := pictures(ctx, c)
	if err != nil {
		return node.Result{}, err
	}
	if len(images) == 0 {
		return node.Result{}, flow.Errorf(flow.Invalid, "No picture arrived.").WithHint("Connect the output of an Image step to Images.")
	}
	r := llm.Request{Model: strings.TrimSpace(p.Model), Prompt: p.Question, Images: images}
	a, err := d.ask(ctx, question{p.Provider, p.Others, r}, c)
	if err != nil {
		return node.Result{Usage: a.usage, Meta: a.meta}, err
	}
	return node.Result{Outputs: flow.Values{"text": flow.Text(a.text)}, Usage: a.usage, Meta: a.meta}, nil
}
