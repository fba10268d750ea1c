package main

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"heddle/internal/egress"
	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/llm/anthropic"
	"heddle/internal/llm/gemini"
	"heddle/internal/llm/offline"
	"heddle/internal/llm/openai"
)

// perProvider is how many answers of one provider are under way at once (rule E3).
const perProvider = 16

// Where a provider listens when nothing else is set.
const (
	groqURL   = "https://api.groq.com/openai/v1"
	ollamaURL = "http://127.0.0.1:11434"
)

// modelHTTP returns the client for model calls. It reaches the public internet
// and the addresses the operator configured, nothing else.
func modelHTTP(c Config) *http.Client {
	var allow []string
	for _, s := range []string{c.OpenAIBaseURL, c.GeminiBaseURL, c.GroqBaseURL, c.AnthropicBaseURL, c.OllamaURL, c.ClerkAPIURL} {
		if hp := hostPort(s); hp != "" {
			allow = append(allow, hp)
		}
	}
	return egress.Client(egress.Config{AllowHostPorts: allow, Timeout: 10 * time.Minute, HeaderTimeout: 2 * time.Minute})
}

// hostPort returns the host:port of an address, or "".
func hostPort(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "http" {
		return u.Host + ":80"
	}
	return u.Host + ":443"
}

// providers returns every provider Heddle knows; the ones with a key, or an
// address, are configured. The first configured one is the default, offline the last.
func providers(c Config, client *http.Client) *llm.Models {
	ready := func(m llm.Model) llm.Model { return llm.Retry(llm.Limit(m, perProvider), llm.RetryPolicy{}) }
	p := []llm.Provider{
		{ID: "gemini", Name: "Google Gemini", Setting: "GEMINI_API_KEY", BaseURL: c.GeminiBaseURL, Configured: c.GeminiKey != "", Default: "gemini-2.5-flash"},
		{ID: "openai", Name: "OpenAI", Setting: "OPENAI_API_KEY", BaseURL: c.OpenAIBaseURL, Configured: c.OpenAIKey != "" || c.OpenAIBaseURL != "", Default: "gpt-4o-mini"},
		{ID: "anthropic", Name: "Anthropic", Setting: "ANTHROPIC_API_KEY", BaseURL: c.AnthropicBaseURL, Configured: c.AnthropicKey != "", Default: "claude-sonnet-4-5"},
		{ID: "groq", Name: "Groq", Setting: "GROQ_API_KEY", BaseURL: c.GroqBaseURL, Configured: c.GroqKey != "", Default: "llama-3.3-70b-versatile"},
		{ID: "ollama", Name: "Ollama", Setting: "OLLAMA_URL", BaseURL: c.OllamaURL, Configured: c.OllamaURL != "", Default: "llama3.2"},
		{ID: "offline", Name: "Offline (no AI model)", Configured: true, NoAI: true, Default: "offline"},
	}
	for i := range p {
		var key flow.Secret
		switch p[i].ID {
		case "gemini":
			key = c.GeminiKey
			p[i].Own = owned(func(k string) llm.Model {
				return ready(gemini.New(gemini.Config{APIKey: k, BaseURL: c.GeminiBaseURL, HTTP: client}))
			})
		case "openai":
			key = c.OpenAIKey
			p[i].Own = owned(func(k string) llm.Model {
				return ready(openai.New(openai.Config{Name: "OpenAI", APIKey: k, BaseURL: c.OpenAIBaseURL, HTTP: client}))
			})
		case "anthropic":
			key = c.AnthropicKey
			p[i].Own = owned(func(k string) llm.Model {
				return ready(anthropic.New(anthropic.Config{APIKey: k, BaseURL: c.AnthropicBaseURL, HTTP: client}))
			})
		case "groq":
			key = c.GroqKey
			p[i].Own = owned(func(k string) llm.Model {
				return ready(openai.New(openai.Config{Name: "Groq", APIKey: k, BaseURL: orElse(c.GroqBaseURL, groqURL), HTTP: client}))
			})
		case "ollama":
			p[i].Model = ready(openai.New(openai.Config{Name: "Ollama", APIKey: "ollama", BaseURL: strings.TrimRight(c.OllamaURL, "/") + "/v1", HTTP: client}))
		case "offline":
			p[i].Model = offline.New(offline.Config{})
		}
		switch {
		case !p[i].Configured:
			p[i].Model = nil
		case p[i].Own != nil:
			p[i].Model = p[i].Own(key)
		}
	}
	return llm.NewModels(p...)
}

// maxOwned is for how many keys of one provider the models are kept.
const maxOwned = 1000

// owned returns make with a memory: one model a key, so that the limit of answers
// under way holds for all runs with this key.
func owned(make func(key string) llm.Model) func(flow.Secret) llm.Model {
	var mu sync.Mutex
	known := map[[32]byte]llm.Model{}
	return func(key flow.Secret) llm.Model {
		sum := sha256.Sum256([]byte(key.Reveal()))
		mu.Lock()
		defer mu.Unlock()
		if m := known[sum]; m != nil {
			return m
		}
		if len(known) >= maxOwned {
			clear(known)
		}
		m := make(key.Reveal())
		known[sum] = m
		return m
	}
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// findOllama fills in Ollama's address when one answers on its default port. Only
// in development: a server elsewhere is told where its models are.
func findOllama(ctx context.Context, c *Config) {
	if c.Env != "development" || c.OllamaURL != "" {
		return
	}
	client := egress.Client(egress.Config{AllowHostPorts: []string{hostPort(ollamaURL)}, Timeout: 200 * time.Millisecond})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ollamaURL+"/api/version", http.NoBody)
	if err != nil {
		return
	}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		c.OllamaURL = ollamaURL
	}
}
