package llm_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/llm"
)

// script is a model whose calls are functions, one per call; the last repeats.
type script struct {
	calls int
	steps []func(yield func(llm.Part, error) bool)
}

func (s *script) Stream(context.Context, llm.Request) iter.Seq2[llm.Part, error] {
	return func(yield func(llm.Part, error) bool) {
		step := s.steps[min(s.calls, len(s.steps)-1)]
		s.calls++
		step(yield)
	}
}

func says(words ...string) func(func(llm.Part, error) bool) {
	return func(yield func(llm.Part, error) bool) {
		for _, w := range words {
			if !yield(llm.Part{Text: w}, nil) {
				return
			}
		}
		yield(llm.Part{Finish: llm.FinishStop, Usage: &llm.Usage{In: 1, Out: 2}, Meta: map[string]string{"k": "v"}}, nil)
	}
}

func fails(err error) func(func(llm.Part, error) bool) {
	return func(yield func(llm.Part, error) bool) { yield(llm.Part{}, err) }
}

func TestCollect(t *testing.T) {
	var heard []string
	a, err := llm.Collect(t.Context(), &script{steps: []func(func(llm.Part, error) bool){says("a ", "b")}}, llm.Request{},
		func(s string) { heard = append(heard, s) })
	want := llm.Answer{Text: "a b", Usage: &llm.Usage{In: 1, Out: 2}, Finish: llm.FinishStop, Meta: map[string]string{"k": "v"}}
	if d := cmp.Diff(want, a); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if d := cmp.Diff([]string{"a ", "b"}, heard); d != "" {
		t.Error(d)
	}
}

func TestModels(t *testing.T) {
	m := &script{}
	set := llm.NewModels(
		llm.Provider{ID: "openai", Name: "OpenAI", Setting: "OPENAI_API_KEY"},
		llm.Provider{ID: "offline", Name: "Offline", Configured: true, Model: m, NoAI: true},
		llm.Provider{ID: "ollama", Name: "Ollama", Configured: true, Model: m},
	)
	if p, err := set.Provider("offline"); err != nil || p.Name != "Offline" {
		t.Errorf("offline = %+v, %v", p, err)
	}
	for id, want := range map[string]struct {
		kind llm.ErrorKind
		text string
	}{
		"openai": {llm.ErrAuth, "OpenAI is not configured: set OPENAI_API_KEY."},
		"nope":   {llm.ErrRequest, "openai, offline, ollama"},
	} {
		_, err := set.Provider(id)
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != want.kind || !strings.Contains(e.Message, want.text) {
			t.Errorf("%s: %v, want %s %q", id, err, want.kind, want.text)
		}
	}
	if got := set.Default().ID; got != "ollama" {
		t.Errorf("default = %s, want the configured provider with AI", got)
	}
	if got := llm.NewModels(set.List()[:2]...).Default().ID; got != "offline" {
		t.Errorf("default = %s, want offline when nothing else is there", got)
	}
	_, err := llm.Collect(t.Context(), llm.NewModels().Default().Model, llm.Request{}, nil)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrAuth {
		t.Errorf("empty set: %v, want an auth error", err)
	}
}

func TestCatalog(t *testing.T) {
	providers := map[string]bool{}
	seen := map[string]bool{}
	for _, p := range llm.Catalog() {
		providers[p.Provider] = true
		if key := p.Provider + "/" + p.Model; seen[key] || p.Model == "" {
			t.Errorf("%s is there twice or has no name", key)
		} else {
			seen[key] = true
		}
		if p.InPerM <= 0 || p.OutPerM < p.InPerM || p.Date == "" || !strings.HasPrefix(p.Source, "https://") {
			t.Errorf("%+v has an odd price, or no date or source", p)
		}
	}
	want := map[string]bool{"gemini": true, "openai": true, "groq": true, "anthropic": true}
	if d := cmp.Diff(want, providers); d != "" {
		t.Error(d)
	}
}

func TestCost(t *testing.T) {
	got := llm.Cost("openai", "gpt-4o-mini", llm.Usage{In: 1_000_000, Out: 500_000})
	if got == nil || math.Abs(*got-0.45) > 1e-9 {
		t.Errorf("cost = %v, want 0.15 + 0.30", got)
	}
	if got := llm.Cost("openai", "gpt-unheard-of", llm.Usage{In: 5}); got != nil {
		t.Errorf("cost of an unknown model = %v, want nil", *got)
	}
}
