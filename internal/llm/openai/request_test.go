package openai_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"heddle/internal/llm"
	"heddle/internal/llm/llmtest"
	"heddle/internal/llm/openai"
)

// exchange asks r of a server that answers with events, and returns what was sent.
func exchange(t *testing.T, key string, r llm.Request, events string) (sent string, h http.Header, a llm.Answer, err error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		sent, h = string(b), req.Header
		_, _ = io.WriteString(w, events)
	}))
	t.Cleanup(s.Close)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	a, err = llm.Collect(t.Context(), openai.New(openai.Config{Name: "Groq", APIKey: key, BaseURL: s.URL + "/v1", HTTP: client}), r, nil)
	return sent, h, a, err
}

var plain = llmtest.OpenAI{}.Text("ok") + llmtest.OpenAI{}.End(llm.FinishStop, llm.Usage{In: 1, Out: 1})

// Reasoning models call the limit something else than all other servers.
func TestTokenLimitByModel(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-5-mini": `"max_completion_tokens":9`, "o4-mini": `"max_completion_tokens":9`, "gpt-4o": `"max_tokens":9`, "llama3.2": `"max_tokens":9`,
	} {
		sent, _, _, err := exchange(t, "key", llm.Request{Model: model, Prompt: "?", MaxTokens: 9}, plain)
		if err != nil || !strings.Contains(sent, want) || strings.Count(sent, "tokens\":9") != 1 {
			t.Errorf("%s: %s, %v, want %s alone", model, sent, err, want)
		}
	}
}

func TestReasoningModelTakesNoTemperature(t *testing.T) {
	_, _, _, err := exchange(t, "key", llm.Request{Model: "o3", Prompt: "?", Temperature: new(0.3)}, plain)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrRequest || e.Provider != "Groq" || !strings.Contains(e.Message, "temperature") {
		t.Errorf("%v, want a request error about the temperature", err)
	}
}

func TestStrictOnlyWhereTheSchemaAllowsIt(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`:                                              `"strict":true`,
		`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`:                                                                           `"strict":false`,
		`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`:                                                               `"strict":false`,
		`{"type":"object","properties":{"a":{"type":"object","properties":{}}},"required":["a"],"additionalProperties":false}`:                              `"strict":false`,
		`{"type":"array","items":{"type":"string"}}`:                                                                                                        `"strict":false`,
		`{"type":"object","properties":{"a":{"type":"object","properties":{},"additionalProperties":false}},"required":["a"],"additionalProperties":false}`: `"strict":true`,
		`{"type":"object","properties":{"a":{"type":"string"}},"required":["b"],"additionalProperties":false}`:                                              `"strict":false`,
		`{"type":"object","properties":{"l":{"type":"array","items":[{"type":"object"}]}},"required":["l"],"additionalProperties":false}`:                   `"strict":false`,
		`{"type":"object","properties":{"a":{"type":"string","default":"x"}},"required":["a"],"additionalProperties":false}`:                                `"strict":false`,
		`{"type":"object","properties":{"default":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["default"],"additionalProperties":false}`:      `"strict":true`,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/d"}},"required":["a"],"additionalProperties":false,"$defs":{"d":{"type":"object"}}}`:           `"strict":false`,
	} {
		if sent, _, _, err := exchange(t, "key", llm.Request{Model: "m", Prompt: "?", Schema: []byte(schema)}, plain); err != nil || !strings.Contains(sent, want) {
			t.Errorf("%s: %s, %v, want %s", schema, sent, err, want)
		}
	}
}

func TestRefusedInWords(t *testing.T) {
	events := `data: {"choices":[{"index":0,"delta":{"refusal":"I cannot help with that."}}]}` + "\n\n" + llmtest.OpenAI{}.End(llm.FinishStop, llm.Usage{})
	_, _, _, err := exchange(t, "key", llm.Request{Model: "m", Prompt: "?"}, events)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrBlocked {
		t.Errorf("%v, want a blocked error", err)
	}
}

func TestErrorsInsideTheStream(t *testing.T) {
	for event, want := range map[string]llm.ErrorKind{
		`{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}`: llm.ErrRate,
		`{"error":{"message":"bad","type":"invalid_request_error","code":null}}`:         llm.ErrRequest,
		`{"error":{"message":"bad","type":"x","code":429}}`:                              llm.ErrRate,
		`{"error":{"message":"boom","type":"server_error"}}`:                             llm.ErrOverloaded,
	} {
		_, _, _, err := exchange(t, "key", llm.Request{Model: "m", Prompt: "?"}, "data: "+event+"\n\n")
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != want {
			t.Errorf("%s: %v, want %s", event, err, want)
		}
	}
}

// A local server needs no key, so none is sent.
func TestWithoutKey(t *testing.T) {
	_, h, a, err := exchange(t, "", llm.Request{Model: "m", Prompt: "?"}, plain)
	if err != nil || a.Text != "ok" || h.Get("Authorization") != "" {
		t.Errorf("%+v, %v, Authorization %q", a, err, h.Get("Authorization"))
	}
}
