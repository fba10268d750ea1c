package gemini_test

import (
	"testing"

	"go.uber.org/goleak"

	"heddle/internal/llm/gemini"
	"heddle/internal/llm/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	llmtest.Run(t, llmtest.Provider{New: gemini.New, Wire: llmtest.Gemini{}, Prefix: ""})
}
