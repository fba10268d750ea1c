package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heddle/internal/flow"
)

// maxRows is the most rows that one INSERT writes.
const maxRows = 64

// Append adds a step to its run's journal and returns when it is durable. Steps of
// many runs share one transaction (rule E10). [flow.ErrFenced] says that the lease
// is lost or the run has ended: nothing of the step was written.
func (s *Store) Append(ctx context.Context, step flow.Step) error {
	err := s.together(ctx, func(ctx context.Context, tx *Tx) error { return writeStep(ctx, tx, step) })
	if err == nil {
		s.announce(step)
	}
	return failed("write journal", err)
}

func (s *Store) announce(step flow.Step) {
	if len(step.Events) > 0 {
		s.touch(flow.RunTopic(step.RunID))
	}
	if step.Run != nil {
		s.touch(flow.RunsTopic(flow.Owner(step.UserID)))
	}
}

// writeStep writes one step, first the run's row: it names the token, and the
// number of the event that must come next.
func writeStep(ctx context.Context, tx *Tx, st flow.Step) error {
	if err := updateRun(ctx, tx, st); err != nil {
		return err
	}
	for _, b := range st.Blobs {
		if err := putBlob(ctx, tx, flow.Owner(st.UserID), b); err != nil {
			return err
		}
	}
	if err := insertEvents(ctx, tx, st); err != nil {
		return err
	}
	if err := putResults(ctx, tx, st); err != nil {
		return err
	}
	if err := keepCached(ctx, tx, st); err != nil {
		return err
	}
	return insertLogs(ctx, tx, st)
}

func updateRun(ctx context.Context, tx *Tx, st flow.Step) error {
	set, args := "last_seq = last_seq + ?, last_log = last_log + ?", []any{len(st.Events), len(st.Logs)}
	if c := st.Run; c != nil {
		set += ", status = ?, error = ?, total_nodes = ?, success_nodes = ?, failed_nodes = ?, skipped_nodes = ?, cached_nodes = ?, tokens_in = ?, tokens_out = ?, cost_usd = ?, started_at = ?, completed_at = ?, duration = ?"
		args = append(args, c.Status, c.Error, c.Counts.TotalNodes, c.Counts.SuccessNodes, c.Counts.FailedNodes, c.Counts.SkippedNodes, c.Counts.CachedNodes,
			c.Usage.TokensIn, c.Usage.TokensOut, c.Usage.CostUSD, microsOf(c.StartedAt), microsOf(c.CompletedAt), c.Duration)
		switch {
		case c.Status.Final():
			set += ", lease_owner = '', lease_until = 0"
		case c.Status == flow.RunWaiting: // an answer that came meanwhile wakes it at once
			set += ", lease_owner = '', lease_until = 0, wake_at = CASE WHEN answered > ? THEN 1 ELSE CAST(? AS BIGINT) END"
			args = append(args, c.Answered, orZero(microsOf(c.WakeAt)))
		case c.Status == flow.RunRunning:
			set += ", wake_at = 0, resumed_at = CASE WHEN status = 'waiting' THEN ? ELSE resumed_at END"
			args = append(args, micros(time.Now()))
		}
	}
	where := "id = ? AND lease_token = ? AND completed_at IS NULL"
	args = append(args, st.RunID, st.Token)
	if len(st.Events) > 0 {
		where += " AND last_seq = ?"
		args = append(args, st.Events[0].Seq-1)
	}
	res, err := tx.exec(ctx, "UPDATE runs SET "+set+" WHERE "+where, args...)
	if err != nil {
		return fmt.Errorf("update run: %w", err)
	}
	return fenced(res.RowsAffected())
}

const resultUpdate = ` ON CONFLICT (run_id, node_id, iteration, attempt) DO UPDATE SET status = excluded.status, cached = excluded.cached, inputs = excluded.inputs, output = excluded.output,
	error = excluded.error, reason = excluded.reason, meta = excluded.meta, cache_key = excluded.cache_key, tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,
	cost_usd = excluded.cost_usd, queued_at = excluded.queued_at, started_at = excluded.started_at, duration = excluded.duration`

func putResults(ctx context.Context, tx *Tx, st flow.Step) error {
	done := 0 // results of earlier chunks: they keep their order
	return chunks(lastOfEach(st.Results), func(part []flow.NodeResult) error {
		first := done
		done += len(part)
		var bad error
		err := insertMany(ctx, tx, `node_results (run_id, node_id, iteration, attempt, position, node_type, status, cached, inputs, output, error, reason, meta, cache_key, tokens_in, tokens_out, cost_usd, queued_at, started_at, duration, created_at)`,
			len(part), func(i int) []any {
				values, err := resultValues(st, part[i], first+i)
				bad = errors.Join(bad, err)
				return values
			}, resultUpdate)
		return errors.Join(bad, err)
	})
}

// lastOfEach keeps the last of several results of one attempt: one INSERT may not
// touch a row twice.
func lastOfEach(list []flow.NodeResult) []flow.NodeResult {
	type key struct {
		node, iteration string
		attempt         int
	}
	at := make(map[key]int, len(list))
	out := make([]flow.NodeResult, 0, len(list))
	for _, n := range list {
		k := key{n.NodeID, n.Iteration, n.Attempt}
		if i, twice := at[k]; twice {
			out[i] = n
			continue
		}
		at[k] = len(out)
		out = append(out, n)
	}
	return out
}

func resultValues(st flow.Step, n flow.NodeResult, i int) ([]any, error) {
	inputs, err1 := text(n.Inputs, len(n.Inputs))
	output, err2 := text(n.Output, len(n.Output))
	meta, err3 := text(n.Meta, len(n.Meta))
	at := n.CreatedAt
	if at.IsZero() {
		at = time.Now()
	}
	position := int64(i)
	if len(st.Events) > 0 {
		position += st.Events[0].Seq
	}
	return []any{
		st.RunID, n.NodeID, n.Iteration, n.Attempt, position, n.NodeType, n.Status, n.Cached, inputs, output, n.Error, n.Reason, meta, n.CacheKey,
		n.TokensIn, n.TokensOut, n.CostUSD, microsOf(n.QueuedAt), microsOf(n.StartedAt), n.Duration, micros(at),
	}, errors.Join(err1, err2, err3)
}

func insertLogs(ctx context.Context, tx *Tx, st flow.Step) error {
	return chunks(st.Logs, func(part []flow.Log) error {
		return insertMany(ctx, tx, "execution_logs (run_id, seq, node_id, level, message, at)", len(part), func(i int) []any {
			l := part[i]
			return []any{st.RunID, l.Seq, l.NodeID, l.Level, l.Message, micros(l.Timestamp)}
		}, "")
	})
}

func putBlob(ctx context.Context, tx *Tx, o flow.Owner, b flow.BlobData) error {
	_, err := tx.exec(ctx, "INSERT INTO blobs (user_id, hash, size, data, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user_id, hash) DO UPDATE SET created_at = excluded.created_at",
		o, b.Hash, len(b.Data), b.Data, micros(time.Now()))
	return err
}

func chunks[T any](items []T, do func([]T) error) error {
	for len(items) > 0 {
		n := rowsOf(len(items))
		if err := do(items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// rowsOf is how many of n rows one INSERT writes: few different numbers, since each
// is a statement of its own that is kept compiled.
func rowsOf(n int) int {
	for _, size := range []int{maxRows, 32, 16} {
		if n >= size {
			return size
		}
	}
	return n
}

// insertMany writes n rows with one INSERT.
func insertMany(ctx context.Context, tx *Tx, into string, n int, row func(int) []any, tail string) error {
	var args []any
	query := make([]byte, 0, 256+n*48)
	query = append(query, "INSERT INTO "+into+" VALUES "...)
	for i := range n {
		values := row(i)
		if i > 0 {
			query = append(query, ',')
		}
		query = append(query, '(')
		for j := range values {
			if j > 0 {
				query = append(query, ',')
			}
			query = append(query, '?')
		}
		query = append(query, ')')
		args = append(args, values...)
	}
	query = append(query, tail...)
	if _, err := tx.exec(ctx, string(query), args...); err != nil {
		return fmt.Errorf("insert into %s: %w", into[:12], err)
	}
	return nil
}

// Blob returns a stored large value of the owner.
func (s *Store) Blob(ctx context.Context, o flow.Owner, hash string) ([]byte, error) {
	var data []byte
	err := s.read.NewRaw("SELECT data FROM blobs WHERE user_id = ? AND hash = ?", o, hash).Scan(ctx, &data)
	if isNone(err) {
		return nil, flow.Errorf(flow.NotFound, "A stored value is gone.")
	}
	return data, failed("read blob", err)
}

// CreateFile stores a file of the owner; equal bytes are stored once.
func (s *Store) CreateFile(ctx context.Context, o flow.Owner, u flow.Upload, data []byte) error {
	return failed("store file", s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := putBlob(ctx, tx, o, flow.BlobData{Hash: u.Hash, Data: data}); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "INSERT INTO files (id, user_id, name, media_type, size, width, height, hash, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			u.ID, o, u.Name, u.MediaType, u.Size, u.Width, u.Height, u.Hash, micros(u.CreatedAt))
		return err
	}))
}

// File returns the row of a file of the owner.
func (s *Store) File(ctx context.Context, o flow.Owner, id flow.ID) (flow.Upload, error) {
	var r struct {
		ID        flow.ID
		UserID    flow.ID
		Name      string
		MediaType string
		Size      int64
		Width     int
		Height    int
		Hash      string
		CreatedAt int64
	}
	err := s.read.NewRaw("SELECT * FROM files WHERE id = ? AND user_id = ?", id, o).Scan(ctx, &r)
	if isNone(err) {
		return flow.Upload{}, s.absent(ctx, "files", "file", id)
	}
	return flow.Upload{
		ID: r.ID, UserID: r.UserID, Name: r.Name, MediaType: r.MediaType, Size: r.Size, Width: r.Width, Height: r.Height, Hash: r.Hash, CreatedAt: fromMicros(r.CreatedAt),
	}, failed("read file", err)
}

// FileData returns the bytes of a file of the owner.
func (s *Store) FileData(ctx context.Context, o flow.Owner, id flow.ID) ([]byte, error) {
	u, err := s.File(ctx, o, id)
	if err != nil {
		return nil, err
	}
	return s.Blob(ctx, o, u.Hash)
}
