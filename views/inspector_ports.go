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

// freeInputs returns the input ports that no field and no mark stands for.
func freeInputs(p node.Panel) []inputView {
	var out []inputView
	data := members(p.Node.Data)
	marked := map[string]bool{}
	for _, f := range p.Spec.Fields {
		for _, name := range f.Marks(data) {
			marked[name] = true
		}
	}
	for _, in := range p.Spec.InputsIn(data) {
		if _, isField := p.Spec.Field(in.Name); !isField && (!in.Dynamic || !marked[in.Name]) {
			out = append(out, inputView{in, slices.Contains(p.Connected, in.Name), sourcesOf(p, in.Name)})
		}
	}
	return out
}
