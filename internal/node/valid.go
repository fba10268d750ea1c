package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"heddle/internal/flow"
)

// Problem says what is wrong with a field's value as data holds it, in a sentence
// for people; "" when nothing is. That a needed value is missing is not its matter.
func (f Field) Problem(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || bytes.Equal(raw, []byte(`""`)) {
		return ""
	}
	v := flow.RawValue(raw)
	switch f.Widget {
	case WidgetNumber:
		return f.numberProblem(v)
	case WidgetSelect:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == v.String() }) {
			return "This is not one of the choices."
		}
	case WidgetJSON:
		if v.Type() == flow.TypeText {
			return syntaxProblem(v.String())
		}
	case WidgetSchema:
		return schemaProblem(v)
	case WidgetSecret:
		if !flow.IsSecretName(v.String()) {
			return "This is no name of a secret. A name has letters, digits and _, as in SHOP_TOKEN. The value itself never belongs here."
		}
	case WidgetText, WidgetTextarea, WidgetSwitch, WidgetProvider, WidgetModel, WidgetImage, WidgetWorkflow:
	}
	return ""
}

func (f Field) numberProblem(v flow.Value) string {
	n, ok := v.Float()
	switch {
	case !ok:
		return "Enter a number."
	case f.Min != nil && n < *f.Min:
		return "At least " + plainNumber(*f.Min) + "."
	case f.Max != nil && n > *f.Max:
		return "At most " + plainNumber(*f.Max) + "."
	}
	return ""
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// syntaxProblem says where a text stops being JSON.
func syntaxProblem(text string) string {
	var any json.RawMessage
	err := json.Unmarshal([]byte(text), &any)
	bad, ok := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return "This is no JSON yet."
	}
	before := text[:min(max(int(bad.Offset)-1, 0), len(text))]
	if int(bad.Offset) >= len(text) && !json.Valid([]byte(text)) && bad.Error() == "unexpected end of JSON input" {
		return fmt.Sprintf("This is no JSON yet: it ends too early, at %s.", Place(text))
	}
	return fmt.Sprintf("This is no JSON yet: look at %s.", Place(before))
}

// Place names where a text ends as line and column, both from 1.
func Place(before string) string {
	line, column := 1, 1
	for _, r := range before {
		if r == '\n' {
			line, column = line+1, 1
		} else {
			column++
		}
	}
	return fmt.Sprintf("line %d, column %d", line, column)
}

// schemaProblem checks what a model can be asked to follow: a JSON object whose
// type, where it says one, is "object".
func schemaProblem(v flow.Value) string {
	raw := []byte(v.Raw())
	if v.Type() == flow.TypeText {
		if p := syntaxProblem(v.String()); p != "" {
			return p
		}
		raw = []byte(v.String())
	}
	const want = `This must be an object schema, as in {"type": "object", "properties": {…}}.`
	var schema map[string]json.RawMessage
	if json.Unmarshal(raw, &schema) != nil || schema == nil {
		return want
	}
	if t, ok := schema["type"]; ok && string(bytes.TrimSpace(t)) != `"object"` {
		return want
	}
	if p, ok := schema["properties"]; ok {
		var properties map[string]json.RawMessage
		if json.Unmarshal(p, &properties) != nil {
			return `"properties" must be an object of schemas by name.`
		}
	}
	return ""
}
