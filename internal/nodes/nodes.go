package nodes

import (
	"net/http"

	"heddle/internal/llm"
	"heddle/internal/node"
)

// Deps is what the kinds need from outside. Both fields must be set.
type Deps struct {
	Models *llm.Models  // the configured model providers
	HTTP   *http.Client // fetches pictures; made by package egress, so that it refuses private addresses
}

// All returns every built-in kind in palette order.
func All(d Deps) []node.Kind {
	return []node.Kind{
		textKind(),
		imageKind(d),
		llmKind(d),
		visionKind(d),
		waitKind(),
		approvalKind(),
		debugKind(),
	}
}
