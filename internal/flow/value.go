package flow

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Type is what a port carries.
type Type string

// The port types.
const (
	TypeText    Type = "text"
	TypeNumber  Type = "number"
	TypeBoolean Type = "boolean"
	TypeImage   Type = "image"
	TypeFile    Type = "file"
	TypeJSON    Type = "json"
	TypeList    Type = "list"
	TypeAny     Type = "any"
)

// InlineLimit is the size in bytes above which a value is stored once by its
// hash and travels as a reference (rule E19).
const InlineLimit = 32 << 10

// Value is what travels along an edge: JSON, as it is stored and answered by the
// API. Text is a JSON string, a file or image is an object with "$file"
// ([FileRef]), a large value is an object with "$blob" ([BlobRef]). The zero
// Value is absent: no value at all.
type Value struct{ raw json.RawMessage }

// FileRef is the JSON of an image or file value: a reference, never the bytes.
type FileRef struct {
	File      ID     `json:"$file"`
	Name      string `json:"name,omitzero"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Width     int    `json:"width,omitzero"`
	Height    int    `json:"height,omitzero"`
}

// BlobRef is the JSON of a value over [InlineLimit]: where it lies and how it begins.
type BlobRef struct {
	Hash    string `json:"$blob"` // SHA-256 in hex
	Size    int64  `json:"size"`
	Type    Type   `json:"type"`
	Preview string `json:"preview,omitzero"`
}

// Text returns a text value.
func Text(s string) Value {
	if !plain(s) {
		return mustJSON(s)
	}
	b := make([]byte, 0, len(s)+2)
	return Value{raw: append(append(append(b, '"'), s...), '"')}
}

// plain reports whether s is the same with and without JSON's escapes.
func plain[T string | json.RawMessage](s T) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Number returns a number value; NaN and infinities become JSON null.
func Number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{raw: json.RawMessage("null")}
	}
	return mustJSON(f)
}

// Boolean returns a boolean value.
func Boolean(b bool) Value { return mustJSON(b) }

// List returns a list value of the given items.
func List(items ...Value) Value {
	size := 2 + len(items)
	for _, v := range items {
		size += max(len(v.raw), len("null"))
	}
	b := append(make([]byte, 0, size), '[')
	for i, v := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if v.IsZero() {
			b = append(b, "null"...)
			continue
		}
		b = append(b, v.raw...)
	}
	return Value{raw: append(b, ']')}
}

// File returns an image or file value, by the reference's media type.
func File(f FileRef) Value { return mustJSON(f) }

// Blob returns a value that stands for a stored large one.
func Blob(b BlobRef) Value { return mustJSON(b) }

// RawValue returns the value whose JSON is raw, which must be valid; it is not copied.
func RawValue(raw json.RawMessage) Value { return Value{raw: raw} }

// ValueOf returns the value of any Go value that encoding/json can write.
func ValueOf(v any) (Value, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return Value{}, err
	}
	return Value{raw: raw}, nil
}

func mustJSON(v any) Value {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("flow: value: " + err.Error()) // only types that always encode get here
	}
	return Value{raw: bytes.TrimRight(b.Bytes(), "\n")}
}

// IsZero reports whether v is absent.
func (v Value) IsZero() bool { return len(v.raw) == 0 }

// Raw returns the JSON of v; nil when v is absent. It must not be changed.
func (v Value) Raw() json.RawMessage { return v.raw }

// MarshalJSON returns the JSON of v; null when v is absent.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.IsZero() {
		return []byte("null"), nil
	}
	return v.raw, nil
}

// UnmarshalJSON keeps a copy of b.
func (v *Value) UnmarshalJSON(b []byte) error {
	v.raw = append(json.RawMessage(nil), b...)
	return nil
}

// Type reports what v is, from its JSON. An absent value and null are json.
func (v Value) Type() Type {
	raw := bytes.TrimSpace(v.raw)
	if len(raw) == 0 {
		return TypeJSON
	}
	switch raw[0] {
	case '"':
		return TypeText
	case '[':
		return TypeList
	case 't', 'f':
		return TypeBoolean
	case '{':
		if f, ok := v.FileRef(); ok {
			return f.Type()
		}
		if b, ok := v.BlobRef(); ok {
			return b.Type
		}
		return TypeJSON
	case 'n':
		return TypeJSON
	}
	return TypeNumber
}

// Type reports image for pictures and file for everything else.
func (f FileRef) Type() Type {
	if len(f.MediaType) > 6 && f.MediaType[:6] == "image/" {
		return TypeImage
	}
	return TypeFile
}

// FileRef returns the reference in v, if v is an image or file.
func (v Value) FileRef() (FileRef, bool) {
	var f FileRef
	if !bytes.Contains(v.raw, []byte(`"$file"`)) || json.Unmarshal(v.raw, &f) != nil {
		return FileRef{}, false
	}
	return f, f.File != ""
}

// BlobRef returns the reference in v, if v stands for a stored large value.
func (v Value) BlobRef() (BlobRef, bool) {
	var b BlobRef
	if !bytes.Contains(v.raw, []byte(`"$blob"`)) || json.Unmarshal(v.raw, &b) != nil {
		return BlobRef{}, false
	}
	return b, b.Hash != ""
}

// Items returns the items of a list; any other value is a list of itself.
func (v Value) Items() []Value {
	var items []Value
	if v.Type() == TypeList && json.Unmarshal(v.raw, &items) == nil {
		return items
	}
	if v.IsZero() {
		return nil
	}
	return []Value{v}
}

// String returns v as people read it: a text as it is, everything else as JSON.
func (v Value) String() string {
	var s string
	if n := len(v.raw); n > 1 && v.raw[0] == '"' && v.raw[n-1] == '"' && plain(v.raw[1:n-1]) {
		return string(v.raw[1 : n-1])
	}
	if len(v.raw) > 0 && v.raw[0] == '"' && json.Unmarshal(v.raw, &s) == nil {
		return s
	}
	return string(v.raw)
}

// Float returns the number in v.
func (v Value) Float() (float64, bool) {
	f, err := strconv.ParseFloat(string(bytes.TrimSpace(v.raw)), 64)
	return f, err == nil
}

// Accepts reports whether a port of type t can take values of type from without
// losing anything (rule E18). Text takes numbers, booleans and json, as their
// JSON text; json takes everything; a list takes one item; file takes images.
func (t Type) Accepts(from Type) bool {
	if t == from || t == TypeAny || from == TypeAny {
		return true
	}
	switch t {
	case TypeText:
		return from == TypeNumber || from == TypeBoolean || from == TypeJSON || from == TypeList
	case TypeJSON:
		return true
	case TypeList:
		return true
	case TypeFile:
		return from == TypeImage
	case TypeNumber, TypeBoolean, TypeImage, TypeAny:
	}
	return false
}

// As converts v to t where no information is lost; ok is false otherwise.
func (v Value) As(t Type) (out Value, ok bool) {
	from := v.Type()
	switch {
	case from == t || t == TypeAny || t == TypeJSON:
		return v, true
	case !t.Accepts(from):
		return Value{}, false
	case t == TypeText:
		return Text(v.String()), true
	case t == TypeList:
		return List(v), true
	}
	return v, true
}

// Preview returns at most n bytes of v as people read it, cut at a rune.
func (v Value) Preview(n int) string {
	if b, ok := v.BlobRef(); ok {
		return clip(b.Preview, n)
	}
	if f, ok := v.FileRef(); ok {
		return clip(f.Name, n)
	}
	return clip(v.String(), n)
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// Values maps port names to values.
type Values map[string]Value
