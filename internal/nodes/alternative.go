package nodes

import (
	"strings"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// maxAlternatives is how many models may stand in for the first.
const maxAlternatives = 5

func alternativesField() node.Field {
	return node.Field{
		Key: "alternatives", Label: "Other models to try", Widget: node.WidgetTextarea, Placeholder: "openai/gpt-5-mini\ngroq/",
		Help: "One a line, as provider/model, provider/ or model. They are asked in turn when a model is overloaded, limited or not there.",
	}
}

// alternative reads a line: "provider/model", "provider/", or a model of the given
// provider. Names of models may hold a slash of their own.
func (d Deps) alternative(line, provider string, own ownModel) (llm.Choice, error) {
	id, model, found := strings.Cut(line, "/")
	if !found || !d.known(id) {
		id, model = provider, line
	}
	p, err := d.provider(strings.TrimSpace(id), own)
	if err != nil {
		return llm.Choice{}, err
	}
	if model = strings.TrimSpace(model); model == "" {
		model = p.Default
	}
	return llm.Choice{Provider: p, Model: model}, nil
}

func (d Deps) known(provider string) bool {
	for _, p := range d.Models.List() {
		if p.ID == strings.TrimSpace(provider) {
			return true
		}
	}
	return false
}

// asked are the models that a step names; what is empty is the default.
type asked struct{ provider, model, alternatives string }

// choices returns the models that a step may ask, in order: its own first.
func (d Deps) choices(n asked, own ownModel) ([]llm.Choice, error) {
	p, err := d.provider(n.provider, own)
	if err != nil {
		return nil, err
	}
	out := []llm.Choice{{Provider: p, Model: n.model}}
	if n.model == "" {
		out[0].Model = p.Default
	}
	for _, line := range pieces(strings.Split(n.alternatives, "\n"), true, true) {
		c, err := d.alternative(line, n.provider, own)
		if err != nil {
			return nil, err
		}
		if out = append(out, c); len(out) > maxAlternatives+1 {
			return nil, flow.Errorf(flow.Invalid, "There are more than %d other models to try.", maxAlternatives).WithHint("Remove some of them.")
		}
	}
	return out, nil
}

// alternativesProblem says what is wrong with the list of other models.
func (d Deps) alternativesProblem(provider, alternatives string) []flow.Problem {
	if strings.TrimSpace(alternatives) == "" {
		return nil
	}
	if _, err := d.provider(provider, anyOwn); err != nil {
		return nil // the field of the provider says so
	}
	if _, err := d.choices(asked{provider: provider, alternatives: alternatives}, anyOwn); err != nil {
		return []flow.Problem{{Path: "alternatives", Message: shown(err)}}
	}
	return nil
}
