package nodes

import (
	"net/http"

	"heddle/internal/expression"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/sandbox"
)

// Deps is what the kinds need from outside. Models and HTTP must be set.
type Deps struct {
	Models  *llm.Models      // the configured model providers
	HTTP    *http.Client     // fetches pictures and sends requests; made by package egress, so that it refuses private addresses
	Secrets Secrets          // nil: no secrets are kept here
	Code    *sandbox.Sandbox // runs the code of users; nil: it cannot be run here
}

// All returns every built-in kind in palette order.
func All(d Deps) []node.Kind {
	lang := expression.New()
	return []node.Kind{
		textKind(),
		imageKind(d),
		inputKind(),
		llmKind(d),
		visionKind(d),
		imageEditKind(),
		conditionKind(lang),
		switchKind(lang),
		mergeKind(),
		mapKind(),
		workflowKind(),
		waitKind(),
		approvalKind(),
		listKind(),
		splitKind(),
		jsonKind(),
		transformKind(lang),
		httpKind(d),
		codeKind(d),
		outputKind(),
		debugKind(),
	}
}
