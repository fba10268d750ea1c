package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// modelKind is the shape of a graph whose steps wait for a model.
const modelKind = "model"

// serveModel answers chat completions on an address of this machine until ctx ends,
// each after delay. It speaks the wire of OpenAI-compatible servers, streamed: start
// Heddle with OLLAMA_URL set to it.
func serveModel(ctx context.Context, addr string, delay time.Duration) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("serve the slow model: %w", err)
	}
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() { //nolint:forcetypeassert // a TCP listener
		_ = l.Close()
		return fmt.Errorf("--model-addr %q is not this machine: use 127.0.0.1:PORT", addr)
	}
	srv := &http.Server{Handler: slow(delay), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	go func() { _ = srv.Serve(l) }()
	return nil
}

func slow(delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, `data: {"id":"1","object":"chat.completion.chunk","model":"load","choices":[{"index":0,"delta":{"role":"assistant","content":"done"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`+"\n\ndata: [DONE]\n\n")
	})
}
