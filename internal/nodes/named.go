package nodes

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/expression"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// namedInputs is the field that names the inputs of an expression.
func namedInputs() node.Field {
	return node.Field{
		Key: "inputs", Label: "Inputs", Widget: node.WidgetText, Ports: node.SideIn, Default: "value",
		Help:        "The names of the inputs, with commas between. Each becomes an input of the step and can be used in the expression.",
		Placeholder: "value, other",
	}
}

// expressionField is the field that holds an expression.
func expressionField(def any, example string) node.Field {
	return node.Field{
		Key: "expression", Label: "Expression", Widget: node.WidgetTextarea, Required: true, Default: def,
		Help:        "A CEL expression over the inputs. Texts stand in quotes; lists have filter, map, sort, sum and join; objects have members after a dot.",
		Placeholder: example,
	}
}

// namesProblems says what is wrong with the names of inputs. own are the keys of
// the kind's fields, which no input may have.
func namesProblems(list flow.Value, own ...string) []flow.Problem {
	if text := node.NamesProblem(list); text != "" {
		return []flow.Problem{{Path: "inputs", Message: text}}
	}
	var out []flow.Problem
	for _, name := range node.SplitNames(list) {
		text := expression.NameProblem(name)
		if slices.Contains(own, name) {
			text = "The name " + strconv.Quote(name) + " is a setting of this step. Choose another."
		}
		if text != "" {
			out = append(out, flow.Problem{Path: "inputs", Message: text})
		}
	}
	return out
}

// expressionProblem says what is wrong with an expression, as a problem of its field.
func expressionProblem(err error) []flow.Problem {
	text := shown(err)
	if text == "" {
		return nil
	}
	return []flow.Problem{{Path: "expression", Message: text}}
}

// shown returns an error as one text for people: its message and hint; "" for an
// error that is not meant for them.
func shown(err error) string {
	e, ok := errors.AsType[*flow.Error](err)
	if !ok {
		return ""
	}
	return strings.TrimSpace(e.Message + " " + e.Hint)
}

// inputsNamed returns the inputs with the given names; those that did not arrive are null.
func inputsNamed(names []string, in flow.Values) flow.Values {
	out := make(flow.Values, len(names))
	for _, name := range names {
		if out[name] = in[name]; in[name].IsZero() {
			out[name] = flow.RawValue([]byte("null"))
		}
	}
	return out
}

// passed is what a step that takes one of several ways hands on: its one input as
// it is, or an object of its inputs by name.
func passed(names []string, in flow.Values) (flow.Value, error) {
	if len(names) == 1 {
		return inputsNamed(names, in)[names[0]], nil
	}
	return flow.ValueOf(inputsNamed(names, in))
}
