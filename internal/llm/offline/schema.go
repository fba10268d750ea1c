package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// errUnfilled means that nothing truthful was found and nothing neutral is allowed.
var errUnfilled = errors.New("the text holds no value for it")

// maxDepth bounds nesting, so that a schema that contains itself ends.
const maxDepth = 12

// filler makes a value that follows a schema. It only accepts keywords it can
// obey, so what it makes is valid by construction. Members whose value is not in
// the source are left out; where the schema requires them they get the emptiest
// value allowed and are named in missing.
type filler struct {
	source  source
	doc     map[string]any
	missing []string
}

// place is where a value goes: its name for the search, its path for messages.
type place struct {
	name  string
	path  string
	depth int
}

func (p place) in(name string) place {
	return place{name: name, path: strings.TrimPrefix(p.path+"."+name, "."), depth: p.depth + 1}
}

// known keywords: those obeyed, then annotations.
var keywordsKnown = map[string]bool{
	"type": true, "properties": true, "required": true, "additionalProperties": true, "items": true,
	"minItems": true, "maxItems": true, "uniqueItems": true, "enum": true, "const": true, "anyOf": true, "oneOf": true,
	"$ref": true, "$defs": true, "definitions": true, "minLength": true, "maxLength": true, "format": true, "pattern": true,
	"minimum": true, "maximum": true, "exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": true,
	"nullable": true, "minProperties": true,
	"title": true, "description": true, "default": true, "examples": true, "example": true, "$schema": true, "$id": true,
	"$comment": true, "deprecated": true, "readOnly": true, "writeOnly": true, "propertyOrdering": true,
}

func (f *filler) root(schema json.RawMessage) (any, error) {
	var s any
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, errors.New("it is not valid JSON")
	}
	f.doc, _ = s.(map[string]any)
	return f.value(s, place{name: "answer"})
}

// value makes one value. [errUnfilled] tells the caller to leave it out.
func (f *filler) value(schema any, p place) (any, error) {
	if schema == true {
		schema = map[string]any{}
	}
	s, ok := schema.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s allows no value", orRoot(p.path))
	}
	if p.depth > maxDepth {
		return nil, errUnfilled
	}
	for k := range s {
		if !keywordsKnown[k] {
			return nil, fmt.Errorf("the offline provider does not know the keyword %q", k)
		}
	}
	if c, ok := s["const"]; ok {
		return c, nil
	}
	if options, ok := s["enum"].([]any); ok {
		return f.choose(options, p)
	}
	if ref, ok := s["$ref"].(string); ok {
		return f.follow(ref, p)
	}
	for _, k := range []string{"anyOf", "oneOf"} {
		if branches, ok := s[k].([]any); ok {
			return f.branch(k, s, p, branches)
		}
	}
	return f.typed(s, p)
}

func (f *filler) typed(s map[string]any, p place) (any, error) {
	types := typesOf(s)
	var v any
	err := errUnfilled
	kind := ""
	for _, t := range types {
		if t != "null" {
			kind = t
			break
		}
	}
	switch kind {
	case "string":
		v, err = f.text(s, p)
	case "number", "integer":
		v, err = f.number(s, p, kind == "integer")
	case "boolean":
		v, err = f.boolean(p)
	case "array":
		v, err = f.array(s, p)
	case "object":
		v, err = f.object(s, p)
	case "":
	default:
		return nil, fmt.Errorf("%s has the unknown type %q", orRoot(p.path), kind)
	}
	if nullable := slices.Contains(types, "null"); nullable && (err != nil || f.isMissing(p)) {
		if err == nil || errors.Is(err, errUnfilled) {
			f.forget(p)
			return nil, nil
		}
	}
	return v, err
}

// typesOf returns the types a schema names, or the one its keywords suggest.
func typesOf(s map[string]any) []string {
	var types []string
	switch t := s["type"].(type) {
	case string:
		types = []string{t}
	case []any:
		for _, v := range t {
			types = append(types, fmt.Sprint(v))
		}
	default:
		types = []string{suggested(s)}
	}
	if s["nullable"] == true {
		types = append(types, "null")
	}
	return types
}

func suggested(s map[string]any) string {
	switch {
	case s["properties"] != nil:
		return "object"
	case s["items"] != nil:
		return "array"
	case s["minimum"] != nil, s["maximum"] != nil:
		return "number"
	}
	return "string"
}

// choose picks the option the text names most often.
func (f *filler) choose(options []any, p place) (any, error) {
	if len(options) == 0 {
		return nil, fmt.Errorf("%s allows no value", orRoot(p.path))
	}
	text := " " + strings.Join(words(f.source.text), " ") + " "
	said := plainName(f.source.labelled(p.name))
	best, most := any(nil), 0
	for _, o := range options {
		name, ok := o.(string)
		if !ok {
			continue
		}
		if said != "" && plainName(name) == said {
			return o, nil
		}
		if w := words(name); len(w) > 0 {
			if n := strings.Count(text, " "+strings.Join(w, " ")+" "); n > most {
				best, most = o, n
			}
		}
	}
	if most > 0 {
		return best, nil
	}
	for _, o := range options {
		if name, ok := o.(string); o == nil || ok && slices.Contains([]string{"unknown", "other", "none", "neutral", "n/a", ""}, strings.ToLower(name)) {
			return f.neutral(o, p)
		}
	}
	return f.neutral(options[0], p)
}

func (f *filler) follow(ref string, p place) (any, error) {
	if ref == "#" {
		return f.value(f.doc, place{p.name, p.path, p.depth + 1})
	}
	for _, group := range []string{"$defs", "definitions"} {
		if name, ok := strings.CutPrefix(ref, "#/"+group+"/"); ok {
			defs, _ := f.doc[group].(map[string]any)
			if s, ok := defs[name]; ok {
				return f.value(s, place{p.name, p.path, p.depth + 1})
			}
		}
	}
	return nil, fmt.Errorf("the reference %q leads nowhere", ref)
}

// branch takes the first branch that can be filled from the source, else null if
// that is a branch, else the first that can be filled at all.
func (f *filler) branch(keyword string, s map[string]any, p place, branches []any) (any, error) {
	for k := range s {
		if k != keyword && k != "title" && k != "description" && k != "default" && k != "$defs" && k != "definitions" && k != "$schema" {
			return nil, fmt.Errorf("the offline provider does not know %q beside %q", k, keyword)
		}
	}
	if keyword == "oneOf" && !distinct(branches) {
		return nil, errors.New(`the offline provider knows "oneOf" only for branches of different types`)
	}
	var spare any
	var found bool
	failure := errUnfilled
	for _, b := range branches {
		if m, ok := b.(map[string]any); ok && m["type"] == "null" {
			spare, found = nil, true
			continue
		}
		before := len(f.missing)
		v, err := f.value(b, p)
		if err == nil && len(f.missing) == before {
			return v, nil
		}
		if f.missing = f.missing[:before]; err != nil {
			failure = err
		} else if !found {
			spare, found = v, true
		}
	}
	if !found {
		return nil, failure
	}
	return f.neutral(spare, p)
}

func distinct(branches []any) bool {
	seen := map[any]bool{}
	for _, b := range branches {
		m, _ := b.(map[string]any)
		t, ok := m["type"].(string)
		if t == "integer" {
			t = "number"
		}
		if !ok || seen[t] {
			return false
		}
		seen[t] = true
	}
	return true
}

func (f *filler) object(s map[string]any, p place) (any, error) {
	properties, _ := s["properties"].(map[string]any)
	required := map[string]bool{}
	names, _ := s["required"].([]any)
	for _, n := range names {
		required[fmt.Sprint(n)] = true
	}
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		before := len(f.missing)
		v, err := f.value(properties[name], p.in(name))
		switch {
		case err == nil && (required[name] || len(f.missing) == before):
			out[name] = v
		case required[name]:
			return nil, f.lacking(p.in(name), err)
		case err == nil || errors.Is(err, errUnfilled):
			f.missing = f.missing[:before] // left out, so nothing is missing
		default:
			return nil, err
		}
	}
	for name := range required {
		if _, ok := out[name]; ok {
			continue
		}
		if s["additionalProperties"] == false {
			return nil, fmt.Errorf("%s requires %q and forbids it", orRoot(p.path), name)
		}
		v, err := f.value(additional(s), p.in(name))
		if err != nil {
			return nil, f.lacking(p.in(name), err)
		}
		out[name] = v
	}
	if least, ok := s["minProperties"].(float64); ok && float64(len(out)) < least {
		return nil, errUnfilled
	}
	return out, nil
}

func additional(s map[string]any) any {
	if a, ok := s["additionalProperties"].(map[string]any); ok {
		return a
	}
	return true
}

func (f *filler) lacking(p place, err error) error {
	if errors.Is(err, errUnfilled) {
		return fmt.Errorf("%s is required, but %w", p.path, err)
	}
	return err
}

// neutral uses v although the source does not say it, and notes that.
func (f *filler) neutral(v any, p place) (any, error) {
	f.missing = append(f.missing, orRoot(p.path))
	return v, nil
}

func (f *filler) isMissing(p place) bool {
	return len(f.missing) > 0 && f.missing[len(f.missing)-1] == orRoot(p.path)
}

func (f *filler) forget(p place) {
	if f.isMissing(p) {
		f.missing = f.missing[:len(f.missing)-1]
	}
}

func orRoot(path string) string {
	if path == "" {
		return "the answer"
	}
	return path
}
