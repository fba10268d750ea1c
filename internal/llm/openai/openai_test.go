package openai_test

import (
	"testing"

	"go.uber.org/goleak"

	"heddle/internal/llm/llmtest"
	"heddle/internal/llm/openai"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	llmtest.Run(t, llmtest.Provider{New: openai.New, Wire: llmtest.OpenAI{}, Prefix: "/v1"})
}
