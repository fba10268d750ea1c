package node

import (
	"encoding/json"
	"slices"

	"heddle/internal/flow"
)

// Purity says what running a kind twice would cost (rules E10 and E15).
type Purity string

// The purities.
const (
	Pure   Purity = "pure"   // no effect outside, cheap to compute again
	Model  Purity = "model"  // costs money or time; same answer wanted
	Effect Purity = "effect" // changes something outside: never repeated silently
)

// Widget is how the inspector shows a field.
type Widget string

// The widgets.
const (
	WidgetText     Widget = "text"     // one line
	WidgetTextarea Widget = "textarea" // many lines
	WidgetNumber   Widget = "number"
	WidgetSwitch   Widget = "switch"
	WidgetSelect   Widget = "select"
	WidgetProvider Widget = "provider" // a model provider; the configured ones are offered
	WidgetModel    Widget = "model"    // a model of the chosen provider; free text allowed
	WidgetImage    Widget = "image"    // an uploaded image
	WidgetJSON     Widget = "json"     // a JSON document
	WidgetSchema   Widget = "schema"   // a JSON Schema of an object
	WidgetSecret   Widget = "secret"   // the name of a secret, never its value
	WidgetWorkflow Widget = "workflow" // the id of another workflow; the user's are offered
)

// Spec describes a kind to people: palette, inspector, docs and GET
// /api/node-types are all made from it.
type Spec struct {
	Type     string  `json:"type"`    // stable id, as in "llm"
	Version  int     `json:"version"` // part of the cache key; raise it when the meaning changes
	Title    string  `json:"title"`
	Summary  string  `json:"summary"`  // one sentence
	Docs     string  `json:"docs"`     // a few sentences of plain text
	Category string  `json:"category"` // palette section: "Inputs", "AI", "Images", "Web", "Logic", "Data", "Code", "Output"
	Icon     string  `json:"icon"`     // name of an icon that views/ui and the canvas draw
	Color    string  `json:"color"`    // port type whose colour tints the icon
	Purity   Purity  `json:"purity"`
	Inputs   []Port  `json:"inputs"`
	Outputs  []Port  `json:"outputs"`
	Fields   []Field `json:"fields"`
	Input    string  `json:"input,omitzero"`   // key of the field that a run's inputs set by a plain value
	Stream   string  `json:"stream,omitzero"`  // output port whose text is streamed while the kind works
	Preview  string  `json:"preview,omitzero"` // key of the field, or name of the output port, that the card shows
	Else     string  `json:"else,omitzero"`    // of a kind that takes one of several ways: the output that a fallback value goes to
	Calls    string  `json:"calls,omitzero"`   // key of the field with the id of the workflow that the kind calls
	Waits    bool    `json:"-"`                // the kind may return a [Wait] of its own
}

// MayWait reports whether a node of the kind may wait for a time or a person: by itself,
// or in a workflow that it calls.
func (s Spec) MayWait() bool { return s.Waits || s.Calls != "" }

// Port is one end a kind offers to edges.
type Port struct {
	Name     string    `json:"name"`
	Label    string    `json:"label"`
	Type     flow.Type `json:"type"`
	Required bool      `json:"required,omitzero"`
	Multiple bool      `json:"multiple,omitzero"` // takes many edges; the kind gets a list in edge order
	Dynamic  bool      `json:"dynamic,omitzero"`  // made by a {{name}} in a template field, or by a name that a field lists
	Help     string    `json:"help,omitzero"`
}

// Field is one parameter of a kind, as the inspector shows it. A field whose key
// is also the name of an input port can be fed by an edge, which then wins.
type Field struct {
	Key         string   `json:"key"`
	Label       string   `json:"label"`
	Help        string   `json:"help,omitzero"`
	Widget      Widget   `json:"widget"`
	Required    bool     `json:"required,omitzero"` // by hand or by edge
	Template    bool     `json:"template,omitzero"` // each {{name}} in it is an input port
	Ports       Side     `json:"ports,omitzero"`    // each name that it lists is a port on that side
	Default     any      `json:"default,omitempty"`
	Placeholder string   `json:"placeholder,omitzero"`
	Options     []Option `json:"options,omitempty"`
	Min         *float64 `json:"min,omitempty"`
	Max         *float64 `json:"max,omitempty"`
	Step        *float64 `json:"step,omitempty"`
}

// Option is one choice of a select field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Marks returns the names of the {{name}} marks in the field's text, if it is a
// template.
func (f Field) Marks(params map[string]json.RawMessage) []string {
	if !f.Template {
		return nil
	}
	return Names(fieldText(f, params))
}

func fieldText(f Field, params map[string]json.RawMessage) string {
	if raw, ok := params[f.Key]; ok {
		return flow.RawValue(raw).String()
	}
	s, _ := f.Default.(string)
	return s
}

// Field returns the field with the given key.
func (s Spec) Field(key string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}
