package node

import "heddle/internal/flow"

// Workbench is what the editor page needs: the document and what it can be made of.
type Workbench struct {
	Workflow  flow.Workflow
	Kinds     []Spec
	Providers []flow.ProviderStatus
	LastRun   *flow.RunDetail // the newest run, shown when the editor opens; nil: never run
}

// RunGraph is what the page needs that shows a run on the canvas: the graph as it
// ran is in the run.
type RunGraph struct {
	Run   flow.RunDetail
	Kinds []Spec
}

// Panel is what the inspector of one node needs.
type Panel struct {
	Node      flow.Node
	Spec      *Spec    // nil: this kind is not known here
	Connected []string // input ports that an edge feeds
	Sources   []Source // what feeds them, in the order of the edges
	Providers []flow.ProviderStatus
	Problems  []flow.Problem // what would stop a run, for this node
	Secrets   []string       // names of the user's secrets, of a kind that uses one
	Callees   []Callee       // of a kind that calls: the user's workflows, the newest first
}

// Callee is a workflow that a step can call.
type Callee struct {
	ID      flow.ID
	Name    string
	Inputs  []string // names of its inputs, the main one first; only of the chosen workflow
	Results []string // names of its results; only of the chosen workflow
}

// Source is a step that feeds an input port of a node.
type Source struct {
	Port   string `json:"port"`
	NodeID string `json:"node"`
	Label  string `json:"label"`
}
