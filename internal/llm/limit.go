package llm

import (
	"context"
	"iter"
)

// Limit returns m with at most parallel answers under way at once; the others
// wait until one ends or their context does. parallel <= 0 means no limit.
func Limit(m Model, parallel int) Model {
	if parallel <= 0 {
		return m
	}
	return &limited{model: m, slots: make(chan struct{}, parallel)}
}

type limited struct {
	model Model
	slots chan struct{}
}

func (l *limited) Stream(ctx context.Context, r Request) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			yield(Part{}, context.Cause(ctx))
			return
		}
		defer func() { <-l.slots }()
		l.model.Stream(ctx, r)(yield)
	}
}
