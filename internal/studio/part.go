package studio

import (
	"context"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// earlierRuns is how many runs of a workflow are looked through for results.
const earlierRuns = 10

// reuse finds the earlier results that stand in for what the run would compute: for
// a partial run as its mode says (rule E16), for a full one where it is asked for
// (rule E15). Earlier runs that are given are looked through instead of the workflow's.
func (s *Service) reuse(ctx context.Context, a flow.Actor, d *draft, b ExecuteBody, earlier []engine.Earlier) error {
	run := &d.run
	if b.Mode == flow.ModeFrom {
		run.NodeIDs = engine.Downstream(d.graph, run.NodeIDs)
	}
	full := run.Scope == flow.ScopeFull && b.reuses(run.Source)
	if !full && b.Mode != flow.ModeFrom && b.Mode != flow.ModeOnly || earlier == nil && run.WorkflowID == nil {
		return nil
	}
	if earlier == nil {
		var err error
		if earlier, err = s.earlier(ctx, a.Owner(), *run.WorkflowID); err != nil {
			return err
		}
	}
	if full {
		d.reused, d.forecast = engine.ReuseAll(s.registry, run.ID, d.graph, run.Inputs, earlier)
		run.CachedNodes, run.Cache, run.Reasons = len(d.reused), true, reasons(d.forecast)
		return nil
	}
	d.reused = engine.Reuse(run.ID, d.graph, run.NodeIDs, earlier)
	return nil
}

// maxReasons is how many nodes a run may have for the reasons to be kept with it.
const maxReasons = 500

// reasons returns why nodes run, by id.
func reasons(list []engine.Forecast) flow.Meta {
	if len(list) > maxReasons {
		return nil
	}
	out := flow.Meta{}
	for _, f := range list {
		if !f.Reused && f.Reason != "" {
			out[f.NodeID] = f.Reason
		}
	}
	return out
}

// reuses reports whether a full run may take over earlier results.
func (b ExecuteBody) reuses(source flow.Source) bool {
	if b.Cache != nil {
		return *b.Cache
	}
	return source == flow.SourceEditor
}

// earlier returns the newest runs of a workflow with their graphs, back to the last
// one in which everything succeeded. A graph that cannot be read has nothing to take over.
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
		if d.Scope == flow.ScopeFull && d.Status == flow.RunSuccess {
			break
		}
	}
	return out, nil
}
