package flow

import (
	"encoding/json"
	"time"
)

// RunStatus is the state of a run: queued -> running -> success, partial, failed
// or canceled; waiting while it is parked. Final states never change.
type RunStatus string

// The states of a run.
const (
	RunQueued   RunStatus = "queued"
	RunRunning  RunStatus = "running"
	RunWaiting  RunStatus = "waiting"
	RunSuccess  RunStatus = "success"
	RunPartial  RunStatus = "partial" // at least one node succeeded and at least one failed
	RunFailed   RunStatus = "failed"
	RunCanceled RunStatus = "canceled"
)

// RunStatuses lists every run status in the order of a run's life.
func RunStatuses() []RunStatus {
	return []RunStatus{RunQueued, RunRunning, RunWaiting, RunSuccess, RunPartial, RunFailed, RunCanceled}
}

// Final reports whether s never changes again.
func (s RunStatus) Final() bool {
	switch s {
	case RunSuccess, RunPartial, RunFailed, RunCanceled:
		return true
	case RunQueued, RunRunning, RunWaiting:
	}
	return false
}

// NodeStatus is the state of one node in a run.
type NodeStatus string

// The states of a node. A success that was reused carries cached: true beside it.
const (
	NodeIdle     NodeStatus = "idle"
	NodeQueued   NodeStatus = "queued"
	NodeRunning  NodeStatus = "running"
	NodeWaiting  NodeStatus = "waiting"
	NodeSuccess  NodeStatus = "success"
	NodeFailed   NodeStatus = "failed"
	NodeSkipped  NodeStatus = "skipped"
	NodeCanceled NodeStatus = "canceled"
)

// Final reports whether s never changes again.
func (s NodeStatus) Final() bool {
	switch s {
	case NodeSuccess, NodeFailed, NodeSkipped, NodeCanceled:
		return true
	case NodeIdle, NodeQueued, NodeRunning, NodeWaiting:
	}
	return false
}

// RunScope says how much of the graph a run covers.
type RunScope string

// A run covers the whole graph or the named nodes with what they need.
const (
	ScopeFull    RunScope = "full"
	ScopePartial RunScope = "partial"
)

// Source says what started a run.
type Source string

// The sources of a run.
const (
	SourceEditor   Source = "editor"
	SourceAPI      Source = "api"
	SourceWebhook  Source = "webhook"
	SourceSchedule Source = "schedule"
	SourceCLI      Source = "cli"
)

// Sources lists every source.
func Sources() []Source {
	return []Source{SourceEditor, SourceAPI, SourceWebhook, SourceSchedule, SourceCLI}
}

// Counts says how many nodes of a run ended how.
type Counts struct {
	TotalNodes   int `json:"totalNodes"`
	SuccessNodes int `json:"successNodes"`
	FailedNodes  int `json:"failedNodes"`
	SkippedNodes int `json:"skippedNodes"`
	CachedNodes  int `json:"cachedNodes"`
}

// Usage sums what model calls consumed. CostUSD is nil when the price of any of
// the models used is not known.
type Usage struct {
	TokensIn  int      `json:"tokensIn"`
	TokensOut int      `json:"tokensOut"`
	CostUSD   *float64 `json:"costUsd"`
}

// Budget is what the model calls of a run may consume. When it is spent, the run
// ends. Zero members set no limit.
type Budget struct {
	Tokens  int     `json:"tokens,omitzero" minimum:"0" doc:"In and out together, as the models report them."`
	CostUSD float64 `json:"costUsd,omitzero" minimum:"0" doc:"At list prices; models whose price is not known count for nothing."`
}

// Within returns the budget with no member above the limit's, and the limit's where
// it sets none.
func (b Budget) Within(limit Budget) Budget {
	if limit.Tokens > 0 && (b.Tokens == 0 || b.Tokens > limit.Tokens) {
		b.Tokens = limit.Tokens
	}
	if limit.CostUSD > 0 && (b.CostUSD == 0 || b.CostUSD > limit.CostUSD) {
		b.CostUSD = limit.CostUSD
	}
	return b
}

// Spent reports whether u is more than the budget.
func (b Budget) Spent(u Usage) bool {
	return b.Tokens > 0 && u.TokensIn+u.TokensOut > b.Tokens || b.CostUSD > 0 && u.CostUSD != nil && *u.CostUSD > b.CostUSD
}

// Run is one execution of a frozen graph.
type Run struct {
	ID              ID              `json:"id"`
	WorkflowID      *ID             `json:"workflowId"` // nil: started with a graph of its own, or the workflow is gone
	WorkflowName    string          `json:"workflowName"`
	WorkflowVersion int             `json:"workflowVersion"` // 0 without a workflow
	UserID          ID              `json:"userId"`
	Status          RunStatus       `json:"status"`
	Scope           RunScope        `json:"scope"`
	NodeIDs         []string        `json:"nodeIds"`         // the targets of a partial run
	Nodes           json.RawMessage `json:"nodes,omitempty"` // the frozen graph; left out of lists
	Edges           json.RawMessage `json:"edges,omitempty"`
	Inputs          Values          `json:"inputs"` // node id -> value given at the start
	Counts
	Usage
	Error       string     `json:"error"`     // why the run as a whole failed or was canceled
	Duration    *int64     `json:"duration"`  // milliseconds from start to end
	TriggerID   string     `json:"triggerId"` // the queue's job id
	Source      Source     `json:"source"`
	Cache       bool       `json:"cache"` // earlier results stand in for model calls with the same inputs
	Budget      Budget     `json:"budget,omitzero"`
	Reasons     Meta       `json:"-"`       // by node id: why no earlier result stands in for it, as far as that was known at the start
	Attempt     int        `json:"attempt"` // how many workers have held it
	CreatedAt   time.Time  `json:"createdAt"`
	StartedAt   *time.Time `json:"startedAt"`
	ResumedAt   *time.Time `json:"-"` // when it last went on after it had waited
	CompletedAt *time.Time `json:"completedAt"`
}

// Graph parses the frozen graph.
func (r *Run) Graph() (Graph, error) { return ParseGraph(r.Nodes, r.Edges) }

// RunBrief is the newest run of a workflow, in the workflow list.
type RunBrief struct {
	ID        ID
	Status    RunStatus
	CreatedAt time.Time
}

// NodeResult is one attempt of one node in a run.
type NodeResult struct {
	ID        ID         `json:"id"` // made by the store when empty
	RunID     ID         `json:"runId"`
	NodeID    string     `json:"nodeId"`
	NodeType  string     `json:"nodeType"`
	Iteration string     `json:"iteration"` // "" outside loops
	Attempt   int        `json:"attempt"`   // 1..
	Status    NodeStatus `json:"status"`
	Cached    bool       `json:"cached"`
	Inputs    Values     `json:"inputs"`
	Output    Values     `json:"output"` // port -> value
	Error     string     `json:"error"`  // a sentence for people
	Reason    string     `json:"reason"` // why it was skipped or reused
	Meta      Meta       `json:"meta"`   // what the kind says about its work, as in model: "..."
	CacheKey  string     `json:"cacheKey"`
	Usage
	QueuedAt  *time.Time `json:"queuedAt"`
	StartedAt *time.Time `json:"startedAt"`
	Duration  *int64     `json:"duration"` // milliseconds
	CreatedAt time.Time  `json:"createdAt"`
}

// Meta is what a kind tells about its work: small, flat, for people.
type Meta map[string]string

// Level is the severity of a log line.
type Level string

// The levels of a run's log.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

// Log is one line of a run's log. Seq counts within the run, from 1.
type Log struct {
	ID        ID        `json:"id"`
	RunID     ID        `json:"runId"`
	Seq       int64     `json:"seq"`
	NodeID    *string   `json:"nodeId"` // nil: about the run as a whole
	Message   string    `json:"message"`
	Level     Level     `json:"level"`
	Timestamp time.Time `json:"timestamp"`
}

// RunQuery selects a page of runs, newest first. Zero fields select everything.
type RunQuery struct {
	WorkflowID ID
	Status     RunStatus
	Source     Source
	From, To   time.Time // created in [From, To)
	Page       int       // 1..
	Limit      int       // 1..100
}

// RunDetail is a run with what belongs to it.
type RunDetail struct {
	Run
	Outputs     Values       `json:"outputs,omitzero"` // the named results, see [Outputs]
	NodeResults []NodeResult `json:"nodeResults"`
	Logs        []Log        `json:"logs"` // the newest, newest first
}

// RunList is one page of runs.
type RunList struct {
	Runs       []RunDetail
	Pagination Pagination
	Query      RunQuery
	Workflows  []WorkflowSummary // what the workflow filter offers
}
