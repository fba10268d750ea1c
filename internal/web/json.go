package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/danielgtaylor/huma/v2"
	fast "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heddle/internal/flow"
)

// jsonFormat reads and writes the bodies of the API. What huma only looks at, to
// check it, is read by the faster decoder; bodies were checked by scanJSON before.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: writeJSON, Unmarshal: readJSON}
}

func readJSON(data []byte, v any) error {
	if to, ok := v.(*any); ok {
		return fast.Unmarshal(data, to)
	}
	return json.Unmarshal(data, v)
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
