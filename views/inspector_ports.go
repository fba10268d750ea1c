package views

import (
	"encoding/json"
	"slices"

	"heddle/internal/node"
)

// inputView is an input port with the steps that feed it.
type inputView struct {
	node.Port
	Connected bool
	Sources   []node.Source
}

// markView is the input that a {{name}} mark makes.
type markView = inputView

func sourcesOf(p node.Panel, port string) []node.Source {
	return slices.DeleteFunc(slices.Clone(p.Sources), func(s node.Source) bool { return s.Port != port })
}

func marksOf(p node.Panel, f node.Field, data map[string]json.RawMessage) []markView {
	var out []markView
	for _, name := range f.Marks(data) {
		out = append(out, markView{Port: node.Port{Name: name}, Connected: slices.Contains(p.Connected, name), Sources: sourcesOf(p, name)})
	}
	return out
}

// freeInputs returns the kind's own input ports that no field stands for.
func freeInputs(p node.Panel) []inputView {
	var out []inputView
	for _, in := range p.Spec.Inputs {
		if _, isField := p.Spec.Field(in.Name); !isField {
			out = append(out, inputView{in, slices.Contains(p.Connected, in.Name), sourcesOf(p, in.Name)})
		}
	}
	return out
}
