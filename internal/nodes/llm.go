package nodes

import (
	"context"
	"encoding/json"
	"slices"
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
	Stop        string          `json:"stop"`
	Others      string          `json:"alternatives"`
	Remember    bool            `json:"remember"`
}

func llmKind(d Deps) node.Kind {
	k := node.Define(node.Spec{
		Type:    "llm",
		Version: 1,
		Title:   "Language model",
		Summary: "Asks a language model and streams its answer.",
		Docs: "Sends the prompt, with the instructions and any pictures, to a model and gives its answer as text. " +
			"Write {{name}} in the prompt to make an input of that name. With a JSON Schema the answer is a document of that shape, also given on the output JSON; one that does not follow it is asked for once more. " +
			"Without a provider the first configured one is used; on a machine without any, the built-in offline provider computes a plain summary and says that no AI model was used.",
		Category: "AI",
		Icon:     "model",
		Color:    string(flow.TypeText),
		Purity:   node.Model,
		Inputs: []node.Port{
			{Name: "prompt", Label: "Prompt", Type: flow.TypeText, Help: "Takes the place of the prompt written in the step."},
			{Name: "system", Label: "Instructions", Type: flow.TypeText, Help: "Takes the place of the instructions written in the step."},
			{Name: "images", Label: "Images", Type: flow.TypeImage, Multiple: true, Help: "Up to 16 pictures shown with the prompt, for models that can see."},
			{Name: "conversation", Label: "Conversation", Type: flow.TypeJSON, Help: `What was said before, as a list of turns such as {"role": "user", "content": "Hello"}.`},
		},
		Outputs: []node.Port{
			{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The answer, as written."},
			{Name: "json", Label: "JSON", Type: flow.TypeJSON, Help: "The answer as a document. Only with a schema."},
			{Name: "conversation", Label: "Conversation", Type: flow.TypeJSON, Help: "What was said before, with this question and its answer. Only where it is asked for, or goes on."},
		},
		Fields: llmFields(),
		Input:  "prompt", Stream: "text", Preview: "text",
	}, d.runLLM).Within(d.defaults)
	return node.WithCheck(k, func(p llmParams) []flow.Problem {
		out := d.alternativesProblem(p.Provider, p.Others)
		if _, err := schema(p.Schema); err != nil {
			out = append(out, flow.Problem{Path: "schema", Message: shown(err)})
		}
		if _, err := stops(p.Stop); err != nil {
			out = append(out, flow.Problem{Path: "stop", Message: shown(err)})
		}
		return out
	})
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
		{Key: "stop", Label: "Stop at", Widget: node.WidgetTextarea, Help: `The answer ends before any of these texts, one a line, at most four. \n is a new line.`, Placeholder: "END"},
		alternativesField(),
		{
			Key: "remember", Label: "Give the conversation", Widget: node.WidgetSwitch, Default: false,
			Help: "Whether the output Conversation is given, for a step that goes on with it. It is when a conversation arrives.",
		},
	}
}

func (d Deps) runLLM(ctx context.Context, p llmParams, c node.Call) (node.Result, error) {
	r, shape, err := p.request()
	if err != nil {
		return node.Result{}, err
	}
	if r.Images, err = pictures(ctx, c); err != nil {
		return node.Result{}, err
	}
	if r.Turns, err = conversation(c.Inputs["conversation"]); err != nil {
		return node.Result{}, err
	}
	a, out, err := d.answered(ctx, question{p.Provider, p.Others, r}, shape, c)
	res := node.Result{Usage: a.usage, Meta: a.meta}
	if err != nil {
		return res, err // what was used counts all the same
	}
	if res.Outputs = out; p.Remember || r.Turns != nil {
		out["conversation"], err = goneOn(r.Turns, p.Prompt, a.text)
	}
	return res, err
}

// answered asks q. With a shape the answer is a document that follows it; one that
// does not is asked for once more.
func (d Deps) answered(ctx context.Context, q question, s *shape, c node.Call) (answer, flow.Values, error) {
	a, err := d.ask(ctx, q, c)
	if err != nil || s == nil {
		return a, flow.Values{"text": flow.Text(a.text)}, err
	}
	document, faults := s.read(a.text)
	if len(faults) > 0 && a.finish != llm.FinishLength {
		c.Log(flow.LevelWarn, "The answer does not follow the schema: "+strings.Join(faults, "; ")+". It is asked for once more.")
		c.Emit("\n\n")
		first := a
		q.request.Turns = append(slices.Clip(q.request.Turns), llm.Turn{Text: q.request.Prompt}, llm.Turn{Assistant: true, Text: a.text})
		q.request.Prompt = "Your answer does not follow the JSON Schema:\n- " + strings.Join(faults, "\n- ") + "\nAnswer again with the whole corrected document, and nothing else."
		q.provider, q.request.Model, q.alternatives = a.used.Provider.ID, a.used.Model, "" // who said it can say it better
		a, err = d.ask(ctx, q, c)
		a.usage = sum(first.usage, a.usage)
		if err != nil {
			return a, nil, err
		}
		if document, faults = s.read(a.text); len(faults) == 0 {
			a.meta["repaired"] = "the first answer did not follow the schema"
		}
	}
	if len(faults) > 0 {
		return a, nil, misshapen(a, faults)
	}
	return a, flow.Values{"text": flow.Text(a.text), "json": document}, nil
}

// sum adds what two calls used. It has no price when one has none; a call that used
// nothing changes nothing.
func sum(a, b flow.Usage) flow.Usage {
	if b.TokensIn+b.TokensOut == 0 && b.CostUSD == nil {
		return a
	}
	out := flow.Usage{TokensIn: a.TokensIn + b.TokensIn, TokensOut: a.TokensOut + b.TokensOut}
	if a.CostUSD != nil && b.CostUSD != nil {
		out.CostUSD = new(*a.CostUSD + *b.CostUSD)
	}
	return out
}

// stops reads the texts at which an answer ends.
func stops(lines string) ([]string, error) {
	var out []string
	for _, line := range pieces(strings.Split(lines, "\n"), false, true) {
		out = append(out, escapes(line))
		if len(line) > 100 {
			return nil, flow.Errorf(flow.Invalid, "A text to stop at is longer than 100 bytes.").WithHint("Use a short one, such as END.")
		}
	}
	if len(out) > 4 {
		return nil, flow.Errorf(flow.Invalid, "There are %d texts to stop at; four are the most.", len(out)).WithHint("Remove some of them.")
	}
	return out, nil
}

func (p llmParams) request() (llm.Request, *shape, error) {
	r := llm.Request{Model: strings.TrimSpace(p.Model), System: p.System, Prompt: p.Prompt, Temperature: p.Temperature}
	if strings.TrimSpace(p.Prompt) == "" {
		return r, nil, flow.Errorf(flow.Invalid, "The prompt is empty.").WithHint("Write a prompt, or connect a step that gives a text.")
	}
	if t := p.Temperature; t != nil && (*t < 0 || *t > 2) {
		return r, nil, flow.Errorf(flow.Invalid, "The temperature must lie between 0 and 2.")
	}
	if n := p.MaxTokens; n != nil {
		if *n < 1 || *n > maxAnswerTokens {
			return r, nil, flow.Errorf(flow.Invalid, "Max tokens must lie between 1 and 200,000.")
		}
		r.MaxTokens = *n
	}
	var err error
	if r.Stop, err = stops(p.Stop); err != nil {
		return r, nil, err
	}
	s, err := schema(p.Schema)
	if s != nil {
		r.Schema = s.raw
	}
	return r, s, err
}

// read returns the answer as a document, and what of it does not follow the shape.
// Some models put it in a code fence though they were asked not to.
func (s *shape) read(text string) (flow.Value, []string) {
	document := json.RawMessage(unfenced(text))
	return flow.RawValue(document), s.faults(document)
}

// misshapen says that the answer is not what was asked for.
func misshapen(a answer, faults []string) error {
	const most = 200
	e := flow.Errorf(flow.Invalid, "The answer does not follow the schema: %s. It begins: %s", strings.Join(faults, "; "), flow.Text(unfenced(a.text)).Preview(most))
	if a.finish == llm.FinishLength {
		return e.WithHint("The answer was cut at the token limit. Raise Max tokens.")
	}
	return e.WithHint("Try a model that supports structured output, or ask for the JSON in the instructions.")
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
