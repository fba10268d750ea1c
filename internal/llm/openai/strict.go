package openai

import (
	"encoding/json"
	"slices"
)

// strictWords are the schema keywords of the provider's strict mode.
var strictWords = []string{
	"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs", "definitions",
	"title", "description", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minItems", "maxItems",
}

// strict reports whether schema obeys the rules of the provider's strict mode:
// known keywords, every object closed, every property required. Only then may
// strict be asked for; other schemas are followed as well as the model can.
func strict(schema json.RawMessage) bool {
	var root map[string]any
	return json.Unmarshal(schema, &root) == nil && root["type"] == "object" && obeys(root)
}

func obeys(v any) bool {
	s, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for word, below := range s {
		if !slices.Contains(strictWords, word) || !obeysBelow(word, below) {
			return false
		}
	}
	return s["type"] != "object" || closed(s)
}

// obeysBelow looks at the schemas under a keyword.
func obeysBelow(word string, v any) bool {
	switch word {
	case "items":
		return obeys(v)
	case "anyOf":
		all, ok := v.([]any)
		return ok && !slices.ContainsFunc(all, func(s any) bool { return !obeys(s) })
	case "properties", "$defs", "definitions":
		all, ok := v.(map[string]any)
		for _, s := range all {
			ok = ok && obeys(s)
		}
		return ok
	}
	return true
}

func closed(s map[string]any) bool {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	if s["additionalProperties"] != false || len(required) != len(properties) {
		return false
	}
	for _, name := range required {
		if n, ok := name.(string); !ok || properties[n] == nil {
			return false
		}
	}
	return true
}
