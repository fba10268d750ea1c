package offline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"heddle/internal/llm"
	"heddle/internal/llm/offline"
)

// Whatever the schema: the answer follows it, or there is a clear refusal.
func TestAnswersFollowTheirSchema(t *testing.T) {
	model := offline.New(offline.Config{})
	rapid.Check(t, func(t *rapid.T) {
		schema := schemas(t, 3)
		b, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		prompt := rapid.SampledFrom([]string{"", "Price: 12\nName: Ann\nTags: a, b, a", article, "1 2 3 mail a@b.ch"}).Draw(t, "prompt")
		a, err := llm.Collect(t.Context(), model, llm.Request{Prompt: prompt, Schema: b}, nil)
		if err != nil {
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ErrRequest {
				t.Fatalf("%s: %v", b, err)
			}
			return
		}
		var v any
		if err := json.Unmarshal([]byte(a.Text), &v); err != nil {
			t.Fatal(err)
		}
		if err := follows(schema, v); err != nil {
			t.Fatalf("%s does not follow %s: %v", a.Text, b, err)
		}
	})
}

type object = map[string]any

// schemas draws a schema; one in three members is absent.
func schemas(t *rapid.T, depth int) object {
	s := object{}
	maybe := func(key string, v any) {
		if rapid.IntRange(0, 2).Draw(t, key+"?") > 0 {
			s[key] = v
		}
	}
	kinds := []string{"string", "number", "integer", "boolean", "enum"}
	if depth > 0 {
		kinds = append(kinds, "array", "object", "anyOf")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "enum":
		s["enum"] = []any{"Ann", 12.0, "other"}
		return s
	case "anyOf":
		s["anyOf"] = []any{schemas(t, depth-1), object{"type": "null"}}
		return s
	case "string":
		s["type"] = kind
		maybe("minLength", float64(rapid.IntRange(0, 12).Draw(t, "min")))
		maybe("maxLength", float64(rapid.IntRange(0, 12).Draw(t, "max")))
	case "number", "integer":
		s["type"] = kind
		maybe("minimum", float64(rapid.IntRange(-5, 5).Draw(t, "min")))
		maybe("maximum", float64(rapid.IntRange(-5, 20).Draw(t, "max")))
		maybe("exclusiveMinimum", float64(rapid.IntRange(-5, 5).Draw(t, "xmin")))
		maybe("multipleOf", float64(rapid.IntRange(1, 4).Draw(t, "step")))
	case "boolean":
		s["type"] = kind
	case "array":
		s["type"], s["items"] = kind, schemas(t, depth-1)
		maybe("minItems", float64(rapid.IntRange(0, 3).Draw(t, "min")))
		maybe("maxItems", float64(rapid.IntRange(0, 3).Draw(t, "max")))
		maybe("uniqueItems", true)
	case "object":
		names := []any{"name", "price", "tags", "numbers"}
		properties := object{}
		for _, n := range names[:rapid.IntRange(0, 4).Draw(t, "n")] {
			properties[n.(string)] = schemas(t, depth-1)
		}
		s["type"], s["properties"] = kind, properties
		maybe("required", names[:rapid.IntRange(0, 4).Draw(t, "required")])
		maybe("additionalProperties", false)
	}
	if rapid.IntRange(0, 3).Draw(t, "nullable") == 0 {
		s["type"] = []any{s["type"], "null"}
	}
	return s
}

// follows checks v against the keywords that schemas draws.
func follows(s object, v any) error {
	if options, ok := s["enum"].([]any); ok && !slices.Contains(options, v) {
		return fmt.Errorf("%v is none of %v", v, options)
	}
	if branches, ok := s["anyOf"].([]any); ok {
		if v == nil || follows(branches[0].(object), v) == nil {
			return nil
		}
		return errors.New("no branch fits")
	}
	want, _ := s["type"].(string)
	if types, ok := s["type"].([]any); ok {
		if v == nil {
			return nil
		}
		want, _ = types[0].(string)
	}
	limit := func(key string, n float64, sign float64) error {
		if l, ok := s[key].(float64); ok && sign*n < sign*l {
			return fmt.Errorf("%v breaks %s %v", v, key, l)
		}
		return nil
	}
	switch v := v.(type) {
	case string:
		n := float64(len([]rune(v)))
		return errors.Join(is(want, "string", s), limit("minLength", n, 1), limit("maxLength", n, -1))
	case float64:
		if x, ok := s["exclusiveMinimum"].(float64); ok && v <= x || want == "integer" && v != math.Trunc(v) {
			return fmt.Errorf("%v is not allowed", v)
		}
		if m, ok := s["multipleOf"].(float64); ok && math.Mod(v, m) != 0 {
			return fmt.Errorf("%v is no multiple of %v", v, m)
		}
		return errors.Join(is(want, "number integer", s), limit("minimum", v, 1), limit("maximum", v, -1))
	case bool:
		return is(want, "boolean", s)
	case []any:
		return errors.Join(is(want, "array", s), limit("minItems", float64(len(v)), 1), limit("maxItems", float64(len(v)), -1), elements(s, v))
	case object:
		return errors.Join(is(want, "object", s), members(s, v))
	}
	return fmt.Errorf("%v is not allowed", v)
}

func is(want, got string, s object) error {
	if s["enum"] == nil && !slices.Contains([]string{"", got}, want) && (got != "number integer" || want != "number" && want != "integer") {
		return fmt.Errorf("%s, want %s", got, want)
	}
	return nil
}

func elements(s object, all []any) error {
	seen := map[string]bool{}
	for _, e := range all {
		if err := follows(s["items"].(object), e); err != nil {
			return err
		}
		if key := fmt.Sprintf("%#v", e); seen[key] && s["uniqueItems"] == true {
			return fmt.Errorf("%v is there twice", e)
		} else {
			seen[key] = true
		}
	}
	return nil
}

func members(s object, v object) error {
	required, _ := s["required"].([]any)
	for _, n := range required {
		if _, ok := v[n.(string)]; !ok {
			return fmt.Errorf("%v is missing", n)
		}
	}
	properties := s["properties"].(object)
	for name, e := range v {
		p, ok := properties[name].(object)
		if !ok && s["additionalProperties"] == false {
			return fmt.Errorf("%s is not allowed", name)
		}
		if ok {
			if err := follows(p, e); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}
