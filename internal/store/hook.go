package store

import (
	"context"
	"time"

	"heddle/internal/flow"
	"heddle/internal/vault"
)

type hookRow struct {
	ID            flow.ID
	UserID        flow.ID
	WorkflowID    flow.ID
	WorkflowName  string
	Name          string
	Kind          flow.HookKind
	Enabled       bool
	HasSecret     bool
	CreatedAt     int64
	LastUsedAt    *int64
	LastRefusedAt *int64
	Refusal       string
}

const hookSelect = `SELECT hooks.id, hooks.user_id, hooks.workflow_id, workflows.name AS workflow_name, hooks.name, hooks.kind, hooks.enabled,
	EXISTS (SELECT 1 FROM secrets WHERE secrets.hook_id = hooks.id) AS has_secret, hooks.created_at, hooks.last_used_at, hooks.last_refused_at, hooks.refusal
	FROM hooks JOIN workflows ON workflows.id = hooks.workflow_id WHERE workflows.deleted_at IS NULL AND `

func (r hookRow) hook() flow.Hook {
	return flow.Hook{
		ID: r.ID, UserID: r.UserID, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName, Name: r.Name, Kind: r.Kind, Enabled: r.Enabled, HasSecret: r.HasSecret,
		CreatedAt: fromMicros(r.CreatedAt), LastUsedAt: timeOf(r.LastUsedAt), LastRefusedAt: timeOf(r.LastRefusedAt), Refusal: r.Refusal,
	}
}

func noHook() error { return flow.Errorf(flow.NotFound, "There is no such webhook.") }

// Hooks returns the owner's webhooks of workflows that are not deleted, the oldest first.
func (s *Store) Hooks(ctx context.Context, o flow.Owner) ([]flow.Hook, error) {
	var rows []hookRow
	if err := s.read.NewRaw(hookSelect+"hooks.user_id = ? ORDER BY hooks.id", o).Scan(ctx, &rows); err != nil {
		return nil, failed("list webhooks", err)
	}
	out := make([]flow.Hook, len(rows))
	for i, r := range rows {
		out[i] = r.hook()
	}
	return out, nil
}

// Hook returns a webhook of the owner. None is [flow.NotFound], another's
// [flow.Forbidden].
func (s *Store) Hook(ctx context.Context, o flow.Owner, id flow.ID) (flow.Hook, error) {
	h, err := s.AnyHook(ctx, id)
	if err == nil && flow.Owner(h.UserID) != o {
		return flow.Hook{}, missing(true, "webhook", id)
	}
	return h, err
}

// AnyHook returns a webhook, whoever has it, for who brings proof that the message is
// meant for it. None is [flow.NotFound].
func (s *Store) AnyHook(ctx context.Context, id flow.ID) (flow.Hook, error) {
	var r hookRow
	err := s.one(ctx, &r, hookSelect+"hooks.id = ?", id)
	if isNone(err) {
		return flow.Hook{}, noHook()
	}
	return r.hook(), failed("read webhook", err)
}

// CreateHook stores a webhook of the owner, with its sealed secret unless that comes
// later. The workflow must be the owner's.
func (s *Store) CreateHook(ctx context.Context, o flow.Owner, h flow.Hook, n *flow.StoredSecret, b vault.Box) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		res, err := tx.NewRaw(`INSERT INTO hooks (id, user_id, workflow_id, name, kind, enabled, created_at)
			SELECT ?, user_id, id, ?, ?, ?, ? FROM workflows WHERE id = ? AND user_id = ? AND deleted_at IS NULL`,
			h.ID, h.Name, h.Kind, h.Enabled, micros(h.CreatedAt), h.WorkflowID, o).Exec(ctx)
		if err != nil {
			return err
		}
		if fenced(res.RowsAffected()) != nil {
			return flow.Errorf(flow.NotFound, "There is no workflow with this id.")
		}
		if n == nil {
			return nil
		}
		return insertSecret(ctx, tx, o, *n, b)
	})
	return failed("create webhook", err)
}

// UpdateHook changes the name of a webhook of the owner, and whether it takes messages.
func (s *Store) UpdateHook(ctx context.Context, o flow.Owner, h flow.Hook) error {
	res, err := s.write.NewRaw("UPDATE hooks SET name = ?, enabled = ? WHERE id = ? AND user_id = ?", h.Name, h.Enabled, h.ID, o).Exec(ctx)
	if err != nil {
		return failed("change webhook", err)
	}
	if fenced(res.RowsAffected()) != nil {
		return noHook()
	}
	return nil
}

// DeleteHook removes a webhook of the owner, with its secret.
func (s *Store) DeleteHook(ctx context.Context, o flow.Owner, id flow.ID) error {
	res, err := s.write.NewRaw("DELETE FROM hooks WHERE id = ? AND user_id = ?", id, o).Exec(ctx)
	if err != nil {
		return failed("delete webhook", err)
	}
	if fenced(res.RowsAffected()) != nil {
		return noHook()
	}
	return nil
}

// TouchHook records when a message to a webhook of the owner was last taken, or, with
// a refusal, why one was not.
func (s *Store) TouchHook(ctx context.Context, o flow.Owner, id flow.ID, at time.Time, refusal string) error {
	query, args := "UPDATE hooks SET last_used_at = ? WHERE id = ? AND user_id = ?", []any{micros(at), id, o}
	if refusal != "" {
		query, args = "UPDATE hooks SET last_refused_at = ?, refusal = ? WHERE id = ? AND user_id = ?", []any{micros(at), refusal, id, o}
	}
	_, err := s.write.NewRaw(query, args...).Exec(ctx)
	return failed("touch webhook", err)
}
