package studio

import (
	"context"
	"encoding/json"
	"maps"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// Replay is the input of the use case of the same name.
type Replay struct {
	ID             flow.ID `path:"id" maxLength:"64"`
	IdempotencyKey string  `header:"Idempotency-Key" maxLength:"200" doc:"The same key of the same user answers the same run for 24 hours."`
	Body           *ReplayBody
}

// ReplayBody says what is to be another way this time; nil: nothing.
type ReplayBody struct {
	FromNodeID string                     `json:"fromNodeId,omitempty" maxLength:"200" doc:"Only this step and all that follows it; what it needs is taken from the earlier run."`
	Inputs     map[string]json.RawMessage `json:"inputs,omitempty" doc:"Node id to value: other inputs than the earlier run had. The rest stay."`
	Version    int                        `json:"version,omitempty" minimum:"0" doc:"Run this saved version of the workflow instead of the graph as it ran."`
}

// Replay runs again what an earlier run ran: the same graph, as it was then, with the
// same inputs. The earlier run stays as it is.
func (s *Service) Replay(ctx context.Context, in Replay) (RunStarted, error) {
	a, err := flow.Require(ctx, flow.ScopeRunStart)
	if err != nil {
		return RunStarted{}, err
	}
	if in.Body == nil {
		in.Body = &ReplayBody{}
	}
	d, err := s.replay(ctx, a, in)
	if err != nil {
		return RunStarted{}, err
	}
	run, err := s.accept(ctx, a, d, in.IdempotencyKey, 0)
	if err != nil {
		return RunStarted{}, err
	}
	return RunStarted{RunID: run.ID, Run: &run}, nil
}

func (s *Service) replay(ctx context.Context, a flow.Actor, in Replay) (draft, error) {
	old, err := s.store.RunDetail(ctx, a.Owner(), in.ID, 0)
	if err != nil {
		return draft{}, err
	}
	b := ExecuteBody{Inputs: map[string]json.RawMessage{}, Cache: new(false), Source: flow.SourceEditor}
	for id, v := range old.Inputs {
		b.Inputs[id] = v.Raw()
	}
	maps.Copy(b.Inputs, in.Body.Inputs)
	if in.Body.FromNodeID != "" {
		b.Scope, b.Mode, b.NodeIDs = flow.ScopePartial, flow.ModeFrom, []string{in.Body.FromNodeID}
	} else if old.Scope == flow.ScopePartial {
		b.Scope, b.NodeIDs = old.Scope, old.NodeIDs
	}
	g, err := old.Graph()
	if err != nil {
		return draft{}, err
	}
	earlier := engine.Earlier{RunID: old.ID, Graph: g, Inputs: flow.Values{}, Results: old.NodeResults}
	for id, raw := range in.Body.Inputs { // the others are what they were
		earlier.Inputs[id] = flow.RawValue(raw)
	}
	return s.draft(ctx, a, b, order{
		bind:    func(run *flow.Run) error { return s.bindReplay(ctx, a, run, old.Run, in.Body.Version) },
		earlier: []engine.Earlier{earlier},
	})
}

// bindReplay fills in the graph of the earlier run, or of a saved version.
func (s *Service) bindReplay(ctx context.Context, a flow.Actor, run *flow.Run, old flow.Run, version int) error {
	run.WorkflowID, run.WorkflowName, run.WorkflowVersion = old.WorkflowID, old.WorkflowName, old.WorkflowVersion
	run.Nodes, run.Edges = old.Nodes, old.Edges
	switch {
	case version == 0:
		return nil
	case old.WorkflowID == nil:
		return flow.Errorf(flow.Invalid, "The run is of no saved workflow, so it has no versions.").
			With(flow.Problem{Path: "version", Message: "Leave it out: the graph runs as it was."})
	}
	v, err := s.store.Version(ctx, a.Owner(), *old.WorkflowID, version)
	if err != nil {
		return err
	}
	run.WorkflowVersion, run.Nodes, run.Edges = v.Version, v.Nodes, v.Edges
	return nil
}
