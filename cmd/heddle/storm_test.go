package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"heddle/internal/llm"
	"heddle/internal/llm/llmtest"
)

// TestR29_BudgetInTheStorm gives runs of eight model calls a budget for four and a bit,
// against a provider that fails three times in ten. Each run ends when the fifth
// answer has spent it: the tokens of an answer count once, those of a failure never.
func TestR29_BudgetInTheStorm(t *testing.T) {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(29, 4))
	answered, failures := map[string]int{}, 0
	provider := llmtest.Serve(t, llmtest.OpenAI{}, func(r *llmtest.Reply) {
		mu.Lock()
		face := dice.IntN(10)
		if face < 3 {
			failures++
		} else {
			run, _, _ := strings.Cut(r.Prompt, " ")
			answered[run]++
		}
		mu.Unlock()
		switch face {
		case 0:
			r.Refuse(429, "slow down", "Retry-After-Ms", "20")
		case 1:
			r.Refuse(503, "broken", "Retry-After-Ms", "20")
		case 2:
			r.Cut()
		default:
			r.Text("fine")
			r.End(llm.FinishStop)
		}
	})
	h := newHome(t, "OPENAI_BASE_URL="+provider.URL+"/v1", "OPENAI_API_KEY=k")
	s := h.serve(h.token("ann@example.com"))
	const each, budget, runs = 18, 80, 6 // an answer has 11 tokens in and 7 out
	var ids []string
	for n := range runs {
		var nodes, edges []any
		for i := range 8 {
			prompt := fmt.Sprintf("run%d question %d", n, i)
			if i > 0 {
				prompt += " {{before}}"
			}
			nodes = append(nodes, map[string]any{"id": fmt.Sprint("n", i), "type": "llm", "data": map[string]any{"provider": "openai", "model": "m", "prompt": prompt}})
			if i > 0 {
				edges = append(edges, map[string]any{"id": fmt.Sprint("e", i), "source": fmt.Sprint("n", i-1), "target": fmt.Sprint("n", i), "targetHandle": "before"})
			}
		}
		ids = append(ids, s.start(map[string]any{"nodes": nodes, "edges": edges, "budget": map[string]any{"tokens": budget}}))
	}
	ended := 0
	for n, id := range ids {
		r := s.finished(id)
		used := int(r["tokensIn"].(float64) + r["tokensOut"].(float64))
		mu.Lock()
		whole := answered[fmt.Sprint("run", n)]
		mu.Unlock()
		if used != whole*each {
			t.Errorf("run %d counts %d tokens, its provider gave %d answers of %d", n, used, whole, each)
		}
		if strings.Contains(fmt.Sprint(r["error"]), "budget is spent") {
			ended++
			if used != 90 {
				t.Errorf("run %d went on to %d tokens with a budget of %d", n, used, budget)
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if ended < runs-2 || failures < 5 {
		t.Errorf("%d of %d runs ended by their budget, %d failures", ended, runs, failures)
	}
}
