package offline

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"heddle/internal/llm"
)

// Notice is what every answer's last part says under the key "notice".
const Notice = "Offline provider: no AI model was used."

// Config is empty for now; it keeps New in the shape of the other providers.
type Config struct{}

// New returns the model. It is deterministic: the same request gets the same answer.
func New(Config) llm.Model { return model{} }

type model struct{}

// answer is what to stream, and what to say about it.
type answer struct {
	text string
	meta map[string]string
}

// Stream yields the answer word by word. MaxTokens counts words.
func (model) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	return func(yield func(llm.Part, error) bool) {
		a, err := compose(ctx, r)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			yield(llm.Part{}, err)
			return
		}
		for _, stop := range r.Stop {
			if stop != "" {
				a.text, _, _ = strings.Cut(a.text, stop)
			}
		}
		finish := llm.FinishStop
		words := strings.SplitAfter(a.text, " ")
		if r.MaxTokens > 0 && len(words) > r.MaxTokens {
			words, finish = words[:r.MaxTokens], llm.FinishLength
		}
		for _, w := range words {
			if ctx.Err() != nil {
				yield(llm.Part{}, context.Cause(ctx))
				return
			}
			if w != "" && !yield(llm.Part{Text: w}, nil) {
				return
			}
		}
		yield(llm.Part{Finish: finish, Meta: a.meta}, nil)
	}
}

// compose makes the whole answer.
func compose(ctx context.Context, r llm.Request) (answer, error) {
	a := answer{meta: map[string]string{"notice": Notice}}
	s := source{text: r.Prompt, known: map[string]any{}}
	if len(r.Images) > 0 {
		var err error
		if s, err = look(ctx, r); err != nil {
			return answer{}, err
		}
		a.text = s.text
	}
	if r.Schema != nil {
		return a.fill(s, r.Schema)
	}
	if len(r.Images) == 0 {
		a.text = summary(r.Prompt)
	}
	if a.text == "" {
		a.text = "The prompt is empty, so there is nothing to summarise."
	}
	return a, nil
}

// look reads the facts of every picture.
func look(ctx context.Context, r llm.Request) (source, error) {
	s := source{known: map[string]any{}}
	var lines []string
	for i, img := range r.Images {
		if ctx.Err() != nil {
			return s, context.Cause(ctx)
		}
		f, err := facts(img.Data)
		if err != nil {
			return s, fail(fmt.Sprintf("Image %d cannot be read: %s", i+1, err), err)
		}
		line := f.String()
		if len(r.Images) > 1 {
			line = fmt.Sprintf("Image %d: %s", i+1, line)
		}
		lines = append(lines, line)
		if i == 0 {
			s.known = f.known()
		}
	}
	s.text = strings.Join(lines, "\n")
	return s, nil
}

// fill answers with JSON that follows the schema.
func (a answer) fill(s source, schema json.RawMessage) (answer, error) {
	f := filler{source: s}
	v, err := f.root(schema)
	if err != nil {
		return answer{}, fail("The schema cannot be followed: "+err.Error(), err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return answer{}, fail("The schema cannot be followed.", err)
	}
	a.text = string(b)
	if len(f.missing) > 0 {
		a.meta["unfilled"] = strings.Join(f.missing, ", ")
	}
	return a, nil
}

func fail(message string, err error) *llm.Error {
	return &llm.Error{Kind: llm.ErrRequest, Provider: "Offline", Message: message, Err: err}
}
