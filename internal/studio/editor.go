package studio

import (
	"context"
	"slices"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// NodeTypesOut is the registry: palette, inspector and docs are made from it.
type NodeTypesOut struct {
	NodeTypes []node.Spec           `json:"nodeTypes"`
	Providers []flow.ProviderStatus `json:"providers"`
}

// NodeTypes returns every node kind and every model provider.
func (s *Service) NodeTypes(ctx context.Context, _ struct{}) (NodeTypesOut, error) {
	if _, err := flow.Require(ctx, flow.ScopeGraphRead); err != nil {
		return NodeTypesOut{}, err
	}
	list, err := s.providers(ctx)
	return NodeTypesOut{NodeTypes: s.registry.Specs(), Providers: list}, err
}

// providers returns the model providers as the actor may use them.
func (s *Service) providers(ctx context.Context) ([]flow.ProviderStatus, error) {
	own, err := s.ownKeys(ctx)
	if err != nil {
		return nil, err
	}
	byProvider := map[string][]flow.ModelInfo{}
	for _, p := range llm.Catalog() {
		byProvider[p.Provider] = append(byProvider[p.Provider], flow.ModelInfo{Name: p.Model, InPerM: p.InPerM, OutPerM: p.OutPerM, Vision: p.Vision})
	}
	var out []flow.ProviderStatus
	for _, p := range s.models.List() {
		out = append(out, flow.ProviderStatus{
			ID: p.ID, Name: p.Name, Configured: p.Configured, TakesKey: p.Own != nil && s.secrets.Vault != nil, Own: own[p.ID], NoAI: p.NoAI, Setting: p.Setting, BaseURL: p.BaseURL,
			Default: p.Default, Models: byProvider[p.ID],
		})
	}
	return out, nil
}

// EditorPage returns the document and everything the editor is made from.
func (s *Service) EditorPage(ctx context.Context, in ByID) (node.Workbench, error) {
	w, err := s.Workflow(ctx, in)
	if err != nil {
		return node.Workbench{}, err
	}
	list, err := s.providers(ctx)
	if err != nil {
		return node.Workbench{}, err
	}
	bench := node.Workbench{Workflow: w.Workflow, Kinds: s.registry.Specs(), Providers: list}
	runs, err := s.Runs(ctx, ListRuns{WorkflowID: in.ID, Limit: 1})
	if err != nil {
		return bench, err
	}
	if len(runs.Runs) > 0 {
		bench.LastRun = &runs.Runs[0]
	}
	return bench, nil
}

// RunGraph returns a run with its graph as it ran, and the kinds to draw it with.
func (s *Service) RunGraph(ctx context.Context, in ByID) (node.RunGraph, error) {
	r, err := s.runDetail(ctx, in.ID, 1)
	return node.RunGraph{Run: r, Kinds: s.registry.Specs()}, err
}

// Inspect is a node as it is on the screen, saved or not.
type Inspect struct {
	Node      flow.Node     `json:"node"`
	Connected []string      `json:"connected"` // input ports that an edge feeds
	Sources   []node.Source `json:"sources"`   // which steps feed them
}

// Inspect returns what the inspector of a node needs, with the node's own problems.
func (s *Service) Inspect(ctx context.Context, in Inspect) (node.Panel, error) {
	if _, err := flow.Require(ctx, flow.ScopeGraphRead); err != nil {
		return node.Panel{}, err
	}
	panel := node.Panel{Node: in.Node, Connected: in.Connected, Sources: in.Sources}
	var err error
	if panel.Providers, err = s.providers(ctx); err != nil {
		return panel, err
	}
	if k, ok := s.registry.Kind(in.Node.Type); ok {
		panel.Spec = &k.Spec
		if panel.Secrets, err = s.secretNames(ctx, k); err != nil {
			return panel, err
		}
		if panel.Callees, err = s.callees(ctx, k, in.Node); err != nil {
			return panel, err
		}
	}
	panel.Problems = engine.CheckNode(s.registry, in.Node, in.Connected)
	return panel, nil
}

// secretNames returns the names of the actor's secrets for a kind that uses one.
func (s *Service) secretNames(ctx context.Context, k node.Kind) ([]string, error) {
	a, err := flow.ActorFrom(ctx)
	if err != nil || !slices.ContainsFunc(k.Fields, func(f node.Field) bool { return f.Widget == node.WidgetSecret }) {
		return nil, err
	}
	list, err := s.store.Secrets(ctx, a.Owner())
	var names []string
	for _, n := range list {
		if n.Provider == "" {
			names = append(names, n.Name)
		}
	}
	return names, err
}

// callees returns the newest workflows for a node whose kind calls one, and what the
// chosen one takes and gives.
func (s *Service) callees(ctx context.Context, k node.Kind, n flow.Node) ([]node.Callee, error) {
	if k.Calls == "" {
		return nil, nil
	}
	a, err := flow.Require(ctx, flow.ScopeGraphRead)
	if err != nil {
		return nil, err
	}
	list, err := s.store.Workflows(ctx, a.Owner(), flow.WorkflowQuery{Page: 1, Limit: 100})
	if err != nil {
		return nil, err
	}
	out := []node.Callee{}
	for _, w := range list.Workflows {
		out = append(out, node.Callee{ID: w.ID, Name: w.Name})
	}
	id := flow.ID(n.Setting(k.Calls))
	if id == "" {
		return out, nil
	}
	w, err := s.store.Workflow(ctx, a.Owner(), id)
	if k := flow.KindOf(err); err != nil && (k == flow.NotFound || k == flow.Forbidden) {
		return out, nil // the panel says so
	}
	if err != nil {
		return out, err
	}
	g, err := flow.ParseGraph(w.Nodes, w.Edges)
	if err != nil {
		return out, err
	}
	i := slices.IndexFunc(out, func(c node.Callee) bool { return c.ID == id })
	if i < 0 { // an old one
		i, out = len(out), append(out, node.Callee{ID: id, Name: w.Name})
	}
	out[i].Inputs, out[i].Results = engine.Signature(s.registry, g)
	return out, nil
}
