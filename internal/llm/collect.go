package llm

import (
	"context"
	"maps"
	"strings"
)

// Answer is a whole answer: every [Part] of it put together.
type Answer struct {
	Text   string
	Usage  *Usage // nil: the provider told nothing
	Finish Finish
	Meta   map[string]string // nil: nothing said
}

// Collect asks m and returns the whole answer. onText, unless nil, sees each
// piece of text as it arrives, from this goroutine. After an error the answer
// holds what came before it.
func Collect(ctx context.Context, m Model, r Request, onText func(string)) (Answer, error) {
	var a Answer
	var text strings.Builder
	for p, err := range m.Stream(ctx, r) {
		if err != nil {
			a.Text = text.String()
			return a, err
		}
		text.WriteString(p.Text)
		a.add(p)
		if p.Text != "" && onText != nil {
			onText(p.Text)
		}
	}
	a.Text = text.String()
	return a, nil
}

func (a *Answer) add(p Part) {
	if p.Usage != nil {
		a.Usage = p.Usage
	}
	if p.Finish != "" {
		a.Finish = p.Finish
	}
	if a.Meta == nil && len(p.Meta) > 0 {
		a.Meta = map[string]string{}
	}
	maps.Copy(a.Meta, p.Meta)
}
