package studio

import (
	"context"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// earlierRuns is how many runs of a workflow are looked through for results.
const earlierRuns = 10

// narrow says what a partial run computes, and returns the earlier results that
// stand in for the rest of what it needs (rule E16).
func (s *Service) narrow(ctx context.Context, a flow.Actor, run *flow.Run, g flow.Graph, mode flow.RunMode) ([]flow.NodeResult, error) {
	switch mode {
	case flow.ModeFrom:
		run.NodeIDs = engine.Downstream(g, run.NodeIDs)
	case flow.ModeOnly:
	case flow.ModeUpTo, "":
		return nil, nil
	}
	if run.WorkflowID == nil {
		return nil, nil
	}
	earlier, err := s.earlier(ctx, a.Owner(), *run.WorkflowID)
	if err != nil {
		return nil, err
	}
	return engine.Reuse(run.ID, g, run.NodeIDs, earlier), nil
}

// earlier returns the newest runs of a workflow with their graphs. A graph that
// cannot be read has nothing to take over.
func (s *Service) earlier(ctx context.Context, o flow.Owner, workflow flow.ID) ([]engine.Earlier, error) {
	list, err := s.store.Runs(ctx, o, flow.RunQuery{WorkflowID: workflow, Page: 1, Limit: earlierRuns})
	if err != nil {
		return nil, err
	}
	var out []engine.Earlier
	for _, d := range list.Runs {
		whole, err := s.store.Run(ctx, o, d.ID)
		if err != nil {
			return nil, err
		}
		g, err := whole.Graph()
		if err != nil {
			continue
		}
		out = append(out, engine.Earlier{RunID: d.ID, Graph: g, Inputs: whole.Inputs, Results: d.NodeResults})
	}
	return out, nil
}
