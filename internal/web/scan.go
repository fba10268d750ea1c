package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"heddle/internal/flow"
)

// scanJSON refuses a body that is not one JSON object, is nested too deep, or
// names a top-level key twice.
func scanJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	depth, keys, isKey := 0, map[string]bool{}, false
	for first := true; ; first = false {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && !first && depth == 0 {
			return nil
		}
		if err != nil {
			return malformed(dec, err)
		}
		if first && t != json.Delim('{') {
			return flow.Errorf(flow.Malformed, "The request body must be a JSON object.")
		}
		if !first && depth == 0 {
			return flow.Errorf(flow.Malformed, "There is more after the end of the JSON object.")
		}
		if k, ok := t.(string); ok && depth == 1 && isKey {
			if keys[k] {
				return flow.Errorf(flow.Malformed, "The request body names the key %q twice.", k).With(flow.Problem{Path: k, Message: "Name each key once."})
			}
			keys[k] = true
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > flow.MaxDepth {
				return flow.Errorf(flow.Malformed, "The JSON is nested deeper than %d levels.", flow.MaxDepth)
			}
			isKey = depth == 1
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			isKey = depth == 1
			continue
		}
		isKey = depth == 1 && !isKey
	}
}

func malformed(dec *json.Decoder, err error) error {
	at := dec.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	return flow.Errorf(flow.Malformed, "The request body is not valid JSON: there is a mistake near character %d.", at).
		WithHint("Check the commas, quotes and brackets there.").Because(err)
}
