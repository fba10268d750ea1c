package llm

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"heddle/internal/flow"
)

// Provider is one configured or configurable source of models.
type Provider struct {
	ID         string // what a node's data names, as in "openai"
	Name       string // what people read, as in "OpenAI"
	Setting    string // the setting that configures it, as in "OPENAI_API_KEY"; empty: none needed
	BaseURL    string // the address it is called at; empty: the provider's own
	Configured bool   // ready to answer
	Model      Model  // answers requests; nil unless Configured
	Default    string // the model used when a request names none
	NoAI       bool   // answers without any AI model
	// Own returns a model that is called with a user's key instead; nil where there
	// are no keys.
	Own func(key flow.Secret) Model
}

// Models is the set of providers of this process, in the order people read them.
// It is read-only and safe for concurrent use.
type Models struct{ providers []Provider }

// NewModels returns the set of the given providers, in their order.
func NewModels(p ...Provider) *Models { return &Models{providers: slices.Clone(p)} }

// List returns every provider, configured or not.
func (m *Models) List() []Provider { return slices.Clone(m.providers) }

// Provider returns the configured provider called id. A known provider that is
// not configured is an [ErrAuth] error that names its setting; an unknown id is
// an [ErrRequest] error that lists the known ones.
func (m *Models) Provider(id string) (Provider, error) {
	for _, p := range m.providers {
		switch {
		case p.ID != id:
		case p.Configured && p.Model != nil:
			return p, nil
		default:
			return Provider{}, p.unconfigured()
		}
	}
	return Provider{}, &Error{
		Kind: ErrRequest, Provider: id,
		Message: fmt.Sprintf("There is no provider %q. Choose one of: %s.", id, strings.Join(m.ids(), ", ")),
	}
}

// Default returns the first configured provider that uses AI, else the first
// that answers without. In an empty set its Model fails with [ErrAuth].
func (m *Models) Default() Provider {
	for _, noAI := range []bool{false, true} {
		for _, p := range m.providers {
			if p.Configured && p.Model != nil && p.NoAI == noAI {
				return p
			}
		}
	}
	return Provider{ID: "none", Name: "Models", Model: none{}}
}

func (m *Models) ids() []string {
	ids := make([]string, len(m.providers))
	for i, p := range m.providers {
		ids[i] = p.ID
	}
	return ids
}

func (p Provider) unconfigured() *Error {
	e := &Error{Kind: ErrAuth, Provider: p.Name, Message: p.Name + " is not configured."}
	if p.Setting != "" {
		e.Message = fmt.Sprintf("%s is not configured: set %s.", p.Name, p.Setting)
	}
	return e
}

// none is the model of a process without any provider.
type none struct{}

func (none) Stream(context.Context, Request) iter.Seq2[Part, error] {
	return failed(&Error{Kind: ErrAuth, Provider: "Models", Message: "No model provider is configured."})
}

// failed is an answer that consists of err.
func failed(err error) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) { yield(Part{}, err) }
}
