package store

import (
	"context"
	"encoding/json"
	"fmt"

	"heddle/internal/flow"
)

// Answer keeps what a person says to a node that waits for it (rule E23). A parked
// run gets a trigger in the same transaction. The node must wait, and have no answer
// yet: else it is a [flow.Conflict].
func (s *Store) Answer(ctx context.Context, o flow.Owner, run flow.ID, a flow.Answer, enqueue func(ctx context.Context, tx *Tx) (string, error)) error {
	if _, err := s.Run(ctx, o, run); err != nil {
		return err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := waits(ctx, tx, run, a); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "INSERT INTO answers (run_id, node_id, iteration, answer, user_id, at) VALUES (?, ?, ?, ?, ?, ?)", run, a.NodeID, a.Iteration, string(raw), a.By, micros(a.At))
		if isUnique(err) {
			return flow.Errorf(flow.Conflict, "This step was answered already.").Because(err)
		}
		if err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		tx.owner = o
		return s.wakeRun(ctx, tx, run, enqueue)
	})
	s.touch(flow.CancelTopic(run))
	return failed("answer", err)
}

// waits refuses an answer to a node that does not wait for one.
func waits(ctx context.Context, tx *Tx, run flow.ID, a flow.Answer) error {
	var status flow.NodeStatus
	err := tx.NewRaw("SELECT status FROM node_results WHERE run_id = ? AND node_id = ? AND iteration = ? ORDER BY attempt DESC LIMIT 1", run, a.NodeID, a.Iteration).Scan(ctx, &status)
	if isNone(err) || err == nil && status != flow.NodeWaiting {
		return flow.Errorf(flow.Conflict, "This step does not wait for an answer.").WithHint("Look at the run: it may have gone on.")
	}
	return err
}

// wakeRun counts the answer, which reaches a worker with its next heartbeat, and
// gives a parked run a trigger.
func (s *Store) wakeRun(ctx context.Context, tx *Tx, run flow.ID, enqueue func(ctx context.Context, tx *Tx) (string, error)) error {
	var status flow.RunStatus
	err := tx.NewRaw("UPDATE runs SET answered = answered + 1, wake_at = CASE WHEN status = 'waiting' THEN 1 ELSE wake_at END WHERE id = ? AND completed_at IS NULL RETURNING status", run).Scan(ctx, &status)
	if isNone(err) {
		return flow.Errorf(flow.Conflict, "The run has ended already.")
	}
	if err != nil || status != flow.RunWaiting {
		return err
	}
	trigger, err := enqueue(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "UPDATE runs SET trigger_id = ?, triggered_at = ? WHERE id = ?", trigger, s.clock(s.now()), run)
	return err
}

// Answers returns the answers given to the nodes of a run, oldest first.
func (s *Store) Answers(ctx context.Context, run flow.ID) ([]flow.Answer, error) {
	var rows []struct{ Answer string }
	if err := s.read.NewRaw("SELECT answer FROM answers WHERE run_id = ? ORDER BY at, node_id, iteration", run).Scan(ctx, &rows); err != nil {
		return nil, failed("read answers", err)
	}
	out := make([]flow.Answer, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Answer), &out[i]); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
	}
	return out, nil
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
