package anthropic_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/llm"
	"heddle/internal/llm/anthropic"
	"heddle/internal/llm/llmtest"
)

func ask(t *testing.T, r llm.Request, script func(*llmtest.Reply)) (*llmtest.Server, error) {
	t.Helper()
	s := llmtest.Serve(t, llmtest.Anthropic{}, script)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	_, err := llm.Collect(t.Context(), anthropic.New(anthropic.Config{APIKey: "key", BaseURL: s.URL, HTTP: client}), r, nil)
	return s, err
}

// Only message_stop ends a message, even when the reason to stop is known.
func TestEndWithoutMessageStop(t *testing.T) {
	_, err := ask(t, llm.Request{Model: "m", Prompt: "?"}, func(r *llmtest.Reply) {
		r.Text("half")
		end := llmtest.Anthropic{}.End(llm.FinishStop, llm.Usage{})
		before, _, _ := strings.Cut(end, "event: message_stop")
		r.Raw(before)
	})
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrConnection {
		t.Errorf("%v, want a connection error", err)
	}
}

func TestRequestDefaults(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "from the environment")
	t.Setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
	schema := `{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{}}},"b":{"type":"object","additionalProperties":true}}}`
	s, err := ask(t, llm.Request{Model: "m", Prompt: "?", Schema: []byte(schema)}, func(r *llmtest.Reply) { r.Text("{}"); r.End(llm.FinishStop) })
	if err != nil {
		t.Fatal(err)
	}
	got := s.Requests()[0]
	if got.MaxTokens != 8192 || got.Key != "key" {
		t.Errorf("max tokens %d, key %q", got.MaxTokens, got.Key)
	}
	want := map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
		"a": map[string]any{"type": "array", "items": map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false}},
		"b": map[string]any{"type": "object", "additionalProperties": true},
	}}
	if d := cmp.Diff(any(want), got.Schema); d != "" {
		t.Error(d)
	}
}
