package store

import (
	"context"
	"time"

	"heddle/internal/flow"
)

// ClaimRun gives the caller the run's lease and a new fencing token (rule E11).
// A live lease is [flow.ErrHeld], a final run a [flow.Conflict]. When the earlier
// holder's lease ran out, it counts as lost.
func (s *Store) ClaimRun(ctx context.Context, id flow.ID, worker string, lease time.Duration) (flow.Claim, error) {
	now := s.now()
	var n int64
	err := s.together(ctx, func(ctx context.Context, tx *Tx) error {
		res, err := tx.exec(ctx, `UPDATE runs SET lease_token = lease_token + 1, attempt = attempt + 1, lost = lost + (CASE WHEN lease_owner <> '' AND lease_token > 0 THEN 1 ELSE 0 END),
			lease_owner = ?, lease_until = ? WHERE id = ? AND completed_at IS NULL AND lease_until < ?`, worker, s.clock(now.Add(lease)), id, s.clock(now))
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return flow.Claim{}, failed("claim run", err)
	}
	var r runRow
	err = s.one(ctx, &r, "SELECT "+runHead+", nodes, edges, reasons, resumed_at, answered, lost, lease_token, cancel_requested, last_seq, last_log FROM runs WHERE id = ?", id)
	switch {
	case isNone(err):
		return flow.Claim{}, missing(false, "run", id)
	case err != nil:
		return flow.Claim{}, failed("read claimed run", err)
	case r.CompletedAt != nil:
		return flow.Claim{}, flow.Errorf(flow.Conflict, "The run has ended already: %s.", r.Status)
	case n == 0:
		return flow.Claim{}, flow.ErrHeld
	}
	return s.claim(ctx, r)
}

func (s *Store) claim(ctx context.Context, r runRow) (flow.Claim, error) {
	run, err := r.run()
	if err != nil {
		return flow.Claim{}, err
	}
	c := flow.Claim{Run: run, Token: r.LeaseToken, Seq: r.LastSeq, LogSeq: r.LastLog, Lost: r.Lost, Cancel: r.CancelRequested}
	if run.Attempt == 1 && run.Scope == flow.ScopeFull && run.CachedNodes == 0 {
		return c, nil // nothing was done before and nothing taken over
	}
	results, err := s.results(ctx, []flow.ID{run.ID})
	if c.Results = results[run.ID]; err == nil && r.Answered > 0 {
		c.Answers, err = s.Answers(ctx, run.ID)
	}
	return c, err
}

// fenced turns "no row changed" into [flow.ErrFenced].
func fenced(n int64, err error) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return flow.ErrFenced
	}
	return nil
}

// BeatRun extends the lease and reports what happened to the run from outside.
func (s *Store) BeatRun(ctx context.Context, id flow.ID, token int64, lease time.Duration) (flow.Beat, error) {
	var b flow.Beat
	err := s.write.NewRaw("UPDATE runs SET lease_until = ? WHERE id = ? AND lease_token = ? AND lease_owner <> '' AND completed_at IS NULL RETURNING cancel_requested, answered",
		s.clock(s.now().Add(lease)), id, token).Scan(ctx, &b.Cancel, &b.Answered)
	if isNone(err) {
		return b, flow.ErrFenced
	}
	return b, failed("extend lease", err)
}

// ReleaseRun gives the lease back: the run can be claimed at once, and this
// attempt does not count as lost.
func (s *Store) ReleaseRun(ctx context.Context, id flow.ID, token int64) error {
	res, err := s.write.NewRaw("UPDATE runs SET lease_until = 0, lease_owner = '', triggered_at = ? WHERE id = ? AND lease_token = ? AND completed_at IS NULL", s.clock(s.now()), id, token).Exec(ctx)
	if err != nil {
		return failed("release run", err)
	}
	return fenced(res.RowsAffected())
}

// ReleaseDead ends the leases whose holders are dead, by alive, and returns their
// runs. Those attempts count as lost.
func (s *Store) ReleaseDead(ctx context.Context, alive func(worker string) bool) ([]flow.ID, error) {
	var rows []struct {
		ID         flow.ID
		LeaseOwner string
		LeaseToken int64
	}
	err := s.read.NewRaw("SELECT id, lease_owner, lease_token FROM runs WHERE completed_at IS NULL AND lease_owner <> '' AND lease_token > 0").Scan(ctx, &rows)
	if err != nil {
		return nil, failed("find leases", err)
	}
	var out []flow.ID
	for _, r := range rows {
		if alive(r.LeaseOwner) {
			continue
		}
		res, err := s.write.NewRaw("UPDATE runs SET lease_until = 0 WHERE id = ? AND lease_token = ? AND completed_at IS NULL", r.ID, r.LeaseToken).Exec(ctx)
		if err != nil {
			return out, failed("end lease", err)
		}
		if fenced(res.RowsAffected()) == nil {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// strandedAfter is how long an unfinished run may wait without a holder before it
// gets a new trigger.
const strandedAfter = 15 * time.Second

// wokenAfter is how long a waiting run whose time has come waits for its trigger
// before it gets another.
const wokenAfter = 3 * time.Second

// Stranded returns unfinished runs that nobody holds and whose trigger is older
// than 15 seconds, ones whose holder's lease ran out since, and waiting ones whose
// time has come. Runs promised to the worker are not among them.
func (s *Store) Stranded(ctx context.Context, now time.Time, worker string, limit int) ([]flow.ID, error) {
	var ids []flow.ID
	err := s.read.NewRaw("SELECT id FROM runs WHERE completed_at IS NULL AND lease_until < ? AND NOT (lease_owner = ? AND lease_token = 0) AND (status <> 'waiting' AND (triggered_at < ? OR lease_owner <> '' AND triggered_at < lease_until) OR status = 'waiting' AND wake_at > 0 AND wake_at <= ? AND triggered_at < ?) ORDER BY triggered_at LIMIT ?",
		s.clock(now), worker, s.clock(now.Add(-strandedAfter)), micros(now), s.clock(now.Add(-wokenAfter)), limit).Scan(ctx, &ids)
	return ids, failed("find stranded runs", err)
}

// Requeue makes a new trigger for an unfinished run.
func (s *Store) Requeue(ctx context.Context, id flow.ID, enqueue func(ctx context.Context, tx *Tx) (string, error)) error {
	return failed("requeue run", s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.NewRaw("SELECT user_id FROM runs WHERE id = ?", id).Scan(ctx, &tx.owner); err != nil {
			return err
		}
		trigger, err := enqueue(ctx, tx)
		if err != nil {
			return err
		}
		res, err := tx.NewRaw("UPDATE runs SET trigger_id = ?, triggered_at = ?, lease_owner = CASE WHEN lease_token = 0 THEN '' ELSE lease_owner END WHERE id = ? AND completed_at IS NULL", trigger, s.clock(s.now()), id).Exec(ctx)
		if err != nil {
			return err
		}
		return fenced(res.RowsAffected())
	}))
}

// RequestCancel marks a run of the owner as to be stopped and wakes its worker. A
// run that has ended is a [flow.Conflict].
func (s *Store) RequestCancel(ctx context.Context, o flow.Owner, id flow.ID) (flow.Run, error) {
	res, err := s.write.NewRaw("UPDATE runs SET cancel_requested = TRUE WHERE id = ? AND user_id = ? AND completed_at IS NULL", id, o).Exec(ctx)
	if err != nil {
		return flow.Run{}, failed("request cancel", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return flow.Run{}, err
	}
	r, err := s.Run(ctx, o, id)
	if err == nil && n == 0 {
		err = flow.Errorf(flow.Conflict, "The run has ended already: %s.", r.Status)
	}
	s.touch(flow.CancelTopic(id))
	return r, err
}
