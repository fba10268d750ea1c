package openai_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/egress"
	"heddle/internal/llm"
	"heddle/internal/llm/llmtest"
	"heddle/internal/llm/openai"
)

// TestR29_ProviderStorm asks 300 questions of a provider that fails three times in
// ten: too many requests, failures, silence, cut streams. Each answer is whole, counts
// its tokens once, and no question comes again before the time that was asked for.
func TestR29_ProviderStorm(t *testing.T) {
	const questions, wait = 300, 30 * time.Millisecond
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(29, 29))
	refused := map[string]time.Time{} // by prompt: when it may come again
	early, failures := 0, 0
	s := llmtest.Serve(t, llmtest.OpenAI{}, func(r *llmtest.Reply) {
		mu.Lock()
		if until, ok := refused[r.Prompt]; ok && time.Now().Before(until) {
			early++
		}
		delete(refused, r.Prompt)
		face := dice.IntN(10)
		if face < 3 {
			failures++
		}
		if face == 0 {
			refused[r.Prompt] = time.Now().Add(wait - 2*time.Millisecond) // the reply takes a moment
		}
		kind := dice.IntN(3)
		mu.Unlock()
		switch {
		case face == 0:
			r.Refuse(429, "slow down", "Retry-After-Ms", "30")
		case face == 1:
			r.Refuse([]int{500, 502, 503}[kind], "broken")
		case face == 2 && kind == 0:
			r.Cut()
		case face == 2:
			r.Wait() // until the client gives up
		default:
			r.Text("echo ", r.Prompt)
			r.End(llm.FinishStop)
		}
	})
	client := egress.Client(egress.Config{AllowHostPorts: []string{strings.TrimPrefix(s.URL, "http://")}, HeaderTimeout: 200 * time.Millisecond})
	t.Cleanup(client.CloseIdleConnections)
	m := llm.Retry(openai.New(openai.Config{Name: "Storm", APIKey: "k", BaseURL: s.URL + "/v1", HTTP: client, Idle: 200 * time.Millisecond}),
		llm.RetryPolicy{Attempts: 12, Base: time.Millisecond, Max: 5 * time.Millisecond})
	var all sync.WaitGroup
	slots := make(chan struct{}, 16)
	var total llm.Usage
	for i := range questions {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			prompt := "question " + strings.Repeat("x", i)
			a, err := llm.Collect(t.Context(), m, llm.Request{Model: "m", Prompt: prompt}, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || a.Text != "echo "+prompt || a.Usage == nil {
				t.Errorf("question %d: %.40q %v", i, a.Text, err)
				return
			}
			total.In, total.Out = total.In+a.Usage.In, total.Out+a.Usage.Out
		})
	}
	all.Wait()
	if total.In != questions*11 || total.Out != questions*7 {
		t.Errorf("tokens %+v, want 11 and 7 for each of %d answers", total, questions)
	}
	if early > 0 || failures < questions/5 {
		t.Errorf("%d came too early, %d failures in all", early, failures)
	}
}
