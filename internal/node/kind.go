package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"heddle/internal/flow"
)

// Call is what one execution of a kind gets.
type Call struct {
	RunID  flow.ID
	NodeID string
	Key    string      // the same for every attempt of this node in this run: an Idempotency-Key
	Inputs flow.Values // by port; a Multiple port holds a list. Large values are inline, files are references
	Files  Files
	Resume *Resume                             // how the wait that the kind asked for ended; nil: it has not waited
	Emit   func(text string)                   // streams text to the viewers; may be called from one goroutine at a time
	Log    func(level flow.Level, text string) // writes a line to the run's log
	// Sub runs the workflow that the kind calls, and blocks until that is final. It may
	// be called from many goroutines, once for each item. Its error is the end of ctx, or
	// why the workflow could not start; one that failed is no error. Only for kinds with
	// [Spec.Calls].
	Sub func(ctx context.Context, s Sub) (Called, error)
}

// Result is what one execution of a kind gives.
type Result struct {
	Outputs flow.Values // by port; a port without a value makes its edges dead
	Usage   flow.Usage
	Meta    flow.Meta
}

// Files opens and keeps the files a run may use: those of its owner.
type Files interface {
	// Open returns the bytes of a file of the run's owner.
	Open(ctx context.Context, ref flow.FileRef) ([]byte, error)
	// Save stores bytes under a name and returns their reference. The media type is sniffed.
	Save(ctx context.Context, name string, data []byte) (flow.FileRef, error)
}

// Kind is a registered node kind.
type Kind struct {
	Spec
	run          func(context.Context, json.RawMessage, Call) (Result, error)
	check        func(json.RawMessage, flow.Values) []flow.Problem
	surroundings func(params map[string]json.RawMessage) string
}

// Within returns the kind with a function that names what besides its settings and
// inputs its results depend on, as the model that is used when none is set. It gets
// the members of the node's data. Results are reused only where it says the same
// (rule E15).
func (k Kind) Within(f func(params map[string]json.RawMessage) string) Kind {
	k.surroundings = f
	return k
}

// Surroundings says what besides settings and inputs the results depend on; empty
// for most kinds.
func (k Kind) Surroundings(params map[string]json.RawMessage) string {
	if k.surroundings == nil {
		return ""
	}
	return k.surroundings(params)
}

// Run resolves the parameters in data against the call's inputs and executes the kind.
func (k Kind) Run(ctx context.Context, data json.RawMessage, c Call) (Result, error) {
	return k.run(ctx, data, c)
}

// Check returns what is wrong with the settings in data before anything runs, each
// problem with the key of its field as path. given are the values that the run's
// inputs set. Kinds made without [WithCheck] find nothing.
func (k Kind) Check(data json.RawMessage, given flow.Values) []flow.Problem {
	if k.check == nil {
		return nil
	}
	return k.check(data, given)
}

// WithCheck returns k with a check of its settings. The check gets what run would
// get, with {{name}} marks left as they are; what edges bring is not known yet.
func WithCheck[P any](k Kind, check func(P) []flow.Problem) Kind {
	s := k.Spec
	k.check = func(data json.RawMessage, given flow.Values) []flow.Problem {
		var p P
		params, err := s.resolve(data, given)
		if err != nil {
			return nil // running it says so
		}
		err = json.Unmarshal(params, &p)
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return []flow.Problem{{Path: e.Field, Message: "This setting has a value of the wrong kind: a " + e.Value + "."}}
		}
		return check(p)
	}
	return k
}

// Define builds a Kind whose parameters decode into P. Before run is called each
// field has its final value: what an edge delivers to the port of the field's
// key, else what data says with its {{name}} marks replaced, else the default.
//
// Define panics if the JSON keys of P and the fields of s differ, so the form
// and the code cannot drift.
func Define[P any](s Spec, run func(context.Context, P, Call) (Result, error)) Kind {
	if want, got := keys(s), paramKeys[P](); !slices.Equal(want, got) {
		panic(fmt.Sprintf("node %s: params %v, fields %v", s.Type, got, want))
	}
	return Kind{Spec: s, run: func(ctx context.Context, data json.RawMessage, c Call) (Result, error) {
		var p P
		params, err := s.resolve(data, c.Inputs)
		if err != nil {
			return Result{}, err
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return Result{}, flow.Errorf(flow.Invalid, "A setting has a value of the wrong kind: %s.", clash(err)).Because(err)
		}
		return run(ctx, p, c)
	}}
}

func keys(s Spec) []string {
	out := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		out = append(out, f.Key)
	}
	return out
}

func paramKeys[P any]() []string {
	t := reflect.TypeFor[P]()
	out := make([]string, 0, t.NumField())
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

// resolve returns the JSON object of the kind's parameters with every field final.
func (s Spec) resolve(data json.RawMessage, in flow.Values) (json.RawMessage, error) {
	var given map[string]json.RawMessage
	if len(bytes.TrimSpace(data)) > 0 {
		if err := json.Unmarshal(data, &given); err != nil {
			return nil, flow.Errorf(flow.Invalid, "The node's data is not a JSON object.").Because(err)
		}
	}
	out := make([]byte, 0, len(data)+64)
	out = append(out, '{')
	for _, f := range s.Fields {
		raw, err := f.value(given, in)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, flow.Text(f.Key).Raw()...), ':'), raw...)
	}
	return append(out, '}'), nil
}

func (f Field) value(given map[string]json.RawMessage, in flow.Values) (json.RawMessage, error) {
	if v, ok := in[f.Key]; ok && !v.IsZero() {
		return v.Raw(), nil
	}
	raw, ok := given[f.Key]
	if !ok || bytes.Equal(raw, []byte("null")) {
		if f.Default == nil {
			return nil, nil
		}
		def, err := json.Marshal(f.Default)
		if err != nil {
			return nil, err
		}
		raw = def
	}
	if !f.Template {
		return raw, nil
	}
	v := flow.RawValue(raw)
	if v.Type() != flow.TypeText {
		return raw, nil
	}
	return flow.Text(Expand(v.String(), in)).Raw(), nil
}

func clash(err error) string {
	if e, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // json returns it unwrapped
		return fmt.Sprintf("%s is a %s", e.Field, e.Value)
	}
	return "malformed JSON"
}
