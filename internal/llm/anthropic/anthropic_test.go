package anthropic_test

import (
	"testing"

	"go.uber.org/goleak"

	"heddle/internal/llm/anthropic"
	"heddle/internal/llm/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	llmtest.Run(t, llmtest.Provider{New: anthropic.New, Wire: llmtest.Anthropic{}, Prefix: ""})
}
