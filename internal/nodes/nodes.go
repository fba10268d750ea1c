package nodes

import (
	"net/http"

	"heddle/internal/expression"
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
	lang := expression.New()
	return []node.Kind{
		textKind(),
		imageKind(d),
		llmKind(d),
		visionKind(d),
		conditionKind(lang),
		switchKind(lang),
		mergeKind(),
		waitKind(),
		approvalKind(),
		listKind(),
		splitKind(),
		jsonKind(),
		transformKind(lang),
		outputKind(),
		debugKind(),
	}
}
