package nodes

import (
	"context"
	"regexp"
	"strings"

	"heddle/internal/expression"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type splitParams struct {
	Text      string `json:"text"`
	By        string `json:"by"`
	Separator string `json:"separator"`
	Pattern   string `json:"pattern"`
	Trim      bool   `json:"trim"`
	DropEmpty bool   `json:"dropEmpty"`
}

// Where a text is split.
const (
	byLine      = "line"
	byBlankLine = "blank"
	bySeparator = "separator"
	byPattern   = "pattern"
)

func splitKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "split",
		Version: 1,
		Title:   "Split",
		Summary: "Makes a list of the parts of a text.",
		Docs: "Splits a text at each line, at blank lines, at a separator of your own, or wherever a regular expression (RE2) fits. " +
			"Blanks around the parts and empty parts can be kept. A text may have 5 MiB and a list 10,000 items.",
		Category: "Data",
		Icon:     "split",
		Color:    string(flow.TypeList),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "text", Label: "Text", Type: flow.TypeText, Help: "The text to split. It wins over the text in the field."}},
		Outputs:  []node.Port{{Name: "list", Label: "List", Type: flow.TypeList, Help: "The parts in order, as texts."}},
		Fields:   splitFields(),
		Input:    "text",
		Preview:  "text",
	}, runSplit)
	return node.WithCheck(k, func(p splitParams) []flow.Problem {
		if _, err := p.cutter(); err != nil {
			key := "separator"
			if p.By == byPattern {
				key = "pattern"
			}
			return []flow.Problem{{Path: key, Message: shown(err)}}
		}
		return nil
	})
}

func splitFields() []node.Field {
	return []node.Field{
		{Key: "text", Label: "Text", Widget: node.WidgetTextarea, Required: true, Template: true, Help: "The text to split. Write {{name}} to make an input of that name."},
		{
			Key: "by", Label: "Split at", Widget: node.WidgetSelect, Default: byLine, Help: "Where one part ends and the next begins.",
			Options: []node.Option{
				{Value: byLine, Label: "Each line"},
				{Value: byBlankLine, Label: "Blank lines"},
				{Value: bySeparator, Label: "A separator"},
				{Value: byPattern, Label: "A regular expression"},
			},
		},
		{Key: "separator", Label: "Separator", Widget: node.WidgetText, Default: ",", Help: `What stands between the parts. \n is a new line, \t a tab.`},
		{Key: "pattern", Label: "Regular expression", Widget: node.WidgetText, Help: "In RE2's form. The text is split wherever it fits.", Placeholder: `\s*[;,]\s*`},
		{Key: "trim", Label: "Trim", Widget: node.WidgetSwitch, Default: true, Help: "Whether blanks around each part are left out."},
		{Key: "dropEmpty", Label: "Drop empty parts", Widget: node.WidgetSwitch, Default: true, Help: "Whether parts without anything in them are left out."},
	}
}

func runSplit(_ context.Context, p splitParams, _ node.Call) (node.Result, error) {
	cut, err := p.cutter()
	if err != nil {
		return node.Result{}, err
	}
	if len(p.Text) > maxSplit {
		return node.Result{}, flow.Errorf(flow.Invalid, "The text is larger than 5 MiB.").WithHint("Take a part of it before, for example with a Transform step.")
	}
	parts, err := cut(strings.ReplaceAll(p.Text, "\r\n", "\n"))
	if err != nil {
		return node.Result{}, err
	}
	if parts = pieces(parts, p.Trim, p.DropEmpty); len(parts) > maxItems {
		return node.Result{}, tooManyItems(len(parts))
	}
	return node.Result{Outputs: flow.Values{"list": flow.List(texts(parts)...)}, Meta: flow.Meta{"items": count(len(parts), "item")}}, nil
}

// cutter returns what splits a text as the settings say.
func (p splitParams) cutter() (func(string) ([]string, error), error) {
	at := func(sep string) func(string) ([]string, error) {
		return func(s string) ([]string, error) { return strings.Split(s, sep), nil }
	}
	switch p.By {
	case byLine:
		return at("\n"), nil
	case byBlankLine:
		return func(s string) ([]string, error) { return blankLines.Split(s, -1), nil }, nil
	case bySeparator:
		if p.Separator == "" {
			return nil, flow.Errorf(flow.Invalid, "There is no separator to split at.").WithHint("Write one, such as a comma, or split at each line.")
		}
		return at(escapes(p.Separator)), nil
	case byPattern:
		return p.pattern()
	}
	return nil, flow.Errorf(flow.Invalid, "There is no way %q to split a text.", p.By).WithHint("Choose one of: line, blank, separator, pattern.")
}

var blankLines = regexp.MustCompile(`\n[ \t]*\n\s*`)

// maxSplit is the longest text in bytes that is split.
const maxSplit = 5 << 20

// maxPatternWork bounds the steps of a regular expression in a text.
const maxPatternWork = 200_000_000

func (p splitParams) pattern() (func(string) ([]string, error), error) {
	if p.Pattern == "" {
		return nil, flow.Errorf(flow.Invalid, "There is no regular expression to split at.").WithHint("Write one, such as [;,], or split at each line.")
	}
	re, size, err := expression.CompilePattern(p.Pattern)
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The regular expression cannot be read: %s.", strings.TrimPrefix(err.Error(), "error parsing regexp: ")).
			WithHint(`Write it in RE2's form, which has no look-around and no back-references. A backslash before a sign takes it as it is.`).Because(err)
	}
	return func(s string) ([]string, error) {
		if len(s)*size > maxPatternWork {
			return nil, flow.Errorf(flow.Invalid, "The text is too long for this regular expression.").WithHint("Split the text at lines first, or use a simpler expression.")
		}
		return re.Split(s, -1), nil
	}, nil
}
