package nodes

import (
	"context"
	"encoding/json"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// maxAnswerTokens is the largest "maxTokens" a step may ask for.
const maxAnswerTokens = 200_000

type llmParams struct {
	Provider    string          `json:"provider"`
	Model       string          `json:"model"`
	System      string          `json:"system"`
	Prompt      string          `json:"prompt"`
	Temperature *float64        `json:"temperature"`
	MaxTokens   *int            `json:"maxTokens"`
	Schema      json.RawMessage `json:"schema"`
}

func llmKind(d Deps) node.Kind {
	return node.Define(node.Spec{
		Type:    "llm",
		Version: 1,
		Title:   "Language model",
		Summary: "Asks a language model and streams its answer.",
		Docs: "Sends the prompt, with the instructions and any pictures, to a model and gives its answer as text. " +
			"Write {{name}} in the prompt to make an input of that name. With a JSON Schema the answer is a document of that shape, also given on the output JSON. " +
			"Without a provider the first configured one is used; on a machine without any, the built-in offline provider computes a plain summary and says that no AI model was used.",
		Category: "AI",
		Icon:     "model",
		Color:    string(flow.TypeText),
		Purity:   node.Model,
		Inputs: []node.Port{
			{Name: "prompt", Label: "Prompt", Type: flow.TypeText, Help: "Takes the place of the prompt written in the step."},
			{Name: "system", Label: "Instructions", Type: flow.TypeText, Help: "Takes the place of the instructions written in the step."},
			{Name: "images", Label: "Images", Type: flow.TypeImage, Multiple: true, Help: "Up to 16 pictures shown with the prompt, for models that can see."},
		},
		Outputs: []node.Port{
			{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The answer, as written."},
			{Name: "json", Label: "JSON", Type: flow.TypeJSON, Help: "The answer as a document. Only with a schema."},
		},
		Fields: llmFields(),
		Input:  "prompt", Stream: "text", Preview: "text",
	}, d.runLLM).Within(d.defaults)
}

func llmFields() []node.Field {
	return []node.Field{
		{Key: "provider", Label: "Provider", Widget: node.WidgetProvider, Help: "Empty: the first configured one.", Placeholder: "Default"},
		{Key: "model", Label: "Model", Widget: node.WidgetModel, Help: "Empty: the provider's default. Any model name is allowed.", Placeholder: "Default"},
		{
			Key: "system", Label: "Instructions", Widget: node.WidgetTextarea,
			Help: "Who the model is and how it should answer.", Placeholder: "You are a careful editor. Answer in plain English.",
		},
		{
			Key: "prompt", Label: "Prompt", Widget: node.WidgetTextarea, Required: true, Template: true,
			Help: "The question. Write {{name}} to make an input of that name.", Placeholder: "Summarise this text in three sentences: {{text}}",
		},
		{
			Key: "temperature", Label: "Temperature", Widget: node.WidgetNumber, Min: new(0.0), Max: new(2.0), Step: new(0.1),
			Help: "0 is steady, 2 is wild. Empty: the provider's default.", Placeholder: "Default",
		},
		{
			Key: "maxTokens", Label: "Max tokens", Widget: node.WidgetNumber, Min: new(1.0), Max: new(float64(maxAnswerTokens)), Step: new(1.0),
			Help: "The longest answer allowed. A token is about four letters. Empty: the provider's default.", Placeholder: "Default",
		},
		{
			Key: "schema", Label: "JSON Schema", Widget: node.WidgetSchema,
			Help: "The shape the answer must have. Empty: free text.", Placeholder: `{"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}`,
		},
	}
}

func (d Deps) runLLM(ctx context.Context, p llmParams, c node.Call) (node.Result, error) {
	r, err := p.request()
	if err != nil {
		return node.Result{}, err
	}
	if r.Images, err = pictures(ctx, c); err != nil {
		return node.Result{}, err
	}
	a, err := d.ask(ctx, question{p.Provider, r}, c)
	if err != nil {
		return node.Result{}, err
	}
	out := flow.Values{"text": flow.Text(a.text)}
	if r.Schema != nil {
		if out["json"], err = document(a); err != nil {
			return node.Result{}, err
		}
	}
	return node.Result{Outputs: out, Usage: a.usage, Meta: a.meta}, nil
}

func (p llmParams) request() (llm.Request, error) {
	r := llm.Request{Model: strings.TrimSpace(p.Model), System: p.System, Prompt: p.Prompt, Temperature: p.Temperature}
	if strings.TrimSpace(p.Prompt) == "" {
		return r, flow.Errorf(flow.Invalid, "The prompt is empty.").WithHint("Write a prompt, or connect a step that gives a text.")
	}
	if t := p.Temperature; t != nil && (*t < 0 || *t > 2) {
		return r, flow.Errorf(flow.Invalid, "The temperature must lie between 0 and 2.")
	}
	if n := p.MaxTokens; n != nil {
		if *n < 1 || *n > maxAnswerTokens {
			return r, flow.Errorf(flow.Invalid, "Max tokens must lie between 1 and 200,000.")
		}
		r.MaxTokens = *n
	}
	var err error
	r.Schema, err = schema(p.Schema)
	return r, err
}

// schema returns the JSON Schema in raw: an object, or a string that holds one;
// nil when there is none.
func schema(raw json.RawMessage) (json.RawMessage, error) {
	text := strings.TrimSpace(flow.RawValue(raw).String())
	if text == "" || text == "null" || text == "{}" {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, flow.Errorf(flow.Invalid, "The JSON Schema is not a JSON object.").
			WithHint(`Write one such as {"type": "object", "properties": {"title": {"type": "string"}}}.`).Because(err)
	}
	return json.RawMessage(text), nil
}

// document reads the answer as JSON. Some models put it in a code fence though
// they were asked not to.
func document(a answer) (flow.Value, error) {
	text := unfenced(a.text)
	if json.Valid([]byte(text)) {
		return flow.RawValue(json.RawMessage(text)), nil
	}
	const shown = 200
	e := flow.Errorf(flow.Invalid, "The answer is not valid JSON. It begins: %s", flow.Text(text).Preview(shown))
	if a.finish == llm.FinishLength {
		return flow.Value{}, e.WithHint("The answer was cut at the token limit. Raise Max tokens.")
	}
	return flow.Value{}, e.WithHint("Try a model that supports structured output, or ask for the JSON in the instructions.")
}

func unfenced(text string) string {
	text = strings.TrimSpace(text)
	body, ok := strings.CutPrefix(text, "```")
	if !ok {
		return text
	}
	body, ok = strings.CutSuffix(body, "```")
	if !ok {
		return text
	}
	return strings.TrimSpace(strings.TrimPrefix(body, "json"))
}
