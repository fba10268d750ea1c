package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/store"
)

// ExecuteBody says what to run. It needs a graph, a workflowId, or both: then the
// given graph runs in the name of the workflow, as the editor does.
type ExecuteBody struct {
	Nodes      json.RawMessage            `json:"nodes,omitempty" doc:"The graph's nodes; without them the saved workflow runs."`
	Edges      json.RawMessage            `json:"edges,omitempty"`
	WorkflowID flow.ID                    `json:"workflowId,omitempty" maxLength:"64"`
	Scope      flow.RunScope              `json:"scope,omitempty" enum:"full,partial" doc:"partial runs only nodeIds and what mode says."`
	NodeIDs    []string                   `json:"nodeIds,omitempty" nullable:"false"`
	Mode       flow.RunMode               `json:"mode,omitempty" enum:"only,upTo,from" doc:"For the scope partial. upTo, the default, computes nodeIds and everything upstream. only computes nodeIds, and from computes them and everything downstream; what these need comes from earlier results of this workflow where the steps are unchanged since, and is computed where there are none."`
	Inputs     map[string]json.RawMessage `json:"inputs,omitempty" doc:"Node id to value: a plain value sets the node's main field, an object its parameters."`
	Cache      *bool                      `json:"cache,omitempty" doc:"For the scope full: earlier results of this workflow stand in for steps that are the same as then, with all that feeds them, and earlier answers of models for calls with the same inputs. The default is true for the source editor, else false."`
	Budget     flow.Budget                `json:"budget,omitzero" doc:"What the model calls of this run may use, if that is less than the server allows."`
	Source     flow.Source                `json:"source,omitempty" enum:"editor,api" doc:"Who asks; editor only from a browser session."`
}

// Execute is the input of the use case of the same name.
type Execute struct {
	DryRun         bool   `query:"dryRun" doc:"Starts nothing: the answer is 200 with the plan."`
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key of the same user answers the same run for 24 hours."`
	Body           ExecuteBody
}

// RunStarted answers an accepted run, or says what a run would do.
type RunStarted struct {
	RunID flow.ID           `json:"runId,omitempty"`
	Run   *flow.Run         `json:"run,omitempty"`
	Plan  []engine.Forecast `json:"plan,omitempty" doc:"With dryRun: what would happen to each node."`
}

// Execute accepts a run: it is on disk with its trigger before this returns.
func (s *Service) Execute(ctx context.Context, in Execute) (RunStarted, error) {
	a, err := flow.Require(ctx, flow.ScopeRunStart)
	if err != nil {
		return RunStarted{}, err
	}
	d, err := s.newRun(ctx, a, in.Body)
	if err != nil {
		return RunStarted{}, err
	}
	if in.DryRun {
		return RunStarted{Plan: d.plan()}, nil
	}
	run, err := s.accept(ctx, a, d, in.IdempotencyKey, 0)
	if err != nil {
		return RunStarted{}, err
	}
	return RunStarted{RunID: run.ID, Run: &run}, nil
}

// accept stores a run with its trigger and hands it to the workers. With a key that was
// used within its life (0: 24 hours) it returns the earlier run.
func (s *Service) accept(ctx context.Context, a flow.Actor, d draft, key string, life time.Duration) (flow.Run, error) {
	asked := d.run
	run, fresh, err := s.store.CreateRun(ctx, a.Owner(), store.NewRun{
		Run: asked, Reused: d.reused, Key: key, KeyLife: life,
		Enqueue: func(ctx context.Context, tx *store.Tx) (store.Trigger, error) { return s.queue.Accept(ctx, tx, asked) },
	})
	if err != nil {
		return flow.Run{}, err
	}
	if fresh {
		s.queue.Accepted(run, d.graph)
		s.log.InfoContext(ctx, "run accepted", slog.String("run_id", run.ID.String()), slog.Int("nodes", run.TotalNodes))
	}
	return run, nil
}

// draft is a run that was checked and not stored yet.
type draft struct {
	run      flow.Run
	graph    flow.Graph
	reused   []flow.NodeResult
	forecast []engine.Forecast // of a full run that may reuse
}

// plan says what would happen to each node of the run, in the order of the graph.
func (d draft) plan() []engine.Forecast {
	if d.forecast != nil {
		return d.forecast
	}
	reasons := make(map[string]string, len(d.reused))
	for _, r := range d.reused {
		reasons[r.NodeID] = r.Reason
	}
	out := []engine.Forecast{}
	for _, n := range engine.Scope(d.graph, d.run.NodeIDs, slices.Collect(maps.Keys(reasons))) {
		reason, reused := reasons[n]
		out = append(out, engine.Forecast{NodeID: n, Reused: reused, Reason: reason})
	}
	return out
}

// order is where a run's graph comes from, and earlier results that may stand in.
type order struct {
	bind    func(run *flow.Run) error
	earlier []engine.Earlier // nil: those of the workflow's newest runs
}

func (s *Service) newRun(ctx context.Context, a flow.Actor, b ExecuteBody) (draft, error) {
	return s.draft(ctx, a, b, order{bind: func(run *flow.Run) error { return s.bindWorkflow(ctx, a, run, b) }})
}

func (s *Service) draft(ctx context.Context, a flow.Actor, b ExecuteBody, o order) (draft, error) {
	run := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: a.User.ID, Status: flow.RunQueued, Scope: b.Scope, NodeIDs: b.NodeIDs,
		Nodes: b.Nodes, Edges: b.Edges, Inputs: flow.Values{}, Source: source(a, b.Source), Budget: b.Budget.Within(s.budget), CreatedAt: time.Now().UTC(),
	}
	for id, raw := range b.Inputs {
		run.Inputs[id] = flow.RawValue(raw)
	}
	if run.Scope == "" {
		run.Scope = flow.ScopeFull
	}
	if err := checkScope(run, b.Mode); err != nil {
		return draft{}, err
	}
	if err := o.bind(&run); err != nil {
		return draft{}, err
	}
	run.Nodes, run.Edges = arrayOrEmpty(run.Nodes), arrayOrEmpty(run.Edges)
	g, err := run.Graph()
	if err != nil {
		return draft{}, err
	}
	run.TotalNodes = len(g.Steps().Nodes)
	d := draft{run: run, graph: g}
	if err := s.reuse(ctx, a, &d, b, o.earlier); err != nil {
		return d, err
	}
	check := engine.CheckOptions{Targets: d.run.NodeIDs, Inputs: d.run.Inputs}
	for i := range d.reused {
		check.Reused = append(check.Reused, d.reused[i].NodeID)
	}
	if err := engine.Check(s.registry, g, check); err != nil {
		return d, err
	}
	var self flow.ID
	if d.run.WorkflowID != nil {
		self = *d.run.WorkflowID
	}
	return d, engine.CheckCalls(ctx, s.registry, s.store, a.Owner(), self, g)
}

func source(a flow.Actor, asked flow.Source) flow.Source {
	switch {
	case a.Via == flow.ViaCLI:
		return flow.SourceCLI
	case a.Via == flow.ViaHook:
		return flow.SourceWebhook
	case a.Via == flow.ViaSession && asked == flow.SourceEditor:
		return flow.SourceEditor
	}
	return flow.SourceAPI
}

func checkScope(run flow.Run, mode flow.RunMode) error {
	if run.Scope == flow.ScopeFull && mode != "" {
		return flow.Errorf(flow.Invalid, "mode only goes with the scope partial.").
			With(flow.Problem{Path: "scope", Message: `Use "partial", or leave mode out.`})
	}
	if run.Scope == flow.ScopePartial && len(run.NodeIDs) == 0 {
		return flow.Errorf(flow.Invalid, "A partial run needs the nodes to run.").
			With(flow.Problem{Path: "nodeIds", Message: "Name at least one node, or use the scope full."})
	}
	if run.Scope == flow.ScopeFull && len(run.NodeIDs) > 0 {
		return flow.Errorf(flow.Invalid, "nodeIds only goes with the scope partial.").
			With(flow.Problem{Path: "scope", Message: `Use "partial", or leave nodeIds out.`})
	}
	return nil
}

// bindWorkflow fills in the workflow's name, version and, when the request brings
// no graph, its saved graph.
func (s *Service) bindWorkflow(ctx context.Context, a flow.Actor, run *flow.Run, b ExecuteBody) error {
	given := len(bytes.TrimSpace(b.Nodes)) > 0
	if b.WorkflowID == "" {
		if !given {
			return flow.Errorf(flow.Invalid, "There is nothing to run.").WithHint("Send nodes and edges, or a workflowId.")
		}
		return nil
	}
	w, err := s.store.Workflow(ctx, a.Owner(), b.WorkflowID)
	if err == nil && a.Via == flow.ViaHook { // who sends gets what is published
		w, err = s.store.WorkflowVersion(ctx, a.Owner(), b.WorkflowID, 0)
	}
	if err != nil {
		return err
	}
	run.WorkflowID, run.WorkflowName, run.WorkflowVersion = &w.ID, w.Name, w.Version
	if !given {
		run.Nodes, run.Edges = w.Nodes, w.Edges
	}
	return nil
}

// ListRuns selects a page of the actor's runs.
type ListRuns struct {
	Page       int            `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Page number, from 1."`
	Limit      int            `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"Entries a page."`
	WorkflowID flow.ID        `query:"workflowId" maxLength:"64"`
	Status     flow.RunStatus `query:"status" enum:"queued,running,waiting,success,partial,failed,canceled"`
	Source     flow.Source    `query:"source" enum:"editor,api,webhook,schedule,cli"`
	From       time.Time      `query:"from" doc:"Created at or after this time (RFC 3339)."`
	To         time.Time      `query:"to" doc:"Created before this time (RFC 3339)."`
}

func (l ListRuns) query() flow.RunQuery {
	return flow.RunQuery{
		WorkflowID: l.WorkflowID, Status: l.Status, Source: l.Source, From: l.From, To: l.To,
		Page: max(l.Page, 1), Limit: orDefault(l.Limit, 10),
	}
}

// RunPage is one page of runs.
type RunPage struct {
	Runs       []flow.RunDetail `json:"runs"`
	Pagination flow.Pagination  `json:"pagination"`
}

// Runs returns a page of the actor's runs, newest first, each with its node
// results and its five newest log lines.
func (s *Service) Runs(ctx context.Context, in ListRuns) (RunPage, error) {
	list, err := s.runs(ctx, in)
	return RunPage{Runs: list.Runs, Pagination: list.Pagination}, err
}

func (s *Service) runs(ctx context.Context, in ListRuns) (flow.RunList, error) {
	a, err := flow.Require(ctx, flow.ScopeRunRead)
	if err != nil {
		return flow.RunList{}, err
	}
	return s.store.Runs(ctx, a.Owner(), in.query())
}

// RunsPage is Runs with what the page's filters offer.
func (s *Service) RunsPage(ctx context.Context, in ListRuns) (flow.RunList, error) {
	list, err := s.runs(ctx, in)
	if err != nil {
		return list, err
	}
	flows, err := s.WorkflowsPage(ctx, ListWorkflows{Limit: 100})
	list.Workflows = flows.Workflows
	return list, err
}

// RunOut carries one run.
type RunOut struct {
	Run flow.RunDetail `json:"run"`
}

// Run returns one run with its node results and newest log lines.
func (s *Service) Run(ctx context.Context, in ByID) (RunOut, error) {
	r, err := s.runDetail(ctx, in.ID, 20)
	return RunOut{Run: r}, err
}

// RunPage returns a run as its page shows it, with up to 500 log lines.
func (s *Service) RunPage(ctx context.Context, in ByID) (flow.RunDetail, error) {
	return s.runDetail(ctx, in.ID, 500)
}

func (s *Service) runDetail(ctx context.Context, id flow.ID, logs int) (flow.RunDetail, error) {
	a, err := flow.Require(ctx, flow.ScopeRunRead)
	if err != nil {
		return flow.RunDetail{}, err
	}
	r, err := s.store.RunDetail(ctx, a.Owner(), id, logs)
	r.Outputs = flow.Outputs(r.Run, r.NodeResults)
	return r, err
}

// After selects what came after a number, in order.
type After struct {
	ID    flow.ID `path:"id" maxLength:"64"`
	After int64   `query:"after" minimum:"0" doc:"Only entries with a greater seq."`
	Limit int     `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

// LogsOut carries log lines in order.
type LogsOut struct {
	Logs []flow.Log `json:"logs"`
}

// RunLogs returns a run's log after a line, oldest first.
func (s *Service) RunLogs(ctx context.Context, in After) (LogsOut, error) {
	a, err := flow.Require(ctx, flow.ScopeRunRead)
	if err != nil {
		return LogsOut{}, err
	}
	logs, err := s.store.Logs(ctx, a.Owner(), in.ID, in.After, orDefault(in.Limit, 200))
	return LogsOut{Logs: logs}, err
}

// EventsOut carries events in order.
type EventsOut struct {
	Events []flow.Event `json:"events"`
}

// RunEvents returns a run's events after a number, in order.
func (s *Service) RunEvents(ctx context.Context, in After) (EventsOut, error) {
	a, err := flow.Require(ctx, flow.ScopeRunRead)
	if err != nil {
		return EventsOut{}, err
	}
	events, err := s.store.Events(ctx, a.Owner(), in.ID, in.After, orDefault(in.Limit, 200))
	return EventsOut{Events: events}, err
}

// cancelLease is how long the lease of a queued run is held while it is ended.
const cancelLease = 30 * time.Second

// CancelRun asks a run to stop. A queued run ends at once; a running one within
// about two seconds, wherever it runs (rule E8).
func (s *Service) CancelRun(ctx context.Context, in ByID) (RunOut, error) {
	a, err := flow.Require(ctx, flow.ScopeRunStart)
	if err != nil {
		return RunOut{}, err
	}
	run, err := s.store.RequestCancel(ctx, a.Owner(), in.ID)
	if err != nil {
		return RunOut{}, err
	}
	if run.Status == flow.RunQueued || run.Status == flow.RunWaiting {
		if err := s.endQueued(ctx, in.ID); err != nil {
			return RunOut{}, err
		}
	}
	r, err := s.store.RunDetail(ctx, a.Owner(), in.ID, 20)
	r.Outputs = flow.Outputs(r.Run, r.NodeResults)
	return RunOut{Run: r}, err
}

// endQueued claims a run nobody works on and lets the engine write its end. When
// a worker was faster, that worker sees the request and ends it.
func (s *Service) endQueued(ctx context.Context, id flow.ID) error {
	ctx = context.WithoutCancel(ctx)
	claim, err := s.store.ClaimRun(ctx, id, "cancel", cancelLease)
	if err != nil {
		if errors.Is(err, flow.ErrHeld) || flow.KindOf(err) == flow.Conflict {
			return nil
		}
		return err
	}
	claim.Cancel = true
	_, err = s.engine.Execute(ctx, claim)
	if errors.Is(err, flow.ErrFenced) {
		return nil
	}
	return err
}
