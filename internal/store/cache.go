package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"heddle/internal/flow"
)

// Cached returns the newest result of the owner with a cache key; its NodeID is
// empty when there is none (rule E15).
func (s *Store) Cached(ctx context.Context, o flow.Owner, key string) (flow.NodeResult, error) {
	var r struct {
		RunID, NodeID flow.ID
		Output, Meta  string
		TokensIn      int
		TokensOut     int
		CostUsd       *float64
		Duration      *int64
	}
	err := s.read.NewRaw("SELECT run_id, node_id, output, meta, tokens_in, tokens_out, cost_usd, duration FROM cached_results WHERE user_id = ? AND name = ?", o, key).Scan(ctx, &r)
	if isNone(err) {
		return flow.NodeResult{}, nil
	}
	if err != nil {
		return flow.NodeResult{}, failed("read cached result", err)
	}
	out := flow.NodeResult{
		RunID: r.RunID, NodeID: string(r.NodeID), Status: flow.NodeSuccess, CacheKey: key, Duration: r.Duration,
		Usage: flow.Usage{TokensIn: r.TokensIn, TokensOut: r.TokensOut, CostUSD: r.CostUsd},
	}
	if err := parse(r.Output, &out.Output); err != nil {
		return out, fmt.Errorf("read cached output: %w", err)
	}
	if err := parse(r.Meta, &out.Meta); err != nil {
		return out, fmt.Errorf("read cached meta: %w", err)
	}
	return out, nil
}

// keepCached writes the results of a step that others may reuse, and notes the use
// of those that it reused.
func keepCached(ctx context.Context, tx *Tx, st flow.Step) error {
	now := micros(time.Now())
	for i := range st.Results {
		n := &st.Results[i]
		if n.Status != flow.NodeSuccess || !isCacheKey(n.CacheKey) {
			continue
		}
		if n.Cached {
			if _, err := tx.exec(ctx, "UPDATE cached_results SET used_at = ? WHERE user_id = ? AND name = ?", now, st.UserID, n.CacheKey); err != nil {
				return fmt.Errorf("note use of a cached result: %w", err)
			}
			continue
		}
		if err := putCached(ctx, tx, st, n); err != nil {
			return fmt.Errorf("cache result: %w", err)
		}
	}
	return nil
}

// isCacheKey reports whether a key names one result: the key of a pure node ends
// after the version of its kind.
func isCacheKey(key string) bool { return key != "" && !strings.HasSuffix(key, ".") }

func putCached(ctx context.Context, tx *Tx, st flow.Step, n *flow.NodeResult) error {
	output, err := json.Marshal(n.Output)
	if err != nil {
		return err
	}
	meta, err := text(n.Meta, len(n.Meta))
	if err != nil {
		return err
	}
	size := len(output) + len(meta)
	for _, v := range n.Output {
		if b, ok := v.BlobRef(); ok {
			size += int(b.Size)
		}
	}
	_, err = tx.exec(ctx, `INSERT INTO cached_results (user_id, name, run_id, node_id, output, meta, tokens_in, tokens_out, cost_usd, duration, size, used_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, name) DO UPDATE SET run_id = excluded.run_id, node_id = excluded.node_id,
		output = excluded.output, meta = excluded.meta, tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, cost_usd = excluded.cost_usd,
		duration = excluded.duration, size = excluded.size, used_at = excluded.used_at`,
		st.UserID, n.CacheKey, st.RunID, n.NodeID, string(output), meta, n.TokensIn, n.TokensOut, n.CostUSD, n.Duration, size, micros(time.Now()))
	return err
}

// TrimCache forgets the cached results that were not used for the longest time, so
// that each owner keeps at most limit bytes of them. It returns how many are gone.
func (s *Store) TrimCache(ctx context.Context, limit int64) (int, error) {
	res, err := s.write.NewRaw(`DELETE FROM cached_results WHERE (user_id, name) IN (SELECT user_id, name FROM
		(SELECT user_id, name, SUM(size) OVER (PARTITION BY user_id ORDER BY used_at DESC, name) AS total FROM cached_results) AS summed WHERE total > ?)`, limit).Exec(ctx)
	if err != nil {
		return 0, failed("trim cache", err)
	}
	n, err := res.RowsAffected()
	return int(n), failed("trim cache", err)
}
