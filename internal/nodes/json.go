package nodes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type jsonParams struct {
	Mode   string `json:"mode"`
	Path   string `json:"path"`
	Indent bool   `json:"indent"`
}

// What a json step does.
const (
	jsonParse = "parse"
	jsonPath  = "path"
	jsonWrite = "stringify"
)

func jsonKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "json",
		Version: 1,
		Title:   "JSON",
		Summary: "Reads JSON from a text, takes a part of it, or writes it as text.",
		Docs: "Read turns a text into the value it describes; a code fence around it, as models like to write, does not count. " +
			"Take a part follows a JSONPath (RFC 9535), such as $.items[0].name: a path that can fit only one place gives that value, any other a list. " +
			"Filters compare members of an item with values; .. may be used once. Write turns a value into JSON text.",
		Category: "Data",
		Icon:     "json",
		Color:    string(flow.TypeJSON),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "in", Label: "Value", Type: flow.TypeAny, Required: true, Help: "A text with JSON, or any value."}},
		Outputs: []node.Port{
			{Name: "value", Label: "Value", Type: flow.TypeJSON, Help: "What was read or taken; when writing, the value as it came."},
			{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The same as text: a text as it is, everything else as JSON."},
		},
		Fields: []node.Field{
			{
				Key: "mode", Label: "Do", Widget: node.WidgetSelect, Default: jsonParse, Help: "What is done with the value that arrives.",
				Options: []node.Option{
					{Value: jsonParse, Label: "Read a text"},
					{Value: jsonPath, Label: "Take a part"},
					{Value: jsonWrite, Label: "Write as text"},
				},
			},
			{Key: "path", Label: "Path", Widget: node.WidgetText, Default: "$", Help: "A JSONPath to the part to take. A text that arrives is read first.", Placeholder: "$.items[*].name"},
			{Key: "indent", Label: "Indent", Widget: node.WidgetSwitch, Default: false, Help: "Whether JSON is written over several lines."},
		},
		Preview: "text",
	}, runJSON)
	return node.WithCheck(k, func(p jsonParams) []flow.Problem {
		if p.Mode != jsonPath {
			return nil
		}
		if _, err := parsePath(p.Path); err != nil {
			return []flow.Problem{{Path: "path", Message: shown(err)}}
		}
		return nil
	})
}

func runJSON(_ context.Context, p jsonParams, c node.Call) (node.Result, error) {
	v, text, err := p.apply(c.Inputs["in"])
	if err != nil {
		return node.Result{}, err
	}
	return node.Result{Outputs: flow.Values{"value": v, "text": flow.Text(text)}}, nil
}

func (p jsonParams) apply(in flow.Value) (v flow.Value, text string, err error) {
	switch p.Mode {
	case jsonParse:
		if v, err = readJSON(in); err == nil {
			text, err = p.write(v)
		}
	case jsonPath:
		if v, err = p.part(in); err == nil && v.Type() == flow.TypeText {
			text = v.String()
		} else if err == nil {
			text, err = p.write(v)
		}
	case jsonWrite:
		v = in
		text, err = p.write(v)
	default:
		err = flow.Errorf(flow.Invalid, "There is no way %q to treat JSON.", p.Mode).WithHint("Choose one of: parse, path, stringify.")
	}
	return v, text, err
}

func (p jsonParams) part(in flow.Value) (flow.Value, error) {
	path, err := parsePath(p.Path)
	if err != nil {
		return flow.Value{}, err
	}
	doc, err := readJSON(in)
	if err != nil {
		return flow.Value{}, err
	}
	return follow(path, doc)
}

// readJSON returns the value that a text describes; other values as they are.
func readJSON(in flow.Value) (flow.Value, error) {
	if in.Type() != flow.TypeText {
		return in, nil
	}
	text := unfence(in.String())
	if text == "" {
		return flow.Value{}, flow.Errorf(flow.Invalid, "The text is empty, and no JSON.").WithHint("Look at the step that gives the text.")
	}
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		return flow.Value{}, flow.Errorf(flow.Invalid, "The text is no JSON: %s.", whereOf(err, text)).
			WithHint("Look at the step that gives the text. A model can be told to answer with JSON only.").Because(err)
	}
	return flow.RawValue(whole), nil
}

// unfence returns a text without the Markdown fence around it.
func unfence(text string) string {
	text = strings.TrimSpace(text)
	inner, fenced := strings.CutPrefix(text, "```")
	body, closed := strings.CutSuffix(inner, "```")
	_, body, lines := strings.Cut(body, "\n")
	if !fenced || !closed || !lines {
		return text
	}
	return strings.TrimSpace(body)
}

// whereOf says where the text stops being JSON.
func whereOf(err error, text string) string {
	bad, ok := errors.AsType[*json.SyntaxError](err)
	if !ok || bad.Error() == "unexpected end of JSON input" {
		return "it ends too early, at " + node.Place(text)
	}
	return "look at " + node.Place(text[:min(max(int(bad.Offset)-1, 0), len(text))])
}

func (p jsonParams) write(v flow.Value) (string, error) {
	var b bytes.Buffer
	var err error
	if p.Indent {
		err = json.Indent(&b, v.Raw(), "", "  ")
	} else {
		err = json.Compact(&b, v.Raw())
	}
	return b.String(), err
}
