package nodes

import (
	"context"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type listParams struct {
	Items   flow.Value `json:"items"`
	Flatten bool       `json:"flatten"`
}

// maxItems is how many items a step makes at most.
const maxItems = 10_000

func listKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "list",
		Version: 1,
		Title:   "List",
		Summary: "Makes a list, of what is connected or of lines you write.",
		Docs: "Connect several outputs to get a list of their values, in the order of the connections. " +
			"Without a connection the lines of the field are the items; blanks around them and empty lines do not count. A list has at most 10,000 items.",
		Category: "Data",
		Icon:     "list",
		Color:    string(flow.TypeList),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "items", Label: "Items", Type: flow.TypeAny, Multiple: true, Help: "One item from each connection. They win over the lines in the field."}},
		Outputs:  []node.Port{{Name: "list", Label: "List", Type: flow.TypeList, Help: "The items in order."}},
		Fields: []node.Field{
			{Key: "items", Label: "Items", Widget: node.WidgetTextarea, Required: true, Help: "One item a line.", Placeholder: "red\ngreen\nblue"},
			{Key: "flatten", Label: "Open lists that arrive", Widget: node.WidgetSwitch, Default: false, Help: "Whether the items of a list that arrives become items themselves."},
		},
		Input:   "items",
		Preview: "items",
	}, runList)
}

func runList(_ context.Context, p listParams, c node.Call) (node.Result, error) {
	items, err := p.items(!c.Inputs["items"].IsZero())
	if err != nil {
		return node.Result{}, err
	}
	if len(items) > maxItems {
		return node.Result{}, tooManyItems(len(items))
	}
	return node.Result{Outputs: flow.Values{"list": flow.List(items...)}, Meta: flow.Meta{"items": count(len(items), "item")}}, nil
}

// items returns the items that arrived, or the lines that the field holds. A run's
// input may be a list, or a text of lines.
func (p listParams) items(arrived bool) ([]flow.Value, error) {
	switch {
	case p.Items.Type() == flow.TypeText:
		return texts(pieces(strings.Split(p.Items.String(), "\n"), true, true)), nil
	case p.Items.Type() != flow.TypeList && !arrived:
		return nil, flow.Errorf(flow.Invalid, "There are no items.").WithHint("Write one item a line, or connect outputs to this step.")
	case !p.Flatten:
		return p.Items.Items(), nil
	}
	var all []flow.Value
	for _, v := range p.Items.Items() {
		all = append(all, v.Items()...)
	}
	return all, nil
}

func tooManyItems(n int) error {
	return flow.Errorf(flow.Invalid, "The list would have %d items, and 10,000 are allowed.", n).WithHint("Take a part of the input, or make larger items.")
}

// pieces returns the parts of a text, each without the blanks around it when trim
// is set, and without the empty ones when drop is set.
func pieces(parts []string, trim, drop bool) []string {
	out := parts[:0]
	for _, s := range parts {
		if trim {
			s = strings.TrimSpace(s)
		}
		if s != "" || !drop {
			out = append(out, s)
		}
	}
	return out
}

func texts(parts []string) []flow.Value {
	out := make([]flow.Value, len(parts))
	for i, s := range parts {
		out[i] = flow.Text(s)
	}
	return out
}
