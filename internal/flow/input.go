package flow

import (
	"encoding/json"
	"strings"
)

// InputKind is the type of a node that names an input of its workflow, and InputName
// what an input is called that was given no name.
const (
	InputKind = "input"
	InputName = "input"
)

// InputName returns the name of the input that the node stands for; "" when it is no
// node that names one.
func (n Node) InputName() string {
	if n.Type != InputKind {
		return ""
	}
	var data struct {
		Name *string `json:"name"`
	}
	if json.Unmarshal(n.Data, &data) != nil || data.Name == nil {
		return InputName
	}
	return strings.TrimSpace(*data.Name)
}
