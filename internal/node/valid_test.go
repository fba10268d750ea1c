package node_test

import (
	"encoding/json"
	"strings"
	"testing"

	"heddle/internal/node"
)

func TestFieldSaysWhatIsWrong(t *testing.T) {
	number := node.Field{Widget: node.WidgetNumber, Min: new(0.0), Max: new(2.0)}
	choice := node.Field{Widget: node.WidgetSelect, Options: []node.Option{{Value: "short"}}}
	for _, c := range []struct {
		name  string
		field node.Field
		raw   string
		want  string // part of the sentence; "" means that nothing is wrong
	}{
		{"nothing", number, ``, ""},
		{"null", number, `null`, ""},
		{"empty text", number, `""`, ""},
		{"a number", number, `1.5`, ""},
		{"a word", number, `"hot"`, "Enter a number"},
		{"too little", number, `-1`, "At least 0."},
		{"too much", number, `3.5`, "At most 2."},
		{"a choice", choice, `"short"`, ""},
		{"no choice", choice, `"tall"`, "not one of the choices"},
		{"JSON", node.Field{Widget: node.WidgetJSON}, `[1]`, ""},
		{"half JSON", node.Field{Widget: node.WidgetJSON}, `"{\n \"a\": 1,,\n}"`, "line 2, column 9"},
		{"a schema", node.Field{Widget: node.WidgetSchema}, `{"type":"object","properties":{}}`, ""},
		{"a schema as text", node.Field{Widget: node.WidgetSchema}, `"{\"type\":\"object\"}"`, ""},
		{"half a schema", node.Field{Widget: node.WidgetSchema}, `"{\"type\":\n"`, "ends too early, at line 2, column 1"},
		{"a list", node.Field{Widget: node.WidgetSchema}, `[]`, "object schema"},
		{"a text schema", node.Field{Widget: node.WidgetSchema}, `{"type":"string"}`, "object schema"},
		{"no properties", node.Field{Widget: node.WidgetSchema}, `{"properties":[]}`, "properties"},
		{"a name", node.Field{Widget: node.WidgetSecret}, `"SHOP_TOKEN"`, ""},
		{"a value", node.Field{Widget: node.WidgetSecret}, `"sk-live-123"`, "never belongs here"},
		{"a long name", node.Field{Widget: node.WidgetSecret}, `"` + strings.Repeat("A", 65) + `"`, "no name"},
		{"free text", node.Field{Widget: node.WidgetText}, `"anything"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.field.Problem(json.RawMessage(c.raw))
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}
