package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"heddle/internal/flow"
)

// list is a value list for IN (?).
func list[T any](v []T) any { return bun.List(v) }

type runRow struct {
	ID              flow.ID
	UserID          flow.ID
	WorkflowID      *flow.ID
	WorkflowName    string
	WorkflowVersion int
	Status          flow.RunStatus
	Scope           flow.RunScope
	NodeIDs         string `bun:"node_ids"`
	Nodes           string
	Edges           string
	Inputs          string
	TotalNodes      int
	SuccessNodes    int
	FailedNodes     int
	SkippedNodes    int
	CachedNodes     int
	TokensIn        int
	TokensOut       int
	CostUsd         *float64
	Error           string
	Duration        *int64
	TriggerID       string
	Source          flow.Source
	Cache           bool
	Reasons         string
	Budget          string
	Attempt         int
	ResumedAt       *int64
	Answered        int
	CreatedAt       int64
	StartedAt       *int64
	CompletedAt     *int64

	Lost            int
	LeaseToken      int64
	CancelRequested bool
	LastSeq         int64
	LastLog         int64
}

// runHead are the columns of a run without its graph.
const runHead = `id, user_id, workflow_id, workflow_name, workflow_version, status, scope, node_ids, inputs, total_nodes, success_nodes, failed_nodes, skipped_nodes, cached_nodes,
	tokens_in, tokens_out, cost_usd, error, duration, trigger_id, source, cache, budget, attempt, created_at, started_at, completed_at`

func (r runRow) run() (flow.Run, error) {
	out := flow.Run{
		ID: r.ID, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName, WorkflowVersion: r.WorkflowVersion, UserID: r.UserID,
		Status: r.Status, Scope: r.Scope, NodeIDs: []string{}, Nodes: raw(r.Nodes), Edges: raw(r.Edges), Inputs: flow.Values{},
		Counts: flow.Counts{TotalNodes: r.TotalNodes, SuccessNodes: r.SuccessNodes, FailedNodes: r.FailedNodes, SkippedNodes: r.SkippedNodes, CachedNodes: r.CachedNodes},
		Usage:  flow.Usage{TokensIn: r.TokensIn, TokensOut: r.TokensOut, CostUSD: r.CostUsd},
		Error:  r.Error, Duration: r.Duration, TriggerID: r.TriggerID, Source: r.Source, Cache: r.Cache, Attempt: r.Attempt,
		CreatedAt: fromMicros(r.CreatedAt), StartedAt: timeOf(r.StartedAt), ResumedAt: timeOf(r.ResumedAt), CompletedAt: timeOf(r.CompletedAt),
	}
	if err := parse(r.NodeIDs, &out.NodeIDs); err != nil {
		return out, fmt.Errorf("read node ids of %s: %w", r.ID, err)
	}
	if err := parse(r.Inputs, &out.Inputs); err != nil {
		return out, fmt.Errorf("read inputs of %s: %w", r.ID, err)
	}
	if err := parse(r.Budget, &out.Budget); err != nil {
		return out, fmt.Errorf("read budget of %s: %w", r.ID, err)
	}
	if err := parse(r.Reasons, &out.Reasons); err != nil {
		return out, fmt.Errorf("read reasons of %s: %w", r.ID, err)
	}
	return out, nil
}

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

// parse reads JSON that is stored as "" when it is empty.
func parse(s string, to any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), to)
}

// text writes JSON, "" when n says that there is nothing in it.
func text(v any, n int) (string, error) {
	if n == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// NewRun is a run to accept.
type NewRun struct {
	Run     flow.Run
	Reused  []flow.NodeResult // results of earlier runs that stand in for nodes of this one
	Key     string            // names what asks for it, as an Idempotency-Key; ""
	KeyLife time.Duration     // how long the key answers this run; 0: 24 hours
	Enqueue func(ctx context.Context, tx *Tx) (Trigger, error)
}

// keyLife is how long an idempotency key answers its run.
const keyLife = 24 * time.Hour

// CreateRun accepts a run: its row, its first event and its trigger are committed
// together before this returns. With a key that was used within its life the
// earlier run is returned, and false.
func (s *Store) CreateRun(ctx context.Context, o flow.Owner, n NewRun) (flow.Run, bool, error) {
	var fresh bool
	var earlier flow.ID
	err := s.together(ctx, func(ctx context.Context, tx *Tx) error {
		fresh = true
		if n.Key != "" {
			var err error
			if earlier, err = s.claimKey(ctx, tx, o, n); err != nil || earlier != "" {
				fresh = false
				return err
			}
		}
		tx.owner = o
		t, err := n.Enqueue(ctx, tx)
		if err != nil {
			return err
		}
		n.Run.TriggerID = t.ID
		if err := s.insertRun(ctx, tx, n.Run, t); err != nil {
			return err
		}
		if err := putResults(ctx, tx, flow.Step{RunID: n.Run.ID, UserID: flow.ID(o), Results: n.Reused}); err != nil || n.Key == "" {
			return err
		}
		now := time.Now()
		_, err = tx.exec(ctx, "INSERT INTO idempotency_keys (user_id, name, run_id, created_at, ends_at) VALUES (?, ?, ?, ?, ?)", o, n.Key, n.Run.ID, micros(now), micros(now.Add(cmp.Or(n.KeyLife, keyLife))))
		return err
	})
	if err != nil {
		if isUnique(err) && n.Key != "" { // PostgreSQL: the same key at the same moment
			n.Enqueue = func(context.Context, *Tx) (Trigger, error) { return Trigger{}, fmt.Errorf("key %q vanished", n.Key) }
			return s.CreateRun(ctx, o, n)
		}
		return flow.Run{}, false, failed("accept run", err)
	}
	if !fresh {
		r, err := s.Run(ctx, o, earlier)
		return r, false, err
	}
	s.touch(flow.RunTopic(n.Run.ID))
	s.touch(flow.RunsTopic(o))
	return n.Run, true, nil
}

// claimKey returns the run that the key answers, or "".
func (s *Store) claimKey(ctx context.Context, tx *Tx, o flow.Owner, n NewRun) (flow.ID, error) {
	var r struct {
		RunID  flow.ID
		EndsAt int64
	}
	err := tx.NewRaw("SELECT run_id, ends_at FROM idempotency_keys WHERE user_id = ? AND name = ?", o, n.Key).Scan(ctx, &r)
	if isNone(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if fromMicros(r.EndsAt).After(time.Now()) {
		return r.RunID, nil
	}
	_, err = tx.exec(ctx, "DELETE FROM idempotency_keys WHERE user_id = ? AND name = ?", o, n.Key)
	return "", err
}

func (s *Store) insertRun(ctx context.Context, tx *Tx, r flow.Run, t Trigger) error {
	ids, err := text(r.NodeIDs, len(r.NodeIDs))
	if err != nil {
		return err
	}
	inputs, err := text(r.Inputs, len(r.Inputs))
	if err != nil {
		return err
	}
	reasons, err := text(r.Reasons, len(r.Reasons))
	if err != nil {
		return err
	}
	at := micros(r.CreatedAt)
	budget := ""
	if r.Budget != (flow.Budget{}) {
		if budget, err = text(r.Budget, 1); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, `INSERT INTO runs (id, user_id, workflow_id, workflow_name, workflow_version, status, scope, node_ids, nodes, edges, inputs, total_nodes, cached_nodes, source, cache, reasons, budget, trigger_id, lease_owner, last_seq, triggered_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
		r.ID, tx.owner, r.WorkflowID, r.WorkflowName, r.WorkflowVersion, flow.RunQueued, r.Scope, ids, string(r.Nodes), string(r.Edges), inputs, r.TotalNodes, r.CachedNodes, r.Source, r.Cache, reasons, budget, t.ID, t.Promised, s.clock(r.CreatedAt), at)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(flow.RunStatusEvent{Status: flow.RunQueued, Counts: flow.Counts{TotalNodes: r.TotalNodes, CachedNodes: r.CachedNodes}})
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "INSERT INTO run_events (run_id, seq, type, at, payload) VALUES (?, 1, ?, ?, ?)", r.ID, flow.EventRunStatus, at, string(payload))
	return err
}

// Run returns a run of the owner with its graph.
func (s *Store) Run(ctx context.Context, o flow.Owner, id flow.ID) (flow.Run, error) {
	r, err := s.runRow(ctx, o, id)
	if err != nil {
		return flow.Run{}, err
	}
	return r.run()
}

func (s *Store) runRow(ctx context.Context, o flow.Owner, id flow.ID) (runRow, error) {
	var r runRow
	err := s.one(ctx, &r, "SELECT "+runHead+", nodes, edges, last_seq FROM runs WHERE id = ? AND user_id = ?", id, o)
	if isNone(err) {
		return r, s.absent(ctx, "runs", "run", id)
	}
	return r, failed("read run", err)
}

// RunDetail returns a run of the owner with its node results and newest log lines.
func (s *Store) RunDetail(ctx context.Context, o flow.Owner, id flow.ID, logs int) (flow.RunDetail, error) {
	r, err := s.Run(ctx, o, id)
	if err != nil {
		return flow.RunDetail{}, err
	}
	d := flow.RunDetail{Run: r}
	results, err := s.results(ctx, []flow.ID{id})
	if err != nil {
		return d, err
	}
	d.NodeResults = orNone(results[id])
	d.Logs, err = s.newestLogs(ctx, id, logs)
	return d, err
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Runs returns a page of the owner's runs, newest first, without their graphs.
func (s *Store) Runs(ctx context.Context, o flow.Owner, q flow.RunQuery) (flow.RunList, error) {
	out := flow.RunList{Query: q, Runs: []flow.RunDetail{}}
	where, args := runFilter(o, q)
	var total int
	if err := s.read.NewRaw("SELECT count(*) FROM runs WHERE "+where, args...).Scan(ctx, &total); err != nil {
		return out, failed("count runs", err)
	}
	out.Pagination = flow.Paginate(q.Page, q.Limit, total)
	var rows []runRow
	// The index alone finds the page, so that only its rows are read.
	err := s.read.NewRaw("SELECT "+runHead+" FROM runs WHERE id IN (SELECT id FROM runs WHERE "+where+" ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?) ORDER BY created_at DESC, id DESC",
		append(args, q.Limit, (q.Page-1)*q.Limit)...).Scan(ctx, &rows)
	if err != nil {
		return out, failed("list runs", err)
	}
	ids := make([]flow.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	results, err := s.results(ctx, ids)
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		d := flow.RunDetail{NodeResults: orNone(results[r.ID])}
		if d.Run, err = r.run(); err != nil {
			return out, err
		}
		if d.Logs, err = s.newestLogs(ctx, r.ID, 5); err != nil {
			return out, err
		}
		out.Runs = append(out.Runs, d)
	}
	return out, nil
}

func runFilter(o flow.Owner, q flow.RunQuery) (string, []any) {
	where, args := "user_id = ?", []any{o}
	add := func(cond string, arg any) {
		where += " AND " + cond
		args = append(args, arg)
	}
	if q.WorkflowID != "" {
		add("workflow_id = ?", q.WorkflowID)
	}
	if q.Status != "" {
		add("status = ?", q.Status)
	}
	if q.Source != "" {
		add("source = ?", q.Source)
	}
	if !q.From.IsZero() {
		add("created_at >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		add("created_at < ?", micros(q.To))
	}
	return where, args
}

// ActiveRuns returns the owner's unfinished runs of a workflow and its 20 newest, newest first.
func (s *Store) ActiveRuns(ctx context.Context, o flow.Owner, workflow flow.ID) ([]flow.ID, error) {
	ids := []flow.ID{}
	err := s.read.NewRaw(`SELECT id FROM runs WHERE user_id = ? AND workflow_id = ? AND (completed_at IS NULL OR id IN
		(SELECT id FROM runs WHERE workflow_id = ? ORDER BY created_at DESC LIMIT 20)) ORDER BY created_at DESC`, o, workflow, workflow).Scan(ctx, &ids)
	return ids, failed("list active runs", err)
}

type resultRow struct {
	RunID     flow.ID
	NodeID    string
	Iteration string
	Attempt   int
	Position  int
	NodeType  string
	Status    flow.NodeStatus
	Cached    bool
	Inputs    string
	Output    string
	Error     string
	Reason    string
	Meta      string
	CacheKey  string
	TokensIn  int
	TokensOut int
	CostUsd   *float64
	QueuedAt  *int64
	StartedAt *int64
	Duration  *int64
	CreatedAt int64
}

func (r resultRow) result() (flow.NodeResult, error) {
	n := flow.NodeResult{
		ID: resultID(r.RunID, r.NodeID, r.Iteration, r.Attempt), RunID: r.RunID, NodeID: r.NodeID, NodeType: r.NodeType, Iteration: r.Iteration,
		Attempt: r.Attempt, Status: r.Status, Cached: r.Cached, Inputs: flow.Values{}, Output: flow.Values{}, Error: r.Error, Reason: r.Reason, CacheKey: r.CacheKey,
		Usage:    flow.Usage{TokensIn: r.TokensIn, TokensOut: r.TokensOut, CostUSD: r.CostUsd},
		QueuedAt: timeOf(r.QueuedAt), StartedAt: timeOf(r.StartedAt), Duration: r.Duration, CreatedAt: fromMicros(r.CreatedAt),
	}
	if err := errors.Join(parse(r.Inputs, &n.Inputs), parse(r.Output, &n.Output), parse(r.Meta, &n.Meta)); err != nil {
		return n, fmt.Errorf("read result %s: %w", n.ID, err)
	}
	return n, nil
}

// resultID names an attempt of a node in a run.
func resultID(run flow.ID, node, iteration string, attempt int) flow.ID {
	return flow.ID(fmt.Sprintf("%s.%s.%s%d", run, node, iteration, attempt))
}

func (s *Store) results(ctx context.Context, runs []flow.ID) (map[flow.ID][]flow.NodeResult, error) {
	out := map[flow.ID][]flow.NodeResult{}
	if len(runs) == 0 {
		return out, nil
	}
	var rows []resultRow
	err := s.read.NewRaw("SELECT * FROM node_results WHERE run_id IN (?) ORDER BY run_id, position", list(runs)).Scan(ctx, &rows)
	if err != nil {
		return out, failed("read results", err)
	}
	for _, r := range rows {
		n, err := r.result()
		if err != nil {
			return out, err
		}
		out[r.RunID] = append(out[r.RunID], n)
	}
	return out, nil
}

type logRow struct {
	RunID   flow.ID
	Seq     int64
	NodeID  *string
	Level   flow.Level
	Message string
	At      int64
}

func (r logRow) log() flow.Log {
	return flow.Log{ID: flow.ID(fmt.Sprintf("%s.%d", r.RunID, r.Seq)), RunID: r.RunID, Seq: r.Seq, NodeID: r.NodeID, Level: r.Level, Message: r.Message, Timestamp: fromMicros(r.At)}
}

func logs(rows []logRow) []flow.Log {
	out := make([]flow.Log, len(rows))
	for i, r := range rows {
		out[i] = r.log()
	}
	return out
}

func (s *Store) newestLogs(ctx context.Context, id flow.ID, limit int) ([]flow.Log, error) {
	var rows []logRow
	err := s.read.NewRaw("SELECT * FROM execution_logs WHERE run_id = ? ORDER BY seq DESC LIMIT ?", id, limit).Scan(ctx, &rows)
	return logs(rows), failed("read log", err)
}

// Logs returns the log lines of a run of the owner after a number, in order.
func (s *Store) Logs(ctx context.Context, o flow.Owner, id flow.ID, after int64, limit int) ([]flow.Log, error) {
	if err := s.owns(ctx, o, id); err != nil {
		return nil, err
	}
	var rows []logRow
	err := s.read.NewRaw("SELECT * FROM execution_logs WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?", id, after, limit).Scan(ctx, &rows)
	return logs(rows), failed("read log", err)
}

// owns reports nil when the run is the owner's.
func (s *Store) owns(ctx context.Context, o flow.Owner, id flow.ID) error {
	var n int
	if err := s.one(ctx, &n, "SELECT count(*) FROM runs WHERE id = ? AND user_id = ?", id, o); err != nil {
		return failed("look for run", err)
	}
	if n == 0 {
		return s.absent(ctx, "runs", "run", id)
	}
	return nil
}
