package main

import (
	"context"
	"io"
	"log/slog"

	"heddle/internal/flow"
)

// newLogger returns the process's logger: text for people in development, JSON
// otherwise. Each line carries the request and user of its context.
func newLogger(w io.Writer, c Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked with the configuration
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewJSONHandler(w, opts)
	if c.LogFormat == "text" {
		h = slog.NewTextHandler(w, opts)
	}
	return slog.New(contextHandler{h})
}

// contextHandler adds who and which request, as the context knows them.
type contextHandler struct{ slog.Handler }

// Handle adds the context's attributes and passes the line on.
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := flow.RequestIDFrom(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if a, err := flow.ActorFrom(ctx); err == nil {
		r.AddAttrs(slog.String("user_id", a.User.ID.String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the context's attributes.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the context's attributes.
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
