package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heddle/internal/flow"
)

// Trigger says how an accepted run comes to a worker: by a job of the queue, or by
// the process that accepted it. A run that is promised has that process as the owner
// of its lease, no lease and the fencing token 0, until it is claimed.
type Trigger struct {
	ID       string // the queue's job, or another word for how the run is started
	Promised string // worker that will start it without a job; "": any
}

// ClaimAccepted is [Store.ClaimRun] for a run as [Store.CreateRun] returned it,
// which need not be read again. When anything happened to it since, it is.
func (s *Store) ClaimAccepted(ctx context.Context, r flow.Run, worker string, lease time.Duration) (flow.Claim, error) {
	if r.Scope != flow.ScopeFull || r.CachedNodes > 0 {
		return s.ClaimRun(ctx, r.ID, worker, lease)
	}
	until := s.clock(s.now().Add(lease))
	err := s.together(ctx, func(ctx context.Context, tx *Tx) error {
		res, err := tx.exec(ctx, "UPDATE runs SET lease_token = 1, attempt = 1, lease_owner = ?, lease_until = ? WHERE id = ? AND lease_token = 0 AND last_seq = 1 AND NOT cancel_requested AND completed_at IS NULL", worker, until, r.ID)
		if err != nil {
			return err
		}
		return fenced(res.RowsAffected())
	})
	switch {
	case errors.Is(err, flow.ErrFenced):
		return s.ClaimRun(ctx, r.ID, worker, lease)
	case err != nil:
		return flow.Claim{}, failed("claim run", err)
	}
	r.Attempt = 1
	return flow.Claim{Run: r, Token: 1, Seq: 1}, nil
}

// Promise is a run that a process promised to start.
type Promise struct {
	ID     flow.ID
	UserID flow.ID
}

// Promised returns the runs promised to the worker before a time and not claimed
// since, oldest first.
func (s *Store) Promised(ctx context.Context, worker string, before time.Time) ([]Promise, error) {
	var out []Promise
	err := s.read.NewRaw("SELECT id, user_id FROM runs WHERE completed_at IS NULL AND lease_owner = ? AND lease_token = 0 AND triggered_at < ? ORDER BY created_at, id", worker, s.clock(before)).Scan(ctx, &out)
	return out, failed("find promised runs", err)
}

// Adopt promises the runs of dead processes, by alive, to the worker and returns
// them, oldest first.
func (s *Store) Adopt(ctx context.Context, worker string, alive func(worker string) bool) ([]Promise, error) {
	var owners []string
	err := s.read.NewRaw("SELECT DISTINCT lease_owner FROM runs WHERE completed_at IS NULL AND lease_owner <> '' AND lease_token = 0").Scan(ctx, &owners)
	if err != nil {
		return nil, failed("find promises", err)
	}
	for _, o := range owners {
		if alive(o) {
			continue
		}
		if _, err := s.write.NewRaw("UPDATE runs SET lease_owner = ? WHERE lease_owner = ? AND lease_token = 0 AND completed_at IS NULL", worker, o).Exec(ctx); err != nil {
			return nil, failed("adopt promises", fmt.Errorf("of %s: %w", o, err))
		}
	}
	return s.Promised(ctx, worker, s.now().Add(time.Minute))
}
