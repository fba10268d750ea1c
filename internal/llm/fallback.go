package llm

import (
	"context"
	"errors"
	"iter"
)

// Choice is one model of one provider.
type Choice struct {
	Provider Provider
	Model    string // the provider's name of the model
}

// Fallback is a [Model] for one request that asks the first of its choices, and the
// next one when that fails before its first part for a reason which another model
// may not share, see [Error.Elsewhere]. It is not safe for concurrent use.
type Fallback struct {
	Choices  []Choice                             // at least one
	Switched func(from, to Choice, because error) // told of each step down the list; may be nil
	Used     Choice                               // the choice that answers, or was asked last
}

// Stream asks the choices in turn. The request's model is the choice's.
func (f *Fallback) Stream(ctx context.Context, r Request) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		for i, c := range f.Choices {
			f.Used, r.Model = c, c.Model
			err := once(ctx, c.Provider.Model, r, yield)
			if err == nil {
				return
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || !e.Elsewhere() || i == len(f.Choices)-1 || ctx.Err() != nil {
				yield(Part{}, err)
				return
			}
			if f.Switched != nil {
				f.Switched(c, f.Choices[i+1], err)
			}
		}
	}
}

// Elsewhere reports whether another model may answer what this one did not.
func (e *Error) Elsewhere() bool {
	return e.Passing() || e.Kind == ErrAuth || e.Kind == ErrModel
}
