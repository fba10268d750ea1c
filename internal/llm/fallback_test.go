package llm_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"heddle/internal/llm"
)

// scripted is a model that yields its parts, then its error.
type scripted struct {
	parts []string
	err   error
	asked string
}

func (s *scripted) Stream(_ context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	s.asked = r.Model
	return func(yield func(llm.Part, error) bool) {
		for _, p := range s.parts {
			if !yield(llm.Part{Text: p}, nil) {
				return
			}
		}
		if s.err != nil {
			yield(llm.Part{}, s.err)
		}
	}
}

func TestFallback_NeverRepeatsWhatWasShown(t *testing.T) {
	busy := &llm.Error{Kind: llm.ErrConnection, Message: "cut"}
	first, second := &scripted{parts: []string{"half "}, err: busy}, &scripted{parts: []string{"whole"}}
	f := &llm.Fallback{Choices: []llm.Choice{{Provider: llm.Provider{Model: first}, Model: "a"}, {Provider: llm.Provider{Model: second}, Model: "b"}}}
	got, err := llm.Collect(t.Context(), f, llm.Request{Model: "ignored"}, nil)
	if !errors.Is(err, busy) || got.Text != "half " || second.asked != "" || first.asked != "a" {
		t.Errorf("%q, %v, asked %q and %q", got.Text, err, first.asked, second.asked)
	}
	first.parts = nil
	got, err = llm.Collect(t.Context(), f, llm.Request{}, nil)
	if err != nil || got.Text != "whole" || f.Used.Model != "b" {
		t.Errorf("%q, %v by %s", got.Text, err, f.Used.Model)
	}
}

func TestFallback_StopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	second := &scripted{parts: []string{"no"}}
	f := &llm.Fallback{Choices: []llm.Choice{{Provider: llm.Provider{Model: &scripted{err: &llm.Error{Kind: llm.ErrTimeout}}}}, {Provider: llm.Provider{Model: second}, Model: "b"}}}
	if _, err := llm.Collect(ctx, f, llm.Request{}, nil); err == nil || second.asked != "" {
		t.Errorf("%v, asked %q", err, second.asked)
	}
}
