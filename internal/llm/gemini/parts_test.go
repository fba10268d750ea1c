package gemini_test

import (
	"errors"
	"net/http"
	"testing"

	"heddle/internal/llm"
	"heddle/internal/llm/gemini"
	"heddle/internal/llm/llmtest"
)

func ask(t *testing.T, key string, script func(*llmtest.Reply)) (llm.Answer, error) {
	t.Helper()
	s := llmtest.Serve(t, llmtest.Gemini{}, script)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return llm.Collect(t.Context(), gemini.New(gemini.Config{APIKey: key, BaseURL: s.URL, HTTP: client}), llm.Request{Model: "m", Prompt: "?"}, nil)
}

// What the model thinks is not its answer, but it is paid for.
func TestThoughtsAreLeftOut(t *testing.T) {
	a, err := ask(t, "key", func(r *llmtest.Reply) {
		r.Raw(`data: {"candidates":[{"content":{"parts":[{"text":"Hmm, let me see.","thought":true},{"text":"42"}]}}]}` + "\n\n")
		r.End(llm.FinishStop)
	})
	if err != nil || a.Text != "42" || a.Usage == nil || a.Usage.Out != 7 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestBlockedPrompt(t *testing.T) {
	_, err := ask(t, "key", func(r *llmtest.Reply) {
		r.Raw(`data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3}}` + "\n\n")
	})
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrBlocked || e.Provider != "Gemini" {
		t.Errorf("%v, want a blocked error of Gemini", err)
	}
}

// A key that happens to be in the environment is not taken.
func TestWithoutKey(t *testing.T) {
	t.Setenv("GEMINI_API_KEY", "from the environment")
	_, err := ask(t, "", func(*llmtest.Reply) { t.Error("the provider was called") })
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrAuth {
		t.Errorf("%v, want an auth error", err)
	}
}
