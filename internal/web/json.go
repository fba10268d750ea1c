package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/danielgtaylor/huma/v2"
	fast "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	v1 "github.com/go-json-experiment/json/v1"

	"heddle/internal/flow"
)

// jsonFormat reads and writes the bodies of the API. Bodies were checked by scanJSON
// before; what huma only looks at, to check it, is read without the graph.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: writeJSON, Unmarshal: readJSON}
}

func readJSON(data []byte, v any) error {
	to, ok := v.(*any)
	if !ok {
		return fast.Unmarshal(data, v, v1.DefaultOptionsV1())
	}
	if len(data) == 0 || data[0] != '{' {
		return fast.Unmarshal(data, to)
	}
	members, err := readMembers(data)
	*to = members
	return err
}

// readMembers reads an object. Of the arrays nodes and edges it says only that they are
// there: every schema takes any JSON for them (TestGraphsAreAnyJSON), they are most of a
// body, and are read in full where their problems can be named.
func readMembers(data []byte) (map[string]any, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		if (key == "nodes" || key == "edges") && dec.PeekKind() == '[' {
			out[key], err = []any{}, dec.SkipValue()
		} else {
			var v any
			err = fast.UnmarshalDecode(dec, &v)
			out[key] = v
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func writeJSON(w io.Writer, v any) error {
	if e, ok := v.(interface{ writeTo(w io.Writer) error }); ok {
		return e.writeTo(w)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// scanJSON refuses a body that is not one JSON object, is nested too deep, or has
// an object with too many keys or one key twice.
func scanJSON(body []byte) error { return scan(body, true) }

// scanAnyJSON is scanJSON for a body that may be any one JSON value.
func scanAnyJSON(body []byte) error { return scan(body, false) }

func scan(body []byte, object bool) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	for first := true; ; first = false {
		over := !first && dec.StackDepth() == 0
		t, err := dec.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && !first:
			return nil
		case err != nil:
			return malformed(dec, err)
		case first && object && t.Kind() != '{':
			return flow.Errorf(flow.Malformed, "The request body must be a JSON object.")
		case over:
			return flow.Errorf(flow.Malformed, "There is more after the end of the JSON.")
		case dec.StackDepth() > flow.MaxDepth:
			return flow.Errorf(flow.Malformed, "The JSON is nested deeper than %d levels.", flow.MaxDepth)
		case members(dec) > maxMembers:
			return flow.Errorf(flow.Malformed, "An object of the JSON has more than %d keys.", maxMembers)
		}
	}
}

// maxMembers is how many keys an object of a body may have: each that is unknown gets
// a problem of its own in the answer.
const maxMembers = 10_000

// members counts the keys so far of the object that is being read.
func members(dec *jsontext.Decoder) int64 {
	kind, n := dec.StackIndex(dec.StackDepth())
	if kind != '{' {
		return 0
	}
	return n / 2 // names and values
}

func malformed(dec *jsontext.Decoder, err error) error {
	at := dec.InputOffset()
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(e, jsontext.ErrDuplicateName) {
			k := e.JSONPointer.LastToken()
			return flow.Errorf(flow.Malformed, "The request body names the key %q twice.", k).With(flow.Problem{Path: k, Message: "Name each key once."})
		}
		at = e.ByteOffset
	}
	return flow.Errorf(flow.Malformed, "The request body is not valid JSON: there is a mistake near character %d.", at).
		WithHint("Check the commas, quotes and brackets there.").Because(err)
}
