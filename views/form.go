package views

import (
	"errors"
	"strings"

	"heddle/internal/flow"
)

// Form is a submitted form that is shown again: what was typed and what is
// wrong with it. The zero Form is an empty one.
type Form struct {
	Values   map[string]string
	Error    string         // the sentence on top; empty: nothing is wrong
	Hint     string         // the next step
	Problems []flow.Problem // by field name in Path
}

// NewForm returns the form to show again after err. Passwords do not belong in
// values. An error that is not a [flow.Error] is told without its text.
func NewForm(values map[string]string, err error) Form {
	f := Form{Values: values}
	if err == nil {
		return f
	}
	e, ok := errors.AsType[*flow.Error](err)
	if !ok || e.Kind == flow.Internal {
		f.Error = "Something went wrong on our side. Try again in a moment."
		return f
	}
	f.Error, f.Hint, f.Problems = e.Message, e.Hint, e.Problems
	return f
}

// Value returns what was typed into the named field.
func (f Form) Value(name string) string { return f.Values[name] }

// ValueOr returns what was typed into the named field, or other when the form
// was not submitted.
func (f Form) ValueOr(name, other string) string {
	if v, ok := f.Values[name]; ok {
		return v
	}
	return other
}

// Problem returns what is wrong with the named field, or "".
func (f Form) Problem(name string) string {
	for _, p := range f.Problems {
		if strings.TrimPrefix(p.Path, "body.") == name {
			return p.Message
		}
	}
	return ""
}
